"""`assert_grounded` over the three forms of an answer."""

from __future__ import annotations

from typing import Any

import pytest

from evals.grounded import assert_abstains, assert_grounded

SOURCE = "Employees may take 16 weeks of parental leave at full pay. It must be announced 8 weeks before."
TRUE = "Employees may take 16 weeks of parental leave at full pay."
FALSE = "Employees may take 26 weeks of parental leave at full pay."


def answer(*sentences: str, abstained: bool = False) -> dict[str, Any]:
    return {
        "text": " ".join(sentences),
        "abstained": abstained,
        "sentences": [{"text": text, "citations": [1], "verdict": "supported", "score": 1.0} for text in sentences],
        "citations": [{"number": 1, "quote": SOURCE}],
    }


def test_what_the_sources_say_passes() -> None:
    assert_grounded(answer(TRUE))
    assert_grounded(TRUE, [SOURCE])
    assert_grounded(TRUE, [{"text": SOURCE}])
    assert_grounded(TRUE, ["Something else.", {"quote": SOURCE, "number": 2}])


def test_the_verdicts_that_came_with_an_answer_are_not_believed() -> None:
    with pytest.raises(AssertionError, match="0 of 1 claims") as failed:
        assert_grounded(answer(FALSE))
    told = str(failed.value)
    assert FALSE in told
    assert "26" in told.split("\n")[2], "the reason names the number"
    assert f"nearest evidence: {TRUE}" in told


def test_a_share_may_be_enough() -> None:
    with pytest.raises(AssertionError, match="1 of 2 claims are borne out by their sources, all asked for"):
        assert_grounded(answer(TRUE, FALSE))
    assert_grounded(answer(TRUE, FALSE), least=0.5)


def test_a_sentence_without_sources_is_not_grounded() -> None:
    with pytest.raises(AssertionError, match="it cites nothing"):
        assert_grounded(TRUE, [])


def test_an_abstention_is_not_grounded_and_an_answer_no_abstention() -> None:
    with pytest.raises(AssertionError, match="assert_abstains"):
        assert_grounded(answer(abstained=True))
    assert_abstains(answer(abstained=True))
    with pytest.raises(AssertionError, match="16 weeks"):
        assert_abstains(answer(TRUE))


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        pytest.param((TRUE,), TypeError, "needs its sources", id="text-without-sources"),
        pytest.param((answer(TRUE), [SOURCE]), TypeError, "has its own citations", id="answer-with-sources"),
        pytest.param((7,), TypeError, "not int", id="no-answer"),
        pytest.param(({"text": "x"},), ValueError, "no answer", id="no-sentences"),
        pytest.param((TRUE, [{"title": "x"}]), ValueError, "text or a quote", id="source-without-text"),
    ],
)
def test_what_is_no_answer_is_refused(given: tuple[Any, ...], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        assert_grounded(*given)
