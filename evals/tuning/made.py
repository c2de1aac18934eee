"""Questions made from an index's own headings, definitions and table rows, without a model.

They ask in the documents' own words, so that word search finds what they ask for more easily than what people ask for.
A setting is therefore taken from them only where no kind of them loses by it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from evals.locate import Place, pages_of
from evals.making.asking import asked_by, unnumbered
from evals.tuning.judged import Judged, sample
from indexers.context import document_name
from indexers.sentences import block_units
from indexers.tables import header_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evals.system import Indexed
    from indexers.document import Block, Document

MOST_OF_A_DOCUMENT = 30
"""Questions of one kind: a long document must not drown the others."""

LEAST_SECTION_CHARS = 120
MOST_WORDS = 14

_WORD = re.compile(r"[^\W\d_]{2,}")


def made_questions(rag: Indexed, *, most: int) -> list[Judged]:
    """At most ``most`` questions, as many of each kind as there are; the same ones for the same documents."""
    questions: list[Judged] = []
    for entry in rag.documents():
        document = rag.document(entry.id)
        for kind in (_headings, _definitions, _rows):
            questions += sample(list(kind(document)), MOST_OF_A_DOCUMENT)
    texts = Counter(question.text for question in questions)
    return sample([question for question in questions if texts[question.text] == 1], most)


def _headings(document: Document) -> Iterator[Judged]:
    """A heading asks for its section, below the heading itself."""
    headings = [at for at, block in enumerate(document.blocks) if block.kind == "heading"]
    for place, at in enumerate(headings):
        heading = document.blocks[at]
        until = headings[place + 1] if place + 1 < len(headings) else len(document.blocks)
        section = document.blocks[at + 1 : until]
        text = unnumbered(document.text[heading.start : heading.end])
        if section and section[-1].end - section[0].start >= LEAST_SECTION_CHARS and _says(text, least=2):
            yield _judged(document, "heading", text, heading.end, section[-1].end)


def _definitions(document: Document) -> Iterator[Judged]:
    """What a term stands for asks for the sentence that defines it."""
    for block in document.blocks:
        if block.kind not in ("paragraph", "list"):
            continue
        for start, end in block_units(document.text, block.kind, block.start, block.end):
            asked = asked_by(document.text[start:end])
            if asked is not None and asked.kind == "definition":
                yield _judged(document, "definition", asked.question, start, end)


def _rows(document: Document) -> Iterator[Judged]:
    """A row's label with a column's label asks for the row."""
    for block in document.blocks:
        if block.kind == "table" and block.header_chars:
            yield from _rows_of(document, block)


def _rows_of(document: Document, block: Block) -> Iterator[Judged]:
    header = header_span(document, block.start + block.header_chars)
    named = [line for line in document.text[slice(*header)].splitlines() if _WORD.search(line)] if header else []
    columns = _cells(named[-1])[1:] if named else []
    for start, end in block_units(document.text, "table", block.start + block.header_chars, block.end):
        label = _cells(document.text[start:end])[0]
        column = next((name for name in reversed(columns) if name), "")
        if _says(label, least=2) and column:
            about = document.title or document_name(document)
            yield _judged(document, "table", f"{label}, {column}, {about}", start, end)


def _cells(line: str) -> list[str]:
    """The cells of a row, with the bars around it (Markdown's) or without."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _judged(document: Document, kind: str, text: str, start: int, end: int) -> Judged:
    place = Place(document.id, ((start, end),), pages_of(document, ((start, end),)), whole_page=False)
    question = " ".join(text.split()[: 2 * MOST_WORDS])
    return Judged(f"{document.uri}:{start}", question, document.id, kind, (place,))


def _says(text: str, *, least: int) -> bool:
    return least <= len(_WORD.findall(text)) <= MOST_WORDS
