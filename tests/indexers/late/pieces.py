"""An embedder without weights that has codes, so that their keeping can be tried out in milliseconds."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from indexers.document import Block, Document, document_id
from indexers.embed import QueryTokens
from indexers.hashing import HashingEmbedder
from indexers.late.codes import PieceCodes
from indexers.late.folder import FOLDER, Packs
from indexers.split import split_document

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indexers.embed import Embedder, Matrix
    from indexers.store import Store

WIDTH = 8


class PieceHashing(HashingEmbedder):
    """Each word of a text is a piece, whose code is its hash; counts the passages that it is given."""

    coding = "hashed-1"

    def __init__(self) -> None:
        super().__init__(dimension=16)
        self.passages = 0

    def embed_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None, cut: bool = False
    ) -> Matrix:
        self.passages += len(texts)
        return super().embed_passages(texts, progress=progress, cut=cut)

    def embed_with_codes(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None, cut: bool = False
    ) -> tuple[Matrix, list[PieceCodes]]:
        return self.embed_passages(texts, progress=progress, cut=cut), [codes_of(text) for text in texts]

    def query_tokens(self, text: str) -> QueryTokens:
        words = tuple(sorted(set(text.split())))
        vectors = np.zeros((len(words), 4 * WIDTH), dtype=np.float32)
        return QueryTokens(self.embed_query(text), tuple(map(_piece, words)), words, vectors)


def codes_of(text: str) -> PieceCodes:
    """What `PieceHashing` makes of a text."""
    words = sorted(set(text.split()), key=_piece)
    rows = [np.frombuffer(hashlib.sha256(word.encode()).digest()[:WIDTH], dtype=np.uint8) for word in words]
    return PieceCodes(np.array([_piece(word) for word in words]), np.array(rows, dtype=np.uint8).reshape(-1, WIDTH))


def _piece(word: str) -> int:
    return hashlib.sha256(word.encode()).digest()[0]


def put(store: Store, embedder: Embedder, texts: Sequence[str], *, version: str = "1") -> None:
    """Each text as a document of one chunk."""
    with store.writer(embedder) as writer:
        for number, text in enumerate(texts):
            uri = f"{number}.md"
            blocks = (Block("paragraph", 0, len(text)),)
            document = Document(document_id(uri), uri, "", "text/plain", version, text, blocks)
            chunks = split_document(document, embedder, max_tokens=99)
            writer.put(document, chunks, root="root", content_hash=version)


def keys_of(store: Store) -> list[bytes]:
    """What the vectors of the live chunks are kept by, document by document."""
    snapshot = store.snapshot()
    return [key for entry in snapshot.documents() for key in snapshot.vector_keys_of(entry)]


def missing(store: Store) -> int:
    """How many live chunks have no codes."""
    keys = keys_of(store)
    return len(keys) - len(Packs.open(store.path / FOLDER, coding=PieceHashing.coding).held(keys))
