"""What an inquiry says: a check for each step, and remedies that were tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["passed", "missed", "lost", "not reached"]


@dataclass(frozen=True, slots=True)
class Check:
    """What one step did with the document or page.

    ``missed`` is said of a search that did not have it among its candidates while another one did. ``rank`` is its
    best chunk's in the step's order, from 1; None where the step orders nothing, or had it nowhere.
    """

    step: str
    state: State
    says: str
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something that brings it in.

    It was tried where it could be: ``rank`` is then the rank among the hits, ``source`` the number in the window of an
    answer; None for what the remedy is not about.
    """

    what: str
    rank: int | None = None
    source: int | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """What became of a document, or of a page of it, on the way from a question to hits and to an answer's window.

    ``rank`` is its best chunk's among the hits of a search with ``limit``, ``source`` its first number in the window;
    None where it is in neither. ``lost_at`` names the step that lost it on the way to the hits, else to the window.
    """

    question: str
    document: str
    page: int | None
    limit: int
    rank: int | None
    source: int | None
    lost_at: str | None
    checks: tuple[Check, ...]
    remedies: tuple[Remedy, ...] = ()
