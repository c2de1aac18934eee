"""What an examination of an index finds: each finding says what is wrong, and which command mends it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

REPAIR = "rag doctor --repair"

Part = Literal[
    "catalogue", "meta", "document", "chunk", "vector", "segment", "snapshot", "lexical", "late", "file", "rights",
    "root", "source", "lock", "embedder", "disk", "rebuild",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    ``subject`` names it, ``problem`` goes on from there, ``mend`` is the command that mends it. ``repairable`` says
    that `rag doctor --repair` does so by itself, without loss.
    """

    part: Part
    subject: str
    problem: str
    mend: str
    repairable: bool = False


def repairable(part: Part, subject: str, problem: str) -> Finding:
    """A finding that `rag doctor --repair` mends."""
    return Finding(part, subject, problem, REPAIR, repairable=True)


@dataclass(frozen=True, slots=True)
class BadDocument:
    """A document whose own row, or whose current version's row, text or blocks, cannot be trusted.

    ``uri`` is None where it is damaged itself. ``rereadable`` says that the file it was read from is still there.
    """

    document_id: str
    uri: str | None
    rereadable: bool
    problem: str


@dataclass(slots=True)
class Damage:
    """The rows of a catalogue that cannot be trusted, by what can be done about them.

    ``small`` are ``(table, key)`` of meta, roots, removals and segments. ``chunked_wrong`` are documents whose text is
    whole and whose chunks are not. ``old_versions`` are ``(document id, version)``. ``stray_chunks`` are rows of
    ``chunks`` that no version owns or that fail their check, ``unused_vectors`` the number of vectors that no chunk
    uses. ``unreadable`` are tables that SQLite itself could not read to the end, with its message.
    """

    small: list[tuple[str, str]] = field(default_factory=list)
    missing_meta: list[str] = field(default_factory=list)
    documents: list[BadDocument] = field(default_factory=list)
    chunked_wrong: dict[str, str] = field(default_factory=dict)
    old_versions: list[tuple[str, str]] = field(default_factory=list)
    stray_chunks: list[int] = field(default_factory=list)
    vectors: list[int] = field(default_factory=list)
    unused_vectors: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)
    integrity: list[str] = field(default_factory=list)

    def findings(self, uris: dict[str, str]) -> Iterator[Finding]:
        """One finding for each document or kind of row; ``uris`` names documents by id."""
        for table, message in self.unreadable.items():
            yield Finding("catalogue", table, f"cannot be read to its end: {message}", "rag restore FILE")
        if self.integrity:
            more = f" (and {len(self.integrity) - 1} more)" if len(self.integrity) > 1 else ""
            if any(line.startswith("a row of texts") for line in self.integrity):
                mend = f"{REPAIR}, and {REPAIR} --drop to go on without what is lost"
                yield Finding("catalogue", "SQLite", f"{self.integrity[0]}{more}", mend, repairable=True)
            else:
                yield repairable("catalogue", "SQLite", f"{self.integrity[0]}{more}")
        for table, key in self.small:
            part: Part = "segment" if table == "segments" else "root" if table == "roots" else "meta"
            yield _small_finding(part, table, key)
        for key in self.missing_meta:
            yield _small_finding("meta", "meta", key)
        for bad in self.documents:
            mend = REPAIR if bad.rereadable else f"rag restore FILE, or lose it: {REPAIR} --drop"
            yield Finding("document", bad.uri or bad.document_id, bad.problem, mend, repairable=bad.rereadable)
        for document_id, problem in self.chunked_wrong.items():
            yield repairable("chunk", uris.get(document_id, document_id), problem)
        for document_id, version in self.old_versions:
            name = uris.get(document_id, document_id)
            problem = f"its old version {version[:12]} does not match its checksum; it is not searched"
            remove = f"rag rm {shlex.quote(name)} --version {shlex.quote(version[:12])}"
            mend = remove if document_id in uris else f"{REPAIR} --drop"  # that of a document that is not there
            yield Finding("document", name, problem, mend)
        if self.stray_chunks:
            yield repairable("chunk", f"{len(self.stray_chunks)} row(s)", "belong to no document or fail their check")
        if self.vectors:
            yield repairable("vector", f"{len(self.vectors)} row(s)", "fail their check")
        if self.unused_vectors:
            yield repairable("vector", f"{self.unused_vectors} row(s)", "are used by no chunk")


def _small_finding(part: Part, table: str, key: str) -> Finding:
    if (table, key) == ("meta", "index"):
        return Finding(
            "meta", "index", "the index's own description is damaged", "rag restore FILE, or index into a new folder"
        )
    return repairable(part, f"{table} {key[:60]!r}", "is missing or does not carry its own checksum")
