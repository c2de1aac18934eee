"""Sentences turned into questions by a few patterns that are seldom wrong: definitions, limits, and how many of what.

Only English sentences fit them. What fits none makes no question: a bad question costs more than a missing one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.words import content_stems

MOST_ANSWER_WORDS = 14
LEAST_DEFINITION_CHARS = 30

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")
_NUMBERING = re.compile(r"^[\s#*>\-]*(?:\(?\d+(?:\.\d+)*[.)]*\s+)?[\s\-]*")
_MARKS = re.compile(r"(?<!\w)[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}(?!\w)")

# words that begin a clause or point elsewhere: a term that holds one is no term
_NO_TERM = frozenset(
    """
    a above after all also although an and another any as at because been before below both but by can clicking do does
    each either every example few first following for from goal had has have he her here his how however i if important
    in instead into is it its key last least main many may more most much must my neither next no not note of often on
    once one only or other our over per please problem provided purpose rather reason same second she should since so
    some sometimes such that the their them then there therefore these they thing this those though through thus to
    under until usually was way we were what when where whether which while who why will with would you your
    """.split()  # noqa: SIM905  a list of a hundred quoted words is harder to read
)
_DEFINITION = re.compile(
    r"^(?P<article>An? |The )?(?P<term>[\w(\"\u201c][^.,;:?!|]{1,60}?) "
    r"(?P<verb>means|refers to|stands for|is defined as|is(?= an? )|are(?= (?:the|those|any) )) (?P<what>[^|]{20,400})$"
)
_POINTS = re.compile(
    r"^(?:the |an? )?(?:most|best|only|first|last|same|main|primary|key|great|good|bad|lot|few|bit|must|big|list)\b"
)
_MEASURED = (
    r"limit|rate|price|fee|cost|number|amount|deadline|period|length|age|minimum|maximum|target|budget|salary|"
    r"allowance|percentage|share|total|duration|size|threshold|temperature|weight|height|term|charge|premium|"
    r"deductible|balance|capacity|distance|date|ratio|quota|bonus|deposit|discount|penalty|retention|notice"
)
_VALUE = re.compile(
    rf"^(?P<article>The |Our )(?P<what>(?=[^.,;:?!|()]*\b(?:{_MEASURED})s?\b)[^.,;:?!|()]{{4,90}}?) "
    r"(?P<verb>is|are|was|were) (?P<value>(?:about |at least |at most |up to |limited to |set at |set to |between )?"
    r"(?:[A-Z]{3} |[$\u20ac\u00a3])?\d[^;|]{0,90})\.$"
)
_COUNT = re.compile(
    r"^(?P<who>(?:The |Our |Each |Every |All )?[A-Z]?[^.,;:?!|()\d]{3,60}?) "
    r"(?P<verb>have|has|get|gets|receive|receives|may take|can take|must give|must have) "
    r"(?P<number>(?:at least |up to |at most )?\d[\d,.]*) (?P<unit>[a-z]+s|[a-z]+ [a-z]+s)"
    r"(?P<rest> of [^.;,|]{3,80})?\.$"
)
_CLAUSE = re.compile(
    r"\b(?:that|which|who|when|if|because|while|where|and|or|but|so|it|they|we|you|to)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that a sentence answers, and the answer's words. ``about`` is what a near miss exchanges."""

    question: str
    reference: str
    kind: str
    about: str


def unnumbered(heading: str) -> str:
    """A heading without its number and marks; "3M Company" keeps what is no number of it."""
    return _NUMBERING.sub("", heading).rstrip(" #*:")


def plain(text: str) -> str:
    """The text without Markdown's links and emphasis, on one line."""
    return " ".join(_MARKS.sub("", _LINK.sub(r"\1", text)).split())


def asked_by(sentence: str, *, lower: frozenset[str] = frozenset()) -> Asked | None:
    """The question that ``sentence`` answers, or None where it fits no pattern.

    Args:
        sentence: As it stands in a document.
        lower: Words that the document also writes with a small letter: a sentence's first word is one of them, or a
            name.
    """
    said = plain(sentence)
    if "<" in said or "http" in said or not said.endswith("."):
        return None
    return _value(said) or _count(said, lower) or _definition(said, lower)


def _value(said: str) -> Asked | None:
    found = _VALUE.match(said)
    if not found or _CLAUSE.search(found["what"]) or len(found["value"].split()) > MOST_ANSWER_WORDS:
        return None
    if len(content_stems(found["what"])) < 2:  # "our target": whose, of what?
        return None
    article = found["article"].lower()
    return Asked(f"What {found['verb']} {article}{found['what']}?", found["value"], "value", found["what"])


def _count(said: str, lower: frozenset[str]) -> Asked | None:
    found = _COUNT.match(said)
    if not found or _CLAUSE.search(found["who"]) or found["who"].split()[0].lower() in _POINTERS:
        return None
    who, rest = _small(found["who"], lower), found["rest"] or ""
    if len(rest.split()) > MOST_ANSWER_WORDS:
        return None
    many, verb = who.split()[-1].endswith("s") or who.lower().startswith("all "), found["verb"]
    modal, _, base = verb.partition(" ")
    if base:
        asked = f"How many {found['unit']}{rest} {modal} {who} {base}?"
    else:
        base = {"has": "have"}.get(verb, verb.removesuffix("s"))
        asked = f"How many {found['unit']}{rest} {'do' if many else 'does'} {who} {base}?"
    return Asked(asked, f"{found['number']} {found['unit']}", "count", who)


_POINTERS = frozenset("it they we you he she this that these those there i which who what here one some both".split())  # noqa: SIM905  likewise


def _definition(said: str, lower: frozenset[str]) -> Asked | None:
    found = _DEFINITION.match(said)
    if not found or len(found["what"]) < LEAST_DEFINITION_CHARS or _POINTS.search(found["what"]):
        return None
    term = found["term"].strip("\"\u201c\u201d '")
    words = term.lower().split()
    if not 1 <= len(words) <= 5 or any(word.strip("()'\"") in _NO_TERM for word in words) or words[-1].endswith("ly"):
        return None
    article = (found["article"] or "").lower()
    if found["verb"] == "are" and (article or not words[-1].endswith("s")):
        return None
    if words[0].endswith("ing") and not article and len(words) > 2:
        return None
    shown = f"{article}{term}" if article else _small(term, lower)
    if shown != term and not article and found["verb"] == "is" and re.search(r"[^s]s$", shown):
        return None
    asked = {
        "means": f"What does {shown} mean?",
        "refers to": f"What does {shown} refer to?",
        "stands for": f"What does {shown} stand for?",
        "are": f"What are {shown}?",
    }.get(found["verb"], f"What is {shown}?")
    return Asked(asked, found["what"], "definition", term)


def _small(words: str, lower: frozenset[str]) -> str:
    """With a small first letter, unless it may be a name: a word alone, or one beside another capital."""
    first, _, rest = words.partition(" ")
    is_name = not rest or rest != rest.lower() or first.lower() not in lower
    return words if is_name and first not in _ARTICLES else f"{first.lower()} {rest}".strip()


_ARTICLES = frozenset(("The", "Our", "Each", "Every", "All", "A", "An"))
