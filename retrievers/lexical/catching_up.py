"""The postings follow the catalogue: caught up by whoever holds their lock, built anew where they cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexers.errors import DocumentNotFound
from retrievers.errors import LexicalUnusable
from retrievers.lexical.commit import write
from retrievers.lexical.files import FOLDER, POSTINGS, dead_share, note_list, writing
from retrievers.lexical.index import LexicalIndex
from retrievers.lexical.schema import new_index, open_index

if TYPE_CHECKING:
    from pathlib import Path

    from indexers.store import Snapshot, Store

ATTEMPTS = 3
LARGEST_DEAD_SHARE = 0.1
"""Beyond it all is written anew: deleted rows go on weighing in BM25's word statistics until then."""


def catch_up(store: Store) -> LexicalIndex:
    """Bring ``INDEX/lexical`` to the store's present generation, building it anew where it cannot be used.

    Waits where another process is doing the same. The store is only read.

    Raises:
        LexicalUnusable: The folder cannot be written; searches go on, by an index in memory.
    """
    with writing(store.path / FOLDER, wait=True):
        return _caught_up(store, store.path / FOLDER)


def open_lexical(store: Store) -> LexicalIndex:
    """The lexical index, caught up where nobody else is at it, as it is where somebody is.

    Where the folder can be neither written nor read (or holds what the catalogue does not), the index is built in
    memory: the search works, at the cost of some seconds for 100,000 chunks.
    """
    folder = store.path / FOLDER
    being_written = False
    try:
        with writing(folder, wait=False) as held:
            if held:
                return _caught_up(store, folder)
            being_written = True
    except LexicalUnusable:
        pass  # a folder that cannot be written may still be read
    try:
        index = LexicalIndex.open(folder, being_written=being_written)
        _usable_from(index, store.snapshot(), folder)
    except LexicalUnusable:
        return LexicalIndex.in_memory(store.snapshot())
    return index


def _caught_up(store: Store, folder: Path) -> LexicalIndex:
    """The index at the store's present generation; the caller holds the folder's lock."""
    for _attempt in range(ATTEMPTS):
        try:
            return _brought_to(store.snapshot(), folder)
        except DocumentNotFound:
            continue  # removed by the store's writer while it was being read: the next snapshot no longer names it
    raise LexicalUnusable(path=str(folder), reason="documents go faster than they can be read")


def _brought_to(snapshot: Snapshot, folder: Path) -> LexicalIndex:
    try:
        index = open_index(folder)
        lexical = LexicalIndex(index, path=str(folder))
        since = _usable_from(lexical, snapshot, folder)
        if since == snapshot.generation:
            return lexical
        write(index, snapshot, since=since)
        if dead_share(folder / POSTINGS) > LARGEST_DEAD_SHARE:
            write(index, snapshot, since=None)
        note_list(folder)
        lexical = LexicalIndex(index, path=str(folder))
        _usable_from(lexical, snapshot, folder)
    except LexicalUnusable:
        index = new_index(folder)
        write(index, snapshot, since=None)
        note_list(folder)
        lexical = LexicalIndex(index, path=str(folder))
    return lexical


def _usable_from(lexical: LexicalIndex, snapshot: Snapshot, folder: Path) -> int:
    """The generation from which ``lexical`` can go on towards ``snapshot``."""
    stamp = lexical.stamp
    if stamp.index_id != snapshot.index_id:
        raise LexicalUnusable(path=str(folder), reason="it was made for another index")
    if stamp.generation > snapshot.generation:
        raise LexicalUnusable(path=str(folder), reason="it is newer than the catalogue, which was put back")
    if stamp.generation == snapshot.generation and lexical.chunks != snapshot.chunk_count:
        raise LexicalUnusable(path=str(folder), reason="it does not hold as many chunks as the catalogue")
    return stamp.generation
