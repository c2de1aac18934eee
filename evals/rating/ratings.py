"""The file of ratings: one line for each task done, only ever added to, so that whatever interrupts loses nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evals.errors import RatingError

if TYPE_CHECKING:
    from evals.rating.tasks import Task

Preference = Literal["first", "second", "same", "unsure"]
Label = Literal["correct", "partly", "wrong", "unsure"]
Support = Literal["yes", "no", "unsure"]

MOST_SIDES = 2


class Opinion(BaseModel):
    """What a rater says of a task; ``labels`` and ``sentences`` by side, in the order shown, None where left open."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    preferred: Preference | None = None
    labels: Annotated[tuple[Label | None, ...], Field(max_length=MOST_SIDES)] = ()
    sentences: Annotated[tuple[tuple[Support | None, ...], ...], Field(max_length=MOST_SIDES)] = ()

    @property
    def says_something(self) -> bool:
        """Whether anything was given."""
        judged = [one for side in self.sentences for one in side]
        return self.preferred is not None or any(one is not None for one in (*self.labels, *judged))


class Rating(Opinion):
    """An opinion with who gave it and of what: ``sides`` are keys of systems."""

    rater: Annotated[str, Field(min_length=1, max_length=100)]
    case: str
    sides: Annotated[tuple[str, ...], Field(min_length=1, max_length=MOST_SIDES)]
    at: str

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.preferred is not None and len(self.sides) != MOST_SIDES:
            raise ValueError("a preference takes two sides")
        if len(self.labels) not in (0, len(self.sides)) or len(self.sentences) not in (0, len(self.sides)):
            raise ValueError("labels and sentences go by side")
        return self

    @property
    def task(self) -> tuple[str, frozenset[str]]:
        """As `Task.name`."""
        return self.case, frozenset(self.sides)


def rated(task: Task, rater: str, opinion: Opinion) -> Rating:
    """The opinion as it is kept.

    Raises:
        RatingError: It says nothing, or not what this task asks.
    """
    if not opinion.says_something:
        raise RatingError("nothing was chosen")
    given = [len(side) for side in opinion.sentences]
    if given and given != [len(side.sentences(task.case)) for side in task.sides]:
        raise RatingError("not one mark for each sentence")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        return Rating(
            **opinion.model_dump(include=set(Opinion.model_fields)),
            rater=rater,
            case=task.case,
            sides=task.keys,
            at=now,
        )
    except ValidationError as error:
        raise RatingError(str(error.errors(include_url=False)[0]["msg"])) from error


def read_ratings(path: Path) -> list[Rating]:
    """The ratings of a file, the last one of a rater and task only; none where there is no file.

    A half-written line is passed over: what stopped it came before that rating was acknowledged.

    Raises:
        RatingError: The file cannot be read, or another line is not a rating: names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise RatingError(f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}") from error
    latest: dict[tuple[str, tuple[str, frozenset[str]]], Rating] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        rating = _rating(path, number, line)
        if rating is not None:
            latest.pop((rating.rater, rating.task), None)
            latest[rating.rater, rating.task] = rating
    return list(latest.values())


def add_rating(path: Path, rating: Rating) -> None:
    """Add a line, on the disk when this returns; several raters may write into one file.

    Raises:
        RatingError: The file cannot be written.
    """
    line = json.dumps(rating.model_dump(mode="json"), ensure_ascii=True, allow_nan=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+", buffering=0) as file:
            if _torn(file.fileno()):
                line = "\n" + line
            file.write(line.encode())
            os.fsync(file.fileno())
    except OSError as error:
        raise RatingError(f"{path}: {error.strerror or type(error).__name__}") from error


def done_by(rater: str, ratings: Sequence[Rating]) -> dict[tuple[str, frozenset[str]], Rating]:
    """What a rater has done, by task."""
    return {rating.task: rating for rating in ratings if rating.rater == rater}


def _torn(file: int) -> bool:
    """Whether the last line has no end, so that the next one must not be written into it."""
    size = os.fstat(file).st_size
    return size > 0 and os.pread(file, 1, size - 1) != b"\n"


def _rating(path: Path, number: int, line: str) -> Rating | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    try:
        return Rating.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        told = f"{field}: {first['msg']}" if field else first["msg"]
        raise RatingError(f"{path}, line {number}: not a rating: {told}") from error
