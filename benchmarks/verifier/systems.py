"""What the scorer is measured beside: scores that need no more than a few columns, trained in the same folds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.verifier.fit import fit, importance
from benchmarks.verifier.sets import FAMILIES
from benchmarks.verifier.train import trained
from indexers.sentences import sentence_spans
from rag.verify.features import NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.verifier.sets import Table
    from indexers.embed import Embedder

    Floats = NDArray[np.float64]

Probabilities = Callable[["Table"], "Floats"]

OVERLAP = ("plain_all",)
LEXICAL = ("recall_best", "recall_all", "ngrams_2", "run_share", "numbers_missing")
"""What a simple lexical regression would take."""

UNBOUND_LOOSENESS = 100.0


@dataclass(frozen=True, slots=True)
class System:
    """A way to score claims, and how it is trained on a table."""

    name: str
    train: Callable[[Table], Probabilities]


def scorer(table: Table) -> Probabilities:
    """The scorer, trained as what ships is."""
    fitted = trained(table)
    return lambda other: fitted.probabilities(other.rows)


def columns(names: Sequence[str]) -> Callable[[Table], Probabilities]:
    """A plain logistic regression over some features, any sign."""
    places = [NAMES.index(name) for name in names]

    def train(table: Table) -> Probabilities:
        weights = importance(table.sets.tolist(), table.labels, FAMILIES)
        fitted = fit(table.rows[:, places], table.labels, weights, [0] * len(places), looseness=UNBOUND_LOOSENESS)
        return lambda other: fitted.probabilities(other.rows[:, places])

    return train


def cosine(table: Table) -> Probabilities:
    """A logistic regression over the cosine of claim and best sentence."""
    weights = importance(table.sets.tolist(), table.labels, FAMILIES)
    fitted = fit(table.cosines[:, None], table.labels, weights, [0], looseness=UNBOUND_LOOSENESS)
    return lambda other: fitted.probabilities(other.cosines[:, None])


SYSTEMS = (
    System("token overlap", columns(OVERLAP)),
    System("MiniLM cosine", cosine),
    System("lexical logistic", columns(LEXICAL)),
    System("scorer", scorer),
)


def best_cosines(contexts: Sequence[tuple[str, ...]], claims: Sequence[str], embedder: Embedder) -> Floats:
    """Of each claim the cosine with the sentence of its context that is most like it; cut at 256 tokens."""
    sentences = {
        context: [text[start:end] for text in context for start, end in sentence_spans(text)] or [""]
        for context in contexts
    }
    said = embedder.embed_passages(list(claims), cut=True)
    held: dict[tuple[str, ...], Floats] = {}
    found = np.empty(len(claims))
    for at, context in enumerate(contexts):
        if context not in held:
            held = {context: embedder.embed_passages(sentences[context], cut=True).astype(np.float64)}
        found[at] = float((held[context] @ said[at]).max())
    return found
