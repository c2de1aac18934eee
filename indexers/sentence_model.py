"""An embedder over a sentence-transformers folder: word pieces, prefixes, and the fastest engine of this machine."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from indexers.embed import EmbedderIdentity, PieceVectors, QueryTokens
from indexers.engines.folder import read_folder
from indexers.errors import EmbedError, TextTooLong
from indexers.late.codes import NO_CODES, PieceCodes, encode_pieces
from indexers.late.projection import read_projection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from indexers.embed import Matrix, Vector
    from indexers.engines.folder import ModelFolder
    from indexers.engines.processor import ProcessorEngine
    from indexers.engines.torch_engine import TorchEngine
    from indexers.engines.weights import Weights
    from indexers.late.projection import Projection

GPU_FROM_TEXTS = 512
"""A GPU is looked for once this many passages have been asked for: loading torch takes longer than embedding fewer."""

REMEMBERED_QUESTIONS = 8
"""Several searches, and a ranker, ask for the same question within milliseconds: one pass serves them all."""

PIECES_AT_SEAMS = 2
"""Pieces that a slice may have more than the text it is cut from, where a tokenizer looks beyond words."""


class SentenceModel:
    """A model of a folder. Nothing is loaded before the first text; safe to call from several threads."""

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        identity: EmbedderIdentity | None = None,
        query_prefix: str | None = None,
        passage_prefix: str | None = None,
        max_tokens: int | None = None,
        precision: str | None = None,
        projection: str | None = None,
    ) -> None:
        """Describe the model.

        Args:
            folder: Where it lies; see `indexers.engines.folder`.
            name: What the index remembers it by.
            identity: What the model must be: its ``weights`` are the sha256 (hex) that the weights' file must have,
                checked before anything is computed with them. None takes what the folder holds.
            query_prefix: Stands before a question; None takes what the folder says.
            passage_prefix: Likewise before a passage; its pieces count among the special tokens.
            max_tokens: Instead of the folder's; at most that.
            precision: ``f32`` or ``bf16`` on a processor; None takes what is fastest here.
            projection: The name of the projection of its token vectors, if one ships; see `indexers.late`.
        """
        self._projection_name = projection
        self._asked: OrderedDict[str, QueryTokens] = OrderedDict()
        self._asked_lock = threading.Lock()
        self._folder_path = folder
        self._name = name
        self._pinned = identity
        self._query_prefix = query_prefix
        self._passage_prefix = passage_prefix
        self._max_tokens = max_tokens
        self._precision = precision
        self._asked_for = 0
        self._loading = threading.Lock()
        self._opened: ProcessorEngine | TorchEngine | None = None
        self._preparing: threading.Thread | None = None

    @functools.cached_property
    def identity(self) -> EmbedderIdentity:
        """The model by the digest of all that determines its vectors."""
        return self._pinned or EmbedderIdentity(
            name=self._name,
            weights=self._digest(),
            dimension=self._folder.dimension,
            max_tokens=self._limit,
            special_tokens=self._special_tokens,
        )

    def pieces(self, text: str) -> NDArray[np.int64]:
        """The spans of the model's word pieces, shape ``(n, 2)``, without special tokens, untruncated."""
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        spans = np.array(offsets, dtype=np.int64).reshape(-1, 2)
        return spans[spans[:, 0] < spans[:, 1]]

    def embed_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None, cut: bool = False
    ) -> Matrix:
        """One unit row a text, shape ``(n, dimension)``."""
        if not texts:
            return np.empty((0, self._folder.dimension), dtype=np.float32)
        ids = self._ids([self._before_passage + text for text in texts], cut=cut)
        self._asked_for += len(texts)
        return _checked(self._for_many().vectors(ids, progress=progress), self._name)

    @functools.cached_property
    def coding(self) -> str | None:
        """What the codes of this model's pieces are made by; None where no projection of it ships."""
        return self._projection.coding if self._projection else None

    def embed_with_codes(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None, cut: bool = False
    ) -> tuple[Matrix, list[PieceCodes]]:
        """`embed_passages`, and the codes of each text's pieces out of the same pass; needs a ``coding``."""
        if not texts:
            return self.embed_passages(texts), []
        ids = self._ids([self._before_passage + text for text in texts], cut=cut)
        self._asked_for += len(texts)
        codes: list[PieceCodes] = [NO_CODES] * len(texts)
        kept = self._telling_pieces

        def take(places: list[int], tokens: NDArray[np.float32]) -> None:
            for place, found in zip(places, encode_pieces([ids[at] for at in places], tokens, kept=kept), strict=True):
                codes[place] = found

        return _checked(self._for_many().vectors(ids, progress=progress, take_tokens=take), self._name), codes

    def piece_vectors(self, texts: Sequence[str]) -> tuple[Matrix, list[PieceVectors]]:
        """`embed_passages` of texts that may be cut, and their pieces out of the same pass; needs a ``coding``."""
        if not texts:
            return self.embed_passages(texts), []
        whole = [self._before_passage + text for text in texts]
        ids = self._ids(whole, cut=True)
        self._asked_for += len(texts)
        seen: list[NDArray[np.float32]] = [np.empty((0, 0), dtype=np.float32)] * len(texts)

        def take(places: list[int], tokens: NDArray[np.float32]) -> None:
            for row, place in enumerate(places):
                seen[place] = np.array(tokens[row, : len(ids[place])], dtype=np.float32)

        matrix = _checked(self._for_many().vectors(ids, take_tokens=take), self._name)
        found = []
        for encoding, kept, vectors in zip(self._tokenizer.encode_batch(whole), ids, seen, strict=True):
            spans = np.array(encoding.offsets[: len(kept)], dtype=np.int64).reshape(-1, 2) - len(self._before_passage)
            own = np.isin(kept, list(self._special_ids), invert=True) & (spans[:, 0] >= 0)
            found.append(PieceVectors(np.array(kept)[own], spans[own], _checked(vectors, self._name)[own]))
        return matrix, found

    def embed_query(self, text: str) -> Vector:
        """The unit vector of a question, shape ``(dimension,)``; what is beyond its last piece does not count."""
        if self._projection:
            return self.query_tokens(text).vector
        (ids,) = self._ids([self._before_query + text], cut=True)
        vector: Vector = _checked(self._engine.vector(ids), self._name)
        return vector

    def query_tokens(self, text: str) -> QueryTokens:
        """The question's vector and those of its pieces that tell something; of the last few it is remembered."""
        with self._asked_lock:
            if text in self._asked:
                return self._asked[text]
        (ids,) = self._ids([self._before_query + text], cut=True)
        vector, tokens = self._engine.vector_and_tokens(ids)
        said = [self._tokenizer.id_to_token(piece) or "" for piece in ids]
        places = [at for at, piece in enumerate(ids) if piece not in self._special_ids and _tells(said[at])]
        pieces, texts = tuple(ids[at] for at in places), tuple(said[at] for at in places)
        found = QueryTokens(_checked(vector, self._name), pieces, texts, _checked(tokens, self._name)[places])
        with self._asked_lock:
            self._asked[text] = found
            while len(self._asked) > REMEMBERED_QUESTIONS:
                self._asked.popitem(last=False)
        return found

    def piece_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids that the model is given for texts, special pieces included; what is too long is cut."""
        return self._ids(texts, cut=True)

    def prepare(self) -> None:
        """Load the tokenizer and the engine in a thread of their own: most of it needs no interpreter."""
        if self._opened is None and self._preparing is None:
            self._preparing = threading.Thread(target=self._load, name="plumbline-embedder")
            self._preparing.start()

    def close(self) -> None:
        """Wait for what `prepare` began: a program must not end in the middle of it."""
        if self._preparing is not None:
            self._preparing.join()

    def _ids(self, texts: Sequence[str], *, cut: bool) -> list[list[int]]:
        found = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(texts)]
        for at, ids in enumerate(found):
            if len(ids) > self._limit:
                if not cut:
                    raise TextTooLong(name=self._name, tokens=len(ids), most=self._limit)
                found[at] = [*ids[: self._limit - 1], ids[-1]]  # the last one ends a text
        return found

    def _for_many(self) -> ProcessorEngine | TorchEngine:
        return (self._gpu_engine if self._asked_for >= GPU_FROM_TEXTS else None) or self._engine

    @functools.cached_property
    def _folder(self) -> ModelFolder:
        return read_folder(self._folder_path)

    @functools.cached_property
    def _limit(self) -> int:
        return min(self._folder.max_tokens, self._max_tokens or self._folder.max_tokens)

    @property
    def _before_query(self) -> str:
        return self._folder.query_prefix if self._query_prefix is None else self._query_prefix

    @property
    def _before_passage(self) -> str:
        return self._folder.passage_prefix if self._passage_prefix is None else self._passage_prefix

    @functools.cached_property
    def _special_tokens(self) -> int:
        whole_words = "Bert" in type(self._tokenizer.pre_tokenizer).__name__
        return len(self._tokenizer.encode(self._before_passage).ids) + (0 if whole_words else PIECES_AT_SEAMS)

    @functools.cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer  # only where text is split

        path = self._folder.transformer / "tokenizer.json"
        if not path.is_file():
            raise EmbedError(f"{self._folder.transformer} has no tokenizer.json")
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises nothing narrower
            raise EmbedError(f"{path} cannot be read: {error}") from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @functools.cached_property
    def _projection(self) -> Projection | None:
        return read_projection(self._projection_name) if self._projection_name else None

    @functools.cached_property
    def _special_ids(self) -> frozenset[int]:
        added = self._tokenizer.get_added_tokens_decoder()
        return frozenset(piece for piece, token in added.items() if token.special)

    @functools.cached_property
    def _telling_pieces(self) -> NDArray[np.bool_]:
        """For each id whether its text has a letter or a digit, and it is no special piece."""
        vocabulary = self._tokenizer.get_vocab()
        telling = np.zeros(max(vocabulary.values()) + 1, dtype=np.bool_)
        telling[[at for piece, at in vocabulary.items() if _tells(piece)]] = True
        telling[list(self._special_ids)] = False
        return telling

    @property
    def _engine(self) -> ProcessorEngine | TorchEngine:
        with self._loading:
            if self._opened is None:
                self._opened = self._open_engine()
            return self._opened

    def _load(self) -> None:
        with contextlib.suppress(EmbedError):  # told to whoever embeds
            self._ids(["."], cut=True)
            self._engine.vector(self._ids(["."], cut=True)[0])

    def _open_engine(self) -> ProcessorEngine | TorchEngine:
        if self._folder.shape is None:
            self._checked_weights()
            from indexers.engines.torch_engine import TorchEngine, gpu

            return TorchEngine(self._folder.path, device=gpu() or "cpu")
        from indexers.engines.bert import build_bert
        from indexers.engines.processor import ProcessorEngine, load_library

        with ThreadPoolExecutor(1) as aside:  # hashing and importing take a tenth of a second each, on a core each
            checked = aside.submit(self._checked_weights)
            load_library()
            weights = checked.result()
        try:
            projection = self._projection.matrix if self._projection else None
            graph = build_bert(self._folder.shape, weights.__getitem__, projection=projection)
            return ProcessorEngine(graph, precision=self._precision)
        except KeyError as error:
            raise EmbedError(f"{self._folder.path} has no weights named {error}") from error
        except (ValueError, RuntimeError, IndexError) as error:  # tensors of other shapes than the configuration says
            raise EmbedError(f"the weights in {self._folder.path} do not make its model: {error}") from error

    @functools.cached_property
    def _gpu_engine(self) -> TorchEngine | None:
        from indexers.engines.torch_engine import TorchEngine, gpu

        device = gpu()
        if device is None or self._folder.shape is None:
            return None
        self._checked_weights()
        projection = self._projection.matrix if self._projection else None
        return TorchEngine(self._folder.path, device=device, projection=projection)

    def _checked_weights(self) -> Weights:
        weights = self._folder.weights()
        if self._pinned is not None and (found := weights.sha256()) != self._pinned.weights:
            raise EmbedError(f"the weights in {self._folder.path} have sha256 {found[:12]}…, not the official model's")
        return weights

    def _digest(self) -> str:
        import hashlib

        parts = [self._folder.digest(), self._before_query, self._before_passage]
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _tells(piece: str) -> bool:
    """Whether it has a letter or a digit: what has none says nothing by itself, and has no code in any chunk."""
    return any(map(str.isalnum, piece))


def _checked(vectors: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    if not np.isfinite(vectors).all():
        raise EmbedError(f"{name} returned a vector that is not finite")
    return vectors
