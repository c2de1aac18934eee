"""In what order sources are shown: by document, and the documents as the setting says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexers.document import Document
    from retrievers.settings import Order

DATE_FIELDS = ("date", "modified", "created")
"""Of a document's metadata, the first of them that it has."""


def ordered_documents(worth: Mapping[int, float], documents: Sequence[Document], order: Order) -> list[int]:
    """The numbers of the documents in the order in which their sources are shown.

    Sources of a document stay together, in the order of its text, so that its name is said once and what belongs
    together is read together. ``edges`` puts the best document first, the next best last and the weakest in the
    middle, since models read the middle least (Liu et al., TACL 2024, arXiv:2307.03172). ``relevance`` is best first,
    ``document`` by URI, ``date`` oldest first, those without a date before all. All ties are broken by URI.

    Args:
        worth: Of each document that has sources, by its number.
        documents: All documents, by number.
        order: The setting.
    """
    if order == "document":
        return sorted(worth, key=lambda number: _name(documents[number]))
    if order == "date":
        return sorted(worth, key=lambda number: (_date(documents[number]), _name(documents[number])))
    best_first = sorted(worth, key=lambda number: (-worth[number], _name(documents[number])))
    return best_first if order == "relevance" else [*best_first[::2], *reversed(best_first[1::2])]


def _name(document: Document) -> tuple[str, str]:
    return document.uri, document.version


def _date(document: Document) -> str:
    """As ISO 8601 has it, which sorts as text; "" where there is none."""
    said = dict(document.metadata)
    return next((said[name] for name in DATE_FIELDS if said.get(name)), "")
