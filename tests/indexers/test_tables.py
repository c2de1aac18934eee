"""Headers above rows, and the addresses of cells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indexers.document import Document, Grid
from indexers.tables import cell_address, cell_span, header_rows, header_span, is_header, letters
from tests.indexers.documents import document_of

TABLE = "Item | 2019 | 2018\n | audited\nCash | 7 | 12\nRope |  | 3"


def sheet_document(sheet: str = "Q1 2024") -> Document:
    document = document_of(("paragraph", "Before."), ("table", TABLE), ("paragraph", "After."), uri="r/a.xlsx")
    first, table, last = document.blocks
    grid = Grid(sheet, rows=(2, 3, 5, 6), columns=(1, 3, 28))
    table = replace(table, header_chars=TABLE.index("\nCash"), grid=grid)
    return replace(document, blocks=(first, table, last))


def place_of(document: Document, text: str) -> tuple[int, int]:
    start = document.text.index(text)
    return start, start + len(text)


def test_a_row_has_the_header_of_its_table_and_the_header_has_none() -> None:
    document = sheet_document()
    row = place_of(document, "Cash | 7 | 12")[0]
    span = header_span(document, row)
    assert span is not None
    assert document.text[slice(*span)] == "Item | 2019 | 2018\n | audited"
    assert [document.text[start:end] for start, end in header_rows(document, row)] == [
        "Item | 2019 | 2018",
        "| audited",
    ]
    for elsewhere in ("Item", "audited", "Before.", "After."):
        assert header_span(document, place_of(document, elsewhere)[0]) is None
        assert header_rows(document, place_of(document, elsewhere)[0]) == []
    assert is_header(document, place_of(document, "audited")[0])
    assert not is_header(document, row)
    assert not is_header(document, place_of(document, "After.")[0])


@pytest.mark.parametrize(
    ("text", "address"),
    [
        pytest.param("Cash", "'Q1 2024'!A5", id="one-cell"),
        pytest.param("12", "'Q1 2024'!AB5", id="a-column-of-two-letters"),
        pytest.param("Cash | 7 | 12", "'Q1 2024'!A5:AB5", id="a-row"),
        pytest.param("audited", "'Q1 2024'!C3", id="below-an-empty-cell"),
        pytest.param("12\nRope |  | 3", "'Q1 2024'!A5:AB6", id="two-rows"),
        pytest.param("Before.", "", id="no-table"),
        pytest.param("3\n\nAfter.", "", id="beyond-the-table"),
    ],
)
def test_a_place_has_the_address_of_its_cells(text: str, address: str) -> None:
    document = sheet_document()
    assert cell_address(document, *place_of(document, text)) == address


@pytest.mark.parametrize(
    ("address", "text"),
    [
        pytest.param("'Q1 2024'!C5", "7", id="quoted"),
        pytest.param("Q1 2024!c5", "7", id="bare-and-in-small-letters"),
        pytest.param("'q1 2024'!$AB$6", "3", id="absolute"),
        pytest.param("'Q1 2024'!C6", None, id="an-empty-cell"),
        pytest.param("'Q1 2024'!B5", None, id="a-column-without-text"),
        pytest.param("Other!C5", None, id="no-such-sheet"),
        pytest.param("C5", None, id="which-sheet"),
        pytest.param("'Q1 2024'!C0", None, id="no-address"),
    ],
)
def test_an_address_leads_to_its_cell(address: str, text: str | None) -> None:
    document = sheet_document()
    span = cell_span(document, address)
    assert (None if span is None else document.text[slice(*span)]) == text


def test_a_file_of_one_sheet_needs_no_name() -> None:
    document = sheet_document("")
    span = cell_span(document, "C5")
    assert span is not None
    assert cell_address(document, *span) == "C5"


@pytest.mark.parametrize(("column", "name"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA")])
def test_columns_have_letters(column: int, name: str) -> None:
    assert letters(column) == name
