"""RTF and the formats of Office 97-2003."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from indexers.document import Document, Grid
from indexers.errors import DamagedFile, LoadError, UnsupportedFile
from indexers.load import load_file
from tests.indexers.load.promises import broken_promises
from tests.indexers.load.samples import docx, xlsx

OFFICE = Path(__file__).parents[2] / "fixtures" / "office"
RTF = r"""{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\title T\'e9st \u8364?}{\author Ann}{\creatim\yr2020\mo3\dy4}}
{\header Head\par}{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}}
\pard\plain\s1\outlinelevel0 Heading\par \pard\plain Seen{\v hidden} text\v not\v0  here{\super\chftn{\footnote\pard\plain\chftn the note}} and{\deleted gone} \u8364? euro\par
{\listtext\pard\plain 1.\tab}\pard first\par {\listtext\pard\plain 2.\tab}\pard second\par
\trowd\trhdr\cellx1000\cellx2000\pard\intbl Who\cell What\cell\row\trowd\cellx1000\cellx2000\pard\intbl Al\cell Dev\cell\row
\pard{\pict 0102ff}last\par}"""  # noqa: E501  # as programs write it


def read(path: Path) -> Document:
    document = load_file(path, uri="u").document
    assert broken_promises(document.text, document.blocks, document.page_count) == []
    return document


def blocks(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def test_rtf_is_read_as_it_is_shown(tmp_path: Path) -> None:
    (tmp_path / "a.rtf").write_text(RTF)
    document = read(tmp_path / "a.rtf")
    assert blocks(document) == [
        ("heading", "Heading"),
        ("paragraph", "Seen text here[1] and € euro"),
        ("list", "1. first\n2. second"),
        ("table", "Who | What\nAl | Dev"),
        ("paragraph", "last"),
        ("paragraph", "[1] the note"),
    ]
    assert document.blocks[3].header_chars == len("Who | What")
    assert document.title == "Tést €"
    assert dict(document.metadata) == {"author": "Ann", "created": "2020-03-04"}


def test_a_real_rtf() -> None:
    assert blocks(read(OFFICE / "fake-doc.rtf"))[-1] == (
        "table", "Column 1 | Column 2\nRow 1, Cell 1 | Row 1, Cell 2\nRow 2, Cell 1 | Row 2, Cell 2",
    )  # fmt: skip


def test_doc_has_headings_lists_and_tables() -> None:
    document = read(OFFICE / "simple.doc")
    assert blocks(document)[0] == ("heading", "These are a few of my favorite things:")
    assert ("list", "- Hockey") in blocks(document)
    assert dict(document.metadata)["modified"] == "2024-07-11T19:20:35"
    table = read(OFFICE / "fake-doc-emphasized-text.doc")
    assert blocks(table)[0] == (
        "table",
        "Header Col 1 | Header Col 2\nA bold italic bold-italic example | A Link example",
    )
    assert table.blocks[0].header_chars == len("Header Col 1 | Header Col 2")


def test_xls_sheets_are_pages_whose_cells_have_places() -> None:
    document = read(OFFICE / "tests-example.xls")
    assert document.page_count == 3
    block = next(block for block in document.blocks if block.page == 2 and block.header_chars)
    assert document.text[block.start : block.end].startswith(
        "Question Format Abbreviations\nAbbreviation | Question Type\nMC | Multiple Choice\n"
    )
    assert block.grid is not None
    assert block.grid == Grid("Format Abbr.", (6, *range(8, 8 + len(block.grid.rows) - 1)), (1, 2))


def test_ppt_slides_are_pages_under_their_titles() -> None:
    document = read(OFFICE / "fake-power-point.ppt")
    assert document.page_count == 1
    assert blocks(document)[0] == ("heading", "Adding a Bullet Slide")
    assert document.blocks[-1].headings == ("Adding a Bullet Slide",)
    assert "Here is some text in a text box!" in document.text


DOC, XLS, PPT = ((OFFICE / name).read_bytes() for name in ("simple.doc", "tests-example.xls", "fake-power-point.ppt"))


@pytest.mark.parametrize(
    ("name", "data", "error", "says"),
    [
        pytest.param("a.doc", XLS, UnsupportedFile, "but is an Excel 97-2003 workbook", id="xls-as-doc"),
        pytest.param("a.xls", DOC, UnsupportedFile, "but is a Word 97-2003 document", id="doc-as-xls"),
        pytest.param("a.ppt", DOC, UnsupportedFile, "but is a Word 97-2003 document", id="doc-as-ppt"),
        pytest.param("a.doc", docx(""), UnsupportedFile, "but is a Word document (DOCX)", id="docx-as-doc"),
        pytest.param("a.xls", xlsx({"S": ""}), UnsupportedFile, "but is an Excel workbook (XLSX)", id="xlsx-as-xls"),
        pytest.param("a.doc", RTF.encode(), UnsupportedFile, "but is an RTF document", id="rtf-as-doc"),
        pytest.param("a.doc", b"<html>", UnsupportedFile, "but is an HTML page", id="html-as-doc"),
        pytest.param("a.rtf", b"just words", DamagedFile, "does not begin as an RTF document", id="text-as-rtf"),
        pytest.param("a.ppt", b"just words", DamagedFile, "is not a PowerPoint 97-2003", id="text-as-ppt"),
        pytest.param("a.xls", XLS[:9000], DamagedFile, "a.xls is damaged", id="half-a-workbook"),
        pytest.param("a.doc", DOC[:2000], LoadError, "a.doc", id="half-a-document"),
    ],
)
def test_bad_file(tmp_path: Path, name: str, data: bytes, error: type[LoadError], says: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(error) as caught:
        load_file(tmp_path / name, uri="u")
    assert says in str(caught.value)
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cut", range(1, 10))
@pytest.mark.parametrize("name", ["simple.doc", "tests-example.xls", "fake-power-point.ppt", "fake-doc.rtf"])
def test_a_truncated_file_is_read_or_refused(tmp_path: Path, name: str, cut: int) -> None:
    data = (OFFICE / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) * cut // 10])
    with contextlib.suppress(LoadError):
        read(tmp_path / name)
