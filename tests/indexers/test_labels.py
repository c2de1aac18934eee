"""What is embedded of a table: words, years, a figure a row; everything else as it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.context import embedded_text
from indexers.document import BlockKind
from indexers.hashing import HashingEmbedder
from indexers.labels import telling_text
from indexers.split import split_document
from tests.indexers.documents import document_of

SHEET = "In millions | 2018 | 2017\nNet sales | $ 32,765 | $ 31,657\nTotal | (1,577) | — | 3.5 %"


@pytest.mark.parametrize(
    ("table", "embedded"),
    [
        pytest.param(SHEET, "In millions | 2018 | 2017\nNet sales | $ 32,765\nTotal | (1,577)", id="one-figure-a-row"),
        pytest.param("| Alice | 4 |\n| --- | --- |\n| Bob | x7 |", "Alice | 4\nBob | x7", id="markdown"),
        pytest.param("a | 5\nb | 6", "a | 5\nb | 6", id="two-columns-stay"),
        pytest.param("paid | 7 | 2023-01-28 | 1,999 | 2019.5", "paid | 7 | 2023-01-28", id="not-every-1999-is-a-year"),
        pytest.param("a\n5 | 6\nb | — | 3.5 % | 4", "a\n5\nb | 3.5 %", id="blanks-and-dashes-are-no-figures"),
        pytest.param("1 | 2\n3 | 4", "1 | 2\n3 | 4", id="figures-alone-stay"),
        pytest.param("12 apples, 3 pears", "12 apples, 3 pears", id="figures-in-a-cell-with-words-stay"),
    ],
)
def test_of_a_table_the_words_are_embedded(table: str, embedded: str) -> None:
    document = document_of(("table", table))
    assert telling_text(document, 0, len(document.text)) == embedded


def test_only_tables_lose_their_figures() -> None:
    document = document_of(
        ("paragraph", "He paid | 5 | times."), ("table", "Fee | 5 | 9"), ("paragraph", "And | 6 | more.")
    )
    assert telling_text(document, 0, len(document.text)) == "He paid | 5 | times.\n\nFee | 5\n\nAnd | 6 | more."
    middle = document.text.index("Fee") + 1
    assert telling_text(document, middle, len(document.text)) == "ee | 5\n\nAnd | 6 | more."


cells = st.sampled_from(["Net sales", "2018", "5", "$ (1,577)", "—", "", "3.5 %", "Q2"])
rows = st.lists(st.lists(cells, min_size=1, max_size=6).map(" | ".join), min_size=1, max_size=12).map("\n".join)


kinds: st.SearchStrategy[BlockKind] = st.sampled_from(["table", "paragraph"])


@given(contents=st.lists(st.tuples(kinds, rows), min_size=1, max_size=4))
def test_no_word_is_lost_and_nothing_grows(contents: list[tuple[BlockKind, str]]) -> None:
    document = document_of(*contents)
    embedder = HashingEmbedder()
    for chunk in split_document(document, embedder, max_tokens=64):
        whole = document.text[chunk.start : chunk.end]
        kept = telling_text(document, chunk.start, chunk.end)
        assert [word for word in kept.split() if word.isalpha()] == [word for word in whole.split() if word.isalpha()]
        assert len(embedder.pieces(kept)) <= len(embedder.pieces(whole))
        assert embedded_text(document, chunk, embedder).endswith(kept)
