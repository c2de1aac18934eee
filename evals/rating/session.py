"""One rater at work: what is still to do, and each opinion kept as soon as it is given."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from evals.errors import RatingError
from evals.rating.ratings import Rating, add_rating, done_by, rated, read_ratings
from evals.rating.tasks import tasks_for

if TYPE_CHECKING:
    from pathlib import Path

    from evals.rating.ratings import Opinion
    from evals.rating.systems import System
    from evals.rating.tasks import Task

MOST_RATER_CHARS = 100


class Session:
    """A rater's tasks over a file of ratings; taken up again where it was left."""

    def __init__(self, systems: Sequence[System], path: Path, *, rater: str, seed: int) -> None:
        """Read what is done.

        Raises:
            RatingError: The rater has no name, or the file cannot be read.
            RunError: The systems have no answered case in common.
        """
        if not rater.strip() or len(rater) > MOST_RATER_CHARS:
            raise RatingError("a rater has a name of 1 to 100 characters")
        self.rater = rater.strip()
        self.path = path
        self.tasks: list[Task] = tasks_for(systems, rater=self.rater, seed=seed)
        self._done = done_by(self.rater, read_ratings(path))
        self._adding = threading.Lock()

    @property
    def done(self) -> int:
        """How many of the tasks are done."""
        return sum(task.name in self._done for task in self.tasks)

    def next(self, *, after: int = -1) -> int | None:
        """The number of the next task that is not done, beginning anew at the end; None where all are."""
        order = [*range(after + 1, len(self.tasks)), *range(max(after, 0))]
        return next((number for number in order if self.tasks[number].name not in self._done), None)

    def before(self, number: int) -> Rating | None:
        """What this rater said of a task earlier."""
        return self._done.get(self.tasks[number].name)

    def add(self, number: int, opinion: Opinion) -> None:
        """Keep an opinion; it is on the disk when this returns. The last one of a task counts.

        Raises:
            RatingError: There is no such task, the opinion does not fit it, or the file cannot be written.
        """
        if not 0 <= number < len(self.tasks):
            raise RatingError(f"there is no task {number}")
        rating = rated(self.tasks[number], self.rater, opinion)
        with self._adding:
            add_rating(self.path, rating)
            self._done[rating.task] = rating
