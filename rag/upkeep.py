"""Keeping an index in order: what its store and its lexical index need looking after together."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from indexers.embed import token_embedder
from indexers.embedders import open_embedder
from indexers.errors import EmbedError, LateUnusable, StoreError
from indexers.late.folder import FOLDER as LATE
from indexers.late.folder import damaged_packs, drop_packs
from indexers.late.recorder import bring_up, lacking, recording
from indexers.store import Store, Writer
from indexers.store.backup import restore_backup
from indexers.store.doctor import examine, standing_of
from indexers.store.findings import repairable
from indexers.store.named import restore_snapshot
from indexers.store.rebuild import Rebuilt, rebuild_chunks, rebuild_segments, rebuild_vectors
from indexers.store.repair import Repaired, repair
from retrievers.errors import LexicalUnusable
from retrievers.lexical import FOLDER, LexicalIndex, catch_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from indexers.embed import Embedder
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
    return [*found, *_lexical(settings.index), *_late(settings, deep=deep)]


def mend(settings: Settings, *, drop: bool = False) -> Repaired:
    """Mend what can be mended without loss.

    Raises:
        StoreBusy: Another process is writing.
        StoreDamaged: What is damaged can only be restored.
    """
    repaired = repair(settings.index, embedder=open_embedder(settings.embedder), settings=settings.store, drop=drop)
    if any(True for _ in _lexical(settings.index)):
        _catch_up(settings.index)
        repaired.done.append("brought the lexical index up to the catalogue")
    if any(True for _ in _late(settings, deep=True)):
        with contextlib.suppress(LateUnusable):
            drop_packs(settings.index / LATE, damaged_packs(settings.index / LATE, deep=True))
        _bring_up(settings)
        repaired.done.append("computed the missing codes of late interaction")
    return repaired


def restore_file(settings: Settings, file: Path) -> Manifest:
    """Make the index that the settings name of a backup; errors as in ``restore_backup``."""
    manifest = restore_backup(settings.index, file, seal=_sealing(settings))
    _catch_up(settings.index)
    return manifest


def restore_name(settings: Settings, name: str) -> Manifest:
    """Bring the index that the settings name back to a snapshot; errors as in ``restore_snapshot``."""
    manifest = restore_snapshot(settings.index, name, seal=_sealing(settings))
    _catch_up(settings.index)
    return manifest


def rebuild(
    settings: Settings, *, split: bool = False, embed: bool = False, progress: Callable[[int, int], None] | None = None
) -> Rebuilt | None:
    """Build the index anew from its own texts.

    Args:
        settings: Which index, which embedder, and how texts are to be split.
        split: Cut every text as the settings say.
        embed: Embed everything by the settings' embedder, whatever the index has now.
        progress: Called with the documents done and in all.

    Returns:
        What was done; None where only segments and the lexical index were built.

    Raises:
        EmbedderMismatch: Texts are to be split, and the settings' embedder is not the index's.
        SettingsError: The embedder reads fewer tokens than ``split.max_tokens``.
        StoreError: Another process is writing, or the index is damaged.
    """
    folder, embedder = settings.index, open_embedder(settings.embedder)
    with Store.open(folder) as store:  # brings an old one up, and refuses a damaged one
        if split and not embed:
            store.check_embedder(embedder.identity)
    with recording(embedder, folder, wanted=settings.ranking.late_interaction) as recorder:
        rebuilt = _rebuilt(settings, recorder, split=split, embed=embed, progress=progress)
    _catch_up(folder)
    _bring_up(settings)
    return rebuilt


def _rebuilt(
    settings: Settings, embedder: Embedder, *, split: bool, embed: bool, progress: Callable[[int, int], None] | None
) -> Rebuilt | None:
    folder, longest = settings.index, settings.split.max_tokens
    if embed:
        most = longest if split else None
        return rebuild_vectors(folder, embedder=embedder, max_tokens=most, settings=settings.store, progress=progress)
    if split:
        return rebuild_chunks(folder, embedder=embedder, max_tokens=longest, settings=settings.store, progress=progress)
    rebuild_segments(folder, embedder=embedder, settings=settings.store)
    return None


@dataclass(frozen=True, slots=True)
class LexicalStanding:
    """How far the lexical index is: "current", "behind" by so many changes, or "unusable" (it is built again)."""

    state: Literal["current", "behind", "unusable"]
    behind: int = 0


def lexical_standing(folder: Path) -> LexicalStanding:
    """How the lexical index stands to the catalogue; the next search, or `rag index`, brings it up.

    Raises:
        StoreError: The catalogue cannot be opened.
    """
    standing = standing_of(folder)
    try:
        stamp = LexicalIndex.open(folder / FOLDER).stamp
    except LexicalUnusable:
        return LexicalStanding("unusable")
    if stamp.index_id != standing.index_id or stamp.generation > standing.generation:
        return LexicalStanding("unusable")
    behind = standing.generation - stamp.generation
    return LexicalStanding("behind" if behind else "current", behind)


@dataclass(frozen=True, slots=True)
class LateStanding:
    """Whether chunks have their codes: "current", "behind" by so many texts, "off", or "none" with this embedder."""

    state: Literal["current", "behind", "off", "none"]
    behind: int = 0


def late_standing(settings: Settings) -> LateStanding:
    """How the codes of late interaction stand to the catalogue; the next `rag index` brings them up.

    Raises:
        StoreError: The catalogue cannot be opened.
    """
    able = token_embedder(open_embedder(settings.embedder))
    if not settings.ranking.late_interaction or able is None:
        return LateStanding("off" if able is not None else "none")
    with Store.open(settings.index) as store:
        if (store.embedder.name, store.embedder.weights) != (able.identity.name, able.identity.weights):
            return LateStanding("none")  # which is told of the embedder
        behind = lacking(store, able)
    return LateStanding("behind" if behind else "current", behind)


def _late(settings: Settings, *, deep: bool) -> Iterator[Finding]:
    bad = damaged_packs(settings.index / LATE, deep=deep)
    for name in bad:
        yield repairable("late", f"{LATE}/{name[:12]}", "does not match its checksum")
    try:
        standing = late_standing(settings)
    except (StoreError, EmbedError):
        return  # told of the catalogue, and of the embedder
    if standing.behind and not bad:
        yield repairable("late", LATE, f"has no codes of {standing.behind:,} texts")


def _sealing(settings: Settings) -> Callable[[Path], None]:
    def seal(folder: Path) -> None:
        with Writer(folder, open_embedder(settings.embedder), settings.store) as writer:
            writer.seal()

    return seal


def _bring_up(settings: Settings) -> None:
    with contextlib.suppress(LateUnusable), Store.open(settings.index) as store:
        bring_up(store, open_embedder(settings.embedder), wanted=settings.ranking.late_interaction)


def _catch_up(folder: Path) -> None:
    with contextlib.suppress(LexicalUnusable), Store.open(folder) as store:
        catch_up(store)


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
