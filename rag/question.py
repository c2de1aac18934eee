"""What a question asks for: a number, a date, a person; and the terms an answer cannot do without."""

from __future__ import annotations

import enum
import re

from indexers.sentences import sentence_spans
from rag.words import STOP_WORDS, WORD, content_stems, names_in

_NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion half "
    "quarter double twice once none unlimited first second third daily weekly monthly quarterly annually yearly free"
)
_NUMBER = re.compile(rf"\d|\b(?:{'|'.join(_NUMBER_WORDS.split())})\b", re.IGNORECASE)
_DATE = re.compile(
    r"\d|\b(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|mon|tues|wednes|thurs|fri|satur|sun)(?:day)?\b|\b(?:day|week|month|year|quarter|spring|summer|autumn|winter)s?\b",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:manager|director|head|lead|officer|team|department|chair|president|owner|board|committee|staff|employees?"
    r"|people|everyone|anyone|counsel|secretary|partner|engineer)s?\b",
    re.IGNORECASE,
)
_ASKS_NUMBER = re.compile(
    r"\bhow (?:many|much|long|often|old|far|big|large|high|tall|fast|late|early)\b|\bwhat (?:is|was|are|were) the "
    r"(?:\w+ ){0,4}(?:price|cost|rate|amount|number|percentage|share|limit|fee|size|total|revenue|height|age)\b"
    r"|\b(?:what|which) (?:percentage|percent|proportion|amount|number|price|share|rate)\b",
    re.IGNORECASE,
)
_ASKS_DATE = re.compile(
    r"^\W*when\b|\b(?:what|which) (?:date|year|day|month|quarter|time)\b|\bby when\b|\bsince when\b|\bdeadline\b",
    re.IGNORECASE,
)
_ASKS_PERSON = re.compile(r"^\W*(?:and )?(?:by |to |with )?who(?:m|se)?\b", re.IGNORECASE)


class AskedFor(enum.Enum):
    """The kind of thing that answers a question."""

    NUMBER = "number"
    DATE = "date"
    PERSON = "person"
    ANY = "any"

    def fits(self, text: str, question: str) -> bool:
        """Whether ``text`` holds something of the kind that ``question`` does not hold itself."""
        if self is AskedFor.ANY:
            return True
        asked = {match.group().lower() for match in WORD.finditer(question)}
        if self is AskedFor.PERSON:
            return bool({name.lower() for name in names_in(text)} - asked) or bool(_ROLE.search(text))
        new = " ".join(word for word in WORD.findall(text) if word.lower() not in asked)
        return bool((_NUMBER if self is AskedFor.NUMBER else _DATE).search(new))


def asked_part(question: str) -> str:
    """What of the wording is the question itself, without "Answer in millions" or "Assume that you are an analyst".

    The sentences that end with a question mark, each from its last colon on; everything where there is none.
    """
    sentences = [question[start:end] for start, end in sentence_spans(question)]
    asked = [sentence.rpartition(": ")[2] for sentence in sentences if sentence.endswith("?")]
    return " ".join(asked) or question


def asked_for(question: str) -> AskedFor:
    """The kind that the question's wording asks for."""
    if _ASKS_DATE.search(question):
        return AskedFor.DATE
    if _ASKS_NUMBER.search(question):
        return AskedFor.NUMBER
    return AskedFor.PERSON if _ASKS_PERSON.search(question) else AskedFor.ANY


def key_terms(question: str) -> list[str]:
    """Names, numbers and codes of the question: what evidence that answers it must mention, in order."""
    terms: list[str] = []
    for match in WORD.finditer(question):
        word = match.group()
        inside = match.start() > 0 and question[: match.start()].strip()[-1:] not in {"", ".", "?", "!"}
        named = word[0].isupper() and (bool(inside) or word.isupper()) and len(word) > 1
        if word.lower() not in STOP_WORDS and content_stems(word) and (named or any(c.isdigit() for c in word)):
            terms.append(word)
    return list(dict.fromkeys(terms))
