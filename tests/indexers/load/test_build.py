"""The text builder: offsets, header rows and the grid of a table."""

from __future__ import annotations

from indexers.document import Block, Grid
from indexers.load.build import TextBuilder
from indexers.load.limits import LoadLimits


def build_table(rows: list[list[str]], *, header_rows: int = 0, grid: Grid | None = None) -> tuple[str, Block]:
    builder = TextBuilder("a.xlsx", LoadLimits())
    builder.add("paragraph", "Before.")
    builder.add_table(rows, header_rows=header_rows, grid=grid)
    reading = builder.reading()
    return reading.text, reading.blocks[-1]


def test_the_header_of_a_table_ends_with_its_last_header_row() -> None:
    text, table = build_table([["Item", "2019"], ["", "audited"], ["Cash", "7"]], header_rows=2)
    assert text[table.start : table.start + table.header_chars] == "Item | 2019\n | audited"


def test_a_blank_first_cell_and_a_blank_row_do_not_shift_the_header() -> None:
    text, table = build_table([["", ""], ["", "2019"], ["Cash", "7"]], header_rows=2)
    assert text[table.start : table.start + table.header_chars] == "| 2019"


def test_a_table_without_header_rows_has_no_header() -> None:
    assert build_table([["Cash", "7"]])[1].header_chars == 0


def test_the_grid_leaves_out_the_rows_that_the_text_leaves_out() -> None:
    grid = Grid("Prices", rows=(3, 4, 9), columns=(2, 3))
    _, table = build_table([["Item", "Price"], ["", ""], ["Rope", "7"]], grid=grid)
    assert table.grid == Grid("Prices", rows=(3, 9), columns=(2, 3))
