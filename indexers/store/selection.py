"""Some rows of a segment: the ranges of the documents that may be found, and what a search derives of them, once."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The positions of a selection list by list: those of list ``i`` are ``positions[starts[i]:starts[i + 1]]``."""

    positions: NDArray[np.int32]
    starts: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many of the positions each list has."""
        return np.diff(self.starts)

    def of(self, lists: NDArray[np.int64]) -> NDArray[np.int64]:
        """The positions of these lists."""
        parts = [self.positions[self.starts[one] : self.starts[one + 1]] for one in lists.tolist()]
        return np.concatenate(parts, dtype=np.int64) if parts else np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)  # no slots, which would leave no room for what is kept
class Selection:
    """The positions ``[begins[i], ends[i])`` of a set of ``size``, which do not overlap. Safe for several threads."""

    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    size: int

    @functools.cached_property
    def count(self) -> int:
        """How many positions these are."""
        return int((self.ends - self.begins).sum())

    def only(self, which: NDArray[np.int64]) -> Selection:
        """The ranges of these numbers."""
        return Selection(self.begins[which], self.ends[which], self.size)

    def positions(self) -> NDArray[np.int64]:
        """Each position, range after range."""
        return ranges(self.begins, self.ends - self.begins)

    @functools.cached_property
    def few(self) -> NDArray[np.int64]:
        """The same, kept: for selections that are scored row by row."""
        return self.positions()

    @functools.cached_property
    def bits(self) -> NDArray[np.uint8]:
        """For each position of the set a bit, the lowest first: whether it is among these. Takes 4 ms at a million."""
        steps = np.zeros(self.size + 1, dtype=np.int8)
        np.add.at(steps, self.begins, 1)
        np.subtract.at(steps, self.ends, 1)
        return np.packbits(np.cumsum(steps[:-1], dtype=np.int8).view(np.bool_), bitorder="little")

    def spread(self, list_of: NDArray[np.uint16], lists: int) -> Spread:
        """Sorted by list, computed when it is first asked for: 20 ms for 100,000 positions of a million.

        Args:
            list_of: The list of each position of the set, always the same array.
            lists: How many there are.
        """
        held: Spread | None = self.__dict__.get("_spread")
        if held is None:
            positions = self.positions()
            numbers = list_of[positions]
            starts = np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=lists))])
            order = np.argsort(numbers, kind="stable")
            held = self.__dict__["_spread"] = Spread(positions[order].astype(np.int32), starts)
        return held


def ranges(firsts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """``first, first + 1, …`` for each first, as many as its count says."""
    before = np.cumsum(counts) - counts
    return np.repeat(firsts - before, counts) + np.arange(int(counts.sum()), dtype=np.int64)
