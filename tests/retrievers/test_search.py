from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest
from pydantic import ValidationError

from indexers.context import embedded_text
from retrievers.fuse import reciprocal_rank_fusion, weighted_score_fusion
from retrievers.search import open_retriever
from retrievers.settings import Mode, RetrievalSettings
from tests.retrievers.corpus import COMPANY, EMBEDDER, new_store, put, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexers.store import Store

QUESTION = "How many weeks of parental leave?"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store_of(tmp_path_factory.mktemp("search") / "index", COMPANY) as store:
        yield store


def test_dense_is_the_cosine_with_every_chunk(store: Store) -> None:
    snapshot = store.snapshot()
    query = EMBEDDER.embed_query(QUESTION)
    expected = {
        chunk.id: float(
            EMBEDDER.embed_query(embedded_text(snapshot.document(chunk.document_id), chunk, EMBEDDER)) @ query
        )
        for chunk in snapshot.all_chunks()
    }
    hits = open_retriever(store, EMBEDDER, RetrievalSettings(), "dense").retrieve(QUESTION, limit=100)
    assert {hit.chunk.id: hit.score for hit in hits} == pytest.approx(expected, abs=2e-3)  # vectors are kept in fp16
    assert np.all(np.diff([hit.score for hit in hits]) <= 0)


@pytest.mark.parametrize("fusion", ["weighted", "rrf"])
def test_hybrid_is_the_two_fused(store: Store, fusion: str) -> None:
    options = RetrievalSettings.model_validate({"fusion": fusion, "dense_weight": 0.7, "rrf_k": 10})
    dense, lexical = (open_retriever(store, EMBEDDER, options, mode) for mode in ("dense", "lexical"))
    rankings = [each.retrieve(QUESTION, limit=100) for each in (dense, lexical)]
    expected = (
        reciprocal_rank_fusion(rankings, k=10) if fusion == "rrf" else weighted_score_fusion(rankings, (0.7, 1 - 0.7))
    )
    assert open_retriever(store, EMBEDDER, options).retrieve(QUESTION, limit=4) == expected[:4]


@pytest.mark.parametrize("mode", get_args(Mode))
def test_every_mode_keeps_the_protocol(store: Store, mode: Mode) -> None:
    retriever = open_retriever(store, EMBEDDER, RetrievalSettings(), mode)
    hits = retriever.retrieve(QUESTION, limit=3)
    assert retriever.name == mode
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert {hit.retriever for hit in hits} == {mode}
    assert len({hit.chunk for hit in hits}) == len(hits) <= 3
    assert store.snapshot().document(hits[0].chunk.document_id).uri == "hr/benefits.md"
    assert retriever.retrieve(QUESTION, limit=3) == hits
    assert retriever.retrieve(QUESTION, limit=0) == []
    assert retriever.retrieve(" \n", limit=3) == []


@pytest.mark.parametrize("mode", get_args(Mode))
def test_an_index_without_documents(tmp_path: Path, mode: Mode) -> None:
    with new_store(tmp_path / "index") as store:
        assert open_retriever(store, EMBEDDER, RetrievalSettings(), mode).retrieve(QUESTION, limit=3) == []


def test_a_retriever_goes_on_after_the_index_has_moved(tmp_path: Path) -> None:
    with store_of(tmp_path / "index", COMPANY) as store:
        before = open_retriever(store, EMBEDDER, RetrievalSettings())
        hits = before.retrieve(QUESTION, limit=3)
        put(store, {"new.md": "Parental leave is twenty weeks."})
        assert before.retrieve(QUESTION, limit=3) == hits
        after = open_retriever(store, EMBEDDER, RetrievalSettings()).retrieve(QUESTION, limit=3)
        snapshot = store.snapshot()
        assert "new.md" in {snapshot.document(hit.chunk.document_id).uri for hit in after}


@pytest.mark.parametrize(
    "values", [{"modes": "dense"}, {"mode": "semantic"}, {"candidates": 0}, {"dense_weight": 1.5}, {"limit": -1}]
)
def test_settings_that_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RetrievalSettings.model_validate(values)
