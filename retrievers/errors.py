"""The errors of searching.

RagError
└── RetrievalError            a search cannot be run
    └── LexicalUnusable       the lexical index is missing, damaged, or of another index or schema; it is rebuilt
"""

from __future__ import annotations

from indexers.errors import RagError


class RetrievalError(RagError):
    """A search cannot be run."""

    hint = "Run the search again; if it fails again, set retrieval.mode to dense in rag.toml."


class LexicalUnusable(RetrievalError):
    """The lexical folder is missing, damaged, or made for another index or by another version.

    Nothing is lost: it holds only what the catalogue holds, and is built again from it.
    """

    hint = "Delete the `lexical` folder inside the index folder; it is built again from the catalogue."

    def __init__(self, *, path: str, reason: str) -> None:
        super().__init__(f"the lexical index at {path} cannot be used: {reason}")
