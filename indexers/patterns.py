"""Patterns of paths in gitignore's syntax, compiled one by one, so that a malformed one can be named."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

MOST_PATTERN_CHARS = 1000
MOST_STARS = 4
"""In one name of a pattern, and ``**`` in the whole of it: more can make a match take longer than anybody waits."""


_FOLDER_END = "ps_d"
"""The group by which `pathspec` marks the "/" behind a name that a pattern ends at."""


class PatternMalformed(ValueError):
    """The pattern cannot be read; the text says why and does not repeat the pattern."""


@dataclass(frozen=True, slots=True)
class PathPattern:
    """One pattern; ``negated`` is one with "!"."""

    regex: re.Pattern[str]
    negated: bool

    def matches_itself(self, path: str, *, folder: bool) -> bool:
        """Whether the path is what is meant, not only something that lies in a folder that is meant.

        `pathspec` takes both together; git asks about each folder on the way down by itself.
        """
        if _FOLDER_END not in self.regex.groupindex:
            return self.regex.search(path) is not None
        ends = (match.start(_FOLDER_END) for match in self.regex.finditer(f"{path}/" if folder else path))
        return any(end in (-1, len(path)) for end in ends)

    def holds(self, path: str) -> bool:
        """Whether the file at the path is meant, or a folder above it."""
        return self.regex.search(path) is not None


def compile_pattern(pattern: str) -> PathPattern | None:
    """The pattern, to be held against paths with "/" between names; None for a blank line or a comment.

    Raises:
        PatternMalformed: It is no pattern.
    """
    from pathspec import GitIgnoreSpec

    if len(pattern) > MOST_PATTERN_CHARS:
        raise PatternMalformed(f"has {len(pattern):,} characters, the most is {MOST_PATTERN_CHARS:,}")
    names = pattern.split("/")
    if any(name.count("*") > MOST_STARS for name in names) or names.count("**") > MOST_STARS:
        raise PatternMalformed(f"has more than {MOST_STARS} stars in one name, or as many **")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # a class such as [[:alpha:]] would be read as other letters
            compiled = GitIgnoreSpec.from_lines([pattern]).patterns
    except (ValueError, re.error, FutureWarning) as error:
        raise PatternMalformed("is not a pattern of gitignore's syntax") from error
    regex = compiled[0].regex if compiled else None
    return None if regex is None else PathPattern(regex, negated=not compiled[0].include)
