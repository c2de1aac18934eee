"""Keeping an index in order: what its store and its lexical index need looking after together."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from indexers.embedders import open_embedder
from indexers.errors import StoreError
from indexers.store import Store
from indexers.store.doctor import examine, standing_of
from indexers.store.findings import repairable
from indexers.store.repair import Repaired, repair
from retrievers.errors import LexicalUnusable
from retrievers.lexical import LexicalIndex, catch_up
from retrievers.lexical_files import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from indexers.store.findings import Finding
    from indexers.store.whole_copy import Manifest
    from rag.settings import Settings


def check_up(settings: Settings, *, deep: bool = False) -> list[Finding]:
    """Everything that is wrong with the index that the settings name; it is only read.

    Args:
        settings: Which index, and which embedder it should have.
        deep: Every row, text and vector, and the model itself.

    Raises:
        NotAnIndex: There is no index.
        SchemaMismatch: Another version of Plumbline wrote it.
    """
    found = examine(settings.index, embedder=open_embedder(settings.embedder), deep=deep)
    return [*found, *_lexical(settings.index)]


def mend(settings: Settings, *, drop: bool = False) -> Repaired:
    """Mend what can be mended without loss.

    Raises:
        StoreBusy: Another process is writing.
        StoreDamaged: What is damaged can only be restored.
    """
    repaired = repair(settings.index, embedder=open_embedder(settings.embedder), settings=settings.store, drop=drop)
    if any(True for _ in _lexical(settings.index)):
        with contextlib.suppress(LexicalUnusable), Store.open(settings.index) as store:
            catch_up(store)
            repaired.done.append("brought the lexical index up to the catalogue")
    return repaired


def restore(folder: Path, bring_back: Callable[[], Manifest]) -> Manifest:
    """Bring an index back from a copy, and its lexical index with it.

    Args:
        folder: The index.
        bring_back: Restores the store from a backup or a snapshot.
    """
    manifest = bring_back()
    with contextlib.suppress(LexicalUnusable), Store.open(folder) as store:
        catch_up(store)
    return manifest


def _lexical(folder: Path) -> Iterator[Finding]:
    try:
        standing = standing_of(folder)
    except StoreError:
        return  # told of the catalogue
    if standing.chunks == 0 and not (folder / FOLDER).exists():
        return  # nothing has been indexed or searched yet
    try:
        lexical = LexicalIndex.open(folder / FOLDER)
    except LexicalUnusable as error:
        yield repairable("lexical", FOLDER, str(error).partition("cannot be used: ")[2])
        return
    if lexical.stamp.index_id != standing.index_id:
        yield repairable("lexical", FOLDER, "was made for another index, or before a repair or a restore")
    elif lexical.stamp.generation != standing.generation:
        told = f"has generation {lexical.stamp.generation}, the catalogue {standing.generation}"
        yield repairable("lexical", FOLDER, told)
    elif lexical.chunks != standing.chunks:
        yield repairable("lexical", FOLDER, f"holds {lexical.chunks} chunks, the catalogue {standing.chunks}")
