"""Bring the index up to what lies in folders and files: added, changed, moved, removed and unchanged, root by root."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indexers.access import AccessRule, AccessRules
from indexers.carry_out import Progress, Run, same_documents
from indexers.errors import SettingsError
from indexers.ignore import Ignore
from indexers.load import LoadLimits
from indexers.rehearsal import Rehearsal
from indexers.report import Change, Failure, SyncReport
from indexers.roots import choose_targets
from indexers.settings import (
    LoaderSettings,
    OcrSettings,
    ParserSettings,
    SplitSettings,
    StoreSettings,
    SyncSettings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from indexers.embed import Embedder
    from indexers.store import Store, Writer

__all__ = ["Change", "Failure", "Progress", "SyncOptions", "SyncReport", "preview_paths", "sync_paths"]


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """How a sync reads, splits and stores.

    ``split`` None takes what the index was made with. The last of the ``access`` rules that matches a document decides
    who may see it, where no access list lies nearer; without one it is nobody but the owner.
    """

    loader: LoaderSettings = field(default_factory=LoaderSettings)
    ocr: OcrSettings = field(default_factory=OcrSettings)
    parser: ParserSettings = field(default_factory=ParserSettings)
    split: SplitSettings | None = None
    store: StoreSettings = field(default_factory=StoreSettings)
    sync: SyncSettings = field(default_factory=SyncSettings)
    access: tuple[AccessRule, ...] = ()


def sync_paths(
    store: Store,
    paths: Sequence[Path],
    *,
    embedder: Embedder,
    options: SyncOptions = SyncOptions(),  # frozen
    progress: Progress | None = None,
) -> SyncReport:
    """Index files and folders, and forget what is gone from them; roots that were not given are left alone.

    Every document is durable by itself: after an interrupt or a kill the next run goes on where this one was.

    Args:
        store: The index.
        paths: Folders become roots and are remembered; a path inside a root is a part of it.
        embedder: The index's model.
        options: What a file may cost, what is ignored, who may see what.
        progress: Told how far the run is.

    Raises:
        PathNotFound: A path is missing; nothing was done.
        SettingsError: The index was split otherwise, or a pattern or an access rule is malformed; nothing was done.
        EmbedderMismatch: The index holds another model's vectors; nothing was done.
        StoreError: Another writer is at work, or the disk is full; what was acknowledged stays.
        EmbedError: The model cannot be loaded, or no longer answers; what was acknowledged stays.
        ParserUnavailable: No process can be started to read files in; what was acknowledged stays.
    """
    began = time.monotonic()
    store.check_embedder(embedder.identity)
    index = store.path.resolve()
    run = _prepared(store, embedder, options, folder=index / "reading")
    known = store.snapshot().documents()
    choose_targets(paths, store.roots(), index=index, same=same_documents(known))  # told even while another writes
    with store.writer(embedder, settings=options.store) as writer:
        carried_out = run(writer)
        carried_out.sync(paths, index=index, progress=progress)
        writer.seal()
        return carried_out.report(seconds=time.monotonic() - began)


def preview_paths(
    store: Store | None,
    paths: Sequence[Path],
    *,
    index: Path,
    embedder: Embedder,
    options: SyncOptions = SyncOptions(),  # frozen
    progress: Progress | None = None,
) -> SyncReport:
    """What `sync_paths` would do: the same report, with nothing written, nothing embedded and no lock taken.

    New and changed files are read and split, so the failures and the number of texts to embed are the real ones.

    Args:
        store: The index; None where there is none yet.
        paths: As for `sync_paths`.
        index: The index folder, which holds no documents.
        embedder: Whose pieces are counted.
        options: As for `sync_paths`.
        progress: Told how far it is.

    Raises:
        PathNotFound, SettingsError, EmbedderMismatch: As `sync_paths`.
    """
    began = time.monotonic()
    if store is not None:
        store.check_embedder(embedder.identity)
    run = _prepared(store, embedder, options, folder=None)(Rehearsal(store, embedder))
    run.sync(paths, index=index.resolve(), progress=progress)
    return run.report(seconds=time.monotonic() - began)


def limits_of(loader: LoaderSettings, ocr: OcrSettings) -> LoadLimits:
    """The two groups as what a loader is told."""
    return LoadLimits(
        **loader.model_dump(),
        ocr=ocr.enabled,
        ocr_language=ocr.language,
        ocr_pages=ocr.pages,
        ocr_seconds=ocr.page_seconds,
        image_pixels=ocr.image_pixels,
    )


def _prepared(
    store: Store | None, embedder: Embedder, options: SyncOptions, *, folder: Path | None
) -> Callable[[Writer | Rehearsal], Run]:
    """Everything that may be refused is refused here, before a lock is taken."""
    limits = limits_of(options.loader, options.ocr)
    rules, ignore = AccessRules(options.access), Ignore.of_settings(options.sync.ignore)
    max_tokens, seal_rows = _max_tokens(store, options), options.store.seal_rows

    def run(writer: Writer | Rehearsal) -> Run:
        return Run(
            writer,
            embedder,
            limits=limits,
            parser=options.parser,
            folder=folder,
            rules=rules,
            ignore=ignore,
            max_tokens=max_tokens,
            seal_rows=seal_rows,
        )

    return run


def _max_tokens(store: Store | None, options: SyncOptions) -> int:
    wanted = options.split.max_tokens if options.split else None
    if store is None:
        return wanted or SplitSettings().max_tokens
    if wanted is not None and wanted != store.max_tokens:
        made_with = f"{store.path} was made with split.max_tokens = {store.max_tokens}"
        raise SettingsError(f"{made_with}, settings say {wanted}; keep that, or run `rag rebuild --split`")
    return store.max_tokens
