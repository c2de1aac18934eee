"""What `rag status` tells of an index beyond its counts: how it was made, what is due, its roots, and its disk use."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from indexers.store import catalogue as query_of
from indexers.store import meta
from indexers.store.connection import CATALOGUE, SCHEMA_VERSION, SEGMENTS, Catalogue
from indexers.store.folder_checks import LATE, LEXICAL, SNAPSHOTS, lock_holder
from indexers.store.named import snapshots

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from indexers.roots import Root

RootState = Literal["there", "gone", "not mounted"]


@dataclass(frozen=True, slots=True)
class RootStanding:
    """A root, whether it can be looked at now, and how many documents came from it."""

    name: str
    path: Path
    state: RootState
    documents: int


@dataclass(frozen=True, slots=True)
class Overview:
    """How an index stands.

    ``due`` is why `rag rebuild --split` is due, ``unfinished`` the command that finishes a rebuild which was cut
    short; None where there is none. ``failed`` counts the files that are not indexed as they are. ``disk`` is in bytes
    by part: what snapshots share with the index counts once, under segments. ``writer`` is the process that is writing
    now (0: unknown which), None where none is.
    """

    schema: int
    index_id: str
    splitter: str
    due: str | None
    unfinished: str | None
    roots: tuple[RootStanding, ...]
    failed: int
    disk: Mapping[str, int]
    snapshots: tuple[str, ...]
    writer: int | None


def overview_of(folder: Path) -> Overview:
    """How the index in ``folder`` stands; no text or vector is read.

    Raises:
        StoreError: It cannot be opened, or what it says of itself is damaged.
    """
    catalogue = Catalogue(folder)
    try:
        with catalogue.reading() as connection:
            index, unfinished = meta.read(connection), meta.rebuild_begun(connection)
            counted = Counter(root for (root,) in connection.execute("SELECT root FROM documents"))
            roots = tuple(_standing(root, counted[root.name]) for root in query_of.roots(connection))
            failed = connection.execute("SELECT count(*) FROM files WHERE failure != '[]'").fetchone()[0]
    finally:
        catalogue.close()
    return Overview(
        schema=SCHEMA_VERSION,
        index_id=index.index_id,
        splitter=index.splitter,
        due=index.rebuild_due(),
        unfinished=unfinished,
        roots=roots,
        failed=int(failed),
        disk=disk_use(folder),
        snapshots=tuple(snapshots(folder)),
        writer=lock_holder(folder),
    )


def _standing(root: Root, documents: int) -> RootStanding:
    state: RootState = "there"
    if not os.path.lexists(root.path):
        state = "gone"
    elif root.mounted and not root.path.is_mount():
        state = "not mounted"
    return RootStanding(root.name, root.path, state, documents)


def disk_use(folder: Path) -> dict[str, int]:
    """The bytes of the index by part; a file under several names counts once, one that goes meanwhile not at all."""
    parts = dict.fromkeys(("catalogue", SEGMENTS, LEXICAL, LATE, SNAPSHOTS, "other"), 0)
    seen: set[tuple[int, int]] = set()
    for above, folders, files in os.walk(folder):
        folders.sort(key=lambda name: name == SNAPSHOTS)  # last, so that what is shared counts as the index's
        top = os.path.relpath(above, folder).partition(os.sep)[0]
        for name in files:
            with contextlib.suppress(FileNotFoundError):
                file = os.lstat(os.path.join(above, name))  # noqa: PTH118  as os.walk gives it
                if (file.st_dev, file.st_ino) not in seen:
                    seen.add((file.st_dev, file.st_ino))
                    own = "catalogue" if top == "." and name.startswith(CATALOGUE) else top
                    parts[own if own in parts else "other"] += file.st_size
    return parts
