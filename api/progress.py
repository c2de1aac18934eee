"""A bar on standard error while a person waits there, and nothing at all otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from api.terminal import visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_NAME_CHARS = 40


class Counted(Protocol):
    """Called with what is done, what there is in all, and the name of what comes next."""

    def __call__(self, done: int, total: int, name: str = "", /) -> None:
        """Show it."""


@contextmanager
def counted(unit: str) -> Iterator[Counted | None]:
    """A bar that counts ``unit``, or None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    rate, name = TextColumn("{task.fields[rate]}"), TextColumn("{task.fields[name]}", markup=False)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(unit), rate, TimeRemainingColumn(), name)
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(unit, total=None, name="", rate="")
        yield _shown_on(bar, task)


def _shown_on(bar: Progress, task: TaskID) -> Counted:
    def show(done: int, total: int, name: str = "", /) -> None:
        if bar.tasks[task].total is None:  # what was unchanged counts in no time at all, and says nothing of the rest
            bar.reset(task, completed=done, total=total, name="", rate="")
        speed = bar.tasks[task].speed
        rate = f"{speed:.1f} a second" if speed and speed >= 1 else f"{1 / speed:.0f} s each" if speed else ""
        shortened = name if len(name) <= _NAME_CHARS else f"…{name[1 - _NAME_CHARS :]}"
        bar.update(task, completed=done, total=total, name=visible(shortened), rate=rate)

    return show
