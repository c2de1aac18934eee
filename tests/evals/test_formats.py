"""Other tools' formats: what they say is what we have, and what we write back is what they said."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ir_measures
import pytest

from evals.case import load_cases
from evals.errors import CaseError, CollectionError, EvalError
from evals.formats.dataset import Dataset, document_file
from evals.formats.folder import read_folder, write_folder
from evals.formats.table import FORMATS
from evals.formats.trec import export_run, import_run
from evals.locate import locate
from evals.runs.judge import judge_answers
from evals.runs.run_folder import read_run
from evals.search.collection import load_collection
from indexers.settings import EmbedderSettings
from rag import Rag
from rag.settings import Settings

NORMANS = "The Normans gave their name to Normandy. They were Norse raiders in the 10th century."
SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Normans",
            "paragraphs": [
                {
                    "context": NORMANS,
                    "qas": [
                        {
                            "id": "q1",
                            "question": "When were they raiders?",
                            "answers": [
                                {"text": "10th century", "answer_start": NORMANS.index("10th")},
                                {"text": "in the 10th century", "answer_start": NORMANS.index("in the 10th")},
                            ],
                            "is_impossible": False,
                        },
                        {
                            "id": "q2",
                            "question": "What did they give to France?",
                            "answers": [],
                            "is_impossible": True,
                            "plausible_answers": [{"text": "their name", "answer_start": NORMANS.index("their name")}],
                        },
                    ],
                },
                {"context": "Another paragraph that nobody asks about.", "qas": []},
            ],
        }
    ],
}
RAGAS = [
    {
        "id": "a",
        "user_input": "How long is leave?",
        "reference": "16 weeks",
        "reference_contexts": ["Leave is 16 weeks."],
        "response": "Leave is 26 weeks.",
        "retrieved_contexts": ["Leave is 16 weeks.", "Dogs are welcome."],
    },
    {"id": "b", "user_input": "Are dogs welcome?", "reference": "Yes"},
]
FINANCEBENCH = [
    {
        "financebench_id": "financebench_id_1",
        "doc_name": "3M_2018_10K",
        "question_type": "metrics-generated",
        "question": "What was capital expenditure?",
        "answer": "$1577.00",
        "evidence": [{"evidence_text": "Purchases ... (1,577)", "doc_name": "3M_2018_10K", "evidence_page_num": 59}],
        "company": "3M",
        "justification": "read off",
    }
]
MTRAG = [
    {
        "conversation_id": "c",
        "turn": "2",
        "Collection": "mt-rag-clapnq",
        "Answerability": ["ANSWERABLE"],
        "task_id": "c<::>2",
        "input": [
            {"speaker": "user", "text": "Who plays in London?"},
            {"speaker": "agent", "text": "The Cardinals."},
            {"speaker": "user", "text": "Against whom?"},
        ],
        "contexts": [{"document_id": "822_66-98", "title": "Cardinals", "text": "They play the Rams."}],
        "targets": [{"speaker": "agent", "text": "The Rams."}],
        "predictions": [{"text": "They play the Rams."}],
    },
    {
        "Answerability": ["UNANSWERABLE"],
        "task_id": "d<::>1",
        "input": [{"speaker": "user", "text": "Who wins?"}],
        "contexts": [{"document_id": "822_66-98", "title": "Cardinals", "text": "They play the Rams."}],
        "targets": [{"speaker": "agent", "text": "I do not know."}],
    },
]


def jsonl(path: Path, rows: Iterable[object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read_jsonl(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def source(name: str, folder: Path) -> Path:
    if name == "squad":
        (folder / "squad.json").write_text(json.dumps(SQUAD))
        return folder / "squad.json"
    rows: dict[str, list[Any]] = {"ragas": RAGAS, "financebench": FINANCEBENCH, "mtrag": MTRAG}
    return jsonl(folder / f"{name}.jsonl", rows[name])


@pytest.mark.parametrize("name", ["squad", "ragas", "financebench", "mtrag"])
def test_there_and_back_through_our_folder_nothing_is_lost(name: str, tmp_path: Path) -> None:
    before = source(name, tmp_path)
    write_folder(FORMATS[name].read(before), tmp_path / "ours")
    ours = read_folder(tmp_path / "ours")
    assert ours.problems == ()
    after = tmp_path / f"after{before.suffix}"
    assert FORMATS[name].write(ours, after) == []
    if name == "squad":
        assert json.loads(after.read_text()) == SQUAD
    else:
        assert read_jsonl(after) == read_jsonl(before)


def beir(folder: Path) -> Path:
    folder.mkdir()
    jsonl(folder / "corpus.jsonl", [{"_id": f"d {n}", "title": f"T{n}", "text": f"Text number {n}."} for n in range(4)])
    jsonl(folder / "queries.jsonl", [{"_id": "q1", "text": "First?"}, {"_id": "q2", "text": "Second?"}])
    (folder / "qrels").mkdir()
    rows = ["query-id\tcorpus-id\tscore", "q1\td 0\t2", "q1\td 1\t0", "q2\td 3\t1"]
    (folder / "qrels" / "test.tsv").write_text("\n".join(rows) + "\n")
    return folder


def test_a_beir_folder_there_and_back_keeps_every_grade(tmp_path: Path) -> None:
    before = beir(tmp_path / "beir")
    write_folder(FORMATS["beir"].read(before), tmp_path / "ours")
    assert FORMATS["beir"].write(read_folder(tmp_path / "ours"), tmp_path / "back") == []
    for one in (tmp_path / "ours", tmp_path / "back"):
        there, here = load_collection(before), load_collection(one)
        assert (here.records, here.questions, here.grades) == (there.records, there.questions, there.grades)


@pytest.mark.parametrize("name", ["squad", "ragas", "mtrag", "beir"])
def test_what_is_imported_can_be_indexed_and_its_evidence_is_found(name: str, tmp_path: Path) -> None:
    before = beir(tmp_path / "beir") if name == "beir" else source(name, tmp_path)
    ours = tmp_path / "ours"
    write_folder(FORMATS[name].read(before), ours)
    cases = load_cases(ours / "cases.jsonl")
    settings = Settings(embedder=EmbedderSettings(model="hashing"))
    with Rag.open(tmp_path / "index", settings=settings, create=True) as rag:
        assert rag.index([ours / "docs"]).failures == ()
        places, missing = locate(rag, cases)
    assert missing == ()
    assert any(places.values())
    assert load_collection(ours).grades, "and it is a collection that can be ranked"


def test_what_other_systems_answered_can_be_judged(tmp_path: Path) -> None:
    for name in ("ragas", "mtrag"):
        write_folder(FORMATS[name].read(source(name, tmp_path)), tmp_path / name)
    false = judge_answers(tmp_path / "ragas" / "answers.jsonl")
    assert false.measures["faithfulness"].value == 0.0, "26 weeks is not what the contexts say"
    assert judge_answers(tmp_path / "mtrag" / "answers.jsonl").measures["faithfulness"].value == 1.0


def test_words_of_ragas_before_its_version_0_2(tmp_path: Path) -> None:
    old = {"question": "How long?", "answer": "16 weeks", "contexts": ["Leave is 16 weeks."], "ground_truths": ["16"]}
    (tmp_path / "old.json").write_text(json.dumps([old]))
    dataset = FORMATS["ragas"].read(tmp_path / "old.json")
    assert (dataset.items[0].case.question, dataset.items[0].case.reference) == ("How long?", "16")
    assert dataset.answers[0].contexts == ("Leave is 16 weeks.",)


def test_what_the_formats_say_becomes_what_our_cases_say(tmp_path: Path) -> None:
    first, second = (item.case for item in FORMATS["squad"].read(source("squad", tmp_path)).items)
    assert (first.reference, first.answerable) == ("10th century", True)
    assert first.evidence[0].quote == "They were Norse raiders in the 10th century."
    assert (second.answerable, second.evidence) == (False, ())
    (filing,) = (item.case for item in FORMATS["financebench"].read(source("financebench", tmp_path)).items)
    assert (filing.evidence[0].document, filing.evidence[0].page_index) == ("3M_2018_10K.pdf", 59)
    turn, other = (item.case for item in FORMATS["mtrag"].read(source("mtrag", tmp_path)).items)
    assert (turn.question, turn.reference, turn.answerable) == ("Against whom?", "The Rams.", True)
    assert not other.answerable


BAD = {
    "ragas": '{"user_input": ["a", "conversation"]}',
    "financebench": '{"financebench_id": "x", "question": "y"}',
    "mtrag": '{"task_id": "x", "input": []}',
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_line_is_named_and_costs_itself_alone(name: str, tmp_path: Path) -> None:
    path = source(name, tmp_path)
    good = FORMATS[name].read(path)
    path.write_text(f"{BAD[name]}\nno json\n" + path.read_text())
    dataset = FORMATS[name].read(path)
    assert len(dataset.items) == len(good.items)
    assert [problem.split(":")[0].split(", field")[0] for problem in dataset.problems] == [
        f"{path}, line 1",
        f"{path}, line 2",
    ]


def test_a_bad_question_of_squad_is_named_and_costs_itself_alone(tmp_path: Path) -> None:
    value = json.loads(json.dumps(SQUAD))
    value["data"][0]["paragraphs"][0]["qas"][0] = {"id": "q1", "question": "x", "answers": [{"text": "y"}]}
    value["data"].append("no article")
    (tmp_path / "squad.json").write_text(json.dumps(value))
    dataset = FORMATS["squad"].read(tmp_path / "squad.json")
    assert [item.case.id for item in dataset.items] == ["q2"]
    assert "answers.0.answer_start" in dataset.problems[0]
    assert len(dataset.problems) == 2


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        pytest.param("squad", "[]", CaseError, id="squad-is-no-object"),
        pytest.param("squad", "{", CaseError, id="squad-is-no-json"),
        pytest.param("ragas", "", CaseError, id="ragas-is-empty"),
        pytest.param("beir", "", CollectionError, id="beir-is-no-folder"),
        pytest.param("mtrag", None, CaseError, id="mtrag-is-missing"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_name(
    name: str, text: str | None, error: type[EvalError], tmp_path: Path
) -> None:
    path = tmp_path / "file.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(error, match=r"file\.json"):
        FORMATS[name].read(path)


def test_what_a_format_cannot_hold_is_named(tmp_path: Path) -> None:
    cases = jsonl(tmp_path / "cases.jsonl", [{"id": "x", "question": "Why?", "reference": "Since", "evidence": []}])
    dataset = read_folder(cases)
    assert FORMATS["financebench"].write(dataset, tmp_path / "f.jsonl") != []
    assert FORMATS["squad"].write(dataset, tmp_path / "s.json") != []
    assert FORMATS["beir"].write(Dataset(dataset.items), tmp_path / "b") != []
    assert FORMATS["ragas"].write(dataset, tmp_path / "r.jsonl") == []


def test_names_of_documents_are_names_of_files() -> None:
    assert document_file("abc-1_2") == "abc-1_2.txt"
    for odd in ("../x", "a/b", "", "a b", "é", "x" * 300, "c<::>2", "con."):
        name = document_file(odd)
        assert name.removesuffix(".txt").isalnum()
        assert len(name) < 30
    assert document_file("a/b") != document_file("a b")


RUN = "q1 Q0 d1 1 3.0 bm25\nq1 Q0 d2 2 2.5 bm25\nq1 Q0 d3 3 2.5 bm25\nq2 Q0 d9 1 1 bm25\n"
JUDGED = "q1 0 d2 2\nq1 0 d3 1\nq1 0 d7 1\nq2 0 d1 1\nq3 0 d1 1\n"


def test_a_trec_run_is_measured_as_ir_measures_does(tmp_path: Path) -> None:
    (tmp_path / "run").write_text(RUN)
    (tmp_path / "qrels").write_text(JUDGED)
    assert import_run(tmp_path / "run", tmp_path / "qrels", tmp_path / "out") == []
    stored = read_run(tmp_path / "out")
    run = list(ir_measures.read_trec_run(str(tmp_path / "run")))  # type: ignore[no-untyped-call]  # as it ships
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / "qrels")))  # type: ignore[no-untyped-call]  # likewise
    wanted = {"ndcg@10": "nDCG@10", "recall@5": "R@5", "map": "AP", "mrr@10": "RR@10"}
    reference = ir_measures.calc_aggregate([ir_measures.parse_measure(one) for one in wanted.values()], qrels, run)
    for ours, theirs in wanted.items():
        assert stored.measures[ours] == pytest.approx(reference[ir_measures.parse_measure(theirs)], abs=1e-5), ours
    assert list(stored.cases) == ["q1", "q2", "q3"]


def test_bad_lines_of_a_trec_run_are_named(tmp_path: Path) -> None:
    (tmp_path / "run").write_text(f"q1 Q0 d1\n{RUN}q1 Q0 d1 1 5 again\nq1 Q0 d4 1 nan tag\n")
    (tmp_path / "qrels").write_text(JUDGED)
    problems = import_run(tmp_path / "run", tmp_path / "qrels", tmp_path / "out")
    assert [problem.split(": ")[0].rpartition("line ")[2] for problem in problems] == ["1", "6", "7"]
    (tmp_path / "run").write_text("q1 Q0 d1\n")
    with pytest.raises(CaseError, match="3 columns"):
        import_run(tmp_path / "run", tmp_path / "qrels", tmp_path / "out")


def test_a_run_of_ours_goes_to_trec_and_comes_back_with_its_documents(tmp_path: Path) -> None:
    hits = [{"uri": "a b.md", "score": 2.0}, {"uri": "c.md", "score": 1.5}, {"uri": "a b.md", "score": 2.5}]
    rows = [
        {"id": "x", "answerable": True, "hits": hits, "evidence": [{"uri": "c.md"}, {"uri": None}]},
        {"id": "y", "answerable": False, "hits": hits, "evidence": [{"uri": "c.md"}]},
    ]
    (tmp_path / "report.json").write_text(json.dumps({"cases": rows}))
    left_out = export_run(tmp_path, tmp_path / "trec")
    assert [line.partition(":")[0] for line in left_out] == ["y"]
    lines = (tmp_path / "trec" / "run.trec").read_text().splitlines()
    assert lines[:2] == ["x Q0 a%20b.md 1 2.500000 plumbline", "x Q0 c.md 2 1.500000 plumbline"]
    import_run(tmp_path / "trec" / "run.trec", tmp_path / "trec" / "qrels.trec", tmp_path / "back")
    assert read_run(tmp_path / "back").measures["mrr@10"] == 0.5
