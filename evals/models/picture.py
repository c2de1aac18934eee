"""Small pictures of text and bars, drawn here so that what is to be seen is known."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

    from evals.models.task import Drawing

SIDE_PIXELS = 480
"""Below the 512 pixels at which low detail begins to shrink."""

_MARGIN, _LINE, _SIZE = 24, 34, 22


def drawn(drawing: Drawing) -> bytes:
    """The drawing as PNG, 480 pixels a side."""
    from PIL import Image, ImageDraw

    image = Image.new("L", (SIDE_PIXELS, SIDE_PIXELS), 255)
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(drawing.lines):
        _write(pen, _MARGIN, _MARGIN + number * _LINE, line)
    if drawing.bars:
        _bars(pen, drawing, top=_MARGIN + (len(drawing.lines) + 1) * _LINE)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _bars(pen: ImageDraw, drawing: Drawing, *, top: int) -> None:
    bottom = SIDE_PIXELS - _MARGIN - _LINE
    step = (SIDE_PIXELS - 2 * _MARGIN) // len(drawing.bars)
    tallest = max(drawing.bars.values())
    for number, (name, value) in enumerate(drawing.bars.items()):
        left = _MARGIN + number * step
        height = int((bottom - top) * value / tallest)
        pen.rectangle((left, bottom - height, left + step * 2 // 3, bottom), fill=110)
        _write(pen, left, bottom - height - _LINE + 4, f"{value:g}")
        _write(pen, left, bottom + 6, name)


def _write(pen: ImageDraw, left: int, top: int, text: str) -> None:
    from PIL import ImageFont

    pen.text((left, top), text, fill=0, font=ImageFont.load_default(size=_SIZE))
