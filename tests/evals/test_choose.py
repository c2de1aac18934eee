"""What is chosen, and what choosing is said to be worth: a gain that is there is found, one that is not is not."""

from __future__ import annotations

import random

import pytest

from evals.errors import EvalError
from evals.tuning.choose import Trial, Tuned, choose, trials_of
from evals.tuning.judged import Judged, folds, sample

QUESTIONS = [Judged(f"q{number}", f"question {number}", f"document {number % 40}") for number in range(200)]
TRIALS: list[Trial] = [{}, {"w": 1.0}, {"w": 2.0}]


def chosen(gains: dict[float, float], *, noise: float = 0.3, questions: list[Judged] = QUESTIONS) -> Tuned:
    def scores(trial: Trial) -> list[float]:
        dice = random.Random(str(trial))  # noqa: S311  # figures, not secrets
        return [0.5 + gains.get(trial.get("w", 0), 0) + dice.uniform(-noise, noise) for _ in questions]

    return choose(questions, TRIALS, scores)


def test_a_gain_that_is_there_is_found_and_said_as_it_is() -> None:
    tuned = chosen({2.0: 0.2})
    assert tuned.best == {"w": 2.0}
    assert tuned.wins
    assert tuned.gain.low < 0.2 < tuned.gain.high
    assert tuned.gain.after - tuned.gain.before == pytest.approx(0.2, abs=0.05)


def test_luck_alone_does_not_win() -> None:
    many: list[Trial] = [{}, *({"w": float(number)} for number in range(1, 60))]
    wins = 0
    for seed in range(20):

        def scores(trial: Trial, seed: int = seed) -> list[float]:
            dice = random.Random(f"{seed} {trial}")  # noqa: S311  # figures, not secrets
            return [dice.random() for _ in QUESTIONS]

        tuned = choose(QUESTIONS, many, scores)
        assert max(mean for _, mean in tuned.trials) > tuned.trials[0][1]
        wins += tuned.wins
    assert wins <= 2


def test_what_is_worse_or_alike_is_never_taken() -> None:
    assert chosen({1.0: -0.2, 2.0: -0.1}).best == {}
    alike = chosen({}, noise=0.0)
    assert alike.best == {}
    assert not alike.wins


def test_a_gain_at_the_cost_of_another_kind_of_question_does_not_win() -> None:
    questions = [
        Judged(one.id, one.text, one.group, "table" if place % 4 else "heading") for place, one in enumerate(QUESTIONS)
    ]

    def scores(trial: Trial) -> list[float]:
        gain = {"table": 0.4, "heading": -0.1} if trial else {}
        return [0.5 + gain.get(one.kind, 0) for one in questions]

    tuned = choose(questions, TRIALS, scores)
    assert tuned.gain.wins
    assert tuned.by_kind["heading"] == pytest.approx(-0.1)
    assert not tuned.wins


def test_questions_about_a_handful_of_documents_are_refused() -> None:
    few = [Judged(f"q{number}", "?", f"d{number % 5}") for number in range(500)]
    with pytest.raises(EvalError, match="500 questions about 5 documents"):
        chosen({}, questions=few)


def test_a_document_is_in_one_fold_and_folds_are_alike_in_size() -> None:
    groups = [question.group for question in QUESTIONS]
    places = folds(groups)
    assert all(len({place for place, one in zip(places, groups, strict=True) if one == group}) == 1 for group in groups)
    assert [places.count(fold) for fold in range(5)] == [40] * 5
    assert folds(groups) == places


def test_every_combination_is_tried_once_and_what_stands_now_first() -> None:
    grids = ({"a": (1.0, 3.0), "b": (2.0, 4.0), "absent": (1.0,)}, {"a": (3.0, 5.0)})
    assert trials_of({"a": 1.0, "b": 2.0}, grids) == [{}, {"b": 4.0}, {"a": 3.0}, {"a": 3.0, "b": 4.0}, {"a": 5.0}]
    assert trials_of({}, grids) == [{}]


def test_a_sample_is_the_same_every_time_and_takes_from_every_kind() -> None:
    questions = [Judged(f"q{n}", str(n), "d", "rare" if n < 5 else "common") for n in range(100)]
    taken = sample(questions, 20)
    assert taken == sample(questions, 20)
    assert [question.kind for question in taken].count("rare") == 5
    assert len(taken) == 20
    assert sample(questions, 1000) == questions
