"""Ask an index every case and measure what comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.errors import EvalError
from evals.locate import NotFound, Place, locate
from evals.measures.abstention_cost import Decided
from evals.outcome import Gap, Measurement
from evals.runs.brought import Brought, Texts, brought
from evals.runs.fingerprints import (
    Fingerprints,
    cases_fingerprint,
    digest,
    documents_fingerprint,
    program,
    verifier_fingerprint,
)
from evals.runs.trivial import trivial_measures
from evals.scores import (
    AMOUNTS,
    Outcomes,
    Said,
    answer_scores,
    failed_scores,
    gated_names,
    measure,
    retrieval_scores,
)
from rag.errors import Cancelled, GenerationError
from rag.verify.verifier import HermeticVerifier

if TYPE_CHECKING:
    from evals.case import Case
    from evals.system import System
    from rag.answer import Answer
    from rag.verify.verifier import DescribedVerifier, Verifier

Progress = Callable[[int, int], None]
"""Called with (cases done, cases in all) after each case."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was asked.

    ``fingerprint`` changes when a document or its reading does; ``chunk_tokens`` is the most that a chunk has.
    """

    fingerprint: str
    documents: int
    chunks: int
    pages: int
    embedder: str
    chunk_tokens: int


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case, its answer (None in a retrieval-only run, or where an error came instead), and its scores."""

    case: Case
    answer: Answer | None
    error: str | None
    scores: Outcomes
    brought: Brought
    seconds: float

    @property
    def said(self) -> Said:
        """Whether it should have been abstained from, and whether it was."""
        return Said(self.case.answerable, self.answer is not None and self.answer.abstained)

    @property
    def decided(self) -> Decided:
        """What became of it, for the cost of answering and abstaining."""
        accuracy = self.scores["accuracy"]
        right = None if isinstance(accuracy, Gap) else accuracy == 1.0
        return Decided(self.case.answerable, self.said.abstained, right)

    @property
    def failed(self) -> bool:
        """Whether a reader should look at it: a wrong answer, a wrong abstention, an error, or evidence not found."""
        if self.answer is None and self.error is None:
            return self.scores["mrr"] == 0.0
        return self.scores["accuracy"] == 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """A run over a set of cases. Everything but the seconds is the same when the same run is done again.

    ``asked_with`` are the settings that the caller said it was asked with; ``trivial`` has what systems that know
    nothing get on the composite measures, none in a retrieval-only run.
    """

    fingerprints: Fingerprints
    corpus: Corpus
    asked_with: Mapping[str, object]
    ks: tuple[int, ...]
    limit: int
    retrieval_only: bool
    results: tuple[CaseResult, ...]
    measures: Mapping[str, Measurement]
    by_kind: Mapping[str, Mapping[str, Measurement]]
    trivial: Mapping[str, Mapping[str, Measurement]]
    evidence_not_found: tuple[NotFound, ...]

    @property
    def decided(self) -> list[Decided]:
        """What became of every case that was asked."""
        return [result.decided for result in self.results if not self.retrieval_only]


def run_cases(
    rag: System,
    cases: Sequence[Case],
    *,
    ks: Sequence[int] = (1, 5, 10, 20),
    limit: int = 50,
    retrieval_only: bool = False,
    verifier: DescribedVerifier | None = None,
    asked_with: Mapping[str, object] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Search, and unless ``retrieval_only`` ask, the question of every case, in order.

    Args:
        rag: What is evaluated: an open `rag.Rag`.
        cases: At least one.
        ks: Cut-offs of the retrieval measures, each from 1 to ``limit``.
        limit: Hits searched for a question; beyond it a hit counts as not found.
        retrieval_only: Only search; no answers and none of their measures.
        verifier: Judges faithfulness and citations; the hermetic one if None.
        asked_with: The settings of ``rag`` by name, as JSON values, which the report keeps and compares by.
        progress: Called after each case.

    Raises:
        EvalError: No case, or a cut-off outside 1 to ``limit``.
        RagError: The index cannot be read, or a question is not one. A generator's error is a failed case instead.
    """
    if not cases:
        raise EvalError("there is no case to run")
    if not ks or min(ks) < 1 or max(ks) > limit:
        raise EvalError(f"cut-offs must lie between 1 and the {limit} hits searched for, not {list(ks)}")
    ks = tuple(sorted(set(ks)))
    places, missing = locate(rag, cases)
    judge = verifier or HermeticVerifier()
    lacking: dict[str, dict[int, str]] = {}
    for item in missing:
        lacking.setdefault(item.case_id, {})[item.item] = item.reason
    asking = _Asking(rag, ks, limit, None if retrieval_only else judge, Texts(rag))
    results: list[CaseResult] = []
    for case in cases:
        results.append(_run_case(asking, case, places[case.id], lacking.get(case.id, {})))
        if progress is not None:
            progress(len(results), len(cases))
    names = gated_names(ks, retrieval_only=retrieval_only) + (() if retrieval_only else AMOUNTS)
    corpus = corpus_of(rag)
    settings = dict(asked_with or {})
    return Report(
        fingerprints=Fingerprints(
            documents=corpus.fingerprint,
            cases=cases_fingerprint(cases),
            settings=digest([settings, corpus.embedder, corpus.chunk_tokens, ks, limit, retrieval_only]),
            verifier="" if retrieval_only else verifier_fingerprint(judge.identity),
            program=program(),
        ),
        corpus=corpus,
        asked_with=settings,
        ks=ks,
        limit=limit,
        retrieval_only=retrieval_only,
        results=tuple(results),
        measures=_measure(results, names),
        by_kind=_by_kind(results, names),
        trivial={} if retrieval_only else _trivial(results),
        evidence_not_found=missing,
    )


def corpus_of(rag: System) -> Corpus:
    """The index as it stands."""
    status = rag.status()
    return Corpus(
        fingerprint=documents_fingerprint(rag.documents()),
        documents=status.documents,
        chunks=status.chunks,
        pages=status.pages,
        embedder=status.embedder,
        chunk_tokens=status.max_tokens,
    )


@dataclass(frozen=True, slots=True)
class _Asking:
    """How every case is asked; ``judge`` is None where none is answered."""

    rag: System
    ks: tuple[int, ...]
    limit: int
    judge: Verifier | None
    texts: Texts


def _run_case(asking: _Asking, case: Case, places: Sequence[Place], missing: Mapping[int, str]) -> CaseResult:
    started = time.perf_counter()
    # evidence named by a case that the documents do not answer is what should not have convinced
    wanted = places if case.answerable else ()
    hits = asking.rag.search(case.question, limit=asking.limit)
    scores = retrieval_scores(hits, wanted, asking.ks)
    judge = asking.judge
    answer, error = (None, None) if judge is None else _ask(asking.rag, case.question)
    seconds = time.perf_counter() - started
    if judge is not None:
        scores |= answer_scores(case, answer, wanted, judge) if answer is not None else failed_scores(case)
    return CaseResult(case, answer, error, scores, brought(case, hits, places, missing, asking.texts), seconds)


def _ask(rag: System, question: str) -> tuple[Answer | None, str | None]:
    try:
        return rag.ask(question), None
    except Cancelled:
        raise
    except GenerationError as error:  # one lost answer is a failed case, not the loss of the other answers
        return None, f"{type(error).__name__}: {error}"


def _measure(results: Sequence[CaseResult], names: Sequence[str]) -> dict[str, Measurement]:
    return measure([result.scores for result in results], [result.said for result in results], names)


def _trivial(results: Sequence[CaseResult]) -> dict[str, dict[str, Measurement]]:
    windows = [None if result.answer is None else result.answer.window for result in results]
    return trivial_measures([result.case for result in results], windows)


def _by_kind(results: Sequence[CaseResult], names: Sequence[str]) -> dict[str, dict[str, Measurement]]:
    kinds = sorted({result.case.kind for result in results})
    return {kind: _measure([result for result in results if result.case.kind == kind], names) for kind in kinds}
