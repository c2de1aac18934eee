"""What the scorer is told of a claim: values that can be counted by hand, and promises for any text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.verify.evidence import Evidence, Sentence
from rag.verify.features import NAMES, best_window, features
from rag.verify.index import MOST_PLACES

EVIDENCE = Evidence.of(
    [
        "The depot in Bremen stores refrigerated goods. Drivers collect the keys at the gate.",
        "Lorries over 40 tonnes must not enter the yard before noon.",
    ]
)


def _found(claim: str, evidence: Evidence = EVIDENCE) -> dict[str, float]:
    return features(Sentence(claim), evidence)


def test_a_copied_sentence_is_held_whole() -> None:
    found = _found("Drivers collect the keys at the gate.")
    whole = ("recall_best", "recall_all", "plain_chosen", "ngrams_1", "ngrams_4", "characters", "run_share")
    assert [found[name] for name in whole] == pytest.approx([1.0] * len(whole))
    assert found["run_log"] == pytest.approx(math.log1p(7))
    lacking = ("missing_all", "missing_rarest_best", "put_between", "small_words_new", "scattered_best")
    assert [found[name] for name in lacking] == [0.0] * len(lacking)


def test_words_of_several_sentences_are_held_by_the_chosen_ones_and_not_by_the_best() -> None:
    found = _found("Lorries collect refrigerated goods.")
    assert found["plain_best"] == pytest.approx(2 / 4)
    assert found["plain_chosen"] == pytest.approx(1.0)
    assert found["scattered_best"] > 0
    assert found["scattered_chosen"] == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("claim", "name", "value"),
    [
        pytest.param("Drivers never collect the keys.", "negation_new", 1.0, id="a-negation-that-the-evidence-has-not"),
        pytest.param("Lorries over 40 tonnes enter the yard.", "negation_lost", 1.0, id="a-negation-left-out"),
        pytest.param("Lorries must not enter.", "negation_new", 0.0, id="a-negation-of-both"),
        pytest.param("The depot in Hamburg stores goods.", "names_missing", 1.0, id="a-name-it-lacks"),
        pytest.param("Lorries over 50 tonnes must wait.", "numbers_missing", 1.0, id="a-number-it-lacks"),
        pytest.param("All drivers collect the keys.", "quantifiers_new", 1.0, id="a-quantifier-it-lacks"),
        pytest.param("Lorries enter after noon.", "placers_new", 1.0, id="after-for-before"),
        pytest.param("I like the depot.", "of_the_speaker", 1.0, id="of-the-speaker"),
        pytest.param("Is it the depot?", "asks", 1.0, id="a-question"),
        pytest.param(
            "The depot stores frozen goods in Bremen.", "put_between", 1.0, id="another-word-between-neighbours"
        ),
    ],
)
def test_what_turns_a_claim_is_told(claim: str, name: str, value: float) -> None:
    assert _found(claim)[name] == value


def test_a_rarer_word_that_is_missing_weighs_more() -> None:
    frequent, rare = _found("Drivers collect the money."), _found("Drivers collect the invoices.")
    assert frequent["missing_all"] == rare["missing_all"] == 1
    assert rare["missing_rarest_all"] > frequent["missing_rarest_all"]
    assert rare["recall_all"] < frequent["recall_all"]


def test_the_weakest_sentence_of_a_claim_is_told() -> None:
    found = _found("Drivers collect the keys. Penguins juggle.")
    assert found["weakest_sentence"] == 0.0
    assert found["plain_all"] == pytest.approx(3 / 5)


def test_the_best_window_names_sentences_of_the_evidence_the_most_telling_first() -> None:
    assert best_window(Sentence("Drivers collect the keys of refrigerated lorries at the gate."), EVIDENCE)[0] == 1
    assert best_window(Sentence("Penguins juggle."), EVIDENCE) == []
    assert best_window(Sentence("Drivers collect keys."), Evidence.of([])) == []


@settings(max_examples=60, deadline=None)
@given(claim=st.text(max_size=120), texts=st.lists(st.text(max_size=200), max_size=3))
def test_any_claim_and_evidence_give_every_feature_a_finite_number(claim: str, texts: list[str]) -> None:
    found = features(Sentence(claim), Evidence.of(texts))
    assert tuple(found) == NAMES
    assert all(math.isfinite(value) for value in found.values())


@given(order=st.permutations(range(3)))
def test_shares_do_not_depend_on_the_order_of_the_sources(order: list[int]) -> None:
    texts = [sentence.text for sentence in EVIDENCE.sentences]
    claim = "Drivers of lorries over 40 tonnes collect goods at the gate before noon."
    here, there = _found(claim, Evidence.of(texts)), _found(claim, Evidence.of([texts[at] for at in order]))
    alike = (
        "recall_best",
        "recall_chosen",
        "recall_all",
        "ngrams_1",
        "missing_all",
        "names_missing",
        "numbers_missing",
    )
    assert [here[name] for name in alike] == pytest.approx([there[name] for name in alike])


def test_a_text_of_one_word_again_and_again_has_few_places_to_look_at() -> None:
    evidence = Evidence.of(["word " * 5000])
    assert {stem: len(places) for stem, places in evidence.index.places.items()} == {"word": MOST_PLACES}
    assert features(Sentence("word " * 300), evidence)["recall_all"] == pytest.approx(1.0)
