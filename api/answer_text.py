"""An answer as a person reads it: marks in the text, and below it where each mark points and how sure the check is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from api.terminal import one_line, visible
from indexers.document import Document
from rag.answer import Answer, AnswerSentence, Citation

_QUOTE_CHARS = 160
_HEADING_CHARS = 60
_REASON_CHARS = 120

DocumentReader = Callable[[str, str], Document]
"""A document by id and version."""


def marked_text(answer: Answer) -> str:
    """The answer's text with ``[1]`` after each sentence that cites, and a word where support is not full."""
    written, position = "", 0
    for sentence in answer.sentences:
        written += visible(answer.text[position : sentence.end]) + marks(sentence)
        position = sentence.end
    return written + visible(answer.text[position:])


def marks(sentence: AnswerSentence) -> str:
    """What follows a sentence: the numbers it cites, and its verdict where that is not "supported".

    A check that failed is told by its first reason; a greeting or a heading has no verdict that a reader needs.
    """
    cited = "".join(f" [{number}]" for number in sentence.citations)
    verdict = sentence.verdict
    if verdict.label == "supported" or not verdict.claim:
        return cited
    failed = next((reason.text for reason in verdict.reasons if reason.finding != "notes"), "")
    told = f": {one_line(failed, limit_chars=_REASON_CHARS)}" if failed else ""
    return f"{cited} ({verdict.label} {verdict.score:.2f}{told})"


def citation_lines(answer: Answer, read: DocumentReader) -> list[str]:
    """One line a citation: number, document, heading, page or lines, quote, and the verdict of what cites it."""
    return [_citation_line(citation, answer, read) for citation in answer.citations]


def _citation_line(citation: Citation, answer: Answer, read: DocumentReader) -> str:
    document = read(citation.document_id, citation.version)
    heading = _heading(document, citation.start)
    place = [visible(citation.uri), *([f'"{heading}"'] if heading else []), _place(document, citation)]
    quote = one_line(citation.quote, limit_chars=_QUOTE_CHARS)
    return f'[{citation.number}] {", ".join(place)}: "{quote}"{_verdict(citation, answer)}'


def _heading(document: Document, offset: int) -> str:
    position = bisect_right(document.blocks, offset, key=lambda block: block.start)
    headings = document.blocks[position - 1].headings if position else ()
    return one_line(headings[-1], limit_chars=_HEADING_CHARS) if headings else ""


def _place(document: Document, citation: Citation) -> str:
    if citation.cells:
        return visible(citation.cells)
    if citation.page is not None:
        return f"page {citation.page}"
    first = document.text.count("\n", 0, citation.start) + 1
    last = first + citation.quote.count("\n")
    return f"line {first}" if first == last else f"lines {first}-{last}"


def _verdict(citation: Citation, answer: Answer) -> str:
    """The weakest verdict among the sentences that cite it; nothing for evidence that no sentence cites."""
    verdicts = [sentence.verdict for sentence in answer.sentences if citation.number in sentence.citations]
    if not verdicts:
        return ""
    weakest = min(verdicts, key=lambda verdict: verdict.score)
    return f"   {weakest.label} {weakest.score:.2f}"
