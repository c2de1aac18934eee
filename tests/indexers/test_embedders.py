"""The contract of every embedder, by values."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers import minilm
from indexers.embedders import open_embedder
from indexers.engines.processor import fastest_precision, usable_cores
from indexers.errors import EmbedError, SettingsError, TextTooLong
from indexers.minilm import MiniLM
from indexers.settings import EmbedderSettings
from tests.embedding_server import embedding_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexers.embed import Embedder

MINILM = MiniLM()
TEXTS = [
    "Employees may take 16 weeks of parental leave at full pay.",
    "The warehouse in Rotterdam opens at six.",
    "",
    "Parental leave: new parents stay at home, fully paid, for sixteen weeks.",
]


@pytest.fixture(scope="module", params=["hashing", "minilm", "endpoint"])
def embedder(request: pytest.FixtureRequest) -> Iterator[Embedder]:
    with embedding_server(dimension=256) as server:
        at = {"base_url": server.url, "dimension": 256, "max_tokens": 256} if request.param == "endpoint" else {}
        made = open_embedder(EmbedderSettings.model_validate({"model": request.param, **at}))
        yield made
        made.close()


def test_rows_are_unit_vectors_in_order(embedder: Embedder) -> None:
    reports: list[int] = []
    rows = embedder.embed_passages(TEXTS, progress=reports.append)
    assert rows.dtype == np.float32
    assert rows.shape == (len(TEXTS), embedder.identity.dimension)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)
    assert sum(reports) == len(TEXTS)
    for text, row in zip(TEXTS, rows, strict=True):
        assert embedder.embed_passages([text])[0] == pytest.approx(row, abs=1e-5)


def test_a_question_is_nearest_to_its_answer(embedder: Embedder) -> None:
    rows = embedder.embed_passages(TEXTS)
    cosines = rows @ embedder.embed_query("How many weeks of parental leave do employees get?")
    assert int(np.argmax(cosines)) in {0, 3}
    assert cosines[1] < cosines[0]


def test_pieces_are_spans_in_order(embedder: Embedder) -> None:
    text = "Naïve 😀 costs $1,577.50  in Köln"
    pieces = embedder.pieces(text)
    assert (pieces[:, 0] < pieces[:, 1]).all()
    assert (pieces[1:, 0] >= pieces[:-1, 1]).all()
    covered = {at for start, end in pieces for at in range(start, end)}
    assert {at for at, letter in enumerate(text) if not letter.isspace()} <= covered
    assert embedder.pieces("").shape == (0, 2)


@given(text=st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore").decode()))
@settings(deadline=None, max_examples=200)
def test_as_many_tokens_are_embedded_as_pieces_were_counted(text: str) -> None:
    (ids,) = MINILM._ids([text], cut=True)
    counted = len(MINILM.pieces(text)) + MINILM.identity.special_tokens
    assert len(ids) == min(counted, MINILM.identity.max_tokens)


@pytest.mark.parametrize(
    ("precision", "most"), [pytest.param("f32", 5e-5, id="exactly"), pytest.param(None, 1.5e-3, id="as-fast-as-here")]
)
def test_minilm_agrees_with_the_vector_shown_in_its_users_documentation(precision: str | None, most: float) -> None:
    vector = MiniLM(precision=precision).embed_query("This is an example sentence")
    assert vector[:3] == pytest.approx([0.06765693, 0.06349583, 0.04870343], abs=most)


def test_no_text_changes_with_the_texts_beside_it() -> None:
    model = MiniLM()
    texts = [" ".join(["plumb line"] * count) for count in (1, 2, 30, 31, 60, *[80] * 16)]
    alone = np.stack([model.embed_passages([text])[0] for text in texts])
    assert model.embed_passages(texts) == pytest.approx(alone, abs=1e-5)


def test_a_text_that_is_too_long_is_refused_unless_it_may_be_cut(embedder: Embedder) -> None:
    most = embedder.identity.max_tokens - embedder.identity.special_tokens
    exact, longer = "word " * most, "word " * (most + 1)
    rows = embedder.embed_passages([exact, longer], cut=True)
    assert rows[0] @ rows[1] == pytest.approx(1, abs=1e-3)
    assert embedder.embed_passages([exact])[0] == pytest.approx(rows[0], abs=1e-5)
    with pytest.raises(TextTooLong, match=f"of {embedder.identity.max_tokens + 1} tokens"):
        embedder.embed_passages([exact, longer])


def test_embedding_imports_no_torch_and_leaves_nothing_under_home(tmp_path: Path) -> None:
    code = (
        "import sys; from indexers.minilm import MiniLM; MiniLM().embed_passages(['a text']); "
        "print(sorted(name for name in sys.argv[1:] if sys.modules.get(name)))"
    )
    unwanted = ["torch", "transformers", "sentence_transformers", "openvino_telemetry"]
    environment = {**os.environ, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", code, *unwanted], env=environment, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "[]\n"
    assert list(tmp_path.iterdir()) == [], "OpenVINO's telemetry keeps a file here, and calls a server"


@pytest.mark.parametrize(
    ("facts", "precision"),
    [
        pytest.param("flags\t\t: fpu avx2 avx512f amx_bf16 amx_int8\n", "bf16", id="amx"),
        pytest.param("flags\t\t: fpu avx2 avx512f avx512_bf16\n", "bf16", id="avx512-bf16"),
        pytest.param("flags\t\t: fpu avx2 avx512f\n", "f32", id="avx512-without-bf16"),
        pytest.param("Features\t: fp asimd bf16\n", None, id="arm-decides-itself"),
        pytest.param(None, None, id="no-such-file"),
    ],
)
def test_the_precision_is_what_the_processor_multiplies(tmp_path: Path, facts: str | None, precision: str) -> None:
    path = tmp_path / "cpuinfo"
    if facts is not None:
        path.write_text(f"processor\t: 0\n{facts}")
    assert fastest_precision(path) == precision


@pytest.mark.parametrize(
    ("quota", "cores"),
    [
        pytest.param("100000 100000\n", 1, id="one"),
        pytest.param("50000 100000\n", 1, id="half-a-core"),
        pytest.param("250000 100000\n", 3, id="two-and-a-half"),
        pytest.param("9900000 100000\n", 4, id="more-than-there-are"),
        pytest.param("max 100000\n", 4, id="no-limit"),
        pytest.param(None, 4, id="no-container"),
    ],
)
def test_a_container_uses_the_cores_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str | None, cores: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    if quota is not None:
        (tmp_path / "cpu.max").write_text(quota)
    assert usable_cores(tmp_path / "cpu.max") == cores


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(EmbedError, match="not the official model's"):
        MiniLM().embed_query("x")


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"embedder\.model is 'ada'"):
        open_embedder(EmbedderSettings(model="ada"))
