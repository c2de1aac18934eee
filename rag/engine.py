"""The engine: one index and everything that answers from it. The one place that composes concrete parts."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import threading
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from indexers.document import Document
from indexers.embed import Embedder
from indexers.embedders import open_embedder
from indexers.errors import LateUnusable
from indexers.late.recorder import bring_up, forget, recording
from indexers.store import DocumentEntry, Snapshot, Store, StoreStatus
from rag.answer import Answer
from rag.answerable.decision import Answerability, answer_encoder
from rag.answering import Answering
from rag.asking import checked_question
from rag.events import AnswerEvent
from rag.expansion import Turn
from rag.generation import Generator
from rag.generators import open_generator
from rag.profiles import ModelProfile
from rag.searching import Searching, settled, within
from rag.settings import Settings, load_settings
from rag.verifiers import OpenedVerifier, open_verifier
from rag.verify.verifier import DescribedVerifier
from retrievers.diversity import for_packing
from retrievers.errors import LexicalUnusable
from retrievers.filters.conditions import Condition
from retrievers.hit import Hit
from retrievers.lexical import catch_up
from retrievers.pack import hits_wanted, pack
from retrievers.scope import Within
from retrievers.settings import Mode
from retrievers.window import ContextWindow

if TYPE_CHECKING:
    from indexers.duplicates import Duplicate
    from indexers.http import HttpClient
    from indexers.report import Failure
    from indexers.roots import Root
    from indexers.sync import Progress, SyncReport
    from rag.why import Why


class Rag:
    """One index, opened. Safe to ask from several threads; close it, or use it as a context manager.

    ``with Rag.open("./.rag") as rag: answer = rag.ask("How many weeks of leave?")``
    """

    def __init__(self, store: Store, *, settings: Settings, embedder: Embedder) -> None:
        self._store = store
        self._settings = settings
        self._embedder = embedder
        self._client: HttpClient | None = None
        self._lock = threading.Lock()
        self._generator: tuple[Generator, ModelProfile] | None = None
        self._verifier: OpenedVerifier | None = None
        self._searching = Searching(store, embedder, settings)
        answerability = Answerability(lambda: answer_encoder(embedder))
        self._answering = Answering(self._searching, settings, self.verifier, answerability, self._opened_generator)

    @classmethod
    def open(cls, path: str | Path, *, settings: Settings | None = None, create: bool = False) -> Rag:
        """Open the index in folder ``path``; nothing is loaded and nothing is sent.

        Args:
            path: The index folder.
            settings: As resolved by the caller; None reads ``./rag.toml`` and the environment.
            create: Make the index where there is none.

        Raises:
            SettingsError: A setting is unknown or out of range.
            StoreError: The folder is no index, or cannot be read or made.
        """
        settings = settings or load_settings()
        embedder = open_embedder(settings.embedder)
        folder = Path(path)
        if create:
            store = Store.create(folder, embedder=embedder.identity, max_tokens=settings.split.max_tokens)
        else:
            store = Store.open(folder)
        return cls(store, settings=settings, embedder=embedder)

    def close(self) -> None:
        """Close connections and files; may be called twice."""
        self._searching.close()
        if self._client is not None:
            self._client.close()
        if self._verifier is not None:
            self._verifier.close()
        self._embedder.close()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def index(self, paths: Sequence[str | Path], *, progress: Progress | None = None) -> SyncReport:
        """Bring the index to what ``paths`` (files and folders, each a root) hold now.

        Raises:
            StoreError: The index cannot be written, is being written, or holds another model's vectors.
        """
        from indexers.sync import sync_paths  # loads every file format's reader
        from rag.indexing import sync_options

        late = self._settings.ranking.late_interaction
        with recording(self._embedder, self._store.path, wanted=late) as embedder:
            report = sync_paths(
                self._store,
                [Path(path) for path in paths],
                embedder=embedder,
                options=sync_options(self._settings),
                progress=progress,
            )
        self._catch_up()
        with contextlib.suppress(LateUnusable):  # derived: searches go on without, `rag status` tells
            bring_up(self._store, self._embedder, wanted=late, progress=progress)
        return report

    def search(
        self,
        question: str,
        *,
        limit: int = 10,
        mode: Mode | None = None,
        where: str | Condition | None = None,
        groups: Collection[str] | None = None,
        as_of: str | dt.date | dt.datetime | None = None,
    ) -> list[Hit]:
        """The chunks nearest to ``question``, best first.

        Args:
            question: At most 4,000 characters.
            limit: The most hits.
            mode: Instead of the configured one.
            where: A filter, as text (``year >= 2019 and kind = "pdf"``) or as `retrievers.filters` builds it.
            groups: Who asks: only what members of any of these groups may see is found. None is the owner.
            as_of: A day (``2026-03-01``; its end is meant) or a moment: the versions that were current then are
                searched, as far as they are kept (``store.keep_versions``); `past_note` says what is not.

        Raises:
            QuestionError: The question is empty or too long.
            FilterError: The filter is malformed, or does not fit the documents that may be seen.
            StoreError: The index cannot be read, or holds another model's vectors.
        """
        question = checked_question(question)
        held = within(where, groups, as_of)
        return settled(lambda: self._searching.hits(question, limit=limit, mode=mode, within=held))

    def evidence(self, question: str, *, limit: int, mode: Mode | None = None) -> list[Hit]:
        """The hits that a window is chosen from, best first: those of `search` before pages take turns.

        Raises:
            QuestionError: The question is empty or too long.
            StoreError: The index cannot be read, or holds another model's vectors.
        """
        question = checked_question(question)
        return settled(lambda: for_packing(self._searching.retriever(mode)).retrieve(question, limit=limit))

    def window(self, question: str, *, token_budget: int, mode: Mode | None = None) -> ContextWindow:
        """The evidence that `ask` would send for ``question`` if sources might fill ``token_budget`` tokens.

        Raises:
            QuestionError: The question is empty or too long.
            StoreError: The index cannot be read, or holds another model's vectors.
        """
        question = checked_question(question)

        def packed() -> ContextWindow:
            retriever = for_packing(self._searching.retriever(mode))
            return pack(
                retriever.retrieve(question, limit=hits_wanted(token_budget)),
                retriever.snapshot,
                question=question,
                token_budget=token_budget,
                settings=self._settings.window,
            )

        return settled(packed)

    def ask(
        self,
        question: str,
        *,
        limit: int | None = None,
        where: str | Condition | None = None,
        groups: Collection[str] | None = None,
        as_of: str | dt.date | dt.datetime | None = None,
        deadline_seconds: float | None = None,
        cancel: threading.Event | None = None,
        history: Sequence[Turn] = (),
    ) -> Answer:
        """Answer ``question`` from the documents, or abstain.

        Args:
            question: At most 4,000 characters.
            limit: Hits that may become evidence; None takes as many as the window may need.
            where: A filter, as for `search`.
            groups: Who asks, as for `search`.
            as_of: When, as for `search`; what is not kept of then is told in the answer's warnings.
            deadline_seconds: Instead of the setting; for the generation, retries included.
            cancel: Setting it from another thread ends the generation.
            history: The conversation before it, oldest first; read only where ``expansion.rewrite`` is on and a model
                is configured, which then makes of both a question that stands alone.

        Raises:
            QuestionError: The question is empty or too long.
            FilterError: The filter is malformed, or does not fit the documents that may be seen.
            SettingsError: The configured model cannot be asked (a missing key, an endpoint that is not called).
            GenerationError: No answer could be written.
            StoreError: The index cannot be read, or holds another model's vectors.
        """
        run = self._answering.begin(question, limit, within(where, groups, as_of), deadline_seconds, cancel, history)
        return self._answering.answer(run)

    def ask_stream(
        self,
        question: str,
        *,
        limit: int | None = None,
        where: str | Condition | None = None,
        groups: Collection[str] | None = None,
        as_of: str | dt.date | dt.datetime | None = None,
        deadline_seconds: float | None = None,
        cancel: threading.Event | None = None,
        history: Sequence[Turn] = (),
    ) -> Iterator[AnswerEvent]:
        """Answer as it is written: the sources, each sentence once it is checked, and last the whole answer.

        Arguments and errors as for `ask`. An error after the first event means that there is no answer.
        """
        run = self._answering.begin(question, limit, within(where, groups, as_of), deadline_seconds, cancel, history)
        yield from self._answering.events(run)

    def why(
        self,
        question: str,
        *,
        document: str,
        page: int | None = None,
        limit: int | None = None,
        mode: Mode | None = None,
        where: str | Condition | None = None,
        groups: Collection[str] | None = None,
    ) -> Why:
        """Say at which step a document, or a page of it, was lost, and what brings it in: every remedy is tried.

        Args:
            question: At most 4,000 characters.
            document: Id, URI or unique file name; it need not be in the index.
            page: From 1.
            limit: The hits of the search that is asked about; None takes the setting.
            mode: Of the search, instead of the configured one.
            where: A filter, as for `search`.
            groups: Who asks, as for `search`; the inquiry itself sees everything, and is the owner's.

        Raises:
            QuestionError: The question is empty or too long.
            FilterError: The filter is malformed, or does not fit the documents that may be seen.
            DocumentNotFound: Several documents have that file name.
            SettingsError: The configured model cannot be asked (its window is a part of the inquiry).
            StoreError: The index cannot be read, or holds another model's vectors.
        """
        from rag.why.inquiry import Inquiry, changed

        settings = self._settings if mode is None else changed(self._settings, {"retrieval.mode": mode})
        inquiry = Inquiry(
            store=self._store,
            embedder=self._embedder,
            settings=settings,
            windows=self._window_under,
            question=checked_question(question),
            within=within(where, groups),
            limit=self._settings.retrieval.limit if limit is None else limit,
        )
        return settled(lambda: inquiry.why(document, page))

    def _window_under(self, settings: Settings, question: str, held: Within) -> ContextWindow:
        """The window of an answer under other settings."""
        return (
            Rag(self._store, settings=settings, embedder=self._embedder)
            ._answering.begin(question, None, held, None, None)
            .window
        )

    def past_note(self, as_of: str | dt.date | dt.datetime, *, groups: Collection[str] | None = None) -> str | None:
        """What is not kept of the index as of then, in one sentence; None where all is."""
        return self._searching.note(within(None, groups, as_of))

    def documents(self, *, groups: Collection[str] | None = None) -> list[DocumentEntry]:
        """Every document that members of any of ``groups`` may see, by URI; None is the owner, who sees all."""
        snapshot = self._store.snapshot()
        seen = self._searching.scope(snapshot, within(None, groups)).documents
        return snapshot.documents() if seen is None else list(seen.entries)

    def document(self, name: str, version: str | None = None, *, groups: Collection[str] | None = None) -> Document:
        """A document by id, URI or unique file name.

        Raises:
            DocumentNotFound: There is none of that name that ``groups`` may see, or no such version.
        """
        snapshot = self._store.snapshot()
        seen = self._searching.scope(snapshot, within(None, groups)).documents
        return snapshot.document(name, version=version, among=seen)

    def failures(self) -> list[Failure]:
        """The files and parts of files that are not indexed as they were last seen, by URI, each with the reason."""
        return self._store.failures()

    def duplicates(self) -> list[Duplicate]:
        """The documents that say nearly what another one says, by URI."""
        return self._store.duplicates()

    def remove(self, name: str) -> list[DocumentEntry]:
        """Take a document out of the index, with all its versions and all that lies inside it; says which it was.

        Raises:
            DocumentNotFound: There is none of that name.
            StoreBusy: Another process is writing.
        """
        snapshot = self._store.snapshot()
        entry = snapshot.entry(name)
        entries = [entry, *snapshot.inside(entry)]
        self.remove_all([one.id for one in entries], roots=())
        return entries

    def remove_all(self, document_ids: Sequence[str], *, roots: Sequence[str]) -> None:
        """Take documents, and roots with all their documents, out of the index; errors as in `remove`.

        Raises:
            RemovalRefused: The index has no root of that name.
        """
        with self._store.writer(self._embedder, settings=self._settings.store) as writer:
            gone = {document for name in roots for document in writer.forget_root(name)}
            writer.remove_all([name for name in document_ids if name not in gone])
        self._catch_up()
        self._forget()

    def remove_version(self, name: str, version: str) -> str:
        """Take an old version of a document out of the index; says which it was.

        Raises:
            DocumentNotFound: There is no such document or version, or several begin with ``version``.
            RemovalRefused: It is the current version.
        """
        snapshot = self._store.snapshot()
        entry = snapshot.entry(name)
        whole = snapshot.version(entry, version)
        with self._store.writer(self._embedder, settings=self._settings.store) as writer:
            writer.remove_version(entry.id, whole)
        self._forget()
        return whole

    def roots(self) -> list[Root]:
        """The folders and files that were indexed, by name."""
        return self._store.roots()

    def check(self) -> None:
        """Find out whether questions can be answered as configured; loads no model and sends nothing.

        Raises:
            EmbedderMismatch: The index holds another model's vectors.
            SettingsError: A configured model cannot be asked (a missing key, an endpoint that is not called).
            VerifierUnusable: The cross-encoder named for checking claims is none.
        """
        self._store.check_embedder(self._embedder.identity)
        self._opened_generator()
        self.verifier()

    def status(self) -> StoreStatus:
        """What the index holds and how large it is."""
        return self._store.snapshot().status()

    def rebuild_due(self) -> str | None:
        """Why `rag rebuild --split` is due, or None."""
        return self._store.rebuild_due()

    def snapshot(self) -> Snapshot:
        """The index as it is now, unchanging."""
        return self._store.snapshot()

    def hit_text(self, hit: Hit) -> str:
        """The text of a hit: a slice of its document."""
        document = self._store.snapshot().document(hit.chunk.document_id, version=hit.chunk.version)
        return document.text[hit.chunk.start : hit.chunk.end]

    def _catch_up(self) -> None:
        with contextlib.suppress(LexicalUnusable):  # derived: the next search catches up, or builds it in memory
            self._searching.caught_up(catch_up(self._store))

    def _forget(self) -> None:
        """What was taken out on purpose leaves no codes behind."""
        with contextlib.suppress(LateUnusable):
            forget(self._store, self._embedder)

    def verifier(self) -> DescribedVerifier:
        """The configured verifier, by which answers are checked; opened once, where it is first asked for.

        Raises:
            SettingsError: It needs a key, a model or an address that is not there.
        """
        with self._lock:
            if self._verifier is None:
                self._verifier = open_verifier(self._settings.verifier, os.environ)
            return self._verifier.verifier

    def _opened_generator(self) -> tuple[Generator, ModelProfile]:
        with self._lock:
            if self._generator is None:
                self._generator = open_generator(
                    self._settings.generator, self._embedder, self._opened_client, os.environ
                )
            return self._generator

    def _opened_client(self) -> HttpClient:
        from indexers.http import HttpClient  # only where a model writes

        self._client = HttpClient(allow_private=self._settings.generator.allow_private_base_url)
        return self._client
