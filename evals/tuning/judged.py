"""Questions with what answers them in one index: of cases, of a collection, or made from the documents themselves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.errors import EvalError
from evals.measures.ndcg import ndcg
from evals.measures.ranking import graded_ndcg
from evals.outcome import Gap
from evals.search.collection_index import record_uri
from evals.search.pages import begins_on, locate_questions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from evals.case import Case
    from evals.locate import Place
    from evals.search.collection import Collection
    from evals.search.pages import Pager
    from evals.system import Indexed
    from indexers.chunk import Chunk

DEPTH = 10
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with its evidence: ``places``, or ``grades`` of whole documents by id.

    ``kind`` is the way in which it was made, "" where a person asked. ``group`` is what it shares with questions that
    are no independent witnesses: the document of its first evidence.
    """

    id: str
    text: str
    group: str
    kind: str = ""
    places: tuple[Place, ...] = ()
    grades: Mapping[str, int] | None = None

    @property
    def documents(self) -> frozenset[str]:
        """The ids of all documents that hold evidence."""
        if self.grades is not None:
            return frozenset(name for name, grade in self.grades.items() if grade > 0)
        return frozenset(place.document_id for place in self.places)

    def score(self, chunks: Sequence[Chunk]) -> float:
        """nDCG@10 of what was found, best first: of documents by their best chunk, or of evidence places."""
        if self.grades is not None:
            return graded_ndcg(list(dict.fromkeys(chunk.document_id for chunk in chunks)), self.grades, k=DEPTH)
        ranked = list(enumerate(chunks, start=1))
        ranks = tuple(next((rank for rank, chunk in ranked if begins_on(chunk, place)), None) for place in self.places)
        value = ndcg(ranks, k=DEPTH)
        return 0.0 if isinstance(value, Gap) else value


def judged_cases(rag: Pager, cases: Iterable[Case]) -> list[Judged]:
    """The answerable cases whose evidence is in the index.

    Raises:
        EvalError: There is none.
    """
    questions, _ = locate_questions(rag, cases)
    judged = [
        Judged(one.case.id, one.case.question, one.places[0].document_id, places=one.places)
        for one in questions
        if one.places
    ]
    if not judged:
        raise EvalError("the evidence of none of the cases is in the index")
    return judged


def judged_collection(rag: Indexed, collection: Collection) -> list[Judged]:
    """The judged questions of a collection that the index holds.

    Raises:
        EvalError: The index does not hold it.
    """
    known = {entry.uri: entry.id for entry in rag.documents()}
    judged = []
    for question, grades in collection.grades.items():
        named = {known[uri]: grade for name, grade in grades.items() if (uri := record_uri(name)) in known}
        first = next((name for name, grade in named.items() if grade > 0), None)
        if first is not None:
            judged.append(Judged(question, collection.questions[question], first, grades=named))
    if not judged:
        raise EvalError(f"the index holds no judged document of {collection.name}; see `rag eval retrieval --index`")
    return judged


def sample(questions: Sequence[Judged], most: int) -> list[Judged]:
    """At most so many questions, the same ones every time, in their order; as many of each kind as of others."""
    by_kind: dict[str, list[Judged]] = {}
    for question in sorted(questions, key=lambda one: _digest(one.id + one.text)):
        by_kind.setdefault(question.kind, []).append(question)
    chosen: set[int] = set()
    for turn in range(max(map(len, by_kind.values()), default=0)):
        for kind in sorted(by_kind):
            if turn < len(by_kind[kind]) and len(chosen) < most:
                chosen.add(id(by_kind[kind][turn]))
    return [question for question in questions if id(question) in chosen]


def folds(groups: Sequence[str]) -> list[int]:
    """The fold of each question, 0 to 4: a group is in one fold alone, and folds are about alike in size."""
    sizes: dict[str, int] = {}
    for group in groups:
        sizes[group] = sizes.get(group, 0) + 1
    held = [0] * FOLDS
    place: dict[str, int] = {}
    for group in sorted(sizes, key=lambda name: (-sizes[name], _digest(name))):
        place[group] = held.index(min(held))
        held[place[group]] += sizes[group]
    return [place[group] for group in groups]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
