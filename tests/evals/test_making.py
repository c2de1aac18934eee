"""Cases made by rule: what is asked, what answers it, and what nothing answers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.case import Case, load_cases
from evals.formats.dataset import Item
from evals.formats.folder import case_json, lines
from evals.locate import locate
from evals.making.asking import asked_by, plain, unnumbered
from evals.making.cases import MadeSet, make_cases
from evals.making.unanswerable import Places
from indexers.settings import EmbedderSettings
from rag import Rag
from rag.settings import Settings
from rag.words import content_stems

LEAVE = """# 1. Leave of employees

Full-time employees have 27 days of annual leave. The carry-over limit in Norway is 5 days a year.

A sabbatical is a leave of more than three months that is taken without pay and without duties.

## How do I announce my parental leave?

Tell your manager and the People team at least 8 weeks before the leave begins.

## What is this about?

Something that only this page explains, and that nobody could ask elsewhere.

## Rules for part-time employees

Part-time employees take leave in proportion to the days that they work in a week.
"""
PRICES = """# Prices of transport

| Weight class | Fee in 2019 | Fee in 2020 |
|---|---|---|
| Light parcels | 10 EUR | 12 EUR |
| Heavy crates | 90 EUR | N/A |

"Demurrage" means the charge for a container that stands in the port for longer than its free days.

The transport fee in Denmark is EUR 40 a pallet.
"""
OTHER = """# Submarines

The Kraken is a submarine that was built in 1931 for the polar expedition of the museum.
"""


@pytest.fixture(scope="module")
def rag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rag]:
    yield from opened(tmp_path_factory, {"leave.md": LEAVE, "prices.md": PRICES})


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rag]:
    yield from opened(tmp_path_factory, {"submarines.md": OTHER})


def opened(tmp_path_factory: pytest.TempPathFactory, files: dict[str, str]) -> Iterator[Rag]:
    folder = tmp_path_factory.mktemp("docs")
    for name, text in files.items():
        (folder / name).write_text(text)
    settings = Settings(embedder=EmbedderSettings(model="hashing"))
    with Rag.open(tmp_path_factory.mktemp("index"), settings=settings, create=True) as rag:
        rag.index([folder])
        yield rag


@pytest.fixture(scope="module")
def made(rag: Rag, others: Rag) -> MadeSet:
    return make_cases(rag, most=100, unanswerable=0.5, others=others)


def of_kind(made: MadeSet, kind: str) -> dict[str, Case]:
    return {case.question: case for case in made.cases if case.kind == kind}


@pytest.mark.parametrize(
    ("sentence", "question", "reference"),
    [
        (
            "A tracking issue is a GitHub issue that captures work.",
            "What is a tracking issue?",
            "a GitHub issue that captures work.",
        ),
        ("Triggers are the events that cause Tags to run.", "What are Triggers?", "the events that cause Tags to run."),
        (
            '"Demurrage" means the charge for a container in port.',
            "What does Demurrage mean?",
            "the charge for a container in port.",
        ),
        (
            "[gRPC](https://x.io/) is a Remote Procedure Call framework by Google.",
            "What is gRPC?",
            "a Remote Procedure Call framework by Google.",
        ),
        ("The hotel limit in Norway is EUR 195 a night.", "What is the hotel limit in Norway?", "EUR 195 a night"),
        (
            "The effective tax rate for 2018 was 23.4 percent.",
            "What was the effective tax rate for 2018?",
            "23.4 percent",
        ),
        (
            "Full-time employees have 27 days of annual leave.",
            "How many days of annual leave do Full-time employees have?",
            "27 days",
        ),
        ("Each driver gets 45 minutes of rest.", "How many minutes of rest does each driver get?", "45 minutes"),
        (
            "Employees may take 16 weeks of parental leave at full pay.",
            "How many weeks of parental leave at full pay may Employees take?",
            "16 weeks",
        ),
    ],
)
def test_a_sentence_is_asked_for(sentence: str, question: str, reference: str) -> None:
    asked = asked_by(sentence)
    assert asked is not None
    assert (asked.question, asked.reference) == (question, reference)


@pytest.mark.parametrize(
    "sentence",
    [
        "If the issue is a defect, we trust our teammates to schedule the fix.",
        "Usually this question means the person has the following concerns.",
        "Provided below is a cautionary discussion of what we believe to be risks.",
        "Service is the most important aspect in choosing one over another.",
        "Secure log-on controls are used to prove the identity of users.",
        "Clicking this button means your change will be merged in for you.",
        "Our target is 80%.",
        "The meeting is 30 minutes long.",
        "The entire pipeline runs every hour so it can take up to 1 hour for data.",
        "It is a long established fact that a reader will be distracted.",
        "A definition is a sentence that ends in nothing",
        "",
    ],
)
def test_a_sentence_that_fits_no_pattern_makes_no_question(sentence: str) -> None:
    assert asked_by(sentence) is None


def test_markdown_and_numbers_of_headings_are_no_part_of_a_question() -> None:
    assert plain("See **our** [policy](./p.md) on `x_y`") == "See our policy on x_y"
    assert [unnumbered(one) for one in ("## 2.1 Leave", "3. Pay:", "3M Company", "(4) Dogs")] == [
        *("Leave", "Pay", "3M Company", "Dogs")
    ]


def test_every_answer_stands_in_its_quote_and_every_quote_in_its_document(rag: Rag, made: MadeSet) -> None:
    answered = [case for case in made.cases if case.answerable]
    assert {case.kind for case in answered} == {"definition", "value", "count", "heading question", "section", "table"}
    places, missing = locate(rag, answered)
    assert missing == ()
    for case in answered:
        (evidence,) = case.evidence
        document = rag.document(places[case.id][0].document_id)
        assert evidence.quote is not None
        assert evidence.quote in document.text
        assert all(stem in content_stems(evidence.quote) for stem in content_stems(case.reference)), case


def test_questions_that_people_might_ask(made: MadeSet) -> None:
    assert "What is a sabbatical?" in of_kind(made, "definition")
    assert set(of_kind(made, "heading question")) == {"How do I announce my parental leave?"}
    assert 'What does "Leave of employees" say about "Rules for part-time employees"?' in {
        question.replace("1. ", "") for question in of_kind(made, "section")
    }


def test_a_cell_is_asked_for_by_its_row_and_column_and_blank_ones_are_not(made: MadeSet) -> None:
    cells = {question.rpartition("column ")[2]: case.reference for question, case in of_kind(made, "table").items()}
    assert cells['"Fee in 2019" say for Heavy crates?'] == "90 EUR"
    assert len(cells) == 2, "one cell a row"


def test_a_near_miss_names_what_stands_nowhere_together(rag: Rag, made: MadeSet) -> None:
    misses = [case for case in made.cases if case.kind == "near miss"]
    assert misses
    answered = {case.question for case in made.cases if case.answerable}
    texts = [rag.document(entry.id).text for entry in rag.documents()]
    for case in misses:
        assert (case.answerable, case.reference, case.evidence) == (False, "", ())
        assert case.question not in answered
    (limit,) = [case.question for case in misses if "carry-over limit" in case.question]
    assert limit.removeprefix("What is the carry-over limit in ") in ("Denmark?", "Demurrage?")
    assert "What is the transport fee in Norway?" in {case.question for case in misses}
    assert not any("transport fee in Norway" in text for text in texts)


def test_what_only_other_documents_answer_is_to_be_abstained_from(made: MadeSet) -> None:
    (case,) = [case for case in made.cases if case.kind == "other documents"]
    assert case.question == "What is the Kraken?"
    assert not case.answerable


def test_places_know_what_stands_together(rag: Rag) -> None:
    places = Places(rag.document(entry.id) for entry in rag.documents())
    assert places.answers(content_stems("Norway"), content_stems("carry-over limit"))
    assert not places.answers(content_stems("Denmark"), content_stems("carry-over limit"))
    assert not places.answers(content_stems("Kraken"), ())
    assert places.is_name("Norway")
    assert not places.is_name("Leave")


def test_the_same_documents_make_the_same_cases_and_kinds_take_turns(rag: Rag, others: Rag, made: MadeSet) -> None:
    assert make_cases(rag, most=100, unanswerable=0.5, others=others) == made
    few = make_cases(rag, most=6, unanswerable=0.0)
    assert len(few.cases) == 6
    assert all(case.answerable for case in few.cases)
    assert len({case.kind for case in few.cases}) >= 5
    some = make_cases(rag, most=4, unanswerable=0.5)
    assert sorted(case.answerable for case in some.cases) == [False, False, True, True]
    assert len({case.id for case in made.cases}) == len(made.cases)
    assert all(one.question != other.question for one, other in itertools.combinations(made.cases, 2))


def test_what_is_made_is_a_file_of_cases(made: MadeSet, tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text(lines(case_json(Item(case)) for case in made.cases))
    assert tuple(load_cases(tmp_path / "cases.jsonl")) == made.cases
