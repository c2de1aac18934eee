from __future__ import annotations

import time
from pathlib import Path

import pytest

from indexers.document import Document
from indexers.errors import LimitExceeded
from indexers.load import LoadLimits, load_file
from indexers.load.html import read_html
from indexers.load.markdown import read_markdown

OFFICE = Path(__file__).parents[2] / "fixtures" / "office"


def read(tmp_path: Path, name: str, data: bytes | str) -> Document:
    (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return load_file(tmp_path / name, uri="u").document


def html(page: str) -> list[tuple[str, str]]:
    reading = read_html(page, name="a.html", limits=LoadLimits())
    return [(block.kind, reading.text[block.start : block.end]) for block in reading.blocks]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param(
            "<h1>A <b>b</b></h1><p>one\n two<p>three",
            [("heading", "A b"), ("paragraph", "one two"), ("paragraph", "three")],
            id="open-paragraphs",
        ),
        pytest.param("a<br>b", [("paragraph", "a\nb")], id="break"),
        pytest.param(
            "<ul><li>a<li>b<ul><li>c</ul></ul>d", [("list", "- a\n- b\n  - c"), ("paragraph", "d")], id="nested-list"
        ),
        pytest.param(
            "<ol><li><p>a</p><p>more</p><li>b</ol>", [("list", "1. a\n   more\n2. b")], id="numbers-and-paragraphs"
        ),
        pytest.param("<table><tr><th>x<th>y<tr><td>1<td>2 <b>3</b></table>", [("table", "x | y\n1 | 2 3")], id="table"),
        pytest.param(
            "<table><tr><td>a<td><td>$</tr><tr><td>b<td> <td>2</table>", [("table", "a | $\nb | 2")], id="spacer-column"
        ),
        pytest.param(
            "<table><tr><td><p>only</p><p>layout</p></table>", [("paragraph", "only layout")], id="layout-table"
        ),
        pytest.param("<table><tr><td>a<td>b", [("table", "a | b")], id="open-table"),
        pytest.param("<pre>a\n  b</pre>", [("code", "a\n  b")], id="code"),
        pytest.param("a&amp;b &lt;c&gt; &#8364;", [("paragraph", "a&b <c> €")], id="entities"),
        pytest.param("a<script>x</script><style>y</style><!-- z -->b", [("paragraph", "a b")], id="no-text"),
        pytest.param(
            "<p>a</p><div style='display: none'><p>x</p></div><p hidden>y</p>b",
            [("paragraph", "a"), ("paragraph", "b")],
            id="hidden",
        ),
        pytest.param("<p style='visibility:hidden'>x<p>b", [("paragraph", "b")], id="hidden-ends-with-its-paragraph"),
        pytest.param("<p style='font-size:0.9em'>a", [("paragraph", "a")], id="small-is-not-hidden"),
        pytest.param("a<!-- open", [("paragraph", "a")], id="open-comment"),
        pytest.param("1 < 2 and 3 > 2 < 4", [("paragraph", "1 < 2 and 3 > 2 < 4")], id="signs-that-are-no-tags"),
        pytest.param("</p></table></ul>a", [("paragraph", "a")], id="ends-without-beginnings"),
    ],
)
def test_html(page: str, expected: list[tuple[str, str]]) -> None:
    assert html(page) == expected


def test_html_head(tmp_path: Path) -> None:
    page = "<html lang=de><head><title>Die\n Seite</title><meta name=author content=Ada></head><body><h1>H</h1>x"
    document = read(tmp_path, "a.html", page)
    assert document.title == "Die Seite"
    assert document.metadata == (("language", "de"), ("author", "Ada"))


MARKDOWN = """---
title: "The policy"
author: Ada
tags: [a, b]
---
# One *two*

A paragraph of
two lines, [a link](http://x).
## Three
- a
- b

    deeper
1. c

| x | y |
|---|---|
| 1 | 2 |

```python
# no heading

x = 1
```
<!-- hidden
text -->
> quoted

Setext
======
end
"""


def test_markdown_stays_as_written() -> None:
    reading = read_markdown(MARKDOWN, name="a.md", limits=LoadLimits())
    assert [(block.kind, reading.text[block.start : block.end], block.headings) for block in reading.blocks] == [
        ("heading", "# One *two*", ("One two",)),
        ("paragraph", "A paragraph of\ntwo lines, [a link](http://x).", ("One two",)),
        ("heading", "## Three", ("One two", "Three")),
        ("list", "- a\n- b\n\n    deeper", ("One two", "Three")),
        ("list", "1. c", ("One two", "Three")),
        ("table", "| x | y |\n|---|---|\n| 1 | 2 |", ("One two", "Three")),
        ("code", "```python\n# no heading\n\nx = 1\n```", ("One two", "Three")),
        ("paragraph", "> quoted", ("One two", "Three")),
        ("heading", "Setext\n======", ("Setext",)),
        ("paragraph", "end", ("Setext",)),
    ]
    assert (reading.title, reading.metadata) == ("The policy", (("author", "Ada"), ("tags", "a"), ("tags", "b")))


MAIL = b"""From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>
To: "A. Bee" <a@example.com>
Subject: =?utf-8?b?R3LDvMOfZQ==?=
Date: Tue, 01 Oct 2024 12:34:56 -0500
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

%s
--a
Content-Type: text/html

<p>From <b>HTML</b></p>
--a--
--m
Content-Type: application/pdf; name="../../etc/x.pdf"
Content-Disposition: attachment; filename="../../etc/x.pdf"

%%PDF-
--m--
"""
HEAD = "Grüße\n\nFrom: Jürgen <j@example.com>\nTo: A. Bee <a@example.com>\nDate: Tue, 01 Oct 2024 12:34:56 -0500\n\n"
TAIL = "\n\nAttachments: x.pdf"


@pytest.mark.parametrize(
    ("plain", "body"),
    [
        pytest.param(b"Sch=F6n.\n\n- a\n- b", "Schön.\n\n- a\n- b", id="plain-is-preferred"),
        pytest.param(b"  \n", "From HTML", id="blank-plain-gives-way"),
    ],
)
def test_mail(tmp_path: Path, plain: bytes, body: str) -> None:
    document = read(tmp_path, "a.eml", MAIL % plain)
    assert document.text == HEAD + body + TAIL
    assert document.title == "Grüße"
    assert document.metadata == (
        ("author", "Jürgen <j@example.com>"),
        ("to", "A. Bee <a@example.com>"),
        ("created", "2024-10-01"),
    )


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"From: a@b\nContent-Type: text/plain; charset=no-such\n\nb\xc3\xb6dy", id="unknown-encoding"),
        pytest.param(b"From: a@b\nContent-Transfer-Encoding: 9bit\n\nb\xc3\xb6dy", id="unknown-transfer"),
        pytest.param(b"From: a@b\nContent-Type: multipart/mixed\n\nb\xc3\xb6dy", id="no-boundary"),
        pytest.param("From: a@b\n\nbödy".encode("utf-16"), id="utf-16"),
        pytest.param("From: a@b\n\nbödy".encode("utf-16-le"), id="utf-16-without-mark"),
    ],
)
def test_broken_mail_gives_what_can_be_read(tmp_path: Path, data: bytes) -> None:
    assert "bödy" in read(tmp_path, "a.eml", data).text


def nested_mail(depth: int) -> bytes:
    parts = [b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)]
    return b"From: a@b\n" + b"".join(parts) + b"Content-Type: text/plain\n\nat the bottom\n"


def test_mail_in_mail(tmp_path: Path) -> None:
    assert "at the bottom" in read(tmp_path, "a.eml", nested_mail(50)).text
    with pytest.raises(LimitExceeded, match="nests its parts too deep"):
        read(tmp_path, "b.eml", nested_mail(3000))


N = 200_000


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("a.html", b"<div>" * N + b"x", id="nested-tags"),
        pytest.param("a.html", b"x<!--" * N, id="open-comments"),
        pytest.param("a.html", b"x" + b"<" * N, id="open-tags"),
        pytest.param("a.html", b"x<a " + b"a='" * N + b">", id="open-attributes"),
        pytest.param("a.html", b"</p>" * N + b"x", id="ends-only"),
        pytest.param("a.md", b"`" * N, id="backticks"),
        pytest.param("a.md", b"[" * N, id="brackets"),
        pytest.param("a.md", b"# " + b"*" * N, id="stars-in-heading"),
        pytest.param("a.md", b">" * N, id="quotes"),
        pytest.param("a.txt", b" " * N + b"x", id="blanks"),
        pytest.param("a.txt", b"a" + b" \t" * N + b"x", id="blanks-inside"),
        pytest.param("a.csv", b"a," * N, id="columns"),
        pytest.param("a.eml", b"From: a@b\nTo: " + b"a@b, " * N + b"\n\nx", id="recipients"),
        pytest.param("a.eml", b"From: a@b\nSubject: " + b"=?utf-8?q?x?= " * N + b"\n\nx", id="encoded-words"),
    ],
)
def test_hostile_text_takes_linear_time(tmp_path: Path, name: str, data: bytes) -> None:
    """Any quadratic step takes minutes at this size; seconds are left for a slow machine."""
    began = time.process_time()
    read(tmp_path, name, data)
    assert time.process_time() - began < 15
