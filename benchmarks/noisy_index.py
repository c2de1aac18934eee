"""An index of any size over real vectors: those of some corpora's chunks, each many times over with noise."""

from __future__ import annotations

import hashlib
import json
import random
import re
import sqlite3
from contextlib import closing
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from indexers.chunk import Chunk, chunk_id
from indexers.document import Block, Document, document_id
from indexers.embed import EmbedderIdentity
from indexers.split import split_document
from indexers.store import Store
from indexers.sync import sync_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexers.embed import Embedder, Matrix, Vector

CHUNKS_PER_DOCUMENT = 100
SENTENCES = 5
"""Of a chunk, where it has a text: about 110 words."""

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+")

COSINE, SPREAD = 0.8, 0.05
"""A vector's cosine to the one that it was made from: the median, and the standard deviation."""


def embed_base(corpora: Sequence[Path], index: Path, embedder: Embedder) -> Matrix:
    """The vectors of every chunk of the corpora, by way of an index of their own, which is kept and caught up.

    A corpus is a folder of documents, or one in BEIR's format, whose passages of one ``doc`` make a document.
    """
    with Store.create(index, embedder=embedder.identity, max_tokens=embedder.identity.max_tokens) as store:
        folders = [path for path in corpora if not (path / "corpus.jsonl").is_file()]
        if folders:
            sync_paths(store, folders, embedder=embedder)
        known = {entry.uri: entry.version for entry in store.snapshot().documents()}
        with store.writer(embedder) as writer:
            for path in corpora:
                for document in _passages(path) if path not in folders else ():
                    if known.get(document.uri) != document.version:
                        chunks = split_document(document, embedder, max_tokens=store.max_tokens)
                        writer.put(document, chunks, root=path.name, content_hash=document.version)
    with closing(sqlite3.connect(index / "catalogue.sqlite3")) as connection:
        rows = connection.execute("SELECT fp16 FROM vectors ORDER BY key").fetchall()
    return np.stack([np.frombuffer(row, dtype="<f2") for (row,) in rows]).astype(np.float32)


def _passages(folder: Path) -> Iterator[Document]:
    with (folder / "corpus.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for number, group in groupby(rows, key=lambda row: row.get("doc", row["_id"])):
        texts = [f"{row.get('title', '')}\n{row['text']}".strip() or "." for row in group]
        uri, text = f"{folder.name}/{number}", "\n\n".join(texts)
        starts = np.cumsum([0, *(len(one) + 2 for one in texts)]).tolist()
        blocks = [Block("paragraph", start, start + len(one)) for start, one in zip(starts, texts, strict=False)]
        version = hashlib.sha256(text.encode()).hexdigest()
        yield Document(document_id(uri), uri, str(number), "text/plain", version, text, tuple(blocks))


class Noisy:
    """Embeds the documents of ``build``: a text's last line says which base vector it is, and what noise it has."""

    def __init__(self, base: Matrix, name: str) -> None:
        self._base = base
        self._identity = EmbedderIdentity(f"{name} with noise", "0", base.shape[1], 256)

    @property
    def identity(self) -> EmbedderIdentity:
        """Of no model that anybody could configure by mistake."""
        return self._identity

    def pieces(self, text: str) -> NDArray[np.int64]:
        """Not used: the chunks are made by hand."""
        return np.array([[0, len(text)]], dtype=np.int64)

    def embed_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None, cut: bool = False
    ) -> Matrix:
        """The noisy vectors of the numbers that the texts end with."""
        del progress, cut
        tails = [text.rpartition("\n")[2] for text in texts]
        numbers = [int(tail) if tail.isdigit() else 0 for tail in tails]
        chance = np.random.default_rng(numbers[0])
        base = self._base[[number % len(self._base) for number in numbers]]
        noise = chance.standard_normal(base.shape, dtype=np.float32)
        noise -= (noise * base).sum(axis=1, keepdims=True) * base / np.square(base).sum(axis=1, keepdims=True)
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        cosine = np.clip(chance.normal(COSINE, SPREAD, (len(base), 1)), 0.5, 0.99).astype(np.float32)
        vectors = cosine * base + np.sqrt(1 - cosine * cosine) * noise
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)

    def embed_query(self, text: str) -> Vector:
        """Likewise."""
        vector: Vector = self.embed_passages([text])[0]
        return vector

    def prepare(self) -> None:
        """There is nothing to load."""

    def close(self) -> None:
        """There is nothing to close."""


def sentences_of(store: Store) -> list[str]:
    """The sentences of 5 to 60 words of every document, each once, in a fixed order."""
    snapshot = store.snapshot()
    found: dict[str, None] = {}
    for entry in snapshot.documents():
        for line in snapshot.document(entry.id).text.splitlines():
            for sentence in _SENTENCE_END.split(" ".join(line.split())):
                if 5 <= sentence.count(" ") + 1 <= 60:
                    found[sentence] = None
    return list(found)


def build(
    store: Store, embedder: Noisy, *, chunks: int, told: Callable[[int], None], sentences: Sequence[str] = ()
) -> None:
    """Put documents of 100 chunks until there are ``chunks``; what is there from an earlier run stays.

    Args:
        store: Where to.
        embedder: Of the same base vectors every time.
        chunks: How many there are to be.
        told: Called now and then with how many there are.
        sentences: What each chunk's text is drawn from; without any, it is its number alone.
    """
    with store.writer(embedder) as writer:
        there = {entry.uri for entry in writer.entries()}
        for first in range(0, chunks, CHUNKS_PER_DOCUMENT):
            uri = f"made/{first // CHUNKS_PER_DOCUMENT:06}"
            if uri not in there:
                numbers = range(first, min(first + CHUNKS_PER_DOCUMENT, chunks))
                document, cut = piece(uri, numbers, sentences)
                writer.put(document, cut, root="made", content_hash=document.version)
            if first % (100 * CHUNKS_PER_DOCUMENT) == 0:
                told(first)


def piece(uri: str, numbers: range, sentences: Sequence[str] = ()) -> tuple[Document, list[Chunk]]:
    """A document with a chunk a number, which is its last line."""
    lines = [drawn(number, sentences) + str(number) for number in numbers]
    text = "\n".join(lines)
    name, version = document_id(uri), hashlib.sha256(text.encode()).hexdigest()
    starts = np.cumsum([0, *(len(line) + 1 for line in lines)]).tolist()
    places = [(start, start + len(line)) for start, line in zip(starts, lines, strict=False)]
    chunks = [
        Chunk(chunk_id(name, version, start, end), name, version, ordinal, start, end, 1)
        for ordinal, (start, end) in enumerate(places)
    ]
    blocks = tuple(Block("paragraph", start, end) for start, end in places)
    return Document(name, uri, "Made", "text/plain", version, text, blocks), chunks


def drawn(number: int, sentences: Sequence[str]) -> str:
    """The sentences of a chunk, and a line's end; "" where there is nothing to draw from."""
    if not sentences:
        return ""
    chosen = random.Random(number).choices(sentences, k=SENTENCES)  # noqa: S311  the same ones every time
    return " ".join(chosen) + "\n"
