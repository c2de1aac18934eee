"""The embedder behind an endpoint, over loopback: order, batches, keys, and every answer that is not what was asked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from indexers.embedders import open_embedder
from indexers.endpoint import EndpointEmbedder
from indexers.errors import EmbedError, EndpointUnusable, SettingsError
from indexers.settings import EmbedderSettings
from indexers.tokens import count_tokens
from tests.embedding_server import EmbeddingServer, embedding_server
from tests.scripted_server import json_reply, scripted_server

TEXTS = [f"text number {number} about plumb lines" for number in range(10)]


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with embedding_server() as running:
        yield running


def settings(server: EmbeddingServer, **changed: object) -> EmbedderSettings:
    return EmbedderSettings.model_validate(
        {"model": "served", "base_url": server.url, "dimension": 64, "batch_size": 4, **changed}
    )


def one(embedding: object, index: object = 0) -> dict[str, object]:
    return {"data": [{"index": index, "embedding": embedding}]}


def test_rows_come_in_the_order_of_the_texts_by_batches(server: EmbeddingServer) -> None:
    embedder = open_embedder(settings(server), {})
    told: list[int] = []
    rows = embedder.embed_passages(TEXTS, progress=told.append)
    embedder.close()
    assert rows == pytest.approx(server.embedder.embed_passages(TEXTS), abs=1e-6)
    assert [len(body["input"]) for body in server.bodies] == [4, 4, 2] == told
    assert {key for body in server.bodies for key in body} == {"model", "input", "encoding_format"}


def test_a_request_holds_no_more_pieces_than_an_endpoint_takes(server: EmbeddingServer) -> None:
    embedder = open_embedder(settings(server, batch_size=2048, max_tokens=40_000), {})
    embedder.embed_passages(["ab " * 20_000] * 3 + [""])
    embedder.close()
    assert [len(body["input"]) for body in server.bodies] == [2, 2]
    assert all(text.strip() for body in server.bodies for text in body["input"]), "a blank text would be refused"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Employees may take sixteen weeks of parental leave at full pay.", id="words"),
        pytest.param("Revenue 1234567 8912345 33.75 104,556 2019 2018 |", id="figures"),
        pytest.param("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", id="codes"),
        pytest.param("Сотрудники могут взять шестнадцать недель отпуска по уходу за ребёнком.", id="russian"),
        pytest.param("कर्मचारी पूरे वेतन के साथ सोलह सप्ताह का अवकाश ले सकते हैं।", id="hindi"),
        pytest.param("従業員は全額支給で十六週間の育児休暇を取得できる。", id="japanese"),
    ],
)
def test_about_as_many_pieces_are_counted_as_an_endpoint_has_tokens(server: EmbeddingServer, text: str) -> None:
    pieces = len(open_embedder(settings(server), {}).pieces(text))
    assert 0.9 * count_tokens(text) <= pieces <= 3 * count_tokens(text)


def test_prefixes_and_the_wish_for_short_vectors_are_sent(server: EmbeddingServer) -> None:
    changed = {"query_prefix": "query: ", "passage_prefix": "passage: ", "shorten": True}
    embedder = open_embedder(settings(server, **changed), {})
    embedder.embed_query("where")
    embedder.embed_passages(["there"])
    embedder.close()
    assert [body["input"] for body in server.bodies] == [["query: where"], ["passage: there"]]
    assert server.bodies[0]["dimensions"] == 64


def test_two_endpoints_names_or_prefixes_are_two_embedders(server: EmbeddingServer) -> None:
    changes: list[dict[str, object]] = [
        {},
        {"base_url": "http://127.0.0.1:1/v1"},
        {"model": "b"},
        {"query_prefix": "q"},
    ]
    found = [open_embedder(settings(server, **change), {}).identity for change in changes]
    assert len({(identity.name, identity.weights) for identity in found}) == len(changes)


@pytest.mark.parametrize(
    ("host", "environment", "sent"),
    [
        pytest.param(None, {"OPENAI_API_KEY": "sk-a"}, None, id="openai's-key-goes-to-openai-alone"),
        pytest.param(None, {"EMBEDDER_API_KEY": "sk-b"}, "Bearer sk-b", id="the-endpoint's-own"),
    ],
)
def test_which_key_is_sent(server: EmbeddingServer, host: None, environment: dict[str, str], sent: str | None) -> None:
    embedder = open_embedder(settings(server), environment)
    embedder.embed_query("x")
    embedder.close()
    assert server.keys == [sent]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(one([0.5] * 3), "3 dimensions, embedder.dimension is 4", id="another-dimension"),
        pytest.param(one([0.5, None, 1, 1]), "no list of numbers", id="null"),
        pytest.param(one([True] * 4), "no list of numbers", id="booleans"),
        pytest.param(one("AAAA"), "no list of numbers", id="base64"),
        pytest.param(one([0, 0, 0, 0]), "not finite, or zero", id="zero"),
        pytest.param(one([1e308] * 4), "not finite, or zero", id="overflow"),
        pytest.param(one([10**400, 1, 1, 1]), "not finite, or zero", id="a-giant-integer"),
        pytest.param(one([1, 1, 1, 1], index=1), "1 embeddings for 1 texts, or numbered otherwise", id="another-index"),
        pytest.param(one([1, 1, 1, 1], index=True), "numbered otherwise", id="index-that-is-no-number"),
        pytest.param({"data": []}, "0 embeddings for 1 texts", id="too-few"),
        pytest.param({"data": [1]}, "no list of embeddings", id="no-objects"),
        pytest.param({"error": {"message": "no"}}, "no list of embeddings", id="an-error-with-status-200"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_is_refused(answer: object, said: str) -> None:
    with scripted_server(json_reply(answer)) as server:
        embedder = EndpointEmbedder(model="served", base_url=server.url, dimension=4, key=None)
        with pytest.raises(EmbedError, match=said):
            embedder.embed_query("x")
        embedder.close()


def test_not_a_number_is_no_answer() -> None:
    with scripted_server(json_reply(one([math.nan, 1, 1, 1]))) as server:
        embedder = EndpointEmbedder(model="served", base_url=server.url, dimension=4, key=None)
        with pytest.raises(EndpointUnusable, match="not JSON"):
            embedder.embed_query("x")
        embedder.close()


def test_a_busy_endpoint_is_asked_again_and_a_refusal_names_no_key() -> None:
    from pydantic import SecretStr

    busy = json_reply({"error": {"message": "slow down"}}, status=429, headers="Retry-After-Ms: 1\r\n")
    with scripted_server(busy, json_reply(one([0, 3, 0, 4])), json_reply({}, status=401)) as server:
        embedder = EndpointEmbedder(model="served", base_url=server.url, dimension=4, key=SecretStr("sk-secret-key"))
        assert embedder.embed_query("x") == pytest.approx(np.array([0, 0.6, 0, 0.8]))
        with pytest.raises(EndpointUnusable, match="status 401") as refused:
            embedder.embed_query("x")
        embedder.close()
    assert "sk-secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"dimension": None}, "embedder.dimension must name", id="no-dimension"),
        pytest.param({"model": "minilm"}, "embedder.model and", id="the-bundled-name"),
        pytest.param({"base_url": "http://example.org/v1"}, "over https only", id="not-private"),
        pytest.param({"base_url": None}, "embedder.dimension is for endpoints", id="no-endpoint"),
    ],
)
def test_a_half_described_endpoint_is_refused(server: EmbeddingServer, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        open_embedder(settings(server, **changed), {})
