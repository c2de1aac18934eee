from __future__ import annotations

from pathlib import Path

import pytest

from evals.case import Case, load_cases
from evals.outcome import Gap, Measurement
from evals.runs.trivial import COPIED_CHARS, TRIVIAL, as_good, trivial_measures
from evals.scores import COMPOSITES, Said, composite_scores, measure
from retrievers.window import ContextWindow
from tests.rag.windows import window_of

CASES = load_cases(Path(__file__).parents[2] / "examples" / "cases.jsonl")
QUOTES = [item.quote for case in CASES for item in case.evidence if item.quote]
LOOKS_GOOD_FROM = 0.3
SHOWN = 30
"""Quotes in a window: about 600 words, a tenth of what is shown by default."""


def shown_for(case: Case) -> ContextWindow:
    """All of its evidence among that of other cases, as a search that works shows it."""
    at = CASES.index(case)
    others = [[quote] for quote in (QUOTES * 2)[at : at + SHOWN]]
    mine = [[item.quote] for item in case.evidence if item.quote]
    return window_of(*others[:1], *mine, *others[1:])


@pytest.fixture(scope="module")
def trivial() -> dict[str, dict[str, Measurement]]:
    return trivial_measures(CASES, [shown_for(case) for case in CASES])


def value(measurement: Measurement) -> float:
    return 0.0 if isinstance(measurement.value, Gap) else measurement.value


@pytest.mark.parametrize("composite", COMPOSITES)
@pytest.mark.parametrize("system", TRIVIAL)
def test_no_system_that_knows_nothing_looks_good(
    trivial: dict[str, dict[str, Measurement]], system: str, composite: str
) -> None:
    assert value(trivial[system][composite]) < LOOKS_GOOD_FROM


def test_who_answers_with_the_reference_and_abstains_where_he_should_looks_perfect() -> None:
    scores = [composite_scores(case, case.reference, abstained=not case.answerable) for case in CASES]
    said = [Said(case.answerable, abstained=not case.answerable) for case in CASES]
    assert {name: value(one) for name, one in measure(scores, said, COMPOSITES).items()} == pytest.approx(
        dict.fromkeys(COMPOSITES, 1.0), abs=0.02
    )


def test_where_a_trivial_system_does_as_well_the_report_is_told() -> None:
    cases = [Case(str(at), "Why?", answerable=False) for at in range(3)]
    figures = trivial_measures(cases, [None] * 3)
    mine = figures["always_abstain"]
    assert as_good(mine, figures) == {"accuracy": "always_abstain", "abstention_f1": "always_abstain"}
    assert as_good(mine, {}) == {}


def test_nothing_shown_is_nothing_copied_and_much_is_cut() -> None:
    case = CASES[0]
    assert TRIVIAL["copy_everything"](case, None).text == TRIVIAL["first_sentence"](case, None).text == ""
    assert len(TRIVIAL["copy_everything"](case, window_of(["Word. " * 2000])).text) == COPIED_CHARS
