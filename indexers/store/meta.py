"""What an index is: schema, embedder, splitter settings, the counters, and the vector of a fixed sentence."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import shlex
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from indexers.embed import EmbedderIdentity
from indexers.errors import EmbedderMismatch, StoreDamaged
from indexers.split import SPLITTER_VERSION
from indexers.store.rows import check_row, signed

if TYPE_CHECKING:
    import sqlite3

    from indexers.embed import Vector

FIXED_SENTENCE = "The quick brown fox jumps over the lazy dog, and 1,024 plumb lines hang true."
REBUILD = "rebuild"
"""The meta entry of a rebuild that is under way: what it is rebuilding to."""

COUNTERS = ("generation", "layout", "next_row")
LEAST_COSINE = 0.999
"""Below this the model behind the name is another one; engines and thread counts stay above 0.99999."""


@dataclass(frozen=True, slots=True)
class IndexMeta:
    """What an index was made with; `rag rebuild` alone changes it.

    ``max_tokens`` is the splitter's, ``splitter`` its version. ``index_id`` is random hex that names this history of
    the index: who holds something of another one (a reader, the lexical index) begins anew.
    """

    index_id: str
    created_at: str
    embedder: EmbedderIdentity
    max_tokens: int
    metric: str = "cosine"
    splitter: str = "1"

    def splits_as_now(self) -> bool:
        """Whether this version of Plumbline cuts a text, and puts it in its context, as the index was made."""
        return self.splitter == SPLITTER_VERSION

    def rebuild_due(self) -> str | None:
        """Why `rag rebuild --split` is due, or None."""
        if self.splits_as_now():
            return None
        return f"were cut by splitter {self.splitter}, this version has splitter {SPLITTER_VERSION}"


def write_new(connection: sqlite3.Connection, *, embedder: EmbedderIdentity, max_tokens: int) -> None:
    """Fill the meta table of a new index."""
    put_index(connection, IndexMeta(new_id(), now(), embedder, max_tokens, splitter=SPLITTER_VERSION))
    for counter in COUNTERS:
        put(connection, counter, "0")


def new_id() -> str:
    """A name for a history of an index that nobody has seen yet."""
    return secrets.token_hex(16)


def put_index(connection: sqlite3.Connection, index: IndexMeta) -> None:
    """Write the index's description."""
    put(connection, "index", json.dumps(asdict(index)))


def rebuild_begun(connection: sqlite3.Connection) -> str | None:
    """The command that finishes a rebuild that was cut short; None where there is none."""
    begun = json.loads(get(connection, REBUILD) or "{}")
    if not begun:
        return None
    if begun["kind"] == "split":
        return "rag rebuild --split"
    return f"rag rebuild --embed --model {shlex.quote(begun['name'])}"


def begin_split(connection: sqlite3.Connection, *, max_tokens: int, splitter: str) -> int:
    """Note that texts are to be cut otherwise, and up to which generation they are not yet; or go on with that.

    The index says at once how texts are cut from now on, so that what is indexed before the end is cut like the rest.
    """
    begun = json.loads(get(connection, REBUILD) or "{}")
    target = {"kind": "split", "max_tokens": max_tokens, "splitter": splitter}
    if begun and {**begun, "since": None} == {**target, "since": None}:
        return int(begun["since"])
    if begun.get("kind") == "embed":
        connection.execute("DELETE FROM vectors WHERE id NOT IN (SELECT vector FROM chunks)")
    since = counter(connection, "generation")
    put(connection, REBUILD, json.dumps({**target, "since": since}))
    put_index(connection, replace(read(connection), max_tokens=max_tokens, splitter=splitter))
    return since


def vector_key(embedder: EmbedderIdentity, text: str) -> bytes:
    """What an embedding is kept by: the model, and the exact string that was embedded."""
    return hashlib.sha256(f"{embedder.name}\0{embedder.weights}\0{text}".encode("utf-8", "surrogatepass")).digest()


def read(connection: sqlite3.Connection) -> IndexMeta:
    """The index's description.

    Raises:
        StoreDamaged: It is missing or does not carry its checksum.
    """
    said = _required(connection, "index")
    try:
        values = json.loads(said)
        index = IndexMeta(**{**values, "embedder": EmbedderIdentity(**values["embedder"])})
    except (ValueError, KeyError, TypeError) as error:
        raise StoreDamaged("the index's description of itself cannot be read") from error
    if not all(isinstance(number, int) and number > 0 for number in (index.max_tokens, index.embedder.dimension)):
        raise StoreDamaged("the index's description of itself is not one of an index")
    return index


def counter(connection: sqlite3.Connection, key: str) -> int:
    """``generation`` (of content), ``layout`` (of segments) or ``next_row`` (of chunks)."""
    try:
        return int(_required(connection, key))
    except ValueError as error:
        raise StoreDamaged(f"the catalogue's {key!r} entry is no number") from error


def put(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Write one value with its checksum."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", signed("meta", key, value))


def get(connection: sqlite3.Connection, key: str) -> str | None:
    """One value, None where it was never written."""
    row = connection.execute("SELECT key, value, digest FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(check_row("meta", row)[1])


def _required(connection: sqlite3.Connection, key: str) -> str:
    value = get(connection, key)
    if value is None:
        raise StoreDamaged(f"the catalogue has lost its {key!r} entry")
    return value


def encode_vector(vector: Vector) -> str:
    """A float32 vector as text."""
    return base64.b64encode(np.ascontiguousarray(vector, dtype="<f4").tobytes()).decode()


def decode_vector(text: str) -> Vector:
    """What ``encode_vector`` wrote."""
    return np.frombuffer(base64.b64decode(text), dtype="<f4").astype(np.float32)


def check_identity(index: EmbedderIdentity, configured: EmbedderIdentity) -> None:
    """Refuse another model.

    Raises:
        EmbedderMismatch: Name, weights or dimension differ; the message names both.
    """
    same = (index.name, index.weights, index.dimension) == (configured.name, configured.weights, configured.dimension)
    if not same:
        raise EmbedderMismatch(index_model=_described(index), configured_model=_described(configured))


def check_fixed_vector(index: EmbedderIdentity, stored: Vector, now_embedded: Vector) -> None:
    """Refuse another model behind the same name and hash.

    Raises:
        EmbedderMismatch: The fixed sentence's vectors are further apart than engines explain.
    """
    cosine = float(stored @ now_embedded / (np.linalg.norm(stored) * np.linalg.norm(now_embedded)))
    if not cosine >= LEAST_COSINE:
        found = f"{index.name}, whose vectors now differ (cosine {cosine:.3f})"
        raise EmbedderMismatch(index_model=_described(index), configured_model=found)


def _described(identity: EmbedderIdentity) -> str:
    return f"{identity.name} (weights {identity.weights[:8]}, {identity.dimension} dimensions)"


def now() -> str:
    """This moment in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
