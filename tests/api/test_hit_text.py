from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.cli import main
from rag import Rag
from rag.settings import Settings
from tests.api.commands import read_json

pytestmark = pytest.mark.usefixtures("_clean_environment")


def shown(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[str]:
    capsys.readouterr()
    assert main(["search", *map(str, arguments)]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_row_stands_under_the_header_of_its_table(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, "price of the red anvil", "--index", indexed, "--limit", 1)
    assert lines[1].strip() == "Product | Price"
    assert lines[2].strip().startswith("… | Red anvil | 300 EUR |")


def test_the_sentence_with_the_words_of_the_question_is_shown(
    indexed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(capsys, "When must parental leave begin after the birth?", "--index", indexed, "--limit", 1)
    assert lines[1].strip().startswith("… The leave must begin within 12 months of the birth.")


def test_explain_says_what_each_signal_gives(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, "parental leave", "--index", indexed, "--limit", 1, "--explain")
    signals = [line.split() for line in lines if line.startswith("       ")]
    assert [words[0] for words in signals[:2]] == ["dense", "lexical"]
    assert all("gives" in words for words in signals[:2])


def test_the_parts_add_up_to_the_score(indexed: Path, capsys: pytest.CaptureFixture[str], client: TestClient) -> None:
    told = read_json(capsys, "search", "parental leave", "--index", indexed, "--explain")
    for hit in told["hits"]:
        assert sum(part["share"] or 0.0 for part in hit["parts"]) == pytest.approx(hit["score"])
    answer = client.post("/v1/search", json={"question": "parental leave", "explain": True}).json()
    assert answer["hits"] == told["hits"]
    plain = client.post("/v1/search", json={"question": "parental leave"}).json()
    assert all("parts" not in hit for hit in plain["hits"])


def test_repeats_are_told_under_the_hit(tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b", "c", "d", "e", "f"):
        (tmp_path / "docs").mkdir(exist_ok=True)
        (tmp_path / "docs" / f"{name}.md").write_text("# Leave\n\nParental leave is 16 weeks.\n", encoding="utf-8")
    with Rag.open(tmp_path / "i", settings=settings, create=True) as rag:
        rag.index([tmp_path / "docs"])
    lines = shown(capsys, "parental leave", "--index", tmp_path / "i")
    assert lines[0].startswith("  1. docs/")
    assert lines[2].count("(same text)") == 3
    assert lines[2].endswith("; and 2 more places")
    assert len(lines) == 3
    (hit,) = read_json(capsys, "search", "parental leave", "--index", tmp_path / "i")["hits"]
    assert len({hit["uri"], *(one["uri"] for one in hit["also"])}) == 6
