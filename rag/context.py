"""What a sentence of a source means only together with: the document's title, the headings, a table's header row."""

from __future__ import annotations

import re

from retrievers.window import Sentence, Source

_RULER = re.compile(r"^[\s|:\-+=]+$")
_NUMBERED = re.compile(r"^\W*(?:\d+(?:\.\d+)*[.)]?|[a-z]\)|\u00a7+)\s+", re.IGNORECASE)
_FIGURE = re.compile(r"^[^\w]*\d[\d.,%\s]*[^\w]*$")
_YEAR = re.compile(r"^(?:19|20)\d\d$")


def sentence_contexts(source: Source) -> list[str]:
    """For each sentence of ``source``, in order: title and headings on a line, and the header row above a table row."""
    outer = " > ".join(dict.fromkeys((source.title, *source.headings)))
    contexts: list[str] = []
    header = ""
    for sentence in source.sentences:
        row = is_row(sentence.text)
        contexts.append(f"{outer}\n{header}" if row and header else outer)
        header = (header or sentence.text.strip()) if row else ""
    return contexts


def header_row(source: Source, row: Sentence) -> Sentence | None:
    """The row that names the columns of ``row``: the first of its table in ``source``; None where that holds figures.

    A passage may begin in the middle of a table, and then its first row is no header.
    """
    first: Sentence | None = None
    for sentence in source.sentences:
        if not is_row(sentence.text):
            first = None
            continue
        first = first or sentence
        if sentence.label == row.label:
            break
    if first is None or first.label == row.label:
        return None
    cells = [cell.strip() for cell in first.text.strip().strip("|").split("|")]
    return None if any(_FIGURE.match(cell) and not _YEAR.match(cell) for cell in cells) else first


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
