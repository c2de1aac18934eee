"""Folders on disk and an index beside them, for tests of the sync."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from indexers.hashing import HashingEmbedder
from indexers.settings import ParserSettings
from indexers.store import Store
from indexers.sync import Progress, SyncOptions, SyncReport, preview_paths, sync_paths

EMBEDDER = HashingEmbedder(dimension=32)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


HERE = ParserSettings(workers=0)
"""Files are read in this process, which starts at once; the other way has tests of its own."""


def sync(store: Store, /, *paths: Path, progress: Progress | None = None, **options: Any) -> SyncReport:
    with_options = SyncOptions(parser=HERE, **options)
    return sync_paths(store, paths, embedder=EMBEDDER, options=with_options, progress=progress)


def preview(store: Store | None, /, paths: Sequence[Path], *, index: Path, **options: Any) -> SyncReport:
    return preview_paths(store, paths, index=index, embedder=EMBEDDER, options=SyncOptions(parser=HERE, **options))


def counts(report: SyncReport) -> dict[str, int]:
    names = ("added", "changed", "moved", "removed", "unchanged", "access", "ignored", "failed")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def uris(store: Store) -> list[str]:
    return [entry.uri for entry in store.snapshot().documents()]


def text_of(store: Store, name: str) -> str:
    return store.snapshot().document(name).text
