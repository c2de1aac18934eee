"""The command line without an index: usage, help, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from importlib.abc import MetaPathFinder
from pathlib import Path

import pytest

from api import entry
from api.cli import main
from api.commands.serve import is_loopback

HEAVY = {"torch", "faiss", "fastapi", "starlette", "kreuzberg", "tantivy", "sentence_transformers", "transformers"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("RAG_")]:
        monkeypatch.delenv(name)


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    code = "import json, sys, api.cli; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert HEAVY.isdisjoint(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        pytest.param(["asc"], "No such command 'asc'", "rag --help", id="unknown-command"),
        pytest.param(["ask", "q", "--modle", "x"], "No such option: --modle", "rag ask --help", id="unknown-flag"),
        pytest.param(["ask"], "Missing argument 'QUESTION'", "rag ask --help", id="missing-argument"),
        pytest.param(["search"], "give one question, or --queries", "rag search --help", id="nothing-to-search"),
        pytest.param(["search", "q", "--limit", "ten"], "'--limit'", "rag search --help", id="not-a-number"),
        pytest.param(["search", "q", "--limit", "0"], "'--limit'", "rag search --help", id="out-of-range"),
        pytest.param(["search", "q", "--mode", "x"], "'--mode': 'x' is not one of", "rag search", id="not-a-mode"),
        pytest.param(["show", "d", "--text", "--json"], "leave out --json", "rag show --help", id="text-as-json"),
        pytest.param(["eval"], "Missing command", "rag eval --help", id="missing-subcommand"),
        pytest.param(["ask", "q"], "is not an index", "--index", id="no-index-here"),
        pytest.param(["status", "-i", "nowhere"], "nowhere is not an index", "--index", id="no-index-there"),
        pytest.param(["ask", "q", "--config", "no.toml"], "no.toml cannot be read", "rag init", id="no-settings-file"),
        pytest.param(["serve", "--host", "0.0.0.0"], "not a loopback address", "127.0.0.1", id="open-to-all"),  # noqa: S104  # refused
        pytest.param(["eval", "run", "no.jsonl"], "no.jsonl", "JSON object", id="no-cases"),
        pytest.param(
            ["eval", "run", "c", "--fail-under", "recal@10=1"],
            "no measure 'recal@10'",
            "MEASURE=VALUE",
            id="no-measure",
        ),
        pytest.param(["search", "--queries", "no.jsonl"], "no.jsonl", '"question"', id="no-queries"),
        pytest.param(["status", "-i", "x" * 300], "File name too long", "index folder", id="too-long-an-index"),
        pytest.param(["index", ".", "-i", "x" * 300], "File name too long", "index folder", id="too-long-to-make"),
        pytest.param(["index", "no", "-i", "fresh"], "no: no such file or folder", "spelling", id="mistyped-path"),
        pytest.param(["index", "x" * 300], "File name too long", "spelling", id="too-long-a-path"),
    ],
)
def test_what_cannot_run_is_one_line_and_a_hint(
    arguments: list[str], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    problem, advice = told.err.splitlines()
    assert problem.startswith("rag: ")
    assert message in problem
    assert advice.startswith("hint: ")
    assert hint in advice
    assert list(Path().iterdir()) == [], "nothing was made"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]], ids=["alone", "help", "h"])
def test_help_lists_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    names = [
        *("init", "index", "search", "ask", "why", "show", "status", "rm", "doctor", "rebuild", "backup", "restore"),
        *("tune", "serve", "snapshot", "eval"),
    ]
    assert [line.split()[0] for line in shown.partition("Commands:")[2].splitlines() if line.strip()] == names
    assert "..." not in shown.partition("Commands:")[2], "what a command does stands on its line whole"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("plumbline 0.")


def test_a_malformed_setting_names_file_and_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rag.toml").write_text("[retrieval]\nlimt = 3\n")
    assert main(["search", "q"]) == 2
    assert "rag.toml: unknown key 'retrieval.limt'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param('{"id": "1", "question": "q"', "line 2", id="not-json"),
        pytest.param('{"id": "1"}', "line 2, field 'question'", id="no-question"),
        pytest.param('["q"]', "line 2", id="not-an-object"),
        pytest.param('{"id": "1", "question": " "}', "line 2, field 'question': the question is empty", id="empty"),
    ],
)
def test_a_malformed_query_names_its_line(
    line: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queries = tmp_path / "queries.jsonl"
    queries.write_text('{"id": "0", "question": "first"}\n' + line + "\n")
    assert main(["search", "--queries", str(queries), "--index", "nowhere"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"queries.jsonl, {told}" in captured.err


def test_a_defect_is_one_line_and_code_70(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(Path, "mkdir", lambda *_args, **_named: 1 / 0)
    assert main(["init"]) == 70
    assert capsys.readouterr().err.splitlines() == [
        "rag: internal error: ZeroDivisionError: division by zero (RAG_DEBUG=1 shows where; please report it)"
    ]
    monkeypatch.setenv("RAG_DEBUG", "1")
    assert main(["init"]) == 70
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_an_interrupt_is_code_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "mkdir", interrupted)
    assert main(["init"]) == 130
    assert capsys.readouterr().err.strip() == "rag: stopped safely; run it again to finish"


def test_an_interrupt_while_the_program_is_loaded_is_code_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupting(MetaPathFinder):
        def find_spec(self, fullname: str, path: object, target: object = None) -> None:
            if fullname == "api.cli":
                raise KeyboardInterrupt

    assert "api.cli" not in vars(entry), "imported only where an interrupt is caught"
    monkeypatch.delitem(sys.modules, "api.cli")
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    assert entry.main() == 130
    assert capsys.readouterr().err.strip() == "rag: stopped safely; run it again to finish"


def test_the_program_enters_there_and_loads_nothing_before() -> None:
    project = tomllib.loads((Path(entry.__file__).parent.parent / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"rag": "api.entry:main"}
    code = (
        "import sys; import api.entry; print(sorted(name for name in sys.modules if name.startswith(('api', 'typer'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "['api', 'api.entry', 'api.exit_codes']"


def test_a_reader_that_has_gone_is_not_an_error() -> None:
    command = [sys.executable, "-c", "import sys; from api.cli import main; sys.exit(main(['--help']))"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104  # refused
        ("::", False),
        ("192.168.1.5", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_only_loopback_is_listened_on(host: str, allowed: bool) -> None:
    assert is_loopback(host) is allowed
