"""RAGAS: samples as JSON lines or one JSON list, in its present words and in those before version 0.2.

``user_input``, ``response``, ``reference`` and ``retrieved_contexts`` were called ``question``, ``answer``,
``ground_truth`` (or ``ground_truths``) and ``contexts`` then; there were no ``reference_contexts``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import AliasChoices, Field, field_validator

from evals.case import Case, Evidence
from evals.errors import CaseError
from evals.formats.dataset import Answered, Dataset, Item, document_file, read_json, sift, text_id
from evals.formats.folder import lines
from evals.jsonl import ForeignLine, sift_lines
from evals.runs.report import write_file
from evals.search.collection import Record

if TYPE_CHECKING:
    from pathlib import Path


class Sample(ForeignLine):
    """A single-turn sample; conversations are lists of messages, which are not one question and are refused."""

    id: str | None = None
    user_input: str = Field(validation_alias=AliasChoices("user_input", "question"))
    response: str | None = Field(None, validation_alias=AliasChoices("response", "answer"))
    reference: str | None = Field(None, validation_alias=AliasChoices("reference", "ground_truth", "ground_truths"))
    retrieved_contexts: tuple[str, ...] = Field((), validation_alias=AliasChoices("retrieved_contexts", "contexts"))
    reference_contexts: tuple[str, ...] = ()

    @field_validator("reference", mode="before")
    @classmethod
    def _first(cls, value: object) -> object:
        return (value[0] if value else None) if isinstance(value, list) else value

    @field_validator("retrieved_contexts", "reference_contexts", mode="before")
    @classmethod
    def _absent(cls, value: object) -> object:
        return () if value is None else value


def read_ragas(path: Path) -> Dataset:
    """Samples become cases, contexts documents, responses answers.

    Raises:
        CaseError: The file cannot be read, or holds no sample.
    """
    problems: list[str] = []
    samples: list[tuple[int, Sample]]
    if path.suffix == ".json":
        values = read_json(path)
        if not isinstance(values, list):
            raise CaseError(path, "no list of samples")
        samples = list(sift(path, values, Sample, problems))
    else:
        samples, bad = sift_lines(path, Sample)
        problems += [str(error) for error in bad]
    items, answers = [], []
    texts: dict[str, str] = {}
    for number, sample in samples:
        name = sample.id or f"sample-{number}"
        texts |= {
            text_id(text): text for text in (*sample.reference_contexts, *sample.retrieved_contexts) if text.strip()
        }
        evidence = tuple(
            Evidence(document_file(text_id(text)), quote=text) for text in sample.reference_contexts if text.strip()
        )
        items.append(Item(Case(name, sample.user_input, sample.reference or "", evidence=evidence)))
        if sample.response is not None:
            answers.append(Answered(name, sample.response, sample.retrieved_contexts))
    documents = tuple(Record(name, "", text) for name, text in texts.items())
    return Dataset(tuple(items), documents, answers=tuple(answers), problems=tuple(problems))


def write_ragas(dataset: Dataset, path: Path) -> list[str]:
    """Write a sample a case, as JSON lines, or as a list where the file is called ``.json``.

    Raises:
        ReportError: The file cannot be written.
    """
    by_file = {document_file(one.id): one.text for one in dataset.documents}
    answered = {one.case_id: one for one in dataset.answers}
    samples = []
    for item in dataset.items:
        case, answer = item.case, answered.get(item.case.id)
        contexts = [one.quote or by_file.get(one.document, "") for one in case.evidence]
        sample: dict[str, Any] = {"id": case.id, "user_input": case.question}
        sample |= {"reference": case.reference} if case.reference else {}
        sample |= {"reference_contexts": [text for text in contexts if text]} if any(contexts) else {}
        if answer is not None:
            sample |= {"response": answer.text, "retrieved_contexts": list(answer.contexts)}
        samples.append(sample)
    text = json.dumps(samples, ensure_ascii=False, indent=2) + "\n" if path.suffix == ".json" else lines(samples)
    write_file(path, text)
    return []
