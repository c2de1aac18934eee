"""Filters: which documents a search may find, by what is known of them. `docs/filters.md` describes the language.

A filter is text, or built of these values: ``AllOf((Comparison("year", ">=", 2019), OneOf("kind", ("pdf", "docx"))))``.
"""

from __future__ import annotations

from retrievers.filters.conditions import AllOf, AnyOf, Comparison, Condition, Days, Like, Not, OneOf, Present

__all__ = ["AllOf", "AnyOf", "Comparison", "Condition", "Days", "Like", "Not", "OneOf", "Present"]
