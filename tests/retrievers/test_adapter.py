from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from indexers.embed import EmbedderIdentity, Matrix
from rag import Rag
from rag.settings import load_settings
from retrievers.adapter import FILE, QueryAdapter, learn_adapter, open_adapter, read_adapter, write_adapter
from retrievers.errors import AdapterUnusable
from retrievers.settings import AdapterSettings

MODEL = EmbedderIdentity("toy", "00", 8, 256)


def unit(rows: Matrix) -> Matrix:
    scaled: Matrix = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def pairs(count: int, seed: int = 0) -> tuple[Matrix, Matrix]:
    """Questions, and passages that are questions turned by one fixed rotation."""
    chance = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(np.random.default_rng(99).standard_normal((8, 8)))
    questions = unit(chance.standard_normal((count, 8)).astype(np.float32))
    return questions, unit((questions @ turn.T).astype(np.float32))


def test_it_is_the_solution_of_the_ridge_and_learns_a_rotation() -> None:
    questions, passages = pairs(500)
    adapter = learn_adapter(questions, passages, strength=3.0, identity=MODEL)
    matrix = adapter.matrix.astype(np.float64)
    error = questions @ matrix.T - passages
    gradient = error.T @ questions + 3.0 * (matrix - np.eye(8))
    assert np.abs(gradient).max() < 1e-3
    unseen, wanted = pairs(50, seed=1)
    mapped = np.stack([adapter.apply(row) for row in unseen])
    assert np.sum(mapped * wanted, axis=1).min() > 0.99


def test_without_pairs_or_with_a_firm_hold_it_is_the_identity() -> None:
    questions, passages = pairs(5)
    nothing = learn_adapter(questions[:0], passages[:0], strength=30.0, identity=MODEL)
    assert np.array_equal(nothing.matrix, np.eye(8, dtype=np.float32))
    firm = learn_adapter(questions, passages, strength=1e9, identity=MODEL)
    assert np.abs(firm.matrix - np.eye(8)).max() < 1e-6


def test_a_pair_of_weight_2_is_a_pair_given_twice() -> None:
    questions, passages = pairs(4)
    twice = learn_adapter(
        np.vstack([questions, questions[:1]]), np.vstack([passages, passages[:1]]), strength=1.0, identity=MODEL
    )
    weighted = learn_adapter(questions, passages, strength=1.0, identity=MODEL, weights=[2, 1, 1, 1])
    assert np.allclose(twice.matrix, weighted.matrix, atol=1e-6)


def test_what_is_mapped_has_length_1_and_a_vector_that_vanishes_stays() -> None:
    zero = QueryAdapter("toy", "00", np.zeros((8, 8), dtype=np.float32))
    vector = unit(np.ones((1, 8), dtype=np.float32))[0]
    assert np.array_equal(zero.apply(vector), vector)
    scaled = QueryAdapter("toy", "00", 5 * np.eye(8, dtype=np.float32))
    assert np.allclose(scaled.apply(vector), vector)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    questions, passages = pairs(20)
    adapter = learn_adapter(questions, passages, strength=1.0, identity=MODEL)
    write_adapter(adapter, tmp_path / FILE)
    again = read_adapter(tmp_path / FILE)
    assert np.array_equal(again.matrix, adapter.matrix)
    assert again.fits(MODEL)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("at", [0, 30, -1])
def test_a_flipped_bit_is_told(tmp_path: Path, at: int) -> None:
    path = tmp_path / FILE
    write_adapter(QueryAdapter("toy", "00", np.eye(8, dtype=np.float32)), path)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))
    try:
        read = read_adapter(path)
    except AdapterUnusable:
        return
    assert not read.fits(MODEL)  # the name of the model: it is passed over


@pytest.mark.parametrize("content", [b"", b"{}\n", b"[]\n", b"\xff\n", b'{"format": 1}\n' + b"\0" * 256])
def test_what_is_no_adapter_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(AdapterUnusable, match=re.escape(FILE)):
        read_adapter(tmp_path / FILE)


def test_which_adapter_is_used(tmp_path: Path) -> None:
    settings = AdapterSettings()
    assert open_adapter(tmp_path, settings, MODEL) is None
    write_adapter(QueryAdapter("toy", "00", np.eye(8, dtype=np.float32)), tmp_path / FILE)
    assert open_adapter(tmp_path, settings, MODEL) is not None
    assert open_adapter(tmp_path, AdapterSettings(enabled=False), MODEL) is None
    assert open_adapter(tmp_path, settings, EmbedderIdentity("toy", "01", 8, 256)) is None
    with pytest.raises(AdapterUnusable):
        open_adapter(tmp_path, AdapterSettings(file=tmp_path / "other"), MODEL)


def test_a_search_asks_with_the_mapped_vector(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for name in ("anvil", "violin", "kettle"):
        (tmp_path / "docs" / f"{name}.md").write_text(f"The {name}.\n")
    settings = load_settings(overrides={"embedder.model": "hashing"})
    with Rag.open(tmp_path / "index", settings=settings, create=True) as rag:
        rag.index([tmp_path / "docs"])
        plain = rag.search("anvil", limit=1, mode="dense")[0]
        identity = rag._embedder.identity
        swap = rag._embedder.embed_query("The violin.")[:, None] @ rag._embedder.embed_query("anvil")[None, :]
    adapter = QueryAdapter(identity.name, identity.weights, swap.astype(np.float32))
    write_adapter(adapter, tmp_path / "index" / FILE)
    with Rag.open(tmp_path / "index", settings=settings) as rag:
        mapped = rag.search("anvil", limit=1, mode="dense")[0]
        assert rag.document(plain.chunk.document_id).uri.endswith("anvil.md")
        assert rag.document(mapped.chunk.document_id).uri.endswith("violin.md")
        assert "anvil.md" in rag.document(rag.search("anvil", limit=1, mode="lexical")[0].chunk.document_id).uri


@pytest.mark.parametrize(
    "header",
    [
        b'{"format": 1, "model": "toy", "weights": "00", "dimension": 1e400, "sha256": ""}',
        b'{"format": 1, "model": "toy", "weights": "00", "dimension": 1' + b"0" * 40 + b', "sha256": ""}',
        b"[" * 4000,
        b"{}",
        b"[]",
    ],
)
def test_a_header_that_somebody_made_up_is_an_error_of_its_own(tmp_path: Path, header: bytes) -> None:
    (tmp_path / FILE).write_bytes(header + b"\n" + bytes(256))
    with pytest.raises(AdapterUnusable):
        open_adapter(tmp_path, AdapterSettings(), MODEL)


def test_a_huge_file_is_refused_by_its_size_and_not_read(tmp_path: Path) -> None:
    with (tmp_path / FILE).open("wb") as file:
        file.truncate(2**40)  # sparse
    with pytest.raises(AdapterUnusable, match="larger"):
        open_adapter(tmp_path, AdapterSettings(), MODEL)


def test_it_is_the_owners_alone_whatever_lies_in_its_place(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("kept")
    (tmp_path / f"{FILE}.unfinished").symlink_to(elsewhere)
    questions, passages = pairs(5)
    write_adapter(learn_adapter(questions, passages, strength=3.0, identity=MODEL), tmp_path / FILE)
    assert elsewhere.read_text() == "kept"
    assert not (tmp_path / FILE).is_symlink()
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
