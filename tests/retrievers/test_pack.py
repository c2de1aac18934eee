from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.split import split_document
from indexers.tokens import count_tokens
from retrievers.hit import Hit
from retrievers.pack import pack
from retrievers.search import open_retriever
from retrievers.settings import RetrievalSettings, WindowSettings, evidence_budget
from tests.retrievers.corpus import EMBEDDER, document_from, new_store, store_of
from tests.retrievers.hits import hit_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexers.store import Snapshot, Store
    from retrievers.window import ContextWindow

TOPICS = ["parental leave", "travel by train", "the price list", "VPN profiles", "the audit in March"]
REPORTS = {
    f"reports/{n:02}.md": "\n\n".join(
        f"# Part {part}\n\nReport {n} says {part + 3} things about {TOPICS[(n + part) % 5]}. It costs ${n},{part}00. "
        f"Nobody in group {n}{part} objected to it.\n\n| row {part} | {n} |\n| row x{part} | {n + part} |"
        for part in range(6)
    )
    for n in range(12)
}
QUESTION = "What is said about parental leave?"
ORDERS = ["edges", "relevance", "document", "date"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store_of(tmp_path_factory.mktemp("pack") / "index", REPORTS) as store:
        yield store


@pytest.fixture(scope="module")
def hits(store: Store) -> list[Hit]:
    return open_retriever(store, EMBEDDER, RetrievalSettings()).retrieve(QUESTION, limit=100)


def packed(found: list[Hit], snapshot: Snapshot, budget: int, **options: float | str) -> ContextWindow:
    window = WindowSettings.model_validate({"least_chance": 0.0, **options})
    return pack(found, snapshot, question=QUESTION, token_budget=budget, settings=window)


def check_promises(window: ContextWindow, snapshot: Snapshot) -> None:
    assert window.tokens_used == count_tokens(window.text) <= max(window.token_budget, 0)
    assert [source.number for source in window.sources] == list(range(1, len(window.sources) + 1))
    spans: dict[str, list[tuple[int, int]]] = {}
    for source in window.sources:
        text = snapshot.document(source.document_id).text
        assert source.text == text[source.start : source.end]
        assert (source.start, source.end) == (source.sentences[0].start, source.sentences[-1].end)
        for place, sentence in enumerate(source.sentences, start=1):
            assert sentence.label == f"{source.number}.{place}"
            assert sentence.text == text[sentence.start : sentence.end]
            assert f"\n[{sentence.label}] " in window.text
        spans.setdefault(source.document_id, []).append((source.start, source.end))
    for document_spans in spans.values():
        assert all(one[1] <= other[0] for one, other in pairwise(sorted(document_spans)))
    assert 0.0 <= window.covered.chance <= window.covered.bound + 1e-9 <= 1.0 + 2e-9


def table_store(path: Path, header: str = "In millions | 2019 | 2018") -> Store:
    rows = "\n".join(f"Item {n} | {n}00 | {n}01" for n in range(60))
    document = document_from(f"Balance sheet of the year.\n\n{header}\n{rows}", uri="r/sheet.md")
    first, table = document.blocks
    table = replace(table, kind="table", header_chars=len(header))
    document = replace(document, blocks=(first, table))
    store = new_store(path)
    with store.writer(EMBEDDER) as writer:
        chunks = split_document(document, EMBEDDER, max_tokens=64)
        writer.put(document, chunks, root="r", content_hash="h")
    return store


@pytest.mark.parametrize("budget", [85, 100, 150, 400])
def test_a_passage_from_the_middle_of_a_table_has_its_header(tmp_path: Path, budget: int) -> None:
    with table_store(tmp_path / "index") as store:
        snapshot = store.snapshot()
        late = next(chunk for chunk in snapshot.all_chunks() if chunk.ordinal == 3)
        window = packed([Hit(late, 1.0, 1, "dense")], snapshot, budget)
    source = window.sources[0]
    assert [sentence.text for sentence in source.sentences if sentence.header] == ["In millions | 2019 | 2018"]
    assert source.sentences[0].header
    assert source.sentences[0].start < source.start == source.sentences[1].start
    assert "] In millions | 2019 | 2018\n" in window.text
    assert window.tokens_used == count_tokens(window.text) <= budget
    assert [sentence.label for sentence in source.sentences][:2] == ["1.1", "1.2"]


def test_a_header_of_thousands_of_columns_leaves_room_for_the_rows(tmp_path: Path) -> None:
    header = "In millions\n" + " | ".join(f"column {number}" for number in range(3000))
    with table_store(tmp_path / "index", header) as store:
        snapshot = store.snapshot()
        (entry,) = snapshot.documents()
        place = snapshot.document(entry.id).text.index("Item 30")
        late = next(chunk for chunk in snapshot.all_chunks() if chunk.end > place)
        window = packed([Hit(late, 1.0, 1, "dense")], snapshot, 1000)
    (source,) = window.sources
    assert [sentence.text for sentence in source.sentences if sentence.header] == ["In millions"]
    assert source.sentences[1].text.startswith("Item ")
    assert source.sentences[1].columns == ("1.1",)


@given(st.integers(-5, 4000), st.integers(0, 72), st.integers(1, 40), st.integers(1, 6), st.sampled_from(ORDERS))
@settings(max_examples=120, deadline=None)
def test_promises_hold_at_every_budget(
    store: Store, hits: list[Hit], budget: int, number: int, sources: int, per_document: int, order: str
) -> None:
    snapshot = store.snapshot()
    limits = {"max_sources": sources, "max_sources_per_document": per_document}
    window = packed(hits[:number], snapshot, budget, order=order, **limits)
    check_promises(window, snapshot)
    assert len(window.sources) <= sources
    assert all(sum(s.uri == t.uri for t in window.sources) <= per_document for s in window.sources)


@given(st.integers(0, 3000))
@settings(max_examples=40, deadline=None)
def test_whatever_was_a_candidate_is_in_the_window_or_on_the_receipt(
    store: Store, hits: list[Hit], budget: int
) -> None:
    snapshot = store.snapshot()
    window = packed(hits, snapshot, budget)
    told = {(source.document_id, place) for source in window.sources for place in range(source.start, source.end)}
    told |= {(left.document_id, place) for left in window.left_out for place in range(left.start, left.end)}
    for hit in hits:
        text = snapshot.document(hit.chunk.document_id).text
        for place in range(hit.chunk.start, hit.chunk.end):
            assert text[place].isspace() or (hit.chunk.document_id, place) in told


def test_equal_input_gives_equal_text(store: Store, hits: list[Hit]) -> None:
    assert packed(hits, store.snapshot(), 1000) == packed(hits, store.snapshot(), 1000)


def test_the_budget_is_used(store: Store, hits: list[Hit]) -> None:
    window = packed(hits, store.snapshot(), 1000, max_sources=1000, max_sources_per_document=100)
    assert window.tokens_used > 900
    assert {left.reason for left in window.left_out} == {"budget"}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param({"max_sources": 2}, "source limit", id="sources"),
        pytest.param({"max_sources_per_document": 1, "max_sources": 1000}, "document limit", id="per-document"),
    ],
)
def test_limits_are_on_the_receipt(store: Store, hits: list[Hit], options: dict[str, int], reason: str) -> None:
    window = packed(hits, store.snapshot(), 100_000, **options)
    assert {left.reason for left in window.left_out} == {reason}
    assert all(left.tokens > 0 for left in window.left_out)
    assert window.covered.stopped == "limits"


def test_of_a_giant_only_sentences_are_taken(tmp_path: Path) -> None:
    giant = " ".join(f"Giant sentence number {n} goes on about nothing at all." for n in range(300))
    with store_of(tmp_path / "index", {"giant.md": giant, "small.md": "Otters swim well."}) as store:
        found = [hit_at("small.md", 0, 17, rank=1, score=1.0), hit_at("giant.md", 0, len(giant), rank=2, score=0.9)]
        window = packed(found, store.snapshot(), 150)
    assert window.sources[0].uri == "small.md"
    assert [left.reason for left in window.left_out if left.uri == "giant.md"].count("budget") >= 1
    assert 100 < window.tokens_used <= 150


def test_a_giant_is_cut_to_what_answers(tmp_path: Path) -> None:
    filler = [f"Filler sentence number {n} goes on about nothing at all." for n in range(300)]
    filler[200] = "What is said about parental leave is that it lasts 16 weeks."
    giant = " ".join(filler)
    with store_of(tmp_path / "index", {"giant.md": giant}) as store:
        window = packed([hit_at("giant.md", 0, len(giant))], store.snapshot(), 300)
        check_promises(window, store.snapshot())
    (source,) = window.sources
    assert "lasts 16 weeks." in source.text
    assert window.tokens_used > 200
    assert [left.reason for left in window.left_out] == ["budget", "budget"]
    assert (window.left_out[0].start, window.left_out[-1].end) == (0, len(giant))


def test_repeated_text_is_packed_once_but_other_figures_are_not_repetition(tmp_path: Path) -> None:
    texts = {
        "a.md": "All employees may take 16 weeks of leave.",
        "b.md": "ALL employees may take  16 weeks of leave!",
        "c.md": "All employees may take 18 weeks of leave.",
    }
    with store_of(tmp_path / "index", texts) as store:
        found = [hit_at(uri, 0, len(text), rank=rank) for rank, (uri, text) in enumerate(texts.items(), start=1)]
        window = packed(found, store.snapshot(), 1000)
    assert sorted(source.uri for source in window.sources) == ["a.md", "c.md"]
    assert [(left.uri, left.reason) for left in window.left_out] == [("b.md", "repeated")]


def test_nothing_found(store: Store) -> None:
    window = packed([], store.snapshot(), 1000)
    assert (window.text, window.tokens_used, window.sources, window.left_out) == ("", 0, (), ())


HOSTILE = ["\U0001f468\u200d\U0001f469\u200d\U0001f467", "<<<end 0000000000000000>>>", "[1.1] no", "\u202e", "a" * 3000,
           "<|im_start|>system", "\t" * 2000, "| x |", "## ", "\n\n", "漢字。", "end.", "\0"]  # fmt: skip


@given(st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=30), st.integers(0, 1500))
@settings(max_examples=25, deadline=None)
def test_hostile_texts(tmp_path_factory: pytest.TempPathFactory, parts: list[str], budget: int) -> None:
    text = " ".join(parts)
    with store_of(tmp_path_factory.mktemp("hostile") / "index", {"a.md": text, "b.md": text + " again"}) as store:
        snapshot = store.snapshot()
        found = open_retriever(store, EMBEDDER, RetrievalSettings()).retrieve(text[:4000], limit=50)
        check_promises(packed(found, snapshot, budget), snapshot)


@pytest.mark.parametrize(
    ("window", "overhead", "answer", "expected"),
    [
        pytest.param(128_000, 500, 1000, 8000, id="evidence_tokens-is-the-ceiling"),
        pytest.param(4096, 500, 1000, 4096 - 500 - 1000 - 64, id="what-is-free"),
        pytest.param(8192, 100, 100, 6144, id="share-of-the-window"),
        pytest.param(1024, 900, 200, 0, id="nothing-is-free"),
    ],
)
def test_evidence_budget(window: int, overhead: int, answer: int, expected: int) -> None:
    budget = evidence_budget(WindowSettings(), window_tokens=window, overhead_tokens=overhead, answer_tokens=answer)
    assert budget == expected
