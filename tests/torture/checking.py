"""What must be true of an index whatever happened to it, and all that it answers, so that two can be compared."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from indexers.errors import NotAnIndex, StoreDamaged
from indexers.store import Store
from indexers.store.named import check_snapshot, snapshots
from indexers.store.segment_file import UNFINISHED, check_segment
from retrievers.lexical import LexicalRetriever, open_lexical
from tests.torture.oracle import check_hits
from tests.torture.violation import Violation, demand
from tests.torture.workload import EMBEDDER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from indexers.store import DocumentEntry, Snapshot
    from tests.torture.workload import Holding

QUERIES = ("red apple", "line of a report about item 3", "yellow secret", "f two", "nothing of the kind")
LIMITS = (1, 3, 1000)


def picture(store: Store, *, lexical: bool = False) -> dict[str, Any]:
    """All that the index answers, by question, as JSON has it."""
    ids = [entry.id for entry in store.snapshot().documents()]
    asked = questions(store, ids, lexical=lexical)
    return {question: plain(answer()) for question, answer in asked.items()}


def plain(value: Any) -> Any:
    """The value as JSON carries it: lists for tuples; floats are kept to the last bit."""
    return json.loads(json.dumps(value))


def questions(store: Store, ids: Sequence[str], *, lexical: bool) -> dict[str, Callable[[], Any]]:
    """What can be asked of an index that holds these documents, each question by itself."""
    snapshot = cache(store.snapshot)
    asked: dict[str, Callable[[], Any]] = {
        "entries": lambda: [_entry(entry) for entry in snapshot().documents()],
        "roots": lambda: [[root.name, str(root.path), root.mounted] for root in store.roots()],
        "chunks": lambda: [asdict(chunk) for chunk in snapshot().all_chunks()],
    }
    for name in snapshots(store.path):
        asked[f"snapshot {name}"] = partial(_whole_snapshot, store.path, name)
    for name in ids:
        asked[f"document {name}"] = partial(_document, snapshot, name)
    for some in (None, frozenset(ids[::2]), frozenset(ids[:1])):
        for query in QUERIES:
            for limit in LIMITS:
                which = "all" if some is None else f"{len(some)} documents"
                asked[f"{limit} hits of {query!r} in {which}"] = partial(_hits, snapshot, query, limit, some)
    if lexical:
        retriever = cache(lambda: LexicalRetriever(snapshot(), open_lexical(store)))
        asked |= {f"lexical {query!r}": partial(lexical_hits, retriever, query) for query in QUERIES}
    return asked


def _whole_snapshot(index: Path, name: str) -> list[int]:
    manifest = check_snapshot(index, name)
    return [manifest.documents, manifest.chunks]


def _entry(entry: DocumentEntry) -> list[Any]:
    place = [entry.uri, entry.root, entry.version, entry.content_hash]
    return [*place, entry.title, entry.media_type, entry.chunks, entry.pages, entry.access]


def _document(snapshot: Callable[[], Snapshot], name: str) -> dict[str, Any]:
    return asdict(snapshot().document(name))


def _hits(snapshot: Callable[[], Snapshot], query: str, limit: int, some: frozenset[str] | None) -> list[Any]:
    """The hits and, as every caller needs, what they point at."""
    present = snapshot()
    allowed = None if some is None else present.among(some)
    found = present.search(EMBEDDER.embed_query(query), limit=limit, documents=allowed)
    places = [(chunk.document_id, chunk.start) for chunk in snapshot().chunks([name for name, _ in found])]
    return [(name, score, *place) for (name, score), place in zip(found, places, strict=True)]


def lexical_hits(retriever: Callable[[], LexicalRetriever], query: str) -> list[tuple[str, float]]:
    """The chunks that hold a word of the query, with BM25 to four digits."""
    return [(hit.chunk.id, round(hit.score, 4)) for hit in retriever().retrieve(query, limit=1000)]


def check_search(snapshot: Snapshot, held: Mapping[str, Holding]) -> None:
    """Hold the searches against scoring every line of these texts, and the chunks against their number."""
    texts = {uri: one.text for uri, one in held.items()}
    names = {uri: one.name for uri, one in held.items()}
    lines = sum(text.count("\n") + 1 for text in texts.values())
    demand(len(list(snapshot.all_chunks())) == lines, "there are more or fewer chunks than lines")
    for query in QUERIES:
        for limit in LIMITS:
            found = snapshot.search(EMBEDDER.embed_query(query), limit=limit)
            check_hits(found, texts, query, limit=limit, names=names)


def check_catalogue(index: Path) -> None:
    """SQLite finds nothing wrong, and nothing refers to what is gone or is kept for nothing."""
    with closing(sqlite3.connect(index / "catalogue.sqlite3")) as connection:
        demand(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "SQLite finds damage")
        demand(connection.execute("PRAGMA foreign_key_check").fetchall() == [], "a reference leads nowhere")
        orphans = "SELECT count(*) FROM vectors WHERE id NOT IN (SELECT vector FROM chunks)"
        demand(connection.execute(orphans).fetchone() == (0,), "a vector belongs to no chunk")


def check_segments(index: Path, *, tidy: bool = False) -> None:
    """The commit protocol of segments: a final name means whole content, and what the catalogue names is there.

    A damaged segment heals from the catalogue, so that no answer would show that the protocol is broken. ``tidy``
    demands that nothing else lies beside them, as after a whole run.
    """
    folder = index / "segments"
    files = {path.name for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()
    for name in files:
        if not name.endswith(UNFINISHED):
            try:
                check_segment(folder, name)
            except StoreDamaged as error:
                raise Violation(f"segment {name[:8]} has its final name and not its content") from error
    with closing(sqlite3.connect(index / "catalogue.sqlite3")) as connection:
        named = {str(name) for (name,) in connection.execute("SELECT name FROM segments")}
    demand(named <= files, "the catalogue names a segment that is not there")
    demand(not tidy or files == named, "a killed writer's files have not been cleared away")


def check_snapshots(index: Path, names: set[str]) -> None:
    """A snapshot that has its name is whole, and these are there."""
    found = snapshots(index)
    demand(names <= set(found), f"the snapshots {names} were taken, there are {set(found)}")
    for name in found:
        check_snapshot(index, name)


def check_after_fault(index: Path, allowed: Sequence[Mapping[str, Holding]], *, begun: bool, kept: set[str]) -> None:
    """What was acknowledged is there and whole; what was in flight is there or not, and search finds exactly that.

    Args:
        index: The index folder, as the fault left it.
        allowed: What it may hold, the likelier first.
        begun: Whether the making of the index was acknowledged.
        kept: The snapshots that were.
    """
    try:
        store = Store.open(index)
    except NotAnIndex:
        demand(not begun, "an acknowledged index is lost")
        return
    with store:
        snapshot = store.snapshot()
        documents = [snapshot.document(entry.id) for entry in snapshot.documents()]
        found = {document.uri: (document.text, document.access or None) for document in documents}
        held = [one for one in allowed if found == {uri: (doc.text, doc.access) for uri, doc in one.items()}]
        if not held:
            missing = {uri: doc.text[:20] for uri, doc in allowed[0].items() if found.get(uri, ("",))[0] != doc.text}
            raise Violation(f"the index holds {sorted(found)}; of {sorted(allowed[0])} it lacks {missing}")
        check_search(snapshot, held[0])
    check_snapshots(index, kept)
    check_segments(index)
    check_catalogue(index)


def check_same_end(index: Path, undisturbed: Path) -> None:
    """After the next run an index that had a fault answers as one that had none, and nothing is left lying about."""
    with Store.open(index) as store, Store.open(undisturbed) as other:
        ours, theirs = picture(store), picture(other)
        # Deleted rows go on weighing in BM25's statistics until they are merged: what is found is compared, not scores.
        words = [
            {query: {hit.chunk.id for hit in retriever.retrieve(query, limit=1000)} for query in QUERIES}
            for retriever in (LexicalRetriever(one.snapshot(), open_lexical(one)) for one in (store, other))
        ]
    for question, answer in theirs.items():
        demand(ours.get(question) == answer, f"the next run ends with another answer to: {question}")
    demand(len(ours) == len(theirs), "the next run ends with more documents")
    demand(words[0] == words[1], "the next run ends with other lexical hits")
    check_segments(index, tidy=True)
    check_catalogue(index)
