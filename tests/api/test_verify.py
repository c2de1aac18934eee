"""`POST /v1/verify`: verdicts in order, sources by id, and what a bad request is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from api import models
from api.guard import LARGER_BODIES
from rag.verify.verifier import HermeticVerifier

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

LEAVE = "Employees may take 16 weeks of parental leave at full pay. It starts in March."
DOGS = "Dogs are welcome in the office on Fridays."
TRUE, FALSE = "Employees may take 16 weeks of parental leave.", "Employees may take 18 weeks of parental leave."


def post(client: TestClient, claims: object, sources: object) -> dict[str, Any]:
    reply = client.post("/v1/verify", json={"claims": claims, "sources": sources})
    assert reply.status_code == 200, reply.text
    models.VerifyBody.model_validate_json(reply.content)
    value: dict[str, Any] = reply.json()
    return value


def test_each_claim_gets_the_verdict_of_the_verifier_in_order(client: TestClient) -> None:
    body = post(client, [TRUE, FALSE, DOGS, "Hello!"], [LEAVE, DOGS])
    verifier = HermeticVerifier()
    for given, claim in zip(body["verdicts"], [TRUE, FALSE, DOGS, "Hello!"], strict=True):
        verdict = verifier.verify(claim, [LEAVE, DOGS])
        assert (given["text"], given["label"], given["score"]) == (claim, verdict.label, verdict.score)
        assert given["failed_checks"] == list(verdict.failed_checks)
        assert given["claim"] == verdict.claim
    assert [one["label"] for one in body["verdicts"][:3]] == ["supported", "contradicted", "supported"]
    assert body["verdicts"][1]["failed_checks"] == ["number"]
    assert body["verdicts"][3]["claim"] is False
    assert body["verifier"]["backend"] == "hermetic"
    assert body["verifier"]["threshold"] == verifier.identity.threshold


def test_support_is_told_by_the_sources_id_and_exact(client: TestClient) -> None:
    texts = {"dogs": DOGS, "leave": LEAVE}
    body = post(client, [TRUE, DOGS], [{"id": name, "text": text} for name, text in texts.items()])
    for verdict, name, said in zip(body["verdicts"], ("leave", "dogs"), (LEAVE.split(" It ")[0], DOGS), strict=True):
        (place,) = verdict["support"]
        assert place["source"] == name
        assert texts[name][place["start"] : place["end"]] == said


def test_plain_texts_are_numbered_from_one_among_named_ones(client: TestClient) -> None:
    body = post(client, [DOGS], [{"id": "leave", "text": LEAVE}, DOGS])
    assert [place["source"] for place in body["verdicts"][0]["support"]] == ["2"]


def test_a_claim_that_cites_is_held_against_what_it_cites_alone(client: TestClient) -> None:
    claims = [{"text": DOGS, "sources": ["1"]}, {"text": DOGS, "sources": ["2", "9"]}, {"text": DOGS, "sources": ["9"]}]
    wrong, besides, nothing = post(client, claims, [LEAVE, DOGS])["verdicts"]
    assert wrong["label"] in {"unsupported", "contradicted"}
    assert (besides["label"], besides["failed_checks"]) == ("partial", ["citation"])
    assert (nothing["label"], nothing["failed_checks"]) == ("unsupported", ["citation"])
    assert [place["source"] for place in besides["support"]] == ["2"]


def test_no_sources_support_nothing(client: TestClient) -> None:
    (verdict,) = post(client, [TRUE], [])["verdicts"]
    assert (verdict["label"], verdict["score"]) == ("unsupported", 0.0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"sources": []}, "claims", id="no-claims-field"),
        pytest.param({"claims": [], "sources": []}, "claims", id="no-claim"),
        pytest.param({"claims": ["x"]}, "sources", id="no-sources-field"),
        pytest.param({"claims": [""], "sources": []}, "claims.0", id="empty-claim"),
        pytest.param({"claims": ["x" * 4001], "sources": []}, "claims.0", id="long-claim"),
        pytest.param({"claims": ["x"] * 201, "sources": []}, "claims", id="many-claims"),
        pytest.param({"claims": ["x"], "sources": ["y"] * 101}, "sources", id="many-sources"),
        pytest.param({"claims": [7], "sources": []}, "claims.0", id="number"),
        pytest.param({"claims": ["x"], "sources": [{"text": "y"}]}, "sources.0", id="source-without-id"),
        pytest.param({"claims": ["x"], "sources": [{"id": "a", "text": "y", "url": "z"}]}, "sources.0", id="unknown"),
        pytest.param({"claims": ["x"], "sources": ["y", {"id": "1", "text": "z"}]}, "body", id="same-id"),
        pytest.param({"claims": ["x"], "sources": [], "threshold": 0.1}, "threshold", id="unknown-field"),
    ],
)
def test_a_bad_request_names_the_field(client: TestClient, body: object, field: str) -> None:
    reply = client.post("/v1/verify", json=body)
    assert reply.status_code == 422
    problem = reply.json()
    assert problem["hint"]
    assert any(error["field"].startswith(field) for error in problem["errors"]), problem["errors"]
    assert "x" * 100 not in reply.text


def test_bodies_may_be_larger_than_a_question_and_not_without_end(client: TestClient) -> None:
    assert len(LEAVE) * 2000 < LARGER_BODIES["/v1/verify"]
    (verdict,) = post(client, [TRUE], [LEAVE * 2000])["verdicts"]
    assert verdict["label"] == "supported"
    reply = client.post("/v1/verify", content=json.dumps({"claims": [TRUE], "sources": ["x" * 600_000]}),
                        headers={"content-type": "application/json"})  # fmt: skip
    assert reply.status_code == 413
