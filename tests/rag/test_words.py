from __future__ import annotations

import pytest

from rag.question import AskedFor, asked_for, key_terms
from rag.words import content_stems, stem


@pytest.mark.parametrize(
    "family",
    [
        ("pay", "pays", "paying"),
        ("payment", "payments"),
        ("employ", "employed", "employs", "employment"),
        ("policy", "policies"),
        ("box", "boxes"),
        ("report", "reports", "reported", "reporting"),
        ("manage", "manager", "managers", "managed", "management"),
        ("approve", "approved", "approves", "approving"),
    ],
)
def test_a_family_of_words_has_one_stem(family: tuple[str, ...]) -> None:
    assert len({stem(word) for word in family}) == 1


@pytest.mark.parametrize("word", ["abc-123", "10k", "bus", "gas", "sing", "P8"])
def test_codes_and_short_words_stay(word: str) -> None:
    assert stem(word) == word


def test_stop_words_carry_nothing() -> None:
    assert content_stems("What is the price of the Heron P8?") == ["price", "heron", "p8"]
    assert content_stems("What is it?") == []


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("How many weeks of leave?", AskedFor.NUMBER),
        ("What is the price of a Heron?", AskedFor.NUMBER),
        ("How do I ask for leave?", AskedFor.ANY),
        ("When does the contract end?", AskedFor.DATE),
        ("On which day are salaries paid?", AskedFor.DATE),
        ("Who approves travel?", AskedFor.PERSON),
        ("May I bring my dog?", AskedFor.ANY),
    ],
)
def test_asked_for(question: str, asked: AskedFor) -> None:
    assert asked_for(question) is asked


@pytest.mark.parametrize(
    ("asked", "text", "fits"),
    [
        (AskedFor.NUMBER, "Leave is 16 weeks.", True),
        (AskedFor.NUMBER, "Leave is sixteen weeks.", True),
        (AskedFor.NUMBER, "Leave is long.", False),
        (AskedFor.NUMBER, "The P8 is a container.", False),
        (AskedFor.DATE, "It ends on Friday.", True),
        (AskedFor.DATE, "It ends soon.", False),
        (AskedFor.PERSON, "It is Marit Okonkwo.", True),
        (AskedFor.PERSON, "The works council decides; ask a manager.", True),
        (AskedFor.PERSON, "It is decided later.", False),
    ],
)
def test_fits(asked: AskedFor, text: str, fits: bool) -> None:
    assert asked.fits(text, "What about the P8?") is fits


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("Who manages the depot in Warsaw?", ["Warsaw"]),
        ("What was our revenue in 2022?", ["2022"]),
        ("What does a Heron P8 cost?", ["Heron", "P8"]),
        ("Is there a dress code?", []),
        ("HR or IT?", ["HR"]),
        ("What is it? The answer matters.", []),
    ],
)
def test_key_terms(question: str, terms: list[str]) -> None:
    assert key_terms(question) == terms
