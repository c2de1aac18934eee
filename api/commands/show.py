"""`rag show`: what the index holds of one document, or its canonical text to the byte."""

from __future__ import annotations

import contextlib
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.options import AsOption, ConfigOption, IndexOption, JsonOption, open_rag
from api.terminal import json_line, one_line, reader_is_a_person, say, visible
from api.wire import outline_json
from indexers.access import groups_text
from indexers.errors import CellNotFound, DocumentNotFound
from indexers.tables import cell_address, cell_span, header_rows, is_cell_address, sheet_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexers.document import Document
    from rag import Rag

_OUTLINE_HEADINGS = 40


def show(
    document: Annotated[
        str, typer.Argument(metavar="DOCUMENT", help="URI, unique file name, or id; DOCUMENT!Sheet1!B7 is a cell")
    ],
    *,
    index: IndexOption = None,
    version: Annotated[
        str | None, typer.Option(metavar="V", help="A version that the index keeps, or the beginning of its name")
    ] = None,
    text: Annotated[
        bool, typer.Option("--text", help="Write the canonical text, to which every offset refers, and nothing else")
    ] = False,
    groups: AsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the index holds of a document."""
    if text and as_json:
        raise typer.BadParameter("--text writes plain text; leave out --json", param_hint="--text")
    with open_rag(index, config) as rag:
        find = partial(rag.document, groups=groups)
        found, cell = _find(find, document, version)
        if text:
            _write_text(found.text if cell is None else found.text[slice(*cell)])
            return
        facts = document_json(rag, found) if cell is None else cell_json(found, cell)
    if as_json:
        say(json_line(facts))
    elif cell is not None:
        _show_cell(facts)
    else:
        _show(facts)


def _find(
    find: Callable[[str, str | None], Document], name: str, version: str | None
) -> tuple[Document, tuple[int, int] | None]:
    """The document of that name, or the one before an exclamation mark with the place of the cell behind it."""
    try:
        return find(name, version), None
    except DocumentNotFound as error:
        refusal: DocumentNotFound = error
    for place in (place for place, letter in enumerate(name) if letter == "!"):
        with contextlib.suppress(DocumentNotFound):
            found, address = find(name[:place], version), name[place + 1 :]
            cell = cell_span(found, address)
            if cell is not None:
                return found, cell
            if is_cell_address(address):
                refusal = CellNotFound(uri=found.uri, address=address, sheets=sheet_names(found))
    raise refusal


def cell_json(document: Document, cell: tuple[int, int]) -> dict[str, object]:
    """A cell: its text, the header of its table and the row in which it stands; offsets into the canonical text."""
    start, end = cell
    row_start = document.text.rfind("\n", 0, start) + 1
    row_end = document.text.find("\n", end)
    row = document.text[row_start : row_end if row_end >= 0 else len(document.text)]
    return {
        "uri": document.uri,
        "version": document.version,
        "cells": cell_address(document, start, end),
        "start": start,
        "end": end,
        "text": document.text[start:end],
        "row": row,
        "header": [document.text[slice(*span)] for span in header_rows(document, start)],
    }


def _show_cell(facts: dict[str, Any]) -> None:
    for name in ("uri", "cells", "text"):
        say(f"{name:<8}{visible(str(facts[name]))}")
    for header in facts["header"]:
        say(f"header  {one_line(header, limit_chars=200)}")
    say(f"row     {one_line(facts['row'], limit_chars=200)}")


def document_json(rag: Rag, document: Document) -> dict[str, object]:
    """What is known of one version of a document; ``chunks`` is 0 for a version that is no longer searched."""
    present = next((entry for entry in rag.documents() if entry.id == document.id), None)
    current = present is not None and present.version == document.version
    return {
        "id": document.id,
        "uri": document.uri,
        "title": document.title,
        "media_type": document.media_type,
        "version": document.version,
        "current": current,
        "pages": document.page_count,
        "chunks": present.chunks if present is not None and current else 0,
        "access": list(document.access or ()),
        **outline_json(document),
    }


def _write_text(text: str) -> None:
    if reader_is_a_person():
        say(visible(text))
    else:
        # bytes, since a text stream might translate line ends, and offsets would move
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass"))
        sys.stdout.buffer.flush()


def _show(facts: dict[str, Any]) -> None:
    facts = {**facts, "access": groups_text(tuple(facts["access"]))}
    for name in ("uri", "title", "media_type", "id", "version", "pages", "chunks", "access", "characters"):
        note = "" if name != "version" or facts["current"] else "  (an older version: kept, not searched)"
        say(f"{name.replace('_', ' '):<12}{visible(str(facts[name]))}{note}")
    metadata, headings = facts["metadata"], facts["headings"]
    for name, value in metadata.items():
        say(f"  {visible(name)}: {one_line(value, limit_chars=100)}")
    if headings:
        say("headings")
    for heading in headings[:_OUTLINE_HEADINGS]:
        page = f"  (page {heading['page']})" if heading["page"] is not None else ""
        say(f"{'  ' * max(heading['level'], 1)}{one_line(heading['text'], limit_chars=100)}{page}")
    if len(headings) > _OUTLINE_HEADINGS:
        say(f"  … and {len(headings) - _OUTLINE_HEADINGS} more; --json has them all")
