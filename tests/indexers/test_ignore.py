"""`.ragignore`: the same files as git leaves out, and nothing touched where the file cannot be understood."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from indexers.errors import SettingsError
from indexers.ignore import IGNORE_FILE, Ignore
from indexers.patterns import PatternMalformed, compile_pattern
from indexers.roots import Root, Target
from indexers.scan import Scan, scan

FILES = [
    *("a.md", "b.tmp", "keep.tmp", "only.md"),
    *("build/x.md", "build/deep/y.md", "src/build/z.md", "src/build.md", "src/one.md", "src/two.md"),
    *("logs/day.log", "logs/keep/day.log", "logs/keep/other.md"),
    *("sub/a.md", "sub/b.tmp", "sub/deep/c.tmp", "sub/deep/only.md"),
]


def tree(folder: Path, **ignore_files: str) -> Path:
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    for place, lines in ignore_files.items():
        (folder / place.replace("root", ".").replace("__", "/") / IGNORE_FILE).write_text(lines)
    return folder


def walk(folder: Path, under: str = "", *, ignore: Ignore = Ignore()) -> Scan:  # noqa: B008  # frozen
    return scan(Target(Root("docs", folder), under), beside=[], supported=lambda path: True, ignore=ignore)


def names(found: Scan) -> set[str]:
    return {uri.removeprefix("docs/") for uri in found.files}


@pytest.mark.parametrize(
    "ignore_files",
    [
        pytest.param({"root": "*.tmp\n"}, id="a-name-anywhere"),
        pytest.param({"root": "*.tmp\n!keep.tmp\n"}, id="negation"),
        pytest.param({"root": "!keep.tmp\n*.tmp\n"}, id="the-last-line-decides"),
        pytest.param({"root": "/only.md\n/build/\n"}, id="anchored"),
        pytest.param({"root": "build/\n"}, id="folders-only"),
        pytest.param({"root": "build\n"}, id="files-and-folders"),
        pytest.param({"root": "logs/\n!logs/keep/day.log\n"}, id="nothing-comes-back-out-of-an-ignored-folder"),
        pytest.param({"root": "logs/*\n!logs/keep/\n"}, id="a-folder-comes-back"),
        pytest.param({"root": "*.tmp", "sub": "!b.tmp"}, id="a-deeper-file-overrules"),
        pytest.param({"root": "!b.tmp", "sub": "*.tmp", "sub__deep": "!c.tmp\r\n/only.md\r\n"}, id="three-levels"),
        pytest.param({"root": "sub/**/only.md\n**/build/*\n"}, id="two-stars"),
        pytest.param({"root": "# a comment\n\n   \n\\!x\nsrc/[ot]*.md\n?.md \n"}, id="comments-classes-blanks"),
        pytest.param({"root": "*\n!*/\n!*.log\n"}, id="all-but-one-kind"),
        pytest.param({"root": "*"}, id="everything"),
    ],
)
def test_the_same_files_as_git_leaves_out(tmp_path: Path, ignore_files: dict[str, str]) -> None:
    folder = tree(tmp_path / "docs", **ignore_files)
    git = ["git", "-C", str(folder), "-c", "core.quotePath=off"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    listed = subprocess.run(
        [*git, "ls-files", "--others", f"--exclude-per-directory={IGNORE_FILE}"], check=True, capture_output=True
    ).stdout.decode()
    expected = {name for name in listed.splitlines() if Path(name).name != IGNORE_FILE}
    assert names(walk(folder)) == expected
    assert len(expected) < len(FILES)


def test_the_reason_names_file_and_line(tmp_path: Path) -> None:
    found = walk(tree(tmp_path, root="# ours\n*.tmp\n", sub="deep/\n"), ignore=Ignore.of_settings(["*.log"]))
    assert found.why_ignored("docs/b.tmp") == "docs/.ragignore line 2"
    assert found.why_ignored("docs/sub/deep/only.md") == "docs/sub/.ragignore line 1"
    assert found.why_ignored("docs/logs/day.log") == "sync.ignore (*.log)"
    assert found.why_ignored("docs/a.md") is None


def test_a_part_of_a_root_hears_the_files_above_it(tmp_path: Path) -> None:
    folder = tree(tmp_path, root="deep/\n", sub="*.tmp\n")
    assert names(walk(folder, "sub")) == {"sub/a.md"}
    assert names(walk(folder, "sub/a.md")) == {"sub/a.md"}
    for ignored in ("sub/deep", "sub/deep/only.md", "sub/b.tmp"):
        assert names(walk(folder, ignored)) == set()
        assert walk(folder, ignored).why_ignored(f"docs/{ignored}"), ignored


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"*.tmp\n[z-a]\n", ".ragignore line 2 is not a pattern", id="no-pattern"),
        pytest.param(b"[[:alpha:]]\n", ".ragignore line 1 is not a pattern", id="a-class-by-name"),
        pytest.param(b"*a*a*a*a*a*a*b", ".ragignore line 1 has more than 4 stars", id="a-match-that-takes-forever"),
        pytest.param(b"**/a/**/a/**/a/**/a/**/b", ".ragignore line 1 has more than 4 stars", id="likewise"),
        pytest.param(b"x" * 1001, ".ragignore line 1 has 1,001 characters", id="long-line"),
        pytest.param(b"x\n" * 600_000, ".ragignore has more than 1,000,000 bytes", id="long-file"),
        pytest.param(b"caf\xe9", ".ragignore is not UTF-8", id="not-utf-8"),
    ],
)
def test_a_file_that_cannot_be_understood_leaves_its_folder_as_it_is(
    tmp_path: Path, content: bytes, message: str
) -> None:
    folder = tree(tmp_path)
    (folder / "sub" / IGNORE_FILE).write_bytes(content)
    found = walk(folder)
    assert not any(name.startswith("sub/") for name in names(found))
    assert names(found) >= {"a.md", "logs/day.log"}
    assert str(found.left_out["docs/sub"]).startswith(message)
    assert not found.is_gone("docs/sub/a.md")


def test_an_ignore_file_that_is_a_folder(tmp_path: Path) -> None:
    folder = tree(tmp_path)
    (folder / IGNORE_FILE).mkdir()
    assert str(walk(folder).left_out["docs"]) == ".ragignore cannot be read: Is a directory"


def test_a_malformed_pattern_of_the_settings_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"sync.ignore: pattern 2, '\[z-a\]', is not a pattern"):
        Ignore.of_settings(["*.tmp", "[z-a]"])


def test_patterns_match_in_bounded_time() -> None:
    worst = compile_pattern("*a*a*a*b")
    assert worst is not None
    assert not worst.holds("a" * 80)
    with pytest.raises(PatternMalformed):
        compile_pattern("**/" * 5 + "x")
