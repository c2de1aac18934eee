"""A question in, a proved answer out: prompt, generate, cite, verify."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.engine import Rag

__all__ = ["Rag"]


def __getattr__(name: str) -> object:
    """Import the engine when it is first asked for: the values of this room are also read without it."""
    if name == "Rag":
        from rag.engine import Rag

        return Rag
    raise AttributeError(f"module 'rag' has no attribute {name!r}")
