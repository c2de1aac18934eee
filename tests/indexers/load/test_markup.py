"""reStructuredText and Org: titles by their marks, the text as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexers.document import Document
from indexers.load import load_file
from tests.indexers.load.promises import broken_promises


def read(tmp_path: Path, name: str, text: str) -> Document:
    (tmp_path / name).write_text(text)
    document = load_file(tmp_path / name, uri="u").document
    assert broken_promises(document.text, document.blocks, document.page_count) == []
    return document


def shown(document: Document) -> list[tuple[tuple[str, ...], str]]:
    return [(block.headings, document.text[block.start : block.end]) for block in document.blocks]


def test_rst_titles_have_levels_by_their_adornment(tmp_path: Path) -> None:
    text = (
        "=====\nTitle\n=====\n\n:Author: Ann\n:Date: 2024-01-02\n\nOne\n===\n\ntext\n\nTwo\n---\n\n- a\n- b\n\n"
        "Three\n=====\n\n.. code-block:: python\n\n   x = 1\n\nname  value\n====  =====\n"
    )
    document = read(tmp_path, "a.rst", text)
    assert shown(document) == [
        (("Title",), "=====\nTitle\n====="),
        (("Title",), ":Author: Ann\n:Date: 2024-01-02"),
        (("Title", "One"), "One\n==="),
        (("Title", "One"), "text"),
        (("Title", "One", "Two"), "Two\n---"),
        (("Title", "One", "Two"), "- a\n- b"),
        (("Title", "Three"), "Three\n====="),
        (("Title", "Three"), ".. code-block:: python"),
        (("Title", "Three"), "x = 1"),
        (("Title", "Three"), "name  value\n====  ====="),
    ]
    assert document.title == "Title"
    assert dict(document.metadata) == {"author": "Ann", "created": "2024-01-02"}


def test_org_headings_and_tables(tmp_path: Path) -> None:
    text = (
        "#+TITLE: Plan\n#+AUTHOR: Ann\n* One\ntext\n** TODO Two\n"
        "| Who | What |\n|-----+------|\n| Al | Dev |\nmore\n* Three\n"
    )
    document = read(tmp_path, "a.org", text)
    assert shown(document) == [
        (("One",), "* One"),
        (("One",), "text"),
        (("One", "Two"), "** TODO Two"),
        (("One", "Two"), "Who | What\nAl | Dev"),
        (("One", "Two"), "more"),
        (("Three",), "* Three"),
    ]
    assert document.blocks[3].header_chars == len("Who | What")
    assert document.title == "Plan"
    assert dict(document.metadata) == {"author": "Ann"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("a.rst", "=" * 1_000_000, id="one-adornment"),
        pytest.param("a.rst", "ab\n==\n" * 1000, id="too-short"),
        pytest.param("a.rst", "====\n" * 1000, id="adornments-only"),
        pytest.param("a.org", "*" * 1_000_000, id="stars"),
        pytest.param("a.org", "|" * 1_000_000 + "x", id="bars"),
    ],
)
def test_odd_marks_are_text(tmp_path: Path, name: str, text: str) -> None:
    assert read(tmp_path, name, text).blocks
