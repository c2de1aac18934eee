from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.chunk import Chunk, chunk_id
from indexers.document import document_id
from retrievers.hit import Hit
from retrievers.passages import BONUS, merge_passages
from retrievers.settings import RetrievalSettings
from retrievers.units import LONGEST_UNIT_CHARS, DocumentUnits
from tests.retrievers.corpus import document_from, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexers.store import Snapshot

SENTENCES = [f"This is sentence number {n:03} of the long report." for n in range(60)]
LONG = " ".join(SENTENCES)
TABLE = "# Prices\n\n" + "\n".join(f"| item {n:02} | {n} EUR |" for n in range(20)) + "\n\nPrices are net. They hold."
URIS = {"long.md": LONG, "table.md": TABLE}
PLAIN = RetrievalSettings(neighbours=0, gap_chars=0)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with store_of(tmp_path_factory.mktemp("passages") / "index", URIS) as store:
        yield store.snapshot()


def hit_at(uri: str, start: int, end: int, *, rank: int = 1, score: float = 1.0) -> Hit:
    name = document_id(uri)
    return Hit(Chunk(chunk_id(name, "v1", start, end), name, "v1", 0, start, end, 1), score, rank, "dense")


def sentence_hit(first: int, last: int, *, rank: int = 1, score: float = 1.0) -> Hit:
    length = len(SENTENCES[0]) + 1
    return hit_at("long.md", first * length, (last + 1) * length - 1, rank=rank, score=score)


def sentences_of(hits: list[Hit], snapshot: Snapshot, options: RetrievalSettings) -> list[tuple[int, int]]:
    """First and last sentence of every passage, in text order."""
    length = len(SENTENCES[0]) + 1
    spans = sorted((passage.start, passage.end) for passage in merge_passages(hits, snapshot, options))
    return [(start // length, (end - 1) // length) for start, end in spans]


@pytest.mark.parametrize(
    ("hits", "options", "expected"),
    [
        pytest.param([], {}, [], id="no-hits"),
        pytest.param([(3, 5)], {}, [(3, 5)], id="one"),
        pytest.param([(3, 5), (6, 7)], {"gap_chars": 1}, [(3, 7)], id="touching"),
        pytest.param([(3, 5), (5, 7)], {}, [(3, 7)], id="overlapping"),
        pytest.param([(3, 5), (7, 8)], {"gap_chars": 60}, [(3, 8)], id="small-gap-is-filled"),
        pytest.param([(3, 5), (7, 8)], {"gap_chars": 10}, [(3, 5), (7, 8)], id="larger-gap-is-not"),
        pytest.param([(3, 5), (4, 4)], {}, [(3, 5)], id="inside"),
        pytest.param([(0, 3), (3, 6)], {"passage_chars": 200}, [(0, 3), (4, 6)], id="too-long-together-nothing-twice"),
        pytest.param([(5, 6)], {"neighbours": 1}, [(3, 8)], id="neighbours"),
        pytest.param([(0, 1)], {"neighbours": 1}, [(0, 3)], id="no-neighbours-before-the-start"),
        pytest.param([(5, 6)], {"neighbours": 1, "expanded_hits": 0}, [(5, 6)], id="only-the-best-are-expanded"),
    ],
)
def test_merging(
    snapshot: Snapshot, hits: list[tuple[int, int]], options: dict[str, int], expected: list[tuple[int, int]]
) -> None:
    found = [sentence_hit(*hit, rank=rank) for rank, hit in enumerate(hits, start=1)]
    assert sentences_of(found, snapshot, PLAIN.model_copy(update=options)) == expected


def test_a_hit_inside_a_sentence_gets_the_whole_sentence(snapshot: Snapshot) -> None:
    (passage,) = merge_passages([hit_at("long.md", 60, 70)], snapshot, PLAIN)
    assert LONG[passage.start : passage.end] == SENTENCES[1]


def test_table_rows_are_whole_and_headings_are_known(snapshot: Snapshot) -> None:
    at = TABLE.index("item 07")
    (passage,) = merge_passages([hit_at("table.md", at, at + 3)], snapshot, PLAIN)
    assert TABLE[passage.start : passage.end] == "| item 07 | 7 EUR |"
    assert passage.headings == ("Prices",)


def test_neighbours_stay_within_their_section(tmp_path: Path) -> None:
    text = "# One\n\nAlpha is first.\n\n# Two\n\nBeta is second.\n\nGamma is third.\n\n# Three\n\nDelta is fourth."
    with store_of(tmp_path / "index", {"a.md": text}) as store:
        at = text.index("Beta")
        hit = hit_at("a.md", at, at + 15)
        (passage,) = merge_passages([hit], store.snapshot(), RetrievalSettings(neighbours=10))
    assert text[passage.start : passage.end] == "# Two\n\nBeta is second.\n\nGamma is third."


def test_score_is_the_best_with_a_bonus_for_each_other_hit(snapshot: Snapshot) -> None:
    hits = [sentence_hit(9, 9, rank=1, score=0.8), sentence_hit(20, 21, rank=2, score=0.7)]
    hits += [sentence_hit(21, 22, rank=3, score=0.6), sentence_hit(22, 23, rank=4, score=0.5)]
    passages = merge_passages(hits, snapshot, PLAIN)
    assert [passage.score for passage in passages] == [pytest.approx(0.8), pytest.approx(0.7 * (1 + 2 * BONUS))]
    assert [hit.rank for hit in passages[1].hits] == [2, 3, 4]


SPANS = st.lists(st.tuples(st.integers(0, len(LONG) - 1), st.integers(1, 500)), max_size=25)


@given(SPANS, st.integers(0, 300), st.integers(0, 2), st.integers(0, 9), st.integers(200, 3000))
@settings(max_examples=80, deadline=None)
def test_every_hit_is_covered_and_no_text_is_twice(
    snapshot: Snapshot, spans: list[tuple[int, int]], gap: int, neighbours: int, expanded: int, most: int
) -> None:
    unique = list(dict.fromkeys((start, min(start + length, len(LONG))) for start, length in spans))
    hits = [hit_at("long.md", *span, rank=rank, score=1 / rank) for rank, span in enumerate(unique, start=1)]
    options = RetrievalSettings(gap_chars=gap, neighbours=neighbours, expanded_hits=expanded, passage_chars=most)

    passages = merge_passages(hits, snapshot, options)

    in_order = sorted(passages, key=lambda passage: passage.start)
    assert all(one.end <= other.start for one, other in pairwise(in_order))
    covered = {place for passage in passages for place in range(passage.start, passage.end)}
    assert all(place in covered or LONG[place].isspace() for span in unique for place in range(*span))
    assert sorted(hit.rank for passage in passages for hit in passage.hits) == list(range(1, len(hits) + 1))
    for passage in passages:
        assert (passage.units[0][0], passage.units[-1][1]) == (passage.start, passage.end)
        assert all(LONG[start:end] in SENTENCES for start, end in passage.units)


@given(st.lists(st.sampled_from(["word", "x" * 700, "\n", " ", "12,5", "| a | b |"]), max_size=600))
@settings(max_examples=60, deadline=None)
def test_no_unit_is_longer_than_can_be_packed(words: list[str]) -> None:
    document = document_from(" ".join(words), uri="a.md")
    units = DocumentUnits(document).covering(0, len(document.text))
    assert all(0 < end - start <= LONGEST_UNIT_CHARS for start, end in units)
    assert all(one[1] <= other[0] for one, other in pairwise(units))
    held = {place for start, end in units for place in range(start, end)}
    assert all(place in held or letter.isspace() for place, letter in enumerate(document.text))
