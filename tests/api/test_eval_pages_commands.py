"""`rag eval report` and `rag eval rate` at the command line: exit codes, plain words, JSON for other programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli import main
from evals.rating.ratings import Opinion
from evals.rating.session import Session
from evals.rating.systems import read_systems
from tests.api.commands import read_json
from tests.evals.run_folders import answer, case, run_folder


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    return [
        run_folder(
            tmp_path / word, [case(f"c{at}", answer=f"{word} {at}") for at in range(4)], [answer("c0", text=word)]
        )
        for word in ("red", "blue")
    ]


def run(*arguments: object) -> int:
    return main([str(argument) for argument in ("eval", *arguments)])


def test_a_report_is_written_whole_and_replaces_the_one_before(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "new" / "page.html"
    assert run("report", *runs, "--out", page) == 0
    assert capsys.readouterr().err == f"Report written to {page}\n"
    assert page.read_text(encoding="utf-8").endswith("</html>\n")
    assert [one.name for one in page.parent.iterdir()] == ["page.html"]


def test_a_threshold_that_is_not_met_is_told_and_ends_with_one(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert run("report", runs[0], "--out", page, "--fail-under", "accuracy=0.9") == 1
    assert "below its threshold: accuracy: 0.5, 0.9 asked for" in capsys.readouterr().err
    assert "Not good enough: 1 of 1 threshold not met." in page.read_text(encoding="utf-8")
    assert run("report", runs[0], "--out", page, "--fail-under", "acuracy=0.9") == 2
    assert "no measure 'acuracy' in this run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["report"], "Missing argument"),
        (["report", "nowhere"], "No such file or directory"),
        (["rate"], "Missing argument"),
        (["rate", "nowhere", "--rater", "anna"], "No such file or directory"),
    ],
)
def test_what_cannot_run_says_why_in_a_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    shown = capsys.readouterr().err
    assert told in shown
    assert "hint: " in shown
    assert "Traceback" not in shown


def test_rating_needs_a_name_and_something_to_ask(runs: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rate", *runs) == 2
    assert "who rates? Give --rater NAME" in capsys.readouterr().err
    assert run("rate", runs[0], "--rater", "anna", "--ask", "preference") == 2
    assert "a preference takes two runs" in capsys.readouterr().err


def test_the_summary_names_the_runs_and_what_cannot_be_measured(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "ratings.jsonl"
    assert run("rate", *runs, "--summary", "--out", out) == 2
    assert "no ratings yet" in capsys.readouterr().err
    session = Session(read_systems(runs), out, rater="anna", seed=0)
    for number in range(3):
        session.add(number, Opinion(preferred="same", labels=("correct", "wrong")))
    assert run("rate", *runs, "--summary", "--out", out) == 0
    shown = capsys.readouterr().out
    for wanted in (
        "Ratings by anna (3)",
        "\nred\n",
        "\nblue\n",
        "0 won, 3 as good, 0 lost",
        "label            not measurable",
    ):
        assert wanted in shown, wanted
    told = read_json(capsys, "eval", "rate", *runs, "--summary", "--out", out)
    assert {one["name"]: one["ties"] for one in told["systems"]} == {"red": 3, "blue": 3}
