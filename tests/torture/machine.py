"""Any sequence of operations on a store, held against a dictionary: what is found is what was put, to the last hit."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from indexers.document import document_id
from indexers.errors import DocumentNotFound
from indexers.settings import StoreSettings
from indexers.store import Snapshot, Store
from retrievers.lexical import LexicalRetriever, open_lexical
from tests.indexers.store.pieces import make_piece, put
from tests.torture.checking import check_catalogue, check_segments
from tests.torture.forks import in_fork
from tests.torture.oracle import check_hits
from tests.torture.trial import Budget, Result, scratch
from tests.torture.violation import demand
from tests.torture.workload import EMBEDDER

LEAST = 500
STEPS_EACH = 50
SHORT_EXAMPLES = 15
KEPT = 2
SETTINGS = StoreSettings(seal_rows=4, keep_versions=KEPT)
MOST_HELD = 4

URIS = st.sampled_from(("r/a", "r/b", "r/c", "r/d", "s/a", "s/ä \u202e\n"))
WORDS = st.sampled_from(("zab", "zob", "zub", "zib", "zeb zab", "secret zob", "", "zab zab \U0001f600"))
TEXTS = st.lists(WORDS, min_size=1, max_size=7).map("\n".join)
QUESTIONS = st.sampled_from(("zab", "zob zub", "secret", "nothing of the kind"))
LIMITS = st.sampled_from((1, 2, 5, 100))


@dataclass(frozen=True, slots=True)
class Held:
    """A snapshot that a reader keeps, and what the index held when it was taken."""

    snapshot: Snapshot
    texts: dict[str, str]


class StoreMachine(RuleBasedStateMachine):
    """The store beside a dictionary of texts; ``kept`` are each document's versions, newest first."""

    scratch_folder: Path
    steps: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.scratch_folder))
        self.index = self.folder / "0"
        self.texts: dict[str, str] = {}
        self.kept: dict[str, list[str]] = {}
        self.held: list[Held] = []
        self.readers = ExitStack()
        Store.create(self.index, embedder=EMBEDDER.identity, max_tokens=99).close()
        self._open()

    def _open(self) -> None:
        self.open = ExitStack()
        self.store = self.open.enter_context(Store.open(self.index))
        self.writer = self.open.enter_context(self.store.writer(EMBEDDER, settings=SETTINGS))

    def teardown(self) -> None:
        self.held.clear()
        self.readers.close()
        self.open.close()
        check_segments(self.index)
        check_catalogue(self.index)
        shutil.rmtree(self.folder)

    @rule(uri=URIS, text=TEXTS)
    def put(self, uri: str, text: str) -> None:
        self.steps["put"] += 1
        put(self.writer, uri, text)
        self.texts[uri] = text
        versions = self.kept.setdefault(uri, [])
        versions[:] = [text, *(one for one in versions if one != text)][:KEPT]

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        self.steps["remove"] += 1
        uri = data.draw(st.sampled_from(sorted(self.texts)))
        self.writer.remove(document_id(uri))
        del self.texts[uri], self.kept[uri]

    @rule(uri=URIS)
    def remove_what_is_not_there(self, uri: str) -> None:
        if uri not in self.texts:
            self.steps["remove"] += 1
            try:
                self.writer.remove(document_id(uri))
            except DocumentNotFound:
                return
            demand(held=False, what=f"{uri!r} was removed and was not there")

    @rule()
    def seal(self) -> None:
        self.steps["seal"] += 1
        self.writer.seal()
        check_segments(self.index, tidy=True)

    @rule()
    def reopen(self) -> None:
        self.steps["reopen"] += 1
        self.open.close()
        self._open()

    @rule()
    def be_killed(self) -> None:
        """What a kill leaves is what lies in the folder at this moment; the shared memory goes with the process."""
        self.steps["kill"] += 1
        after = self.folder / str(int(self.index.name) + 1)
        shutil.copytree(self.index, after, ignore=shutil.ignore_patterns("*-shm"))
        self.held.clear()
        self.readers.close()
        self.open.close()
        shutil.rmtree(self.index)
        self.index = after
        self._open()

    @rule()
    def hold(self) -> None:
        self.steps["hold"] += 1
        reader = self.readers.enter_context(Store.open(self.index))
        self.held = [*self.held, Held(reader.snapshot(), dict(self.texts))][-MOST_HELD:]

    @precondition(lambda self: self.held)
    @rule(query=QUESTIONS, limit=LIMITS, data=st.data())
    def search_what_is_held(self, query: str, limit: int, data: st.DataObject) -> None:
        self.steps["held"] += 1
        held = data.draw(st.sampled_from(self.held))
        check_hits(held.snapshot.search(EMBEDDER.embed_query(query), limit=limit), held.texts, query, limit=limit)
        demand({entry.uri for entry in held.snapshot.documents()} == set(held.texts), "a held list of documents moved")
        for uri, text in held.texts.items():
            try:
                demand(held.snapshot.document(uri).text == text, f"a held {uri!r} has another text")
            except DocumentNotFound:
                demand(text not in self.kept.get(uri, []), f"{uri!r} is kept and a reader does not find it")

    @rule(query=QUESTIONS, limit=LIMITS, some=st.none() | st.sets(URIS, max_size=3))
    def search(self, query: str, limit: int, some: set[str] | None) -> None:
        self.steps["search"] += 1
        snapshot = self.store.snapshot()
        allowed = None if some is None else snapshot.among([document_id(uri) for uri in some])
        found = snapshot.search(EMBEDDER.embed_query(query), limit=limit, documents=allowed)
        check_hits(found, self.texts, query, limit=limit, uris=some)

    @rule(word=st.sampled_from(("zab", "zob", "zub", "zib", "zeb")))
    def search_words(self, word: str) -> None:
        self.steps["words"] += 1
        retriever = LexicalRetriever(self.store.snapshot(), open_lexical(self.store))
        found = {hit.chunk.id for hit in retriever.retrieve(word, limit=1000)}
        lines = {
            chunk.id
            for uri, text in self.texts.items()
            for chunk in make_piece(uri, text)[1]
            if word in text[chunk.start : chunk.end].split()
        }
        demand(found == lines, f"{len(found)} lines with {word!r} are found, there are {len(lines)}")

    @rule()
    def read_all(self) -> None:
        self.steps["read"] += 1
        snapshot = self.store.snapshot()
        found = {entry.uri: snapshot.document(entry.id).text for entry in snapshot.documents()}
        demand(found == self.texts, "other documents than were put")
        expected = [chunk for uri in sorted(self.texts) for chunk in make_piece(uri, self.texts[uri])[1]]
        demand(list(snapshot.all_chunks()) == expected, "other chunks than were put")
        for uri, versions in self.kept.items():
            for text in versions:
                version = hashlib.sha256(text.encode()).hexdigest()
                demand(snapshot.document(uri, version=version).text == text, f"a kept version of {uri!r} is another")


def machine_trials(budget: Budget) -> Result:
    """500 sequences of 50 operations; with a budget some short ones, the same every time."""
    result = Result("machine", LEAST)
    short = budget.seconds is not None
    with scratch() as folder:
        ended = in_fork(lambda _: _run(folder, short=short), seconds=3600)
    if ended.how == "returned":
        result.trials = SHORT_EXAMPLES if short else LEAST
        result.figures.update(ended.value)
    else:
        result.failed(f"{ended.how}: {ended.value}")
    result.seconds = budget.elapsed
    return result


def _run(folder: Path, *, short: bool) -> dict[str, int]:
    StoreMachine.scratch_folder = folder
    StoreMachine.steps = Counter()
    chosen: dict[str, Any] = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
    run_state_machine_as_test(
        StoreMachine,
        settings=settings(
            **chosen,
            max_examples=SHORT_EXAMPLES if short else LEAST,
            stateful_step_count=STEPS_EACH,
            derandomize=short,
        ),
    )
    return dict(StoreMachine.steps)
