from __future__ import annotations

import pytest

from evals.comparison.thresholds import Threshold, check, parse_thresholds
from evals.errors import GateError
from evals.outcome import ABSTAINED, NOT_MEASURABLE, Measurement

KNOWN = ("faithfulness", "recall@10", "abstention_f1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("faithfulness=0.9", Threshold("faithfulness", 0.9), id="plain"),
        pytest.param("recall@10=1", Threshold("recall@10", 1.0), id="at-k"),
        pytest.param(" Abstention-F1 = .5 ", Threshold("abstention_f1", 0.5), id="as-people-write"),
    ],
)
def test_a_threshold(text: str, expected: Threshold) -> None:
    assert parse_thresholds([text], known=KNOWN) == (expected,)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param("faithfulness", "MEASURE=VALUE", id="no-value"),
        pytest.param("=0.9", "MEASURE=VALUE", id="no-measure"),
        pytest.param("faithfulness=", "MEASURE=VALUE", id="empty-value"),
        pytest.param("recall@7=0.9", "known measures: faithfulness, recall@10, abstention_f1", id="unknown"),
        *(
            pytest.param(f"faithfulness={value}", "number from 0 to 1", id=value)
            for value in ("nan", "inf", "-0.1", "1.01", "90%", "1e-1", "high", "0,9", "\u0661")
        ),
    ],
)
def test_a_threshold_that_means_nothing_is_refused(text: str, word: str) -> None:
    with pytest.raises(GateError, match=word):
        parse_thresholds([text], known=KNOWN)


@pytest.mark.parametrize(
    ("measurement", "reason"),
    [
        pytest.param(Measurement(0.9, 3, 0, 0), None, id="met-exactly"),
        pytest.param(Measurement(0.1 * 3 * 3, 3, 0, 0), None, id="met-but-for-the-last-bit"),
        pytest.param(Measurement(0.8999, 3, 0, 0), "faithfulness: 0.8999, 0.9 asked for", id="below"),
        pytest.param(
            Measurement(NOT_MEASURABLE, 0, 0, 3), "faithfulness: not measurable in any case, 0.9 asked for", id="gap"
        ),
        pytest.param(
            Measurement(ABSTAINED, 0, 3, 0), "faithfulness: abstained in every case, 0.9 asked for", id="mute"
        ),
    ],
)
def test_check(measurement: Measurement, reason: str | None) -> None:
    failures = check({"faithfulness": measurement}, [Threshold("faithfulness", 0.9)])
    assert [failure.reason for failure in failures] == ([] if reason is None else [reason])
