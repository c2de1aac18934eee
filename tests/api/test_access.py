"""Filters and groups over HTTP and on the command line: a request may narrow what it sees, and never widen it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.cli import main
from api.exit_codes import CANNOT_RUN, DONE
from api.rest import create_app
from indexers.hashing import HashingEmbedder
from indexers.store import Store
from rag import Rag
from rag.settings import Settings

QUESTION = "What does the blue anvil cost, and how long is parental leave?"
LISTS = {"benefits.md": ("hr",), "prices.md": ("*",), "travel.md": ()}


@pytest.fixture
def shared(index: Path) -> Path:
    """A copy of the index in which benefits.md is for hr, prices.md for everybody, and travel.md for the owner."""
    with Store.open(index) as store:
        ids = {name: store.snapshot().entry(name).id for name in LISTS}
        with store.writer(HashingEmbedder()) as writer:
            writer.set_access({ids[name]: groups for name, groups in LISTS.items()})
    return index


@pytest.fixture
def opened(shared: Path, settings: Settings) -> Iterator[Rag]:
    with Rag.open(shared, settings=settings) as rag:
        yield rag


@pytest.fixture
def owner(opened: Rag) -> TestClient:
    return TestClient(create_app(opened), base_url="http://127.0.0.1")


@pytest.fixture
def staff(opened: Rag) -> TestClient:
    """A service that acts for hr and it."""
    return TestClient(create_app(opened, groups=["hr", "it"]), base_url="http://127.0.0.1")


def found(client: TestClient, **held: Any) -> set[str]:
    reply = client.post("/v1/search", json={"question": QUESTION, **held})
    assert reply.status_code == 200, reply.text
    return {Path(hit["uri"]).name for hit in reply.json()["hits"]}


@pytest.mark.parametrize(
    ("held", "names"),
    [
        pytest.param({}, {"benefits.md", "prices.md", "travel.md"}, id="the-owner"),
        pytest.param({"groups": ["hr"]}, {"benefits.md", "prices.md"}, id="a-group"),
        pytest.param({"groups": []}, {"prices.md"}, id="no-group-is-everybodys"),
        pytest.param({"groups": ["HR", "x"]}, {"prices.md"}, id="other-groups"),
        pytest.param({"filter": 'name in ("prices.md", "travel.md")'}, {"prices.md", "travel.md"}, id="a-filter"),
        pytest.param({"filter": 'name = "travel.md"', "groups": ["hr"]}, set(), id="a-filter-opens-nothing"),
        pytest.param({"filter": 'not name = "prices.md"', "groups": ["hr"]}, {"benefits.md"}, id="nor-its-negation"),
    ],
)
def test_a_search_is_held_to_filter_and_groups(owner: TestClient, held: dict[str, Any], names: set[str]) -> None:
    assert found(owner, **held) == names


def test_a_service_for_groups_shows_them_no_more(staff: TestClient) -> None:
    assert found(staff) == {"benefits.md", "prices.md"}
    assert found(staff, groups=["it"]) == {"prices.md"}
    for path, body in (("/v1/search", {}), ("/v1/ask", {}), ("/v1/ask", {"stream": True})):
        reply = staff.post(path, json={"question": QUESTION, "groups": ["hr", "board"], **body})
        assert reply.status_code == 403
        assert reply.json()["hint"]
        assert "board" not in reply.text
    answer = staff.post("/v1/ask", json={"question": "Which class are trains booked in?"}).json()
    assert "second class" not in json.dumps(answer)


def test_lists_totals_and_texts_leave_out_what_is_hidden(opened: Rag, owner: TestClient, staff: TestClient) -> None:
    names = {entry.id: Path(entry.uri).name for entry in opened.documents()}
    page = staff.get("/v1/documents").json()
    assert {names[one["id"]] for one in page["documents"]} == {"benefits.md", "prices.md"}
    assert page["total"] == 2
    assert owner.get("/v1/documents?group=it").json()["total"] == 1
    assert owner.get("/v1/documents?group=it&group=hr").json()["total"] == 2
    assert staff.get("/v1/documents?group=board").status_code == 403
    hidden = next(key for key, name in names.items() if name == "travel.md")
    for path in ("/v1/documents/{}", "/v1/documents/{}/text"):
        refused, absent = (staff.get(path.format(one)) for one in (hidden, "0" * 16))
        assert refused.status_code == absent.status_code == 404
        assert refused.text.replace(hidden, "ID") == absent.text.replace("0" * 16, "ID")
        assert owner.get(path.format(hidden)).status_code == 200
        assert owner.get(path.format(hidden) + "?group=hr").status_code == 404


def test_only_the_owner_removes(opened: Rag, owner: TestClient, staff: TestClient) -> None:
    document = next(entry.id for entry in opened.documents() if entry.uri.endswith("benefits.md"))
    assert staff.delete(f"/v1/documents/{document}").status_code == 403
    assert len(opened.documents()) == 3
    assert owner.delete(f"/v1/documents/{document}").status_code == 200


@pytest.mark.parametrize(
    "held",
    [
        pytest.param({"filter": {"$or": [{"kind": "pdf"}]}}, id="an-object"),
        pytest.param({"filter": ['kind = "pdf"']}, id="a-list"),
        pytest.param({"filter": "a') OR 1=1 --"}, id="sql"),
        pytest.param({"filter": 'acl = "hr"'}, id="the-access-list"),
        pytest.param({"filter": 'kind __class__ "x"'}, id="an-operator-of-python"),
        pytest.param({"filter": "1 = 1"}, id="always-true"),
        pytest.param({"filter": 'kind = "pdf"; drop table documents'}, id="a-second-statement"),
        pytest.param({"filter": "x" * 3000}, id="too-long"),
        pytest.param({"filter": "not " * 30 + "has kind"}, id="too-deep"),
        pytest.param({"filter": ""}, id="empty"),
        pytest.param({"filter": 'kind = "\x00"\x00'}, id="nul"),
        pytest.param({"filter": 'pages = "many"'}, id="another-type"),
        pytest.param({"groups": "hr"}, id="groups-as-text"),
        pytest.param({"groups": [1]}, id="groups-as-numbers"),
        pytest.param({"groups": [""]}, id="a-blank-group"),
        pytest.param({"groups": ["a"] * 101}, id="too-many-groups"),
        pytest.param({"acl": ["hr"]}, id="an-unknown-field"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/search", "/v1/ask"])
def test_what_is_no_filter_is_refused(owner: TestClient, path: str, held: dict[str, Any]) -> None:
    reply = owner.post(path, json={"question": QUESTION, **held})
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["hint"]


def names_in(output: str) -> set[str]:
    return {Path(hit["uri"]).name for hit in json.loads(output)["hits"]}


@pytest.mark.usefixtures("_clean_environment")
def test_the_command_line_filters_and_asks_as_a_group(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ["search", QUESTION, "--index", str(shared), "--json"]
    assert main([*base, "--as", "hr"]) == DONE
    assert names_in(capsys.readouterr().out) == {"benefits.md", "prices.md"}
    assert main([*base, "--filter", 'name like "p*" or name = "travel.md"']) == DONE
    assert names_in(capsys.readouterr().out) == {"prices.md", "travel.md"}
    assert main(["ask", "Which class are trains booked in?", "--index", str(shared), "--as", "hr"]) == DONE
    assert "second" not in capsys.readouterr().out
    assert main(["show", "travel.md", "--index", str(shared)]) == DONE
    assert main(["show", "travel.md", "--index", str(shared), "--as", "hr"]) == CANNOT_RUN
    hidden = capsys.readouterr().err
    assert main(["show", "nothing.md", "--index", str(shared), "--as", "hr"]) == CANNOT_RUN
    assert capsys.readouterr().err == hidden.replace("travel.md", "nothing.md")


@pytest.mark.usefixtures("_clean_environment")
@pytest.mark.parametrize("command", ["search", "ask"])
@pytest.mark.parametrize("text", ["kind = pdf", 'acl = "hr"', "a') OR 1=1 --", ""])
def test_a_wrong_filter_ends_the_command_with_what_to_do(
    shared: Path, command: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, QUESTION, "--index", str(shared), "--filter", text]) == CANNOT_RUN
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    assert len(told.err.strip().splitlines()) >= 2
