"""`rag show`: what the index holds of one document, or its canonical text to the byte."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.options import ConfigOption, IndexOption, JsonOption, open_rag
from api.terminal import json_line, one_line, reader_is_a_person, say, visible
from api.wire import outline_json

if TYPE_CHECKING:
    from indexers.document import Document
    from rag import Rag

_OUTLINE_HEADINGS = 40


def show(
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="URI, unique file name, or id")],
    *,
    index: IndexOption = None,
    version: Annotated[
        str | None, typer.Option(metavar="V", help="A version that the index keeps, or the beginning of its name")
    ] = None,
    text: Annotated[
        bool, typer.Option("--text", help="Write the canonical text, to which every offset refers, and nothing else")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the index holds of a document."""
    if text and as_json:
        raise typer.BadParameter("--text writes plain text; leave out --json", param_hint="--text")
    with open_rag(index, config) as rag:
        found = rag.document(document, version=version)
        if text:
            _write_text(found.text)
            return
        facts = document_json(rag, found)
    if as_json:
        say(json_line(facts))
    else:
        _show(facts)


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
    for name in ("uri", "title", "media_type", "id", "version", "pages", "chunks", "characters"):
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
