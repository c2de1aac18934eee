"""Why a document or a page was not found: at which step it was lost, and what would have brought it in."""

from __future__ import annotations

from rag.why.values import Check, Remedy, State, Why

__all__ = ["Check", "Remedy", "State", "Why"]
