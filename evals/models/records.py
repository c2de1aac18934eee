"""Raw records of a benchmark: one JSON line for each task done, appended and never changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from evals.errors import CaseError, ReportError
from evals.jsonl import Line, sift_lines
from evals.models.task import Kind
from evals.runs.run_folder import Cell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Status = Literal["answered", "abstained", "refused", "truncated", "error", "not measurable"]
"""What became of a task; ``not measurable``: the model cannot be given it, and was not."""

Seconds = float


class Record(Line):
    """A task done once by one model.

    ``sample`` counts from 1; a warm-up has 0 and enters no figure. ``turn_seconds`` are those of each request of a
    chat. ``cost_usd`` is null where no price was known. ``estimated``: the endpoint did not report tokens.
    """

    model: str
    kind: Kind
    task: str
    digest: str
    sample: int = Field(ge=0)
    status: Status
    seconds: Seconds | None = Field(default=None, ge=0, allow_inf_nan=False)
    turn_seconds: tuple[Seconds, ...] = ()
    prompt_tokens: int = Field(default=0, ge=0)
    cached_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)
    estimated: bool = False
    cost_usd: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    scores: dict[str, Cell] = Field(default_factory=dict)
    replies: tuple[str, ...] = ()
    told: str = ""
    verifier: str = ""
    program: str = ""
    at: str = ""

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """Which task of which model this is; a later line of the same key counts in the place of an earlier one."""
        return (self.model, self.kind, self.task, self.digest, self.sample)


def read_records(path: Path) -> tuple[list[Record], list[CaseError]]:
    """The records of a file, and a complaint about each line that is none: half a line costs itself alone.

    Raises:
        CaseError: The file cannot be read, or holds no record.
    """
    lines, bad = sift_lines(path, Record)
    if not lines:
        raise CaseError(path, "holds no record of `rag eval models`")
    latest = {record.key: record for _, record in lines}
    return list(latest.values()), bad


def append_record(path: Path, record: Record) -> None:
    """Add a record, on the disk when this returns; an unfinished last line is ended first.

    Raises:
        ReportError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            torn = file.tell() > 0 and _last_byte(path) != b"\n"
            file.write((b"\n" if torn else b"") + record.model_dump_json().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ReportError(path, error.strerror or type(error).__name__) from error


def measured(records: Sequence[Record]) -> list[Record]:
    """Without the warm-ups."""
    return [record for record in records if record.sample > 0]


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)
