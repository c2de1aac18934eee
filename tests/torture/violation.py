"""What a trial says when an index does not hold what it promised."""

from __future__ import annotations


class Violation(AssertionError):
    """The index does not hold what it promised."""


def demand(held: bool, what: str) -> None:
    """An assertion that is never compiled away."""
    if not held:
        raise Violation(what)
