"""MTRAG: tasks of conversations as JSON lines, each the turns up to a question, with its passages and a reference.

Its retrieval tasks are folders in BEIR's format, which need no other reader. A case asks the last question alone: the
turns before it stand in the case's line as ``history``.

Source: Katsis et al., MTRAG: a multi-turn conversational benchmark for evaluating retrieval-augmented generation
systems, TACL 2025, arXiv:2501.03468.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from evals.case import Case, Evidence
from evals.formats.dataset import Answered, Dataset, Item, document_file
from evals.formats.folder import lines
from evals.jsonl import ForeignLine, sift_lines
from evals.runs.report import write_file
from evals.search.collection import Record

if TYPE_CHECKING:
    from pathlib import Path

KEPT = ("conversation_id", "turn", "Collection", "Question Type", "Multi-Turn", "Answerability")


class Turn(ForeignLine):
    """What somebody said."""

    speaker: str = "user"
    text: str


class Passage(ForeignLine):
    """A passage that the task was given; a reference passage unless it has the score of a search."""

    document_id: str
    text: str = ""
    title: str | None = None


class Task(ForeignLine):
    """A line of the file."""

    task_id: str
    input: tuple[Turn, ...] = Field(min_length=1)
    contexts: tuple[Passage, ...] = ()
    targets: tuple[Turn, ...] = ()
    predictions: tuple[Turn, ...] = ()
    answerability: tuple[str, ...] = Field((), alias="Answerability")


def read_mtrag(path: Path) -> Dataset:
    """Tasks become cases, passages documents, predictions answers.

    A turn that asks nothing of the documents (``CONVERSATIONAL``) is neither answerable nor to be abstained from, so it
    is left out and named.

    Raises:
        CaseError: The file cannot be read or holds no line.
    """
    good, bad = sift_lines(path, Task)
    problems = [str(error) for error in bad]
    items, answers = [], []
    documents: dict[str, Record] = {}
    for number, task in good:
        if "CONVERSATIONAL" in task.answerability:
            problems.append(f"{path}, line {number}: {task.task_id} asks nothing of the documents; left out")
            continue
        documents |= {one.document_id: Record(one.document_id, one.title or "", one.text) for one in task.contexts}
        items.append(_item(task))
        answers += [
            Answered(task.task_id, one.text, tuple(passage.text for passage in task.contexts))
            for one in task.predictions[:1]
        ]
    return Dataset(tuple(items), tuple(documents.values()), answers=tuple(answers), problems=tuple(problems))


def write_mtrag(dataset: Dataset, path: Path) -> list[str]:
    """Write a task a case, with the passages that its evidence names.

    Raises:
        ReportError: The file cannot be written.
    """
    by_file = {document_file(one.id): one for one in dataset.documents}
    answered = {one.case_id: one for one in dataset.answers}
    rows = []
    for item in dataset.items:
        case = item.case
        passages = dict.fromkeys(by_file[one.document] for one in case.evidence if one.document in by_file)
        named = item.extra.get("passages")
        if isinstance(named, list):
            passages = dict.fromkeys(dataset.texts[name] for name in named if name in dataset.texts)
        row: dict[str, Any] = {name: item.extra[name] for name in KEPT if name in item.extra}
        row |= {
            "task_id": case.id,
            "input": [*item.extra.get("history", []), {"speaker": "user", "text": case.question}],
            "contexts": [{"document_id": one.id, "title": one.title, "text": one.text} for one in passages],
            "targets": [{"speaker": "agent", "text": case.reference}] if case.reference else [],
        }
        row.setdefault("Answerability", ["ANSWERABLE" if case.answerable else "UNANSWERABLE"])
        if case.id in answered:
            row["predictions"] = [{"text": answered[case.id].text}]
        rows.append(row)
    write_file(path, lines(rows))
    return []


def _item(task: Task) -> Item:
    *before, question = task.input
    answerable = "UNANSWERABLE" not in task.answerability
    evidence = tuple(
        Evidence(document_file(one.document_id), quote=one.text) for one in task.contexts if one.text.strip()
    )
    reference = task.targets[0].text if task.targets else ""
    kept = {name: value for name in KEPT if (value := (task.model_extra or {}).get(name)) is not None}
    extra: dict[str, Any] = kept | {"Answerability": list(task.answerability)} if task.answerability else dict(kept)
    extra["passages"] = [one.document_id for one in task.contexts]
    extra["history"] = [{"speaker": one.speaker, "text": one.text} for one in before]
    kind = task.answerability[0].lower() if task.answerability else ""
    return Item(Case(task.task_id, question.text, reference, answerable, kind, evidence if answerable else ()), extra)
