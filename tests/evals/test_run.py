"""The whole room on a real index: four small files, the hashing embedder, the extractive generator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evals.case import Case, Evidence
from evals.errors import EvalError, ReportError
from evals.locate import NotFound
from evals.outcome import ABSTAINED, NOT_MEASURABLE
from evals.runs.judge import judge_answers
from evals.runs.report import write_report
from evals.runs.run import Report, run_cases
from indexers.document import Document
from indexers.settings import EmbedderSettings
from indexers.store import DocumentEntry, StoreStatus
from rag import Rag
from rag.answer import Answer, AnswerSentence, Citation
from rag.errors import Cancelled, EndpointFailed
from rag.settings import Settings
from rag.verify.verdict import Verdict
from retrievers.hit import Hit

FILES = {
    "leave.md": "# Leave\n\nStaff may take 16 weeks of parental leave at full pay.\n\nAnnual leave is 27 days.",
    "travel.md": "# Travel\n\nThe hotel limit in Norway is EUR 195 a night.\n\nTrains are booked by the travel desk.",
    "it/notes.txt": "A passphrase has at least 14 characters.\n\nBackups are kept for 35 days.",
    "hr/notes.txt": "Salaries are paid on the 25th of each month.",
}
CASES = [
    Case(
        "leave",
        "How many weeks of parental leave may staff take?",
        "16 weeks",
        kind="fact",
        evidence=(Evidence("leave.md", quote="16 weeks of parental leave"),),
    ),
    Case(
        "hotel",
        "What is the hotel limit in Norway a night?",
        "EUR 195",
        kind="fact",
        evidence=(Evidence("travel.md", quote="The hotel limit in Norway is EUR 195 a night."),),
    ),
    Case(
        "both",
        "How long are backups kept and how long is a passphrase?",
        "35 days and 14 characters",
        kind="two",
        evidence=(Evidence("it/notes.txt", quote="Backups are kept"), Evidence("notes.txt", quote="14 characters")),
    ),
    Case("dog", "May I bring my dog to the office?", answerable=False, kind="none"),
    Case("mars", "Who was the first person on Mars?", answerable=False, kind="none"),
]
CASES += [replace(case, id=f"{case.id}-again") for case in CASES[:3]]


@pytest.fixture(scope="module")
def rag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rag]:
    folder = tmp_path_factory.mktemp("corpus")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    settings = Settings(embedder=EmbedderSettings(model="hashing"))
    with Rag.open(tmp_path_factory.mktemp("index"), settings=settings, create=True) as opened:
        opened.index([folder])
        yield opened


class Outside:
    """An index under another answerer: what every trivial system below is."""

    def __init__(self, rag: Rag, answer: Callable[[Answer], Answer]) -> None:
        self._rag = rag
        self._answer = answer

    def search(self, question: str, *, limit: int = 10) -> list[Hit]:
        return self._rag.search(question, limit=limit)

    def ask(self, question: str) -> Answer:
        return self._answer(self._rag.ask(question))

    def documents(self) -> list[DocumentEntry]:
        return self._rag.documents()

    def document(self, name: str) -> Document:
        return self._rag.document(name)

    def status(self) -> StoreStatus:
        return self._rag.status()


def always_abstains(answer: Answer) -> Answer:
    return replace(answer, text="The documents do not answer this.", abstained=True, sentences=())


def copies_everything(answer: Answer) -> Answer:
    """Every sentence of the window, many times over, as a window of real size has many, each citing itself."""
    parts = [(source, sentence) for source in answer.window.sources for sentence in source.sentences] * 40
    text = " ".join(sentence.text for _, sentence in parts)
    sentences = tuple(
        AnswerSentence(sentence.text, 0, len(sentence.text), Verdict("supported", 1.0), (number,))
        for number, (_, sentence) in enumerate(parts, start=1)
    )
    citations = tuple(
        Citation(
            number,
            source.document_id,
            source.uri,
            source.title,
            source.version,
            None,
            sentence.start,
            sentence.end,
            sentence.text,
        )
        for number, (source, sentence) in enumerate(parts, start=1)
    )
    return replace(answer, text=text, abstained=False, sentences=sentences, citations=citations)


def careful(answer: Answer) -> Answer:
    """The extractive answer, but for the two questions that the files do not answer."""
    return always_abstains(answer) if "dog" in answer.question or "Mars" in answer.question else answer


@pytest.fixture(scope="module")
def report(rag: Rag) -> Report:
    return run_cases(Outside(rag, careful), CASES, limit=20)


def test_retrieval_is_measured_on_the_evidence(report: Report) -> None:
    assert report.measures["recall@20"].value == 1.0
    assert report.measures["recall@20"].not_measurable == 2
    by_id = {result.case.id: result.scores for result in report.results}
    assert by_id["leave"]["recall@1"] == 1.0
    assert by_id["dog"]["recall@1"] is NOT_MEASURABLE
    assert by_id["leave"]["page_recall@1"] is NOT_MEASURABLE, "Markdown has no pages"


def test_answers_are_measured_and_every_measure_speaks_of_every_case(report: Report) -> None:
    by_id = {result.case.id: result for result in report.results}
    assert by_id["leave"].scores["answer_correctness"] == 1.0
    assert by_id["leave"].scores["faithfulness"] == 1.0
    assert by_id["leave"].scores["evidence_cited"] == 1.0
    assert by_id["mars"].scores["accuracy"] == 1.0
    assert by_id["mars"].scores["faithfulness"] is ABSTAINED
    for measures in (report.measures, report.by_kind["fact"]):
        counted = {one.measured + one.abstained + one.not_measurable for one in measures.values()}
        assert counted == {8 if measures is report.measures else 4}
    assert list(report.by_kind) == ["fact", "none", "two"]


def test_evidence_that_cannot_be_located_is_listed_with_its_reason(rag: Rag, report: Report) -> None:
    assert [(item.case_id, item.item, item.document) for item in report.evidence_not_found] == [
        ("both", 1, "notes.txt"),
        ("both-again", 1, "notes.txt"),
    ]
    assert report.evidence_not_found[0].reason.startswith("ambiguous: ")
    lost = Case("x", "What?", "That", evidence=(Evidence("none.md", quote="a"), Evidence("leave.md", quote="zebra")))
    found = run_cases(rag, [lost], ks=[1], limit=1, retrieval_only=True)
    assert found.evidence_not_found == (
        NotFound("x", 0, "none.md", "no such document in the index"),
        NotFound("x", 1, "leave.md", "the quote is not in the document"),
    )
    assert found.measures["recall@1"].value is NOT_MEASURABLE, "nothing located is not the same as nothing found"


def test_the_same_run_twice_writes_the_same_bytes(rag: Rag, report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path / "one")
    write_report(run_cases(Outside(rag, careful), CASES, limit=20), tmp_path / "two")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["answers.jsonl", "report.json", "report.md", "timings.json"]
    for name in names[:3]:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    written = json.loads((tmp_path / "one" / "report.json").read_text(encoding="utf-8"))
    assert written["counts"]["cases"] == 8
    assert "NaN" not in (tmp_path / "one" / "report.json").read_text(encoding="utf-8")


def test_stored_answers_judged_again_give_the_same_figures(report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path)
    again = judge_answers(tmp_path / "answers.jsonl")
    for name in ("faithfulness", "citation_recall", "citation_precision", "answer_correctness", "abstention_f1"):
        assert again.measures[name] == report.measures[name], name


def test_the_fingerprint_is_the_documents_and_not_the_run(rag: Rag, report: Report, tmp_path: Path) -> None:
    assert run_cases(rag, CASES[:1], retrieval_only=True).corpus == report.corpus
    (tmp_path / "other.md").write_text("Something else.", encoding="utf-8")
    with Rag.open(tmp_path / "i", settings=Settings(embedder=EmbedderSettings(model="hashing")), create=True) as other:
        other.index([tmp_path / "other.md"])
        assert run_cases(other, CASES[:1], retrieval_only=True).corpus.fingerprint != report.corpus.fingerprint


def test_a_run_leaves_nothing_of_the_run_before_it_in_the_folder(rag: Rag, report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path)
    (tmp_path / "judgement.json").write_text("{}", encoding="utf-8")
    (tmp_path / "mine.txt").write_text("kept", encoding="utf-8")
    write_report(run_cases(rag, CASES[:1], retrieval_only=True), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("mine.txt", "report.json", "report.md", "timings.json")
    ]


def test_a_retrieval_only_run_asks_nothing(rag: Rag, tmp_path: Path) -> None:
    def never(answer: Answer) -> Answer:
        raise AssertionError(answer)

    done: list[tuple[int, int]] = []
    found = run_cases(
        Outside(rag, never), CASES[:2], retrieval_only=True, progress=lambda at, of: done.append((at, of))
    )
    assert done == [(1, 2), (2, 2)]
    assert "faithfulness" not in found.measures
    write_report(found, tmp_path)
    assert not (tmp_path / "answers.jsonl").exists()


def test_an_endpoint_that_fails_is_a_failed_case_and_no_lost_run(rag: Rag) -> None:
    def fails_on_hotels(answer: Answer) -> Answer:
        if "hotel" in answer.question:
            raise EndpointFailed("the endpoint answered 500")
        return answer

    found = run_cases(Outside(rag, fails_on_hotels), CASES[:2])
    leave, hotel = found.results
    assert (leave.failed, hotel.failed) == (False, True)
    assert hotel.error == "EndpointFailed: the endpoint answered 500"
    assert found.measures["answer_correctness"].value == 0.5
    assert found.measures["faithfulness"].not_measurable == 1


def test_a_cancelled_run_ends(rag: Rag) -> None:
    def cancelled(answer: Answer) -> Answer:
        raise Cancelled(f"{answer.question} was cancelled")

    with pytest.raises(Cancelled):
        run_cases(Outside(rag, cancelled), CASES[:1])


COMPOSITES = ("accuracy", "answer_correctness", "abstention_f1")


@pytest.mark.parametrize("answer", [always_abstains, copies_everything])
def test_no_trivial_system_looks_good_on_the_composites(
    rag: Rag, report: Report, answer: Callable[[Answer], Answer]
) -> None:
    trivial = run_cases(Outside(rag, answer), CASES)
    for name in COMPOSITES:
        value = trivial.measures[name].value
        assert isinstance(value, float)
        assert value <= 0.4, name
        assert float(report.measures[name].value) >= 0.7, f"{name}: while a careful system does"


@pytest.mark.parametrize(
    ("cases", "ks"),
    [
        pytest.param([], (1,), id="no-case"),
        pytest.param(CASES, (), id="no-cut-off"),
        pytest.param(CASES, (0,), id="cut-off-0"),
        pytest.param(CASES, (51,), id="cut-off-beyond-the-search"),
    ],
)
def test_a_run_that_cannot_be_is_refused(rag: Rag, cases: list[Case], ks: tuple[int, ...]) -> None:
    with pytest.raises(EvalError):
        run_cases(rag, cases, ks=ks)


def test_a_report_that_cannot_be_written_is_refused_by_name(report: Report, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ReportError, match="file"):
        write_report(report, tmp_path / "file")


def test_markdown_shows_the_failed_cases_and_nothing_in_them_is_markup(rag: Rag, tmp_path: Path) -> None:
    hostile = Case("x|y", "Is <b>this</b> [a](http://a.example) | `b`?\n# Heading", "No", evidence=CASES[0].evidence)
    write_report(run_cases(Outside(rag, always_abstains), [hostile]), tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "## Failed cases: 1 of 1" in text
    assert r"- question: Is \<b\>this\</b\> \[a\]\(http:\/\/a.example\) \| \`b\`? \# Heading" in text
    assert "- evidence: leave.md: 16 weeks of parental leave" in text
    assert "- abstained: The documents do not answer this." in text
