"""Blind rating: balanced and repeatable tasks, a file that loses nothing, a summary that says no more than it knows."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import pytest

from evals.errors import RatingError, RunError
from evals.html.rating import rating_html
from evals.outcome import NOT_MEASURABLE
from evals.rating.agreement import auroc, krippendorff, pearson, share, spearman
from evals.rating.ratings import Opinion, add_rating, rated, read_ratings
from evals.rating.session import Session
from evals.rating.summary import summarise, summary_json
from evals.rating.systems import System, read_systems, shared_cases
from evals.rating.tasks import said_the_same, tasks_for
from tests.evals.run_folders import HOSTILE, answer, case, run_folder

CASES = 10


def folder(path: Path, word: str, *, cases: int = CASES, same: int = 0) -> Path:
    """A run that says ``word`` in every case, but "the same" in the first ones."""
    said = ["the same" if at < same else word for at in range(cases)]
    rows = [case(f"c{at}", answer=f"It is {said[at]} {at}.") | {"question": f"What of {at}?"} for at in range(cases)]
    return run_folder(path, rows, [answer(f"c{at}", text=f"{said[at]} {at}") for at in range(cases)])


@pytest.fixture
def systems(tmp_path: Path) -> list[System]:
    return read_systems([folder(tmp_path / "secret-gpt", "red"), folder(tmp_path / "secret-llama", "blue")])


def test_each_system_stands_first_in_half_of_its_pairs(tmp_path: Path) -> None:
    three = read_systems([folder(tmp_path / name, name) for name in ("a", "b", "c")])
    tasks = tasks_for(three, rater="anna", seed=0)
    assert len(tasks) == 3 * CASES
    assert len({task.name for task in tasks}) == 3 * CASES
    for one, other in (("a", "b"), ("b", "c"), ("a", "c")):
        firsts = Counter(
            task.sides[0].run.name for task in tasks if {side.run.name for side in task.sides} == {one, other}
        )
        assert firsts == {one: CASES // 2, other: CASES // 2}


def test_a_rater_has_an_order_of_their_own_that_stays(systems: list[System]) -> None:
    def order(rater: str, seed: int = 0) -> list[tuple[str, tuple[str, ...]]]:
        return [(task.case, task.keys) for task in tasks_for(systems, rater=rater, seed=seed)]

    assert order("anna") == order("anna")
    assert order("anna") != order("bert")
    assert order("anna") != order("anna", seed=1)
    assert order("anna") != sorted(order("anna"))


def test_answers_that_are_alike_are_not_shown(tmp_path: Path) -> None:
    both = read_systems([folder(tmp_path / "a", "red", same=3), folder(tmp_path / "b", "blue", same=3)])
    assert {task.case for task in tasks_for(both, rater="r", seed=0)} == {f"c{at}" for at in range(3, CASES)}
    assert said_the_same(both) == 3


def test_only_cases_that_all_have_answered_are_rated(tmp_path: Path) -> None:
    assert shared_cases(read_systems([folder(tmp_path / "a", "x"), folder(tmp_path / "b", "y", cases=4)])) == [
        "c0", "c1", "c2", "c3"
    ]  # fmt: skip
    other = run_folder(tmp_path / "c", [case("z")], [answer("z")])
    with pytest.raises(RunError, match="no answered case in common"):
        shared_cases(read_systems([tmp_path / "a", other]))
    with pytest.raises(RunError, match="nothing to rate"):
        read_systems([folder(tmp_path / "d", "x"), tmp_path / "a"])


def test_stored_answers_without_a_run_can_be_rated(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    lines = [{"id": "c1", "question": "What of 1?", "sentences": [{"text": "It is green."}]}]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    both = read_systems([folder(tmp_path / "a", "x"), file])
    (task,) = tasks_for(both, rater="r", seed=0)
    assert {side.answer(task.case) for side in task.sides} == {"It is x 1.", "It is green."}


def test_neither_the_page_nor_the_file_tells_whose_an_answer_is(systems: list[System], tmp_path: Path) -> None:
    session = Session(systems, tmp_path / "ratings.jsonl", rater="anna", seed=0)
    page = rating_html(session, 0, asked={"preference", "labels", "sentences"})
    session.add(0, Opinion(preferred="first"))
    for text in (page, (tmp_path / "ratings.jsonl").read_text(encoding="utf-8")):
        assert "secret" not in text
        assert "supported" not in text, "nor what the verifier says"
    assert not any(system.key in page for system in systems)


def test_no_text_of_an_answer_acts_on_the_rating_page(tmp_path: Path) -> None:
    hostile = run_folder(tmp_path / "a", [case("x", text=HOSTILE)], [answer("x", text=HOSTILE)])
    session = Session(read_systems([hostile]), tmp_path / "r", rater=HOSTILE[:90], seed=0)
    page = rating_html(session, 0, asked={"labels", "sentences"})
    assert page.count("<script>") == 1
    assert "<img" not in page
    assert not set(page) & set("\u202e\x1b\x00")


def test_what_was_rated_is_there_after_a_stop_and_the_last_word_counts(systems: list[System], tmp_path: Path) -> None:
    path = tmp_path / "ratings.jsonl"
    first = Session(systems, path, rater="anna", seed=0)
    for number in (0, 2, 0):
        first.add(number, Opinion(preferred="first" if number else "second"))
    again = Session(systems, path, rater="anna", seed=0)
    assert (again.done, again.next(), again.next(after=1)) == (2, 1, 3)
    before = again.before(0)
    assert before is not None
    assert before.preferred == "second"
    assert len(path.read_text(encoding="utf-8").splitlines()) == 3, "nothing is ever taken out"
    assert Session(systems, path, rater="bert", seed=0).done == 0


def test_a_half_written_line_costs_itself_alone(systems: list[System], tmp_path: Path) -> None:
    path = tmp_path / "ratings.jsonl"
    session = Session(systems, path, rater="anna", seed=0)
    session.add(0, Opinion(preferred="same"))
    with path.open("ab") as file:
        file.write(b'{"rater": "anna", "ca')
    Session(systems, path, rater="anna", seed=0).add(1, Opinion(preferred="first"))
    assert [rating.preferred for rating in read_ratings(path)] == ["same", "first"]


def test_a_line_that_is_no_rating_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ratings.jsonl"
    path.write_text('{"rater": "anna"}\n', encoding="utf-8")
    with pytest.raises(RatingError, match=r"ratings.jsonl, line 1: not a rating: case"):
        read_ratings(path)


@pytest.mark.parametrize(
    ("opinion", "told"),
    [
        (Opinion(), "nothing was chosen"),
        (Opinion(labels=("correct",)), "by side"),
        (Opinion(sentences=(("yes",), ())), "not one mark for each sentence"),
    ],
)
def test_an_opinion_that_does_not_fit_is_refused(systems: list[System], opinion: Opinion, told: str) -> None:
    with pytest.raises(RatingError, match=told):
        rated(tasks_for(systems, rater="r", seed=0)[0], "r", opinion)


def brute_alpha(units: dict[str, list[float]]) -> float:
    """1 - observed / expected disagreement, nominal, pair by pair."""
    pairs = [
        (a, b, 1 / (len(v) - 1)) for v in units.values() for i, a in enumerate(v) for j, b in enumerate(v) if i != j
    ]
    values = [value for v in units.values() for value in v]
    n = len(values)
    observed = sum(weight for a, b, weight in pairs if a != b) / n
    expected = sum(values[i] != values[j] for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    return 1 - observed / expected


def test_alpha_is_krippendorffs() -> None:
    units = {"a": [1.0, 1.0], "b": [0.0, 1.0], "c": [0.0, 0.0, 0.0], "d": [1.0, 0.0], "e": [1.0, 1.0], "alone": [1.0]}
    found = krippendorff(units, "nominal", {name: name for name in units})
    several = {name: values for name, values in units.items() if len(values) > 1}
    assert found.value == pytest.approx(brute_alpha(several))
    assert found.n == 5
    assert found.interval is not None
    low, high = found.interval
    assert low < brute_alpha(several) < high


@pytest.mark.parametrize("units", [{}, {"a": [1.0]}, {"a": [1.0, 1.0], "b": [1.0, 1.0]}], ids=["none", "one", "alike"])
def test_agreement_that_cannot_be_measured_says_so(units: dict[str, list[float]]) -> None:
    assert krippendorff(units, "ordinal", {name: name for name in units}).value is NOT_MEASURABLE


def test_correlations_are_what_they_are_called() -> None:
    groups = list("abcde")
    assert spearman([1, 2, 3, 4, 5], [1, 4, 9, 16, 25], groups).value == pytest.approx(1.0)
    assert pearson([1, 2, 3], [2, 4, 5], groups[:3]).value == pytest.approx(3 / math.sqrt(2 * (14 / 3)))
    assert auroc([0.1, 0.4, 0.4, 0.9], [False, False, True, True], groups[:4]).value == pytest.approx(3.5 / 4)
    assert share([1.0, 0.0, 0.5], groups[:3]).value == pytest.approx(0.5)
    assert spearman([1, 1, 1], [1, 2, 3], groups[:3]).value is NOT_MEASURABLE
    assert auroc([0.5], [True], ["a"]).value is NOT_MEASURABLE


def test_the_summary_gives_the_wins_back_to_the_names(systems: list[System], tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    for rater in ("anna", "bert"):
        session = Session(systems, path, rater=rater, seed=0)
        for number, task in enumerate(session.tasks):
            red = ("first", "second")["red" not in task.sides[0].answer(task.case)]
            labels = tuple("correct" if "red" in side.answer(task.case) else "wrong" for side in task.sides)
            session.add(number, Opinion(preferred=red, labels=labels))
    told = summary_json(summarise(read_ratings(path), systems))
    by_name = {one["name"]: one for one in told["systems"]}
    assert (by_name["secret-gpt"]["wins"], by_name["secret-llama"]["wins"]) == (2 * CASES, 0)
    assert by_name["secret-gpt"]["labels"] == {"correct": 2 * CASES, "partly": 0, "wrong": 0}
    assert told["first_answer_preferred"]["value"] == 0.5
    assert told["agreement"]["label"]["value"] == 1.0
    assert told["agreement"]["sentence"]["value"] == "not measurable"
    assert "NaN" not in json.dumps(told, allow_nan=False)


def test_ratings_of_other_answers_are_passed_over(systems: list[System], tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    Session(systems, path, rater="anna", seed=0).add(0, Opinion(preferred="first"))
    others = read_systems([folder(tmp_path / "x", "green"), folder(tmp_path / "y", "grey")])
    with pytest.raises(RatingError, match="none of the 1 ratings is of these answers"):
        summarise(read_ratings(path), others)
    add_rating(path, rated(tasks_for(others, rater="r", seed=0)[0], "r", Opinion(preferred="same")))
    assert summarise(read_ratings(path), systems).passed_over == 1
    with pytest.raises(RatingError, match="no ratings yet"):
        summarise([], systems)
