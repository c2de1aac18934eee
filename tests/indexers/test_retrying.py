from __future__ import annotations

import datetime as dt
import email.utils

import pytest

from indexers.retrying import back_off_seconds, retry_after_seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"retry-after": "7"}, 7.0, id="seconds"),
        pytest.param({"retry-after": "0.25"}, 0.25, id="float"),
        pytest.param({"retry-after-ms": "1500", "retry-after": "9"}, 1.5, id="milliseconds-first"),
        pytest.param({"retry-after": "-3"}, None, id="negative"),
        pytest.param({"retry-after": "nan"}, None, id="nan"),
        pytest.param({"retry-after": "inf"}, None, id="inf"),
        pytest.param({"retry-after": "soon"}, None, id="words"),
        pytest.param({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, 360.0, id="reset"),
        pytest.param({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}, 0.02, id="reset-ms"),
        pytest.param({"x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "1s"}, None, id="not-used-up"),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers) == seconds


def test_retry_after_as_a_date() -> None:
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=100)
    seconds = retry_after_seconds({"retry-after": email.utils.format_datetime(moment, usegmt=True)})
    assert seconds is not None
    assert 90 < seconds <= 100


def test_back_off_is_full_jitter_up_to_twenty_seconds() -> None:
    assert [back_off_seconds(n, None, lambda _low, high: high) for n in (1, 2, 3, 9)] == [1.0, 2.0, 4.0, 20.0]
    assert back_off_seconds(3, None, lambda low, _high: low) == 0.0


def test_what_the_endpoint_asks_for_is_never_undercut() -> None:
    assert back_off_seconds(1, 8.0, lambda low, _high: low) == 8.0
    assert back_off_seconds(1, 8.0, lambda _low, high: high) == 10.0
