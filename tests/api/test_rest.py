from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from api import models
from api.rest import create_app, openapi
from indexers.hashing import HashingEmbedder
from indexers.store import Store
from rag import Rag
from rag.settings import Settings, load_settings
from rag.wire import answer_json

QUESTION = "How many weeks of parental leave may employees take?"


def test_an_answer_is_the_object_that_rag_gives_with_exact_citations(client: TestClient, rag: Rag) -> None:
    reply = client.post("/v1/ask", json={"question": QUESTION})
    assert reply.status_code == 200
    body = reply.json()
    expected = json.loads(json.dumps(answer_json(rag.ask(QUESTION))))
    for times in (body, expected):
        assert set(times.pop("timings_ms")) >= {"retrieve", "pack", "generate", "verify", "total"}
    assert body == expected
    assert not body["abstained"]
    assert "16 weeks" in body["text"]
    assert body["citations"]
    for citation in body["citations"]:
        span = {name: citation[name] for name in ("version", "start", "end")}
        text = client.get(f"/v1/documents/{citation['document_id']}/text", params=span).text
        assert text == citation["quote"] != ""


def test_an_abstention_is_a_success_with_the_nearest_evidence(reticent: TestClient) -> None:
    reply = reticent.post("/v1/ask", json={"question": QUESTION})
    assert reply.status_code == 200
    answer = models.AnswerBody.model_validate_json(reply.content)
    assert answer.abstained
    assert answer.sentences == []
    assert "16 weeks" in " ".join(citation.quote for citation in answer.citations)


def test_bodies_are_as_described(client: TestClient) -> None:
    models.AnswerBody.model_validate_json(client.post("/v1/ask", json={"question": QUESTION}).content)
    models.SearchBody.model_validate_json(client.post("/v1/search", json={"question": QUESTION}).content)
    page = models.DocumentPage.model_validate_json(client.get("/v1/documents").content)
    assert len(page.documents) == 3
    for document in page.documents:
        models.DocumentDetail.model_validate_json(client.get(f"/v1/documents/{document.id}").content)


def test_search_finds_the_passage(client: TestClient, rag: Rag) -> None:
    body = client.post("/v1/search", json={"question": "price of the blue anvil", "limit": 2, "mode": "lexical"}).json()
    assert body["question"] == "price of the blue anvil"
    first = body["hits"][0]
    assert (first["rank"], first["retriever"]) == (1, "lexical")
    assert first["uri"].endswith("prices.md")
    assert "Blue anvil" in first["text"]
    assert rag.document(first["document_id"]).text[first["start"] : first["end"]] == first["text"]
    assert len(body["hits"]) <= 2


def test_documents_come_in_pages_that_survive_a_removal(index: Path, settings: Settings) -> None:
    with (
        Rag.open(index, settings=settings) as own,
        TestClient(create_app(own), base_url="http://localhost:8000") as client,
    ):
        first = client.get("/v1/documents", params={"limit": 1}).json()
        assert first["total"] == 3
        assert [document["uri"].rpartition("/")[2] for document in first["documents"]] == ["benefits.md"]
        gone = first["documents"][0]
        removed = client.delete(f"/v1/documents/{gone['id']}")
        assert removed.status_code == 200
        assert removed.json() == {"removed": [{"id": gone["id"], "uri": gone["uri"]}]}
        rest = client.get("/v1/documents", params={"cursor": first["next_cursor"]}).json()
        assert [document["uri"].rpartition("/")[2] for document in rest["documents"]] == ["prices.md", "travel.md"]
        assert rest["next_cursor"] is None
        assert client.get(f"/v1/documents/{gone['id']}").status_code == 404
        assert client.delete(f"/v1/documents/{gone['id']}").status_code == 404
        assert gone["id"] not in client.post("/v1/search", json={"question": "parental leave"}).text


def test_a_document_has_its_outline(client: TestClient) -> None:
    entry = client.get("/v1/documents").json()["documents"][0]
    document = client.get(f"/v1/documents/{entry['id']}").json()
    assert {name: document[name] for name in entry} == entry
    assert [(one["level"], one["text"]) for one in document["headings"]] == [
        (1, "Benefits"),
        (2, "Parental leave"),
        (2, "Sick leave"),
    ]
    text = client.get(f"/v1/documents/{entry['id']}/text")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.headers["etag"] == f'"{entry["version"]}"'
    assert len(text.text) == document["characters"]


def test_a_second_writer_is_a_conflict(index: Path, settings: Settings) -> None:
    with Rag.open(index, settings=settings) as own, TestClient(create_app(own), base_url="http://[::1]") as client:
        entry = client.get("/v1/documents").json()["documents"][0]
        with Store.open(index).writer(HashingEmbedder()):  # the lock that another process would hold
            reply = client.delete(f"/v1/documents/{entry['id']}")
        assert reply.status_code == 409
        assert reply.json()["type"] == "urn:plumbline:problem:store-busy"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({}, "question", id="missing"),
        pytest.param({"question": ""}, "question", id="empty"),
        pytest.param({"question": "x" * 4001}, "question", id="too-long"),
        pytest.param({"question": 7}, "question", id="not-text"),
        pytest.param({"question": "q", "limit": 0}, "limit", id="limit-0"),
        pytest.param({"question": "q", "limit": -1}, "limit", id="limit-negative"),
        pytest.param({"question": "q", "limit": 51}, "limit", id="limit-51"),
        pytest.param({"question": "q", "limit": 10**9}, "limit", id="limit-huge"),
        pytest.param({"question": "q", "limit": "5"}, "limit", id="limit-as-text"),
        pytest.param({"question": "q", "limit": True}, "limit", id="limit-as-boolean"),
        pytest.param({"question": "q", "limit": float("nan")}, "limit", id="limit-nan"),
        pytest.param({"question": "q", "limti": 5}, "limti", id="misspelt-field"),
        pytest.param({"question": "q", "filter": {"$or": []}}, "filter", id="unknown-field"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/ask", "/v1/search"])
def test_a_wrong_field_is_named(client: TestClient, path: str, body: dict[str, object], field: str) -> None:
    reply = client.post(path, content=json.dumps(body), headers={"content-type": "application/json"})
    problem = check_problem(reply, 422)
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param(b"", 422, id="nothing"),
        pytest.param(b"{", 422, id="cut-off"),
        pytest.param(b"[1, 2]", 422, id="a-list"),
        pytest.param(b"\xff\xfe", 422, id="not-utf-8"),
        pytest.param(b"[" * 60_000, 400, id="60000-deep"),
        pytest.param(b'{"question": "q", "limit": ' + b"9" * 10_000 + b"}", 400, id="10000-digits"),
        pytest.param(b'{"question": "a\\ud800b"}', 422, id="lone-surrogate"),
        pytest.param(b'{"question": "?!  \\n"}', 422, id="no-word-in-the-question"),
        pytest.param(b'{"question": " ", "stream": true}', 422, id="no-word-in-a-streamed-question"),
    ],
)
def test_a_malformed_body_is_a_problem(client: TestClient, content: bytes, status: int) -> None:
    check_problem(client.post("/v1/ask", content=content, headers={"content-type": "application/json"}), status)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/", 404, id="root"),
        pytest.param("GET", "/docs", 404, id="no-page-with-scripts-from-elsewhere"),
        pytest.param("GET", "/v1/documents/", 404, id="no-redirect"),
        pytest.param("GET", "/v1/documents/0123456789abcdef", 404, id="unknown-document"),
        pytest.param("GET", "/v1/documents/benefits.md", 404, id="a-name-is-no-id"),
        pytest.param("GET", "/v1/documents/..%2f..%2fetc%2fpasswd/text", 404, id="a-path-is-no-id"),
        pytest.param("GET", "/v1/ask", 405, id="ask-by-get"),
        pytest.param("PUT", "/v1/documents", 405, id="put"),
        pytest.param("GET", "/v1/documents?limit=0", 422, id="page-of-nothing"),
        pytest.param("GET", "/v1/documents?limit=201", 422, id="page-too-large"),
        pytest.param("GET", "/v1/documents/0123456789abcdef/text?start=-1", 422, id="negative-start"),
    ],
)
def test_what_is_not_there_is_a_problem(client: TestClient, method: str, path: str, status: int) -> None:
    check_problem(client.request(method, path), status)


def test_an_unknown_version_is_not_found(client: TestClient) -> None:
    entry = client.get("/v1/documents").json()["documents"][0]
    reply = client.get(f"/v1/documents/{entry['id']}/text", params={"version": "ffffffff"})
    assert check_problem(reply, 404)["type"] == "urn:plumbline:problem:document-not-found"


def test_method_not_allowed_names_the_allowed(client: TestClient) -> None:
    assert client.get("/v1/search").headers["allow"] == "POST"


def test_health_says_nothing_of_the_index(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        pytest.param({"embedder.model": "minilm"}, "embedder-mismatch", id="another-embedder"),
        pytest.param({"generator.model": "gpt-4o-mini"}, "missing-key", id="no-key"),
    ],
)
def test_a_service_that_cannot_answer_is_not_ready(
    indexed: Path, changed: dict[str, object], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY_FILE", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    settings = load_settings(overrides={"embedder.model": "hashing", **changed})
    with (
        Rag.open(indexed, settings=settings) as own,
        TestClient(create_app(own), base_url="http://localhost") as client,
    ):
        told = check_problem(client.get("/readyz"), 503)
        assert told["type"] == f"urn:plumbline:problem:{problem}"
        assert client.get("/healthz").json() == {"status": "ok"}


def test_a_search_without_a_limit_takes_the_services(rag: Rag) -> None:
    with TestClient(create_app(rag, search_limit=2), base_url="http://localhost") as client:
        asked = {"question": "anvil leave trains", "mode": "dense"}
        assert len(client.post("/v1/search", json=asked).json()["hits"]) == 2
        assert len(client.post("/v1/search", json={**asked, "limit": None}).json()["hits"]) == 2
        assert len(client.post("/v1/search", json={**asked, "limit": 3}).json()["hits"]) == 3


def test_a_defect_says_nothing_of_itself(rag: Rag) -> None:
    app = create_app(rag)

    @app.get("/defect")
    def defect() -> None:
        raise ZeroDivisionError("secret-of-the-house")

    reply = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False).get("/defect")
    check_problem(reply, 500)
    assert "secret-of-the-house" not in reply.text


def test_questions_asked_at_once_get_their_own_answers(client: TestClient) -> None:
    asked = ["How many weeks of parental leave?", "What does the blue anvil cost?", "How is a train booked?"] * 4
    alone = {question: client.post("/v1/ask", json={"question": question}).json()["text"] for question in set(asked)}
    assert len(set(alone.values())) == 3
    with ThreadPoolExecutor(8) as pool:
        texts = list(
            pool.map(lambda question: client.post("/v1/ask", json={"question": question}).json()["text"], asked)
        )
    assert texts == [alone[question] for question in asked]


def test_the_description_reads_well() -> None:
    described = openapi()
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    assert [operation["operationId"] for operation in operations] == [
        "ask",
        "search",
        "why",
        "verify",
        "listDocuments",
        "getDocument",
        "removeDocument",
        "getDocumentText",
        "health",
        "ready",
    ]
    for operation in operations:
        assert operation["summary"]
        assert operation["description"]
        for status, response in operation["responses"].items():
            assert response["description"] != "Successful Response"
            assert status < "400" or list(response["content"]) == ["application/problem+json"]
    named = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(described)))
    assert named == set(described["components"]["schemas"])


def test_the_description_is_served_without_anything_from_elsewhere(client: TestClient) -> None:
    assert client.get("/openapi.json").json() == openapi()


def check_problem(reply: Response, status: int) -> dict[str, Any]:
    """Every refusal is a problem with a hint, carries the headers of every response, and repeats nothing sent."""
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    problem: dict[str, Any] = reply.json()
    models.Problem.model_validate(problem)
    assert problem["status"] == status
    assert problem["hint"].endswith(".")
    assert "Traceback" not in reply.text
    return problem
