from __future__ import annotations

import datetime as dt

import pytest

from indexers.tokens import count_tokens
from rag.answer import Usage
from rag.profiles import model_profile


def test_gpt_4o_mini() -> None:
    profile = model_profile("gpt-4o-mini", window_tokens=8192)
    assert (profile.window, profile.longest_output, profile.estimated) == (128_000, 16_384, False)
    assert profile.cost_usd(Usage(prompt_tokens=1_000_000, completion_tokens=1_000_000)) == pytest.approx(0.75)
    assert profile.cost_usd(Usage(prompt_tokens=1_000_000, cached_tokens=1_000_000)) == pytest.approx(0.075)


def test_an_unknown_model_is_estimated_and_has_no_price() -> None:
    profile = model_profile("my-llama", window_tokens=8192)
    assert (profile.name, profile.window, profile.estimated) == ("my-llama", 8192, True)
    assert profile.count("one two three four") > count_tokens("one two three four")
    assert profile.cost_usd(Usage(prompt_tokens=10)) is None


def test_the_successor_reasons_and_its_price_is_not_known() -> None:
    profile = model_profile("gpt-6-luna", window_tokens=8192)
    assert (profile.output_parameter, profile.takes_temperature) == ("max_completion_tokens", False)
    assert profile.cost_usd(Usage(prompt_tokens=10)) is None


def test_extractive_costs_nothing() -> None:
    assert model_profile("extractive", window_tokens=8192).cost_usd(Usage()) == 0.0


@pytest.mark.parametrize(
    ("today", "says"),
    [
        pytest.param(dt.date(2026, 10, 15), None, id="91-days-before"),
        pytest.param(
            dt.date(2026, 10, 16), "is to be retired on 2027-01-14; its successor is gpt-6-luna", id="90-days"
        ),
        pytest.param(dt.date(2027, 1, 14), "was retired on 2027-01-14", id="on-the-day"),
    ],
)
def test_retirement(today: dt.date, says: str | None) -> None:
    warnings = model_profile("gpt-4o-mini", window_tokens=8192).warnings(today)
    assert [says in warning for warning in warnings] == ([True] if says else []) if says else warnings == ()
