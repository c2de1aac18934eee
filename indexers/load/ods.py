"""ODS: the sheets of an OpenDocument workbook as pages, one line a row, values as they are shown."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from indexers.errors import LimitExceeded
from indexers.load.build import Reading, TextBuilder, one_line
from indexers.load.elements import attribute, local
from indexers.load.limits import LoadLimits
from indexers.load.merged import Merged, Range
from indexers.load.odf import OdfDocument
from indexers.load.odt import comment_line
from indexers.load.sheets import SheetRow, add_sheet
from indexers.tables import letters

_GROUPS = (
    "table-header-rows",
    "table-rows",
    "table-row-group",
    "table-header-columns",
    "table-columns",
    "table-column-group",
)
_SHOWN = ("", "visible")
_MAX_REPEATED_CELLS = 5_000_000
_MAX_COLUMNS = 16_384


def read_ods(data: bytes, *, name: str, limits: LoadLimits) -> Reading:
    """Read the sheets that are shown, each under its name with its comments.

    A hidden sheet keeps its number and gives no text; hidden rows and columns are left out.

    Raises:
        LimitExceeded: As `OdfDocument`; or one cell's text stands for millions of cells.
    """
    builder = TextBuilder(name, limits)
    document = OdfDocument(data, "spreadsheet", name=name, limits=limits)
    hidden: list[str] = []
    tables = [table for table in document.body if local(table) == "table"]
    for number, table in enumerate(tables, start=1):
        sheet_name = one_line(attribute(table, "name")) or str(number)
        if document.property("table", table, "display") == "false":
            hidden.append(sheet_name)
            continue
        with document.archive.errors_named(f"sheet {sheet_name!r}"):
            sheet = _Sheet(document, table)
            add_sheet(builder, sheet_name, sheet.rows(), page=number)
            builder.add("list", "\n".join(sheet.comments), page=number)
    metadata = document.metadata()
    title = metadata.pop("title", "")
    pairs = [*metadata.items(), ("hidden_sheets", ", ".join(hidden))]
    return builder.reading(page_count=len(tables), title=title, metadata=pairs)


class _Sheet:
    def __init__(self, document: OdfDocument, table: ET.Element) -> None:
        self.comments: list[str] = []
        self._document = document
        self._table = table
        self._given = 0
        self._hidden_columns = set(self._hidden(table))

    def rows(self) -> Iterator[SheetRow]:
        """The rows that have text and are shown."""
        merged = Merged([])
        number = 0
        for row, is_header in self._rows(self._table, is_header=False):
            first, repeated = number + 1, _count(row, "number-rows-repeated")
            number += repeated
            cells = self._cells(row, first, merged)
            if not cells or attribute(row, "visibility") not in _SHOWN:
                continue
            self._refuse_endless(len(cells) * repeated)
            for line in range(first, number + 1):
                texts = dict(cells)
                merged.fill(line, texts)
                for column in self._hidden_columns.intersection(texts):
                    del texts[column]
                yield SheetRow(line, texts, marked=is_header)

    def _rows(self, element: ET.Element, *, is_header: bool) -> Iterator[tuple[ET.Element, bool]]:
        for inner in element:
            if local(inner) == "table-row":
                yield inner, is_header
            elif local(inner) in _GROUPS:
                yield from self._rows(inner, is_header=is_header or local(inner) == "table-header-rows")

    def _hidden(self, element: ET.Element) -> Iterator[int]:
        column = 0
        for inner in element.iter():
            if local(inner) == "table-column":
                first, repeated = column + 1, _count(inner, "number-columns-repeated")
                column += repeated
                if attribute(inner, "visibility") not in _SHOWN:
                    yield from range(first, min(column, _MAX_COLUMNS) + 1)

    def _cells(self, row: ET.Element, number: int, merged: Merged) -> dict[int, str]:
        """The texts of one row by column; merged cells that begin in it are noted."""
        cells: dict[int, str] = {}
        column = 1
        for cell in row:
            if local(cell) not in ("table-cell", "covered-table-cell"):
                continue
            repeated = _count(cell, "number-columns-repeated")
            if len(cell) or cell.attrib:
                text = self._text(cell)
                self._refuse_endless(repeated if text else 0)
                for place in range(column, column + repeated if text else column):
                    cells[place] = text
                wide, high = _count(cell, "number-columns-spanned"), _count(cell, "number-rows-spanned")
                if wide > 1 or high > 1:
                    merged.add(Range(column, number, column + wide - 1, number + high - 1))
                self._note(cell, f"{letters(min(column, _MAX_COLUMNS))}{number}")
            column += repeated
        return cells

    def _text(self, cell: ET.Element) -> str:
        shown = one_line(" ".join(self._document.paragraphs(cell)))
        if shown or local(cell) == "covered-table-cell":
            return shown
        return attribute(cell, "string-value") or attribute(cell, "date-value") or attribute(cell, "value")

    def _note(self, cell: ET.Element, address: str) -> None:
        for comment in cell:
            if local(comment) == "annotation" and (line := comment_line(self._document, comment)):
                self.comments.append(f"- {line.replace('Comment', f'Comment on {address}', 1)}")

    def _refuse_endless(self, cells: int) -> None:
        self._given += cells
        if self._given > _MAX_REPEATED_CELLS:
            message = f"{self._document.archive.name} repeats its cells to more than {_MAX_REPEATED_CELLS:,}"
            raise LimitExceeded(message)


def _count(element: ET.Element, key: str) -> int:
    value = attribute(element, key, "1")
    return max(int(value[:9]), 1) if value.isdigit() else 1
