"""What a sentence of a source means only together with: the document's title, the headings, a table's header row."""

from __future__ import annotations

import re

from retrievers.window import Sentence, Source

_RULER = re.compile(r"^[\s|:\-+=]+$")
_NUMBERED = re.compile(r"^\W*(?:\d+(?:\.\d+)*[.)]?|[a-z]\)|\u00a7+)\s+", re.IGNORECASE)
_FIGURE = re.compile(r"^[^\w]*\d[\d.,%\s]*[^\w]*$")
_YEAR = re.compile(r"^(?:19|20)\d\d$")


def sentence_contexts(source: Source) -> list[str]:
    """For each sentence of ``source`` in order: title and headings on a line, then the header rows above a row."""
    outer = " > ".join(dict.fromkeys((source.title, *source.headings)))
    return ["\n".join((outer, *(row.text.strip() for row in above))) for above in _rows_above(source)]


def header_rows(source: Source, row: Sentence) -> list[Sentence]:
    """The rows that name the columns of ``row``, in order.

    Those that the document says are the header; where it says nothing the first row of the table in ``source``, unless
    that holds figures: a passage may begin in the middle of a table, and then its first row is no header.
    """
    place = next((place for place, sentence in enumerate(source.sentences) if sentence.label == row.label), None)
    above = [] if place is None else _rows_above(source)[place]
    if above and not above[0].header:
        cells = [cell.strip() for cell in above[0].text.strip().strip("|").split("|")]
        if any(_FIGURE.match(cell) and not _YEAR.match(cell) for cell in cells):
            return []
    return above


def _rows_above(source: Source) -> list[list[Sentence]]:
    """For each sentence the header rows above it, or the first row of its table where none is said to be one."""
    labelled = {sentence.label: sentence for sentence in source.sentences}
    found: list[list[Sentence]] = []
    first: Sentence | None = None
    for sentence in source.sentences:
        row = is_row(sentence.text) and not sentence.header
        if sentence.columns:
            found.append([labelled[label] for label in sentence.columns])
        else:
            found.append([first] if row and first else [])
        first = (first or sentence) if row else None
    return found


def says_something(text: str) -> bool:
    """Whether ``text`` can be evidence: not a heading, a question, the ruler of a table, or a scrap."""
    if text.endswith(("?", ":")) or text.startswith("#") or is_ruler(text) or not re.search(r"[^\W_]", text):
        return False
    if is_row(text):
        return True
    said = _NUMBERED.sub("", text)
    length = len(said.split())
    return length >= 4 or (length >= 2 and (text.endswith((".", "!")) or bool(re.search(r"\d", said))))


def is_row(text: str) -> bool:
    """Whether ``text`` is a row of a table: cells between bars or tabs."""
    return " | " in text or text.lstrip().startswith("|") or "\t" in text.strip()


def is_ruler(text: str) -> bool:
    """Whether ``text`` is the line under a table's header, or any other line without a word."""
    return bool(_RULER.match(text))
