"""The JSON of answers and hits that other programs rely on: one shape for the command line, REST and evals."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from indexers.errors import DocumentNotFound
from indexers.tables import header_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.answer import Answer, AnswerSentence, Citation
    from rag.engine import Rag
    from rag.verify.verdict import Verdict
    from retrievers.hit import Hit


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer as JSON-ready values; ``sentences[].citations`` are numbers of the top-level list."""
    return {
        "question": answer.question,
        "text": answer.text,
        "abstained": answer.abstained,
        "sentences": [sentence_json(sentence) for sentence in answer.sentences],
        "citations": [citation_json(citation) for citation in answer.citations],
        "model": answer.model,
        "usage": asdict(answer.usage),
        "cost_usd": answer.cost_usd,
        "window": {
            "tokens_used": answer.window.tokens_used,
            "token_budget": answer.window.token_budget,
            "estimated": answer.window.estimated,
            "covered": {**asdict(answer.window.covered), "gap": answer.window.covered.gap},
            "left_out": [asdict(left_out) for left_out in answer.window.left_out],
        },
        "timings_ms": dict(answer.timings_ms),
        "warnings": list(answer.warnings),
        "chance_answerable": answer.chance_answerable,
    }


def hit_json(hit: Hit, rag: Rag, *, explain: bool = False) -> dict[str, Any]:
    """A hit with the text it stands for, read from the index of ``rag``; with ``explain`` what its score is made of."""
    chunk = hit.chunk
    document = rag.document(chunk.document_id, chunk.version)
    told = {
        "rank": hit.rank,
        "score": hit.score,
        "retriever": hit.retriever,
        "chunk_id": chunk.id,
        "document_id": chunk.document_id,
        "uri": document.uri,
        "page": chunk.page,
        "start": chunk.start,
        "end": chunk.end,
        "header": [document.text[slice(*row)] for row in header_rows(document, chunk.start)],
        "text": document.text[chunk.start : chunk.end],
        "also": _also_json(hit, rag),
    }
    return {**told, "parts": [asdict(part) for part in hit.parts]} if explain else told


def _also_json(hit: Hit, rag: Rag) -> list[dict[str, Any]]:
    """The repeats of a hit, less those whose document has been removed since they were found."""
    shown = []
    for repeat in hit.also:
        with contextlib.suppress(DocumentNotFound):
            chunk = repeat.chunk
            uri = rag.document(chunk.document_id, chunk.version).uri
            place = {"uri": uri, "page": chunk.page, "start": chunk.start, "end": chunk.end}
            shown.append({"how": repeat.how, "document_id": chunk.document_id, **place})
    return shown


def hits_json(hits: Sequence[Hit], rag: Rag, *, explain: bool = False) -> list[dict[str, Any]]:
    """The hits in the order given, less those whose document has been removed since they were found."""
    shown = []
    for hit in hits:
        with contextlib.suppress(DocumentNotFound):
            shown.append(hit_json(hit, rag, explain=explain))
    return shown


def citation_json(citation: Citation) -> dict[str, Any]:
    """A citation as it stands in an answer's list."""
    return asdict(citation)


def sentence_json(sentence: AnswerSentence) -> dict[str, Any]:
    """A sentence as it stands in an answer's list."""
    return {
        "text": sentence.text,
        "start": sentence.start,
        "end": sentence.end,
        **verdict_json(sentence.verdict),
        "citations": list(sentence.citations),
        "support": [{"citation": place.number, "start": place.start, "end": place.end} for place in sentence.support],
    }


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """What a verdict says; where the support stands is told by whoever knows the sources' names."""
    return {
        "verdict": verdict.label,
        "score": verdict.score,
        "reasons": [reason.text for reason in verdict.reasons],
        "failed_checks": list(verdict.failed_checks),
        "claim": verdict.claim,
    }
