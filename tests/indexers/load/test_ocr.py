"""Pictures of text are read by the tesseract program, which the tests need: they never skip."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from indexers.document import Document
from indexers.errors import DamagedFile, EmptyFile, LimitExceeded, LoadError, OcrUnavailable, UnsupportedFile
from indexers.load import LoadLimits, load_file
from tests.indexers.load.pictures import LETTER_POINTS, encoded, page_picture, picture, scan

TURNED = Image.Exif()
TURNED[0x0112] = 6  # to be shown turned right by a quarter
NOTICE = picture([(40, 60, "Parental leave is sixteen weeks"), (40, 140, "at full pay.")])
LETTER = [(72.0, 700.0, "The warehouse in Hamburg closes at noon."), (72.0, 600.0, "Keys are kept at the gate.")]


def load(folder: Path, name: str, data: bytes, limits: LoadLimits = LoadLimits()) -> Document:  # noqa: B008  # frozen
    (folder / name).write_bytes(data)
    return load_file(folder / name, uri="u", limits=limits).document


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("a.png", encoded(NOTICE, "PNG"), id="png"),
        pytest.param("a.jpg", encoded(NOTICE, "JPEG"), id="jpeg"),
        pytest.param("a.JPEG", encoded(NOTICE, "JPEG"), id="jpeg-long-ending"),
        pytest.param("a.webp", encoded(NOTICE, "WEBP", lossless=True), id="webp"),
        pytest.param("a.tif", encoded(NOTICE, "TIFF"), id="tiff"),
        pytest.param("a.png", encoded(NOTICE, "JPEG"), id="jpeg-named-png"),
        pytest.param("a.png", encoded(NOTICE.convert("I;16").point(lambda v: v * 256), "PNG"), id="sixteen-bits"),
        pytest.param("a.jpg", encoded(NOTICE.rotate(90, expand=True), "JPEG", exif=TURNED), id="turned-by-the-camera"),
    ],
)  # fmt: skip
def test_a_picture_of_text_is_read(tmp_path: Path, name: str, data: bytes) -> None:
    document = load(tmp_path, name, data)
    assert document.text.split() == ["Parental", "leave", "is", "sixteen", "weeks", "at", "full", "pay."]
    assert document.page_count == 1
    assert dict(document.metadata)["pages_by_ocr"] == "all"


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", NOTICE.size, (0, 0, 0, 0))
    clear.paste("black", mask=NOTICE.point(lambda value: 255 - value))
    assert "sixteen weeks" in load(tmp_path, "a.png", encoded(clear, "PNG")).text


def test_boxes_of_a_picture_are_pixels_from_the_bottom_left(tmp_path: Path) -> None:
    box = load(tmp_path, "a.png", encoded(NOTICE, "PNG")).blocks[0].box
    assert box is not None
    ink = NOTICE.point(lambda value: 255 - value).getbbox()
    assert ink is not None
    assert (box.left, box.right) == pytest.approx((ink[0], ink[2]), abs=6)
    assert 400 - ink[3] - 6 < box.bottom < box.top < 400 - ink[1] + 6


def test_every_page_of_a_tiff(tmp_path: Path) -> None:
    pages = [picture([(40, 60, f"Page {word}")]) for word in ("one", "two", "three")]
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    document = load(tmp_path, "fax.tiff", data)
    assert [(block.page, document.text[block.start : block.end]) for block in document.blocks] == [
        (1, "Page one"),
        (2, "Page two"),
        (3, "Page three"),
    ]
    with pytest.raises(LimitExceeded, match="more than 2 pages"):
        load(tmp_path, "fax.tiff", data, LoadLimits(ocr_pages=2))


def test_a_scanned_pdf_is_read_with_boxes_where_the_ink_is(tmp_path: Path) -> None:
    document = load(tmp_path, "scan.pdf", scan([LETTER]))
    assert document.text == "The warehouse in Hamburg closes at noon.\n\nKeys are kept at the gate."
    box = document.blocks[1].box
    assert box is not None
    assert (box.left, box.bottom) == pytest.approx((72, 600), abs=5)
    assert 8 < box.top - box.bottom < 16
    assert dict(document.metadata)["pages_by_ocr"] == "1"


def test_rows_of_a_scanned_table_stay_rows(tmp_path: Path) -> None:
    page = [(300.0, 720.0, "2024"), (400.0, 720.0, "2023")]
    for line, row in enumerate(
        (("Revenue", "1,250", "1,100"), ("Cost of sales", "700", "640"), ("Margin", "550", "460"))
    ):
        page += [(x, 700.0 - 20 * line, text) for x, text in zip((72.0, 300.0, 400.0), row, strict=True)]
    document = load(tmp_path, "scan.pdf", scan([page]))
    (table,) = document.blocks
    assert document.text == "| 2024 | 2023\nRevenue | 1,250 | 1,100\nCost of sales | 700 | 640\nMargin | 550 | 460"
    assert document.text[: table.header_chars] == "| 2024 | 2023"


def test_only_scanned_pages_go_through_ocr(tmp_path: Path) -> None:
    typed = "This page was typed and carries its own text."
    document = load(tmp_path, "mixed.pdf", scan([typed, LETTER, typed, LETTER, LETTER]), LoadLimits(ocr_pages=2))
    metadata = dict(document.metadata)
    assert metadata["pages_by_ocr"] == "2, 4"
    assert metadata["pages_without_text"] == "5"
    assert [block.page for block in document.blocks] == [1, 2, 2, 3, 4, 4]


@pytest.mark.parametrize(("height", "by_ocr"), [(144.0, "2"), (12.0, None)], ids=["a-picture", "a-rule"])
def test_a_page_without_text_is_read_where_a_picture_stands_on_it(
    tmp_path: Path, height: float, by_ocr: str | None
) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=LETTER_POINTS)
    canvas.drawString(72, 700, "This page was typed.")
    canvas.showPage()
    canvas.drawImage(ImageReader(NOTICE), 72, 500, 360, height)
    canvas.save()
    document = load(tmp_path, "pasted.pdf", buffer.getvalue())
    assert dict(document.metadata).get("pages_by_ocr") == by_ocr
    assert ("Parental leave is sixteen weeks" in document.text) == bool(by_ocr)


@pytest.fixture
def no_tesseract(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_tesseract")
@pytest.mark.parametrize(("name", "data"), [("a.png", encoded(NOTICE, "PNG")), ("a.pdf", scan([LETTER]))])
def test_without_tesseract_a_picture_is_refused_with_the_way_to_install_it(
    tmp_path: Path, name: str, data: bytes
) -> None:
    with pytest.raises(OcrUnavailable, match="not installed") as caught:
        load(tmp_path, name, data)
    assert "apt install tesseract-ocr tesseract-ocr-eng" in caught.value.hint


@pytest.mark.usefixtures("no_tesseract")
def test_without_tesseract_a_pdf_keeps_its_text_and_names_its_scans(tmp_path: Path) -> None:
    typed = "This page was typed and carries its own text."
    document = load(tmp_path, "mixed.pdf", scan([typed, LETTER, LETTER, typed, LETTER]))
    assert dict(document.metadata)["pages_without_text"] == "2-3, 5"
    assert document.page_count == 5


@pytest.mark.parametrize(
    ("limits", "error", "says"),
    [
        pytest.param(LoadLimits(ocr=False), OcrUnavailable, "switched off", id="off"),
        pytest.param(LoadLimits(ocr_language="tlh"), OcrUnavailable, "no data for the language 'tlh'", id="language"),
        pytest.param(LoadLimits(ocr_seconds=0.001), LimitExceeded, "longer than 0.001 seconds", id="too-slow"),
        pytest.param(LoadLimits(image_pixels=1000), LimitExceeded, "1,000 x 400 pixels, more than 1,000", id="large"),
    ],
)
def test_ocr_settings(tmp_path: Path, limits: LoadLimits, error: type[LoadError], says: str) -> None:
    with pytest.raises(error, match=says):
        load(tmp_path, "a.png", encoded(NOTICE, "PNG"), limits)


def test_a_slow_page_of_a_pdf_costs_only_itself(tmp_path: Path) -> None:
    data = scan(["This page was typed and carries its own text.", LETTER])
    document = load(tmp_path, "mixed.pdf", data, LoadLimits(ocr_seconds=0.001))
    assert dict(document.metadata)["pages_without_text"] == "2"


def test_a_picture_without_text_is_empty(tmp_path: Path) -> None:
    with pytest.raises(EmptyFile, match="no text that OCR can read"):
        load(tmp_path, "a.png", encoded(Image.new("L", (600, 400), "white"), "PNG"))


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that claims a size and unpacks to nothing but white."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


JPEG = encoded(page_picture(LETTER), "JPEG")
FRAMES = [Image.new("L", (2, 2), number % 256) for number in range(10_000)]
GIF = encoded(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:])


@pytest.mark.parametrize(
    ("name", "data", "error", "says"),
    [
        pytest.param("a.png", bomb(50_000, 50_000), LimitExceeded, "pixels", id="pixel-bomb"),
        pytest.param("a.png", bomb(20_000, 6_000), LimitExceeded, "20,000 x 6,000 pixels", id="large"),
        pytest.param("a.jpg", JPEG[: len(JPEG) // 2], DamagedFile, "a damaged picture", id="truncated-jpeg"),
        pytest.param("a.jpg", JPEG[:20], DamagedFile, "a damaged picture", id="jpeg-header-only"),
        pytest.param("a.png", encoded(NOTICE, "PNG")[:2000], DamagedFile, "a damaged picture", id="truncated-png"),
        pytest.param("a.gif", GIF, UnsupportedFile, "a GIF image, which no loader reads", id="animated-gif"),
        pytest.param("a.png", GIF, UnsupportedFile, "named like a PNG image, but is a GIF image", id="gif-as-png"),
        pytest.param("a.jpg", b"MZ" + bytes(200), UnsupportedFile, "is a Windows program", id="program-as-jpeg"),
        pytest.param("a.tiff", b"II*\0\x08\0\0\0\xff\xff" + bytes(40), DamagedFile, "damaged", id="tiff-of-zeros"),
        pytest.param("a.webp", b"RIFF\x40\0\0\0WEBPVP8 " + bytes(50), DamagedFile, "damaged", id="webp-of-zeros"),
    ],
)
def test_bad_pictures(tmp_path: Path, name: str, data: bytes, error: type[LoadError], says: str) -> None:
    with pytest.raises(error) as caught:
        load(tmp_path, name, data)
    assert type(caught.value) is error
    assert says in str(caught.value)
