"""Examines an index without changing it: what is damaged, missing, left over or open to others."""

from __future__ import annotations

import contextlib
import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexers.errors import EmbedderMismatch, EmbedError, SchemaMismatch, StoreDamaged
from indexers.store import acknowledged, meta, tallies
from indexers.store import catalogue as query_of
from indexers.store.connection import CATALOGUE, SCHEMA_VERSION, SEGMENTS, Catalogue
from indexers.store.findings import REPAIR, Damage, Finding, repairable
from indexers.store.folder_checks import check_folder
from indexers.store.row_checks import find_damage, has_source, lenient_text
from indexers.store.segment_file import check_segment

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from indexers.embed import Embedder
    from indexers.roots import Root
    from indexers.store.acknowledged import Commit
    from indexers.store.meta import IndexMeta


LOST = "rag restore FILE, or index into a new folder"
"""What is left where the catalogue cannot be read at all; whoever never made a backup still has the files."""


def examine(folder: Path, *, embedder: Embedder, deep: bool = False) -> list[Finding]:
    """Everything that is wrong with the index in ``folder``; its lexical index apart, which the retrievers know.

    Args:
        folder: The index.
        embedder: As configured.
        deep: Every row, text, vector and link, and the model itself; otherwise the descriptions and the segments.

    Raises:
        NotAnIndex: There is no catalogue.
        SchemaMismatch: Another version of Plumbline wrote it.
    """
    promised = acknowledged.noted(folder)
    try:
        catalogue = Catalogue(folder)
    except SchemaMismatch as error:
        if error.found > SCHEMA_VERSION:
            raise
        return [
            Finding(
                "catalogue",
                CATALOGUE,
                f"has schema {error.found}, {SCHEMA_VERSION} is due; opening brings it up",
                "rag status",
            )
        ]
    except StoreDamaged as error:
        broken = Finding("catalogue", CATALOGUE, str(error), LOST)
        return [broken, *check_folder(folder, segments=None)]
    try:
        with catalogue.reading() as connection:
            connection.text_factory = lenient_text
            found, names = _in_catalogue(connection, embedder, deep=deep)
            found += _lost_changes(connection, folder, promised)
            found += _hidden_rows(connection)
        bad = _bad_segments(folder, names or [])
        with catalogue.reading() as connection:  # a writer may have folded segments since
            names = _segment_names(connection)
        found += [finding for name, finding in bad.items() if names is None or name in names]
    except StoreDamaged as error:
        broken = Finding("catalogue", CATALOGUE, str(error), LOST)
        return [broken, *check_folder(folder, segments=None)]
    finally:
        catalogue.close()
    return [*found, *check_folder(folder, segments=names)]


def damage_of(catalogue: Catalogue, embedder: Embedder, *, deep: bool) -> Damage:
    """The rows of an open catalogue that cannot be trusted."""
    with catalogue.reading() as connection:
        connection.text_factory = lenient_text
        try:
            return find_damage(connection, description(connection), embedder=embedder, deep=deep)
        finally:
            connection.text_factory = str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the catalogue stands, for what is derived from it; ``chunks`` counts those of current versions."""

    index_id: str
    generation: int
    chunks: int


def standing_of(folder: Path) -> Standing:
    """Where the catalogue of ``folder`` stands; no text or vector is read.

    Raises:
        StoreError: It cannot be opened, or its description or a counter is damaged.
    """
    catalogue = Catalogue(folder)
    try:
        with catalogue.reading() as connection:
            _, chunks = query_of.counts(connection)
            return Standing(meta.read(connection).index_id, meta.counter(connection, "generation"), chunks)
    finally:
        catalogue.close()


def description(connection: sqlite3.Connection) -> IndexMeta | None:
    """What the index says of itself, None where that is damaged."""
    try:
        return meta.read(connection)
    except (StoreDamaged, ValueError, TypeError, KeyError):
        return None


def _in_catalogue(
    connection: sqlite3.Connection, embedder: Embedder, *, deep: bool
) -> tuple[list[Finding], list[str] | None]:
    index = description(connection)
    damage = find_damage(connection, index, embedder=embedder, deep=deep)
    documents = connection.execute("SELECT id, uri, file, root FROM documents ORDER BY uri").fetchall()
    uris = {str(name): str(uri) for name, uri, *_ in documents}
    found = list(damage.findings(uris))
    names = _segment_names(connection)
    if index is not None:
        found += _embedder(connection, index, embedder, deep=deep)
        if (due := index.rebuild_due()) is not None:
            found.append(Finding("rebuild", "the chunks", due, "rag rebuild --split"))
        with contextlib.suppress(StoreDamaged):  # told among the rows
            if (finish := meta.rebuild_begun(connection)) is not None:
                found.append(Finding("rebuild", "a rebuild", "was begun and not finished", finish))
    with contextlib.suppress(StoreDamaged):  # told among the rows
        found += _sources(query_of.roots(connection), [(str(file), str(root)) for _, _, file, root in documents])
    return found, names


def _lost_changes(connection: sqlite3.Connection, folder: Path, promised: Commit | None) -> Iterator[Finding]:
    try:
        acknowledged.check(connection, promised, folder=folder)
    except acknowledged.ChangesLost as error:
        yield Finding("catalogue", folder.name, str(error), f"rag restore FILE, or go on without: {REPAIR} --drop")
    except StoreDamaged:
        return  # told among the rows


def _hidden_rows(connection: sqlite3.Connection) -> Iterator[Finding]:
    for table in tallies.SUMMED:
        try:
            tallies.check_all(connection, table)
        except StoreDamaged as error:
            yield Finding(
                "catalogue", table, str(error), f"{REPAIR}, and {REPAIR} --drop to go on without what is lost"
            )


def _segment_names(connection: sqlite3.Connection) -> list[str] | None:
    try:
        return query_of.segment_names(connection)
    except StoreDamaged:
        return None  # told among the rows


def _bad_segments(folder: Path, names: Sequence[str]) -> dict[str, Finding]:
    bad = {}
    for name in names:
        try:
            check_segment(folder / SEGMENTS, name)
        except StoreDamaged as error:
            bad[name] = repairable("segment", name[:12], str(error).removeprefix(f"segment {name[:12]} "))
    return bad


def _embedder(connection: sqlite3.Connection, index: IndexMeta, embedder: Embedder, *, deep: bool) -> Iterator[Finding]:
    name = index.embedder.name
    try:
        meta.check_identity(index.embedder, embedder.identity)
        stored = meta.get(connection, "fixed_vector") if deep else None
        if deep:
            vector = embedder.embed_passages([meta.FIXED_SENTENCE])[0]
            if stored is not None:
                meta.check_fixed_vector(index.embedder, meta.decode_vector(stored), vector)
    except EmbedderMismatch as error:
        yield Finding("embedder", name, str(error), f"rag rebuild --embed, or set embedder.model to {name}")
    except EmbedError as error:
        yield Finding("embedder", name, f"is not available: {error}", error.hint)
    except StoreDamaged:
        return  # told among the rows


def _sources(roots: Sequence[Root], documents: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    for root in roots:
        path = shlex.quote(str(root.path))
        forget = f"rag rm --root {shlex.quote(root.name)}"
        if not os.path.lexists(root.path):
            yield Finding("root", root.name, f"{root.path} is gone", f"rag index NEW_PLACE if it moved, else {forget}")
        elif root.mounted and not root.path.is_mount():
            yield Finding("root", root.name, f"{root.path} is not mounted", f"mount {path}")
        else:
            gone = [uri for uri, name in documents if name == root.name and not has_source(root, uri)]
            if gone:
                told = f"{len(gone)} of its files are gone, such as {gone[0]}"
                yield Finding("source", root.name, told, f"rag index {path}")
