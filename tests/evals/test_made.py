from __future__ import annotations

import pytest

from evals.tuning.judged import Judged
from evals.tuning.made import made_questions
from rag import Rag
from rag.settings import load_settings

PAGE = """# Pricing policy

Discounts above ten percent need the approval of the regional director, in writing, before an offer is sent.
A rebate is given once a year.

An Escalation is a complaint that was not answered within two working days of its arrival at the desk.

## Transport of heavy goods

| Weight class | Fee |
|---|---|
| Light parcels | 10 EUR |
| Heavy crates | 90 EUR |

"Demurrage" means the charge for a container that stands in the port for longer than its free days.
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Judged], str]:
    folder = tmp_path_factory.mktemp("docs")
    (folder / "pricing.md").write_text(PAGE)
    (folder / "empty.txt").write_text("nothing to ask")
    settings = load_settings(overrides={"embedder.model": "hashing"})
    with Rag.open(tmp_path_factory.mktemp("index"), settings=settings, create=True) as rag:
        rag.index([folder])
        questions = made_questions(rag, most=100)
        assert questions == made_questions(rag, most=100)
        return questions, rag.document("pricing.md").text


def evidence(made: tuple[list[Judged], str], kind: str) -> dict[str, str]:
    questions, text = made
    return {
        question.text: text[slice(*question.places[0].spans[0])].strip()
        for question in questions
        if question.kind == kind
    }


def test_headings_ask_for_their_sections(made: tuple[list[Judged], str]) -> None:
    found = evidence(made, "heading")
    assert set(found) == {"Pricing policy", "Transport of heavy goods"}
    assert found["Pricing policy"].startswith("Discounts above")
    assert "Transport" not in found["Pricing policy"]


def test_definitions_ask_for_the_sentence_that_defines(made: tuple[list[Judged], str]) -> None:
    found = evidence(made, "definition")
    assert found["What is an Escalation?"].startswith("An Escalation is a complaint")
    assert found["What does Demurrage mean?"].startswith('"Demurrage" means')


def test_row_and_column_ask_for_the_row(made: tuple[list[Judged], str]) -> None:
    found = evidence(made, "table")
    (question,) = [text for text in found if text.startswith("Heavy crates, Fee")]
    assert "90 EUR" in found[question]
    assert "Light" not in found[question]
