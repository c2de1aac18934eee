"""The process that reads files: the only one that ever holds what a stranger wrote."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexers.errors import LimitExceeded, LoadError, ParserFailed
from indexers.isolation.answer import Answer, encode, encode_error
from indexers.isolation.confine import Allowance, Opened, confine, die_with_parent, limit, limit_processor
from indexers.isolation.frames import receive
from indexers.load import LoadLimits
from indexers.load.documents import load_bytes
from indexers.roots import shown

ANSWERED, FAILED, TOO_MUCH_OUTPUT, TOO_MUCH_MEMORY = 0, 1, 3, 4
"""What a reader says, in one byte, when it is done with a file."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file to read: its name and URI, and the descriptors that it is read from and answered to."""

    name: str
    uri: str
    file: int
    answer: int


def become_reader(
    channel: socket.socket,
    *,
    parent: int,
    limits: LoadLimits,
    allowance: Allowance,
    places: Sequence[Opened],
    folder: Path,
) -> None:
    """Confine this process, and read the files that come over ``channel`` until it is closed."""
    die_with_parent(parent)
    os.chdir(folder)
    limit(allowance)
    confine(places)
    while (received := receive(channel, descriptors=2)) is not None:
        request, (file, answer) = received
        limit_processor(allowance.processor_seconds)
        said = _answer(Task(request["name"], request["uri"], file, answer), limits)
        os.close(file)
        os.close(answer)
        channel.send(bytes([said]))
        if said == TOO_MUCH_MEMORY:
            return


def _answer(task: Task, limits: LoadLimits) -> int:
    try:
        _write(task.answer, encode(_read(task, limits)))
    except MemoryError:
        return TOO_MUCH_MEMORY
    except OSError as error:
        return TOO_MUCH_OUTPUT if error.errno == errno.EFBIG else FAILED
    return ANSWERED


def _read(task: Task, limits: LoadLimits) -> Answer:
    name = shown(task.name)
    try:
        data = _content(task.file, name, limits)
        sha256 = hashlib.sha256(data).hexdigest()
        loaded = load_bytes(data, path=Path(task.name), uri=task.uri, limits=limits)
    except LoadError as error:
        return Answer("", refusal=encode_error(error))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  # here a process ends, and the parent is told why
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        message = f"{name} cannot be read: its loader fails with {type(error).__name__}: {error} ({place})"
        return Answer("", refusal=encode_error(ParserFailed(message)))
    refused = tuple((failure.uri, encode_error(failure.error)) for failure in loaded.failures)
    return Answer(sha256, loaded.documents, refused)


def _content(descriptor: int, name: str, limits: LoadLimits) -> bytes:
    """All bytes from the beginning; the descriptor's position is shared with other processes, and left alone."""
    pieces, size = [], 0
    while piece := os.pread(descriptor, limits.max_file_bytes + 1, size):
        pieces.append(piece)
        size += len(piece)
        if size > limits.max_file_bytes:
            message = f"{name} is larger than {limits.max_file_bytes:,} bytes (max_file_bytes)"
            raise LimitExceeded(message)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
