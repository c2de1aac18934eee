"""Claims turned round: negated or no longer so, a quantifier changed, or a word said as its opposite."""

from __future__ import annotations

import re

from evals.edits.edit import Given, Rules
from evals.edits.swaps import both_ways, swap

_VERBS = "is|are|was|were|has|have|had|will|would|can|could|should|must"
_AUXILIARY = re.compile(rf"\b(?:{_VERBS}|may|does|do|did)\b(?! (?:not|no|never|only|also|been)\b|n't)")
_NEGATIVE = re.compile(r"\b(?:not|no|never|none|nor|neither|without|cannot|nothing|nobody)\b|n't\b", re.IGNORECASE)
_NOT = re.compile(rf"(?P<kept>\b(?:{_VERBS}|may|does|do|did)) not\b(?! only| just)", re.IGNORECASE)
_CONTRACTED = {"can": "can't", "will": "won't"}
_NEVER_AFTER = re.compile(rf"\b(?:{_VERBS})\b(?! (?:not|no|never|only|also)\b|n't)")


def auxiliary_not(given: Given) -> str | None:
    """The first auxiliary is followed by "not"."""
    match = _AUXILIARY.search(given.claim)
    if match is None or _NEGATIVE.search(given.claim):
        return None
    return f"{given.claim[: match.end()]} not{given.claim[match.end() :]}"


def it_is_false(given: Given) -> str | None:
    """The whole is said to be false."""
    return None if _NEGATIVE.search(given.claim) else f"It is false that {_begun_small(given)}"


def contracted(given: Given) -> str | None:
    """The first auxiliary is negated in its short form."""
    match = _AUXILIARY.search(given.claim)
    if match is None or match.group() == "may" or _NEGATIVE.search(given.claim):
        return None
    return (
        given.claim[: match.start()]
        + _CONTRACTED.get(match.group(), f"{match.group()}n't")
        + given.claim[match.end() :]
    )


def never(given: Given) -> str | None:
    """The first auxiliary is followed by "never"."""
    match = _NEVER_AFTER.search(given.claim)
    if match is None or _NEGATIVE.search(given.claim):
        return None
    return f"{given.claim[: match.end()]} never{given.claim[match.end() :]}"


def no_longer(given: Given) -> str | None:
    """The first auxiliary is followed by "no longer"."""
    match = re.search(r"\b(?:is|are|can|will|has|have)\b(?! (?:not|no|never|only|also)\b|n't)", given.claim)
    if match is None or _NEGATIVE.search(given.claim):
        return None
    return f"{given.claim[: match.end()]} no longer{given.claim[match.end() :]}"


def not_true(given: Given) -> str | None:
    """The whole is said not to be true."""
    return None if _NEGATIVE.search(given.claim) else f"It is not true that {_begun_small(given)}"


def not_taken_away(given: Given) -> str | None:
    """A "not" after an auxiliary is taken away."""
    match = _NOT.search(given.claim)
    return given.claim[: match.end("kept")] + given.claim[match.end() :] if match else None


def _begun_small(given: Given) -> str:
    first = given.claim.split()[0]
    keep = first.isupper() or not re.search(rf"\b{re.escape(first.lower())}\b", given.evidence)
    return given.claim if keep else given.claim[0].lower() + given.claim[1:]


NEGATION = Rules(
    train=(auxiliary_not, it_is_false),
    test=(
        contracted,
        never,
        no_longer,
        not_true,
        not_taken_away,
        swap("with_and_without", {"without": "with", "with": "without"}, before=r"(?= (?:a|an|any|the)\b)"),
    ),
)
_ALL_NONE = {
    "all of": "none of", "some": "all", "at least": "at most", "at most": "at least", "always": "never",
}  # fmt: skip
_MOST_ALL = {
    "most of": "all of", "many": "all", "often": "always", "usually": "always", "sometimes": "always", "several": "all",
}  # fmt: skip
_EVERY_NO = {"every": "no", "each": "no", "both": "neither", "everyone": "nobody", "everything": "nothing"}
_BOUNDS = {
    "more than": "less than", "less than": "more than", "fewer than": "more than", "up to": "at least", "over": "under",
    "a maximum of": "a minimum of", "no more than": "no less than", "above": "below", "nearly": "more than",
}  # fmt: skip
_MAY_MUST = {"may": "must", "can": "must", "optionally": "always"}

QUANTIFIER = Rules(
    train=(swap("all_none", _ALL_NONE),),
    test=(
        swap("most_all", _MOST_ALL),
        swap("every_no", _EVERY_NO),
        swap("bound_turned", _BOUNDS, before=r"(?= [$€£]?\d)"),
        swap("may_must", _MAY_MUST, before=r"(?= [a-z]+\b)"),
    ),
)
_OPPOSITES = """
    increase/decrease increased/decreased increases/decreases higher/lower before/after more/less rose/fell gain/loss
    first/last include/exclude includes/excludes allowed/prohibited internal/external large/small high/low open/closed
    early/late
"""
_OTHER_OPPOSITES = """
    best/worst better/worse public/private success/failure successful/unsuccessful buy/sell bought/sold won/lost
    strong/weak positive/negative north/south east/west northern/southern male/female married/divorced minimum/maximum
    long/short longer/shorter largest/smallest highest/lowest oldest/youngest easy/difficult left/right same/different
    possible/impossible available/unavailable agree/disagree agreed/disagreed accept/reject accepted/rejected
    enable/disable enabled/disabled required/optional older/younger faster/slower fast/slow rich/poor safe/dangerous
    near/far new/old good/bad begins/ends began/ended started/stopped top/bottom upper/lower day/night
"""


def _pairs(block: str) -> dict[str, str]:
    return both_ways(*((one, other) for one, _, other in (pair.partition("/") for pair in block.split())))


OPPOSITE = Rules(
    train=(swap("opposite", _pairs(_OPPOSITES)),), test=(swap("other_opposite", _pairs(_OTHER_OPPOSITES)),)
)
