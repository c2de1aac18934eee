"""An embedder behind an endpoint that speaks OpenAI's embeddings format. The texts leave the machine.

Source: https://platform.openai.com/docs/api-reference/embeddings.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from indexers.embed import EmbedderIdentity
from indexers.errors import EmbedError, EndpointUnusable, TextTooLong
from indexers.http_errors import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from pydantic import SecretStr

    from indexers.embed import Matrix, Vector
    from indexers.http import HttpClient

BATCH_PIECES = 50_000
"""Pieces of one request, as counted here; endpoints take 100,000 tokens and more."""

ANSWER_BYTES = 128 * 2**20
"""Of one answer: 1,024 vectors of 4,096 numbers in text."""

LARGEST_NUMBER = 1e18
"""Of a vector; a larger one's square is beyond float32."""

_PIECE = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\d{1,2}|[A-Za-z\u00c0-\u024f]{1,4}|[^\W\d_]{1,2}|[^\w\s]|_"
)
"""A letter of Chinese, Japanese or Korean, up to four Latin letters, two digits, or two letters of another script, or a
mark: on most texts rather more pieces than tokens, since which tokenizer the endpoint has is not known."""


class EndpointEmbedder:
    """Posts texts to ``{base_url}/embeddings``; safe to call from several threads; close it when done.

    Tokens are estimated. OpenAI refuses a text that is longer than the model reads; other servers (Ollama) cut it
    without a word, so ``max_tokens`` must be no more than the server's model reads.
    """

    def __init__(
        self,
        *,
        model: str,
        base_url: str,
        dimension: int,
        key: SecretStr | None,
        shorten: bool = False,
        max_tokens: int = 512,
        query_prefix: str = "",
        passage_prefix: str = "",
        batch_size: int = 64,
        deadline_seconds: float = 120.0,
        allow_private: bool = False,
    ) -> None:
        """Describe the endpoint; nothing is sent yet.

        Args:
            model: The name that is sent.
            base_url: Where ``/embeddings`` is added to.
            dimension: Of its vectors; others are refused.
            key: Sent as a bearer token.
            shorten: Whether ``dimension`` is sent, for models that can shorten their vectors.
            max_tokens: The most that a text may have.
            query_prefix: Stands before a question.
            passage_prefix: Stands before a passage.
            batch_size: The most texts of a request.
            deadline_seconds: For a request, retries included.
            allow_private: Whether private addresses are called.
        """
        self._model = model
        self._url = f"{base_url.rstrip('/')}/embeddings"
        self._key = key
        self._extra: dict[str, Any] = {"dimensions": dimension} if shorten else {}
        self._query_prefix = query_prefix
        self._passage_prefix = passage_prefix
        self._batch_size = batch_size
        self._deadline_seconds = deadline_seconds
        self._allow_private = allow_private
        self._client: HttpClient | None = None
        self._opening = threading.Lock()
        named = "\0".join((self._url, model, query_prefix, passage_prefix))
        self._identity = EmbedderIdentity(
            name=model,
            weights=hashlib.sha256(named.encode("utf-8", "replace")).hexdigest(),
            dimension=dimension,
            max_tokens=max_tokens,
            special_tokens=2 + len(_PIECE.findall(passage_prefix)),
        )

    @property
    def identity(self) -> EmbedderIdentity:
        """The model's name, the dimension, and for weights, which nobody sees, a digest of name, URL and prefixes."""
        return self._identity

    def pieces(self, text: str) -> NDArray[np.int64]:
        """The spans of estimated pieces, shape ``(n, 2)``."""
        return np.array([match.span() for match in _PIECE.finditer(text)], dtype=np.int64).reshape(-1, 2)

    def embed_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None, cut: bool = False
    ) -> Matrix:
        """One unit row a text, shape ``(n, dimension)``."""
        rows = np.empty((len(texts), self._identity.dimension), dtype=np.float32)
        sent = [self._passage_prefix + (self._cut(text) if cut else self._fitting(text)) for text in texts]
        for start, end in self._batches(sent):
            rows[start:end] = self._ask(sent[start:end])
            if progress:
                progress(end - start)
        return rows

    def embed_query(self, text: str) -> Vector:
        """The unit vector of a question, shape ``(dimension,)``; what is beyond its last piece does not count."""
        vector: Vector = self._ask([self._query_prefix + self._cut(text)])[0]
        return vector

    def prepare(self) -> None:
        """There is nothing to load, and nothing is sent before there is a text."""

    def close(self) -> None:
        """Close the connections; may be called twice."""
        with self._opening:
            if self._client is not None:
                self._client.close()
                self._client = None

    @property
    def _most_pieces(self) -> int:
        return self._identity.max_tokens - self._identity.special_tokens

    def _cut(self, text: str) -> str:
        pieces = self.pieces(text)
        return text if len(pieces) <= self._most_pieces else text[: int(pieces[self._most_pieces - 1, 1])]

    def _fitting(self, text: str) -> str:
        pieces = len(_PIECE.findall(text)) if len(text) > self._most_pieces else 0
        if pieces > self._most_pieces:
            tokens = pieces + self._identity.special_tokens
            raise TextTooLong(name=self._model, tokens=tokens, most=self._identity.max_tokens)
        return text

    def _batches(self, texts: Sequence[str]) -> Iterator[tuple[int, int]]:
        start = pieces = 0
        for at, text in enumerate(texts):
            count = len(_PIECE.findall(text))
            if at > start and (at - start == self._batch_size or pieces + count > BATCH_PIECES):
                yield start, at
                start, pieces = at, 0
            pieces += count
        if start < len(texts):
            yield start, len(texts)

    def _ask(self, texts: Sequence[str]) -> Matrix:
        shown = [text if text.strip() else "." for text in texts]  # a blank text is refused by most
        body = {"model": self._model, "input": shown, "encoding_format": "float", **self._extra}
        headers = {"Authorization": f"Bearer {self._key.get_secret_value()}"} if self._key else {}
        deadline = time.monotonic() + self._deadline_seconds
        try:
            answer = self._opened().post_json(self._url, body, headers, deadline, threading.Event())
        except HttpError as error:
            raise EndpointUnusable(f"{self._model} did not embed: {error}") from error
        return _unit_rows(answer, count=len(texts), dimension=self._identity.dimension, model=self._model)

    def _opened(self) -> HttpClient:
        from indexers.http import HttpClient, HttpLimits

        with self._opening:
            if self._client is None:
                limits = HttpLimits(body_bytes=ANSWER_BYTES, write_seconds=60.0)
                self._client = HttpClient(allow_private=self._allow_private, limits=limits)
            return self._client


def _unit_rows(answer: Mapping[str, Any], *, count: int, dimension: int, model: str) -> Matrix:
    """The vectors by their ``index``, each checked.

    Raises:
        EndpointUnusable: The answer is not one vector a text.
        EmbedError: A vector has another length than configured, or is not usable.
    """
    items = answer.get("data")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise EndpointUnusable(f"{model} answered with JSON that holds no list of embeddings")
    places = [item.get("index") for item in items]
    if len(places) != count or any(type(place) is not int for place in places) or set(places) != set(range(count)):
        raise EndpointUnusable(
            f"{model} answered with {len(places)} embeddings for {count} texts, or numbered otherwise"
        )
    rows = np.empty((count, dimension), dtype=np.float32)
    for place, item in zip(places, items, strict=True):
        rows[place] = _unit(item.get("embedding"), dimension, model)
    return rows


def _unit(numbers: Any, dimension: int, model: str) -> Vector:  # noqa: ANN401  # JSON of strangers
    if not isinstance(numbers, list) or not all(type(number) in (int, float) for number in numbers):
        raise EndpointUnusable(f"{model} answered with an embedding that is no list of numbers")
    if len(numbers) != dimension:
        raise EmbedError(
            f"{model} answered with {len(numbers)} dimensions, embedder.dimension is {dimension}",
        )
    usable = all(abs(number) < LARGEST_NUMBER for number in numbers)
    row = np.array(numbers if usable else [0.0], dtype=np.float64)
    length = float(np.linalg.norm(row))
    if length == 0:
        raise EmbedError(f"{model} returned a vector that is not finite, or zero")
    return (row / length).astype(np.float32)
