"""The steps before any search: is it read, is it cut into chunks, may it be found at all."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from indexers.access import groups_text
from indexers.errors import DocumentNotFound
from rag.why.values import Check
from retrievers.filters import AllOf, AnyOf, Not
from retrievers.filters.match import Columns
from retrievers.filters.written import written
from retrievers.scope import Within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexers.chunk import Chunk
    from indexers.document import Document
    from indexers.report import Failure
    from indexers.store import DocumentEntry, Snapshot, Store
    from rag.searching import Searching
    from retrievers.filters import Condition

NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Target:
    """What is looked for: a document, or a page of it, and the chunks that hold its text."""

    entry: DocumentEntry
    document: Document
    page: int | None
    chunks: tuple[Chunk, ...]

    @property
    def ids(self) -> frozenset[str]:
        """The chunks' ids."""
        return frozenset(chunk.id for chunk in self.chunks)

    @property
    def text(self) -> str:
        """The text of the chunks, one after the other."""
        return "\n".join(self.document.text[chunk.start : chunk.end] for chunk in self.chunks)

    def holds(self, document_id: str, start: int, end: int) -> bool:
        """Whether the span shares text with what is looked for."""
        return document_id == self.entry.id and any(one.start < end and start < one.end for one in self.chunks)


def find(store: Store, snapshot: Snapshot, name: str, page: int | None) -> tuple[Target | None, list[Check], list[str]]:
    """The target, the checks of ``parse`` and ``split``, and what to do where there is no target.

    Raises:
        DocumentNotFound: Several documents have that name.
    """
    failures = [one for one in store.failures() if name in (one.uri, PurePosixPath(one.uri).name)]
    try:
        entry = snapshot.entry(name)
    except DocumentNotFound:
        if any(PurePosixPath(one.uri).name == name for one in snapshot.documents()):
            raise
        advice = [one.hint for one in failures] or ["rag index its folder; rag status lists what could not be read"]
        return None, [Check("parse", "lost", _unknown(snapshot, name, failures))], advice
    document = snapshot.document(entry.id)
    of_page = [block for block in document.blocks if page is None or block.page == page]
    if not of_page:
        said = _no_text(document, page, failures)
        return None, [Check("parse", "lost", said)], [one.hint for one in failures]
    pages = f", {document.page_count} pages" if document.page_count else ""
    checks = [Check("parse", "passed", f"read: {len(document.text):,} characters{pages}{_stale(failures)}")]
    chunks = snapshot.chunks_of(entry)
    start, end = of_page[0].start, of_page[-1].end
    held = [one for one in chunks if (one.page == page if page is not None else True)]
    held = held or [one for one in chunks if one.start < end and start < one.end]
    if not held:
        return None, [*checks, Check("split", "lost", "none of its text is in a chunk")], ["run rag rebuild --split"]
    begins = "" if page is None or held[0].page == page else f", which begins on page {held[0].page}"
    said = f"{len(held)} chunk{'' if len(held) == 1 else 's'}{begins}"
    return Target(entry, document, page, tuple(held)), [*checks, Check("split", "passed", said)], []


def _unknown(snapshot: Snapshot, name: str, failures: Sequence[Failure]) -> str:
    if failures:
        return f"{failures[0].uri} {failures[0].error}"
    names = {PurePosixPath(entry.uri).name: entry.uri for entry in snapshot.documents()}
    near = difflib.get_close_matches(PurePosixPath(name).name, names, n=NAMES_SHOWN)
    told = f"; there is {', '.join(names[one] for one in near)}" if near else ""
    return f"the index has no document {name!r}{told}"


def _no_text(document: Document, page: int | None, failures: Sequence[Failure]) -> str:
    if page is None or not document.blocks:
        return "the document has no text"
    if not document.page_count:
        return "the format has no pages"
    if not 1 <= page <= document.page_count:
        return f"there is no page {page}: the document has {document.page_count}"
    told = f": {failures[0].error}" if failures else "; it may be a picture, or blank"
    return f"page {page} has no text{told}"


def _stale(failures: Sequence[Failure]) -> str:
    return f"; as it was before its last change: {failures[0].error}" if failures else ""


def gates(searching: Searching, snapshot: Snapshot, target: Target, within: Within) -> Iterator[Check]:
    """The checks of ``access`` and ``filter``: both act inside the searches, before anything is ranked."""
    yield _access(snapshot, target, within)
    yield _filter(searching, snapshot, target, within)


def _access(snapshot: Snapshot, target: Target, within: Within) -> Check:
    seen_by = groups_text(target.entry.access)
    if within.groups is None:
        return Check("access", "passed", f"the owner sees everything; else {seen_by} may see it")
    asker = ", ".join(sorted(within.groups)) or "nobody"
    if snapshot.among(snapshot.visible_to(within.groups)).flags[snapshot.documents().index(target.entry)]:
        return Check("access", "passed", f"{asker} may see it")
    return Check("access", "lost", f"{asker} may not see it: {seen_by} may")


def _filter(searching: Searching, snapshot: Snapshot, target: Target, within: Within) -> Check:
    if within.where is None:
        return Check("filter", "passed", "there is none")
    if _kept(searching, snapshot, target, within.where):
        return Check("filter", "passed", "it fits")
    parts = within.where.parts if isinstance(within.where, AllOf) else (within.where,)
    broken = [part for part in parts if not _kept(searching, snapshot, target, part)]
    said = " and ".join(f"{written(part)}{_has(target, part)}" for part in broken)
    return Check("filter", "lost", f"it does not fit {said}")


def _has(target: Target, part: Condition) -> str:
    """What the document has in the field that one condition asks about."""
    if isinstance(part, AllOf | AnyOf | Not):
        return ""
    values = Columns((target.entry,)).column(part.name).texts
    return f" (its {part.name} is {', '.join(values)})" if values else f" (it has no {part.name})"


def _kept(searching: Searching, snapshot: Snapshot, target: Target, where: Condition) -> bool:
    documents = searching.scope(snapshot, Within(where=where)).documents
    return documents is None or target.entry.id in documents
