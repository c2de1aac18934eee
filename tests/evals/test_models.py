"""The benchmark of models: what is kept, what is counted, what it may cost, and what two models' figures say."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.cli import main
from evals.errors import CaseError
from evals.html.models import models_html
from evals.models.figures import differences, figures_of
from evals.models.markdown import models_markdown
from evals.models.picture import SIDE_PIXELS, drawn
from evals.models.records import Record, append_record, read_records
from evals.models.samples import shipped_tasks
from evals.models.scoring import lost_scores, reply_scores
from evals.models.task import KINDS, MEASURES, Kind, Task
from evals.outcome import Outcome
from rag.verify.verifier import HermeticVerifier
from tests.evals.model_server import GOOD, POOR, answering
from tests.scripted_server import ScriptedServer, json_reply, scripted_server

FREE = ["--price", f"{GOOD}=0,0", "--price", f"{POOR}=0,0"]
TODAY = dt.date(2026, 11, 21)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    with scripted_server(answering()) as opened:
        monkeypatch.setenv("OPENAI_BASE_URL", opened.url)
        yield opened


@pytest.fixture
def asking(tmp_path: Path) -> Callable[..., int]:
    def ask(*arguments: str) -> int:
        return main(["eval", "models", *arguments, "--records", str(tmp_path / "models.jsonl")])

    return ask


def kept(tmp_path: Path) -> list[Record]:
    return read_records(tmp_path / "models.jsonl")[0]


def task_of(kind: Kind, name: str = "") -> Task:
    return next(task for task in shipped_tasks() if task.kind == kind and name in task.id)


def test_there_are_tasks_of_every_kind_that_needs_no_index() -> None:
    tasks = shipped_tasks()
    assert {task.kind for task in tasks} == set(KINDS) - {"question"}
    assert len({(task.kind, task.id) for task in tasks}) == len(tasks)
    assert all(len(task.asked) == (10 if task.kind == "chat" else 1) for task in tasks)
    assert all(len(task.wanted) == 10 for task in tasks if task.kind in {"chat", "classification"})


def test_a_picture_is_small_enough_to_be_read_whole() -> None:
    pictures = [drawn(task.drawing) for task in shipped_tasks() if task.drawing is not None]
    assert len(set(pictures)) == len(pictures) == 4
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert SIDE_PIXELS <= 512


@pytest.mark.parametrize(
    ("kind", "reply", "wanted"),
    [
        pytest.param("extraction", None, {"fields_right": 1.0, "exact_match": 1.0}, id="fields"),
        pytest.param("extraction", "no json", {"fields_right": 0.0, "exact_match": 0.0}, id="no-json"),
        pytest.param("extraction", '{"total": "649.260"}', {"fields_right": 1 / 6, "exact_match": 0.0}, id="one-field"),
        pytest.param("extraction", '{"total": true}', {"fields_right": 0.0, "exact_match": 0.0}, id="not-a-number"),
        pytest.param("extraction", "[]", {"fields_right": 0.0, "exact_match": 0.0}, id="another-json"),
        pytest.param("classification", None, {"labels_right": 1.0, "exact_match": 1.0}, id="labels"),
        pytest.param(
            "classification", '{"labels": ["billing"]}', {"labels_right": 0.0, "exact_match": 0.0}, id="too-few-labels"
        ),
        pytest.param(
            "classification",
            '```json\n{"labels": ' + json.dumps(["billing"] * 10) + "}\n```",
            {"labels_right": 0.2, "exact_match": 0.0},
            id="fenced",
        ),
        pytest.param("picture", None, {"answer_correctness": 1.0, "numeric_match": 1.0}, id="picture"),
        pytest.param("picture", "It is 9.57 euros.", {"numeric_match": 0.0}, id="digits-turned"),
        pytest.param("summary", "", {"key_point_f1": 0.0, "faithfulness": 0.0, "length_kept": 0.0}, id="no-summary"),
    ],
)
def test_replies_are_worth_what_they_hold(kind: Kind, reply: str | None, wanted: dict[str, Outcome]) -> None:
    task = task_of(kind)
    said = (task.wanted if isinstance(task.wanted, str) else json.dumps(task.wanted)) if reply is None else reply
    if kind == "classification" and reply is None:
        said = json.dumps({"labels": task.wanted})
    scores = reply_scores(task, [said], HermeticVerifier())
    assert set(scores) == set(MEASURES[kind])
    assert {name: scores[name] for name in wanted} == pytest.approx(wanted)


def test_a_summary_that_copies_everything_looks_good_on_faithfulness_alone() -> None:
    task = task_of("summary")
    copied = reply_scores(task, [task.source], HermeticVerifier())
    right = reply_scores(task, [task.wanted], HermeticVerifier())
    assert copied["length_kept"] == 0.0
    assert float(copied["key_point_f1"]) < 0.6 < float(right["key_point_f1"])
    assert right["length_kept"] == 1.0


def test_a_summary_with_another_figure_is_less_faithful() -> None:
    task = task_of("summary", "archive")
    wrong = "The council is asked to buy the printing works in Mill Lane for at most 9.7 million pounds."
    assert reply_scores(task, [wrong], HermeticVerifier())["faithfulness"] == 0.0
    assert reply_scores(task, [wrong.replace("9.7", "3.1")], HermeticVerifier())["faithfulness"] == 1.0


def test_a_chat_is_worth_its_turns() -> None:
    task = task_of("chat")
    right = [f"That is {wanted or 'noted'}." for wanted in task.wanted]
    assert reply_scores(task, right, HermeticVerifier()) == {"turns_right": 1.0}
    half = [*right[:5], *[""] * 5]
    assert reply_scores(task, half, HermeticVerifier()) == {"turns_right": pytest.approx(3 / 8)}


def test_what_brought_nothing_counts_as_wrong_where_right_could_be_had() -> None:
    assert lost_scores(task_of("extraction")) == {"fields_right": 0.0, "exact_match": 0.0}
    assert set(lost_scores(task_of("chat")).values()) == {0.0}


def test_two_models_stand_beside_each_other(
    server: ScriptedServer, asking: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    kinds = ["--kind", "extraction", "--kind", "picture"]
    code = asking(GOOD, POOR, *kinds, *FREE, "--samples", "1", "--sees", GOOD, "--out", str(page))
    assert code == 0
    records = kept(tmp_path)
    figures = {(one.model, one.kind): one for one in figures_of(records)}
    good, poor = figures[GOOD, "extraction"], figures[POOR, "extraction"]
    assert (good.tasks, good.done) == (6, 6)
    assert good.measures["fields_right"].mean == 1.0 > poor.measures["fields_right"].mean
    assert (good.amounts["completion_tokens"].mean, poor.amounts["completion_tokens"].mean) == (20, 40)
    assert figures[GOOD, "picture"].measures["answer_correctness"].mean == 1.0
    assert figures[POOR, "picture"].statuses == {"not measurable": 4}
    (tokens,) = [
        paired
        for one in differences(records, GOOD, POOR)
        for paired in one.paired
        if (one.kind, paired.measure) == ("extraction", "completion_tokens")
    ]
    assert (tokens.difference, tokens.better, tokens.losses) == (20, False, 6)
    told = capsys.readouterr().out
    assert "poor-model beside good-model" in told.replace("\\", "")
    text = page.read_text()
    assert text.count("<svg") == 2
    assert text == models_html(records, today=dt.datetime.now(dt.UTC).date())
    assert "<script src" not in text
    shown = [ask.body for ask in server.asked if isinstance(ask.body["messages"][1]["content"], list)]
    assert {body["model"] for body in shown} == {GOOD}


def test_all_tasks_together_stand_first_and_take_the_first_measure_of_each_kind() -> None:
    def record(model: str, task: int, value: float) -> Record:
        kind: Kind = "chat" if task % 2 else "extraction"
        scores: dict[str, Outcome] = {MEASURES[kind][0]: value}
        seconds = 1.0 + value
        return Record(
            model=model,
            kind=kind,
            task=str(task),
            digest="d",
            sample=1,
            status="answered",
            seconds=seconds,
            scores=scores,
        )

    records = [record(model, task, value) for task in range(8) for model, value in (("a", 0.9), ("b", 0.2))]
    whole, *kinds = differences(records, "a", "b")
    quality, seconds = (next(one for one in whole.paired if one.measure == name) for name in ("quality", "seconds"))
    assert (whole.kind, quality.cases, quality.better, seconds.better) == ("all", 8, False, True)
    assert quality.significant
    assert [one.kind for one in kinds] == ["extraction", "chat"]
    told = models_markdown(records, today=TODAY)
    assert told.index("all tasks together") < told.index("too few tasks to tell")


def test_a_chat_is_one_record_with_the_seconds_of_each_turn(
    server: ScriptedServer, asking: Callable[..., int], tmp_path: Path
) -> None:
    assert asking(POOR, "--kind", "chat", *FREE[2:], "--samples", "1", "--warm-up", "0") == 0
    records = kept(tmp_path)
    assert [len(record.turn_seconds) for record in records] == [10, 10]
    assert all(record.seconds == pytest.approx(sum(record.turn_seconds), abs=0.01) for record in records)
    assert all(record.prompt_tokens == 1000 for record in records)
    assert len(server.asked[9].body["messages"]) == 20


def test_an_interrupted_run_goes_on_where_it_stopped(
    server: ScriptedServer, asking: Callable[..., int], tmp_path: Path
) -> None:
    flags = [GOOD, "--kind", "classification", "--price", f"{GOOD}=1,1", "--samples", "2", "--warm-up", "0"]
    assert asking(*flags) == 0
    asked, records = len(server.asked), tmp_path / "models.jsonl"
    assert asked == 6
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join(lines[:4]) + lines[4][:50])
    assert asking(*flags) == 0
    assert len(server.asked) == asked + 2
    assert len(kept(tmp_path)) == 6
    assert asking(*flags) == 0
    assert len(server.asked) == asked + 2


def test_warm_ups_enter_no_figure(server: ScriptedServer, asking: Callable[..., int], tmp_path: Path) -> None:
    assert asking(GOOD, "--kind", "classification", *FREE[:2], "--samples", "1", "--warm-up", "2") == 0
    assert len(server.asked) == 5
    (figures,) = figures_of(kept(tmp_path))
    assert figures.done == 3


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        pytest.param([GOOD], "no price is known of good-model", id="no-price"),
        pytest.param([GOOD, "--price", f"{GOOD}=1000,1000"], "more than the 1 of --max-usd", id="too-dear"),
        pytest.param([GOOD, "--price", f"{GOOD}=1"], "two prices", id="one-price"),
        pytest.param([GOOD, "--price", "other=1,1"], "write MODEL=VALUE", id="another-model"),
        pytest.param([GOOD, "--kind", "poem"], "no kind of task 'poem'", id="no-such-kind"),
    ],
)
def test_nothing_is_asked_that_may_cost_more_than_it_may(
    flags: list[str],
    says: str,
    server: ScriptedServer,
    asking: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    kind = [] if "poem" in flags else ["--kind", "classification"]
    assert asking(*flags, *kind) == 2
    assert says in capsys.readouterr().err
    assert server.asked == []


def test_a_dry_run_says_the_most_that_it_may_cost_and_asks_nothing(
    server: ScriptedServer, asking: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    price = ["--price", f"{GOOD}=1,2", "--dry-run"]
    assert asking(GOOD, "--kind", "classification", *price, "--samples", "1", "--warm-up", "0") == 0
    told = capsys.readouterr().err
    assert "3 tasks to do, 3 requests" in told
    found = re.search(r"at most ([\d,]+) tokens read and 1,500 written, ([\d.]+) US dollars", told)
    assert found is not None
    assert float(found[2]) == pytest.approx((int(found[1].replace(",", "")) + 2 * 1500) / 1e6, abs=5e-5)
    assert server.asked == []


def outcome(finish: str = "stop", **message: str) -> bytes:
    return json_reply({"choices": [{"index": 0, "message": message, "finish_reason": finish}]})


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(outcome(refusal="I would rather not."), "refused", id="refused"),
        pytest.param(outcome("length", content='{"labels": ['), "truncated", id="cut-off"),
        pytest.param(json_reply({"error": {"message": "no"}}, status=400), "error", id="error"),
    ],
)
def test_what_went_wrong_is_counted_and_counts_as_wrong(
    sent: bytes, status: str, asking: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted_server(sent) as bad:
        monkeypatch.setenv("OPENAI_BASE_URL", bad.url)
        assert asking(GOOD, "--kind", "classification", *FREE[:2], "--samples", "1", "--warm-up", "0") == 0
    (figures,) = figures_of(kept(tmp_path))
    assert figures.statuses == {status: 3}
    assert figures.lost == 3
    assert figures.measures["labels_right"].mean == 0.0
    assert ("seconds" in figures.amounts) == (status != "error")
    assert f"| {GOOD} | 3 | 3 |" in models_markdown(kept(tmp_path), today=TODAY).replace("\\", "")


def test_a_wrong_key_ends_the_run_and_is_kept_as_nobodys_failure(
    asking: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_server(json_reply({"error": {"message": "wrong key"}}, status=401)) as bad:
        monkeypatch.setenv("OPENAI_BASE_URL", bad.url)
        assert asking(GOOD, "--kind", "extraction", *FREE[:2]) == 2
        assert len(bad.asked) == 5
    assert "failed 5 times in a row" in capsys.readouterr().err
    assert not (tmp_path / "models.jsonl").exists()


def test_questions_go_through_the_index(
    server: ScriptedServer,
    asking: Callable[..., int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAG_EMBEDDER__MODEL", "hashing")
    monkeypatch.setenv("RAG_RANKING__LATE_INTERACTION", "false")
    (tmp_path / "leave.md").write_text("# Leave\n\nEmployees may take 16 weeks of parental leave at full pay.\n")
    assert main(["index", str(tmp_path / "leave.md"), "--index", str(tmp_path / "ix")]) == 0
    cases = tmp_path / "cases.jsonl"
    case = {"id": "1", "question": "How many weeks of parental leave at full pay?", "reference": "16 weeks."}
    cases.write_text(json.dumps(case) + "\n")
    flags = ["--kind", "question", "--index", str(tmp_path / "ix"), "--cases", str(cases), "--samples", "1"]
    assert asking("extractive", GOOD, POOR, *FREE, *flags) == 0
    by_model = {one.model: one for one in figures_of(kept(tmp_path))}
    assert by_model["extractive"].measures["accuracy"].mean == 1.0
    assert by_model["extractive"].amounts["cost_usd"].mean == 0.0
    assert by_model[GOOD].amounts["prompt_tokens"].mean == 100
    assert all("16 weeks of parental leave" in ask.body["messages"][-1]["content"] for ask in server.asked)


def test_a_refusal_is_no_right_abstention(
    asking: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_EMBEDDER__MODEL", "hashing")
    monkeypatch.setenv("RAG_RANKING__LATE_INTERACTION", "false")
    (tmp_path / "leave.md").write_text("# Leave\n\nEmployees may take 16 weeks of parental leave at full pay.\n")
    assert main(["index", str(tmp_path / "leave.md"), "--index", str(tmp_path / "ix")]) == 0
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps({"id": "1", "question": "Are dogs allowed?", "answerable": False}) + "\n")
    flags = ["--kind", "question", "--index", str(tmp_path / "ix"), "--cases", str(cases), "--samples", "1"]
    with scripted_server(outcome(refusal="I would rather not.")) as bad:
        monkeypatch.setenv("OPENAI_BASE_URL", bad.url)
        assert asking(GOOD, *FREE[:2], *flags) == 0
    (figures,) = figures_of(kept(tmp_path))
    assert (figures.statuses, figures.measures["accuracy"].mean) == ({"refused": 1}, 0.0)


def test_a_model_that_thinks_has_room_for_it(server: ScriptedServer, asking: Callable[..., int]) -> None:
    flags = ["--kind", "classification", *FREE[:2], "--samples", "1", "--warm-up", "0"]
    assert asking(GOOD, *flags, "--reasoning", f"{GOOD}=900") == 0
    assert {ask.body["max_tokens"] for ask in server.asked} == {1400}


def test_a_retirement_is_told(tmp_path: Path) -> None:
    record = Record(model="gpt-4o-mini", kind="chat", task="t", digest="d", sample=1, status="answered", seconds=1.0)
    told = models_markdown([record], today=TODAY)
    assert "2027-01-14" in told
    assert "successor is gpt" in told.replace("\\", "")
    assert "to be retired on 2027-01-14" in models_html([record], today=TODAY)


def test_records_of_strangers_are_data(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    hostile = Record(
        model="<script>alert(1)</script>|x", kind="chat", task="t", digest="d", sample=1, status="answered", seconds=1.0
    )
    append_record(path, hostile)
    path.write_bytes(path.read_bytes() + b'{"model": 3\n{"model": "m", "kind": "poem"}\n')
    records, bad = read_records(path)
    assert [error.line for error in bad] == [2, 3]
    assert "<script>alert" not in models_html(records, today=TODAY)
    assert "<script>" not in models_markdown(records, today=TODAY)
    path.write_text("nothing\n")
    with pytest.raises(CaseError, match="holds no record"):
        read_records(path)
