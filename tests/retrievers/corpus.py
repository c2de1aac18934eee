"""Small indexes for the tests of this room, in the real store, embedded without weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexers.document import Block, Document, document_id
from indexers.hashing import HashingEmbedder
from indexers.split import split_document
from indexers.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from indexers.document import BlockKind

EMBEDDER = HashingEmbedder(dimension=64)
MAX_TOKENS = 64

COMPANY = {
    "hr/benefits.md": "# Leave\n\nEmployees may take 16 weeks of parental leave at full pay. Sick leave is unlimited.",
    "hr/travel.md": "# Travel\n\nEconomy class is booked for flights under six hours. Trains are preferred in Europe.",
    "it/VPN-204_guide.md": "# Remote access\n\nVPN-204 profiles expire after 90 days. Reset a profile in the portal.",
    "finance/3M_2018_10K.pdf": "# Balance sheet\n\nProperty, plant and equipment was $1,577 million. Debt fell.",
    "legal/ISO-27001.md": "# Certificates\n\nThe ISO-27001 audit takes place in March. The auditor is external.",
}


def document_from(text: str, *, uri: str, version: str = "v1", title: str = "") -> Document:
    """A document of the blocks that blank lines part; ``# `` begins a heading, ``|`` a table, ``- `` a list."""
    blocks: list[Block] = []
    headings: tuple[str, ...] = ()
    position = 0
    for part in text.split("\n\n"):
        if part.strip():
            start = position + len(part) - len(part.lstrip())
            end = position + len(part.rstrip())
            kind = _kind(text[start:end])
            headings = (text[start:end].lstrip("# "),) if kind == "heading" else headings
            blocks.append(Block(kind, start, end, headings=headings))
        position += len(part) + 2
    return Document(document_id(uri), uri, title, "text/markdown", version, text, tuple(blocks))


def _kind(part: str) -> BlockKind:
    kinds: dict[str, BlockKind] = {"#": "heading", "|": "table", "-": "list"}
    return kinds.get(part[0], "paragraph")


def new_store(path: Path) -> Store:
    return Store.create(path, embedder=EMBEDDER.identity, max_tokens=MAX_TOKENS)


def put(store: Store, texts: Mapping[str, str], *, version: str = "v1") -> None:
    with store.writer(EMBEDDER) as writer:
        for uri, text in texts.items():
            document = document_from(text, uri=uri, version=version)
            chunks = split_document(document, EMBEDDER, max_tokens=MAX_TOKENS)
            writer.put(document, chunks, root="root", content_hash=version)


def remove(store: Store, *uris: str) -> None:
    with store.writer(EMBEDDER) as writer:
        for uri in uris:
            writer.remove(document_id(uri))


def store_of(path: Path, texts: Mapping[str, str]) -> Store:
    store = new_store(path)
    put(store, texts)
    return store
