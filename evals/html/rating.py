"""The page on which a person rates a task: the question, one or two answers, and nothing that tells whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.html.render import render
from evals.html.told import place
from evals.html.values import Excerpt

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from evals.rating.ratings import Rating
    from evals.rating.session import Session
    from evals.rating.tasks import Task

KEYS = (("q", "w", "e", "r"), ("a", "s", "d", "f"))
"""For the labels of the first and of the second answer: a row of the keyboard each."""
TITLES = ("First answer", "Second answer")
MOST_QUOTE_CHARS = 1500


@dataclass(frozen=True, slots=True)
class SentenceToRate:
    """A sentence with the quotes it cites; ``chosen`` is what was marked before."""

    text: str
    quotes: tuple[Excerpt, ...]
    chosen: str | None


@dataclass(frozen=True, slots=True)
class SideToRate:
    """An answer."""

    title: str
    text: str
    sentences: tuple[SentenceToRate, ...]
    chosen: str | None


@dataclass(frozen=True, slots=True)
class CardToRate:
    """A task; ``following`` is the number of the one to go on with."""

    number: int
    following: int
    question: str
    expected: str
    sides: tuple[SideToRate, ...]
    chosen: str | None


@dataclass(frozen=True, slots=True)
class RatingPage:
    """What the template shows; ``card`` is None when all is done."""

    title: str
    rater: str
    tasks: int
    done: int
    card: CardToRate | None
    preference: bool
    labels: bool
    sentences: bool
    keys: tuple[tuple[str, ...], ...] = KEYS


def rating_html(session: Session, number: int | None, *, asked: Collection[str]) -> str:
    """The page of a task.

    Args:
        session: Whose tasks.
        number: Of the task, from 0; None when all is done.
        asked: Some of ``preference``, ``labels`` and ``sentences``.
    """
    return render(
        "rate",
        RatingPage(
            title="Rate answers",
            rater=session.rater,
            tasks=len(session.tasks),
            done=session.done,
            card=None if number is None else _card(session, number),
            preference="preference" in asked,
            labels="labels" in asked,
            sentences="sentences" in asked,
        ),
    )


def _card(session: Session, number: int) -> CardToRate:
    task, before, following = session.tasks[number], session.before(number), session.next(after=number)
    case = task.sides[0].run.cases[task.case]
    expected = case.reference if case.answerable else "The documents do not answer this; saying so is right."
    # a task taken up again may show its sides in another order than the file has them
    turned = before is not None and before.sides != task.keys
    labels, marks = _by_key(before)
    chosen = before.preferred if before else None
    return CardToRate(
        number=number,
        following=len(session.tasks) if following is None else following,
        question=case.question,
        expected=expected,
        sides=tuple(
            SideToRate(
                title=TITLES[at] if len(task.sides) > 1 else "Answer",
                text=side.answer(task.case),
                sentences=_sentences(task, at, marks.get(side.key, ())),
                chosen=labels.get(side.key),
            )
            for at, side in enumerate(task.sides)
        ),
        chosen={"first": "second", "second": "first"}.get(chosen or "", chosen) if turned else chosen,
    )


def _by_key(before: Rating | None) -> tuple[Mapping[str, str | None], Mapping[str, tuple[str | None, ...]]]:
    if before is None:
        return {}, {}
    return dict(zip(before.sides, before.labels, strict=False)), dict(zip(before.sides, before.sentences, strict=False))


def _sentences(task: Task, at: int, marks: tuple[str | None, ...]) -> tuple[SentenceToRate, ...]:
    side = task.sides[at]
    quotes = side.quotes(task.case)
    return tuple(
        SentenceToRate(
            sentence.text,
            tuple(
                Excerpt("", place(quotes[number].uri, quotes[number].page), quotes[number].quote[:MOST_QUOTE_CHARS])
                for number in sentence.citations
                if number in quotes
            ),
            marks[position] if position < len(marks) else None,
        )
        for position, sentence in enumerate(side.sentences(task.case))
    )
