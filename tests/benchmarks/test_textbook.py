"""The baselines that the product is held against must not be weaker than they are."""

from __future__ import annotations

import math
from pathlib import Path

from benchmarks.textbook import K1, B, Textbook
from evals.search.collection import Collection, Record, load_collection
from indexers.hashing import HashingEmbedder

FIXTURE = Path(__file__).parent.parent / "fixtures" / "collection"


def test_bm25_by_hand() -> None:
    records = (Record("a", "", "anvils ring"), Record("b", "", "an anvil"), Record("c", "", "bells ring ring"))
    textbook = Textbook(Collection("c", records, {}, {}), HashingEmbedder())
    idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    lengths, mean = [2, 1, 3], 2.0
    expected = [
        idf * times * (K1 + 1) / (times + K1 * (1 - B + B * length / mean))
        for times, length in zip([1, 1, 0], lengths, strict=True)
    ]
    assert textbook._bm25.scores("the anvil").tolist() == expected


def test_every_fusion_ranks_and_finds_what_both_find() -> None:
    collection = load_collection(FIXTURE)
    rankings = Textbook(collection, HashingEmbedder()).rankings("How many weeks of parental leave?")
    assert {"BM25", "MiniLM", "RRF", "W 0.1", "W 0.9"} <= set(rankings)
    assert {ranking[0] for ranking in rankings.values()} == {"leave"}
    assert all(len(set(ranking)) == len(ranking) for ranking in rankings.values())
