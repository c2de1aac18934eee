"""Agreement with people on which of two answers is better: Pearson of score differences with the raters' mean label."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evals.intervals import drawn_weights, interval
from evals.jsonl import Line, read_lines
from evals.measures.correctness import correctness
from evals.measures.key_points import key_points
from evals.measures.token_f1 import token_f1
from evals.outcome import Gap, Outcome
from evals.text.squad import squad_tokens
from indexers.minilm import MiniLM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from evals.measures.key_points import KeyPoints
    from indexers.embed import QueryTokens

BASELINE = "token F1"


class ModelLine(Line):
    """One of the two answers; what else the line says of it is not read."""

    response: str


class PairLine(Line):
    """One rater's view of a pair of answers."""

    instance_id: str
    query: str
    gt_answer: str
    model1: ModelLine
    model2: ModelLine
    overall_label: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one question; ``labels`` has each rater's, above 0 where the second answer is better."""

    question: str
    reference: str
    first: str
    second: str
    labels: tuple[int, ...]


Measure = Callable[[str, str, str], float]
"""Of question, reference and answer."""


def load_pairs(path: Path) -> list[Pair]:
    """The pairs of a file, each with the labels of all its raters."""
    lines: dict[str, list[PairLine]] = {}
    for _, line in read_lines(path, PairLine):
        lines.setdefault(line.instance_id, []).append(line)
    return [
        Pair(one.query, one.gt_answer, one.model1.response, one.model2.response, tuple(x.overall_label for x in rated))
        for rated in lines.values()
        for one in rated[:1]
    ]


def print_preferences(pairs: Sequence[Pair]) -> None:
    """Print how each measure agrees with the raters, and how the raters agree with each other."""
    labels = np.array([sum(pair.labels) / len(pair.labels) for pair in pairs])
    scores = {name: _differences(pairs, of) for name, of in _measures(pairs).items()}
    print(f"## Which answer is better: {len(pairs)} pairs\n")
    if all(len(pair.labels) == 2 for pair in pairs):
        first, second = (np.array([pair.labels[at] for pair in pairs], dtype=np.float64) for at in (0, 1))
        print(f"The two raters agree with each other at {_pearson(first, second):.3f} (Pearson).\n")
    print(f"| measure | Pearson with the mean label | 95% | with single labels | over {BASELINE} | 95% |")
    print("|---|---|---|---|---|---|")
    resampled = _resampled(scores, labels)
    for name, differences in scores.items():
        low, high = interval(resampled[name]) or (math.nan, math.nan)
        gain_low, gain_high = interval(resampled[name] - resampled[BASELINE]) or (math.nan, math.nan)
        value, single = _pearson(differences, labels), _single(differences, pairs)
        gain = value - _pearson(scores[BASELINE], labels)
        print(
            f"| {name} | {value:.3f} | {low:.2f} to {high:.2f} | {single:.3f} "
            f"| {gain:+.3f} | {gain_low:+.2f} to {gain_high:+.2f} |"
        )
    print()


def _measures(pairs: Sequence[Pair]) -> dict[str, Measure]:
    embedder = MiniLM()
    texts = dict.fromkeys(text for pair in pairs for text in (pair.reference, pair.first, pair.second))
    vectors = dict(zip(texts, embedder.embed_passages(list(texts), cut=True), strict=True))
    pieces = {text: embedder.query_tokens(text) for text in texts}
    return {
        "key-point F1": lambda q, r, a: _value(key_points(q, r, a, abstained=False).f1),
        "key-point recall": lambda q, r, a: _value(key_points(q, r, a, abstained=False).recall),
        "key-point precision": lambda q, r, a: _value(key_points(q, r, a, abstained=False).precision),
        "key-point F1, the question's words counted": lambda _, r, a: _value(key_points("", r, a, abstained=False).f1),
        "key-point F2": lambda q, r, a: _f2(key_points(q, r, a, abstained=False)),
        "answer correctness": lambda q, r, a: _value(correctness(q, r, a, abstained=False)),
        BASELINE: lambda _, r, a: _value(token_f1(a, r, abstained=False)),
        "ROUGE-L": lambda _, r, a: _rouge_l(squad_tokens(r), squad_tokens(a)),
        "cosine of MiniLM vectors": lambda _, r, a: float(vectors[r] @ vectors[a]) if a.strip() else 0.0,
        "aligned pieces of MiniLM, F1": lambda _, r, a: _aligned(pieces[r], pieces[a]) if a.strip() else 0.0,
        "number of words": lambda _, __, a: float(len(squad_tokens(a))),
    }


def _value(outcome: Outcome) -> float:
    """What has no value counts 0, so that every measure is held against every pair."""
    return 0.0 if isinstance(outcome, Gap) else outcome


def _f2(points: KeyPoints) -> float:
    recall, precision = _value(points.recall), _value(points.precision)
    return 5 * recall * precision / (4 * precision + recall) if recall and precision else 0.0


def _rouge_l(wanted: Sequence[str], said: Sequence[str]) -> float:
    """F1 of the longest common subsequence. Source: Lin, ROUGE, ACL workshop 2004, W04-1013."""
    row = [0] * (len(said) + 1)
    for mine in wanted:
        before = row
        row = [0]
        for at, theirs in enumerate(said):
            row.append(before[at] + 1 if mine == theirs else max(before[at + 1], row[at]))
    return 2 * row[-1] / (len(wanted) + len(said)) if wanted and said else 0.0


def _aligned(wanted: QueryTokens, said: QueryTokens) -> float:
    """F1 of each piece's best cosine. Source: Zhang et al., BERTScore, ICLR 2020, arXiv:1904.09675, without idf."""
    if not len(wanted.vectors) or not len(said.vectors):
        return 0.0
    cosines = wanted.vectors @ said.vectors.T
    recall, precision = float(cosines.max(axis=1).mean()), float(cosines.max(axis=0).mean())
    return 2 * recall * precision / (recall + precision) if recall + precision > 0 else 0.0


def _differences(pairs: Sequence[Pair], measure: Measure) -> NDArray[np.float64]:
    return np.array(
        [
            measure(pair.question, pair.reference, pair.second) - measure(pair.question, pair.reference, pair.first)
            for pair in pairs
        ]
    )


def _pearson(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(_weighted(one, other, np.ones((1, len(one))))[0])


def _single(differences: NDArray[np.float64], pairs: Sequence[Pair]) -> float:
    """Against each rater's label for itself, as published tables do."""
    times = [len(pair.labels) for pair in pairs]
    return _pearson(np.repeat(differences, times), np.array([float(label) for pair in pairs for label in pair.labels]))


def _resampled(
    scores: Mapping[str, NDArray[np.float64]], labels: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Pearson of every measure in the same resamples of the pairs."""
    drawn = list(drawn_weights(len(labels)))
    return {
        name: np.concatenate([_weighted(one, labels, weights) for weights in drawn]) for name, one in scores.items()
    }


def _weighted(
    one: NDArray[np.float64], other: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Pearson of each row of weights; NaN where either side does not vary."""
    total = weights.sum(axis=1, keepdims=True)
    mine, theirs = (values - weights @ values[:, None] / total for values in (one, other))
    covariance = (weights * mine * theirs).sum(axis=1)
    spread = np.sqrt((weights * mine**2).sum(axis=1) * (weights * theirs**2).sum(axis=1))
    correlations: NDArray[np.float64] = np.full_like(covariance, np.nan)
    np.divide(covariance, spread, out=correlations, where=spread > 0)
    return correlations
