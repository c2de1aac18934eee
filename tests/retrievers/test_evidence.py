from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.document import Document, document_id
from indexers.tokens import count_lines, count_tokens
from retrievers.chance import chances
from retrievers.evidence import gather, worths
from retrievers.hit import Hit
from retrievers.order import ordered_documents
from retrievers.pack import pack
from retrievers.queries import fuse_queries
from retrievers.settings import WindowSettings
from tests.retrievers.corpus import store_of
from tests.retrievers.hits import hit_at

if TYPE_CHECKING:
    from pathlib import Path

    from retrievers.settings import Order
    from retrievers.window import ContextWindow

QUESTION = "How many weeks of parental leave?"


def listed(*scores: float) -> list[Hit]:
    return [
        hit_at(f"{n}.md", 0, 10, rank=n, score=score) for n, score in enumerate(sorted(scores, reverse=True), start=1)
    ]


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30))
def test_chances_add_up_and_fall_with_the_score(scores: list[float]) -> None:
    found = chances(listed(*scores))
    assert sum(found) == pytest.approx(1.0)
    assert found == sorted(found, reverse=True)


def test_chances_do_not_depend_on_the_scale_of_scores() -> None:
    one, other = chances(listed(0.9, 0.5, 0.1)), chances(listed(19.0, 11.0, 3.0))
    assert one == pytest.approx(other)


def test_a_clear_winner_is_surer_than_one_of_many() -> None:
    clear, level = listed(1.0, *[0.1 + n / 100 for n in range(20)]), listed(*[1.0 - n / 100 for n in range(21)])
    assert chances(clear)[0] > 2 * chances(level)[0]


def test_the_unit_with_the_questions_words_is_worth_most_for_its_length(tmp_path: Path) -> None:
    text = "The office is closed. Parental leave is 16 weeks. Lunch is served at noon today."
    with store_of(tmp_path / "index", {"a.md": text}) as store:
        evidence = gather([hit_at("a.md", 0, len(text))], store.snapshot())
    worth = worths(evidence, [1.0], QUESTION)
    assert sum(worth) == pytest.approx(1.0)
    density = [each / len(unit.line) for each, unit in zip(worth, evidence.units, strict=True)]
    assert density.index(max(density)) == 1


def test_hits_that_share_a_sentence_count_it_once(tmp_path: Path) -> None:
    text = "One stands here first. Two stands here second. Three stands here third."
    with store_of(tmp_path / "index", {"a.md": text}) as store:
        evidence = gather([hit_at("a.md", 0, 30), hit_at("a.md", 30, len(text), rank=2)], store.snapshot())
    assert [unit.line for unit in evidence.units] == text.replace(". ", ".|").split("|")
    assert evidence.areas == ((0, 2), (1, 3))
    assert [unit.follows for unit in evidence.units] == [False, True, True]


def document(uri: str, **metadata: str) -> Document:
    return Document(document_id(uri), uri, "", "text/plain", "v", "", (), metadata=tuple(metadata.items()))


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        pytest.param("edges", [2, 0, 3, 1], id="best-first-next-best-last"),
        pytest.param("relevance", [2, 1, 0, 3], id="best-first"),
        pytest.param("document", [3, 2, 1, 0], id="by-uri"),
        pytest.param("date", [1, 3, 0, 2], id="oldest-first-without-a-date-before-all"),
    ],
)
def test_order_of_documents(order: Order, expected: list[int]) -> None:
    documents = [document("d", created="2020-01-01"), document("c"), document("b", modified="2021"), document("a")]
    documents[3] = document("a", date="2019-05-01")
    assert ordered_documents({0: 0.2, 1: 0.3, 2: 0.9, 3: 0.1}, documents, order) == expected


def window_of(path: Path, texts: dict[str, str], order: Order) -> ContextWindow:
    with store_of(path, texts) as store:
        hits = [hit_at(uri, 0, len(text), rank=rank) for rank, (uri, text) in enumerate(texts.items(), start=1)]
        settings = WindowSettings(order=order, least_chance=0.0)
        return pack(hits, store.snapshot(), question=QUESTION, token_budget=2000, settings=settings)


def test_in_order_of_documents_all_before_a_change_stays_as_it_was(tmp_path: Path) -> None:
    texts = {f"{name}.md": f"Leave of kind {name} is {n} weeks. It is paid in full." for n, name in enumerate("abcd")}
    before = window_of(tmp_path / "one", texts, "document")
    after = window_of(tmp_path / "other", {**texts, "c.md": "Leave of kind c is 99 weeks."}, "document")
    same = before.text.index("[3] ")
    start = before.text.index("[1] ")
    assert before.text[start:same] == after.text[start : after.text.index("[3] ")]
    assert [source.number for source in before.sources] == [source.number for source in after.sources]
    assert [source.uri for source in before.sources] == sorted(texts)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40), max_size=20))
def test_counts_of_lines_add_up_to_the_count_of_their_text(lines: list[str]) -> None:
    shown = [f" {' '.join(line.split())}" for line in lines if line.split()]
    assert sum(count_lines(shown)) == count_tokens("".join(f"{line}\n" for line in shown))


def test_queries_are_fused_by_rank_and_the_question_counts_as_much_as_the_others_together() -> None:
    a, b, c = (hit_at(f"{name}.md", 0, 10) for name in "abc")
    fused = fuse_queries([[a, b], [b, c], [c, b]])
    assert [hit.chunk.document_id for hit in fused] == [hit.chunk.document_id for hit in (b, a, c)]
    assert [hit.rank for hit in fused] == [1, 2, 3]
    assert fuse_queries([[a, b]]) == [a, b]
    assert fuse_queries([]) == []
