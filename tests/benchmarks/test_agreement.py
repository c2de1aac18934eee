from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.graded import load_graded, print_graded
from benchmarks.preferences import _rouge_l, _weighted, load_pairs


def write(path: Path, lines: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def rated(label: int, instance: int = 3) -> dict[str, object]:
    answers = {f"model{at}": {"response": f"answer {at}", "critiques": "not to be read"} for at in (1, 2)}
    return {"instance_id": instance, "query": "q", "gt_answer": "r", "overall_label": label} | answers


def test_both_raters_of_a_pair_are_one_pair(tmp_path: Path) -> None:
    pairs = load_pairs(write(tmp_path / "prefs.jsonl", [rated(2), rated(-1), rated(0, instance=4)]))
    assert [pair.labels for pair in pairs] == [(2, -1), (0,)]
    assert (pairs[0].first, pairs[0].second) == ("answer 1", "answer 2")


def test_pearson_with_weights_is_pearson_with_repeats() -> None:
    one, other = np.array([1.0, 2.0, 4.0]), np.array([3.0, 1.0, 5.0])
    weighted = _weighted(one, other, np.array([[2.0, 1.0, 1.0], [0.0, 0.0, 4.0]]))
    assert weighted[0] == pytest.approx(np.corrcoef(one[[0, 0, 1, 2]], other[[0, 0, 1, 2]])[0, 1])
    assert np.isnan(weighted[1])


def test_rouge_l_by_hand() -> None:
    assert _rouge_l(["a", "b", "c"], ["a", "x", "c"]) == pytest.approx(2 * 2 / 6)
    assert _rouge_l([], ["a"]) == 0.0


def graded(question: int, answer: str, label: str) -> dict[str, object]:
    return {
        "financebench_id": f"q{question}",
        "question": "Capex in USD millions?",
        "gold_answer": 1577,
        "model_answer": answer,
        "label": label,
    }


def test_half_of_the_questions_is_unseen_whatever_their_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [graded(at, "$1.577 billion", "Correct Answer") for at in range(5)]
    lines += [graded(at, "I don't know.", "Refusal") for at in range(5)]
    answers = load_graded(write(tmp_path / "graded.jsonl", lines))
    again = load_graded(write(tmp_path / "again.jsonl", lines[::-1]))
    assert {one.question_id for one in answers if one.seen} == {one.question_id for one in again if one.seen}
    assert len({one.question_id for one in answers if one.seen}) == 2
    print_graded(answers)
    shown = capsys.readouterr().out
    assert "| refuses | unseen, 3 | 6 | 1.000 |" in shown
    assert "| numeric match | unseen, 3 | 6 | 1.000 |" in shown
