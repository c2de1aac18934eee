from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.sse import EventParser, MalformedStream, ServerEvent


def parse(content: bytes, *, cuts: list[int] | None = None) -> list[tuple[str, str]]:
    parser = EventParser()
    borders = sorted({0, len(content), *(cuts or [])})
    events: list[ServerEvent] = []
    for start, end in itertools.pairwise(borders):
        events += parser.feed(content[start:end])
    events += parser.finish()
    return [(event.kind, event.data) for event in events]


CASES = [
    pytest.param(b"data: a\n\n", [("message", "a")], id="lf"),
    pytest.param(b"data: a\r\rdata: b\r\r", [("message", "a"), ("message", "b")], id="cr"),
    pytest.param(b"data: a\r\n\r\n", [("message", "a")], id="crlf"),
    pytest.param(b"data:a\n\n", [("message", "a")], id="no-space"),
    pytest.param(b"data:  a\n\n", [("message", " a")], id="only-one-space-is-dropped"),
    pytest.param(b"data: a\ndata: b\n\n", [("message", "a\nb")], id="several-data-lines"),
    pytest.param(b"data\n\n", [("message", "")], id="field-without-colon"),
    pytest.param(b"\xef\xbb\xbfdata: a\n\n", [("message", "a")], id="leading-bom"),
    pytest.param(b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [("message", "a")], id="a-later-bom-spoils-its-line"),
    pytest.param(b": ping\n\ndata: a\n\n", [("message", "a")], id="comment"),
    pytest.param(b"event: ping\ndata: {}\n\n", [("ping", "{}")], id="named-event"),
    pytest.param(b"event: error\n\ndata: a\n\n", [("message", "a")], id="event-without-data-is-none"),
    pytest.param(b"id: 7\nretry: 10\ndata: a\n\n", [("message", "a")], id="other-fields"),
    pytest.param(
        "data: a\u2028b\u0085c\n\n".encode(), [("message", "a\u2028b\u0085c")], id="unicode-line-ends-are-text"
    ),
    pytest.param("data: ü€😀\n\n".encode(), [("message", "ü€😀")], id="utf-8"),
    pytest.param(b"data: a\n\ndata: b\n", [("message", "a")], id="unterminated-last-event"),
    pytest.param(b"data: a\n\ndata: b", [("message", "a")], id="unterminated-last-line"),
    pytest.param(b"data: [DONE]\n\ndata: [DONE]\n\n", [("message", "[DONE]")] * 2, id="done-is-data-like-any-other"),
]


@pytest.mark.parametrize(("content", "events"), CASES)
def test_parse(content: bytes, events: list[tuple[str, str]]) -> None:
    assert parse(content) == events


@pytest.mark.parametrize(("content", "events"), CASES)
def test_every_border_between_two_pieces_gives_the_same(content: bytes, events: list[tuple[str, str]]) -> None:
    for cut in range(len(content)):
        assert parse(content, cuts=[cut]) == events


@given(st.data(), st.lists(st.text(max_size=20), max_size=5), st.sampled_from(["\n", "\r", "\r\n"]))
def test_any_cuts_give_the_same(data: st.DataObject, texts: list[str], ending: str) -> None:
    lines = [text.replace("\n", " ").replace("\r", " ") for text in texts]
    content = "".join(f"data: {line}{ending}{ending}" for line in lines).encode("utf-8", "replace")
    cuts = data.draw(st.lists(st.integers(0, len(content)), max_size=8))
    assert [text for _, text in parse(content, cuts=cuts)] == [
        line.encode("utf-8", "replace").decode() for line in lines
    ]


@pytest.mark.parametrize(
    ("content", "unfinished"),
    [
        pytest.param(b"data: a\n\n", False, id="complete"),
        pytest.param(b"data: a\n", True, id="event-without-blank-line"),
        pytest.param(b"dat", True, id="half-a-line"),
        pytest.param(b"", False, id="nothing"),
    ],
)
def test_unfinished(content: bytes, unfinished: bool) -> None:
    parser = EventParser()
    parser.feed(content)
    assert parser.unfinished is unfinished


def test_a_line_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(MalformedStream, match="not UTF-8"):
        EventParser().feed(b"data: \xff\n\n")


@pytest.mark.parametrize(
    "content", [b"data: " + b"x" * 50, b"data: " + b"x" * 50 + b"\n\n"], ids=["growing", "complete"]
)
def test_a_line_over_the_limit_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedStream, match="longer than 40 bytes"):
        EventParser(max_line_bytes=40).feed(content)
