from __future__ import annotations

from pathlib import Path

import pytest

from evals.errors import CollectionError
from evals.search.collection import load_collection

FIXTURE = Path(__file__).parent.parent / "fixtures" / "collection"
RECORD = '{"_id": "d1", "title": "T", "text": "some text"}\n{"_id": "d2", "text": "more"}\n'
QUESTION = '{"_id": "q1", "text": "what?"}\n'
JUDGED = "query-id\tcorpus-id\tscore\nq1\td1\t1\n"


def write(folder: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        path = folder / {"corpus": "corpus.jsonl", "queries": "queries.jsonl", "qrels": "qrels.tsv"}[name]
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_the_fixture_is_read_with_every_judged_question_and_what_is_judged_but_not_there() -> None:
    collection = load_collection(FIXTURE)
    assert [record.id for record in collection.records] == [
        *("leave", "sick", "anvil-blue", "anvil-red", "travel", "empty")
    ]
    assert list(collection.grades) == ["q1", "q2", "q3", "q4"]
    assert collection.grades["q2"] == {"anvil-blue": 1, "anvil-red": 1, "travel": 0}
    assert collection.unknown == ("gone",)
    assert collection.questions["unjudged"] == "Who asks this?"


@pytest.mark.parametrize(
    "qrels",
    [
        pytest.param("query-id\tcorpus-id\tscore\nq1\td1\t2\n", id="header-and-tabs"),
        pytest.param("q1\td1\t2", id="no-header-no-last-line-end"),
        pytest.param("q1 0 d1 2\n\n", id="trec"),
        pytest.param("q1\t0\td1\t2\r\n", id="trec-by-tabs-and-windows"),
        pytest.param("\ufeffquery-id\tcorpus-id\tscore\nq1\td1\t2.0\n", id="mark-and-decimal"),
    ],
)
def test_judgements_in_every_usual_form(tmp_path: Path, qrels: str) -> None:
    collection = load_collection(write(tmp_path, corpus=RECORD, queries=QUESTION, qrels=qrels))
    assert collection.grades == {"q1": {"d1": 2}}


def test_beirs_own_layout_and_a_split_that_is_named(tmp_path: Path) -> None:
    write(tmp_path, corpus=RECORD, queries=QUESTION)
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "dev.tsv").write_text("q1\td2\t1\n")
    with pytest.raises(CollectionError, match=r"--qrels: dev\.tsv"):
        load_collection(tmp_path)
    assert load_collection(tmp_path, qrels=tmp_path / "qrels" / "dev.tsv").grades == {"q1": {"d2": 1}}
    (tmp_path / "qrels" / "test.tsv").write_text("q1\td1\t1\n")
    assert load_collection(tmp_path).grades == {"q1": {"d1": 1}}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param({"corpus": None}, r"corpus\.jsonl: No such file", id="no-corpus"),
        pytest.param({"queries": None}, r"queries\.jsonl: No such file", id="no-queries"),
        pytest.param({"qrels": None}, "no judgements", id="no-qrels"),
        pytest.param({"corpus": "\n"}, "holds no line", id="empty-corpus"),
        pytest.param({"corpus": RECORD + "{bad\n"}, r"corpus\.jsonl, line 3", id="bad-json"),
        pytest.param({"corpus": RECORD + RECORD}, r"line 3: 'd1' already stands in line 1", id="record-twice"),
        pytest.param({"queries": '{"id": "q1", "text": "x"}\n'}, r"queries\.jsonl, line 1.*_id", id="no-id"),
        pytest.param({"queries": '{"_id": "q1"}\n'}, r"queries\.jsonl, line 1.*text", id="no-text"),
        pytest.param({"queries": b'{"_id": "q1", "text": "\xff"}\n'}, "not UTF-8", id="no-utf-8"),
        pytest.param({"qrels": "query-id\tcorpus-id\tscore\n"}, "holds no judgement", id="header-alone"),
        pytest.param({"qrels": JUDGED + "q9\td1\t1\n"}, r"line 3: judges question 'q9'", id="unknown-question"),
        pytest.param({"qrels": JUDGED + "q1\td1\t0\n"}, r"line 3: 'd1' was judged otherwise", id="contradiction"),
        pytest.param({"qrels": JUDGED + "q1\td1\n"}, "line 3: 2 columns", id="two-columns"),
        pytest.param({"qrels": JUDGED + "q1\td2\tyes\n"}, "line 3: 'yes' is not a whole number", id="no-grade"),
        pytest.param({"qrels": JUDGED + "q1\td2\t0.5\n"}, "line 3: '0.5' is not a whole number", id="half-a-grade"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(
    tmp_path: Path, files: dict[str, str | bytes | None], message: str
) -> None:
    whole: dict[str, str | bytes | None] = {"corpus": RECORD, "queries": QUESTION, "qrels": JUDGED, **files}
    write(tmp_path, **{name: content for name, content in whole.items() if content is not None})
    with pytest.raises(CollectionError, match=message):
        load_collection(tmp_path)


def test_a_file_in_the_place_of_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="not a folder"):
        load_collection(tmp_path / "nothing")
