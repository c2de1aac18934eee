"""Pictures of text (PNG, JPEG, TIFF, WEBP): decoded by Pillow, read by OCR; a TIFF may hold many pages."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from indexers.errors import DamagedFile, EmptyFile, LimitExceeded
from indexers.load.build import Reading, TextBuilder
from indexers.load.limits import LoadLimits
from indexers.load.ocr import Picture, recognise
from indexers.load.pdf_blocks import add_pages
from indexers.load.pdf_layout import Line

if TYPE_CHECKING:
    from PIL import Image

_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")  # no others: some start programs, and each is code that strangers feed
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    EOFError,
    struct.error,
    zlib.error,
)
_SMALL_PIXELS = 2_500_000  # a screenshot: its letters are too small for OCR until they are doubled
_FINE_DPI = 150
_EXIF_DATE = 0x0132
_UNITS = 72.0  # pixels an inch where the file does not say: then a point is a pixel


def read_image(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read the text of a picture; of an animation, the first frame.

    Raises:
        OcrUnavailable: The tesseract program is not installed, or OCR is switched off.
        LimitExceeded: Too many pixels or pages, or a page that takes too long.
        DamagedFile: The picture cannot be decoded.
        EmptyFile: There is no text in it.
    """
    pages: list[list[Line]] = []
    with _errors_named(name):
        image = _open(data)
        _refuse_large(image, name, limits)  # before the metadata is asked for, which decodes a PNG
        created = str(image.getexif().get(_EXIF_DATE, ""))[:10].replace(":", "-")
        for number, picture in enumerate(_pictures(image, name, limits), start=1):
            pages.append(recognise(picture, name=f"{name}, page {number}," if number > 1 else name, limits=limits))
    if not any(pages):
        message = f"{name} shows no text that OCR can read"
        raise EmptyFile(message)
    builder = TextBuilder(name, limits)
    add_pages(builder, pages)
    metadata = [("created", created), ("pages_by_ocr", "all"), ("ocr_language", limits.ocr_language)]
    return builder.reading(page_count=len(pages), metadata=metadata)


def picture_lines(data: bytes, number: int, *, name: str, limits: LoadLimits) -> list[Line]:
    """The lines of one page, from 1, with their words.

    Raises:
        LoadError: As `read_image`.
    """
    with _errors_named(name):
        image = _open(data)
        _refuse_large(image, name, limits)
        picture = next(islice(_pictures(image, name, limits), number - 1, None))
        return recognise(picture, name=name, limits=limits, keep_words=True)


@contextmanager
def _errors_named(name: str) -> Iterator[None]:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # broken metadata, and sizes, which are checked here
            yield
    except Image.DecompressionBombError as error:
        message = f"{name} has too many pixels (ocr.image_pixels)"
        raise LimitExceeded(message) from error
    except _BROKEN as error:
        message = f"{name} is a damaged picture: {error}"
        raise DamagedFile(message) from error


def _open(data: bytes) -> Image.Image:
    from PIL import Image

    return Image.open(io.BytesIO(data), formats=_FORMATS)


def _pictures(image: Image.Image, name: str, limits: LoadLimits) -> Iterator[Picture]:
    """The pages of a TIFF, or the one picture; each is decoded only when it is asked for."""
    number = 0
    while True:
        yield _picture(image)
        number += 1
        if image.format != "TIFF":
            return
        try:
            image.seek(number)
        except EOFError:
            return
        if number >= limits.ocr_pages:
            message = f"{name} has more than {limits.ocr_pages:,} pages to read by OCR (ocr.pages)"
            raise LimitExceeded(message)
        _refuse_large(image, name, limits)


def _refuse_large(image: Image.Image, name: str, limits: LoadLimits) -> None:
    if image.width * image.height > limits.image_pixels:
        size = f"{image.width:,} x {image.height:,}"
        message = f"{name} has {size} pixels, more than {limits.image_pixels:,} (ocr.image_pixels)"
        raise LimitExceeded(message)


def _picture(image: Image.Image) -> Picture:
    from PIL import ImageOps

    dpi = _dpi(image)
    grey = _grey(ImageOps.exif_transpose(image))
    scale = dpi / 72
    if dpi < _FINE_DPI and grey.width * grey.height < _SMALL_PIXELS:
        grey = grey.resize((2 * grey.width, 2 * grey.height))
        scale *= 2
    return Picture(grey.tobytes(), grey.width, grey.height, scale)


def _dpi(image: Image.Image) -> float:
    try:
        dpi = float(image.info.get("dpi", (_UNITS, _UNITS))[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return _UNITS
    return dpi if 30 <= dpi <= 2400 else _UNITS


def _grey(image: Image.Image) -> Image.Image:
    """Eight bits a pixel, what is transparent on white."""
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits and more, which a plain conversion cuts off at white
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        whole = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", whole.size, "white"), whole).convert("L")
    return image.convert("L")
