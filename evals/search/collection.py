"""A retrieval collection in BEIR's format: documents, questions, and which documents answer which question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import Field

from evals.errors import CaseError, CollectionError
from evals.jsonl import Line, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

QRELS = ("qrels.tsv", "qrels/test.tsv", "qrels/test.qrels", "test.qrels", "qrels.txt", "qrels")
"""Where judgements are looked for, in this order."""

_GRADE = re.compile(r"[+-]?\d+(?:\.0*)?")


@dataclass(frozen=True, slots=True)
class Record:
    """A document of the collection; ``title`` may be empty."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """``grades`` by question and document id: every judged question, in file order; above 0 is relevant.

    ``unknown`` are judged documents that the collection does not hold, which nothing can find.
    """

    name: str
    records: tuple[Record, ...]
    questions: Mapping[str, str]
    grades: Mapping[str, Mapping[str, int]]
    unknown: tuple[str, ...] = ()


class RecordLine(Line):
    """A document as a stranger wrote it."""

    id: str = Field(alias="_id", min_length=1)
    title: str | None = None
    text: str | None = None


class QuestionLine(Line):
    """A question as a stranger wrote it."""

    id: str = Field(alias="_id", min_length=1)
    text: str


L = TypeVar("L", RecordLine, QuestionLine)


def load_collection(folder: Path, *, qrels: Path | None = None) -> Collection:
    """Read ``corpus.jsonl``, ``queries.jsonl`` and the judgements of a folder.

    Args:
        folder: In BEIR's format.
        qrels: The judgements, where not one of ``QRELS``. Three columns (question, document, grade) with or without a
            header, or TREC's four (question, 0, document, grade), by tabs or blanks.

    Raises:
        CollectionError: A file is missing, empty or not of its format, an id stands twice, or a question is judged that
            ``queries.jsonl`` does not hold; names the file and the line.
    """
    if not folder.is_dir():
        raise CollectionError(f"{folder} is not a folder")
    records = {line.id: Record(line.id, line.title or "", line.text or "") for line in _lines(folder, RecordLine)}
    questions = {line.id: line.text for line in _lines(folder, QuestionLine)}
    grades: dict[str, dict[str, int]] = {}
    unknown: dict[str, None] = {}
    path = qrels or _find_qrels(folder)
    for number, question, document, grade in judgements(path):
        if question not in questions:
            raise CollectionError(
                f"{path}, line {number}: judges question {question!r}, which queries.jsonl does not hold"
            )
        if grades.setdefault(question, {}).setdefault(document, grade) != grade:
            raise CollectionError(f"{path}, line {number}: {document!r} was judged otherwise for {question!r} above")
        if document not in records:
            unknown[document] = None
    if not grades:
        raise CollectionError(f"{path}: the file holds no judgement")
    return Collection(folder.resolve().name, tuple(records.values()), questions, grades, tuple(unknown))


def _lines(folder: Path, model: type[L]) -> Iterator[L]:
    """The lines of one of the two files, each id once."""
    path = folder / ("corpus.jsonl" if model is RecordLine else "queries.jsonl")
    before: dict[str, int] = {}
    try:
        for number, line in read_lines(path, model):
            if line.id in before:
                raise CollectionError(f"{path}, line {number}: {line.id!r} already stands in line {before[line.id]}")
            before[line.id] = number
            yield line
    except CaseError as error:
        raise CollectionError(str(error)) from error


def _find_qrels(folder: Path) -> Path:
    found = next((folder / name for name in QRELS if (folder / name).is_file()), None)
    if found is None:
        splits = sorted(path.name for path in (folder / "qrels").glob("*.tsv")) if (folder / "qrels").is_dir() else []
        others = f"; name one of qrels/ with --qrels: {', '.join(splits)}" if splits else ""
        raise CollectionError(f"{folder} holds no judgements: neither qrels.tsv nor qrels/test.tsv{others}")
    return found


def judgements(path: Path) -> Iterator[tuple[int, str, str, int]]:
    """Line number, question, document and grade of every line that is not blank.

    Raises:
        CollectionError: The file cannot be read, or a line is none; names the line.
    """
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        columns = line.split("\t") if "\t" in line else line.split()
        if len(columns) not in (3, 4):
            raise CollectionError(f"{path}, line {number}: {len(columns)} columns; there are three, or TREC's four")
        grade = columns[-1].strip()
        if not _GRADE.fullmatch(grade, 0):
            if number == 1:
                continue  # the header
            raise CollectionError(f"{path}, line {number}: {grade!r} is not a whole number")
        yield number, columns[0].strip(), columns[-2].strip(), int(float(grade))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CollectionError(f"{path}: not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise CollectionError(f"{path}: {error.strerror or type(error).__name__}") from error
