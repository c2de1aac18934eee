"""FinanceBench: questions about filings, each with the pages that answer it, as JSON lines.

The released file has a list ``evidence`` with ``doc_name`` and ``evidence_page_num``, which counts from 0; the first
release had ``evidence_text`` and ``page_number`` beside the question.

Source: Islam et al., FinanceBench: a new benchmark for financial question answering, 2023, arXiv:2311.11944.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import AliasChoices, Field

from evals.case import Case, Evidence
from evals.formats.dataset import Dataset, Item
from evals.formats.folder import lines
from evals.jsonl import ForeignLine, sift_lines
from evals.runs.report import write_file

if TYPE_CHECKING:
    from pathlib import Path

ENDING = ".pdf"
"""A ``doc_name`` is the name of a file without it."""

KEPT = ("company", "question_reasoning", "domain_question_num", "justification", "dataset_subset_label")
"""What is handed through to the case's line and back."""


class Place(ForeignLine):
    """A page with what it says."""

    evidence_text: str = ""
    doc_name: str | None = Field(None, validation_alias=AliasChoices("doc_name", "evidence_doc_name"))
    evidence_page_num: int = Field(ge=0, validation_alias=AliasChoices("evidence_page_num", "page_number"))


class Question(ForeignLine):
    """A line of the file."""

    financebench_id: str
    question: str
    answer: str
    doc_name: str
    question_type: str = ""
    evidence: tuple[Place, ...] = ()
    evidence_text: str = ""
    page_number: int | None = Field(None, ge=0)


def read_financebench(path: Path) -> Dataset:
    """Each page becomes evidence by its number: a PDF's text is not told alike by two readers.

    Raises:
        CaseError: The file cannot be read or holds no line.
    """
    good, bad = sift_lines(path, Question)
    return Dataset(tuple(_item(line) for _, line in good), problems=tuple(str(error) for error in bad))


def write_financebench(dataset: Dataset, path: Path) -> list[str]:
    """Write the cases whose evidence names pages; says which could not be written.

    Raises:
        ReportError: The file cannot be written.
    """
    rows, left_out = [], []
    for item in dataset.items:
        case = item.case
        if not case.answerable or not case.evidence or any(one.page_index is None for one in case.evidence):
            left_out.append(f"{case.id}: FinanceBench asks for an answer and the page of each evidence")
            continue
        rows.append(_row(item))
    write_file(path, lines(rows))
    return left_out


def _item(line: Question) -> Item:
    places = line.evidence
    if not places and line.page_number is not None:
        places = (Place(evidence_text=line.evidence_text, evidence_page_num=line.page_number),)
    evidence = tuple(Evidence((one.doc_name or line.doc_name) + ENDING, one.evidence_page_num) for one in places)
    extra = {name: value for name in KEPT if (value := (line.model_extra or {}).get(name)) is not None}
    case = Case(line.financebench_id, line.question, line.answer, kind=line.question_type, evidence=evidence)
    return Item(case, extra | {"doc_name": line.doc_name}, tuple(one.evidence_text for one in places))


def _row(item: Item) -> dict[str, Any]:
    case = item.case
    texts = (*item.evidence_texts, *([""] * len(case.evidence)))
    first = case.evidence[0].document.removesuffix(ENDING)
    row: dict[str, Any] = {"financebench_id": case.id, "doc_name": item.extra.get("doc_name", first)}
    row |= {"question_type": case.kind, "question": case.question, "answer": case.reference}
    row["evidence"] = [
        {"evidence_text": text, "doc_name": one.document.removesuffix(ENDING), "evidence_page_num": one.page_index}
        for one, text in zip(case.evidence, texts, strict=False)
    ]
    return row | {name: item.extra[name] for name in KEPT if name in item.extra}
