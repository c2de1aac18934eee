"""What a search did, step by step: a returned value that refers to the lists that the search made anyway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retrievers.hit import Hit


@dataclass(frozen=True, slots=True)
class Step:
    """What came out of one step of a search, best first, ranks from 1.

    ``limit`` is the most that the step lets through; None where it drops nothing.
    """

    name: str
    hits: Sequence[Hit]
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps of one search, in order, at least one; the last one's hits are what the search returns."""

    steps: tuple[Step, ...]

    @property
    def hits(self) -> Sequence[Hit]:
        """What the search found, best first."""
        return self.steps[-1].hits
