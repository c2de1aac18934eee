"""Pictures of text for OCR, made on the spot: letters by Pillow, scans as PDFs by reportlab."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

LETTER_POINTS = (612.0, 792.0)
_DPI = 200


def picture(lines: Sequence[tuple[float, float, str]], *, size: tuple[int, int] = (1000, 400)) -> Image.Image:
    """Black text on white: ``(x, y, text)`` with pixels from the top left, letters 40 pixels high."""
    image = Image.new("L", size, "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=40)
    for x, y, text in lines:
        draw.text((x, y), text, fill="black", font=font)
    return image


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of the picture as a file of that kind."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def page_picture(lines: Sequence[tuple[float, float, str]]) -> Image.Image:
    """A scanned letter page at 200 dpi; ``(x, y, text)`` in points from the bottom left, letters of 12 points."""
    scale = _DPI / 72
    width, height = (round(points * scale) for points in LETTER_POINTS)
    image = Image.new("L", (width, height), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=12 * scale)
    for x, y, text in lines:
        draw.text((x * scale, height - y * scale), text, fill="black", font=font, anchor="ls")
    return image


def scan(pages: Sequence[Sequence[tuple[float, float, str]] | str]) -> bytes:
    """A PDF whose pages are pictures; a page that is given as one text has it as text."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=LETTER_POINTS)
    for page in pages:
        if isinstance(page, str):
            canvas.drawString(72, 700, page)
        else:
            canvas.drawImage(ImageReader(page_picture(page)), 0, 0, *LETTER_POINTS)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()
