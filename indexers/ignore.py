"""Which files and folders are not meant for the index: `.ragignore`, in gitignore's syntax, in any folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from indexers.errors import LoadError, SettingsError
from indexers.patterns import PathPattern, PatternMalformed, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

IGNORE_FILE = ".ragignore"
MOST_BYTES = 1_000_000


class IgnoreMalformed(LoadError):
    """A `.ragignore` cannot be read, so nobody knows which files of its folder were meant to stay out."""

    hint = (
        "Correct the file; until then its folder is left as it is in the index: nothing is added, changed or removed."
    )


@dataclass(frozen=True, slots=True)
class _Rules:
    """The lines of one file, each with its place; ``folder`` is where it lies below the root, "" for the root."""

    folder: str
    lines: tuple[tuple[PathPattern, str], ...]

    def judge(self, path: str, *, folder: bool) -> tuple[bool, str] | None:
        """Whether the last line that matches ignores the path, and its place; None where no line matches."""
        inside = path.removeprefix(f"{self.folder}/") if self.folder else path
        for pattern, place in reversed(self.lines):
            if pattern.matches_itself(inside, folder=folder):
                return not pattern.negated, place
        return None


@dataclass(frozen=True, slots=True)
class Ignore:
    """All rules that hold in one folder, the outermost first; a deeper file's rules come before those above it."""

    rules: tuple[_Rules, ...] = ()

    @classmethod
    def of_settings(cls, patterns: Sequence[str]) -> Self:
        """Rules that hold below every root, before any file's.

        Raises:
            SettingsError: A pattern is malformed.
        """
        rules = []
        for number, pattern in enumerate(patterns, start=1):
            try:
                compiled = compile_pattern(pattern)
            except PatternMalformed as error:
                raise SettingsError(f"sync.ignore: pattern {number}, {pattern[:80]!r}, {error}") from error
            if compiled is not None:
                rules.append((compiled, f"sync.ignore ({pattern})"))
        return cls((_Rules("", tuple(rules)),) if rules else ())

    def inside(self, folder: Path, relative: str, *, uri: str) -> Ignore:
        """The rules that hold in ``folder``: these, and those of the file that lies there, if one does.

        Args:
            folder: Where it is.
            relative: Where that is below the root, with "/".
            uri: The folder's, for messages.

        Raises:
            IgnoreMalformed: The file cannot be read or a line is no pattern; the message names file and line.
        """
        path = folder / IGNORE_FILE
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except FileNotFoundError:
            return self
        except OSError as error:
            raise IgnoreMalformed(f"{IGNORE_FILE} cannot be read: {error.strerror}") from error
        if len(data) > MOST_BYTES:
            raise IgnoreMalformed(f"{IGNORE_FILE} has more than {MOST_BYTES:,} bytes")
        lines = _parsed(data, name=f"{uri}/{IGNORE_FILE}")
        return Ignore((*self.rules, _Rules(relative, tuple(lines)))) if lines else self

    def why(self, relative: str, *, folder: bool) -> str | None:
        """The file and line by which the path below the root is ignored; None where it is not.

        What lies in an ignored folder is ignored with it: nobody asks about it.
        """
        for rules in reversed(self.rules):
            judged = rules.judge(relative, folder=folder)
            if judged is not None:
                ignored, place = judged
                return place if ignored else None
        return None


def _parsed(data: bytes, *, name: str) -> list[tuple[PathPattern, str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IgnoreMalformed(f"{IGNORE_FILE} is not UTF-8") from error
    lines = []
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            pattern = compile_pattern(line.removesuffix("\r"))
        except PatternMalformed as error:
            raise IgnoreMalformed(f"{IGNORE_FILE} line {number} {error}") from error
        if pattern is not None:
            lines.append((pattern, f"{name} line {number}"))
    return lines
