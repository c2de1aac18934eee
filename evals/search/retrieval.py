"""How well each retriever finds the relevant documents of a collection, and how long it takes."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from evals.measures.latency import percentile
from evals.measures.ranking import graded_scores
from evals.outcome import PLACES
from evals.search.collection_index import record_id
from evals.search.unfolded import unfolded
from rag.asking import MOST_QUESTION_CHARS
from rag.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evals.measures.ranking import Grades
    from evals.search.collection import Collection
    from indexers.store import DocumentEntry
    from retrievers.hit import Hit
    from retrievers.settings import Mode

RECALL_AT = (1, 5, 10, 20, 100)
MOST_HITS = 1000


class Searcher(Protocol):
    """What can be measured: `rag.Rag` is one."""

    def search(self, question: str, *, limit: int = 10, mode: Mode | None = None) -> list[Hit]:
        """At most ``limit`` hits, best first."""

    def documents(self) -> Sequence[DocumentEntry]:
        """What is indexed."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """One retriever on one collection; ``scores`` has each measure of every judged question, in their order.

    ``milliseconds`` is of every search, in the same order.
    """

    retriever: str
    collection: str
    documents: int
    limit: int
    scores: Mapping[str, tuple[float, ...]]
    milliseconds: tuple[float, ...]

    @property
    def means(self) -> dict[str, float]:
        """Each measure's mean over the judged questions, those without a hit among them."""
        return {name: round(statistics.fmean(values), PLACES) for name, values in self.scores.items()}


def measure_retriever(
    rag: Searcher,
    collection: Collection,
    *,
    name: str,
    mode: Mode | None,
    limit: int = 100,
    progress: Callable[[int, int], None] | None = None,
) -> Retrieval:
    """Search every judged question, and measure the documents in the order of their best chunks.

    Args:
        rag: Holds the collection, and nothing else.
        collection: What was indexed.
        name: What the retriever is called in the figures.
        mode: Which of the retrievers searches.
        limit: Documents that are ranked for a question; beyond it a document counts as not found.
        progress: Called with the questions done and the questions in all.
    """
    names = {entry.id: record_id(entry.uri) for entry in rag.documents()}
    slack = max(1.0, sum(entry.chunks for entry in rag.documents()) / max(len(names), 1))
    asked = list(collection.grades)
    if asked:
        _ranking(rag, collection.questions[asked[0]], mode, names, limit, slack)  # what the first search loads
    scores: dict[str, list[float]] = {}
    milliseconds = []
    for question in asked:
        began = time.perf_counter()
        ranking = _ranking(rag, collection.questions[question], mode, names, limit, slack)
        milliseconds.append((time.perf_counter() - began) * 1000)
        for measure, value in ranking_scores(ranking, collection.grades[question]).items():
            scores.setdefault(measure, []).append(value)
        if progress is not None:
            progress(len(milliseconds), len(asked))
    kept = {measure: tuple(values) for measure, values in scores.items()}
    return Retrieval(name, collection.name, len(names), limit, kept, tuple(milliseconds))


def ranking_scores(ranking: Sequence[str], grades: Grades) -> dict[str, float]:
    """Every measure of one ranking, in report order."""
    return graded_scores(ranking, grades, ("ndcg@10", *(f"recall@{k}" for k in RECALL_AT), "mrr@10", "map"))


def retrieval_json(result: Retrieval) -> dict[str, object]:
    """The figures by name, six decimal places; the milliseconds of a search three."""
    taken = result.milliseconds
    return {
        "retriever": result.retriever,
        "collection": result.collection,
        "documents": result.documents,
        "queries": len(taken),
        "limit": result.limit,
        **result.means,
        "median_ms": round(statistics.median(taken), 3),
        "p95_ms": round(float(percentile(taken, 95)), 3),
        "mean_ms": round(statistics.fmean(taken), 3),
    }


def _ranking(
    rag: Searcher, question: str, mode: Mode | None, names: Mapping[str, str], limit: int, slack: float
) -> list[str]:
    """The first ``limit`` documents by their best chunks.

    Several chunks of one document may be found, so that as many more are asked for as documents have chunks on average,
    and more again where that was not enough.
    """
    fetch = min(MOST_HITS, round(limit * slack + 0.5))
    while True:
        try:
            hits = rag.search(question[:MOST_QUESTION_CHARS], limit=fetch, mode=mode)
        except QuestionError:  # a question without a word finds nothing, and counts
            return []
        ranking = list(dict.fromkeys(names[chunk.document_id] for chunk in unfolded(hits)))
        if len(ranking) >= limit or len(hits) < fetch or fetch >= MOST_HITS:
            return ranking[:limit]
        fetch = min(MOST_HITS, fetch * 2)
