"""What a sync did, or would do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from indexers.document import PART_SEPARATOR
from indexers.roots import shown

if TYPE_CHECKING:
    from indexers.duplicates import Duplicate
    from indexers.errors import RagError
    from indexers.roots import Root

ChangeKind = Literal["added", "changed", "moved", "removed", "access"]


@dataclass(frozen=True, slots=True)
class Change:
    """One document that is not as it was. ``detail`` says from where it moved, what ignores it, or who may see it."""

    kind: ChangeKind
    uri: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file (a folder, a part of a file) that is not indexed as it now is, with the reason and what to do.

    ``error`` goes on where ``uri`` ends: it does not name the file again.
    """

    uri: str
    error: str
    hint: str


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a run did, counted in documents: those of the files and those of the files inside them.

    ``changes`` name them, but for ``unchanged``. ``access`` counts documents whose access list alone is another one.
    ``ignored`` counts files and whole folders that a `.ragignore` or the settings leave out. ``chunks`` and ``pages``
    are totals of the index; ``embedded`` counts the texts of this run.

    ``failures`` are by URI. A failed file that was indexed before keeps its last readable version. ``moved_roots`` are
    known roots that were found at another place, as they now are. ``duplicates`` are those among the documents that
    this run added or changed which say nearly what another one says.
    """

    added: int
    changed: int
    moved: int
    removed: int
    unchanged: int
    access: int
    ignored: int
    failed: int
    failures: tuple[Failure, ...]
    changes: tuple[Change, ...]
    chunks: int
    pages: int
    embedded: int
    seconds: float
    moved_roots: tuple[Root, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()


def failure_of(uri: str, error: RagError) -> Failure:
    """The failure as a report lists it: the loader's message without the name of the file, which the URI says."""
    message, file = str(error), shown(PurePosixPath(uri).name)
    for name in (file, file.rpartition(PART_SEPARATOR)[2]):
        if message.startswith((f"{name} ", f"{name}: ")):
            message = message[len(name) :].lstrip(": ")
            break
    return Failure(uri, message, error.hint)
