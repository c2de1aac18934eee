from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

from indexers.chunk import chunk_id
from indexers.context import (
    CONTEXT_CHARS,
    HEADER_CHARS,
    HEADER_TOKENS,
    LEAST_BUDGET_TOKENS,
    chunk_context,
    embedded_text,
    table_header,
)
from indexers.document import Block, BlockKind
from indexers.hashing import HashingEmbedder
from indexers.minilm import MiniLM
from indexers.split import CHARS_PER_TOKEN, split_document
from tests.indexers.documents import document_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexers.chunk import Chunk
    from indexers.document import Document
    from indexers.embed import Embedder

EMBEDDERS: list[Embedder] = [HashingEmbedder(), MiniLM()]

contents = st.one_of(
    st.text(max_size=300),
    st.lists(
        st.sampled_from(["Pay", "is", "12.5", "Dr.", "end.", "“No!”", "東京", "e.g.", "a" * 90, "\n", "|", "-"])
    ).map(" ".join),
).map(lambda text: text.encode("utf-8", "ignore").decode())
blocks = st.lists(st.tuples(st.sampled_from(get_args(BlockKind)), contents, st.integers(1, 3)), max_size=12)


def with_header(document: Document, block: Block) -> Block:
    """A table's first line made its header."""
    if block.kind != "table":
        return block
    line = document.text[block.start : block.end].partition("\n")[0]
    return replace(block, header_chars=len(line))


def texts(document: Document, chunks: list[Chunk]) -> list[str]:
    return [document.text[chunk.start : chunk.end] for chunk in chunks]


@pytest.mark.parametrize("embedder", EMBEDDERS, ids=lambda embedder: embedder.identity.name)
@given(content=blocks, max_tokens=st.integers(32, 256))
@settings(deadline=None, max_examples=60)
def test_chunks_cover_the_text_in_order_within_their_budget(
    embedder: Embedder, content: list[tuple[BlockKind, str, int]], max_tokens: int
) -> None:
    pages = sorted(page for _, _, page in content)
    document = document_of(*((kind, text, page) for (kind, text, _), page in zip(content, pages, strict=True)))
    document = replace(document, blocks=tuple(with_header(document, block) for block in document.blocks))
    chunks = split_document(document, embedder, max_tokens=max_tokens)
    position = 0
    for ordinal, chunk in enumerate(chunks):
        assert chunk.ordinal == ordinal
        assert document.text[position : chunk.start].strip() == ""
        assert chunk.start < chunk.end
        assert not document.text[chunk.start].isspace()
        assert chunk.id == chunk_id(document.id, document.version, chunk.start, chunk.end)
        assert chunk.page == document.page_at(chunk.start) == document.page_at(chunk.end - 1)
        context = chunk_context(document, chunk.headings)
        context_tokens = len(embedder.pieces(context)) + len(
            embedder.pieces(table_header(document, chunk.start, embedder))
        )
        budget = max(LEAST_BUDGET_TOKENS, max_tokens - embedder.identity.special_tokens - context_tokens)
        slice_tokens = len(embedder.pieces(document.text[chunk.start : chunk.end]))
        assert slice_tokens <= budget
        assert chunk.end - chunk.start <= budget * CHARS_PER_TOKEN
        embedded = len(embedder.pieces(embedded_text(document, chunk, embedder))) + embedder.identity.special_tokens
        assert embedded <= embedder.identity.max_tokens, "nothing is cut silently"
        position = chunk.end
    assert document.text[position:].strip() == ""


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param([], [], id="no-text"),
        pytest.param(
            [("heading", "Leave"), ("paragraph", "word " * 30), ("heading", "Pay"), ("paragraph", "More.")],
            ["Leave\n\n" + ("word " * 30).strip(), "Pay\n\nMore."],
            id="a-heading-opens-a-chunk",
        ),
        pytest.param(
            [("heading", "A"), ("paragraph", "One."), ("heading", "B"), ("paragraph", "Two.")],
            ["A\n\nOne.\n\nB\n\nTwo."],
            id="tiny-sections-stay-together",
        ),
        pytest.param(
            [("paragraph", "On page one.", 1), ("paragraph", "On page two.", 2)],
            ["On page one.", "On page two."],
            id="no-chunk-crosses-a-page",
        ),
        pytest.param(
            [("table", "\n".join(f"row {n} | {n} | {n}" for n in range(20)), 1)],
            [
                "\n".join(f"row {n} | {n} | {n}" for n in range(10)),
                "\n".join(f"row {n} | {n} | {n}" for n in range(10, 20)),
            ],
            id="rows-stay-whole",
        ),
        pytest.param(
            [("paragraph", "x" * 1200)],
            ["x" * 480, "x" * 480, "x" * 240],
            id="a-giant-word-is-cut-by-characters",
        ),
    ],
)
def test_where_chunks_begin_and_end(content: list[tuple[BlockKind, str, int]], expected: list[str]) -> None:
    document = document_of(*content, uri="r/a.md")
    chunks = split_document(document, HashingEmbedder(), max_tokens=64)
    assert [text.rstrip() for text in texts(document, chunks)] == expected


WORDS = [f"word{number}" for number in range(500)]


def paragraphs_of(count: int, seed: int) -> list[str]:
    chosen = random.Random(seed)  # noqa: S311  words, not secrets
    sentences = [" ".join(chosen.choices(WORDS, k=chosen.randint(4, 14))) + "." for _ in range(3 * count)]
    return [" ".join(sentences[place : place + 3]) for place in range(0, 3 * count, 3)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("edit", ["a-word", "inserted", "deleted", "rewritten"])
def test_an_edit_moves_only_the_boundaries_near_it(edit: str, seed: int) -> None:
    before = paragraphs_of(600, seed)
    new = paragraphs_of(1, seed + 100)
    edited = {
        "a-word": [*before[:50], before[50].replace("word", "other", 1), *before[51:]],
        "inserted": [*before[:50], *new, *before[50:]],
        "deleted": [*before[:50], *before[51:]],
        "rewritten": [*before[:50], *new, *before[51:]],
    }[edit]
    embedder = HashingEmbedder()
    old, now = (
        texts(document, split_document(document, embedder, max_tokens=128))
        for document in (document_of(*(("paragraph", text) for text in all_of)) for all_of in (before, edited))
    )
    assert len(old) > 150
    assert len(set(now) - set(old)) <= 12, "the splits agree again after a few chunks"


def test_a_full_chunk_ends_where_a_paragraph_does() -> None:
    document = document_of(*(("paragraph", text) for text in paragraphs_of(200, seed=1)))
    chunks = split_document(document, HashingEmbedder(), max_tokens=128)
    starts = {block.start for block in document.blocks}
    assert all(chunk.start in starts for chunk in chunks)
    assert all(chunk.tokens >= 50 for chunk in chunks[:-1])


def test_a_heading_moves_to_the_chunk_it_heads() -> None:
    document = document_of(("paragraph", "word " * 55), ("heading", "Pay"), ("paragraph", "other " * 40))
    chunks = split_document(document, HashingEmbedder(), max_tokens=64)
    assert texts(document, chunks)[1].startswith("Pay\n\nother")
    assert chunks[1].headings == ("Pay",)


def test_every_chunk_of_a_table_is_embedded_under_its_header() -> None:
    rows = "\n".join(f"row {n} | {n} | {n}" for n in range(40))
    document = document_of(("paragraph", "In millions."), ("table", f"Item | 2019 | 2018\n{rows}"), uri="r/a.md")
    document = replace(document, blocks=tuple(with_header(document, block) for block in document.blocks))
    embedder = HashingEmbedder()
    chunks = split_document(document, embedder, max_tokens=64)
    assert len(chunks) > 2
    embedded = [embedded_text(document, chunk, embedder) for chunk in chunks]
    assert all(text.count("Item | 2019 | 2018") == 1 for text in embedded)
    assert embedded[1].startswith("a · A title\nItem | 2019 | 2018\nrow ")


@pytest.mark.parametrize("pad", range(10))
@pytest.mark.parametrize("cells", [" | ".join(["Item", *map(str, range(1900, 2000))]), " | ".join(["x"] * 80)])
def test_a_header_that_is_too_long_ends_with_a_whole_cell(cells: str, pad: int) -> None:
    header = "y" * pad + cells
    document = document_of(("table", f"{header}\nrow | 1"), uri="r/a.md")
    document = replace(document, blocks=tuple(with_header(document, block) for block in document.blocks))
    shown = table_header(document, document.text.index("row"), MiniLM())
    assert 60 < len(shown) <= HEADER_CHARS
    assert len(MiniLM().pieces(shown)) <= HEADER_TOKENS
    assert header.startswith(f"{shown} | ")


def test_a_header_of_one_long_cell_ends_with_a_whole_word() -> None:
    document = document_of(("table", "abcde fghij " * 40 + "\nrow | 1"))
    document = replace(document, blocks=tuple(with_header(document, block) for block in document.blocks))
    shown = table_header(document, document.text.index("row"), HashingEmbedder())
    assert shown.endswith(("abcde", "fghij"))


@pytest.mark.parametrize(
    ("uri", "title", "headings", "context"),
    [
        pytest.param("h/3M_2018_10K.pdf", "3M 2018 10K", (), "3M 2018 10K", id="the-name-is-enough"),
        pytest.param("h/leave.md", "Leave policy", ("Sick leave",), "leave · Leave policy > Sick leave", id="all"),
        pytest.param("h/4983.md", "Leave policy", ("Sick leave",), "Leave policy > Sick leave", id="a-number"),
        pytest.param("h/550e8400-e29b-41d4-a716-446655440000.md", "Leave", (), "Leave", id="a-uuid"),
        pytest.param("h/4983.md", "", ("Sick leave",), "4983 > Sick leave", id="nothing-else"),
        pytest.param("h/2021.md", "Changes", (), "2021 · Changes", id="a-year-says-something"),
        pytest.param("h/a.md", "A", ("Outermost", "Outer", "x" * 100), "a > Outer > " + "x" * 100, id="as-many-as-fit"),
    ],
)
def test_context_names_the_document_and_the_section(
    uri: str, title: str, headings: tuple[str, ...], context: str
) -> None:
    document = document_of(("paragraph", "x"), uri=uri)
    document = type(document)(document.id, uri, title, "", "v", document.text, document.blocks)
    assert chunk_context(document, headings) == context
    assert len(context) <= CONTEXT_CHARS


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 2122 + " and" * 250 + " qzxj", id="the-rest-of-a-giant-word-has-more-pieces-than-the-word"),
        pytest.param("x" * 90 + "-" + "q" * 99 + " the" * 240, id="long-words"),
        pytest.param(("qzxjkvw" * 14 + " ") * 40, id="words-of-many-pieces"),
        pytest.param("\u6771" * 900 + "x" * 900, id="letters-that-are-pieces"),
    ],
)
@pytest.mark.parametrize("max_tokens", [32, 256])
def test_no_chunk_is_longer_than_the_model_reads(text: str, max_tokens: int) -> None:
    model = MiniLM()
    document = document_of(("paragraph", text, 1))
    strings = [
        embedded_text(document, chunk, model) for chunk in split_document(document, model, max_tokens=max_tokens)
    ]
    model.embed_passages(strings)  # raises TextTooLong
    assert max(len(model.pieces(string)) + 2 for string in strings) <= max_tokens


class OfBytes(HashingEmbedder):
    """Pieces of a byte each, but for runs of "=": as RoBERTa's, where a letter's bytes all have the letter's span."""

    def __init__(self) -> None:
        super().__init__()
        vocabulary = {letter: number for number, letter in enumerate(sorted(ByteLevel.alphabet()))}
        merges = [("=" * 2**power,) * 2 for power in range(6)]
        vocabulary |= {one + other: len(vocabulary) + number for number, (one, other) in enumerate(merges)}
        self._tokenizer = Tokenizer(BPE(vocab=vocabulary, merges=merges))
        self._tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)

    def pieces(self, text: str) -> NDArray[np.int64]:
        return np.array(self._tokenizer.encode(text).offsets, dtype=np.int64).reshape(-1, 2)


@pytest.mark.parametrize("max_tokens", [32, 64, 128, 256])
def test_a_model_that_reads_little_has_room_for_the_chunk_beside_its_context(max_tokens: int) -> None:
    embedder = HashingEmbedder(max_tokens=max_tokens)  # a piece a mark, as the letters of Chinese are
    document = document_of(("heading", "!" * 200), ("table", "? " * 200 + "\n" + "row | 1\n" * 90), uri="r/%%%%.md")
    document = replace(document, title="+" * 90, blocks=tuple(with_header(document, it) for it in document.blocks))
    chunks = split_document(document, embedder, max_tokens=max_tokens)
    strings = [embedded_text(document, chunk, embedder) for chunk in chunks]
    embedder.embed_passages(strings)  # raises TextTooLong
    assert all(string.startswith("++++") for string in strings)


@pytest.mark.parametrize("before", range(120, 136))
def test_letters_of_several_pieces_are_cut_between(before: int) -> None:
    embedder = OfBytes()
    document = document_of(("paragraph", "abc" + "=" * before + "\U0001f600" * 40))
    chunks = split_document(document, embedder, max_tokens=32)
    assert "".join(texts(document, chunks)) == document.text
    assert all(len(embedder.pieces(text)) <= 32 for text in texts(document, chunks))


def test_a_letter_of_more_pieces_than_a_chunk_holds_is_a_chunk() -> None:
    class Wide(HashingEmbedder):
        def pieces(self, text: str) -> NDArray[np.int64]:
            spans = [(place, place + 1) for place in range(len(text)) for _ in range(20)]
            return np.array(spans, dtype=np.int64).reshape(-1, 2)

    document = document_of(("paragraph", "abcd"))
    assert texts(document, split_document(document, Wide(), max_tokens=32)) == list("abcd")
