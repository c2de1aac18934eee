"""The errors of searching.

RagError
└── RetrievalError            a search cannot be run
    ├── AdapterUnusable       the query adapter is damaged, or cannot be read or written
    ├── RankerUnusable        the cross-encoder that is named cannot be loaded, or gives no scores
    ├── LexicalUnusable       the lexical index is missing, damaged, or of another index or schema; it is rebuilt
    └── FilterError           a filter cannot be taken as it is
        ├── FilterSyntax      it is no filter
        ├── FilterTooLarge    it is too long, too deep, or has too many values
        ├── UnknownField      no document has such a field
        └── FilterType        a field is compared with what it cannot be compared with
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexers.errors import RagError

if TYPE_CHECKING:
    from collections.abc import Sequence


class RetrievalError(RagError):
    """A search cannot be run."""

    hint = "Run the search again; if it fails again, set retrieval.mode to dense in rag.toml."


class AdapterUnusable(RetrievalError):
    """The query adapter is damaged, is not there, or cannot be written."""

    hint = "Make it anew with `rag tune`, or delete the file; searches do without one."

    def __init__(self, *, path: str, reason: str) -> None:
        super().__init__(f"the query adapter {path} cannot be used: {reason}")


class RankerUnusable(RetrievalError):
    """The cross-encoder that the settings name cannot be loaded, or gives no scores."""

    hint = "Name another model in ranking.model, or leave it out: searches work without."

    def __init__(self, *, model: str, reason: str) -> None:
        super().__init__(f"the cross-encoder {model} cannot be used: {reason}")
        self.reason = reason


class LexicalUnusable(RetrievalError):
    """The lexical folder is missing, damaged, or made for another index or by another version.

    Nothing is lost: it holds only what the catalogue holds, and is built again from it.
    """

    hint = "Delete the `lexical` folder inside the index folder; it is built again from the catalogue."

    def __init__(self, *, path: str, reason: str) -> None:
        super().__init__(f"the lexical index at {path} cannot be used: {reason}")


class FilterError(RetrievalError):
    """A filter cannot be taken as it is."""

    hint = "docs/filters.md describes filters."


class FilterSyntax(FilterError):
    """A text is no filter. ``at`` is the place, from 0."""

    hint = 'Compare fields with values, as in: year >= 2019 and kind = "pdf" and not path like "drafts/*".'

    def __init__(self, *, at: int, found: str, expected: Sequence[str]) -> None:
        stands = f"found {found!a}" if found else "found the end"
        super().__init__(f"the filter is wrong at character {at + 1}: {stands} instead of {' or '.join(expected)}")
        self.at = at
        if found[:1].isalpha() and _TEXT in expected:
            self.hint = f'Put words in quotes: "{found}".' if found.isascii() else "Put words in quotes."
        elif found in _OTHER_SIGNS:
            self.hint = f"Write {_OTHER_SIGNS[found]} instead of {found}."
        elif found in ('"', "'"):
            self.hint = "Close the quotes; a quotation mark inside is written with a backslash before it."


class FilterTooLarge(FilterError):
    """A filter is too long, nested too deep, or has too many values."""

    hint = 'Shorten the filter: a pattern (path like "a/*") or a range often says the same as a long list.'


MOST_FIELDS_TOLD = 40
"""Documents bring fields of their own, as many and as long as their authors like."""


class UnknownField(FilterError):
    """No document that may be seen has such a field."""

    def __init__(self, *, name: str, at: int | None, nearest: Sequence[str], known: Sequence[str]) -> None:
        where = "" if at is None else f" (character {at + 1})"
        told = ", ".join(each[:40] for each in known[:MOST_FIELDS_TOLD])
        more = f" and {len(known) - MOST_FIELDS_TOLD:,} more" if len(known) > MOST_FIELDS_TOLD else ""
        super().__init__(f"there is no field {name[:40]!a}{where}; the fields are {told}{more}")
        guess = " or ".join(nearest)
        self.hint = f"Did you mean {guess}?" if guess else "Use one of the fields that the message lists."


class FilterType(FilterError):
    """A field is compared with a value of another type, or in a way that its type does not know."""

    def __init__(self, *, name: str, at: int | None, kind: str, value: object, hint: str) -> None:
        where = "" if at is None else f" (character {at + 1})"
        super().__init__(f"the field {name} holds {kind}{where}; it cannot be compared with {str(value)[:40]!a}")
        self.hint = hint


_TEXT = "a text in quotes"
_OTHER_SIGNS = {
    "==": "=",
    "<>": "!=",
    "=<": "<=",
    "=>": ">=",
    "&&": "and",
    "||": "or",
    "~": "like",
    "&": "and",
    "|": "or",
    "!": "not",
}
