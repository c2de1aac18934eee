"""`rag tune` on a real index: what it writes, and when it writes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from retrievers.adapter import FILE, read_adapter
from retrievers.settings import FusionSettings

WORDS = "anvil violin kettle lantern ladder saddle mirror pencil carpet bucket hammer candle".split()  # noqa: SIM905


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    lines = []
    for word in WORDS:
        (tmp_path / "docs" / f"{word}.md").write_text(
            f"# The {word}\n\nThe {word} costs 10 EUR.\n\nIt is kept in the shop.\n"
        )
        evidence = [{"document": f"{word}.md", "quote": f"The {word} costs 10 EUR."}]
        lines.append({"id": word, "question": f"What does the {word} cost?", "evidence": evidence})
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "rag.toml").write_text('# ours\n[embedder]\nmodel = "hashing"\n')
    assert main(["index", "docs", "--index", "i"]) == 0
    capsys.readouterr()
    return tmp_path / "i"


def tuned(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert main(["tune", *map(str, arguments), "--json"]) == 0
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    return value


def test_where_all_is_found_already_nothing_is_written(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("rag.toml").read_text()
    figures = tuned(capsys, "cases.jsonl", "--index", index)
    assert (figures["questions"], figures["documents"]) == (12, 12)
    assert figures["gain"]["before"] == 1.0
    assert (figures["wins"], figures["written"], figures["adapter_written"]) == (False, None, False)
    assert Path("rag.toml").read_text() == before
    assert not (index / FILE).exists()
    assert figures == tuned(capsys, "cases.jsonl", "--index", index)


def test_a_setting_that_wins_is_written_and_shown_and_a_dry_run_writes_nothing(
    index: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("docs", "decoy.md").write_text("What does the what cost? What does the what cost?\n")
    assert main(["index", "docs", "--index", str(index)]) == 0
    capsys.readouterr()
    weights = {name: 0.0 for name in sorted(FusionSettings.model_fields) if name.endswith("_weight")}
    alike_alone = "".join(f"{name} = {weight}\n" for name, weight in (weights | {"dense_weight": 1.0}).items())
    mistaken = f'# ours\n[embedder]\nmodel = "hashing"\n\n[fusion]  # a slip\n{alike_alone}'
    Path("rag.toml").write_text(mistaken)
    monkeypatch.setattr("evals.tuning.tune.GRIDS", ({"fusion.lexical_weight": (0.0, 5.0)},))
    arguments = ["cases.jsonl", "--index", index, "--no-adapter"]
    dry = tuned(capsys, *arguments, "--dry-run")
    assert (dry["wins"], dry["best"], dry["written"]) == (True, {"fusion.lexical_weight": 5.0}, None)
    assert "-lexical_weight = 0.0\n+lexical_weight = 5.0\n" in dry["diff"]
    assert dry["gain"]["ci95"][0] > 0 == dry["chance_of_luck"]
    assert Path("rag.toml").read_text() == mistaken
    figures = tuned(capsys, *arguments)
    assert figures["written"] == "rag.toml"
    assert Path("rag.toml").read_text() == mistaken.replace("lexical_weight = 0.0", "lexical_weight = 5.0")
    again = tuned(capsys, *arguments)
    assert (again["wins"], again["gain"]["before"]) == (False, 1.0)


def test_write_anyway_writes_what_is_not_proved_and_the_search_goes_on(
    index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = tuned(capsys, "cases.jsonl", "--index", index, "--write-anyway")
    assert figures["adapter_written"]
    assert read_adapter(index / FILE).model == "hashing"
    assert main(["search", "What does the anvil cost?", "--index", str(index), "--json"]) == 0
    assert "anvil" in capsys.readouterr().out
    assert main(["doctor", "--index", str(index)]) == 0


def test_without_cases_questions_are_made_of_the_documents_and_too_few_are_refused(
    index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tune", "--index", str(index)]) == 2
    assert "could be made into one" in capsys.readouterr().err
    for word in WORDS:
        section = f"How the {word} is made, and who makes it, is told in the next three chapters of this book. " * 2
        Path("docs", f"book-{word}.md").write_text(f"# Making of the {word}\n\n{section}\n")
    assert main(["index", "docs", "--index", str(index)]) == 0
    capsys.readouterr()
    figures = tuned(capsys, "--index", index, "--dry-run", "--no-adapter")
    assert figures["questions"] >= 12
    assert list(figures["gain_by_kind"]) == ["heading"]
