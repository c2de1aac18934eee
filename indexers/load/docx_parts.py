"""Beside the body of a Word document: notes, comments, and what stands at the top and bottom of its pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from indexers.load.build import TextBuilder, one_line
from indexers.load.elements import Element, attribute, local

if TYPE_CHECKING:
    from docx.document import Document

_MAX_FURNITURE = 20
_MAX_FURNITURE_CHARS = 300
_LEAST_LETTERS = 4
_RULE = re.compile(r"_{3,}|-{3,}")  # a line across the page, drawn with letters

Text = Callable[[Element], str]


def related(document: Document, kind: str) -> Iterator[Element]:
    """The roots of the parts to which the document points with this kind of relation."""
    from docx.opc.oxml import parse_xml
    from docx.opc.part import XmlPart

    relations = [relation for relation in document.part.rels.values() if not relation.is_external]
    for part in dict.fromkeys(relation.target_part for relation in relations if relation.reltype.endswith(f"/{kind}")):
        root: Element = part.element if isinstance(part, XmlPart) else parse_xml(part.blob)
        yield root


def add_parts(builder: TextBuilder, document: Document, text: Text) -> None:
    """Add footnotes and endnotes under their marks, then comments, headers and footers, each once."""
    builder.clear_headings()
    for kind, mark in (("footnotes", ""), ("endnotes", "e")):
        for notes in related(document, kind):
            for note in notes:
                written = _flat(note, text)
                if written and not attribute(note, "type"):  # the typed ones are separator lines
                    builder.add("paragraph", f"[{mark}{attribute(note, 'id')}] {written}")
    for comments in related(document, "comments"):
        for comment in comments:
            if written := _flat(comment, text):
                author = one_line(attribute(comment, "author"))
                builder.add("paragraph", f"Comment ({author}): {written}" if author else f"Comment: {written}")
    for kind in ("header", "footer"):
        lines = (_flat(part, text)[:_MAX_FURNITURE_CHARS] for part in related(document, kind))
        for line in _distinct(lines):
            builder.add("paragraph", f"{kind.capitalize()}: {line}")


def _flat(element: Element, text: Text) -> str:
    """All paragraphs inside, also those in tables, on one line."""
    return one_line(" ".join(_paragraphs(element, text)))


def _paragraphs(element: Element, text: Text) -> Iterator[str]:
    for inner in element:
        if local(inner) == "p":
            yield text(inner)
        elif local(inner) in ("tbl", "tr", "tc", "sdt", "sdtContent"):
            yield from _paragraphs(inner, text)


def _distinct(lines: Iterator[str]) -> Iterator[str]:
    """Lines that say more than a page's number, each once but for its numbers."""
    seen: set[str] = set()
    for line in lines:
        shape = re.sub(r"[\d\W_]+", " ", line).strip()
        if shape not in seen and sum(map(str.isalpha, shape)) >= _LEAST_LETTERS and len(seen) < _MAX_FURNITURE:
            seen.add(shape)
            yield one_line(_RULE.sub(" ", line))
