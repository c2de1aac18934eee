from __future__ import annotations

import pytest

from evals.edits import KINDS, CleanText, clean_texts, edits_of, half, make_edits
from evals.edits.edit import Given, Pool, seeded
from evals.edits.literals import digit_put_in
from evals.edits.numbers import digits_swapped, numbers, percent_of_the_rest
from evals.edits.rewrites import as_iso, rescaled, rounded

REPORT = (
    "Merrow Ltd opened its plant in Gdynia on 14 March 2021. "
    "The plant employs 1,270 people, 310 more than in Leeds, and made $3,410 million in 2022. "
    "In the second quarter, at least 38 percent of the pallets were shipped to Oslo by Halvorsen Lines. "
    "The contract MX-4471 with Harbour Trust does not cover damage by water, and every driver may ask for gloves. "
    'The manager, Ada Brandt, said that "the new line is safe for everybody in the hall", and more visitors came. '
    "Orders were higher than before, and the public fund paid 40 dollars for each of the twelve days of the trial."
)
GARDEN = "Roses need light, as Celia Marchbanks writes, while old trees stand well in the shade of a northern wall. "


def texts() -> list[CleanText]:
    reports = [text for at in range(30) for text in clean_texts(f"report-{at}", REPORT.replace("1,27", f"1,{at + 10}"))]
    return reports + [text for at in range(8) for text in clean_texts(f"garden-{at}", GARDEN)]


def given(claim: str, evidence: str = "") -> Given:
    return Given(claim, evidence or claim, "d", Pool(), seeded("test"))


def test_every_kind_and_both_sets_of_rules_make_edits() -> None:
    for templates in ("train", "test"):
        made = list(make_edits(texts(), templates=templates, most=40))
        missing = {*KINDS, "swapped citation"} - {edit.kind for edit in made}
        assert not missing


def test_the_two_sets_share_neither_rule_nor_document() -> None:
    train, test = (list(make_edits(texts(), templates=which, most=60)) for which in ("train", "test"))
    assert not {edit.document for edit in train} & {edit.document for edit in test}
    assert not {edit.template for edit in train if edit.kind != "swapped citation"} & {edit.template for edit in test}


def test_the_same_texts_give_the_same_edits_whatever_else_is_made() -> None:
    everything = list(make_edits(texts(), templates="test", most=10))
    dates = list(make_edits(list(reversed(texts())), templates="test", kinds=["date"], most=10))
    assert [edit.claim for edit in everything if edit.kind == "date"] == [edit.claim for edit in dates]


def test_an_edit_is_never_what_its_evidence_says() -> None:
    for edit in make_edits(texts(), templates="test", most=100):
        if not edit.label and edit.kind != "swapped citation":
            assert edit.claim.rstrip(".") not in edit.evidence
        if edit.kind == "swapped citation":
            assert edit.claim not in edit.evidence


def test_no_more_edits_than_asked_for() -> None:
    assert len(list(edits_of("number", texts(), templates="test", most=7))) == 7


def test_half_of_the_documents_go_to_each_side() -> None:
    share = sum(half(f"document {at}") == "train" for at in range(1000))
    assert 430 < share < 570


@pytest.mark.parametrize(
    ("rule", "claim", "changed"),
    [
        pytest.param(digits_swapped, "It holds 1,270 pallets.", "It holds 1,720 pallets.", id="digits"),
        pytest.param(percent_of_the_rest, "About 38% of them left.", "About 62% of them left.", id="rest"),
        pytest.param(percent_of_the_rest, "About 50% of them left.", None, id="half-and-half"),
        pytest.param(digits_swapped, "It was founded in 1987.", None, id="years-are-dates"),
        pytest.param(digits_swapped, "It opened on 12 March.", None, id="days-are-dates"),
        pytest.param(as_iso, "It opened on March 4, 2021.", "It opened on 2021-03-04.", id="iso"),
        pytest.param(rescaled, "It made $3,410 million.", "It made $3.41 billion.", id="billions"),
        pytest.param(rescaled, "It made 2.5 million.", "It made 2,500 thousand.", id="thousands"),
        pytest.param(rounded, "It holds 1,277 pallets.", "It holds about 1,300 pallets.", id="rounded"),
        pytest.param(digit_put_in, "See contract MX-4471 today.", "See contract MX-47471 today.", id="identifier"),
    ],
)
def test_rule(rule: object, claim: str, changed: str | None) -> None:
    assert callable(rule)
    assert rule(given(claim)) == changed


def test_a_changed_number_is_one_that_the_evidence_lacks() -> None:
    assert digits_swapped(given("It holds 12 pallets.", "It holds 12 pallets and 21 crates.")) is None


def test_numbers_of_codes_and_dates_are_left_alone() -> None:
    found = [
        match.group() for match in numbers("MX-4471 of 2021-03-04, version 1.2.3, 14 March, 3:15, held 12 and 4.5.")
    ]
    assert found == ["12", "4.5"]
