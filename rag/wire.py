"""The JSON of answers and hits that other programs rely on: one shape for the command line, REST and evals."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.answer import Answer, AnswerSentence
    from rag.engine import Rag
    from retrievers.hit import Hit


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer as JSON-ready values; ``sentences[].citations`` are numbers of the top-level list."""
    return {
        "question": answer.question,
        "text": answer.text,
        "abstained": answer.abstained,
        "sentences": [_sentence_json(sentence) for sentence in answer.sentences],
        "citations": [asdict(citation) for citation in answer.citations],
        "model": answer.model,
        "usage": asdict(answer.usage),
        "cost_usd": answer.cost_usd,
        "window": {
            "tokens_used": answer.window.tokens_used,
            "token_budget": answer.window.token_budget,
            "estimated": answer.window.estimated,
            "left_out": [asdict(left_out) for left_out in answer.window.left_out],
        },
        "timings_ms": dict(answer.timings_ms),
        "warnings": list(answer.warnings),
    }


def hit_json(hit: Hit, rag: Rag) -> dict[str, Any]:
    """A hit with the text it stands for, read from the index of ``rag``."""
    chunk = hit.chunk
    document = rag.document(chunk.document_id, chunk.version)
    return {
        "rank": hit.rank,
        "score": hit.score,
        "retriever": hit.retriever,
        "chunk_id": chunk.id,
        "document_id": chunk.document_id,
        "uri": document.uri,
        "page": chunk.page,
        "start": chunk.start,
        "end": chunk.end,
        "text": document.text[chunk.start : chunk.end],
    }


def _sentence_json(sentence: AnswerSentence) -> dict[str, Any]:
    return {
        "text": sentence.text,
        "start": sentence.start,
        "end": sentence.end,
        "verdict": sentence.verdict.label,
        "score": sentence.verdict.score,
        "reasons": list(sentence.verdict.reasons),
        "citations": list(sentence.citations),
    }
