"""Both engines give the same vectors of tokens, and these are the model's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tokenizers import Tokenizer

from indexers.engines.bert import build_bert
from indexers.engines.folder import read_folder
from indexers.engines.processor import ProcessorEngine
from indexers.engines.torch_engine import TorchEngine
from indexers.late.codes import encode_pieces
from indexers.late.projection import read_projection
from indexers.minilm import MiniLM, minilm_folder
from tests.indexers.tiny_models import write_model

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TEXTS = ["plumb", "A plumb line hangs true; 1,024 of them do.", "words " * 50, "of another length altogether"]
NARROW = 12


def ids_of(text: str) -> list[int]:
    tokenizer = Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return list(tokenizer.encode(text).ids)


def reference(folder: Path, ids: list[int], projection: NDArray[np.float32]) -> NDArray[np.float32]:
    """The last states of transformers, projected, of length 1."""
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        states = model(torch.tensor([ids])).last_hidden_state[0].numpy()
    narrow = states @ projection
    return np.asarray(narrow / np.linalg.norm(narrow, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"), family="bert", pooling="mean_tokens")


@pytest.mark.parametrize("kind", ["processor", "torch"])
def test_token_vectors_are_those_of_transformers(folder: Path, kind: str) -> None:
    projection = np.random.default_rng(1).standard_normal((32, NARROW)).astype(np.float32)
    engine: ProcessorEngine | TorchEngine
    if kind == "torch":
        engine = TorchEngine(folder, device="cpu", projection=projection)
    else:
        model = read_folder(folder)
        assert model.shape is not None
        graph = build_bert(model.shape, model.weights().__getitem__, projection=projection)
        engine = ProcessorEngine(graph, precision="f32")
    ids = [ids_of(text) for text in TEXTS]
    taken: dict[int, NDArray[np.float32]] = {}

    def take(places: list[int], tokens: NDArray[np.float32]) -> None:
        for row, place in enumerate(places):
            taken[place] = np.array(tokens[row, : len(ids[place])])

    rows = engine.vectors(ids, take_tokens=take)
    assert sorted(taken) == list(range(len(TEXTS)))
    for place, one in enumerate(ids):
        expected = reference(folder, one, projection)
        assert taken[place] == pytest.approx(expected, abs=1e-4)
        vector, tokens = engine.vector_and_tokens(one)
        assert tokens == pytest.approx(expected, abs=1e-4)
        assert vector == pytest.approx(rows[place], abs=1e-4)


def test_an_error_in_what_takes_the_tokens_is_raised_to_the_caller(folder: Path) -> None:
    class Full(Exception):
        pass

    def take(places: list[int], tokens: NDArray[np.float32]) -> None:
        raise Full

    model = read_folder(folder)
    assert model.shape is not None
    graph = build_bert(model.shape, model.weights().__getitem__, projection=np.eye(32, dtype=np.float32))
    engine = ProcessorEngine(graph, precision="f32")
    with pytest.raises(Full):
        engine.vectors([ids_of(text) for text in TEXTS], take_tokens=take)
    assert engine.vectors([ids_of("and goes on")]).shape == (1, 32)


def test_the_projection_that_ships_is_the_recorded_one_and_keeps_directions_apart() -> None:
    projection = read_projection("minilm")
    assert projection.matrix.shape == (384, 192)
    assert projection.matrix.T @ projection.matrix == pytest.approx(np.eye(192), abs=2e-3), "a turn, without stretching"


def test_the_bundled_models_codes_leave_out_what_tells_nothing() -> None:
    model = MiniLM()
    _, (codes,) = model.embed_with_codes(["The plumb line, the plumb line!"])
    pieces = [model._tokenizer.id_to_token(piece) for piece in codes.pieces]
    assert sorted(map(str, pieces)) == ["##b", "line", "plum", "the"]
    assert codes.codes.shape == (4, 48)
    (ids,) = model.piece_ids(["The plumb line, the plumb line!"])
    tokens = model._engine.vector_and_tokens(ids)[1]
    (alone,) = encode_pieces([ids], tokens[None], kept=model._telling_pieces)
    apart = np.unpackbits(alone.codes ^ codes.codes).mean()
    assert apart < 0.02, "the engine for one text and that for many round a few values otherwise"
