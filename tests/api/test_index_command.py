"""`rag index` as a person and a script see it: dry runs, what is ignored, who may see what, duplicates."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api.cli import main

WORDS = " ".join(f"word{number}" for number in range(200))


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAG_EMBEDDER__MODEL", "hashing")
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "docs"
    (folder / "hr").mkdir(parents=True)
    (folder / "a.md").write_text("# Apples\n\nApples are red.")
    (folder / "hr" / "pay.txt").write_text("Salaries are secret.")
    return folder


def lines(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[str]:
    assert main([str(argument) for argument in arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out.splitlines()


def read(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    (line,) = lines(capsys, *arguments, "--json")
    value: dict[str, Any] = json.loads(line)
    return value


def test_a_dry_run_lists_what_would_be_done_and_leaves_no_index(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (docs / "empty.txt").write_text("")
    shown = lines(capsys, "index", docs, "--dry-run")
    assert shown[:3] == ["added     docs/a.md", "added     docs/hr/pay.txt", "failed    docs/empty.txt: has 0 bytes"]
    assert shown[4] == "Would be: 2 added, 0 changed, 0 removed, 0 unchanged, 1 failed"
    assert shown[5].startswith("2 texts would be embedded; nothing was written")
    assert not Path(".rag").exists()
    said, done = read(capsys, "index", docs, "--dry-run"), read(capsys, "index", docs)
    assert (said.pop("dry_run"), done.pop("dry_run")) == (True, False)
    assert said | {"seconds": 0} == done | {"seconds": 0}


def test_what_moved_and_what_became_ignored_is_said(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines(capsys, "index", docs)
    (docs / "a.md").rename(docs / "hr" / "a.md")
    (docs / ".ragignore").write_text("pay.*\n")
    expected = ["moved     docs/a.md to docs/hr/a.md", "removed   docs/hr/pay.txt: ignored by docs/.ragignore line 1"]
    preview = lines(capsys, "index", docs, "--dry-run")
    assert preview[:2] == ["moved     docs/hr/a.md (from docs/a.md)", expected[1]]
    shown = lines(capsys, "index", docs)
    assert shown[:3] == [*expected, "0 added, 0 changed, 1 removed, 0 unchanged, 0 failed, 1 moved, 1 ignored"]


def test_access_rules_of_the_settings_file(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = '[[access]]\npath = "**"\ngroups = ["public"]\n'
    Path("rag.toml").write_text(rules)
    lines(capsys, "index", docs)
    Path("rag.toml").write_text(rules + '[[access]]\npath = "hr/**"\ngroups = ["hr", "boss"]\n')
    shown = lines(capsys, "index", docs)
    assert shown[0] == "access    docs/hr/pay.txt: boss, hr"
    assert shown[1] == "0 added, 0 changed, 0 removed, 1 unchanged, 0 failed, 1 with another access list"
    assert read(capsys, "show", "pay.txt")["access"] == ["boss", "hr"]
    assert "access      boss, hr" in lines(capsys, "show", "pay.txt")
    assert "access      everybody" in lines(capsys, "show", "a.md")
    entries = read(capsys, "status", "--documents")["entries"]
    assert {entry["uri"]: entry["access"] for entry in entries} == {
        "docs/a.md": ["*"],
        "docs/hr/pay.txt": ["boss", "hr"],
    }
    Path("rag.toml").unlink()
    lines(capsys, "index", docs)
    assert "access      nobody but the owner" in lines(capsys, "show", "a.md")


def test_near_duplicates_are_reported_when_they_come_and_listed_on_request(
    docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (docs / "long.txt").write_text(WORDS)
    lines(capsys, "index", docs)
    assert lines(capsys, "status", "--duplicates")[-1] == "No documents say nearly the same."
    (docs / "again.txt").write_text(WORDS)
    (docs / "nearly.txt").write_text(f"{WORDS} more")
    assert lines(capsys, "index", docs)[0] == "duplicate docs/again.txt is the same text as docs/long.txt"
    shown = lines(capsys, "status", "--duplicates")
    assert shown[-2] == "duplicate docs/long.txt is the same text as docs/again.txt"
    assert shown[-1].startswith("duplicate docs/nearly.txt is 99% like docs/")
    pairs = read(capsys, "status", "--duplicates")["duplicates"]
    assert [(pair["uri"], pair["exact"]) for pair in pairs] == [("docs/long.txt", True), ("docs/nearly.txt", False)]


def test_what_failed_is_listed_until_it_is_mended(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (docs / "empty.txt").write_text("")
    lines(capsys, "index", docs)
    assert lines(capsys, "status", "--failures")[-2] == "failed    docs/empty.txt: has 0 bytes"
    assert [one["uri"] for one in read(capsys, "status", "--failures")["failures"]] == ["docs/empty.txt"]
    (docs / "empty.txt").write_text("Not any more.")
    lines(capsys, "index", docs)
    assert lines(capsys, "status", "--failures")[-1] == "Every file that was found is indexed."


def test_a_watched_folder_is_kept_in_step_until_somebody_ends_it(docs: Path, tmp_path: Path) -> None:
    rag = Path(sys.executable).with_name("rag")
    command: list[str | Path] = [rag, "index", docs, "--watch", "--json", "--index", docs / ".rag"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        try:
            assert json.loads(watching.stdout.readline())["documents"]["added"] == 2
            (docs / "new.txt").write_text("New words.")
            assert json.loads(watching.stdout.readline())["changes"] == [
                {"kind": "added", "uri": "docs/new.txt", "detail": ""}
            ]
            (docs / "a.md").unlink()
            assert json.loads(watching.stdout.readline())["changes"] == [
                {"kind": "removed", "uri": "docs/a.md", "detail": ""}
            ]
            watching.send_signal(signal.SIGINT)
            output, errors = watching.communicate(timeout=60)
        finally:
            watching.kill()
    assert (watching.returncode, output) == (0, "")
    assert errors.splitlines()[0] == "rag: watching; Ctrl-C ends it"
    assert errors.splitlines()[-1] == "rag: stopped watching; everything that was said to be indexed is"


def test_a_dry_run_does_not_stay(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(docs), "--dry-run", "--watch"]) == 2
    assert "a dry run does not stay" in capsys.readouterr().err
