"""A case with all of its evidence: what was wanted, what each run found, said and cited, and how it was judged."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from evals.html.causes import CAUSES, TURNED, Cause, cause_of
from evals.html.told import place
from evals.html.values import Card, Excerpt, Group, Said, SaidSentence, Tone
from evals.runs.markdown import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from evals.runs.shown_run import CaseRow, Found, Quote, Sentence, ShownRun, Wanted

MOST_QUOTES = 12
_TONES: dict[str, Tone] = {"supported": "good", "partial": "unsure", "unsupported": "bad", "contradicted": "bad"}
_SCORES = ("accuracy", "answer_correctness", "faithfulness", "citation_recall", "evidence_cited", "mrr")


def failed_groups(runs: Sequence[ShownRun], turned: Collection[str] = ()) -> list[Group]:
    """The cases to look at, by what went wrong in the last run that has them; a case is in one group.

    Args:
        runs: All of them.
        turned: Cases that came out differently in two runs: they are shown in any case.
    """
    newest = {case_id: run for run in runs for case_id in run.cases}
    groups: dict[Cause, list[Card]] = {cause: [] for cause in (*CAUSES, TURNED)}
    for case_id, run in newest.items():
        cause = cause_of(run.cases[case_id])
        if cause is None and case_id in turned:
            cause = TURNED
        if cause is not None:
            groups[cause].append(card(case_id, runs))
    return [Group(cause.anchor, cause.name, cause.advice, tuple(cards)) for cause, cards in groups.items() if cards]


def card(case_id: str, runs: Sequence[ShownRun]) -> Card:
    """A case as every run that has it met it."""
    having = [run for run in runs if case_id in run.cases]
    case = having[-1].cases[case_id]
    status, tone = status_of(case)
    wanted = max((run.cases[case_id].evidence for run in having), key=len)
    return Card(
        anchor=anchor_of(case_id),
        id=case_id,
        kind=case.kind,
        question=case.question,
        reference=case.reference if case.answerable else "(the documents do not answer this; abstaining is right)",
        status=status,
        tone=tone,
        wanted=tuple(_wanted(item, number) for number, item in enumerate(wanted, start=1)),
        said=tuple(_said(run, case_id) for run in having),
    )


def anchor_of(case_id: str) -> str:
    """An id of a page for a name that may hold anything."""
    return "case-" + hashlib.sha256(case_id.encode("utf-8", "surrogatepass")).hexdigest()[:10]


def status_of(case: CaseRow) -> tuple[str, Tone]:
    """How a case ended, in a word or two."""
    if case.error is not None:
        return "error", "bad"
    accuracy = case.value("accuracy")
    if case.abstained is None:
        if case.failed is None:
            return "judged", "plain"
        return ("evidence not found", "bad") if case.failed else ("evidence found", "good")
    if case.abstained:
        return ("abstained, rightly", "good") if not case.answerable else ("abstained, though answerable", "bad")
    if accuracy is None:
        return "answered, no reference", "plain"
    return ("right", "good") if accuracy else ("wrong", "bad")


def _said(run: ShownRun, name: str) -> Said:
    case = run.cases[name]
    status, tone = status_of(case)
    cause = cause_of(case)
    quotes = run.quotes(name)
    return Said(
        run=run.name,
        status=status,
        tone=tone,
        trouble=cause.name if cause else "",
        answer=case.error if case.error is not None else (case.answer or ""),
        sentences=tuple(_sentence(one) for one in run.sentences(name)),
        quotes=tuple(_quote(one) for one in quotes[:MOST_QUOTES]),
        found=tuple(_found(hit, case) for hit in case.hits),
        scores=tuple((name, shown(case.scores[name])) for name in _SCORES if name in case.scores),
    )


def _sentence(one: Sentence) -> SaidSentence:
    tone = _TONES.get(one.verdict, "plain")
    score = "" if one.score is None else f" {one.score:.2f}"
    return SaidSentence(one.text, f"{one.verdict}{score}", tone, "; ".join(one.reasons), one.citations)


def _quote(one: Quote) -> Excerpt:
    return Excerpt(f"[{one.number}]", place(one.uri, one.page, one.cells), one.quote)


def _wanted(item: Wanted, number: int) -> Excerpt:
    if item.reason is not None:
        return Excerpt(f"{number}.", item.document, item.text, f"not in the index: {item.reason}", "bad")
    where = place(item.uri or item.document, item.page)
    if item.rank is None:
        return Excerpt(f"{number}.", where, item.text, "not found by the search", "bad")
    return Excerpt(f"{number}.", where, item.text, f"found at rank {item.rank}", "good")


def _found(hit: Found, case: CaseRow) -> Excerpt:
    mark = ""
    if hit.evidence:
        mark = (
            "is the evidence"
            if len(case.evidence) == 1
            else "is evidence " + ", ".join(str(one + 1) for one in hit.evidence)
        )
    return Excerpt(f"{hit.rank}.", place(hit.uri, hit.page), hit.text, mark, "good" if hit.evidence else "plain")
