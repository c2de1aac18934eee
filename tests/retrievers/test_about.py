"""Document first: a question's names raise the documents that carry them, and words that tell nothing do not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from indexers.document import RECORD
from indexers.split import split_document
from retrievers.about import AboutRanker
from retrievers.lexical import LexicalIndex, open_lexical
from retrievers.lexical.names import asked_names, document_names
from tests.retrievers.corpus import EMBEDDER, document_from, new_store, put, remove, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexers.store import Store

REPORT = (
    "# Company {name}\n\nThe company {name} sold more in {year} than in {before}.\n\n# Debt\n\nThe company owes less."
)
FILINGS = {
    f"filings/{name.replace(' ', '').upper()}_{year}_10K.pdf": REPORT.format(name=name, year=year, before=year - 1)
    for name in ("Corning", "Best Buy", "3M")
    for year in (2019, 2021)
} | {
    "filings/AMCOR_2023Q2_10Q.pdf": "# Quarter\n\nIn the second quarter of 2023 Amcor sold less.",
    "filings/4983.pdf": "# Netflix, Inc.\n\nThe company streams films. Netflix had 2021 more viewers.",
    "notes/company.md": "# Company\n\nWhat a company owes is debt.",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store_of(tmp_path_factory.mktemp("about") / "index", FILINGS) as store:
        yield store


def about(store: Store, question: str) -> dict[str, float]:
    """The score of each document, by file name; all of its chunks have it."""
    snapshot = store.snapshot()
    chunks = list(snapshot.all_chunks())
    ranker = AboutRanker(LexicalIndex.in_memory(snapshot))
    scores = ranker.scores(question, [chunk.id for chunk in chunks], snapshot=snapshot).tolist()
    found: dict[str, set[float]] = {}
    for chunk, score in zip(chunks, scores, strict=True):
        found.setdefault(snapshot.document(chunk.document_id).uri.rpartition("/")[2], set()).add(score)
    assert all(len(each) == 1 for each in found.values())
    return {uri: each.pop() for uri, each in found.items()}


@pytest.mark.parametrize(
    ("question", "best"),
    [
        pytest.param("What was Corning's debt in FY2021?", {"CORNING_2021_10K.pdf"}, id="name-and-year"),
        pytest.param("Did Best Buy sell more in FY19?", {"BESTBUY_2019_10K.pdf"}, id="written-apart-and-a-short-year"),
        pytest.param("What did BestBuy sell in 2021?", {"BESTBUY_2021_10K.pdf"}, id="run-together"),
        pytest.param("3M sales from 2019 to 2021", {"3M_2021_10K.pdf"}, id="the-latest-year-holds-those-before"),
        pytest.param("How did Amcor do in Q2 of FY2023?", {"AMCOR_2023Q2_10Q.pdf"}, id="quarter"),
        pytest.param("What does 3M owe?", {"3M_2019_10K.pdf", "3M_2021_10K.pdf"}, id="name-alone"),
        pytest.param("How many viewers has Netflix?", {"4983.pdf"}, id="a-number-for-a-name-is-none"),
    ],
)
def test_the_document_named_is_first(store: Store, question: str, best: set[str]) -> None:
    scores = about(store, question)
    assert {uri for uri, score in scores.items() if score == max(scores.values())} == best
    assert 0 < max(scores.values()) <= 1


def test_words_that_all_documents_say_name_none(store: Store) -> None:
    assert max(about(store, "What is not about debt or any company?").values()) < 0.01
    assert set(about(store, "").values()) == {0.0}


def test_a_name_counts_more_the_fewer_documents_carry_it(tmp_path: Path) -> None:
    texts = {
        f"a/{name}-{number}.md": "\n\n".join(f"# Part {part}\n\nThe {name} flies in part {part}." for part in range(20))
        for name, count in (("kestrel", 1), ("buzzard", 3))
        for number in range(count)
    }
    with store_of(tmp_path / "index", texts) as store:
        assert about(store, "kestrel")["kestrel-0.md"] > about(store, "buzzard")["buzzard-0.md"] > 0


def test_what_few_chunks_say_tells_less_than_what_many_say(tmp_path: Path) -> None:
    said = "\n\n".join(f"# Part {number}\n\nKestrel number {number} flies." for number in range(30))
    texts = {"a/kestrel.md": said, "a/holidays.md": "Holidays are paid.", "a/debt.md": "Debt fell."}
    with store_of(tmp_path / "index", texts) as store:
        assert about(store, "kestrel")["kestrel.md"] > 2 * about(store, "holidays")["holidays.md"] > 0


def test_the_id_of_a_record_is_no_name(tmp_path: Path) -> None:
    with new_store(tmp_path / "index") as store:
        with store.writer(EMBEDDER) as writer:
            for number in range(4):
                document = document_from(f"Text {number}.", uri=f"corpus.jsonl!wing{number}", title=f"Flutter {number}")
                document = replace(document, media_type=RECORD)
                writer.put(document, split_document(document, EMBEDDER, max_tokens=64), root="r", content_hash="v1")
        assert set(about(store, "wing1 flutter").values()) == {0.0}


def test_names_come_and_go_with_their_documents(tmp_path: Path) -> None:
    with store_of(tmp_path / "index", FILINGS) as store:
        open_lexical(store)
        remove(store, "filings/AMCOR_2023Q2_10Q.pdf")
        put(store, {"filings/NIKE_2021_10K.pdf": "# Nike\n\nNike sells shoes."})
        snapshot = store.snapshot()
        ranker = AboutRanker(open_lexical(store))
        assert "amcor" not in ranker.names("Amcor or Nike?", documents=len(snapshot.documents()))
        assert about(store, "Amcor or Nike?")["NIKE_2021_10K.pdf"] > 0


@pytest.mark.parametrize(
    ("title", "uri", "names"),
    [
        pytest.param("", "f/AMCOR_2023Q2_10-Q.pdf", {"amcor", "2023q2", "2023", "q2", "10q"}, id="file"),
        pytest.param("Johnson & Johnson", "1.pdf", {"johnson", "+johnsonjohnson"}, id="twice"),
        pytest.param("Best Buy's report", "1.pdf", {"best", "buy", "report", "+bestbuy", "+bestbuyreport"}, id="title"),
        pytest.param("", "0a1b2c3d4e5f.pdf", {"opening", "words"}, id="a-hash-is-no-name"),
        pytest.param("東京都", "1.pdf", {"東京", "京都"}, id="letters-without-blanks"),
    ],
)
def test_what_a_document_may_be_called(title: str, uri: str, names: set[str]) -> None:
    assert names <= set(document_names(title, uri, "Opening words"))


def test_a_question_asks_for_words_and_for_neighbours_run_together() -> None:
    asked = asked_names("Was Best Buy's FY22 result good?")
    assert asked["bestbuy"] == ("best", "buy")
    assert asked["2022"] == asked["+2022"] == ("2022",)
    assert "was" not in asked
    assert "wasbest" not in asked
