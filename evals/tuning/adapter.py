"""A query adapter learned from questions and their evidence, and what it is worth where it was not learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evals.search.pages import begins_on
from evals.tuning.judged import FOLDS, folds
from indexers.context import embedded_text
from retrievers.adapter import learn_adapter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evals.tuning.judged import Judged
    from indexers.chunk import Chunk
    from indexers.embed import Embedder, Matrix, Vector
    from indexers.store import Snapshot
    from retrievers.adapter import QueryAdapter

STRENGTH = 30.0
"""How firmly the identity holds, in questions: of 3 to 300 best, or within 0.003 of it, on seven collections."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The vector of each question, and of its evidence: the mean of each piece's chunk that is nearest to it."""

    questions: Matrix
    passages: Matrix


def pairs_of(snapshot: Snapshot, embedder: Embedder, questions: Sequence[Judged]) -> Pairs:
    """Embed the questions and the chunks that hold their evidence; a question without such a chunk stays as it is."""
    asked = [embedder.embed_query(question.text) for question in questions]
    found = [_evidence(snapshot, embedder, one, vector) for one, vector in zip(questions, asked, strict=True)]
    return Pairs(np.stack(asked), np.stack(found))


def cross_validated(
    questions: Sequence[Judged],
    pairs: Pairs,
    embedder: Embedder,
    scores: Callable[[QueryAdapter, Sequence[Judged]], Sequence[float]],
) -> list[float]:
    """What each question scores with an adapter that was learned from other documents' questions alone.

    Args:
        questions: Beside ``pairs``.
        pairs: As `pairs_of` gives them.
        embedder: Whose vectors they are.
        scores: Of some questions with an adapter.
    """
    places = folds([question.group for question in questions])
    after = [0.0] * len(questions)
    for fold in range(FOLDS):
        held_out = [at for at, place in enumerate(places) if place == fold]
        unseen = frozenset().union(*(questions[at].documents for at in held_out))
        learned = [at for at in range(len(questions)) if places[at] != fold and not questions[at].documents & unseen]
        found = scores(learned_from(pairs, embedder, learned), [questions[at] for at in held_out])
        for at, score in zip(held_out, found, strict=True):
            after[at] = score
    return after


def learned_from(pairs: Pairs, embedder: Embedder, chosen: Sequence[int] | None = None) -> QueryAdapter:
    """The adapter of all pairs, or of the ones at these places."""
    at = list(range(len(pairs.questions))) if chosen is None else list(chosen)
    return learn_adapter(pairs.questions[at], pairs.passages[at], strength=STRENGTH, identity=embedder.identity)


def _evidence(snapshot: Snapshot, embedder: Embedder, question: Judged, asked: Vector) -> Vector:
    total = np.zeros_like(asked)
    if question.grades is not None:
        for document_id in sorted(question.documents):
            total += _nearest(snapshot, embedder, _chunks(snapshot, document_id), asked)
    for place in question.places:
        chunks = [chunk for chunk in _chunks(snapshot, place.document_id) if begins_on(chunk, place)]
        total += _nearest(snapshot, embedder, chunks, asked)
    length = float(np.linalg.norm(total))
    return (total / length).astype(np.float32) if length > 0 else asked


def _chunks(snapshot: Snapshot, document_id: str) -> list[Chunk]:
    return snapshot.chunks_of(snapshot.entry(document_id))


def _nearest(snapshot: Snapshot, embedder: Embedder, chunks: Sequence[Chunk], asked: Vector) -> Vector:
    if not chunks:
        return np.zeros_like(asked)
    document = snapshot.document(chunks[0].document_id, version=chunks[0].version)
    matrix = embedder.embed_passages([embedded_text(document, chunk, embedder) for chunk in chunks], cut=True)
    nearest: Vector = matrix[int(np.argmax(matrix @ asked))]
    return nearest
