from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.sentences import PART_CHARS, block_units, sentence_spans

if TYPE_CHECKING:
    from indexers.document import BlockKind


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        pytest.param("", [], id="empty"),
        pytest.param(" \n\n ", [], id="blank"),
        pytest.param("Dr. Smith paid $1,577.50. It was good!", ["Dr. Smith paid $1,577.50.", "It was good!"], id="dr"),
        pytest.param("U.S. law\napplies. No. 5 is ok.", ["U.S. law\napplies.", "No. 5 is ok."], id="line-breaks"),
        pytest.param("A title\n\nA text", ["A title", "A text"], id="a-blank-line-ends-a-sentence"),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


@pytest.mark.parametrize(
    ("kind", "text", "units"),
    [
        pytest.param("heading", "1. Dr. No. Yes", ["1. Dr. No. Yes"], id="a-heading-is-one"),
        pytest.param("table", "a | b\n 1. | 2. x\n", ["a | b", "1. | 2. x"], id="a-row-is-one"),
        pytest.param(
            "list", "- One thing\n- Two. Three\n  goes on", ["- One thing", "- Two.", "Three\n  goes on"], id="list"
        ),
    ],
)
def test_units_of_a_block(kind: BlockKind, text: str, units: list[str]) -> None:
    assert [text[start:end] for start, end in block_units(text, kind, 0, len(text))] == units


@given(st.text(alphabet=st.sampled_from("ab .!?\n\"'(“東"), max_size=400))
def test_sentences_hold_every_character_once(text: str) -> None:
    position = 0
    for start, end in sentence_spans(text):
        assert start < end
        assert text[position:start].strip() == ""
        assert text[start:end] == text[start:end].strip()
        position = end
    assert text[position:].strip() == ""


def test_a_long_text_is_not_cut_inside_a_sentence() -> None:
    sentence = "This line break\nends no sentence at all."
    spans = sentence_spans(" ".join([sentence] * (3 * PART_CHARS // len(sentence))))
    assert {end - start for start, end in spans} == {len(sentence)}


def test_hostile_text_costs_linear_time() -> None:
    began = time.process_time()
    for hostile in (" " * 10**6, "a" * 10**6, "(\"'" * 10**5, "((((((" * 10**5):
        sentence_spans(hostile)
    assert time.process_time() - began < 20  # quadratic cost is minutes


def test_half_of_a_surrogate_pair_is_a_character_like_others() -> None:
    assert sentence_spans("One \ud800. Two.") == [(0, 6), (7, 11)]
