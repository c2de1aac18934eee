from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.case import Evidence
from evals.locate import evidence_spans, find_quote, overlaps, pages_of
from indexers.document import Block, Document


def paged(*pages: str) -> Document:
    """A document with one paragraph a page, pages from 1; an empty page has no block."""
    text, blocks = "", []
    for number, page in enumerate(pages, start=1):
        if page:
            text += "\n\n" if text else ""
            blocks.append(Block("paragraph", len(text), len(text) + len(page), number))
            text += page
    return Document("d", "a/d.pdf", "d", "application/pdf", "v", text, tuple(blocks), len(pages))


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        pytest.param("sixteen weeks", ["sixteen weeks"], id="exact"),
        pytest.param("take  sixteen weeks", ["take\nsixteen weeks"], id="other-white-space"),
        pytest.param("of paid\nleave", ["ofpaid leave"], id="white-space-lost-in-the-text"),
        pytest.param("leave", ["leave", "leave"], id="every-place"),
        pytest.param("", [], id="empty"),
        pytest.param("seventeen weeks", [], id="not-there"),
        pytest.param(" \n", [], id="blank"),
    ],
)
def test_find_quote(quote: str, found: list[str]) -> None:
    text = "You take\nsixteen weeks ofpaid leave.\nleave"
    spans = find_quote(text, quote)
    assert [text[start:end] for start, end in spans] == found


@given(st.text(alphabet="ab \n\u00a0éü", max_size=40), st.data())
def test_every_slice_is_found_whatever_its_white_space(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    wanted = "".join(text[start:end].split())
    spans = find_quote(text, " ".join(text[start:end].split()))
    for at, until in spans:
        assert "".join(text[at:until].split()) == wanted
    if wanted:
        assert spans


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(Evidence("d", start=2, end=5), ((2, 5),), id="span"),
        pytest.param(Evidence("d", start=2, end=500), "end 500 lies beyond", id="span-beyond"),
        pytest.param(Evidence("d", quote="two"), ((11, 14),), id="quote"),
        pytest.param(Evidence("d", quote="six"), "the quote is not in the document", id="no-quote"),
        pytest.param(Evidence("d", page_index=1), ((7, 14),), id="page-counts-from-0"),
        pytest.param(Evidence("d", page_index=2), "no text on page 3", id="empty-page"),
        pytest.param(Evidence("d", page_index=9), "no text on page 10", id="page-beyond"),
        pytest.param(Evidence("d", page_index=0, quote="two"), ((11, 14),), id="a-quote-is-more-exact-than-a-page"),
    ],
)
def test_evidence_spans(item: Evidence, expected: object) -> None:
    found = evidence_spans(DOCUMENT, item)
    if isinstance(expected, str):
        assert isinstance(found, str)
        assert expected in found
    else:
        assert found == expected


DOCUMENT = paged("first", "the two", "", "last")


def test_pages_of_spans_are_whole_and_once() -> None:
    assert pages_of(DOCUMENT, [(8, 9), (11, 12), (0, 1)]) == ((0, 5), (7, 14))
    bare = Document("d", "d.md", "d", "text/markdown", "v", "text", (Block("paragraph", 0, 4),))
    assert pages_of(bare, [(0, 4)]) == ()


@pytest.mark.parametrize(
    ("span", "share", "expected"),
    [
        pytest.param((0, 10), 0.0, False, id="touching-shares-nothing"),
        pytest.param((0, 11), 0.0, True, id="one-character"),
        pytest.param((0, 11), 0.5, False, id="grazed"),
        pytest.param((0, 15), 0.5, True, id="half-of-the-evidence"),
        pytest.param((12, 14), 0.5, True, id="inside-the-evidence"),
    ],
)
def test_overlaps(span: tuple[int, int], share: float, expected: bool) -> None:
    assert overlaps(span, [(10, 20)], share=share) is expected
