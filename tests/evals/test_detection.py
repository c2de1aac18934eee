"""Measures of a score against labels: each against a brute-force reference, and what cannot be measured."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evals.outcome import NOT_MEASURABLE, Gap
from evals.verifier.detection import MEASURES, detect

SCORES = [0.9, 0.9, 0.8, 0.5, 0.5, 0.4, 0.2, 0.2, 0.1, 1.0]
LABELS = [True, False, True, True, False, True, False, False, True, True]


def brute_force(scores: list[float], labels: list[bool], threshold: float) -> dict[str, float]:
    pairs = list(zip(scores, labels, strict=True))
    good = [score for score, label in pairs if label]
    bad = [score for score, label in pairs if not label]
    auroc = sum((a > b) + 0.5 * (a == b) for a in good for b in bad) / (len(good) * len(bad))
    flagged = sum(score < threshold for score in scores)
    found = sum(score < threshold for score in bad)
    precision, recall = found / flagged, found / len(bad)
    share = len(bad) / len(pairs)
    gaps = 0.0
    for at in range(10):
        inside = [pair for pair in pairs if min(int(pair[0] * 10), 9) == at]
        gaps += abs(sum(score - label for score, label in inside))
    return {
        "balanced_accuracy": (sum(score >= threshold for score in good) / len(good) + recall) / 2,
        "auroc": auroc,
        "f1_unsupported": 2 * precision * recall / (precision + recall),
        "f1_flag_everything": 2 * share / (share + 1),
        "ece": gaps / len(pairs),
        "brier": sum((score - label) ** 2 for score, label in pairs) / len(pairs),
    }


def test_every_measure_is_what_counting_gives() -> None:
    measured = detect(SCORES, LABELS, threshold=0.5)
    assert measured.values == pytest.approx(brute_force(SCORES, LABELS, 0.5))
    assert list(measured.values) == list(MEASURES)
    assert (measured.n, measured.positives) == (10, 6)


def test_a_measure_over_drawn_cases_is_the_measure_of_those_cases() -> None:
    times = np.array([[2, 0, 1, 0, 3, 1, 0, 2, 0, 1]], dtype=np.float64)
    drawn = [place for place, often in enumerate(times[0]) for _ in range(int(often))]
    expected = brute_force([SCORES[place] for place in drawn], [LABELS[place] for place in drawn], 0.5)
    for name, measure in MEASURES.items():
        found = measure(np.array(SCORES), np.array(LABELS), times, 0.5)
        assert found[0] == pytest.approx(expected[name]), name


def test_a_score_at_the_threshold_says_supported() -> None:
    assert detect([0.5, 0.49], [True, False], threshold=0.5).values["balanced_accuracy"] == 1.0


@pytest.mark.parametrize("label", [True, False])
def test_with_one_class_there_is_no_auroc_and_no_balanced_accuracy(label: bool) -> None:
    measured = detect([0.1, 0.9], [label, label], threshold=0.5)
    assert measured.values["auroc"] is NOT_MEASURABLE
    assert measured.values["balanced_accuracy"] is NOT_MEASURABLE
    assert not {"auroc", "balanced_accuracy"} & set(measured.intervals)
    assert all(isinstance(value, Gap) or math.isfinite(value) for value in measured.values.values())


def test_one_claim_is_enough_for_figures_without_nan() -> None:
    measured = detect([1.0], [True], threshold=0.5)
    assert measured.values["brier"] == 0.0
    assert measured.values["f1_unsupported"] is NOT_MEASURABLE
    assert [one.n for one in measured.bins] == [0] * 9 + [1]


def test_intervals_hold_the_value_and_are_the_same_every_time() -> None:
    measured = detect(SCORES * 5, LABELS * 5, threshold=0.5)
    assert measured == detect(SCORES * 5, LABELS * 5, threshold=0.5)
    for name, (low, high) in measured.intervals.items():
        value = measured.values[name]
        assert isinstance(value, float)
        assert low <= value <= high or name == "ece"  # which is biased upwards in small samples
        assert low < high


def test_claims_about_one_text_say_less_than_as_many_about_different_ones() -> None:
    scores, labels = SCORES * 8, LABELS * 8
    alone = detect(scores, labels, threshold=0.5).intervals["auroc"]
    together = detect(scores, labels, threshold=0.5, groups=[str(at % 10) for at in range(80)]).intervals["auroc"]
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])


def test_bins_tell_score_and_share_supported() -> None:
    bins = detect(SCORES, LABELS, threshold=0.5).bins
    assert [one.n for one in bins] == [0, 1, 2, 0, 1, 2, 0, 0, 1, 3]
    assert bins[9].mean_score == pytest.approx(2.8 / 3)
    assert bins[9].supported == pytest.approx(2 / 3)
    assert bins[0].mean_score is NOT_MEASURABLE
