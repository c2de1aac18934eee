"""Our own folder: cases.jsonl, the documents as files and as a collection in BEIR's format, and answers.jsonl.

`rag index DIR/docs` and `rag eval run DIR/cases.jsonl` ask it, `rag eval retrieval DIR` ranks its documents, and
`rag eval judge DIR/answers.jsonl` judges what another system answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from evals.case import Case, CaseLine, Evidence, case_of
from evals.formats.dataset import Answered, Dataset, Item, document_file
from evals.jsonl import sift_lines
from evals.runs.judge import load_answers
from evals.runs.report import write_file
from evals.runs.run_folder import ANSWERS, REPORT, read_model
from evals.search.collection import QRELS, Collection, Record, load_collection

if TYPE_CHECKING:
    from pathlib import Path

CASES = "cases.jsonl"
DOCUMENTS = "docs"


class _Evidence(BaseModel):
    document: str
    uri: str | None = None
    page: int | None = None
    text: str = ""


class _Row(BaseModel):
    id: str
    question: str
    reference: str = ""
    answerable: bool = True
    kind: str = ""
    evidence: tuple[_Evidence, ...] = ()


class _Report(BaseModel):
    cases: tuple[_Row, ...]


def write_folder(dataset: Dataset, folder: Path) -> list[str]:
    """Write what the data set holds; says which files.

    Raises:
        ReportError: A file cannot be written.
    """
    files: dict[str, str] = {CASES: lines(case_json(item) for item in dataset.items)}
    if dataset.documents:
        files |= collection_files(dataset)
        files |= {f"{DOCUMENTS}/{document_file(one.id)}": document_text(one) for one in dataset.documents}
    if dataset.answers:
        files[ANSWERS] = lines(answer_lines(dataset))
    for name, text in files.items():
        write_file(folder / name, text)
    kept = [name for name in files if not name.startswith(f"{DOCUMENTS}/")]
    return [*kept, *([f"{DOCUMENTS}/ ({len(dataset.documents)} files)"] if dataset.documents else [])]


def read_folder(path: Path) -> Dataset:
    """The data set in a folder of ours, in a folder of BEIR's, in a run folder, or in a file of cases.

    Raises:
        RunError: The run folder cannot be read.
        CaseError: A file cannot be read or holds no line; bad lines are named among the problems instead.
        CollectionError: The collection in it cannot be read.
    """
    if not path.is_dir():
        items, problems = _items(path)
        return Dataset(tuple(items), problems=tuple(problems))
    if (path / REPORT).is_file():
        return of_run(path)
    dataset = Dataset(())
    if (path / "corpus.jsonl").is_file() and any((path / name).exists() for name in QRELS):
        dataset = of_collection(load_collection(path))
    if (path / CASES).is_file() or not dataset.items:
        items, problems = _items(path / CASES)
        dataset = replace(dataset, items=tuple(items), problems=tuple(problems))
    if (path / ANSWERS).is_file():
        dataset = replace(dataset, answers=tuple(_answered(path / ANSWERS)))
    return dataset


def of_run(path: Path) -> Dataset:
    """A run folder: its cases with their evidence as located, and its answers with the quotes that they cite.

    Raises:
        RunError: The report cannot be read.
        CaseError: The answers cannot.
    """
    report = read_model(path / REPORT, _Report, what="a run that this version can read")
    answers = tuple(_answered(path / ANSWERS)) if (path / ANSWERS).is_file() else ()
    return Dataset(tuple(Item(_case(row)) for row in report.cases), answers=answers)


def of_collection(collection: Collection) -> Dataset:
    """A collection: a case a question, every relevant document of it as evidence, whole."""
    texts = {record.id: record for record in collection.records}
    items = []
    for question, text in collection.questions.items():
        relevant = [name for name, grade in collection.grades.get(question, {}).items() if grade > 0 and name in texts]
        if question in collection.grades:
            found = tuple(
                Evidence(document_file(name), quote=texts[name].text) for name in relevant if texts[name].text.strip()
            )
            items.append(Item(Case(question, text, evidence=found)))
    return Dataset(tuple(items), collection.records, collection.grades)


def collection_files(dataset: Dataset) -> dict[str, str]:
    """The three files of BEIR's format."""
    grades = dataset.grades or relevant_documents(dataset)
    rows = [f"{name}\t{document}\t{grade}\n" for name, row in grades.items() for document, grade in row.items()]
    return {
        "corpus.jsonl": lines({"_id": one.id, "title": one.title, "text": one.text} for one in dataset.documents),
        "queries.jsonl": lines({"_id": item.case.id, "text": item.case.question} for item in dataset.items),
        "qrels.tsv": "query-id\tcorpus-id\tscore\n" + "".join(rows),
    }


def relevant_documents(dataset: Dataset) -> dict[str, dict[str, int]]:
    """Which documents the cases name as evidence, of those that the data set holds."""
    by_file = {document_file(one.id): one.id for one in dataset.documents}
    found = {
        item.case.id: {by_file[one.document]: 1 for one in item.case.evidence if one.document in by_file}
        for item in dataset.items
        if item.case.answerable
    }
    return {name: row for name, row in found.items() if row}


def case_json(item: Item) -> dict[str, Any]:
    """A case's line: what it says, without what it leaves out."""
    case = item.case
    evidence = []
    for at, one in enumerate(case.evidence):
        told: dict[str, Any] = {"document": one.document}
        told |= {
            name: value for name in ("page_index", "quote", "start", "end") if (value := getattr(one, name)) is not None
        }
        if at < len(item.evidence_texts):
            told["text"] = item.evidence_texts[at]
        evidence.append(told)
    line: dict[str, Any] = {"id": case.id, "question": case.question}
    line |= {"reference": case.reference} if case.reference else {}
    line |= {"answerable": case.answerable, "kind": case.kind, "evidence": evidence}
    return line | dict(item.extra)


def document_text(record: Record) -> str:
    """The document as a file."""
    return f"{record.title}\n\n{record.text}\n" if record.title.strip() else f"{record.text}\n"


def answer_lines(dataset: Dataset) -> Iterable[dict[str, Any]]:
    """The answers as `rag eval judge` reads them."""
    from indexers.sentences import sentence_spans

    cases = {item.case.id: item.case for item in dataset.items}
    for one in dataset.answers:
        case = cases[one.case_id]
        sentences = [one.text[start:end] for start, end in sentence_spans(one.text)]
        yield {
            "id": case.id,
            "question": case.question,
            "text": one.text,
            "sentences": [{"text": text, "evidence": list(one.contexts)} for text in sentences],
            "reference": case.reference,
            "answerable": case.answerable,
        }


def lines(values: Iterable[Mapping[str, Any]]) -> str:
    """JSON Lines."""
    return "".join(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n" for value in values)


def _case(row: _Row) -> Case:
    evidence = tuple(
        Evidence(one.uri or one.document, None if one.page is None else one.page - 1, one.text or None)
        for one in row.evidence
    )
    return Case(row.id, row.question, row.reference, row.answerable, row.kind, evidence)


def _items(path: Path) -> tuple[list[Item], list[str]]:
    good, bad = sift_lines(path, CaseLine)
    items = [
        Item(
            case_of(path, number, line),
            dict(line.model_extra or {}),
            tuple(str((one.model_extra or {}).get("text", "")) for one in line.evidence),
        )
        for number, line in good
    ]
    return items, [str(error) for error in bad]


def _answered(path: Path) -> Iterable[Answered]:
    for one in load_answers(path):
        contexts = dict.fromkeys(quote for claim in one.claims for quote in claim.quotes)
        yield Answered(one.id, one.text, tuple(contexts))
