"""Headers of tables, and the places of cells in their sheets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.document import Document, Grid
from indexers.load import load_file
from indexers.load.build import TextBuilder
from indexers.load.headers import label_rows
from indexers.load.limits import LoadLimits
from indexers.load.merged import Merged, Range
from indexers.load.sheets import SheetRow, add_sheet
from indexers.tables import cell_span
from tests.indexers.load.samples import xlsx

OFFICE = Path(__file__).parents[2] / "fixtures" / "office"


def table(drawn: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in drawn.split("\n")]


def header(document: Document, number: int = 0) -> str:
    block = [block for block in document.blocks if block.kind == "table"][number]
    return document.text[block.start : block.start + block.header_chars]


@pytest.mark.parametrize(
    ("drawn", "count"),
    [
        pytest.param("Team|City|Cups\nBlues|STL|1\nFlyers|PHI|2", 1, id="words-over-numbers"),
        pytest.param("Cups||\nTeam|City|Cups\nBlues|STL|1\nFlyers|PHI|2", 2, id="a-title-above"),
        pytest.param("|2019|2018\nRevenue|5,000|4,000\nCost|(3)|—", 1, id="years-over-amounts"),
        pytest.param("USD m|FY2019|FY2018\nRevenue|$ 5.0|4.0 EUR\nCost|(3)|1.2%", 1, id="fiscal-years"),
        pytest.param("|Dec 31, 2019|Dec 31, 2018\nCash|$5,000|$4,000", 1, id="dates-in-words"),
        pytest.param("|2019-12-31|2018-12-31\nCash|5|4\nDebt|1|1", 1, id="dates-over-amounts"),
        pytest.param("|Sales||Cost|\nRegion|2019|2018|2019|2018\nNorth|1|2|3|4\nSouth|1|2|3|4", 2, id="groups-above"),
        pytest.param("Name|Price|Weight\n|EUR|kg\nA|1|2\nB|1|3", 2, id="units-below"),
        pytest.param("Group|Size|Result|\n||Hits|Time\nA|5|1 of 5|2 s\nB|4|2 of 4|3 s", 2, id="labels-under-groups"),
        pytest.param("Alice|Engineer\nBob|Teacher", 0, id="records-of-words"),
        pytest.param("1|2|3\n4|5|6", 0, id="numbers-only"),
        pytest.param("Apples|3\nPears|4\nPlums|5", 0, id="labels-at-the-side-only"),
        pytest.param("Name|Bob\nAge|33\nCity|Rome", 0, id="a-form"),
        pytest.param("2019|2018\n5|4", 0, id="years-without-a-label"),
        pytest.param("Name|Price", 0, id="nothing-below"),
        pytest.param("Name|Name|Price\nA|B|3\nC|D|4", 0, id="labels-that-are-not-distinct"),
        pytest.param(f"{'We sell things. ' * 6}|x\nA|1\nB|2", 0, id="a-sentence"),
        pytest.param("Tea|Cup|3\nPot|Lid|4\nJar|Top|5", 0, id="a-first-record-with-a-number"),
    ],
)  # fmt: skip
def test_the_header_is_labels_over_values_and_nothing_else(drawn: str, count: int) -> None:
    assert label_rows(table(drawn)) == count


@pytest.mark.parametrize(
    ("drawn", "count"),
    [
        pytest.param("name|email|city\nAl|a@b.c|Rome\nBo|b@b.c|Oslo", 1, id="names-of-fields"),
        pytest.param("Name|Role\nAl|Dev\nBo|Dev\nCy|Ops", 1, id="values-that-repeat"),
        pytest.param("Al|Rome\nBo|Oslo\nCy|Bern", 0, id="records"),
        pytest.param("Al|Dev\nBo|Dev\nCy|Ops", 0, id="the-first-row-comes-again"),
    ],
)
def test_the_first_row_of_an_export_names_its_columns_unless_it_is_a_record(drawn: str, count: int) -> None:
    assert label_rows(table(drawn), export=True) == count


@given(st.lists(st.lists(st.text("ab1| .$%()\n", max_size=6), max_size=5), max_size=6), st.booleans())
def test_any_table_keeps_a_row_below_its_header(rows: list[list[str]], export: bool) -> None:
    assert 0 <= label_rows(rows, export=export) < max(len(rows), 1)


def test_a_cell_of_a_workbook_is_found_by_its_address(tmp_path: Path) -> None:
    styles = "<fonts><font/><font><b/></font></fonts><cellXfs><xf/><xf fontId='1'/></cellXfs>"
    prices = (
        '<row r="3"><c r="B3" t="str"><v>Item</v></c><c r="D3" t="str"><v>Price</v></c></row>'
        '<row r="4"><c r="B4" t="str"><v>Tea | green</v></c><c r="D4"><v>2.5</v></c></row>'
        '<row r="5"><c r="D5"><v>7</v></c></row>'
    )
    staff = (
        '<row r="1"><c r="A1" t="str" s="1"><v>Who</v></c><c r="B1" t="str" s="1"><v>Role</v></c></row>'
        '<row r="2"><c r="A2" t="str"><v>Al</v></c><c r="B2" t="str"><v>Dev</v></c></row>'
    )
    (tmp_path / "a.xlsx").write_bytes(xlsx({"Price list": prices, "Staff": staff}, styles=styles))
    document = load_file(tmp_path / "a.xlsx", uri="u").document
    assert [block.grid for block in document.blocks if block.kind == "table"] == [
        Grid("Price list", (3, 4, 5), (2, 4)),
        Grid("Staff", (1, 2), (1, 2)),
    ]
    for address, text in (("'Price list'!D4", "2.5"), ("'Price list'!D5", "7"), ("Staff!B2", "Dev")):
        span = cell_span(document, address)
        assert span is not None
        assert document.text[slice(*span)] == text
    assert cell_span(document, "'Price list'!C4") is None
    assert [header(document, number) for number in (0, 1)] == ["Item | Price", "Who | Role"]


def test_a_row_of_a_csv_keeps_its_number(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("item,price\n\ntea,2\n,7\n")
    document = load_file(tmp_path / "a.csv", uri="u").document
    assert document.blocks[0].grid == Grid("", (1, 3, 4), (1, 2))
    assert header(document) == "item | price"
    span = cell_span(document, "B4")
    assert span is not None
    assert document.text[slice(*span)] == "7"


def test_hidden_columns_are_not_read_and_comments_are(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c><c r="C1"><v>3</v></c></row>'
    notes = (
        '<comments xmlns="m"><commentList><comment ref="C1"><text><r><t>[Threaded comment]\nYour version...\n\n'
        "Comment:\n</t></r><r><t>is it\nso?</t></r></text></comment></commentList></comments>"
    )
    data = xlsx({"S": rows}, columns='<col min="2" max="2" hidden="1"/>', comments=notes)
    (tmp_path / "a.xlsx").write_bytes(data)
    assert load_file(tmp_path / "a.xlsx", uri="u").document.text == "S\n\n1 | 3\n\n- Comment on C1: is it so?"


def test_a_merged_cell_stands_in_all_of_its_rows(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1" t="str"><v>Title</v></c></row>'
        '<row r="2"><c r="A2" t="str"><v>Region</v></c><c r="B2" t="str"><v>Sales</v></c></row>'
        '<row r="3"><c r="B3" t="str"><v>2019</v></c><c r="C3" t="str"><v>2018</v></c></row>'
        '<row r="4"><c r="A4" t="str"><v>North</v></c><c r="B4"><v>1</v></c><c r="C4"><v>2</v></c></row>'
        '<row r="5"><c r="B5"><v>3</v></c><c r="C5"><v>4</v></c></row>'
    )
    merged = "".join(f'<mergeCell ref="{ref}"/>' for ref in ("A1:C1", "A2:A3", "B2:C2", "A4:A5"))
    (tmp_path / "a.xlsx").write_bytes(xlsx({"S": rows}, merged=merged))
    document = load_file(tmp_path / "a.xlsx", uri="u").document
    assert document.text.split("\n")[2:] == [
        "Title", "Region | Sales | Sales", "Region | 2019 | 2018", "North | 1 | 2", "North | 3 | 4",
    ]  # fmt: skip
    assert header(document) == "Title\nRegion | Sales | Sales\nRegion | 2019 | 2018"


def test_merged_cells_cannot_make_a_sheet_endless() -> None:
    merged = Merged([Range(1, 1, 16_384, 1_048_576), *(Range(n, 1, n, 10**7) for n in range(1, 2000))])
    cells = [{1: "a", 20_000: "b"} for _ in range(3000)]
    for number, row in enumerate(cells, start=1):
        merged.fill(number, row)
    assert sum(map(len, cells)) <= 1_000_000 + 6000


def test_titles_above_a_header_are_not_carried_with_every_row() -> None:
    drawn = table("3. Segments\n3.1 Operating segments\nRevenue\nIn millions|2023|2022\nEurope|5|4\nAsia|3|2")
    rows = [SheetRow(number, dict(enumerate(cells, start=1))) for number, cells in enumerate(drawn, start=1)]
    builder = TextBuilder("x", LoadLimits())
    add_sheet(builder, "S", rows, page=1)
    reading = builder.reading()
    headers = [reading.text[block.start : block.start + block.header_chars] for block in reading.blocks]
    assert headers == ["", "", "Revenue\nIn millions | 2023 | 2022"]


def test_the_headers_of_a_real_workbook() -> None:
    document = load_file(OFFICE / "stanley-cups.xlsx", uri="u").document
    assert [header(document, number) for number in (0, 1)] == [
        "Stanley Cups\nTeam | Location | Stanley Cups",
        "Stanley Cups Since 67\nTeam | Location | Stanley Cups",
    ]
    assert re.search("Maple Leafs \\| TOR \\| 13$", document.text, re.MULTILINE)
