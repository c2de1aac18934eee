from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from evals.errors import CollectionError
from evals.search.collection import Collection, Record, load_collection
from evals.search.collection_index import document_of, index_collection
from evals.search.retrieval import measure_retriever
from indexers.context import chunk_context
from indexers.store import Store
from rag import Rag
from rag.settings import load_settings

FIXTURE = Path(__file__).parent.parent / "fixtures" / "collection"
NAMES = ["ndcg@10", "recall@1", "recall@5", "recall@10", "recall@20", "recall@100", "mrr@10", "map"]


@pytest.fixture(autouse=True)
def _hashing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAG_EMBEDDER__MODEL", "hashing")


def index(collection: Collection, folder: Path) -> None:
    index_collection(collection, folder, settings=load_settings())


def figures(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict[str, Any]]:
    assert main(["eval", "retrieval", *map(str, arguments), "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_one_json_object_a_retriever_with_every_measure_over_every_judged_question(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = figures(capsys, FIXTURE)
    assert [row["retriever"] for row in rows][:3] == ["dense", "lexical", "hybrid"]
    for row in rows:
        assert [name for name in row if name in NAMES] == NAMES
        assert (row["queries"], row["documents"], row["limit"]) == (4, 6, 100)
        assert all(0 <= row[name] <= 1 for name in NAMES)
        assert 0 < row["median_ms"] <= row["p95_ms"]
    lexical = rows[1]
    # q1 finds both, q2 both, q3 no word of which occurs, q4 one of two
    assert lexical["recall@100"] == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert lexical["mrr@10"] == pytest.approx(3 / 4)


def test_the_same_folder_gives_the_same_figures_whatever_keeps_the_index(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def without_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{key: value for key, value in row.items() if not key.endswith("_ms")} for row in rows]

    first = without_time(figures(capsys, FIXTURE))
    kept = without_time(figures(capsys, FIXTURE, "--index", tmp_path / "kept"))
    again = without_time(figures(capsys, FIXTURE, "--index", tmp_path / "kept"))
    assert first == kept == again


def test_one_retriever_alone_and_one_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert [row["retriever"] for row in figures(capsys, FIXTURE, "--retriever", "lexical")] == ["lexical"]
    assert main(["eval", "retrieval", str(FIXTURE), "--retriever", "words"]) == 2
    assert "no retriever 'words'" in capsys.readouterr().err


def test_what_is_judged_and_not_there_is_told_beside_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "retrieval", str(FIXTURE), "--json", "--retriever", "lexical"]) == 0
    told = capsys.readouterr()
    assert "'gone'" in told.err
    assert len(told.out.splitlines()) == 1


def test_a_kept_index_follows_the_collection(tmp_path: Path) -> None:
    collection = load_collection(FIXTURE)
    index(collection, tmp_path / "kept")
    changed = (Record("leave", "Parental leave", "Now 20 weeks."), *collection.records[2:])
    index(Collection("changed", changed, {}, {}), tmp_path / "kept")
    with Store.open(tmp_path / "kept") as store:
        entries = store.snapshot().documents()
        assert {entry.uri.partition("!")[2] for entry in entries} == {record.id for record in changed}
        assert "20 weeks" in store.snapshot().document("corpus.jsonl!leave").text
        before = store.snapshot().generation
    index(Collection("changed", changed, {}, {}), tmp_path / "kept")
    with Store.open(tmp_path / "kept") as store:
        assert store.snapshot().generation == before


def test_an_index_of_files_is_not_taken_for_a_collections(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.md").write_text("# A\n\nSome text.\n")
    with Rag.open(tmp_path / "index", settings=load_settings(), create=True) as rag:
        rag.index([tmp_path / "files"])
    with pytest.raises(CollectionError, match=r"files/a\.md"):
        index(load_collection(FIXTURE), tmp_path / "index")
    with Rag.open(tmp_path / "index", settings=load_settings()) as rag:
        assert [entry.uri for entry in rag.documents()] == ["files/a.md"]


def test_a_record_is_known_by_its_title_never_by_its_id() -> None:
    named = document_of(Record("4983", "Sick leave", "Paid for 30 days."))
    assert chunk_context(named, ("Sick leave",)) == "Sick leave"
    assert named.text == "Sick leave\n\nPaid for 30 days."
    assert chunk_context(document_of(Record("4983", "", "Paid.")), ()) == ""


def test_documents_rank_by_their_best_chunk_and_long_ones_do_not_crowd_others_out(tmp_path: Path) -> None:
    long = "\n\n".join(f"Anvil number {number} is a heavy anvil of iron." for number in range(900))
    records = (Record("long", "", long), *(Record(f"d{n}", "", f"One anvil, colour {n}.") for n in range(5)))
    collection = Collection("c", records, {"q": "anvil"}, {"q": {f"d{n}": 1 for n in range(5)}})
    index(collection, tmp_path / "kept")
    with Rag.open(tmp_path / "kept", settings=load_settings()) as rag:
        assert rag.status().chunks > 30
        result = measure_retriever(rag, collection, name="lexical", mode="lexical", limit=6)
    assert result.means["recall@10"] == 1.0


def test_a_blank_question_and_a_very_long_one_count(tmp_path: Path) -> None:
    questions = {"blank": "?!", "long": "anvil " * 2000}
    collection = Collection("c", (Record("a", "", "An anvil."),), questions, {"blank": {"a": 1}, "long": {"a": 1}})
    index(collection, tmp_path / "kept")
    with Rag.open(tmp_path / "kept", settings=load_settings()) as rag:
        result = measure_retriever(rag, collection, name="lexical", mode="lexical")
    assert result.scores["recall@1"] == (0.0, 1.0)
