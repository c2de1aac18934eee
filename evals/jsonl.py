"""Strangers' JSON lines into checked models: every complaint names the file, the line and the field."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.errors import CaseError


class Line(BaseModel):
    """A line of a stranger's file: keys that mean nothing to us are let through, near misses are not."""

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)


class ForeignLine(Line):
    """A line of another tool's file, whose other keys may well look like those that we read."""


M = TypeVar("M", bound=Line)


def read_lines(path: Path, model: type[M]) -> Iterator[tuple[int, M]]:
    """The checked lines of a JSONL file with their numbers (from 1); blank lines are passed over.

    Raises:
        CaseError: The file cannot be read, is empty, or a line is not a JSON object of this shape.
    """
    found = False
    # split("\n"), since str.splitlines would also cut at U+2028, which JSON allows inside a string
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            found = True
            yield number, _parse(path, number, line, model)
    if not found:
        raise CaseError(path, "the file holds no line")


def sift_lines(path: Path, model: type[M]) -> tuple[list[tuple[int, M]], list[CaseError]]:
    """As `read_lines`, but a bad line costs itself alone: the good lines, and the complaint about each other one.

    Raises:
        CaseError: The file cannot be read or holds no line.
    """
    good: list[tuple[int, M]] = []
    bad: list[CaseError] = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            try:
                good.append((number, _parse(path, number, line, model)))
            except CaseError as error:
                bad.append(error)
    if not good and not bad:
        raise CaseError(path, "the file holds no line")
    return good, bad


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        CaseError: It cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaseError(path, f"not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise CaseError(path, error.strerror or type(error).__name__) from error


def _parse(path: Path, number: int, line: str, model: type[M]) -> M:
    try:
        value = model.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise CaseError(path, _plain(first["msg"]), line=number, field=field or None) from error
    _refuse_near_misses(path, number, value)
    return value


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")


def _refuse_near_misses(path: Path, number: int, value: Line, prefix: str = "") -> None:
    """Refuse an unknown key that looks like a known one: `answerble` ignored would turn a case into its opposite."""
    if isinstance(value, ForeignLine):
        return
    fields = type(value).model_fields
    missing = [name for name in fields if name not in value.model_fields_set]
    for key in value.model_extra or {}:
        for name in difflib.get_close_matches(key.lower(), missing, n=1, cutoff=0.8):
            raise CaseError(path, f"unknown key; did you mean {name!r}?", line=number, field=prefix + key)
    for name in fields:
        item = getattr(value, name)
        for position, inner in enumerate(item if isinstance(item, tuple) else ()):
            if isinstance(inner, Line):
                _refuse_near_misses(path, number, inner, f"{prefix}{name}.{position}.")
