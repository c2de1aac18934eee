"""JSON, XML and source code: values under their names, records as tables, lines under their definitions."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.document import Document
from indexers.errors import DamagedFile, LimitExceeded, LoadError
from indexers.load import LoadLimits, load_file
from indexers.load.build import TextBuilder
from indexers.load.code import read_code
from indexers.load.structured import Fields, Tree, add_tree
from tests.indexers.load.promises import broken_promises


def read(tmp_path: Path, name: str, text: str | bytes) -> Document:
    (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
    document = load_file(tmp_path / name, uri="u").document
    assert broken_promises(document.text, document.blocks, document.page_count) == []
    return document


def shown(document: Document) -> list[tuple[tuple[str, ...], str]]:
    return [(block.headings, document.text[block.start : block.end]) for block in document.blocks]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"a": 1.10, "b": null, "c": [1, 2]}', "- a: 1.10\n- b: null\n- c: 1, 2", id="plain-values"),
        pytest.param('{"a": {"b": {"c": true}}}', "- a.b.c: true", id="a-path"),
        pytest.param(
            '[{"sku": "X", "n": 1}, {"sku": "Y", "n": 2, "more": "z"}]',
            "sku | n | more\nX | 1\nY | 2 | z",
            id="records",
        ),
        pytest.param('["x", "y"]', "- x\n- y", id="a-list"),
        pytest.param('"just text"', "- just text", id="one-value"),
        pytest.param('{"k": 1, "k": 2}', "- k: 1, 2", id="a-name-twice"),
        pytest.param('{"n": 1e400, "big": ' + "9" * 900 + "}", "- n: 1e400\n\nbig: " + "9" * 900, id="huge-numbers"),
        pytest.param('{"s": "a\\nb"}', "s: a\nb", id="lines-of-text"),
    ],
)
def test_json(tmp_path: Path, text: str, expected: str) -> None:
    assert read(tmp_path, "a.json", text).text == expected


def test_json_parts_stand_under_their_names(tmp_path: Path) -> None:
    text = (
        '{"title": "Catalogue", "shop": {"name": "S", "staff": [{"who": "Al", "age": 3}, {"who": "Bo", "age": 4}]},'
        ' "items": [{"name": "Tea", "tags": {"a": [{"x": [1, {"y": 2}]}]}}], "last": "z"}'
    )
    document = read(tmp_path, "a.json", text)
    assert document.title == "Catalogue"
    assert shown(document) == [
        ((), "- title: Catalogue"),
        (("shop",), "shop"),
        (("shop",), "- name: S"),
        (("shop", "staff"), "staff"),
        (("shop", "staff"), "who | age\nAl | 3\nBo | 4"),
        (("items 1 Tea",), "items 1 Tea"),
        (("items 1 Tea",), "- name: Tea"),
        (("items 1 Tea", "tags"), "tags"),
        (("items 1 Tea", "tags", "a 1"), "a 1"),
        (("items 1 Tea", "tags", "a 1", "x"), "x"),
        (("items 1 Tea", "tags", "a 1", "x"), "- 1"),
        (("items 1 Tea", "tags", "a 1", "x", "Record 2"), "Record 2"),
        (("items 1 Tea", "tags", "a 1", "x", "Record 2"), "- y: 2"),
        ((), "- last: z"),
    ]
    table = next(block for block in document.blocks if block.kind == "table")
    assert table.header_chars == len("who | age")


def test_json_lines_are_records(tmp_path: Path) -> None:
    assert read(tmp_path, "a.jsonl", '{"q": "a", "n": 1}\n\n{"q": "b", "n": 2}\n').text == "q | n\na | 1\nb | 2"
    with pytest.raises(DamagedFile, match=r"a\.jsonl is damaged: line 2: not JSON"):
        read(tmp_path, "a.jsonl", '{"q": "a"}\n{"q": \n')


@pytest.mark.parametrize(
    ("name", "text", "error", "says"),
    [
        pytest.param("a.json", "[" * 100_000 + "]" * 100_000, LimitExceeded, "nests", id="lists-100k-deep"),
        pytest.param("a.json", '{"a":' * 100_000 + "1" + "}" * 100_000, LimitExceeded, "nests", id="objects-100k-deep"),
        pytest.param("a.json", "[" * 900 + "]" * 900, LimitExceeded, "nests", id="lists-900-deep"),
        pytest.param("a.json", "[" * 400 + "1" + "]" * 400, LimitExceeded, "nests", id="lists-400-deep"),
        pytest.param("a.json", "9" * 1_000_000, LimitExceeded, "a number of 1,000,000 digits", id="a-million-digits"),
        pytest.param("a.json", '{"n": -1.' + "1" * 1_000_000 + "}", LimitExceeded, "digits", id="a-million-decimals"),
        pytest.param("a.json", "{'a': 1}", DamagedFile, "not JSON", id="no-json"),
        pytest.param("a.xml", "<a>" * 300 + "</a>" * 300, LimitExceeded, "nests", id="xml-300-deep"),
        pytest.param("a.xml", "<a><b></a>", DamagedFile, "not well-formed", id="broken-xml"),
        pytest.param(
            "a.xml",
            '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><a>&y;</a>',
            DamagedFile,
            "declares an entity",
            id="billion-laughs",
        ),
        pytest.param(
            "a.xml",
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
            DamagedFile,
            "declares an entity",
            id="a-file-of-the-host",
        ),
    ],
)
def test_what_is_too_deep_or_broken_is_refused_by_name(
    tmp_path: Path, name: str, text: str, error: type[LoadError], says: str
) -> None:
    with pytest.raises(error) as caught:
        read(tmp_path, name, text)
    assert type(caught.value) is error
    assert says in str(caught.value)
    assert str(caught.value).startswith(name)


def test_xml_elements_are_fields_records_and_text(tmp_path: Path) -> None:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE report SYSTEM "http://example.org/report.dtd">'
        '<report xmlns="urn:r" lang="de"><title>R</title><row id="1"><a>x</a></row><row id="2"><a>y</a></row>'
        "<part><p>Some <b>bold</b> words,\nfolded.</p><none/></part></report>"
    )
    for encoding in ("utf-8", "utf-16"):  # whatever it says
        document = read(tmp_path, "a.xml", text.encode(encoding))
        assert shown(document) == [
            ((), "- lang: de\n- title: R"),
            (("row",), "row"),
            (("row",), "id | a\n1 | x\n2 | y"),
            ((), "Some bold words,\nfolded."),
        ]
    assert document.title == "R"
    assert ("language", "de") in document.metadata


TREES: st.SearchStrategy[Tree] = st.recursive(
    st.text("ab \n|.-\u200b", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(st.tuples(st.text("ab .", max_size=3), inner), max_size=4).map(lambda pairs: Fields(tuple(pairs)))
    ),
    max_leaves=20,
)


def words(tree: Tree) -> list[str]:
    if isinstance(tree, str):
        return tree.replace("|", " ").replace("\u200b", "").split()
    items = tree if isinstance(tree, list) else [value for _, value in tree.pairs]
    return [word for item in items for word in words(item)]


@given(TREES)
def test_every_value_of_any_tree_is_in_the_text(tree: Tree) -> None:
    builder = TextBuilder("x", LoadLimits())
    add_tree(builder, tree, limits=LoadLimits(), name="x")
    reading = builder.reading()
    assert broken_promises(reading.text, reading.blocks, 0) == []
    for word in words(tree):
        assert word in reading.text


PYTHON = '''import os

class Store(Base):
    """Keeps things."""

    @property
    def size(self) -> int:

        return 1

def main() -> None:
    run()
'''


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        pytest.param(
            PYTHON,
            [(), ("class Store(Base)",), ("class Store(Base)",), ("class Store(Base)", "def size(self) -> int"),
             ("class Store(Base)", "def size(self) -> int"), ("def main() -> None",)],
            id="python",
        ),
        pytest.param(
            "package a\n\nfunc (s *Store) Add(x int) {\n\tif x {\n\n\t\ty()\n\t}\n}\n",
            [(), ("func (s *Store) Add(x int)",), ("func (s *Store) Add(x int)",)],
            id="go",
        ),
        pytest.param(
            "export default class A {\n  public async function f() {\n  }\n}\n",
            [("export default class A",), ("export default class A", "public async function f()")],
            id="typescript",
        ),
        pytest.param("a: 1\nserver:\n  port: 2\n  tls:\n    on: 1\n", [(), ("server",), ("server", "tls")], id="yaml"),
        pytest.param("[main]\nx=1\n[other]\ny=2\n", [("[main]",), ("[other]",)], id="ini"),
        pytest.param(
            "CREATE OR REPLACE VIEW v AS\nSELECT 1;\n", [("CREATE OR REPLACE VIEW v AS",)], id="sql"
        ),
    ],
)  # fmt: skip
def test_code_stands_under_its_definitions(text: str, paths: list[tuple[str, ...]]) -> None:
    reading = read_code(text, name="x", limits=LoadLimits())
    assert [block.headings for block in reading.blocks] == paths
    assert {block.kind for block in reading.blocks} == {"code"}


def test_code_keeps_its_indentation(tmp_path: Path) -> None:
    document = read(tmp_path, "a.py", PYTHON)
    assert "\n    def size(self) -> int:\n" in document.text
    assert document.media_type == "text/x-python"
    assert document.title == "a"


@pytest.mark.parametrize("line", ["public " * 100_000, "[" * 1_000_000, "a" * 1_000_000 + ":", "def " * 300_000])
def test_no_line_of_code_is_slow(line: str) -> None:
    assert read_code(line, name="x", limits=LoadLimits()).text == line.strip()
