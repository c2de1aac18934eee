"""Cross-encoders of folders: scores against transformers itself, what is refused, and the order they give."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from indexers.context import chunk_context
from indexers.errors import SettingsError
from indexers.minilm import minilm_folder
from retrievers.cross_encoder import CrossEncoderRanker, open_cross_encoder
from retrievers.errors import RankerUnusable
from retrievers.reranked import RerankedRetriever
from retrievers.search import open_retriever
from retrievers.settings import RankingSettings, RetrievalSettings
from tests.indexers.tiny_models import SIZES
from tests.retrievers.corpus import COMPANY, EMBEDDER, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexers.store import Snapshot, Store

QUESTION = "How many weeks of parental leave?"


def write_cross_encoder(folder: Path, *, labels: int = 1) -> Path:
    """A folder as transformers writes it, with small random weights and MiniLM's tokenizer."""
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    torch.manual_seed(3)
    config = AutoConfig.for_model("bert", num_labels=labels, **{**SIZES, "pad_token_id": 0})
    model = AutoModelForSequenceClassification.from_config(config)  # type: ignore[no-untyped-call]
    for name, parameter in model.named_parameters():
        if "LayerNorm.weight" not in name:  # as they are begun, all pairs score alike
            torch.nn.init.normal_(parameter, std=0.4)
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        shutil.copy(minilm_folder() / name, folder / name)
    return folder


def reference(folder: Path, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """The sigmoid of the logits, by transformers alone, a pair at a time."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        given = [
            model(**tokenizer(*pair, truncation=True, max_length=66, return_tensors="pt")).logits for pair in pairs
        ]
    return [float(torch.sigmoid(logit)[0, 0]) for logit in given]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cross_encoder(tmp_path_factory.mktemp("cross") / "model")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store_of(tmp_path_factory.mktemp("index") / "index", COMPANY) as store:
        yield store


def test_scores_are_those_of_transformers(folder: Path, store: Store) -> None:
    snapshot = store.snapshot()
    chunks = list(snapshot.all_chunks())
    pairs = []
    for chunk in chunks:
        document = snapshot.document(chunk.document_id)
        text = document.text[chunk.start : chunk.end]
        pairs.append((QUESTION, f"{chunk_context(document, chunk.headings)}\n{text}"))
    ranker = open_cross_encoder(RankingSettings(model=str(folder)))
    assert ranker is not None
    found = ranker.scores(QUESTION, [*(chunk.id for chunk in chunks), "0" * 16], snapshot=snapshot)
    assert found[:-1] == pytest.approx(reference(folder, pairs), abs=1e-4)
    assert np.isnan(found[-1]), "a chunk that is not there"
    assert np.ptp(found[:-1]) > 0.01


def test_no_model_is_named_no_ranker_is_there() -> None:
    assert open_cross_encoder(RankingSettings()) is None


def test_what_is_no_cross_encoder_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ranking\.model is .*not on this machine") as refused:
        open_cross_encoder(RankingSettings(model="nobody/no-such-model"))
    assert "ranking.allow_download" in refused.value.hint
    with pytest.raises(SettingsError, match=r"without config\.json"):
        open_cross_encoder(RankingSettings(model=str(tmp_path)))
    with pytest.raises(RankerUnusable, match="not a sequence classifier"):
        open_cross_encoder(RankingSettings(model=str(minilm_folder())))
    with pytest.raises(RankerUnusable, match="3 outputs"):
        open_cross_encoder(RankingSettings(model=str(write_cross_encoder(tmp_path / "three", labels=3))))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"auto_map": {"AutoModel": "theirs.Model"}}, "code of its own", id="own-code"),
        pytest.param(None, "config.json cannot be read", id="no-json"),
    ],
)
def test_folders_that_must_not_or_cannot_be_loaded(
    folder: Path, tmp_path: Path, change: dict[str, Any] | None, reason: str
) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text("{" if change is None else json.dumps({**config, **change}))
    with pytest.raises(RankerUnusable, match=reason):
        open_cross_encoder(RankingSettings(model=str(copy)))


def test_weights_of_other_formats_are_not_loaded(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(RankerUnusable, match="safetensors"):
        open_cross_encoder(RankingSettings(model=str(copy)))


def test_weights_that_are_damaged_say_so_in_one_line(folder: Path, tmp_path: Path, store: Store) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "model.safetensors").write_bytes(b"no weights")
    ids = [chunk.id for chunk in store.snapshot().all_chunks()]
    with pytest.raises(RankerUnusable, match="cannot be used") as refused:
        CrossEncoderRanker(copy).scores(QUESTION, ids, snapshot=store.snapshot())
    assert "\n" not in str(refused.value)


class Fixed:
    """A ranker that says what it was told; NaN for what it was told nothing of."""

    name = "fixed"

    def __init__(self, said: dict[str, float]) -> None:
        self._said = said
        self.asked: list[int] = []

    def scores(self, question: str, chunk_ids: Sequence[str], *, snapshot: Snapshot) -> NDArray[np.float32]:
        self.asked.append(len(chunk_ids))
        return np.array([self._said.get(chunk, np.nan) for chunk in chunk_ids], dtype=np.float32)


def test_the_rankers_order_holds_and_what_it_did_not_see_comes_after(store: Store) -> None:
    inner = open_retriever(store, EMBEDDER, RetrievalSettings(), "dense")
    before = inner.retrieve(QUESTION, limit=10)
    said = {before[2].chunk.id: 0.9, before[0].chunk.id: 0.1}
    ranker = Fixed(said)
    hits = RerankedRetriever(inner, ranker, candidates=3, weight=1.0).retrieve(QUESTION, limit=10)
    expected = [before[2], before[0], before[1], *before[3:]]
    assert [hit.chunk.id for hit in hits] == [hit.chunk.id for hit in expected]
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert ranker.asked == [3]


def test_shares_add_up_to_the_score_and_a_lower_limit_gives_the_same_first_hits(store: Store) -> None:
    inner = open_retriever(store, EMBEDDER, RetrievalSettings(), "dense")
    said = {hit.chunk.id: 1.0 / hit.rank for hit in inner.retrieve(QUESTION, limit=2)}
    reranked = RerankedRetriever(inner, Fixed(said), candidates=4, weight=0.3)
    hits = reranked.retrieve(QUESTION, limit=10)
    for hit in hits:
        assert sum(part.share or 0 for part in hit.parts) == pytest.approx(hit.score)
    assert [hit.chunk.id for hit in reranked.retrieve(QUESTION, limit=2)] == [hit.chunk.id for hit in hits[:2]]
    assert reranked.retrieve(QUESTION, limit=0) == []
