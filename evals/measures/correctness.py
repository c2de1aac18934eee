"""Answer correctness: does the answer say what the reference says, in whatever words?

No published measure fits verbatim answers without a model: exact match and token F1 punish the sentence around the
answer, recall alone rewards copying everything. So this one composes known parts: yes/no agreement, numbers and dates
compared by value (as FinanceBench graders do, arXiv:2311.11944), recall of the reference's own words (token
recall, Adlakha et al., TACL 2024, arXiv:2307.16877), and a brevity factor. It sees what an answer names, not how the
parts hang together: roles swapped between two names that both belong there go unnoticed.
"""

from __future__ import annotations

from evals.outcome import ABSTAINED, NOT_MEASURABLE, Outcome
from evals.text.quantities import in_scale_of, quantities, same, without_quantities
from evals.text.wording import NEGATION, content_words, names, polarity, without_marks, words

CORRECT_AT = 0.6
"""From here on an answer counts as correct: every detail and a fifth of the words, or three fifths of the words."""

FREE_WORDS = 60
FREE_WORDS_PER_REFERENCE_WORD = 3
"""An answer may have 60 words and three for each of the reference's; beyond that its value falls as 1 / length."""


def correctness(question: str, reference: str, answer: str, *, abstained: bool) -> Outcome:
    """How much of the reference the answer says, from 0 to 1.

    Only what the question does not already say is asked for. Details are numbers, dates and names: their share, times
    one half plus half the share of words; without details, the share of words. Half of that where the answer gives
    another number in the place of one asked for, and where the reference negates something and the answer nothing. A
    contrary yes or no is 0; an agreeing one counts as much as all the rest. Not measurable without a reference, and
    where the reference is a bare yes or no and the answer says neither.
    """
    if not reference.strip():
        return NOT_MEASURABLE
    if abstained:
        return ABSTAINED
    said, wanted = polarity(answer), polarity(reference)
    if said and wanted and said != wanted:
        return 0.0
    shares = [share for share in (_said(question, reference, answer),) if share is not None]
    if said and wanted:
        shares.append(1.0)
    if not shares:
        return NOT_MEASURABLE
    return sum(shares) / len(shares) * _brevity(reference, answer)


def is_correct(outcome: Outcome) -> bool | None:
    """Whether a correctness counts as correct; None where it is not measurable. An abstention is not correct."""
    if outcome is NOT_MEASURABLE:
        return None
    return outcome is not ABSTAINED and float(outcome) >= CORRECT_AT


def _said(question: str, reference: str, answer: str) -> float | None:
    """The share of details and words that the answer says, or None where the reference is a bare yes or no."""
    reference, answer, question = (without_marks(text) for text in (reference, answer, question))
    reference = _without_polarity(reference)
    numbers, another = _numbers(question, reference, answer)
    details = numbers + _names(question, reference, answer)
    terms = _word_share(question, reference, answer, else_all=not details)
    share = sum(details) / len(details) * (0.5 + 0.5 * (1.0 if terms is None else terms)) if details else terms
    denied = NEGATION in words(reference) and NEGATION not in words(answer)
    return share if share is None else share * (0.5 if denied else 1) * (0.5 if another else 1)


def _numbers(question: str, reference: str, answer: str) -> tuple[list[bool], bool]:
    """Of each number and date asked for, whether the answer gives it, and whether it gives another in its place."""
    wanted = [in_scale_of(question, number) for number in quantities(reference)]
    given, said = quantities(question), quantities(answer)
    asked = [number for number in wanted if number not in given] or wanted
    found = [any(same(number, other) for other in said) for number in asked]
    foreign = [other for other in said if not any(same(number, other) for number in (*wanted, *given))]
    missing = [number for number, is_said in zip(asked, found, strict=True) if not is_said]
    return found, any(type(number) is type(other) for number in missing for other in foreign)


def _names(question: str, reference: str, answer: str) -> list[bool]:
    """Of each name asked for, whether the answer says it."""
    given, said = set(words(question)), set(words(answer))
    return [name in said for name in names(without_quantities(reference)) if name not in given]


def _word_share(question: str, reference: str, answer: str, *, else_all: bool) -> float | None:
    """The share of the words asked for; ``else_all`` asks for those of the question where there are no others."""
    wanted = dict.fromkeys(content_words(without_quantities(reference)))
    given = set(content_words(question))
    asked = [word for word in wanted if word not in given] or (list(wanted) if else_all else [])
    said = set(content_words(answer))
    return sum(word in said for word in asked) / len(asked) if asked else None


def _without_polarity(reference: str) -> str:
    """The reference without the yes or no at its head, which is compared as such and is no word of the answer."""
    found = polarity(reference)
    return reference.lstrip("\"'([*_ ")[len(found) :] if found else reference


def _brevity(reference: str, answer: str) -> float:
    free = FREE_WORDS + FREE_WORDS_PER_REFERENCE_WORD * len(words(reference))
    return min(1.0, free / max(1, len(words(answer))))
