from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrievers.terms import codes, content_words, name_words, searchable, years_inside


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("the 10-K and the 10K", ["10k", "10k"], id="hyphen-or-not"),
        pytest.param("ISO-27001, ISO\u201127001.", ["iso27001", "iso27001"], id="any-hyphen"),
        pytest.param("$1,577 or 1577.00 or 1577", ["1577", "1577", "1577"], id="one-number-in-three-spellings"),
        pytest.param("1,577,000", ["1577000"], id="groups"),
        pytest.param("3.5% of v1.2.3", ["3.5", "v1.2.3"], id="points-stay"),
        pytest.param("VPN-204 and section 12", ["vpn204"], id="short-plain-numbers-are-words"),
        pytest.param("well-known words, e.g. these", [], id="no-digit-no-code"),
        pytest.param("A,4711", ["4711"], id="a-letter-before-a-comma-is-no-code"),
        pytest.param("", [], id="empty"),
    ],
)
def test_codes(text: str, found: list[str]) -> None:
    assert codes(text) == found


@given(st.text())
def test_codes_hold_a_digit_and_no_blank(text: str) -> None:
    assert all(any(letter.isdigit() for letter in code) and not any(c.isspace() for c in code) for code in codes(text))


def test_the_name_of_a_document_is_taken_apart() -> None:
    assert {"3M", "2018", "10K", "10", "K"} <= set(name_words("", "filings/3M_2018_10K.pdf").split())
    assert {"Expense", "Policy", "Q2", "2022"} <= set(name_words("", "ExpensePolicy_2022Q2.md").split())
    assert "pdf" not in name_words("", "3M_2018_10K.pdf").split()


def test_years_inside_words() -> None:
    assert years_inside("FY2018 against 2019 and 2022Q2") == ["2018", "2022"]


def test_stop_words_go_unless_nothing_else_is_left() -> None:
    assert content_words(["what", "is", "the", "leave", "leave"]) == ["leave"]
    assert content_words(["who", "are", "you"]) == ["who", "are", "you"]


@given(st.text(st.characters()))
def test_whatever_is_searchable_can_be_written(text: str) -> None:
    assert len(searchable(text).encode("utf-8").decode("utf-8")) == len(text)
