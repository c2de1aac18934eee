"""What this project asks of its assistant; `pytest` finds the fixtures by itself where Plumbline is installed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rag import Rag

QUESTIONS = ["How many weeks of parental leave may employees take?", "What is the hotel limit in Norway?"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_sentence_is_borne_out(rag_index: Rag, assert_grounded: Callable[..., None], question: str) -> None:
    assert_grounded(rag_index.ask(question))


def test_what_the_documents_do_not_say_is_not_answered(rag_index: Rag, assert_abstains: Callable[..., None]) -> None:
    assert_abstains(rag_index.ask("Who was the first person on Mars?"))


def test_an_answer_of_another_system_can_be_tested_too(assert_grounded: Callable[..., None]) -> None:
    assert_grounded(
        "Employees may take 16 weeks of parental leave at full pay.",
        ["Employees may take 16 weeks of parental leave at full pay. It must be announced in advance."],
    )
