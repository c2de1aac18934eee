"""The HTML report: it opens from disk, no stranger's text acts in it, and a failed case is there with its evidence."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evals.comparison.thresholds import parse_thresholds
from evals.errors import CaseError, EvalError, RunError
from evals.html.cards import failed_groups
from evals.html.causes import (
    ANSWERED,
    ERROR,
    HELD_BACK,
    NO_EVIDENCE,
    NOT_FOUND,
    NOT_USED,
    UNFAITHFUL,
    WRONG,
    Cause,
    cause_of,
)
from evals.html.report import report_html
from evals.html.sections.verdicts import calibration_section, load_scores, verdicts_section
from evals.html.summary import verdict
from evals.runs.shown_run import CaseRow, read_runs
from evals.scores import COMPOSITES
from tests.evals.run_folders import HOSTILE, answer, case, measure, run_folder

VOID = {"meta", "br", "input", "img", "link"}


class Reader(HTMLParser):
    """Elements, what they are called by, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    @property
    def text(self) -> str:
        return "".join(text for tag, text in self.texts if tag not in ("style", "script"))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(*folders: Path) -> str:
    return report_html(read_runs(list(folders)))


def a_run(folder: Path) -> Path:
    cases = [case("a"), case("b", accuracy=0.0), case("c", abstained=True, answer="No.", accuracy=0.0)]
    return run_folder(folder, cases, [answer("a"), answer("b", verdict="contradicted")])


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    return a_run(tmp_path / "first")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Drawn once: an ordinary run, and one in which every text wants to act."""
    folder = tmp_path_factory.mktemp("runs")
    cases = [
        case(HOSTILE, accuracy=0.0, text=HOSTILE),
        case("ok", text=HOSTILE),
        case("e", text=HOSTILE, error=HOSTILE),
    ]
    systems = {HOSTILE: {"accuracy": measure(0.1)}}
    answers = [answer(HOSTILE, text=HOSTILE, verdict="unsupported"), answer("ok", text=HOSTILE)]
    hostile = run_folder(folder / "it's <b>", cases, answers, trivial=systems)
    return {"ordinary": page_of(a_run(folder / "first")), "hostile": page_of(hostile)}


each_page = pytest.mark.parametrize("name", ["ordinary", "hostile"])


def test_no_text_of_a_document_a_question_or_an_answer_acts(pages: dict[str, str]) -> None:
    page = Reader(pages["hostile"])
    assert page.open == []
    assert not page.all("img")
    assert len(page.all("script")) == 1
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert "49" not in [text.strip() for _, text in page.texts], "a template in an answer is text"
    assert "<script>alert(1)</script>" in page.text


def test_what_turns_a_line_round_or_steers_a_screen_is_written_out(pages: dict[str, str]) -> None:
    page = pages["hostile"]
    assert not set(page) & set("\u202e\x1b\x00")
    assert "\\u202egnp.exe\\x1b[31m\\x00" in Reader(page).text


def test_the_policy_lets_only_this_style_and_this_script_act(pages: dict[str, str]) -> None:
    page = Reader(pages["hostile"])
    policy = next(one["content"] or "" for one in page.all("meta") if "http-equiv" in one)
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        (text,) = [text for name, text in page.texts if name == tag]
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    assert not [1 for _, attributes in page.elements if "style" in attributes], "the policy would drop it"


@each_page
def test_nothing_is_fetched(pages: dict[str, str], name: str) -> None:
    page = pages[name]
    assert set(re.findall(r"https?://[^\"'\s<]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert not re.findall(r"@import|url\((?!#)", page)
    reader = Reader(page)
    assert not [attributes for _, attributes in reader.elements if attributes.get("src")]
    assert all((one["href"] or "").startswith("#") for one in reader.all("a"))


@each_page
def test_every_link_and_every_name_of_a_thing_leads_somewhere(pages: dict[str, str], name: str) -> None:
    page = Reader(pages[name])
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = [one for _, attributes in page.elements for one in (attributes.get("aria-labelledby") or "").split()]
    assert {*named, *((one["href"] or "")[1:] for one in page.all("a"))} <= set(ids)


def test_the_same_run_gives_the_same_bytes(plain: Path, pages: dict[str, str]) -> None:
    assert page_of(plain) == pages["ordinary"]


def test_every_picture_has_a_table_and_words(pages: dict[str, str]) -> None:
    page = Reader(pages["ordinary"])
    pictures = page.all("svg")
    assert len(pictures) >= 6
    assert all(one["role"] == "img" and one["aria-labelledby"] for one in pictures)
    assert page.text.count("The figures as a table") == len(pictures)
    assert all(one.get("scope") for one in page.all("th"))


def test_a_failed_case_is_there_with_its_evidence_its_verdict_and_what_was_found(tmp_path: Path) -> None:
    evidence = [
        {"document": "leave.md", "uri": "hr/leave.md", "page": 7, "text": "16 weeks", "rank": 12, "reason": None}
    ]
    hits = [{"rank": 1, "score": 0.5, "uri": "hr/other.md", "page": 2, "text": "27 days", "evidence": []}]
    lost = case("leave", accuracy=0.0, evidence=evidence, hits=hits, answer="27 days.")
    said = answer("leave", verdict="contradicted") | {
        "sentences": [
            {"text": "27 days.", "verdict": "contradicted", "score": 0.1, "reasons": ["27 is not 16"], "citations": [1]}
        ],
        "citations": [{"number": 1, "uri": "hr/other.md", "page": 2, "cells": "Sheet1!B7", "quote": "Annual leave"}],
    }  # fmt: skip
    page = str(failed_groups(read_runs([run_folder(tmp_path / "r", [lost], [said])])))
    for wanted in (
        "hr/leave.md, page 7", "found at rank 12", "16 weeks", "27 days.", "contradicted 0.10", "27 is not 16",
        "hr/other.md, Sheet1!B7", "Annual leave", "hr/other.md, page 2",
        "The search did not bring the evidence among 10",
    ):  # fmt: skip
        assert wanted in page, wanted


ITEM = {"document": "d", "uri": "d", "page": None, "text": "", "rank": 3, "reason": None}


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        pytest.param({}, None, id="right"),
        pytest.param({"error": "Timeout"}, ERROR, id="an-error"),
        pytest.param({"accuracy": 0.0, "answerable": False}, ANSWERED, id="answered-what-has-no-answer"),
        pytest.param(
            {"accuracy": 0.0, "evidence": [ITEM | {"reason": "no such document"}]}, NO_EVIDENCE, id="not-indexed"
        ),
        pytest.param({"accuracy": 0.0, "evidence": [ITEM | {"rank": None}]}, NOT_FOUND, id="not-found"),
        pytest.param({"accuracy": 0.0, "evidence": [ITEM | {"rank": 11}]}, NOT_FOUND, id="found-too-late"),
        pytest.param({"accuracy": 0.0, "evidence": [ITEM], "abstained": True}, HELD_BACK, id="held-back"),
        pytest.param({"accuracy": 0.0, "evidence": [ITEM], "cited": 0.0}, NOT_USED, id="cites-another-place"),
        pytest.param({"accuracy": 0.0, "evidence": [ITEM], "cited": 1.0}, WRONG, id="cites-it-and-is-wrong"),
        pytest.param({"faithful": 0.5}, UNFAITHFUL, id="right-but-not-borne-out"),
    ],
)
def test_a_case_went_wrong_at_the_first_step_that_lost_it(changes: dict[str, object], cause: Cause | None) -> None:
    known = dict(changes)
    scores = {
        "accuracy": known.get("accuracy", 1.0), "evidence_cited": known.pop("cited", 1.0),
        "faithfulness": known.pop("faithful", 1.0),
    }  # fmt: skip
    made = case("x", accuracy=known.pop("accuracy", 1.0)) | known | {"scores": scores}  # type: ignore[arg-type]
    assert cause_of(CaseRow.model_validate(made)) == cause


@pytest.mark.parametrize(
    ("thresholds", "told", "lines"),
    [
        pytest.param([], "1 of 3 cases came out right.", ["No thresholds were given"], id="none-given"),
        pytest.param(
            ["accuracy=0.5"], "Good enough: the one threshold is met.", ["accuracy: 0.500, 0.5 asked for"], id="met"
        ),
        pytest.param(
            ["accuracy=0.6", "faithfulness=0.7"],
            "Not good enough: 1 of 2 thresholds not met.",
            ["accuracy: 0.5, 0.6 asked for"],
            id="missed",
        ),
    ],
)
def test_the_first_words_say_whether_it_is_good_enough(
    plain: Path, thresholds: list[str], told: str, lines: list[str]
) -> None:
    (run,) = read_runs([plain])
    said, reasons = verdict(run, parse_thresholds(thresholds, known=tuple(run.measures)))
    assert said.text == told
    assert [line.text[: len(wanted)] for line, wanted in zip(reasons, lines, strict=True)] == lines


def test_a_run_that_a_trivial_system_equals_is_not_good_enough(tmp_path: Path) -> None:
    systems = {
        "always_abstain": dict.fromkeys(COMPOSITES, measure(0.1)) | {"accuracy": measure(0.5)},
        "empty": dict.fromkeys(COMPOSITES, measure("not measurable")),
    }
    own = dict.fromkeys(COMPOSITES, measure(0.5))
    (run,) = read_runs([run_folder(tmp_path / "r", [case("a")], [answer("a")], measures=own, trivial=systems)])
    said, reasons = verdict(run, ())
    assert said.text == "Not good enough: a system that knows nothing does as well."
    assert reasons[0].text == "accuracy 0.500 says little: always_abstain, which knows nothing, gets 0.500."


def test_two_runs_stand_side_by_side_with_their_differences(plain: Path, tmp_path: Path) -> None:
    cases = [case("a"), case("b"), case("c", abstained=True, answer="No.", accuracy=0.0)]
    second = run_folder(tmp_path / "second", cases, [answer("a"), answer("b")])
    page = Reader(page_of(plain, second)).text
    assert "second against first: no difference that is more than luck (1 case better, 0 worse)." in page
    assert "Differences from first" in page
    assert "better, may be luck" in page


def test_runs_without_a_common_case_are_refused(plain: Path, tmp_path: Path) -> None:
    other = run_folder(tmp_path / "other", [case("z")], [answer("z")])
    with pytest.raises(EvalError, match="no case in common"):
        page_of(plain, other)
    with pytest.raises(RunError, match="named twice"):
        read_runs([plain, plain])


def test_runs_of_one_folder_name_are_told_apart_by_more_of_their_path(tmp_path: Path) -> None:
    folders = [run_folder(tmp_path / parent / "run", [case("a")], [answer("a")]) for parent in ("old", "new")]
    assert [run.name for run in read_runs(folders)] == ["old/run", "new/run"]


def test_scores_against_labels_are_drawn_and_a_line_without_a_label_is_refused(plain: Path, tmp_path: Path) -> None:
    lines = [
        {"id": str(at), "score": at / 20, "verdict": "supported" if at > 10 else "partial", "label": at % 2}
        for at in range(20)
    ]
    file = tmp_path / "scores.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    scores = load_scores(file)
    assert verdicts_section([], scores).figures[0].table.rows == (
        ("supported", "5", "5", "0", "0"),
        ("not supported", "4", "6", "0", "0"),
    )
    reliability, agreement = calibration_section([], scores).figures
    assert reliability.told == "Mean score and share supported by label, 20 cases in 10 bins."
    assert reliability.table.rows[0] == ("0.025", "0.500", "2 cases")
    assert [row[0] for row in agreement.table.rows] == ["auroc", "brier", "ece"]
    file.write_text(json.dumps({"id": "x", "score": 0.5, "verdict": "supported"}) + "\n", encoding="utf-8")
    with pytest.raises(CaseError, match="line 1, field 'label'"):
        load_scores(file)


def test_a_run_without_answers_or_timings_says_what_it_cannot_show(tmp_path: Path) -> None:
    only = case("a", answer=None, abstained=None, failed=True) | {"scores": {"mrr": 0.0}, "evidence": [], "hits": []}
    folder = run_folder(tmp_path / "r", [only], [], measures={"mrr": measure("not measurable")})
    (folder / "answers.jsonl").unlink()
    (folder / "timings.json").unlink()
    page = Reader(page_of(folder)).text
    for wanted in ("These runs keep no answers.", "No timings.json lies beside these runs.", "not measurable"):
        assert wanted in page
    assert "nan" not in re.findall(r"\w+", page.lower())


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("report.json", '{"measures": {"accuracy": {"value": NaN}}}', "report.json"),
        ("report.json", "[]", "report.json"),
        ("answers.jsonl", '{"id": "a"}\n{"id": 3', "line 2"),
    ],
)
def test_a_run_that_cannot_be_read_names_the_file(plain: Path, name: str, text: str, told: str) -> None:
    (plain / name).write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match=told):
        read_runs([plain])
