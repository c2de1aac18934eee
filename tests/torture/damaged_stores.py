"""Thousands of damaged indexes: each is healed, refused, or answers as if nothing had happened; never wrongly."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING, Any

from indexers.errors import RagError
from indexers.store import Store
from tests.torture import workload
from tests.torture.checking import check_segments, picture, plain, questions
from tests.torture.damage import damage
from tests.torture.forks import in_fork
from tests.torture.trial import FEWEST, Budget, Result, scratch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.torture.damage import Damage

LEAST = 10_000
HANG_SECONDS = 60.0
ASKED_AGAIN = 5
"""Every so many questions are asked once more after a writer has mended what it can."""

OUTCOMES = ("refused", "healed", "harmless", "wrong", "crashed", "hung")
"""What became of a damaged index. ``harmless``: every answer is right and nothing needed mending, as where the damage
hit bytes that nobody reads. ``crashed``: an error that is not ours, or a signal.
"""


def damage_trials(budget: Budget) -> Result:
    """Damage copies of two indexes, one of them with a log that is not folded in yet, and ask everything of each."""
    result = Result("damage", LEAST)
    result.figures.update(dict.fromkeys(OUTCOMES, 0))
    chance = random.Random(budget.seed)  # noqa: S311  no secret
    with scratch() as folder:
        expected = {name: _made(folder / name, name) for name in ("closed", "log")}
        while result.trials < (LEAST if budget.seconds is None else FEWEST) or not (
            budget.seconds is None or budget.spent
        ):
            name = chance.choice(sorted(expected))
            index = folder / "damaged"
            shutil.copytree(folder / name, index)
            done = damage(index, chance)
            _judge(result, done, index, expected[name])
            shutil.rmtree(index)
    result.seconds = budget.elapsed
    return result


def _made(folder: Path, kind: str) -> dict[str, Any]:
    made = in_fork(lambda _: _make(folder, kind))
    if made.how != "returned":
        raise AssertionError(f"the index to damage {made.how}: {made.value}")
    answers: dict[str, Any] = made.value
    return answers


def _make(folder: Path, kind: str) -> dict[str, Any]:
    """An index with segments (one half dead), a tail, kept versions and postings; all that it answers.

    "log" is copied while it is being written, so that its later half stands in the write-ahead log.
    """
    growing = folder.with_name(f"{kind}-growing")

    def copy(done: int) -> None:
        if done == len(workload.STEPS) and kind == "log":
            shutil.copytree(growing, folder, ignore=shutil.ignore_patterns("*-shm"))

    workload.run(growing, copy)
    if kind == "closed":
        shutil.copytree(growing, folder)
    # Postings without deleted rows: when they are built again, their scores are the same.
    shutil.rmtree(folder / "lexical")
    untouched = folder.with_name(f"{kind}-untouched")
    shutil.copytree(folder, untouched)
    with Store.open(untouched) as store:
        answers = picture(store, lexical=True)
    shutil.copytree(untouched / "lexical", folder / "lexical")
    return answers


def _judge(result: Result, done: Damage, index: Path, expected: dict[str, Any]) -> None:
    damaged = (index / done.file).read_bytes() if (index / done.file).exists() else None
    ended = in_fork(lambda _: ask_everything(index, expected), seconds=HANG_SECONDS)
    outcome = {"returned": "", "refused": "refused", "raised": "crashed", "killed": "crashed", "hung": "hung"}[
        ended.how
    ]
    if ended.how == "returned":
        outcome = ended.value["outcome"]
        if outcome == "harmless" and done.kind in ("segment", "lexical"):
            now = (index / done.file).read_bytes() if (index / done.file).exists() else None
            outcome = "healed" if now != damaged else outcome
    result.trials += 1
    result.figures[outcome] += 1
    if outcome in ("wrong", "crashed", "hung"):
        why = ended.value["why"] if ended.how == "returned" else ended.value
        result.failed(f"{done.how} {done.file}: {outcome}: {why}")


def ask_everything(index: Path, expected: dict[str, Any]) -> dict[str, str]:
    """Ask every question by itself, let a writer mend what it can, and ask a few again."""
    outcome, why = "harmless", ""
    for when, step in (("at first", 1), ("after a writer", ASKED_AGAIN)):
        try:
            with Store.open(index) as store:
                for question, ask in list(questions(store, _ids(expected), lexical=True).items())[::step]:
                    try:
                        answer = plain(ask())
                    except RagError as error:
                        outcome, why = "refused", f"{when} {type(error).__name__}: {error}"
                        continue
                    if answer != expected[question]:
                        return {"outcome": "wrong", "why": f"{when}, {question}: {_first(answer, expected[question])}"}
                with store.writer(workload.EMBEDDER, settings=workload.SETTINGS) as writer:
                    writer.seal()
        except RagError as error:
            return {"outcome": "refused", "why": f"{type(error).__name__}: {error}"}
        if outcome == "refused":
            return {"outcome": outcome, "why": why}
    check_segments(index, tidy=True)
    return {"outcome": outcome, "why": why}


def _first(answer: Any, right: Any) -> str:
    """Where an answer begins to be wrong."""
    if not isinstance(answer, list):
        return "another answer"
    place = next((at for at, pair in enumerate(zip(answer, right, strict=False)) if pair[0] != pair[1]), None)
    if place is None:
        return f"{len(answer)} items for {len(right)}"
    return f"item {place} is {answer[place]}, not {right[place]}"


def _ids(expected: dict[str, Any]) -> list[str]:
    return [question.removeprefix("document ") for question in expected if question.startswith("document ")]
