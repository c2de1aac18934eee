"""`rag rm` by patterns, roots and versions, and what it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.cli import main
from tests.api.commands import read_json

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("_clean_environment")


def uris(capsys: pytest.CaptureFixture[str], index: Path) -> list[str]:
    return [entry["uri"] for entry in read_json(capsys, "status", "--documents", "--index", index)["entries"]]


@pytest.fixture
def two_roots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    for name in ("law/a.md", "law/b.md", "law/c.txt", "tax/a.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"# Title\n\nThe words of {name}.")
    read_json(capsys, "index", tmp_path / "law", tmp_path / "tax", "--index", tmp_path / "i")
    return tmp_path / "i"


def test_patterns_and_names(two_roots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("--index", two_roots)
    told = read_json(capsys, "rm", "law/*.md", "c.txt", "--dry-run", *at)
    assert [one["uri"] for one in told["removed"]] == ["law/a.md", "law/b.md", "law/c.txt"]
    assert told["dry_run"] is True
    assert len(uris(capsys, two_roots)) == 4
    assert main(["rm", "law/*.md", "nothing*", "--index", str(two_roots)]) == 2
    assert main(["rm", "--index", str(two_roots)]) == 2
    assert len(uris(capsys, two_roots)) == 4, "a mistyped name removes nothing"
    read_json(capsys, "rm", "law/*.md", "c.txt", *at)
    assert uris(capsys, two_roots) == ["tax/a.md"]
    assert read_json(capsys, "doctor", "--deep", *at)["healthy"]


def test_a_root_is_forgotten_with_its_documents_and_can_be_indexed_again(
    two_roots: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ("--index", two_roots)
    assert main(["rm", "--root", "nowhere", "--index", str(two_roots)]) == 2
    assert "has no root 'nowhere'" in capsys.readouterr().err
    told = read_json(capsys, "rm", "--root", "law", "tax/a.md", *at)
    assert (len(told["removed"]), told["roots"]) == (4, ["law"])
    assert uris(capsys, two_roots) == []
    assert read_json(capsys, "search", "words", *at)["hits"] == []
    again = read_json(capsys, "index", two_roots.parent / "law", two_roots.parent / "tax", *at)
    assert again["documents"]["added"] == 4, "what was removed comes back from its folder"


def test_an_old_version_is_removed_by_itself(two_roots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("--index", two_roots)
    old = read_json(capsys, "show", "c.txt", *at)["version"]
    (two_roots.parent / "law" / "c.txt").write_text("Other words.")
    read_json(capsys, "index", two_roots.parent / "law", *at)
    new = read_json(capsys, "show", "c.txt", *at)["version"]
    assert main(["rm", "c.txt", "--version", new[:12], "--index", str(two_roots)]) == 2
    assert "is the current one" in capsys.readouterr().err
    assert main(["rm", "c.txt", "b.md", "--version", old, "--index", str(two_roots)]) == 2
    assert read_json(capsys, "rm", "c.txt", "--version", old[:12], "--dry-run", *at)["removed"][0]["version"] == old
    assert read_json(capsys, "show", "c.txt", "--version", old[:12], *at)["version"] == old
    read_json(capsys, "rm", "c.txt", "--version", old[:12], *at)
    assert main(["show", "c.txt", "--version", old[:12], "--index", str(two_roots)]) == 2
    assert read_json(capsys, "show", "c.txt", *at)["version"] == new
    assert read_json(capsys, "doctor", "--deep", *at)["healthy"]


def test_snapshots_that_keep_what_is_removed_are_named(two_roots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read_json(capsys, "snapshot", "create", "monday", "--index", two_roots)
    assert main(["rm", "c.txt", "--index", str(two_roots)]) == 0
    assert capsys.readouterr().err == "note: snapshots keep what they hold: monday\n"
