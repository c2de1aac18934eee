"""Why a case went wrong, by the first step that lost it: the search, the decision to answer, or the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evals.runs.shown_run import CaseRow

SEEN = 10
"""Evidence at a later rank than this counts as not found: little of it reaches a window."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A way to go wrong; ``anchor`` in the page."""

    anchor: str
    name: str
    advice: str


ERROR = Cause("cause-error", "An error came in the place of an answer", "The message stands in the case.")
ANSWERED = Cause(
    "cause-answered",
    "Answered, though the documents do not",
    "The abstention threshold lets too much through for these questions; look at the sentences that convinced it.",
)
NO_EVIDENCE = Cause(
    "cause-no-evidence",
    "The evidence is not in the index",
    "No system could have found it: index the document, or mend the evidence of the case.",
)
NOT_FOUND = Cause(
    "cause-not-found",
    f"The search did not bring the evidence among {SEEN}",
    "`rag why QUESTION --document NAME` says at which step it was lost; `rag tune` learns better weights.",
)
HELD_BACK = Cause(
    "cause-held-back",
    "Abstained, though the evidence was found",
    "The abstention threshold holds too much back, or the evidence asks for more thought than this generator has.",
)
ABSTAINED = Cause(
    "cause-abstained", "Abstained from a question that has an answer", "See what was found, and at which rank."
)
NOT_USED = Cause(
    "cause-not-used",
    "The evidence was found, the answer cites other places",
    "See what was cited in its stead: often a neighbour that repeats the words of the question.",
)
WRONG = Cause(
    "cause-wrong",
    "The evidence is cited, the answer is not what the reference says",
    "The answer leaves out what was asked, or the reference can be worded in another way.",
)
OTHER = Cause("cause-other", "Wrong by the reference", "The run does not say what was found; see the answer.")
UNFAITHFUL = Cause(
    "cause-unfaithful",
    "Right by the reference, but with sentences that their sources do not bear out",
    "Read the reasons of each verdict: here the verifier errs, or the answer was right by luck.",
)

TURNED = Cause(
    "cause-turned",
    "Right now, and otherwise before",
    "Nothing is wrong with these in the last run; they stand here since they came out differently.",
)

CAUSES = (ERROR, NO_EVIDENCE, NOT_FOUND, NOT_USED, WRONG, HELD_BACK, ABSTAINED, OTHER, ANSWERED, UNFAITHFUL)
"""In the order of the steps."""


def cause_of(case: CaseRow) -> Cause | None:
    """Why a case is to be looked at, or None where nothing is wrong with it."""
    if case.error is not None:
        return ERROR
    if case.failed or (case.failed is None and case.value("accuracy") == 0.0):
        return _of_failure(case)
    faithful = case.value("faithfulness")
    return UNFAITHFUL if faithful is not None and faithful < 1.0 else None


def _of_failure(case: CaseRow) -> Cause:
    if not case.answerable:
        return ANSWERED
    located = [item for item in case.evidence if item.reason is None]
    if case.evidence and not located:
        return NO_EVIDENCE
    if located and not any(item.rank is not None and item.rank <= SEEN for item in located):
        return NOT_FOUND
    if case.abstained:
        return HELD_BACK if located else ABSTAINED
    cited = case.value("evidence_cited")
    if cited is None:
        return OTHER
    return NOT_USED if cited == 0.0 else WRONG
