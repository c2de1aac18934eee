"""Questions that the documents do not answer, and nearly do: a name, term or year exchanged for one that fits nowhere.

No sentence or row of any document may hold the new word together with half of what else the question asks for. That is
what word search can promise: a document that answers in other words altogether is not ruled out, so look at them once.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from evals.case import Case
from evals.runs.fingerprints import digest
from indexers.sentences import block_units
from rag.words import content_stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from evals.making.by_rule import Made
    from indexers.document import Document

TRIES = 12
SHARED = 0.5
"""Of a question's other content words, what one place may hold beside the exchanged one."""

KIND = "near miss"
ELSEWHERE = "other documents"

_NAME = re.compile(r"(?<=\s)[A-Z][a-z]{3,}\b(?!-|\s+[A-Z])")
_LETTERS = re.compile(r"[^\W\d_]+")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_QUOTED = re.compile(r'"[^"]*"')


class Places:
    """Where the stems stand: every sentence and row of the documents has a number."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._places: dict[str, set[int]] = {}
        self._small: set[str] = set()
        number = 0
        for document in documents:
            self._small.update(word for word in _LETTERS.findall(document.text) if word.islower())
            for block in document.blocks:
                for start, end in block_units(document.text, block.kind, block.start, block.end):
                    number += 1
                    for stem in set(content_stems(" ".join((*block.headings[-1:], document.text[start:end])))):
                        self._places.setdefault(stem, set()).add(number)

    def answers(self, new: Sequence[str], others: Sequence[str]) -> bool:
        """Whether a place holds all of ``new`` and more than half of ``others``, by stems."""
        held = [self._places.get(stem, set()) for stem in new]
        common = set.intersection(*held) if held else set()
        if not common or not others:
            return bool(common)
        most = max(sum(place in self._places.get(stem, ()) for stem in others) for place in common)
        return most > SHARED * len(others)

    def is_name(self, word: str) -> bool:
        """Whether no document writes it with a small letter."""
        return word.lower() not in self._small

    def knows(self, stem: str) -> bool:
        """Whether any place has it."""
        return stem in self._places


def near_misses(made: Sequence[Made], places: Places) -> Iterator[tuple[str, Case]]:
    """A question for each one that a word of another can be put into, such that nothing answers it; of which kind."""
    seen = {name for one in made for name in _NAME.findall(_QUOTED.sub("", one.case.question))}
    names = sorted(name for name in seen if places.is_name(name))
    words = {word for one in made if one.case.kind == "definition" for word in one.about.split()[:-1]}
    terms = sorted({word if places.is_name(word) else word.lower() for word in words})
    for one in made:
        if one.case.kind == "section":  # a title with another word in it is no question that anybody asks
            continue
        changed = _year(one, places) or _name(one, names, places) or _term(one, terms, places)
        if changed is not None:
            yield one.case.kind, _unanswerable(one.case, changed, KIND)


def from_elsewhere(made: Iterable[Made], places: Places) -> Iterator[tuple[str, Case]]:
    """Questions of documents that are not indexed, where nothing that is indexed speaks of them."""
    for one in made:
        stems = list(dict.fromkeys(content_stems(one.about)))
        others = [stem for stem in dict.fromkeys(content_stems(one.case.question)) if stem not in stems]
        if stems and one.case.kind != "section" and not places.answers(stems, others) and not places.answers(stems, ()):
            yield ELSEWHERE, _unanswerable(one.case, one.case.question, ELSEWHERE)


def _year(one: Made, places: Places) -> str | None:
    found = _YEAR.search(_QUOTED.sub(lambda match: " " * len(match.group()), one.case.question))
    if found is None:
        return None
    year = int(found.group())
    for other in (year + 9, year - 11, year + 17, year - 19):
        if not places.knows(str(other)):
            return one.case.question[: found.start()] + str(other) + one.case.question[found.end() :]
    return None


def _name(one: Made, names: Sequence[str], places: Places) -> str | None:
    question = one.case.question
    found = _NAME.search(_QUOTED.sub(lambda match: " " * len(match.group()), question))
    if found is None or not places.is_name(found.group()):
        return None
    return _exchanged(question, found.span(), names, places)


def _term(one: Made, terms: Sequence[str], places: Places) -> str | None:
    """Of a term of several words the first is exchanged: "a tracking issue" for "a retainer issue"."""
    words = one.about.split()
    if one.case.kind != "definition" or len(words) < 2:
        return None
    start = one.case.question.lower().find(one.about.lower())
    return None if start < 0 else _exchanged(one.case.question, (start, start + len(words[0])), terms, places)


def _exchanged(question: str, span: tuple[int, int], words: Sequence[str], places: Places) -> str | None:
    """The question with the first word, by hash, that nothing answers."""
    start, end = span
    rest = list(dict.fromkeys(content_stems(question[:start] + question[end:])))
    drawn = sorted(words, key=lambda word: digest([question, word]))[:TRIES]
    for word in drawn:
        new = content_stems(word)
        if (
            word.lower() != question[start:end].lower()
            and new
            and not set(new) & set(rest)
            and not places.answers(new, rest)
        ):
            return question[:start] + word + question[end:]
    return None


def _unanswerable(case: Case, question: str, kind: str) -> Case:
    name = f"{kind.replace(' ', '-')}-{digest([case.id, question])[:10]}"
    return replace(case, id=name, question=question, reference="", answerable=False, kind=kind, evidence=())
