"""What every loader promises, over every fixture and many small files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.document import Block, Document, document_id
from indexers.errors import LoadError
from indexers.load import LoadLimits, load_file, supported
from indexers.load.build import TextBuilder
from tests.indexers.load.promises import broken_promises

OFFICE = Path(__file__).parents[2] / "fixtures" / "office"
LOCKED = {"password.pdf", "password_protected.xlsx"}
READABLE = sorted(path for path in OFFICE.iterdir() if path.name not in LOCKED)
PAGED = {".pdf", ".pptx", ".xlsx", ".xls", ".ppt"}


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_a_document_keeps_its_promises(path: Path) -> None:
    document = load_file(path, uri=f"office/{path.name}").document
    assert broken_promises(document.text, document.blocks, document.page_count) == []
    assert document.id == document_id(f"office/{path.name}")
    assert (document.page_count > 0) == (path.suffix in PAGED)
    assert document.title
    assert "\n" not in document.title
    assert load_file(path, uri="elsewhere").document.version == document.version


@pytest.mark.parametrize(
    ("text", "blocks", "page_count", "fault"),
    [
        pytest.param("ab", (Block("paragraph", 0, 1),), 0, "text after the last block", id="text-outside"),
        pytest.param(
            "ab", (Block("paragraph", 0, 2), Block("list", 1, 2)), 0, "block 1 is [1, 2) after 2 of 2", id="overlap"
        ),
        pytest.param("a ", (Block("paragraph", 0, 2),), 0, "the text is not canonical", id="not-normalised"),
        pytest.param("a", (Block("paragraph", 0, 1, 2),), 1, "block 0 is on page 2 after 0 of 1", id="page-too-high"),
        pytest.param("a", (Block("paragraph", 0, 1),), 1, "block 0 is on page None after 0 of 1", id="page-missing"),
        pytest.param(
            "a", (Block("paragraph", 0, 1, 1),), 0, "block 0 has a page in a format without pages", id="page-invented"
        ),
    ],
)
def test_a_broken_promise_is_seen(text: str, blocks: tuple[Block, ...], page_count: int, fault: str) -> None:
    assert fault in broken_promises(text, blocks, page_count)


KINDS = st.sampled_from(["heading", "paragraph", "list", "table", "code"])


@given(st.lists(st.tuples(KINDS, st.text(max_size=30) | st.sampled_from(["\n\n a \r\n\r\n", "\u200b", " \u0301x"]))))
def test_whatever_is_built_keeps_the_promises(parts: list[tuple[str, str]]) -> None:
    builder = TextBuilder("x", LoadLimits())
    for kind, text in parts:
        if kind == "heading":
            builder.add_heading(text, level=1)
        else:
            builder.add(kind, text)  # type: ignore[arg-type]  # drawn from the kinds
    reading = builder.reading()
    assert broken_promises(reading.text, reading.blocks, 0) == []


def test_headings_make_a_path() -> None:
    builder = TextBuilder("x", LoadLimits())
    for level, text in ((1, "A"), (2, "B"), (3, "C"), (2, "D")):
        builder.add_heading(text, level=level)
    builder.add("paragraph", "p")
    assert [block.headings for block in builder.reading().blocks] == [
        ("A",), ("A", "B"), ("A", "B", "C"), ("A", "D"), ("A", "D"),
    ]  # fmt: skip


def test_the_version_follows_bytes_and_kind(tmp_path: Path) -> None:
    for name, content in (("a.txt", "x"), ("b.txt", "x"), ("c.txt", "y"), ("d.md", "x")):
        (tmp_path / name).write_text(content)
    versions = [load_file(tmp_path / name, uri="u").document.version for name in ("a.txt", "b.txt", "c.txt", "d.md")]
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3


@pytest.mark.parametrize(
    ("name", "title"),
    [
        pytest.param("leave-policy_2026.txt", "leave policy 2026", id="words"),
        pytest.param("minutes 2026-03-17-draft.txt", "minutes 2026-03-17 draft", id="date-kept"),
        pytest.param("a\u202egpj.txt", "a\\u202egpj", id="bidi-shown"),
    ],
)
def test_a_file_without_title_is_named_by_its_name(tmp_path: Path, name: str, title: str) -> None:
    (tmp_path / name).write_text("text")
    assert load_file(tmp_path / name, uri="u").document.title == title


def test_supported_goes_by_the_ending() -> None:
    assert [supported(Path(name)) for name in ("a.PDF", "a.htm", "a.markdown", "a.xyz", "a", ".md")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


def read_or_refusal(path: Path) -> Document | LoadError:
    try:
        return load_file(path, uri="u").document
    except LoadError as error:
        return error


@pytest.mark.parametrize("cut", range(1, 10))
@pytest.mark.parametrize(
    "name", ["fake-memo.pdf", "simple.docx", "sample-presentation.pptx", "xlsx-subtable-cases.xlsx"]
)
def test_a_truncated_file_is_read_or_refused(tmp_path: Path, name: str, cut: int) -> None:
    data = (OFFICE / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(data[: len(data) * cut // 10])
    outcome = read_or_refusal(path)
    if isinstance(outcome, LoadError):
        assert str(outcome).startswith(name)
    else:
        assert broken_promises(outcome.text, outcome.blocks, outcome.page_count) == []


def test_no_file_is_left_behind(tmp_path: Path) -> None:
    """In a process of its own, whose home and temporary folder are empty at the start."""
    script = (
        "import sys; from pathlib import Path; from indexers.load import load_file\n"
        "for name in sys.argv[1:]: load_file(Path(name), uri=name).document"
    )
    places = {key: str(tmp_path) for key in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    subprocess.run(
        [sys.executable, "-B", "-c", script, *map(str, READABLE)], check=True, env=places, cwd=Path(__file__).parents[3]
    )
    assert list(tmp_path.rglob("*")) == []
