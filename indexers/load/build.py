"""Canonical text put together block by block, so that offsets are right by construction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from indexers.document import Block, BlockKind, Box, Grid
from indexers.errors import LimitExceeded
from indexers.load.limits import LoadLimits
from indexers.load.metadata import canonical
from indexers.normalise import normalise

_MAX_METADATA_CHARS = 500
_MAX_HEADING_CHARS = 300
_BLANKS_AROUND_BAR = re.compile(r" ?\| ?")


@dataclass(frozen=True, slots=True)
class Part:
    """A file inside a file, such as an attachment; ``name`` is as its author wrote it, and may say anything.

    ``shown`` says that it is a picture in the text around it, which need not hold any text of its own.
    """

    name: str
    data: bytes
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a loader found in one file; ``title`` is the file's own and may be empty."""

    text: str
    blocks: tuple[Block, ...]
    page_count: int = 0
    title: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()


class TextBuilder:
    """Appends normalised blocks with one blank line between them and keeps the path of headings.

    ``name`` is the file as errors name it.
    """

    def __init__(self, name: str, limits: LoadLimits) -> None:
        self._name = name
        self._max_chars = limits.max_text_chars
        self._pieces: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self._removed = 0
        self._path: list[tuple[float, str]] = []

    def add(
        self, kind: BlockKind, text: str, *, page: int | None = None, box: Box | None = None, header_chars: int = 0
    ) -> None:
        """Append one block under the headings so far; text that is blank once normalised adds nothing."""
        self._append(kind, text, page=page, box=box, header_chars=header_chars)

    def _append(
        self,
        kind: BlockKind,
        text: str,
        *,
        page: int | None,
        box: Box | None,
        header_chars: int = 0,
        grid: Grid | None = None,
    ) -> None:
        normalised = normalise(text)
        self._removed += normalised.removed
        stripped = normalised.text.strip("\n") if kind == "code" else normalised.text.strip()
        if not stripped.strip():
            return
        if header_chars:  # a blank first cell is stripped from the first line
            header_chars -= len(normalised.text) - len(normalised.text.lstrip())
        start = self._length + 2 if self._pieces else 0
        end = start + len(stripped)
        self._refuse_above(end)
        path = tuple(text for _, text in self._path)
        self._blocks.append(Block(kind, start, end, page, path, box, header_chars, grid))
        self._pieces.append(stripped)
        self._length = end

    def _refuse_above(self, chars: int) -> None:
        if chars > self._max_chars:
            message = f"{self._name} holds more than {self._max_chars:,} characters of text"
            raise LimitExceeded(message)

    def add_heading(
        self, text: str, *, level: float, page: int | None = None, box: Box | None = None, path: str | None = None
    ) -> None:
        """Append a heading; deeper ``level`` numbers stand under shallower ones.

        ``path`` is how the heading reads in the path of the blocks below it, where that differs from ``text``
        (a Markdown heading keeps its number signs in the text).
        """
        shown = one_line(text if path is None else path)[:_MAX_HEADING_CHARS].strip()
        if not shown:
            self.add("paragraph", text, page=page, box=box)
            return
        self.leave_headings(level)
        self._path.append((level, shown))
        self.add("heading", text, page=page, box=box)

    def enter_heading(self, text: str, *, level: float) -> None:
        """Put what follows under a heading that the text itself does not show, as a definition in code."""
        self.leave_headings(level)
        self._path.append((level, one_line(text)[:_MAX_HEADING_CHARS].strip()))

    def leave_headings(self, level: float) -> None:
        """Begin a part that stands under none of the headings of ``level`` and deeper."""
        while self._path and self._path[-1][0] >= level:
            self._path.pop()

    def clear_headings(self) -> None:
        """Begin a part that stands under no heading."""
        self._path.clear()

    def add_table(
        self,
        rows: Iterable[Sequence[str]],
        *,
        page: int | None = None,
        box: Box | None = None,
        header_rows: int = 0,
        grid: Grid | None = None,
    ) -> None:
        """Append a table, one row a line, cells joined by `` | ``; rows without text are left out.

        Args:
            rows: The cells' texts.
            page: From 1.
            box: Of the whole table.
            header_rows: How many of the first ``rows`` name the cells of the others.
            grid: The place of ``rows`` in their sheet: a row number for each, a column number for each cell.
        """
        lines: list[str] = []
        numbers: list[int] = []
        chars = header_chars = 0
        for place, row in enumerate(rows):
            if line := row_line(row):
                lines.append(line)
                numbers.append(grid.rows[place] if grid else 0)
                chars += len(line) + 1
                self._refuse_above(self._length + chars - 1)
                if place < header_rows:
                    header_chars = chars - 1
        kept = Grid(grid.sheet, tuple(numbers), grid.columns) if grid else None
        self._append("table", "\n".join(lines), page=page, box=box, header_chars=header_chars, grid=kept)

    def reading(
        self,
        *,
        page_count: int = 0,
        title: str = "",
        metadata: Iterable[tuple[str, str]] = (),
        parts: Iterable[Part] = (),
    ) -> Reading:
        """All blocks so far as one text; metadata values are one line of at most 500 characters, blank ones dropped."""
        pairs = [(key, canonical(key, one_line(value)[:_MAX_METADATA_CHARS].strip())) for key, value in metadata]
        if self._removed:
            pairs.append(("removed_characters", str(self._removed)))
        return Reading(
            text="\n\n".join(self._pieces),
            blocks=tuple(self._blocks),
            page_count=page_count,
            title=one_line(title),
            metadata=tuple((key, value) for key, value in pairs if value),
            parts=tuple(parts),
        )


def used_columns(rows: Iterable[Mapping[int, str]]) -> tuple[int, ...]:
    """The columns in which some row has text: not spacers and margins."""
    return tuple(sorted({column for row in rows for column, text in row.items() if text}))


def without_empty_columns(rows: Sequence[Mapping[int, str]]) -> Iterator[list[str]]:
    """Rows of column number to text, without the columns in which none of them has any."""
    used = used_columns(rows)
    for row in rows:
        yield [row.get(column, "") for column in used]


def row_line(cells: Sequence[str]) -> str:
    """One table row as one line; blank cells keep their place, except at the end; a bar in a cell loses its blanks."""
    texts = [_BLANKS_AROUND_BAR.sub("|", one_line(cell)) if "|" in cell else one_line(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return " | ".join(texts)


def one_line(text: str) -> str:
    """The normalised text on one line, runs of blanks as one space."""
    if text.isascii() and text.isprintable():  # most cells of most tables: nothing to normalise
        return " ".join(text.split())
    return " ".join(normalise(text).text.split())
