"""Hostile and broken PDFs: a text, or an error that says why, and never anything else."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from indexers.errors import DamagedFile, EmptyFile, EncryptedFile, LimitExceeded, LoadError
from indexers.load import LoadLimits
from indexers.load.pdf import read_pdf
from tests.indexers.load.samples import pdf

OFFICE = Path(__file__).parents[2] / "fixtures" / "office"
CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R "
    b"/Resources << /Font << /F1 3 0 R >> /XObject << /X 6 0 R >> >> >>"
)
WORDS = b"BT /F1 10 Tf 50 700 Td (Words) Tj ET "


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)


def built(*, kids: bytes = b"4 0 R", count: int = 1, contents: bytes = stream(WORDS), more: Sequence[bytes] = (),
          catalogue: bytes = CATALOGUE, size: int = 0, xref: bool = True) -> bytes:  # fmt: skip
    objects = [catalogue, b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count), FONT, PAGE, contents, *more]
    out = bytearray(b"%PDF-1.5\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    if xref:
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size or len(objects) + 1, start)
    return bytes(out)


def read(data: bytes) -> tuple[str, int, dict[str, str]]:
    reading = read_pdf(data, name="a.pdf", limits=LoadLimits())
    return reading.text, reading.page_count, dict(reading.metadata)


BOMB = zlib.compress(WORDS + b" " * 50_000_000, 9)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(built(contents=stream(BOMB, b"/Filter /FlateDecode")), id="flate-bomb"),
        pytest.param(
            built(contents=stream(zlib.compress(BOMB, 9), b"/Filter [/FlateDecode /FlateDecode]")),
            id="nested-flate-bomb",
        ),
        pytest.param(built(size=2_000_000_000), id="huge-size"),
        pytest.param(built(xref=False), id="no-xref"),
        pytest.param(
            built(contents=stream(WORDS + b"BI /W 100000 /H 100000 /BPC 8 /CS /RGB ID " + b"x" * 100_000)),
            id="inline-image-without-end",
        ),
        pytest.param(built(contents=stream(WORDS + b"BI /W 1 /H 1 ID " * 50_000)), id="inline-images-in-each-other"),
        pytest.param(
            built(
                catalogue=b"<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R >>",
                more=[
                    b"<< /First 7 0 R /Last 7 0 R >>",
                    b"<< /Title (A) /Parent 6 0 R /Next 7 0 R /First 7 0 R /Dest [4 0 R /Fit] >>",
                ],
            ),
            id="outline-in-a-circle",
        ),
    ],
)
def test_a_pdf_that_can_be_read_is_read(data: bytes) -> None:
    assert read(data) == ("Words", 1, {})


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        pytest.param(built(count=1_000_000), LimitExceeded, "1,000,000 pages, more than 20,000", id="claims-a-million"),
        pytest.param(
            built(kids=b"4 0 R " * 200_000, count=1_000_000), LimitExceeded, "1,000,000 pages", id="lists-a-million"
        ),
        pytest.param(
            built(kids=b"6 0 R", more=[b"<< /Type /Pages /Kids [2 0 R 6 0 R] /Count 9 /Parent 6 0 R >>"]),
            DamagedFile,
            "none of its 1 pages can be read",
            id="page-tree-in-a-circle",
        ),
        pytest.param(
            built(contents=stream(bytes(range(256)) * 4000, b"/Filter /LZWDecode")),
            EmptyFile,
            "no text on any of its pages",
            id="lzw-of-noise",
        ),
        pytest.param((OFFICE / "password.pdf").read_bytes(), EncryptedFile, "an encrypted PDF", id="encrypted"),
        pytest.param(b"%PDF-1.7\n" + b"[" * 500_000, DamagedFile, "a damaged PDF", id="brackets"),
    ],
)
def test_a_pdf_that_cannot_be_read_says_why(data: bytes, error: type[LoadError], says: str) -> None:
    with pytest.raises(error) as caught:
        read(data)
    assert type(caught.value) is error
    assert says in str(caught.value)


def test_pages_that_are_damaged_cost_only_themselves() -> None:
    text, page_count, metadata = read(built(kids=b"2 0 R 4 0 R 9 0 R", count=3))
    assert (text, page_count) == ("Words", 3)
    assert metadata["damaged_pages"] in ("2-3", "1, 3")


@pytest.mark.parametrize("tenths", range(1, 10))
@pytest.mark.parametrize("name", ["of-text", "of-a-printer"])
def test_a_truncated_pdf_gives_text_or_a_reason(name: str, tenths: int) -> None:
    made = pdf([[(50, 700, 10, f"What page {number} says.")] for number in range(10)])
    whole = made if name == "of-text" else (OFFICE / "rotated-page-90.pdf").read_bytes()
    try:
        text, page_count, _ = read(whole[: len(whole) * tenths // 10])
    except LoadError:
        return
    assert text
    assert page_count
