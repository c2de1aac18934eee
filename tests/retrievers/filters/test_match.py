"""Which documents a filter keeps, field by field and type by type."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.document import document_id
from indexers.store import DocumentEntry
from retrievers.errors import FilterType, UnknownField
from retrievers.filters import AllOf, AnyOf, Comparison, Days, Like, Not, OneOf, Present
from retrievers.filters.grammar import parse_filter
from retrievers.filters.match import Columns, matching

if TYPE_CHECKING:
    from retrievers.filters import Condition

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def entry(
    uri: str,
    *,
    media_type: str = "text/markdown",
    title: str = "",
    file: str | None = None,
    pages: int = 0,
    indexed_at: str = "2026-03-01T09:00:00+00:00",
    own: tuple[tuple[str, str], ...] = (),
    **metadata: str,
) -> DocumentEntry:
    return DocumentEntry(
        id=document_id(uri),
        uri=uri,
        title=title,
        media_type=media_type,
        version="v",
        chunks=3,
        pages=pages,
        indexed_at=indexed_at,
        root=uri.split("/")[0],
        content_hash="h",
        generation=1,
        file=file or uri,
        touched=1,
        first_row=0,
        metadata=(*metadata.items(), *own),
    )


SHELF = {
    "a": entry(
        "docs/hr/Leave_2023.pdf", media_type="application/pdf", pages=12, author="Ann Lee; Bo Ek", created="2024-02-29"
    ),
    "b": entry(
        "docs/hr/travel.md", title="Travel 2022 and 2023", modified="2023-12-31T23:59:59-05:00", language="en-GB"
    ),
    "c": entry("docs/plan.docx", media_type=DOCX, created="2019-06-01T08:00:00Z", keywords="Budget, Ops", pages=3),
    "d": entry(
        "mail/x.eml!Scan.PDF", media_type="application/pdf", file="mail/x.eml", indexed_at="2025-01-02T00:00:00+00:00"
    ),
    "e": entry("mail/x.eml", media_type="message/rfc822", author="Émile", own=(("Case-No", "17"), ("size", "big"))),
    "f": entry("code/main.py", media_type="text/x-python", own=(("case no", "99.5"), ("year", "1999"))),
}


def kept(condition: Condition | str) -> str:
    columns = Columns(list(SHELF.values()))
    parsed = parse_filter(condition) if isinstance(condition, str) else condition
    flags = matching(parsed, columns, visible=np.ones(len(SHELF), dtype=np.bool_))
    return "".join(name for name, flag in zip(SHELF, flags, strict=True) if flag)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('kind = "pdf"', "ad"),
        ('kind = "document"', "c"),
        ('kind = "docx"', "c"),
        ('kind in ("mail", "code")', "ef"),
        ('kind = "python"', "f"),
        ('kind != "pdf"', "bcef"),
        ('suffix = "pdf"', "ad"),
        ('suffix = ".PDF"', "ad"),
        ('name = "scan.pdf"', "d"),
        ('uri = "docs/plan.docx"', "c"),
        ('path = "plan.docx"', "c"),
        ('path like "hr/*"', "ab"),
        ('path like "*.??"', "bf"),
        ('path not like "hr/*"', "cdef"),
        ('path like "[h]r/*"', ""),
        ('root = "mail"', "de"),
        ('file = "mail/x.eml"', "de"),
        ("year = 2023", "ab"),
        ("year = 2022", "b"),
        ("year != 2022", "acdef"),
        ("year < 2020", "cf"),
        ("year = 2019", "c"),
        ("year >= 2019 and year <= 2022", "bc"),
        ("has year", "abcf"),
        ("pages > 3", "a"),
        ("pages >= 3", "ac"),
        ("not has pages", "bdef"),
        ("chunks = 3", "abcdef"),
        ("created = 2024", "a"),
        ("created = 2024-02", "a"),
        ("created = 2024-02-29", "a"),
        ('created = "2024-02-29"', "a"),
        ("created < 2024", "c"),
        ("created <= 2024", "ac"),
        ("created > 2019-06-01", "a"),
        ("created >= 2019-06-01", "ac"),
        ("created != 2024", "bcdef"),
        ("modified = 2023-12-31", "b"),
        ("indexed < 2026", "d"),
        ('author = "bo ek"', "a"),
        ('author = "ann lee; bo ek"', "a"),
        ('author = "E\u0301MILE"', "e"),
        ('author < "b"', "a"),
        ('language = "en"', "b"),
        ('language = "en-gb"', "b"),
        ('language = "de"', ""),
        ('keywords = "ops"', "c"),
        ('title like "*2022*"', "b"),
        ("case_no > 17", "f"),
        ("case-no >= 17", "ef"),
        ('case_no = "17"', "e"),
        ("size = 5", ""),
        ('size = "BIG"', "e"),
        ("size = 2024-01", ""),
        ('kind = "pdf" and not (year = 2023 or has author)', "d"),
        ('not (not kind = "pdf")', "ad"),
    ],
)
def test_what_a_filter_keeps(text: str, names: str) -> None:
    assert kept(text) == names


def test_a_program_builds_the_same_from_values() -> None:
    assert kept(AllOf((Comparison("year", ">=", 2019), Not(OneOf("kind", ("pdf", "mail")))))) == "bc"
    assert kept(AnyOf((Like("path", "hr/*"), Present("keywords")))) == "abc"
    assert kept(Comparison("created", ">", dt.date(2019, 6, 1))) == "a"
    assert kept(Comparison("created", ">", dt.datetime(2019, 6, 1, 12, tzinfo=dt.UTC))) == "a"
    assert kept(Comparison("created", "=", Days(dt.date(2019, 1, 1), dt.date(2024, 12, 31)))) == "ac"
    assert kept(AllOf(())) == "abcdef"
    assert kept(AnyOf(())) == ""


@pytest.mark.parametrize(
    ("text", "told", "hint"),
    [
        pytest.param("yaer = 2019", "no field 'yaer' (character 1)", "Did you mean year?", id="misspelt"),
        pytest.param(
            'kind = "pdf" and acl = "hr"', "no field 'acl' (character 18)", "Use one", id="not-for-the-access-list"
        ),
        pytest.param('access = "hr"', "the fields are uri, path, name", "Use one", id="nor-by-its-name"),
        pytest.param('pages = "3"', "holds numbers", "without quotes", id="text-for-a-number"),
        pytest.param("pages = 2024-03-01", "holds numbers", "without quotes", id="date-for-a-number"),
        pytest.param("title = 3", "holds text", "in quotes", id="number-for-a-text"),
        pytest.param("created = 3.5", "holds dates", "2024-03-01", id="no-year"),
        pytest.param('created = "soon"', "holds dates", "2024-03-01", id="no-date"),
        pytest.param("created = 0", "holds dates", "2024-03-01", id="no-year-0"),
        pytest.param('created like "2024*"', "holds dates", "= <", id="no-patterns-of-dates"),
        pytest.param('year like "2*"', "holds numbers", "= <", id="no-patterns-of-numbers"),
    ],
)
def test_what_does_not_fit_the_fields_is_refused(text: str, told: str, hint: str) -> None:
    with pytest.raises((UnknownField, FilterType)) as refused:
        kept(text)
    assert told in str(refused.value)
    assert hint in refused.value.hint


def test_a_truth_or_no_number_is_no_value() -> None:
    for value in (True, float("nan"), float("inf")):
        with pytest.raises(FilterType):
            kept(Comparison("pages", "=", value))


def test_a_field_that_only_hidden_documents_have_is_as_unknown_as_any() -> None:
    columns = Columns(list(SHELF.values()))
    visible = np.array([name in "ab" for name in SHELF])
    told = []
    for name in ("size", "sise"):
        with pytest.raises(UnknownField) as refused:
            matching(Comparison(name, "=", "x"), columns, visible=visible)
        told.append((str(refused.value).replace(name, "NAME"), refused.value.hint))
    assert told[0] == told[1]
    assert "size" not in told[0][0]


@given(st.text("*?a[]!-\\b", max_size=12), st.text("ab[]!-\\", max_size=12))
@settings(max_examples=200, deadline=None)
def test_a_pattern_knows_only_stars_and_question_marks(pattern: str, text: str) -> None:
    def alike(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(alike(pattern[1:], text[start:]) for start in range(len(text) + 1))
        return bool(text) and pattern[0] in (text[0], "?") and alike(pattern[1:], text[1:])

    columns = Columns([entry("docs/x.md", note=f"-{text}")])
    flags = matching(Like("note", f"-{pattern}"), columns, visible=np.ones(1, dtype=np.bool_))
    assert bool(flags[0]) == alike(pattern, text)


def test_a_pattern_of_many_stars_is_quick() -> None:
    columns = Columns([entry("docs/x.md", note="a" * 500)])
    assert not matching(Like("note", "*a" * 500 + "b"), columns, visible=np.ones(1, dtype=np.bool_))[0]


def test_a_number_too_large_for_any_field_is_told_as_such() -> None:
    columns = Columns(())
    with pytest.raises(FilterType, match="pages"):
        matching(Comparison("pages", "<", 10**400), columns, visible=np.ones(0, dtype=np.bool_))


def test_what_is_told_of_an_unknown_field_stays_short_however_many_fields_documents_bring() -> None:
    metadata = tuple((f"field{number}", "x") for number in range(5_000))
    columns = Columns((entry("a.md", own=metadata),))
    with pytest.raises(UnknownField) as caught:
        matching(Present("nothing"), columns, visible=np.ones(1, dtype=np.bool_))
    assert len(str(caught.value)) < 2_000
