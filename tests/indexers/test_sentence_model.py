"""Models of folders: values against transformers itself, prefixes, identity, and folders that are refused."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
from tokenizers import Tokenizer

from indexers.embedders import open_embedder
from indexers.engines import torch_engine
from indexers.engines.folder import read_folder
from indexers.engines.processor import ProcessorEngine
from indexers.engines.torch_engine import TorchEngine
from indexers.errors import EmbedError, SettingsError, TextTooLong
from indexers.minilm import MiniLM, minilm_folder
from indexers.sentence_model import SentenceModel
from indexers.settings import EmbedderSettings
from tests.indexers.tiny_models import FAMILIES, reference, write_model

TEXTS = ["plumb", "A plumb line hangs true; 1,024 of them do.", "words " * 50, "of another length altogether"]


def ids_of(text: str) -> list[int]:
    tokenizer = Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return list(tokenizer.encode(text).ids)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    prompts = {"query": "query: ", "passage": "passage: "}
    return write_model(tmp_path_factory.mktemp("model"), family="bert", pooling="mean_tokens", prompts=prompts)


@pytest.mark.parametrize("pooling", ["mean_tokens", "cls_token"])
@pytest.mark.parametrize("family", FAMILIES)
def test_vectors_are_those_of_transformers(tmp_path: Path, family: str, pooling: str) -> None:
    write_model(tmp_path, family=family, pooling=pooling)
    model = SentenceModel(tmp_path, name="tiny", precision="f32")
    rows = model.embed_passages(TEXTS)
    for text, row in zip(TEXTS, rows, strict=True):
        assert row == pytest.approx(reference(tmp_path, ids_of(text), pooling=pooling), abs=2e-5)
    assert model.embed_query(TEXTS[1]) == pytest.approx(rows[1], abs=1e-5)
    native = read_folder(tmp_path).shape is not None
    assert native == (family != "distilbert"), "what the graph does not know goes through torch"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_weights_of_half_precision_are_read(tmp_path: Path, dtype: str) -> None:
    write_model(tmp_path, family="bert", pooling="mean_tokens", dtype=dtype)
    row = SentenceModel(tmp_path, name="tiny", precision="f32").embed_query(TEXTS[1])
    assert row == pytest.approx(reference(tmp_path, ids_of(TEXTS[1]), pooling="mean_tokens"), abs=2e-5)


def test_both_engines_agree(folder: Path) -> None:
    ids = [ids_of(text) for text in TEXTS]
    by_torch = TorchEngine(folder, device="cpu").vectors(ids)
    assert SentenceModel(folder, name="tiny")._engine.vectors(ids) == pytest.approx(by_torch, abs=0.02)


def test_prefixes_are_the_folders_unless_set_and_count_in_the_budget(folder: Path) -> None:
    plain = SentenceModel(folder, name="tiny", query_prefix="", passage_prefix="")
    prefixed = open_embedder(EmbedderSettings(model=str(folder)))
    assert prefixed.embed_query("x") == pytest.approx(plain.embed_query("query: x"), abs=1e-6)
    assert prefixed.embed_passages(["x"])[0] == pytest.approx(plain.embed_query("passage: x"), abs=1e-6)
    assert (plain.identity.special_tokens, prefixed.identity.special_tokens) == (2, 4)
    assert (prefixed.identity.name, prefixed.identity.dimension, prefixed.identity.max_tokens) == (folder.name, 32, 64)
    with pytest.raises(TextTooLong, match="of 65 tokens"):
        prefixed.embed_passages(["word " * 61])
    with pytest.raises(TextTooLong, match="reads at most 40"):
        SentenceModel(folder, name="tiny", max_tokens=40).embed_passages(["word " * 50])


def test_what_changes_the_vectors_changes_the_identity(folder: Path, tmp_path: Path) -> None:
    other = write_model(tmp_path / "pooled-otherwise", family="bert", pooling="cls_token")
    found = [
        SentenceModel(folder, name="tiny"),
        SentenceModel(folder, name="tiny", query_prefix="q"),
        SentenceModel(other, name="tiny", query_prefix="query: ", passage_prefix="passage: "),
    ]
    assert len({model.identity.weights for model in found}) == len(found)
    assert SentenceModel(folder, name="tiny").identity == found[0].identity


def test_a_gpu_takes_the_passages_once_they_are_many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_engine, "gpu", lambda: "cpu")  # what a GPU would be given, without one
    model = SentenceModel(folder, name="tiny", passage_prefix="")
    few, many = model.embed_passages(TEXTS), model.embed_passages(TEXTS * 128)
    assert isinstance(model._for_many(), TorchEngine)
    assert isinstance(model._engine, ProcessorEngine), "a question needs no torch"
    assert np.sum(many[: len(TEXTS)] * few, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-3)


def test_without_a_driver_torch_is_not_even_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_engine, "GPU_FILES", ())
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: pytest.fail("torch was looked for"))
    assert torch_engine.gpu() is None


def test_folders_that_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="folder without modules"):
        open_embedder(EmbedderSettings(model=str(tmp_path)))
    copy = write_model(tmp_path / "copy", family="bert", pooling="mean_tokens")
    original = (copy / "config.json").read_text()
    (copy / "config.json").write_text(json.dumps({**json.loads(original), "auto_map": {"AutoModel": "evil.Model"}}))
    with pytest.raises(EmbedError, match="never run"):
        SentenceModel(copy, name="tiny").embed_query("x")
    (copy / "config.json").write_text(original)
    weights = (copy / "model.safetensors").read_bytes()
    for damaged, said in ((weights[:-1], "ends before"), (b"\xff" * 64, "header is longer"), (b"", "cannot be read")):
        (copy / "model.safetensors").write_bytes(damaged)
        with pytest.raises(EmbedError, match=said):
            SentenceModel(copy, name="tiny").embed_query("x")
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(EmbedError, match="other formats of weights"):
        SentenceModel(copy, name="tiny").embed_query("x")


@pytest.mark.parametrize(
    ("name", "sound", "damaged", "said"),
    [
        pytest.param(
            "config.json", '"num_hidden_layers": 2', '"num_hidden_layers": "two"', "no sentence-tr", id="word"
        ),
        pytest.param("config.json", '"num_attention_heads": 4', '"num_attention_heads": 5', "cannot run", id="heads"),
        pytest.param(
            "config.json", '"num_hidden_layers": 2', '"num_hidden_layers": 3', "no weights named", id="layers"
        ),
        pytest.param("modules.json", '"path"', '"place"', "no sentence-transformers model", id="no-path"),
        pytest.param("modules.json", "[", "", "cannot be read", id="no-json"),
        pytest.param("tokenizer.json", "{", "", "tokenizer.json cannot be read", id="no-tokenizer"),
    ],
)
def test_a_folder_that_contradicts_itself_is_refused_by_name_and_nothing_else_is_said(
    folder: Path, tmp_path: Path, name: str, sound: str, damaged: str, said: str
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    text = (copy / name).read_text()
    assert sound in text
    (copy / name).write_text(text.replace(sound, damaged, 1))
    model = SentenceModel(copy, name="tiny")
    model.prepare()  # in a thread, whose error nobody could catch
    model.close()
    with pytest.raises(EmbedError, match=said):
        model.embed_query("x")


def test_a_model_that_was_fetched_is_not_looked_for_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, asked = folder, list[bool]()

    def fetch(_name: str, *, local_files_only: bool, allow_patterns: list[str]) -> str:
        assert not any("bin" in pattern or "py" in pattern for pattern in allow_patterns)
        asked.append(local_files_only)
        return str(at)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    chosen = EmbedderSettings(model="somebody/tiny", allow_download=True)
    assert open_embedder(chosen).identity.name == "somebody/tiny"
    assert asked == [True], "nothing is sent where the model is held"
    at = Path(shutil.copytree(folder, tmp_path / "cut-short"))
    (at / "model.safetensors").unlink()
    open_embedder(chosen)
    assert asked == [True, True, False]


def test_a_name_that_is_not_on_this_machine_is_refused_with_the_way_to_fetch_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(SettingsError, match="'nobody/none', which is not on this machine") as refused:
        open_embedder(EmbedderSettings(model="nobody/none"))
    assert "allow_download" in refused.value.hint


def test_the_engine_never_computes_less_exactly_than_it_says() -> None:
    texts = [f"Revenue of segment {number} was ${number * 17} million, up {number}% from 2021." for number in range(40)]
    exact, fast = MiniLM(precision="f32").embed_passages(texts), MiniLM().embed_passages(texts)
    cosines = np.sum(exact * fast, axis=1)
    assert cosines.mean() > 0.9995
    assert cosines.min() > 0.999, "the store refuses an embedder that is further from itself"
