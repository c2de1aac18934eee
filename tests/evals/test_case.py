from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.case import Case, Evidence, load_cases
from evals.errors import CaseError

GOOD = {"id": "a", "question": "How long?", "reference": "16 weeks"}


def write(folder: Path, *lines: object) -> Path:
    path = folder / "cases.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_a_case_as_the_interface_says(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        GOOD
        | {
            "kind": "table",
            "answerable": True,
            "evidence": [
                {"document": "a.md", "quote": "16 weeks"},
                {"document": "x/b.pdf", "page_index": 0},
                {"document": "c.txt", "start": 3, "end": 9},
            ],
        },
        "",
        {"id": 7, "question": "Who?", "answerable": False, "reference": None},
    )
    assert load_cases(path) == [
        Case(
            "a",
            "How long?",
            "16 weeks",
            True,
            "table",
            (Evidence("a.md", quote="16 weeks"), Evidence("x/b.pdf", page_index=0), Evidence("c.txt", start=3, end=9)),
        ),
        Case("7", "Who?", "", False, "", ()),
    ]


def test_keys_that_mean_nothing_to_us_are_let_through(tmp_path: Path) -> None:
    line = GOOD | {
        "document": "3M_2018_10K.pdf",
        "evidence": [{"document": "3M_2018_10K.pdf", "page_index": 59, "text": "Consolidated Statement"}],
    }
    assert load_cases(write(tmp_path, line))[0].evidence == (Evidence("3M_2018_10K.pdf", page_index=59),)


def test_evidence_without_a_document_stands_in_the_case_s(tmp_path: Path) -> None:
    line = GOOD | {"document": "a.md", "evidence": [{"quote": "16 weeks"}]}
    assert load_cases(write(tmp_path, line))[0].evidence == (Evidence("a.md", quote="16 weeks"),)


def test_a_byte_order_mark_and_a_line_separator_inside_a_string_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text("\ufeff" + json.dumps(GOOD | {"question": "a\u2028b"}, ensure_ascii=False), encoding="utf-8")
    assert load_cases(path)[0].question == "a\u2028b"


@pytest.mark.parametrize(
    ("lines", "line", "field", "word"),
    [
        pytest.param(['{"id": "a"'], 1, None, "JSON", id="cut-off"),
        pytest.param(["[]"], 1, None, "object", id="not-an-object"),
        pytest.param([GOOD, {"id": "b"}], 2, "question", "required", id="no-question"),
        pytest.param([GOOD | {"question": "  "}], 1, "question", "at least 1", id="blank-question"),
        pytest.param([GOOD, GOOD], 2, "id", "line 1", id="same-id-twice"),
        pytest.param([GOOD | {"answerable": "perhaps"}], 1, "answerable", "bool", id="answerable-is-no-boolean"),
        pytest.param([GOOD | {"answerble": False}], 1, "answerble", "answerable", id="near-miss"),
        pytest.param(
            [GOOD | {"evidence": [{"document": "a", "page": 1, "qoute": "b", "page_index": 0}]}],
            1,
            "evidence.0.qoute",
            "quote",
            id="near-miss-in-evidence",
        ),
        pytest.param([GOOD | {"evidence": [{"document": "a"}]}], 1, "evidence.0", "no place", id="no-place"),
        pytest.param([GOOD | {"evidence": [{"quote": "a"}]}], 1, "evidence.0.document", "document", id="no-document"),
        pytest.param(
            [GOOD | {"evidence": [{"document": "a", "page_index": -1}]}],
            1,
            "evidence.0.page_index",
            "greater",
            id="page",
        ),
        pytest.param([GOOD | {"evidence": [{"document": "a", "start": 4}]}], 1, "evidence.0", "together", id="no-end"),
        pytest.param(
            [GOOD | {"evidence": [{"document": "a", "start": 4, "end": 4}]}], 1, "evidence.0", "greater", id="empty"
        ),
        pytest.param(["\n \n"], None, None, "no line", id="blank-file"),
        pytest.param(["[" * 100_000], 1, None, "recursion", id="very-deep"),
    ],
)
def test_bad_cases_are_refused_by_file_line_and_field(
    tmp_path: Path, lines: list[object], line: int | None, field: str | None, word: str
) -> None:
    path = write(tmp_path, *lines)
    with pytest.raises(CaseError, match=word) as caught:
        load_cases(path)
    assert (caught.value.path, caught.value.line, caught.value.field) == (path, line, field)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_missing_or_not_text_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="No such file"):
        load_cases(tmp_path / "none.jsonl")
    path = tmp_path / "latin.jsonl"
    path.write_bytes(b'{"id": "caf\xe9"}')
    with pytest.raises(CaseError, match="not UTF-8"):
        load_cases(path)
    with pytest.raises(CaseError, match="directory"):
        load_cases(tmp_path)
