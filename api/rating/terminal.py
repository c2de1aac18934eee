"""Rating in the terminal: the same tasks, a letter an opinion."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypeVar

from api.terminal import say, visible
from evals.html.told import place
from evals.rating.ratings import Opinion

if TYPE_CHECKING:
    from evals.rating.ratings import Label, Preference, Support
    from evals.rating.session import Session
    from evals.rating.tasks import Task

Ask = Callable[[str], str]
"""Puts a question and gives what was typed; raises EOFError where nothing more comes."""

T = TypeVar("T", bound=str)

PREFERENCES: dict[str, Preference] = {"1": "first", "2": "second", "0": "same", "9": "unsure"}
LABELS: dict[str, Label] = {"c": "correct", "p": "partly", "w": "wrong", "u": "unsure"}
SUPPORTS: dict[str, Support] = {"y": "yes", "n": "no", "u": "unsure"}


class Stopped(Exception):
    """The rater has had enough. Never leaves this module."""


def rate_in_terminal(session: Session, *, asked: Collection[str], ask: Ask = input) -> bool:
    """Go through what is not done yet; true when nothing is left.

    Args:
        session: Whose tasks.
        asked: Some of ``preference``, ``labels`` and ``sentences``.
        ask: Reads a line.
    """
    skipped: set[int] = set()
    try:
        for number, task in enumerate(session.tasks):
            if session.before(number) is not None:
                continue
            say(f"\n{'-' * 72}\nTask {session.done + 1} of {len(session.tasks)} (q stops; what is saved is kept)")
            opinion = _opinion(task, asked, ask)
            if opinion.says_something:
                session.add(number, opinion)
            else:
                skipped.add(number)
    except (Stopped, EOFError):
        return False
    return not skipped


def _opinion(task: Task, asked: Collection[str], ask: Ask) -> Opinion:
    case = task.sides[0].run.cases[task.case]
    say(f"\nQuestion: {visible(case.question)}")
    expected = case.reference if case.answerable else "the documents do not answer this; saying so is right"
    if expected:
        say(f"Expected: {visible(expected)}")
    titles = ("First answer", "Second answer") if len(task.sides) > 1 else ("Answer",)
    for title, side in zip(titles, task.sides, strict=True):
        say(f"\n{title}:\n  {visible(side.answer(task.case))}")
    marks = tuple(_marks(task, at, title, ask) for at, title in enumerate(titles)) if "sentences" in asked else ()
    labels: tuple[Label | None, ...] = ()
    if "labels" in asked:
        labels = tuple(_choice(f"{title}: c correct, p partly, w wrong, u can't say", LABELS, ask) for title in titles)
    preferred = None
    if len(task.sides) > 1 and "preference" in asked:
        preferred = _choice("Better: 1 first, 2 second, 0 as good, 9 can't say", PREFERENCES, ask)
    return Opinion(preferred=preferred, labels=labels, sentences=marks)


def _marks(task: Task, at: int, title: str, ask: Ask) -> tuple[Support | None, ...]:
    side = task.sides[at]
    quotes, marks = side.quotes(task.case), []
    for number, sentence in enumerate(side.sentences(task.case), start=1):
        say(f"\n{title}, sentence {number}: {visible(sentence.text)}")
        cited = [quotes[one] for one in sentence.citations if one in quotes]
        for quote in cited:
            say(f"  {visible(place(quote.uri, quote.page))}: {visible(' '.join(quote.quote.split()))}")
        if not cited:
            say("  (it cites nothing)")
        marks.append(_choice("Does what it cites say so? y yes, n no, u can't say", SUPPORTS, ask))
    return tuple(marks)


def _choice(question: str, choices: dict[str, T], ask: Ask) -> T | None:
    """What was chosen; None where the line was empty."""
    while True:
        typed = ask(f"{question}, empty to leave open > ").strip().lower()
        if typed == "q":
            raise Stopped
        if not typed:
            return None
        if typed in choices:
            return choices[typed]
        say(f"({visible(typed)!r} is none of {', '.join(choices)} and q)")
