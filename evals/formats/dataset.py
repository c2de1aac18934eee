"""A data set between two formats: questions, the documents that came with them, judgements, and answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from evals.case import Case
from evals.errors import CaseError
from evals.jsonl import Line
from evals.search.collection import Record

if TYPE_CHECKING:
    from pathlib import Path

M = TypeVar("M", bound=Line)


@dataclass(frozen=True, slots=True)
class Item:
    """A case with what its format says beside it, which the way back needs.

    ``extra`` goes into the case's line under its own keys; ``evidence_texts`` stand beside its evidence, one each.
    """

    case: Case
    extra: Mapping[str, Any] = field(default_factory=dict)
    evidence_texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """What some system answered to a case, and the texts that it was given; each sentence may rest on all of them."""

    case_id: str
    text: str
    contexts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a format held. ``grades`` are by case and document id; ``problems`` name what could not be read."""

    items: tuple[Item, ...]
    documents: tuple[Record, ...] = ()
    grades: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    answers: tuple[Answered, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def texts(self) -> dict[str, Record]:
        """The documents by id."""
        return {record.id: record for record in self.documents}


def document_file(record_id: str) -> str:
    """What the file of a document is called: its id where a file may be called so, else a hash of it.

    Evidence names the file, so that it is found wherever the folder is indexed.
    """
    if record_id.isascii() and record_id.replace("-", "").replace("_", "").isalnum() and len(record_id) <= 100:
        return f"{record_id}.txt"
    return f"{hashlib.sha256(record_id.encode('utf-8', 'surrogatepass')).hexdigest()[:20]}.txt"


def text_id(text: str) -> str:
    """An id for a text that came without one; the same text has the same."""
    return "text-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_json(path: Path) -> object:
    """The value of a JSON file.

    Raises:
        CaseError: It cannot be read, or is not JSON.
    """
    try:
        value: object = json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise CaseError(path, f"not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise CaseError(path, error.strerror or type(error).__name__) from error
    except (ValueError, RecursionError) as error:
        raise CaseError(path, f"not JSON: {error}") from error
    return value


def sift(path: Path, values: Sequence[object], model: type[M], problems: list[str]) -> Iterator[tuple[int, M]]:
    """The values of a JSON list that are what they should be, with their places from 1; of the others, why not."""
    for number, value in enumerate(values, start=1):
        try:
            yield number, model.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            problems.append(f"{path}, item {number}{f', field {where!r}' if where else ''}: {first['msg']}")
