from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest
from pydantic import ValidationError

from indexers.context import embedded_text
from retrievers.dense import DenseRetriever
from retrievers.feedback import feedback
from retrievers.lexical import LexicalRetriever
from retrievers.search import HybridRetriever, open_retriever
from retrievers.settings import FusionSettings, Mode, RetrievalSettings
from tests.retrievers.corpus import COMPANY, EMBEDDER, new_store, put, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexers.store import Snapshot, Store
    from retrievers.hit import Hit

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


FUSIONS: dict[str, dict[str, object]] = {
    "scores": {"dense_weight": 3.0, "lexical_weight": 1.0, "about_weight": 0.0, "feedback_weight": 0.0},
    "min-max": {"dense_weight": 0.7, "lexical_weight": 0.3},
    "ranks": {"rrf_k": 10},
}


@pytest.mark.parametrize("method", FUSIONS)
def test_hybrid_is_the_two_fused(store: Store, method: str) -> None:
    fusion = FusionSettings.model_validate({"method": method, **FUSIONS[method]})
    dense, lexical = (open_retriever(store, EMBEDDER, RetrievalSettings(), mode) for mode in ("dense", "lexical"))
    cosines, words = ({hit.chunk.id: hit for hit in each.retrieve(QUESTION, limit=100)} for each in (dense, lexical))
    assert isinstance(lexical, LexicalRetriever)
    ceiling = lexical.ceiling(QUESTION)
    spread = {name: (min(h.score for h in hits.values()), max(h.score for h in hits.values()))
              for name, hits in (("dense", cosines), ("lexical", words))}  # fmt: skip

    def expected(chunk: str) -> float:
        meaning, word = cosines[chunk], words.get(chunk)
        if method == "scores":
            return 0.75 * meaning.score + 0.25 * (word.score / ceiling if word else 0.0)
        if method == "ranks":
            return 1 / (10 + meaning.rank) + (1 / (10 + word.rank) if word else 0.0)
        (low, high), (least, most) = spread["dense"], spread["lexical"]
        share = 0.3 * ((word.score - least) / (most - least) if most > least else 1.0) if word else 0.0
        return 0.7 * (meaning.score - low) / (high - low) + share

    hits = open_retriever(store, EMBEDDER, RetrievalSettings(), fusion=fusion).retrieve(QUESTION, limit=100)

    assert {hit.chunk.id: hit.score for hit in hits} == pytest.approx({chunk: expected(chunk) for chunk in cosines})
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_the_parts_of_a_hit_add_up_to_its_score_and_say_what_each_search_said(store: Store) -> None:
    lexical = open_retriever(store, EMBEDDER, RetrievalSettings(), "lexical").retrieve(QUESTION, limit=1)[0]

    hits = open_retriever(store, EMBEDDER, RetrievalSettings()).retrieve(QUESTION, limit=100)

    for hit in hits:
        assert sum(part.share or 0.0 for part in hit.parts) == pytest.approx(hit.score)
    (found,) = [hit for hit in hits if hit.chunk == lexical.chunk]
    (said,) = [part for part in found.parts if part.name == "lexical"]
    assert (said.score, said.rank) == (lexical.score, 1)


def test_what_words_alone_have_found_is_held_against_the_meaning_too(store: Store) -> None:
    few = RetrievalSettings(candidates=1)
    exact = {
        hit.chunk.id: hit.score for hit in open_retriever(store, EMBEDDER, few, "dense").retrieve(QUESTION, limit=99)
    }
    words = FusionSettings(dense_weight=0.0)

    for question in ("parental leave", "travel expenses", "invoice"):
        for hit in open_retriever(store, EMBEDDER, few, fusion=words).retrieve(question, limit=1):
            cosines = [part.score for part in hit.parts if part.name == "dense"]
            assert len(cosines) == 1
    best = open_retriever(store, EMBEDDER, few, fusion=words).retrieve(QUESTION, limit=1)[0]
    assert [part.score for part in best.parts if part.name == "dense"] == [pytest.approx(exact[best.chunk.id])]


def test_feedback_counts_what_the_best_have_in_common(store: Store) -> None:
    fusion = FusionSettings(feedback_weight=0.5)
    snapshot = store.snapshot()

    hits = open_retriever(store, EMBEDDER, RetrievalSettings(), fusion=fusion).retrieve(QUESTION, limit=100)

    plain = open_retriever(store, EMBEDDER, RetrievalSettings(), fusion=FusionSettings(feedback_weight=0.0)).retrieve(
        QUESTION, limit=100
    )
    known = np.array([hit.score for hit in plain])
    expected = feedback(known, snapshot.vectors([hit.chunk.id for hit in plain]))
    found = {hit.chunk: next(part.score for part in hit.parts if part.name == "feedback") for hit in hits}
    assert found == pytest.approx({hit.chunk: cosine for hit, cosine in zip(plain, expected.tolist(), strict=True)})


def test_more_hits_begin_with_the_hits_of_fewer(store: Store) -> None:
    retriever = open_retriever(store, EMBEDDER, RetrievalSettings())
    many = retriever.retrieve(QUESTION, limit=100)
    for limit in (1, 2, 5):
        assert retriever.retrieve(QUESTION, limit=limit) == many[:limit]


class Known:
    """A ranker that knows some chunks, and nothing of the others."""

    name = "known"

    def __init__(self, scores: dict[str, float]) -> None:
        self._scores = scores

    def scores(self, question: str, chunk_ids: Sequence[str], *, snapshot: Snapshot) -> NDArray[np.float32]:
        del question, snapshot
        return np.array([self._scores.get(chunk, np.nan) for chunk in chunk_ids], dtype=np.float32)


def ranked_by(store: Store, scores: dict[str, float], weight: float) -> list[Hit]:
    dense = open_retriever(store, EMBEDDER, RetrievalSettings(), "dense")
    lexical = open_retriever(store, EMBEDDER, RetrievalSettings(), "lexical")
    assert isinstance(dense, DenseRetriever)
    assert isinstance(lexical, LexicalRetriever)
    fusion = FusionSettings(feedback_weight=0.0)
    hybrid = HybridRetriever(dense, lexical, candidates=100, fusion=fusion, rankers=[(Known(scores), weight)])
    return hybrid.retrieve(QUESTION, limit=100)


def test_a_ranker_adds_its_share(store: Store) -> None:
    plain = ranked_by(store, {}, 0.0)
    last = plain[-1].chunk

    hits = ranked_by(store, {hit.chunk.id: float(hit.chunk == last) for hit in plain}, 50.0)

    assert hits[0].chunk == last
    assert [hit.chunk for hit in hits[1:]] == [hit.chunk for hit in plain[:-1]]
    assert next(part for part in hits[0].parts if part.name == "known").score == 1.0


def test_what_a_ranker_does_not_know_it_speaks_neither_for_nor_against(store: Store) -> None:
    plain = ranked_by(store, {}, 0.0)
    first, last = plain[0].chunk, plain[-1].chunk

    hits = ranked_by(store, {first.id: 0.0, last.id: 1.0}, 1.0)

    unknown = [hit.chunk for hit in hits if hit.chunk not in (first, last)]
    assert unknown == [hit.chunk for hit in plain[1:-1]]
    said = {hit.chunk: next(part.score for part in hit.parts if part.name == "known") for hit in hits}
    assert {said[chunk] for chunk in unknown} == {0.5}
    assert [hit.chunk for hit in ranked_by(store, {}, 50.0)] == [hit.chunk for hit in plain]


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
    "values", [{"modes": "dense"}, {"mode": "semantic"}, {"candidates": 0}, {"fusion": "rrf"}, {"limit": -1}]
)
def test_settings_that_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RetrievalSettings.model_validate(values)
