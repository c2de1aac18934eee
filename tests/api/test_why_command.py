from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api import models
from api.cli import main
from api.rest import create_app
from rag import Rag
from tests.api.commands import read_json

QUESTION = "How many weeks of parental leave may employees take?"

pytestmark = pytest.mark.usefixtures("_clean_environment")


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[str]:
    capsys.readouterr()
    assert main(["why", *map(str, arguments)]) == 0
    return capsys.readouterr().out.splitlines()


def test_what_is_found_is_told_step_by_step(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verdict, blank, *steps = told(capsys, QUESTION, "--document", "benefits.md", "--index", indexed)
    assert verdict.endswith("benefits.md: hit 1 of 10, source 1 of an answer's window")
    assert blank == ""
    assert [line.split()[1] for line in steps] == [
        *("parse", "split", "access", "filter", "dense", "lexical", "fusion", "diversity", "limit", "pack"),
    ]
    assert all(line.startswith("  ✓ ") for line in steps)


def test_what_is_not_in_the_index_is_told_with_what_to_do(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, QUESTION, "--document", "benefit.md", "--index", indexed)
    assert lines[0] == "benefit.md: not among the 10 hits, lost at parse"
    assert "benefits.md" in lines[2]
    assert lines[-2:] == ["What to do:", "  rag index its folder; rag status lists what could not be read"]


def test_what_was_tried_is_told_with_its_outcome(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, QUESTION, "--document", "travel.md", "--index", indexed, "--limit", 1)
    assert ": not among the 1 hits, lost at " in lines[0]
    assert "What brings it in:" in lines
    assert lines[-1].startswith("  --limit ")
    assert " -> hit " in lines[-1]


def test_rest_says_the_same(indexed: Path, capsys: pytest.CaptureFixture[str], client: TestClient) -> None:
    asked = {"question": QUESTION, "document": "travel.md", "limit": 1}
    reply = client.post("/v1/why", json=asked)
    assert reply.status_code == 200
    models.WhyBody.model_validate_json(reply.content)
    assert reply.json() == read_json(
        capsys, "why", QUESTION, "--document", "travel.md", "--limit", 1, "--index", indexed
    )


def test_a_service_that_acts_for_groups_looks_into_nothing(rag: Rag) -> None:
    with TestClient(create_app(rag, groups=["hr"]), base_url="http://127.0.0.1") as staff:
        replies = [
            staff.post("/v1/why", json={"question": QUESTION, "document": document}) for document in ("travel.md", "no")
        ]
    assert [reply.status_code for reply in replies] == [403, 403]
    assert "travel" not in replies[0].text


@pytest.mark.parametrize(
    "wrong", [{"document": ""}, {"page": 0}, {"limit": 51}, {"mode": "best"}, {"question": ""}, {"unknown": 1}]
)
def test_rest_refuses_what_is_wrong(client: TestClient, wrong: dict[str, object]) -> None:
    asked = {"question": QUESTION, "document": "travel.md", **wrong}
    assert client.post("/v1/why", json=asked).status_code == 422
