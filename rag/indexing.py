"""What the settings mean for a sync, and what a sync would do to an index that need not be there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexers.access import AccessRule
from indexers.embedders import open_embedder
from indexers.errors import NotAnIndex
from indexers.store import Store
from indexers.sync import SyncOptions, preview_paths

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from indexers.report import SyncReport
    from indexers.sync import Progress
    from rag.settings import Settings


def sync_options(settings: Settings) -> SyncOptions:
    """The groups that a sync goes by."""
    return SyncOptions(
        loader=settings.loader,
        ocr=settings.ocr,
        parser=settings.parser,
        split=settings.split,
        store=settings.store,
        sync=settings.sync,
        access=tuple(
            AccessRule(rule.path, rule.groups, origin=f"access rule {number}")
            for number, rule in enumerate(settings.access, start=1)
        ),
    )


def preview_index(settings: Settings, paths: Sequence[Path], *, progress: Progress | None = None) -> SyncReport:
    """What indexing ``paths`` would do; nothing is written and no index is made.

    Raises:
        PathNotFound: A path is missing.
        StoreError: The index cannot be read, or holds another model's vectors.
        SettingsError: The index was made with other settings.
    """
    embedder, options = open_embedder(settings.embedder), sync_options(settings)
    try:
        store = Store.open(settings.index)
    except NotAnIndex:
        return preview_paths(None, paths, index=settings.index, embedder=embedder, options=options, progress=progress)
    with store:
        return preview_paths(store, paths, index=settings.index, embedder=embedder, options=options, progress=progress)
