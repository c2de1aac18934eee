"""Late interaction over stored codes, held against the model's own vectors of pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from indexers.context import embedded_text
from indexers.late.folder import FOLDER, names
from indexers.late.recorder import recording
from indexers.minilm import MiniLM
from indexers.split import split_document
from indexers.store import Store
from retrievers.late import LateRanker, open_late
from tests.retrievers.corpus import COMPANY, EMBEDDER, document_from, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

QUESTION = "How many weeks of parental leave?"


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return MiniLM()


@pytest.fixture
def store(tmp_path: Path, model: MiniLM) -> Iterator[Store]:
    with Store.create(tmp_path / "index", embedder=model.identity, max_tokens=256) as store:
        with recording(model, store.path) as embedder, store.writer(embedder) as writer:
            for uri, text in COMPANY.items():
                document = document_from(text, uri=uri)
                writer.put(document, split_document(document, model, max_tokens=256), root="root", content_hash="1")
        yield store


def opened(store: Store, model: MiniLM) -> LateRanker:
    ranker = open_late(store, model)
    assert ranker is not None
    return ranker


def test_a_score_is_the_mean_square_of_the_best_cosines(store: Store, model: MiniLM) -> None:
    snapshot = store.snapshot()
    chunks = list(snapshot.all_chunks())
    asked = model.query_tokens(QUESTION)
    expected = []
    for chunk in chunks:
        text = embedded_text(snapshot.document(chunk.document_id), chunk, model)
        best = (asked.vectors @ model.query_tokens(text).vectors.T).max(axis=1)
        expected.append(float((best * np.abs(best)).mean()))
    alike = LateRanker(store.path / FOLDER, model, rarity=0.0)
    found = alike.scores(QUESTION, [chunk.id for chunk in chunks], snapshot=snapshot)
    assert found == pytest.approx(expected, abs=0.03), "two bits a dimension"
    assert chunks[int(np.argmax(found))].document_id == chunks[int(np.argmax(expected))].document_id


def test_scores_come_in_the_order_asked_for_and_do_not_depend_on_the_others(store: Store, model: MiniLM) -> None:
    snapshot, ranker = store.snapshot(), opened(store, model)
    ids = [chunk.id for chunk in snapshot.all_chunks()]
    together = ranker.scores(QUESTION, ids, snapshot=snapshot)
    backwards = ranker.scores(QUESTION, ids[::-1], snapshot=snapshot)
    assert backwards[::-1] == pytest.approx(together, abs=1e-6)
    assert ranker.scores(QUESTION, ids[1:2], snapshot=snapshot) == pytest.approx(together[1:2], abs=1e-6)
    assert ranker.scores(QUESTION, [], snapshot=snapshot).shape == (0,)


def test_a_chunk_that_is_unknown_or_has_no_codes_gets_nan(store: Store, model: MiniLM) -> None:
    snapshot, ranker = store.snapshot(), opened(store, model)
    ids = [chunk.id for chunk in snapshot.all_chunks()]
    assert np.isnan(ranker.scores(QUESTION, ["0" * 16, *ids], snapshot=snapshot)).tolist() == [True] + [False] * len(
        ids
    )
    for name in names(store.path / FOLDER):
        (store.path / FOLDER / name).unlink()
    assert np.isnan(ranker.scores(QUESTION, ids, snapshot=snapshot)).all(), "files that have gone are noticed"
    assert np.isnan(ranker.scores(" ", ids, snapshot=snapshot)).all()


def test_punctuation_neither_counts_nor_changes_what_counts(store: Store, model: MiniLM) -> None:
    assert model.query_tokens("VPN-204, when?!").texts == ("vp", "##n", "204", "when")
    snapshot = store.snapshot()
    ids = [chunk.id for chunk in snapshot.all_chunks()]
    assert np.isnan(opened(store, model).scores("?!", ids, snapshot=snapshot)).all(), "there is nothing to compare"


def test_rare_pieces_count_more_where_that_is_asked_for(store: Store, model: MiniLM) -> None:
    snapshot = store.snapshot()
    ids = [chunk.id for chunk in snapshot.all_chunks()]
    alike, rare = (LateRanker(store.path / FOLDER, model, rarity=rarity) for rarity in (0.0, 1.0))
    question = "the vpn the the the"
    gained = rare.scores(question, ids, snapshot=snapshot) - alike.scores(question, ids, snapshot=snapshot)
    uris = [snapshot.document(snapshot.chunk(chunk).document_id).uri for chunk in ids]
    assert uris[int(np.argmax(gained))] == "it/VPN-204_guide.md"


def test_there_is_no_ranker_without_a_model_that_has_pieces(tmp_path: Path, store: Store, model: MiniLM) -> None:
    with store_of(tmp_path / "other", COMPANY) as other:
        assert open_late(other, EMBEDDER) is None, "words hashed have no vectors of pieces"
    assert open_late(store, model) is not None


def test_one_pass_serves_the_question_and_its_pieces(model: MiniLM, monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[list[int]] = []
    engine = model._engine
    run = engine.vector_and_tokens

    def counted(ids: list[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        passes.append(ids)
        return run(ids)

    monkeypatch.setattr(engine, "vector_and_tokens", counted)
    question = "asked for the first time"
    vector = model.embed_query(question)
    assert model.query_tokens(question).vector.tolist() == vector.tolist() == model.embed_query(question).tolist()
    assert len(passes) == 1
