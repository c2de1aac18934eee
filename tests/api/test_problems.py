from __future__ import annotations

import importlib
import pkgutil

import pytest

import api
import evals
import indexers
import rag
import retrievers
from api.exit_codes import CANNOT_RUN, INTERRUPTED
from api.problems import MEANINGS, meaning, problem_json
from indexers.errors import DamagedFile, DocumentNotFound, RagError, StoreBusy, StoreDamaged
from rag.errors import BudgetExceeded, Cancelled, EndpointFailed, MissingKey, OutOfTime, QuestionError


@pytest.mark.parametrize(
    ("error", "exit_code", "http_status"),
    [
        pytest.param(DocumentNotFound(name="a.md"), CANNOT_RUN, 404, id="no-such-document"),
        pytest.param(StoreBusy(path="index"), CANNOT_RUN, 409, id="second-writer"),
        pytest.param(StoreDamaged("row 7"), CANNOT_RUN, 503, id="damage-means-what-its-parent-means"),
        pytest.param(QuestionError("empty"), CANNOT_RUN, 422, id="empty-question"),
        pytest.param(MissingKey(model="gpt-4o-mini", host="api.openai.com"), CANNOT_RUN, 500, id="missing-key"),
        pytest.param(BudgetExceeded("no credit"), CANNOT_RUN, 402, id="no-credit"),
        pytest.param(EndpointFailed("refused"), CANNOT_RUN, 502, id="endpoint-failed"),
        pytest.param(OutOfTime("60 s"), CANNOT_RUN, 504, id="deadline"),
        pytest.param(Cancelled("stopped"), INTERRUPTED, 503, id="cancelled"),
        pytest.param(DamagedFile("truncated"), CANNOT_RUN, 422, id="a-file"),
    ],
)
def test_meaning(error: RagError, exit_code: int, http_status: int) -> None:
    assert (meaning(error).exit_code, meaning(error).http_status) == (exit_code, http_status)


def test_problem_json_words_the_error_for_a_client() -> None:
    assert problem_json(DocumentNotFound(name="a.md")) == {
        "type": "urn:plumbline:problem:document-not-found",
        "title": "Document not found",
        "status": 404,
        "detail": "no document 'a.md' in the index",
        "hint": DocumentNotFound.hint,
    }


def test_every_error_of_the_project_has_a_hint_and_a_meaning_nearer_than_the_root() -> None:
    for package in (indexers, retrievers, rag, evals, api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    unexplained = []
    for error in _descendants(RagError):
        nearest = next(kind for kind in error.__mro__ if kind in MEANINGS)
        if nearest is RagError or not error.hint.endswith("."):
            unexplained.append(error.__name__)
    assert unexplained == []


def _descendants(kind: type[RagError]) -> set[type[RagError]]:
    return {kind for child in kind.__subclasses__() for kind in {child, *_descendants(child)}}
