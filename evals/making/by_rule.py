"""Cases made from documents by rule: each with its answer in the document's words, the quote, and its page."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.case import Case, Evidence
from evals.making.asking import asked_by, plain, unnumbered
from evals.runs.fingerprints import digest
from indexers.context import document_name
from indexers.sentences import block_units, sentence_spans
from indexers.tables import header_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexers.document import Block, Document

MOST_CELL_CHARS = 80
MOST_LABEL_WORDS = 10
MOST_HEADING_WORDS = 14
LEAST_SENTENCE_WORDS = 6
LEAST_ASKING_WORDS = 4
MOST_REFERENCE_CHARS = 400

_WORD = re.compile(r"[^\W\d_]{2,}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_EMPTY = re.compile(r"[\W_]*|n/?a\.?|tbd|tba|none|\W*\(?\d?\)?", re.IGNORECASE)
_QUESTION_MARK = re.compile(r"^(?:Q|Question)\s*\d*\s*[:.]\s*", re.IGNORECASE)
_ANSWER_MARK = re.compile(r"^(?:A|Answer)\s*[:.]\s*")
_POINTER = re.compile(r"\b(?:this|these|that|those|here|below|above|it|they|them)\b", re.IGNORECASE)
"""In a heading that asks, what only its page explains."""

_ELSEWHERE = re.compile(
    r"(?:please )?(?:see|read|refer|click|learn|check|visit|follow|watch|go to|here (?:is|are)|below|the following|"
    r"this (?:page|document|section)|for more|you can (?:read|find|see|learn)|more (?:info|details))\b",
    re.IGNORECASE,
)
"""A beginning that sends the reader on, and answers nothing."""

_GENERIC = frozenset(
    """
    overview introduction summary background purpose scope links resources references contents notes faq faqs more
    further reading related how to use this page next steps see also table of about us the
    """.split()  # noqa: SIM905  a list of thirty quoted words is harder to read
)


@dataclass(frozen=True, slots=True)
class Made:
    """A case as made. ``about`` is the words of its question that another question of its kind may exchange."""

    case: Case
    about: str


def made_of(document: Document) -> list[Made]:
    """Every question that the document answers by the patterns, each once."""
    made = [*_sentences(document), *_tables(document), *_headings(document)]
    times = Counter(one.case.question for one in made)
    return [one for one in made if times[one.case.question] == 1]


def _sentences(document: Document) -> Iterator[Made]:
    lower = frozenset(word for word in re.findall(r"[^\W\d_]+", document.text) if word.islower())
    for block in document.blocks:
        if block.kind not in ("paragraph", "list"):
            continue
        for start, end in block_units(document.text, block.kind, block.start, block.end):
            asked = asked_by(document.text[start:end].strip(" -*\u2022\n"), lower=lower)
            if asked is not None:
                yield _made(document, asked.question, asked.reference, asked.kind, block, (start, end), asked.about)


def _headings(document: Document) -> Iterator[Made]:
    """A heading that asks is answered by what follows it; another asks for what its section says."""
    for at, block in enumerate(document.blocks[:-1]):
        below = document.blocks[at + 1]
        if block.kind != "heading" or below.kind != "paragraph":
            continue
        heading = _QUESTION_MARK.sub("", unnumbered(plain(document.text[block.start : block.end])))
        span = _opening(document.text, below)
        words = _WORD.findall(heading)
        if span is None or not 2 <= len(words) <= MOST_HEADING_WORDS or "<" in heading:
            continue
        reference = _ANSWER_MARK.sub("", plain(document.text[slice(*span)]))
        if _ELSEWHERE.match(reference):
            continue
        if heading.endswith("?"):
            if len(words) < LEAST_ASKING_WORDS or _POINTER.search(heading):
                continue
            yield _made(document, heading, reference, "heading question", below, span, heading)
        elif not all(word.lower() in _GENERIC for word in words) and heading.casefold() != _title(document).casefold():
            question = f'What does "{_title(document)}" say about "{heading}"?'
            yield _made(document, question, reference, "section", below, span, heading)


def _opening(text: str, block: Block) -> tuple[int, int] | None:
    """The first sentences of a paragraph, where they are whole sentences."""
    spans = sentence_spans(text, block.start, block.end)[:2]
    chosen = [span for span in spans if len(text[slice(*span)].split()) >= LEAST_SENTENCE_WORDS]
    if not chosen or chosen[0] != spans[0]:
        return None
    start, end = chosen[0][0], chosen[-1][1]
    if end - start > MOST_REFERENCE_CHARS:
        end = chosen[0][1]
    said = text[start:end].strip()
    is_whole = said[:1].isupper() and said[-1:] in ".!" and "<" not in said and "|" not in said
    return (start, end) if is_whole and end - start <= MOST_REFERENCE_CHARS else None


def _tables(document: Document) -> Iterator[Made]:
    for block in document.blocks:
        if block.kind == "table" and block.header_chars:
            yield from _rows(document, block)


def _rows(document: Document, block: Block) -> Iterator[Made]:
    """A cell under a column's label: only of rows that have a cell for each column, and only one a row."""
    header = header_span(document, block.start + block.header_chars)
    named = (
        [line for line in document.text[slice(*header)].splitlines() if _WORD.search(line) or _YEAR.search(line)]
        if header
        else []
    )
    columns = [plain(cell) for cell in _cells(named[-1])] if named else []
    rows = list(block_units(document.text, "table", block.start + block.header_chars, block.end))
    labels = Counter(plain(_cells(document.text[start:end])[0]) for start, end in rows)
    where = _place(document, block)
    for start, end in rows:
        cells = [plain(cell) for cell in _cells(document.text[start:end])]
        label = cells[0]
        if len(cells) != len(columns) or labels[label] != 1 or not _is_label(label):
            continue
        at = _column(columns, cells, digest([document.uri, start]))
        if at is not None:
            question = _cell_question(where, label, columns[at])
            yield _made(document, question, cells[at], "table", block, (start, end), label)


def _place(document: Document, block: Block) -> str:
    """The heading over the table; with the document's title where it says little by itself."""
    heading = next((unnumbered(plain(one)) for one in reversed(block.headings) if _WORD.search(one)), "")
    title = _title(document)
    return heading if len(heading.split()) > 1 else ", ".join(dict.fromkeys(filter(None, (title, heading))))


def _column(columns: list[str], cells: list[str], drawn: str) -> int | None:
    """One of the columns with a label and a filled cell, drawn by hash."""
    fit = [
        at
        for at in range(1, len(columns))
        if (_is_label(columns[at]) or _YEAR.fullmatch(columns[at]))
        and columns.count(columns[at]) == 1
        and not _EMPTY.fullmatch(cells[at])
        and len(cells[at]) <= MOST_CELL_CHARS
        and "<" not in cells[at]
        and cells[at].casefold() != cells[0].casefold()
    ]
    return fit[int(drawn, 16) % len(fit)] if fit else None


def _is_label(text: str) -> bool:
    words = text.split()
    return (
        bool(_WORD.search(text))
        and len(words) <= MOST_LABEL_WORDS
        and "<" not in text
        and not text.endswith((".", "?"))
    )


def _cell_question(where: str, label: str, column: str) -> str:
    if _YEAR.fullmatch(column):
        return f'In "{where}", what is the figure for {label} in {column}?'
    return f'In "{where}", what does the column "{column}" say for {label}?'


def _cells(line: str) -> list[str]:
    """With the bars around it (Markdown's), or without; a row may begin with a blank cell."""
    row = line.strip()
    inside = row[1:-1] if len(row) > 1 and row[0] == row[-1] == "|" else row
    return [cell.strip() for cell in inside.split("|")]


def _title(document: Document) -> str:
    return (plain(document.title) or document_name(document) or document.uri).replace('"', "'")


def _made(
    document: Document, question: str, reference: str, kind: str, block: Block, span: tuple[int, int], about: str
) -> Made:
    quote = document.text[slice(*span)].strip()
    page = None if block.page is None else block.page - 1
    name = digest([document.uri, question])[:10]
    case = Case(
        f"{kind.replace(' ', '-')}-{name}",
        question,
        reference,
        kind=kind,
        evidence=(Evidence(document.uri, page, quote),),
    )
    return Made(case, about)
