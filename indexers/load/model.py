"""RTF and Word 97-2003 through anydoc: its document model as blocks, with lists' labels, tables and notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from indexers.errors import DamagedFile, EncryptedFile, LimitExceeded
from indexers.load.build import TextBuilder, one_line
from indexers.load.headers import label_rows

if TYPE_CHECKING:
    from anydoc import Block, Document, Format, Inline, Table

_BULLETS = "-"
_MAX_LEVELS = 10


def parsed(data: bytes, kind: Format, *, name: str) -> Document:
    """The document as anydoc reads it.

    Raises:
        EncryptedFile: It asks for a password.
        LimitExceeded: It is too deep or too large inside.
        DamagedFile: It cannot be read.
    """
    import anydoc

    try:
        return anydoc.to_document(data, kind)
    except anydoc.EncryptedError as error:
        message = f"{name} is an encrypted file"
        raise EncryptedFile(message) from error
    except anydoc.ResourceLimitError as error:
        message = f"{name} is larger or deeper inside than can be read ({error})"
        raise LimitExceeded(message) from error
    except anydoc.ConvertError as error:
        message = f"{name} is damaged: {one_line(str(error))}"
        raise DamagedFile(message) from error


def add_document(builder: TextBuilder, document: Document) -> None:
    """Add all blocks in order, then the notes under their marks."""
    marks = {note.id: str(number) for number, note in enumerate(document.notes, start=1)}
    _Adder(builder, marks).add(document.blocks)
    builder.clear_headings()
    for note in document.notes:
        text = " ".join(_texts(note.blocks, marks))
        builder.add("paragraph", f"[{marks[note.id]}] {text}" if text else "")


class _Adder:
    def __init__(self, builder: TextBuilder, marks: dict[str, str]) -> None:
        self._builder = builder
        self._marks = marks

    def add(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            if block.kind == "heading":
                self._builder.add_heading(one_line(_text(block.content, self._marks)), level=block.level or 1)
            elif block.kind == "paragraph":
                self._builder.add("paragraph", _text(block.content, self._marks))
            elif block.kind == "list":
                self._builder.add("list", "\n".join(_items(block, self._marks, 0)))
            elif block.kind == "table" and block.table is not None:
                self._add_table(block.table)
            elif block.kind == "block_quote":
                self.add(block.blocks or ())
            else:
                self._builder.add("code" if block.kind == "code_block" else "paragraph", block.text or "")

    def _add_table(self, table: Table) -> None:
        """Add a table: a merged cell stands in each of its rows, once in a row."""
        if table.kind == "layout":
            for row in table.grid:
                for slot in row:
                    self.add(slot.cell.blocks if slot.cell is not None else ())
            return
        rows: list[list[str]] = []
        for row in table.grid:
            texts: list[str] = []
            for column, slot in enumerate(row):
                if slot.cell is not None:
                    texts.append(one_line(" ".join(_texts(slot.cell.blocks, self._marks))))
                else:
                    above = slot.origin_col == column and slot.origin_row is not None and slot.origin_row < len(rows)
                    texts.append(rows[slot.origin_row or 0][column] if above else "")
            rows.append(texts)
        self._builder.add_table(rows, header_rows=_header_rows(table, rows))


def _header_rows(table: Table, rows: Sequence[Sequence[str]]) -> int:
    return table.header_rows if table.header_rows < len(rows) else label_rows(rows)


def _items(block: Block, marks: dict[str, str], level: int) -> Iterator[str]:
    items = block.list
    if items is None or level > _MAX_LEVELS:
        return
    for number, item in enumerate(items.items, start=items.start):
        label = item.marker_label or (_BULLETS if items.marker == "bullet" else f"{number}.")
        for inner in item.blocks:
            if inner.kind == "list":
                yield from _items(inner, marks, level + 1)
            elif text := " ".join(_texts([inner], marks)):
                yield f"{'  ' * level}{label} {one_line(text)}"
                label = " " * len(label)


def _texts(blocks: Iterable[Block], marks: dict[str, str]) -> Iterator[str]:
    """The texts of blocks inside a cell, item or note, flattened."""
    for block in blocks:
        if block.table is not None:
            for row in block.table.grid:
                for slot in row:
                    yield from _texts(slot.cell.blocks if slot.cell is not None else (), marks)
        elif block.list is not None:
            yield from (line.strip() for line in _items(block, marks, 0))
        elif block.blocks is not None:
            yield from _texts(block.blocks, marks)
        elif text := (_text(block.content, marks) or block.text or "").strip():
            yield text


def _text(inlines: Iterable[Inline] | None, marks: dict[str, str]) -> str:
    pieces: list[str] = []
    for inline in inlines or ():
        if inline.kind == "text" or inline.kind == "math":
            pieces.append(inline.text or "")
        elif inline.kind == "link":
            pieces.append(_text(inline.content, marks))
        elif inline.kind == "line_break":
            pieces.append("\n")
        elif inline.kind == "note_ref":
            pieces.append(f"[{marks.get(inline.note_id or '', '')}]")
        elif inline.kind == "checkbox":
            pieces.append("\u2611" if inline.checked else "\u2610")
    return "".join(pieces)
