"""SQuAD 1.1 and 2.0: one JSON file of articles, their paragraphs, and questions answered by spans of a paragraph.

Source: Rajpurkar et al., SQuAD: 100,000+ questions for machine comprehension of text, EMNLP 2016; Rajpurkar, Jia &
Liang, Know what you don't know: unanswerable questions for SQuAD, ACL 2018.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import Field

from evals.case import Case, Evidence
from evals.errors import CaseError
from evals.formats.dataset import Dataset, Item, document_file, read_json, sift
from evals.jsonl import ForeignLine
from evals.runs.report import write_file
from evals.search.collection import Record
from indexers.sentences import sentence_spans

if TYPE_CHECKING:
    from pathlib import Path


class Span(ForeignLine):
    """An answer: a piece of the paragraph and where it begins, in characters."""

    text: str
    answer_start: int = Field(ge=0)


class Question(ForeignLine):
    """A question about a paragraph; in 2.0 it may be impossible, with spans that look like answers."""

    id: str
    question: str
    answers: tuple[Span, ...] = ()
    is_impossible: bool = False
    plausible_answers: tuple[Span, ...] = ()


class Paragraph(ForeignLine):
    """A paragraph with its questions, each checked by itself."""

    context: str
    qas: tuple[Any, ...]


class Article(ForeignLine):
    """An article with its paragraphs, each checked by itself."""

    title: str = ""
    paragraphs: tuple[Any, ...]


def read_squad(path: Path) -> Dataset:
    """Paragraphs become documents; the sentence around the first answer becomes the evidence.

    Raises:
        CaseError: It is no JSON file with a list ``data``.
    """
    whole = read_json(path)
    data = whole.get("data") if isinstance(whole, dict) else None
    if not isinstance(data, list):
        raise CaseError(path, "no SQuAD file: it has no list `data`")
    problems: list[str] = []
    items: list[Item] = []
    documents: list[Record] = []
    for place, article in sift(path, data, Article, problems):
        for number, paragraph in sift(path, article.paragraphs, Paragraph, problems):
            record = Record(f"{place}-{number}", article.title, paragraph.context)
            documents.append(record)
            for _, question in sift(path, paragraph.qas, Question, problems):
                items.append(_item(question, record))
    return Dataset(tuple(items), tuple(documents), problems=tuple(problems))


def write_squad(dataset: Dataset, path: Path) -> list[str]:
    """Write the questions whose answer stands in one document; says which could not be written.

    Raises:
        ReportError: The file cannot be written.
    """
    by_file = {document_file(one.id): one for one in dataset.documents}
    asked: dict[str, list[dict[str, Any]]] = {one.id: [] for one in dataset.documents}
    left_out: list[str] = []
    for item in dataset.items:
        about = item.extra.get("paragraph")
        record = (
            dataset.texts.get(str(about))
            if about
            else next((by_file[one.document] for one in item.case.evidence if one.document in by_file), None)
        )
        answers = [] if record is None else _spans(item, record)
        if record is None or (item.case.answerable and not answers):
            left_out.append(f"{item.case.id}: its reference stands in none of its documents, word for word")
            continue
        asked[record.id].append(_question(item, answers))
    articles: dict[str, list[dict[str, Any]]] = {}
    for record in dataset.documents:
        articles.setdefault(record.title, []).append({"context": record.text, "qas": asked[record.id]})
    data = [{"title": title, "paragraphs": paragraphs} for title, paragraphs in articles.items()]
    write_file(path, json.dumps({"version": "v2.0", "data": data}, ensure_ascii=False, allow_nan=False) + "\n")
    return left_out


def _item(question: Question, record: Record) -> Item:
    extra: dict[str, Any] = {"paragraph": record.id, "answers": [one.model_dump() for one in question.answers]}
    if question.plausible_answers:
        extra["plausible_answers"] = [one.model_dump() for one in question.plausible_answers]
    first = question.answers[0] if question.answers else None
    evidence = () if first is None else (Evidence(document_file(record.id), quote=_around(record.text, first)),)
    answerable = first is not None and not question.is_impossible
    reference = first.text if answerable and first is not None else ""
    return Item(
        Case(question.id, question.question, reference, answerable, evidence=evidence if answerable else ()), extra
    )


def _around(text: str, answer: Span) -> str:
    """The sentences that the answer lies in."""
    end = answer.answer_start + len(answer.text)
    spans = [(a, b) for a, b in sentence_spans(text) if a < end and answer.answer_start < b]
    return text[spans[0][0] : spans[-1][1]] if spans else answer.text


def _spans(item: Item, record: Record) -> list[dict[str, Any]]:
    kept = item.extra.get("answers")
    if isinstance(kept, list):
        return kept
    start = record.text.find(item.case.reference) if item.case.reference else -1
    return [] if start < 0 else [{"text": item.case.reference, "answer_start": start}]


def _question(item: Item, answers: list[dict[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {"id": item.case.id, "question": item.case.question, "answers": answers}
    told["is_impossible"] = not item.case.answerable
    if item.extra.get("plausible_answers"):
        told["plausible_answers"] = item.extra["plausible_answers"]
    return told
