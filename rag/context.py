"""What a sentence of a source means only together with: the document's title, the headings, a table's header row."""

from __future__ import annotations

import re

from retrievers.window import Source

_RULER = re.compile(r"^[\s|:\-+=]+$")


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


def is_row(text: str) -> bool:
    """Whether ``text`` is a row of a table: cells between bars or tabs."""
    return " | " in text or text.lstrip().startswith("|") or "\t" in text.strip()


def is_ruler(text: str) -> bool:
    """Whether ``text`` is the line under a table's header, or any other line without a word."""
    return bool(_RULER.match(text))
