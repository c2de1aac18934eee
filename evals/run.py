"""Ask an index every case and measure what comes back."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.errors import EvalError
from evals.locate import NotFound, Place, locate
from evals.outcome import Measurement
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
    from rag.verify.verifier import Verifier

Progress = Callable[[int, int], None]
"""Called with (cases done, cases in all) after each case."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was asked. ``fingerprint`` changes when a document, its reading, or the embedder does."""

    fingerprint: str
    documents: int
    chunks: int
    pages: int
    embedder: str


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case, its answer (None in a retrieval-only run, or where an error came instead), and its scores."""

    case: Case
    answer: Answer | None
    error: str | None
    scores: Outcomes
    seconds: float

    @property
    def failed(self) -> bool:
        """Whether a reader should look at it: a wrong answer, a wrong abstention, an error, or evidence not found."""
        if self.answer is None and self.error is None:
            return self.scores["mrr"] == 0.0
        return self.scores["accuracy"] == 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """A run over a set of cases. Everything but the seconds is the same when the same run is done again."""

    corpus: Corpus
    ks: tuple[int, ...]
    limit: int
    retrieval_only: bool
    results: tuple[CaseResult, ...]
    measures: Mapping[str, Measurement]
    by_kind: Mapping[str, Mapping[str, Measurement]]
    evidence_not_found: tuple[NotFound, ...]


def run_cases(
    rag: System,
    cases: Sequence[Case],
    *,
    ks: Sequence[int] = (1, 5, 10, 20),
    limit: int = 50,
    retrieval_only: bool = False,
    verifier: Verifier | None = None,
    progress: Progress | None = None,
) -> Report:
    """Search, and unless ``retrieval_only`` ask, the question of every case, in order.

    Args:
        rag: What is evaluated: an open `rag.Rag`.
        cases: At least one.
        ks: Cut-offs of the retrieval measures, each from 1 to ``limit``.
        limit: Hits searched for a question; beyond it a hit counts as not found.
        retrieval_only: Only search; no answers and none of their measures.
        verifier: Judges faithfulness and citations; the lexical one if None.
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
    results: list[CaseResult] = []
    for case in cases:
        results.append(_run_case(rag, case, places[case.id], ks, limit, None if retrieval_only else judge))
        if progress is not None:
            progress(len(results), len(cases))
    names = gated_names(ks, retrieval_only=retrieval_only) + (() if retrieval_only else AMOUNTS)
    return Report(
        corpus=corpus_of(rag),
        ks=ks,
        limit=limit,
        retrieval_only=retrieval_only,
        results=tuple(results),
        measures=_measure(results, names),
        by_kind=_by_kind(results, names),
        evidence_not_found=missing,
    )


def corpus_of(rag: System) -> Corpus:
    """The index as it stands."""
    status = rag.status()
    parts = [[entry.uri, entry.version] for entry in rag.documents()]
    text = json.dumps([sorted(parts), status.embedder, status.max_tokens])
    return Corpus(
        fingerprint=hashlib.sha256(text.encode()).hexdigest()[:16],
        documents=status.documents,
        chunks=status.chunks,
        pages=status.pages,
        embedder=status.embedder,
    )


def _run_case(
    rag: System, case: Case, places: Sequence[Place], ks: Sequence[int], limit: int, judge: Verifier | None
) -> CaseResult:
    started = time.perf_counter()
    # evidence named by a case that the documents do not answer is what should not have convinced
    wanted = places if case.answerable else ()
    scores = retrieval_scores(rag.search(case.question, limit=limit), wanted, ks)
    answer, error = (None, None) if judge is None else _ask(rag, case.question)
    if judge is not None:
        scores |= answer_scores(case, answer, wanted, judge) if answer is not None else failed_scores(case)
    return CaseResult(case, answer, error, scores, time.perf_counter() - started)


def _ask(rag: System, question: str) -> tuple[Answer | None, str | None]:
    try:
        return rag.ask(question), None
    except Cancelled:
        raise
    except GenerationError as error:  # one lost answer is a failed case, not the loss of the other answers
        return None, f"{type(error).__name__}: {error}"


def _measure(results: Sequence[CaseResult], names: Sequence[str]) -> dict[str, Measurement]:
    said = [Said(result.case.answerable, result.answer is not None and result.answer.abstained) for result in results]
    return measure([result.scores for result in results], said, names)


def _by_kind(results: Sequence[CaseResult], names: Sequence[str]) -> dict[str, dict[str, Measurement]]:
    kinds = sorted({result.case.kind for result in results})
    return {kind: _measure([result for result in results if result.case.kind == kind], names) for kind in kinds}
