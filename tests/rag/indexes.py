"""Small indexes for tests: documents written by hand, embedded without a model."""

from __future__ import annotations

from pathlib import Path

from indexers.document import Block, Document, document_id
from indexers.hashing import HashingEmbedder
from indexers.split import split_document
from indexers.store import Store
from rag.settings import Settings, load_settings

HANDBOOK = {
    "leave.md": "Parental leave\n\nEmployees may take 16 weeks of parental leave at full pay. Tell your manager eight "
    "weeks before it begins.",
    "travel.md": "Travel\n\nThe per diem in Norway is 48 euros. Book trains rather than flights below six hours.",
    "security.md": "Security\n\nPasswords have at least 14 characters. Report a lost laptop within one hour.",
}


def make_index(path: Path, documents: dict[str, str]) -> Path:
    Store.create(path, embedder=HashingEmbedder().identity, max_tokens=256).close()
    return write_documents(path, documents)


def write_documents(path: Path, documents: dict[str, str]) -> Path:
    embedder = HashingEmbedder()
    with Store.open(path) as store, store.writer(embedder) as writer:
        for uri, text in documents.items():
            document = _document(uri, text)
            chunks = split_document(document, embedder, max_tokens=256)
            writer.put(document, chunks, root="/r", content_hash=document.version)
    return path


def settings_with(**generator: object) -> Settings:
    """The hashing embedder, and the generator's settings by field."""
    named = {f"generator.{name}": value for name, value in generator.items()}
    return load_settings(overrides={"embedder.model": "hashing", **named})


def _document(uri: str, text: str) -> Document:
    title, _, body = text.partition("\n\n")
    blocks = (
        Block("heading", 0, len(title), headings=(title,)),
        Block("paragraph", len(title) + 2, len(title) + 2 + len(body), headings=(title,)),
    )
    return Document(
        id=document_id(uri),
        uri=uri,
        title=title,
        media_type="text/markdown",
        version=document_id(text) * 4,
        text=text,
        blocks=blocks,
    )
