"""A reader's answer as it arrives: it held a stranger's file, and nothing that it says is believed unchecked."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import cache
from itertools import chain

from pydantic import TypeAdapter, ValidationError

from indexers import errors
from indexers.document import PART_SEPARATOR, Document, document_id
from indexers.errors import LoadError, ParserFailed
from indexers.isolation.answer import Answer, Refusal, one_line
from indexers.load import Loaded, PartFailure

_VERSION = re.compile("[0-9a-f]{64}")


def decode(data: bytes, *, name: str, uri: str) -> tuple[Loaded, str]:
    """What the file gives, and the sha256 of the bytes that it was read from.

    Raises:
        LoadError: What the reader says of the file.
        ParserFailed: The answer is not one.
    """
    try:
        answer = _adapter().validate_json(data, strict=True)
    except ValidationError as error:
        message = f"{name} cannot be read: what reads it gave no answer that makes sense"
        raise ParserFailed(message) from error
    if answer.refusal:
        raise _error(answer.refusal)
    if fault := _fault(answer, uri):
        message = f"{name} cannot be read: what reads it gave a wrong answer ({fault})"
        raise ParserFailed(message)
    failures = tuple(PartFailure(part, _error(refusal)) for part, refusal in answer.refused)
    return Loaded(answer.documents, failures), answer.sha256


@cache
def _adapter() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)


def _error(refusal: Refusal) -> LoadError:
    named = vars(errors).get(refusal.kind)
    kind = named if isinstance(named, type) and issubclass(named, LoadError) else LoadError
    error = kind(one_line(refusal.message))
    if refusal.hint != kind.hint:
        error.hint = one_line(refusal.hint)
    return error


def _fault(answer: Answer, uri: str) -> str:
    """What is wrong with the answer, in words; "" where nothing is."""
    if not answer.documents or answer.documents[0].uri != uri:
        return "its first document is not the file's"
    named = [*(document.uri for document in answer.documents), *(part for part, _ in answer.refused)]
    if len(set(named)) != len(named):
        return "two documents have the same URI"
    if not all(part.startswith(uri + PART_SEPARATOR) and part.isprintable() for part in named[1:]):
        return "a part lies outside its file"
    return next(filter(None, chain.from_iterable(map(_faults, answer.documents))), "")


def _faults(document: Document) -> Iterable[str]:
    if document.id != document_id(document.uri) or not _VERSION.fullmatch(document.version):
        yield "a document's id or version is not one"
    if document.access is not None:
        yield "a document says who may see it"
    end = 0
    for block in document.blocks:
        if not end <= block.start < block.end <= len(document.text):
            yield "blocks overlap or lie outside the text"
        if not 0 <= block.header_chars <= block.end - block.start or (block.page is not None and block.page < 1):
            yield "a block's header or page is not one"
        box = block.box
        if box and not all(map(math.isfinite, (box.left, box.bottom, box.right, box.top))):
            yield "a block's box is not one"
        end = block.end
