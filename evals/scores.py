"""Every measure by name: what one case scores, and what the scores of many cases come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.measures import abstention
from evals.measures.average_precision import average_precision
from evals.measures.citation import citation_scores
from evals.measures.context import context_precision, context_recall, evidence_in_window
from evals.measures.correctness import correctness, is_correct
from evals.measures.evidence_cited import citations_on_evidence, evidence_cited
from evals.measures.exact_match import exact_match
from evals.measures.faithfulness import faithfulness
from evals.measures.found import evidence_ranks, page_ranks
from evals.measures.key_points import key_points
from evals.measures.mrr import reciprocal_rank
from evals.measures.ndcg import ndcg
from evals.measures.numeric_match import numeric_match
from evals.measures.recall import hit_rate, recall
from evals.measures.token_f1 import token_f1
from evals.outcome import NOT_MEASURABLE, Gap, Measurement, Outcome, mean
from evals.text.claims import ClaimJudge, claims_of

if TYPE_CHECKING:
    from evals.case import Case
    from evals.locate import Place
    from evals.text.claims import CitedClaim
    from rag.answer import Answer
    from rag.verify.verifier import Verifier
    from retrievers.hit import Hit

Outcomes = Mapping[str, Outcome]
"""Of one case: what each measure says."""

JUDGED = ("faithfulness", "citation_precision", "citation_recall")
SUMMED_UP = ("answer_correctness", "accuracy", "key_point_recall", "key_point_precision", "key_point_f1")
REFERENCE = (*SUMMED_UP, "numeric_match", "exact_match", "token_f1")
COMPOSITES = ("answer_correctness", "accuracy", "key_point_f1", "abstention_f1")
"""Those that claim to say in one figure how good answers are; trivial systems are held beside them."""

CONTEXT = ("evidence_in_window", "context_precision", "context_recall")
ABSTENTION = ("abstention_precision", "abstention_recall", "abstention_f1")
AMOUNTS = ("window_tokens", "prompt_tokens", "completion_tokens", "cost_usd")
"""Neither good when high nor between 0 and 1: reported, never gated."""

NOT_AN_ANSWER_AS = {name: 0.0 for name in REFERENCE if name != "accuracy"}
"""What an abstention from an answerable question counts in a mean; elsewhere abstentions are left out of it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of one case's answer when means are taken."""

    answerable: bool
    abstained: bool


def retrieval_names(ks: Sequence[int]) -> tuple[str, ...]:
    """The names of the retrieval measures, in report order."""
    at_k = ("recall", "page_recall", "hit_rate", "ndcg")
    return (*(f"{name}@{k}" for name in at_k for k in ks), "mrr", "map")


def gated_names(ks: Sequence[int], *, retrieval_only: bool = False) -> tuple[str, ...]:
    """The measures from 0 to 1, in report order: those that a threshold may name."""
    if retrieval_only:
        return retrieval_names(ks)
    answers = (*REFERENCE, *ABSTENTION, *JUDGED, "evidence_cited", "citations_on_evidence", *CONTEXT)
    return answers + retrieval_names(ks)


def retrieval_scores(hits: Sequence[Hit], places: Sequence[Place], ks: Sequence[int]) -> dict[str, Outcome]:
    """What a search scores; nothing is measurable without located evidence."""
    ranks, pages = evidence_ranks(hits, places), page_ranks(hits, places)
    scores: dict[str, Outcome] = {}
    for k in ks:
        scores[f"recall@{k}"] = recall(ranks, k=k)
        scores[f"page_recall@{k}"] = recall(pages, k=k)
        scores[f"hit_rate@{k}"] = hit_rate(ranks, k=k)
        scores[f"ndcg@{k}"] = ndcg(ranks, k=k)
    scores["mrr"] = reciprocal_rank(ranks)
    scores["map"] = average_precision(ranks)
    return scores


def answer_scores(case: Case, answer: Answer, places: Sequence[Place], verifier: Verifier) -> dict[str, Outcome]:
    """What an answer scores, and what it took."""
    claims, abstained = claims_of(answer), answer.abstained
    judged = judged_scores(claims, verifier, abstained=abstained)
    return (
        reference_scores(case, answer.text, abstained=abstained)
        | judged
        | {
            "evidence_cited": evidence_cited(answer.citations, places, abstained=abstained),
            "citations_on_evidence": citations_on_evidence(answer.citations, places, abstained=abstained),
            "evidence_in_window": evidence_in_window(answer.window, places),
            "context_precision": context_precision(answer.window, places),
            "context_recall": _context_recall(case, answer),
            "window_tokens": float(answer.window.tokens_used),
            "prompt_tokens": float(answer.usage.prompt_tokens),
            "completion_tokens": float(answer.usage.completion_tokens),
            "cost_usd": NOT_MEASURABLE if answer.cost_usd is None else answer.cost_usd,
        }
    )


def judged_scores(claims: Sequence[CitedClaim], verifier: Verifier, *, abstained: bool) -> dict[str, Outcome]:
    """What a verifier says of an answer's sentences and their citations."""
    judge = ClaimJudge(verifier)
    cited = citation_scores(claims, judge, abstained=abstained)
    return {
        "faithfulness": faithfulness(claims, judge, abstained=abstained),
        "citation_precision": cited.precision,
        "citation_recall": cited.recall,
    }


def _context_recall(case: Case, answer: Answer) -> Outcome:
    return context_recall(answer.window, case.question, case.reference) if case.answerable else NOT_MEASURABLE


def reference_scores(case: Case, text: str, *, abstained: bool) -> dict[str, Outcome]:
    """What the text of an answer scores against the reference, or against the right to abstain.

    ``accuracy`` is the composite over all cases: a correct answer to an answerable question, an abstention from an
    unanswerable one.
    """
    if not case.answerable:
        return dict.fromkeys(REFERENCE, NOT_MEASURABLE) | {"accuracy": float(abstained)}
    question, reference = case.question, case.reference
    return composite_scores(case, text, abstained=abstained) | {
        "numeric_match": numeric_match(question, reference, text, abstained=abstained),
        "exact_match": exact_match(text, reference, abstained=abstained),
        "token_f1": token_f1(text, reference, abstained=abstained),
    }


def composite_scores(case: Case, text: str, *, abstained: bool) -> dict[str, Outcome]:
    """The part of `reference_scores` that sums an answer up, with the two sides of key-point F1."""
    if not case.answerable:
        return dict.fromkeys(SUMMED_UP, NOT_MEASURABLE) | {"accuracy": float(abstained)}
    question, reference = case.question, case.reference
    correct = correctness(question, reference, text, abstained=abstained)
    right, points = is_correct(correct), key_points(question, reference, text, abstained=abstained)
    return {
        "answer_correctness": correct,
        "accuracy": NOT_MEASURABLE if right is None else float(right),
        "key_point_recall": points.recall,
        "key_point_precision": points.precision,
        "key_point_f1": points.f1,
    }


def failed_scores(case: Case) -> dict[str, Outcome]:
    """What a question scores that brought an error in the place of an answer: it was not answered, so not rightly.

    Each measure counts 0 that an empty answer would have a value of.
    """
    scores = reference_scores(case, "", abstained=False)
    lost: Outcome = 0.0 if case.answerable and case.reference.strip() else NOT_MEASURABLE
    return {name: 0.0 if isinstance(value, float) else value for name, value in scores.items()} | {
        "answer_correctness": lost,
        "accuracy": 0.0,
    }


def measure(outcomes: Sequence[Outcomes], said: Sequence[Said], names: Sequence[str]) -> dict[str, Measurement]:
    """The mean of each named measure, in the order of the names; abstention measures are taken over all cases.

    Args:
        outcomes: One per case; a measure that a case does not have is not measurable there.
        said: One per case, in the same order.
        names: The measures wanted.
    """
    detection = _abstention(said)
    return {
        name: detection[name]
        if name in detection
        else mean([scores.get(name, NOT_MEASURABLE) for scores in outcomes], abstained_as=NOT_AN_ANSWER_AS.get(name))
        for name in names
    }


def _abstention(said: Sequence[Said]) -> dict[str, Measurement]:
    pairs = [(case.answerable, case.abstained) for case in said]
    values = (
        abstention.abstention_precision(pairs),
        abstention.abstention_recall(pairs),
        abstention.abstention_f1(pairs),
    )
    return {name: _over_all(value, len(pairs)) for name, value in zip(ABSTENTION, values, strict=True)}


def _over_all(value: Outcome, cases: int) -> Measurement:
    """A value taken over all cases at once: each of them is measured, or none is."""
    return Measurement(value, 0, 0, cases) if isinstance(value, Gap) else Measurement(value, cases, 0, 0)
