from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pypdfium2
import pytest

from indexers.document import Box, Document
from indexers.load import LoadLimits, load_file
from indexers.load.pdf import read_pdf
from indexers.load.pdf_layout import Cell, Line, join_rows
from tests.indexers.load.samples import pdf

OFFICE = Path(__file__).parents[2] / "fixtures" / "office"
STATEMENT: list[tuple[float, float, float, str]] = [
    (50, 760, 16, "*Consolidated Balance Sheet"),
    (50, 730, 10, "(in millions)"), (400, 730, 10, "2018"), (480, 730, 10, "2017"),
    (50, 716, 10, "Assets"),
    (50, 702, 10, "Cash and cash equivalents"), (390, 702, 10, "$"), (400, 702, 10, "2,853"),
    (470, 702, 10, "$"), (480, 702, 10, "3,053"),
    (50, 688, 10, "Margin"), (400, 688, 10, "23.4"), (422, 688, 10, "%"), (480, 688, 10, "(0.5)"), (502, 688, 10, "%"),
    (50, 674, 10, "Total assets"), (400, 674, 10, "36,500"), (480, 674, 10, "37,987"),
    (50, 640, 10, "See the notes. They are part"),
    (50, 628, 10, "of this statement."),
    (50, 600, 10, "The next paragraph."),
]  # fmt: skip


def read(pages: list[list[tuple[float, float, float, str]]], tmp_path: Path, *, title: str = "") -> Document:
    (tmp_path / "file.pdf").write_bytes(pdf(pages, title=title))
    return load_file(tmp_path / "file.pdf", uri="u").document


def shown(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def test_a_statement_keeps_label_and_figures_on_one_line(tmp_path: Path) -> None:
    heading, table, *paragraphs = shown(read([STATEMENT], tmp_path))
    assert heading == ("heading", "Consolidated Balance Sheet")
    assert table[0] == "table"
    assert table[1].split("\n") == [
        "(in millions) | 2018 | 2017",
        "Assets",
        "Cash and cash equivalents | $ 2,853 | $ 3,053",
        "Margin | 23.4 % | (0.5)%",
        "Total assets | 36,500 | 37,987",
    ]
    assert paragraphs == [
        ("paragraph", "See the notes. They are part\nof this statement."),
        ("paragraph", "The next paragraph."),
    ]


def test_figures_that_the_file_writes_after_all_labels_join_their_rows(tmp_path: Path) -> None:
    labels = [(50.0, 700.0 - 14 * n, 10.0, f"Label {word}") for n, word in enumerate(("one", "two", "three"))]
    figures = [(400.0, 700.0 - 14 * n, 10.0, f"{n},000") for n in range(3)]
    assert shown(read([[*labels, *figures]], tmp_path)) == [
        ("table", "Label one | 0,000\nLabel two | 1,000\nLabel three | 2,000")
    ]


def test_pages_boxes_and_headings(tmp_path: Path) -> None:
    body = "Words of the body that are longer than any heading of this file is."
    pages = [
        [(50.0, 700.0, 20.0, "Annual report"), (50.0, 650.0, 10.0, body)],
        [],
        [
            (50.0, 700.0, 14.0, "Risks"),
            (50.0, 650.0, 10.0, body),
            (50.0, 600.0, 10.0, "*In bold"),
            (50.0, 580.0, 10.0, body),
        ],
    ]
    document = read(pages, tmp_path)
    assert document.page_count == 3
    assert [(block.page, block.headings) for block in document.blocks] == [
        (1, ("Annual report",)),
        (1, ("Annual report",)),
        (3, ("Annual report", "Risks")),
        (3, ("Annual report", "Risks")),
        (3, ("Annual report", "Risks", "In bold")),
        (3, ("Annual report", "Risks", "In bold")),
    ]
    box = document.blocks[0].box
    assert box is not None
    assert (round(box.left), box.bottom < 700 < box.top, 140 < box.right < 200) == (50, True, True)


def test_a_running_header_is_no_heading(tmp_path: Path) -> None:
    pages = [
        [(50.0, 760.0, 10.0, f"*Report 2026, page {n}"), (50.0, 700.0, 10.0, "Words of the body.")] for n in range(4)
    ]
    assert {block.kind for block in read(pages, tmp_path).blocks} == {"paragraph"}


@pytest.mark.parametrize(
    ("own", "title"),
    [
        pytest.param("Leave policy", "Leave policy", id="says-something"),
        pytest.param("Microsoft Word - Leave policy", "Leave policy", id="printer-prefix"),
        pytest.param("Untitled", "file", id="untitled"),
        pytest.param("0000764478-19-000009", "file", id="number"),
        pytest.param("draft_v2.docx", "file", id="file-name"),
        pytest.param("", "file", id="none"),
    ],
)
def test_title(tmp_path: Path, own: str, title: str) -> None:
    assert read([[(50, 700, 10, "Words.")]], tmp_path, title=own).title == title


@pytest.mark.parametrize(
    "extra", [b"", b"/Rotate 90", b"/Rotate 180", b"/Rotate 270", b"/CropBox [30 40 600 780] /Rotate 90"]
)
def test_boxes_are_where_the_ink_is(extra: bytes) -> None:
    """On the page as it is shown, whichever way it is turned and cut."""
    data = pdf([[(100, 600, 20, "HHH"), (300, 500, 20, "HHHHH")]], extra=extra)
    blocks = read_pdf(data, name="x.pdf", limits=LoadLimits()).blocks
    with pypdfium2.PdfDocument(data) as document:
        ink = np.argwhere(document[0].render().to_numpy()[::-1, :, 0] < 128)  # rows from the bottom
    boxes = [block.box for block in blocks if block.box is not None]
    assert len(boxes) == 2
    edges = [
        min(box.bottom for box in boxes),
        max(box.top for box in boxes),
        min(box.left for box in boxes),
        max(box.right for box in boxes),
    ]
    found = [ink[:, 0].min(), ink[:, 0].max(), ink[:, 1].min(), ink[:, 1].max()]
    assert edges == pytest.approx(found, abs=8)  # a box reaches from the font's descent to its ascent


def test_a_turned_page_reads_like_any_other() -> None:
    document = load_file(OFFICE / "rotated-page-90.pdf", uri="u").document
    assert document.text.split("\n\n") == ["Rotated page fixture", "Second line of text here", "Hello World Test Text"]


def line(text: str, left: float, bottom: float) -> Line:
    right = left + 5 * len(text)
    return Line((Cell(text, left, right),), Box(left, bottom, right, bottom + 10), size=10)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([line("Rent", 50, 100), line("12", 200, 103)], [("Rent", "12")], id="lifted-figure"),
        pytest.param([line("Rent", 50, 100), line("12", 200, 106)], [("Rent",), ("12",)], id="next-line"),
        pytest.param([line("12", 200, 100), line("Rent", 50, 100)], [("Rent", "12")], id="figure-first"),
        pytest.param([line("no", 50, 100), line("te", 61, 100)], [("no te",)], id="close-by-is-one-cell"),
        pytest.param(
            [line("Left column", 50, 100), line("Left two", 50, 88), line("Right column", 300, 100)],
            [("Left column",), ("Left two",), ("Right column",)],
            id="columns-of-prose-stay-apart",
        ),
    ],
)
def test_join_rows(lines: list[Line], expected: list[tuple[str, ...]]) -> None:
    assert [tuple(cell.text for cell in joined.cells) for joined in join_rows(lines)] == expected


def test_threads_may_read_at_once() -> None:
    data = pdf([STATEMENT] * 5)
    texts: list[str] = []

    def work() -> None:
        texts.append(read_pdf(data, name="x.pdf", limits=LoadLimits()).text)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == [read_pdf(data, name="x.pdf", limits=LoadLimits()).text] * 4
