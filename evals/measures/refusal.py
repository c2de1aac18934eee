"""Does an answer decline, in its own words? For answers of systems that set no flag when they abstain.

Each sentence is read as one of three: it declines (a speaker who cannot, sources that lack), it is general (what one
would need, where to look, how such a thing is computed), or it says something. An answer declines when it opens by
declining and nothing said later takes that back, or when it comes to declining in the end. A gap named in passing ("no
acquisition is mentioned for 2021") is no refusal, and neither is an answer that negates ("lunch is not provided").

Source: "failure to answer", the third grade of FinanceBench, Islam et al. 2023, arXiv:2311.11944. The patterns were
written on answers to 22 of its questions; ``python -m benchmarks.agreement`` reports the others.
"""

from __future__ import annotations

import re
from typing import Literal

from indexers.sentences import sentence_spans

Kind = Literal["unable", "lacks", "general", "said"]

MOST_CHARS = 20_000
"""Of a longer answer, only the first and the last half of so many are read: nobody declines in the middle."""

_SPELLINGS = (
    (re.compile(r"['\u2019`]"), "'"),
    (re.compile(r"\bcan(?:no|')t\b"), "can not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\bfail(?:s|ed)? to\b"), "does not"),
    (re.compile(r"\bunable\b"), "not able"),
    (re.compile(r"\bimpossible\b"), "not possible"),
    (re.compile(r"\binsufficient\b"), "not sufficient"),
    (re.compile(r"\bunknown\b"), "not known"),
    (re.compile(r"\bunclear\b"), "not clear"),
    (re.compile(r"\bunanswerable\b"), "not answerable"),
    (re.compile(r"[^\w%$.'=:]+"), " "),
)
"""Ways to write a negation, folded to "not" and a word, so that what follows stays short."""

_WORDS = r"(?:\w+ ){0,2}"
_TEXT = (
    r"(?:information|context|text|document|documentation|filing|passage|excerpt|source|evidence|article|material|snippet|"
    r"corpus|paragraph|search result)s?"
)
_PART = r"(?:data|report|statement|detail|figure|section|exhibit|table|record|page|answer|result)s?"
_ABOUT = (
    r"(?:(?:mention|information|data|detail|indication|reference|answer|figure|record|discussion|disclosure)s?|"
    r"evidence (?:in|on|about|provided))"
)
_FIRST_PERSON = r"(?:i|we|one|it|you) (?:\w+ ){0,2}"
_FIND_OUT = (
    r"(?:answer|determin|calculat|comput|conclu|confirm|identif|ascertain|deriv|infer|establish|deduce|quantif)\w*"
)
_HAND_OVER = (
    r"(?:provide|give|tell|say|find|locate|know|access|offer|see|state|specify|predict|speculate|assess|evaluate|help|"
    r"assist|compare|comment|retrieve|extract|verify|make|respond|browse|supply|share)"
)
_HOLDS = (
    r"(?:include|contain|provide|mention|specify|disclose|state|give|list|offer|cover|detail|address|have|show|indicate|"
    r"discuss|present|reveal|allow|answer|identify|name|break|explicitly|directly|specifically|say)"
)
_HELD = (
    r"(?:provided|given|included|available|disclosed|listed|reported|found|present|shown|detailed|contained|sufficient|"
    r"enough|complete|broken|discussed|addressed|covered)"
)

_NOT_IN_A_CLAUSE = r"^(?!.*\w (?:that|which|whose|who|where) (?:\w+ ){0,4}not\b).*"

_UNABLE = re.compile(
    rf"\b(?:can|could) not {_WORDS}be {_WORDS}{_FIND_OUT}"
    rf"|(?:^|\b{_FIRST_PERSON})(?:can|could) not {_WORDS}{_FIND_OUT}"
    rf"|\b(?:i|we|one) (?:\w+ )?(?:can|could) (?:\w+ )?not {_WORDS}{_HAND_OVER}\b"
    r"|\b(?:i|we) (?:\w+ )?(?:do|did) not (?:\w+ )?(?:have|know|possess|see|find)\b"
    rf"|\b{_FIRST_PERSON}not (?:\w+ )?able to {_WORDS}(?:{_FIND_OUT}|{_HAND_OVER})"
    rf"|\bnot {_WORDS}possible to {_WORDS}(?:{_FIND_OUT}|{_HAND_OVER})"
    rf"|\b(?:not (?:sufficient|enough)|lacks?(?: the)?) {_WORDS}{_ABOUT}\b"
    rf"|\bhave no {_WORDS}(?:access|knowledge|way|idea|{_ABOUT})\b"
    rf"|(?:\b(?:i|we|one|would)|'d) need (?:more|additional|further) {_WORDS}{_ABOUT}\b"
    rf"|\b(?:more|additional|further) {_WORDS}{_ABOUT} (?:is|are|would be) (?:needed|required|necessary)\b"
    r"|\bnot answerable\b|^(?:n a|not known|no answer\w*|none found|not found|not sure|no idea|cannotanswer)\W*$"
)
_LACKS = re.compile(
    rf"\b(?:{_TEXT}|{_PART}|provided|given|above)\b.{{0,160}}?\b(?:do|does|did) not {_WORDS}{_HOLDS}\b"
    rf"|\b(?:{_TEXT}|provided)\b.{{0,200}}?\b(?:is|are|was|were|been) not {_WORDS}{_HELD}\b"
    rf"|\b(?:is|are|was|were|been) not {_WORDS}{_HELD}\b.{{0,80}}\b(?:{_TEXT}|provided)\b"
    rf"|{_NOT_IN_A_CLAUSE}\bnot (?:\w+ )?(?:specified|mentioned|stated|known(?! (?:as|for)\b)|clear(?! cut\b))\b"
    rf"|\bnot (?:explicitly|directly|specifically|fully) {_HELD}\b"
    r"|\b(?:is|are|was|were|find|found|see|with|ha[sd]|(?:contain|include|provide|give|offer|make)s?) no "
    rf"{_WORDS}{_ABOUT}\b"
    rf"|^no {_WORDS}{_ABOUT}\b.{{0,60}}\b{_HELD}"
    rf"|\b(?:none of|neither)\b.{{0,40}}?\b{_TEXT} (?:\w+ )?{_HOLDS}s?\b"
    rf"|\b(?:missing|absent) from (?:\w+ ){{0,2}}(?:{_TEXT}|{_PART})\b|\b{_TEXT} (?:is|are) silent\b"
    r"|^(?:it|they) (?:does|do) not (?:say|mention|specify|state)\b"
    rf"|\bnot in the (?:\w+ )?{_TEXT}\b"
    rf"|\bnothing\b.{{0,40}}\b(?:{_TEXT}|provided)\b"
    r"|\b(?:have|has) not (?:\w+ )?(?:provided|given|included|specified|mentioned|stated|disclosed)\b"
)
_BUT_SAYS = re.compile(r"\bbut\b(?!.*\b(?:not|no)\b)")
_GENERAL = re.compile(
    rf"\b(?:would|'d) {_WORDS}(?:need|require|have to|be necessary|look|recommend|suggest|help|be (?:happy|glad))\b"
    r"|\bbe (?:needed|required|necessary)\b"
    r"|\b(?:please|i (?:recommend|suggest)|i can (?:\w+ )?(?:guide|help|provide|tell|explain|offer|give|show|assist))\b"
    r"|\b(?:if you|once you|you (?:can|should|could|may|might|will))\b"
    r"|\b(?:in general|generally|typically|usually|refer to|let me know|sorry|apologi[sz]e|unfortunately)\b"
    r"|\b(?:as an ai|last update|important to|should be considered|can vary|the formula)\b"
    r"|^to (?:answer|calculate|compute|determine|find|assess)\b.*\bneed\b"
    r"|^[\w %]{2,60}=[^=]*[a-z]{4}[^=]*$"
)
_TAKES_BACK = re.compile(
    r"^(?:however|but|nevertheless|nonetheless|still|that said|based on|therefore|thus|hence|so|overall|in summary)\b"
    rf"(?!.*\b(?:it|they|this|which) (?:do|does) not {_HOLDS}\b)"
)
_HEDGED = re.compile(r"\b(?:exact|precise|definitive)(?:ly)?\b")
_ITEM = re.compile(r"^\s*(?:[-*\u2022\u2013]|\(?\w{1,2}[.)])(?:\s|$)")


def refuses(answer: str) -> bool:
    """Whether ``answer`` as a whole declines to answer; an empty answer does."""
    kinds = _kinds(answer)
    said = [place for place, (kind, _) in enumerate(kinds) if kind == "said"]
    declined = [place for place, (kind, _) in enumerate(kinds) if kind in {"unable", "lacks"}]
    if not kinds or not declined:
        return not kinds
    if not said or declined[0] < said[0]:
        taken_back = any(place > declined[0] and _TAKES_BACK.match(kinds[place][1]) for place in said)
        return not taken_back or not (kinds[-1][0] == "lacks" or _says(*kinds[-1]))
    unable = [place for place in declined if kinds[place][0] == "unable" and not _says(*kinds[place])]
    return bool(unable) and unable[-1] > said[-1]


def _says(kind: Kind, folded: str) -> bool:
    """Whether a closing sentence says something: one that only has no exact figure does not decline."""
    return kind == "said" or (kind == "unable" and bool(_HEDGED.search(folded)))


def _kinds(answer: str) -> list[tuple[Kind, str]]:
    """Each sentence's kind and folded text; the items of a list are of the kind of the sentence that announces them."""
    half = MOST_CHARS // 2
    read = answer if len(answer) <= MOST_CHARS else f"{answer[:half]}\n\n{answer[-half:]}"
    kinds: list[tuple[Kind, str]] = []
    announced: Kind | None = None
    for start, end in sentence_spans(read):
        sentence, folded = read[start:end], _folded(read[start:end])
        kind = _kind(folded)
        if announced is not None and kind == "said" and _ITEM.match(sentence):
            kind = announced
        elif not _ITEM.match(sentence):
            announced = kind if sentence.endswith(":") else None
        kinds.append((kind, folded))
    return kinds


def _folded(sentence: str) -> str:
    folded = sentence.casefold()
    for pattern, spelling in _SPELLINGS:
        folded = pattern.sub(spelling, folded)
    return folded.strip()


def _kind(folded: str) -> Kind:
    if _UNABLE.search(folded):
        return "unable"
    lacks = _LACKS.search(folded)
    if lacks and not _BUT_SAYS.search(folded, lacks.end()):
        return "lacks"
    return "general" if _GENERAL.search(folded) else "said"
