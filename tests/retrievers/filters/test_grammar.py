"""What a filter's text means, and what is told of one that is none."""

from __future__ import annotations

import datetime as dt
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrievers.errors import FilterError, FilterSyntax, FilterTooLarge
from retrievers.filters.conditions import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Days,
    Like,
    Not,
    OneOf,
    Operator,
    Present,
    Value,
)
from retrievers.filters.grammar import parse_filter

YEAR, PDF = Comparison("year", ">=", 2019), Comparison("kind", "=", "pdf")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        pytest.param('year >= 2019 and kind = "pdf"', AllOf((YEAR, PDF)), id="both"),
        pytest.param('year >= 2019 or kind = "pdf"', AnyOf((YEAR, PDF)), id="either"),
        pytest.param(
            'a = 1 or b = 2 and not c = "3"',
            AnyOf((Comparison("a", "=", 1), AllOf((Comparison("b", "=", 2), Not(Comparison("c", "=", "3")))))),
            id="and-binds-closer-than-or-and-not-closest",
        ),
        pytest.param(
            "(a = 1 or b = 2) and c = 3",
            AllOf((AnyOf((Comparison("a", "=", 1), Comparison("b", "=", 2))), Comparison("c", "=", 3))),
            id="brackets",
        ),
        pytest.param("a=1AND b=2", None, id="a-word-needs-its-blank"),
        pytest.param("a = 1 AND b = 2", AllOf((Comparison("a", "=", 1), Comparison("b", "=", 2))), id="any-case"),
        pytest.param("((((a = 1))))", Comparison("a", "=", 1), id="brackets-alone-nest-nothing"),
        pytest.param("a!=-1.5", Comparison("a", "!=", -1.5), id="negative-decimal"),
        pytest.param("a < 2024-03-01", Comparison("a", "<", Days(dt.date(2024, 3, 1), dt.date(2024, 3, 1))), id="day"),
        pytest.param("a = 2024-02", Comparison("a", "=", Days(dt.date(2024, 2, 1), dt.date(2024, 2, 29))), id="month"),
        pytest.param("a = 2024", Comparison("a", "=", 2024), id="a-year-is-a-number-until-its-field-is-known"),
        pytest.param(r"""a = "say \"no\" \\ \n" """, Comparison("a", "=", 'say "no" \\ n'), id="escapes"),
        pytest.param("a = 'it\"s'", Comparison("a", "=", 'it"s'), id="single-quotes"),
        pytest.param('a in (1, "x", 2024-03)', OneOf("a", (1, "x", Days.of("2024-03"))), id="in"),
        pytest.param('a not in ("x")', Not(OneOf("a", ("x",))), id="not-in"),
        pytest.param('path like "hr/*.md"', Like("path", "hr/*.md"), id="like"),
        pytest.param('path not like "hr/*"', Not(Like("path", "hr/*")), id="not-like"),
        pytest.param("has author and not has year", AllOf((Present("author"), Not(Present("year")))), id="has"),
        pytest.param("has = 1", Comparison("has", "=", 1), id="a-field-called-has"),
        pytest.param("order = 1", Comparison("order", "=", 1), id="a-field-that-begins-as-or"),
        pytest.param("größe-2 = 1", Comparison("größe-2", "=", 1), id="letters-of-any-language"),
    ],
)
def test_what_a_filter_means(text: str, meaning: Condition | None) -> None:
    if meaning is None:
        with pytest.raises(FilterSyntax):
            parse_filter(text)
    else:
        assert parse_filter(text) == meaning


@pytest.mark.parametrize(
    ("text", "place", "told", "hint"),
    [
        pytest.param("kind = pdf", 8, "'pdf'", 'Put words in quotes: "pdf".', id="a-word-without-quotes"),
        pytest.param("year == 2019", 7, "'=='", "Write = instead of ==.", id="another-languages-equals"),
        pytest.param("year <> 2019", 7, "'<>'", "Write != instead of <>.", id="another-languages-unequal"),
        pytest.param('a = 1 && b = "x"', 7, "'&&'", "Write and instead of &&.", id="another-languages-and"),
        pytest.param('kind = "pdf', 8, "found '\"'", "Close the quotes", id="quotes-not-closed"),
        pytest.param("year >= ", 8, "found the end", "", id="blanks-after-a-sign"),
        pytest.param("(year = 2019", 13, "found the end", "", id="bracket-not-closed"),
        pytest.param("year = 2019)", 12, "found ')'", "", id="bracket-not-opened"),
        pytest.param("year 2019", 6, "instead of = != < <= > >= or in or like or not", "", id="no-sign"),
        pytest.param("year = 2019 kind = 1", 13, "'kind'", "", id="no-word-between"),
        pytest.param("", 1, "instead of a field", "", id="nothing"),
        pytest.param("a = 2024-02-30", 5, "calendar", "", id="no-day-of-the-calendar"),
        pytest.param("a = 2024-13", 5, "calendar", "", id="no-month-of-the-calendar"),
        pytest.param(f"a = 1{'0' * 400}.5", 5, "too large", "", id="a-number-beyond-all"),
        pytest.param("a = 1e5", 5, "1e5", "", id="no-exponents"),
        pytest.param("a in ()", 7, "found ')'", "", id="in-nothing"),
        pytest.param('a = "x" -- and', 9, "found '-'", "", id="no-comments"),
        pytest.param("a' = 1", 2, "", "", id="a-quote-in-a-field"),
        pytest.param("a = NULL", 5, "'NULL'", "", id="no-null"),
        pytest.param("__class__ = 1", 1, "", "", id="no-names-of-python"),
        pytest.param('{"$or": [{"a": 1}]}', 1, "found '{'", "", id="no-json"),
        pytest.param("a = b", 5, "", "", id="no-fields-on-the-right"),
        pytest.param("1 = 1", 1, "", "", id="no-values-on-the-left"),
    ],
)
def test_what_is_told_of_a_text_that_is_no_filter(text: str, place: int, told: str, hint: str) -> None:
    with pytest.raises(FilterSyntax) as refused:
        parse_filter(text)
    assert f"character {place}:" in str(refused.value)
    assert told in str(refused.value)
    assert refused.value.hint.startswith(hint)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a = 1 or " * 300 + "a = 1", id="too-long"),
        pytest.param("not " * 25 + "a = 1", id="too-deep"),
        pytest.param("not (" * 300 + "a = 1" + ")" * 300, id="far-too-deep"),
        pytest.param(f"a in ({','.join('1' * 600)})", id="too-many-values"),
    ],
)
def test_a_filter_too_large_is_refused(text: str) -> None:
    with pytest.raises(FilterTooLarge):
        parse_filter(text)


@given(st.text(st.characters(codec="utf-8"), max_size=60) | st.text('ab="()1-<>!,\\ andorinte', max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_filter_or_is_refused_as_one(text: str) -> None:
    refused = None
    try:
        parse_filter(text)
    except FilterError as error:
        refused = error
    assert refused is None or (refused.hint and 0 < len(str(refused)) < 400)


NAMES = st.sampled_from(["year", "kind", "pages", "größe", "x-1"])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.one_of(st.integers(-(10**6), 10**6), TEXTS, st.dates(dt.date(1000, 1, 1)).map(lambda day: Days(day, day)))
OPERATORS: list[Operator] = ["=", "!=", "<", "<=", ">", ">="]
TESTS = st.one_of(
    st.builds(Comparison, NAMES, st.sampled_from(OPERATORS), VALUES),
    st.builds(OneOf, NAMES, st.lists(VALUES, min_size=1, max_size=3).map(tuple)),
    st.builds(Like, NAMES, TEXTS),
    st.builds(Present, NAMES),
)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(AllOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=8,
)


def written(condition: Condition) -> str:
    """The filter as text, every group in brackets."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            word = " and " if isinstance(condition, AllOf) else " or "
            return f"({word.join(map(written, parts))})"
        case Not(part):
            return f"not {written(part)}"
        case Comparison(name, sign, value):
            return f"{name} {sign} {literal(value)}"
        case OneOf(name, values):
            return f"{name} in ({', '.join(map(literal, values))})"
        case Like(name, pattern):
            return f"{name} like {literal(pattern)}"
        case Present(name):
            return f"has {name}"


def literal(value: Value) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value.first.isoformat() if isinstance(value, Days) else str(value)


@given(CONDITIONS)
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_back(condition: Condition) -> None:
    assert parse_filter(written(condition)) == condition


def test_a_field_may_be_any_word() -> None:
    for word in string.ascii_letters:
        assert parse_filter(f"{word} = 1") == Comparison(word, "=", 1)
