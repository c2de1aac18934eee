"""What one file gives: its own document, those of the files inside it, and what of these could not be read."""

from __future__ import annotations

from dataclasses import dataclass

from indexers.document import Document
from indexers.errors import LoadError


@dataclass(frozen=True, slots=True)
class PartFailure:
    """A file inside a file that gives no document, with the reason; the others are read all the same."""

    uri: str
    error: LoadError


@dataclass(frozen=True, slots=True)
class Loaded:
    """The documents of one file: its own first, then those of its parts, each part before the parts inside it.

    A part's URI is ``FILE_URI!PART NAME``, that of a part inside a part ``FILE_URI!PART NAME!PART NAME``.
    """

    documents: tuple[Document, ...]
    failures: tuple[PartFailure, ...] = ()

    @property
    def document(self) -> Document:
        """The file's own document."""
        return self.documents[0]
