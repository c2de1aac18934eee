"""The docs checks find what is untrue, and the pages of this repository are true."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.check import ROOT, check_generated, check_page, commands, findings, wrong_commands

KNOWN = {command.words: command for command in commands()}


def problems(root: Path, text: str) -> list[str]:
    (root / "page.md").write_text(text, encoding="utf-8")
    return [str(finding) for finding in check_page(root, Path("page.md"), KNOWN)]


def test_the_pages_of_this_repository_are_true() -> None:
    assert findings(ROOT) == []


def test_every_command_is_known_with_its_flags() -> None:
    assert set(KNOWN) == {
        (),
        *((name,) for name in ("init", "index", "search", "ask", "show", "status", "rm", "serve", "eval", "tune")),
        *((name,) for name in ("doctor", "rebuild", "snapshot", "backup", "restore", "why")),
        *(("snapshot", name) for name in ("create", "list", "restore", "remove")),
        *(
            ("eval", name)
            for name in (
                "run",
                "judge",
                "verify",
                "compare",
                "gate",
                "make",
                "import",
                "export",
                "models",
                "rate",
                "report",
                "retrieval",
                "pages",
            )
        ),
    }
    assert KNOWN["snapshot", "remove"].flags == {"--index", "-i", "--yes", "-y", "--config", "--json", "--help", "-h"}
    assert "--fail-under" in KNOWN["eval", "run"].flags


def test_every_flag_says_what_it_does() -> None:
    told = [text for command in KNOWN.values() for _, text in command.arguments]
    told += [text for command in KNOWN.values() for _, _, text in command.options]
    assert all(told)
    assert all(command.help for command in KNOWN.values())


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param("$ rag ask 'How many?' --index ./.rag", None, id="right"),
        pytest.param("$ RAG_DEBUG=1 .venv/bin/rag status | head -3", None, id="variable-path-and-pipe"),
        pytest.param("$ rag eval run cases.jsonl --fail-under recall@10=0.8", None, id="nested"),
        pytest.param("$ rag -h && rag ask --help", None, id="help"),
        pytest.param("echo rag nonsense", None, id="not-a-command"),
        pytest.param("rag: no document 'x' in the index", None, id="output"),
        pytest.param("$ rag ask 'where is it", None, id="open-quote"),
        pytest.param("$ rag aks 'How many?'", "there is no command `rag aks`", id="misspelt-command"),
        pytest.param("$ rag eval rnu cases", "there is no command `rag eval rnu`", id="misspelt-subcommand"),
        pytest.param("$ rag ask q --modle=x", "`rag ask` has no flag --modle", id="misspelt-flag"),
        pytest.param("$ cd docs && rag status --documnets", "`rag status` has no flag --documnets", id="after-another"),
        pytest.param("$ rag status -x", "`rag status` has no flag -x", id="short-flag"),
    ],
)
def test_commands_in_shell_blocks(line: str, problem: str | None) -> None:
    assert list(wrong_commands(line, KNOWN)) == ([] if problem is None else [problem])


def test_only_shell_blocks_are_read_as_commands(tmp_path: Path) -> None:
    block = "```{}\n$ rag aks\n```\n"
    assert problems(tmp_path, block.format("console")) == ["page.md:2: there is no command `rag aks`"]
    assert problems(tmp_path, block.format("text") + "rag aks\n") == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("[a](other.md)", None, id="file"),
        pytest.param("[a](other.md#what-it-costs)", None, id="heading"),
        pytest.param("[a](#here)\n\n# Here", None, id="heading-of-this-page"),
        pytest.param("[a](https://example.org/x) [b](mailto:a@example.org)", None, id="elsewhere"),
        pytest.param("`[a](gone.md)`", None, id="code"),
        pytest.param("[a](gone.md)", "the link gone.md leads nowhere", id="no-file"),
        pytest.param("![a](gone.png)", "the link gone.png leads nowhere", id="no-image"),
        pytest.param("[a](other.md#gone)", "the link other.md#gone names a heading that is not there", id="no-heading"),
    ],
)
def test_links(text: str, problem: str | None, tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# What it costs!\n")
    assert problems(tmp_path, text) == ([] if problem is None else [f"page.md:1: {problem}"])


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("see /home/ann/rag", True),
        ("see /Users/ann", True),
        ("C:\\Users\\ann", True),
        ("TODO later", True),
        ("~/policies and ./home/x and https://example.org/home/x", False),
    ],
)
def test_words_that_do_not_belong(text: str, wrong: bool, tmp_path: Path) -> None:
    assert bool(problems(tmp_path, text)) is wrong


def test_a_stale_reference_is_found(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    (tmp_path / "docs/cli.md").write_text(page.replace("`--documents`", "`--docs`"), encoding="utf-8")
    stale = [str(finding) for finding in check_generated(tmp_path)]
    assert len(stale) == 2
    assert stale[0].startswith("docs/cli.md:")
    assert stale[1].startswith("docs/openapi.json:1:")
