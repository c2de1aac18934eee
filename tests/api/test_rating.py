"""The faces of rating: a page behind a token on loopback, and the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.rating.terminal import rate_in_terminal
from api.rating.web import rating_app
from evals.rating.ratings import read_ratings
from evals.rating.session import Session
from evals.rating.systems import read_systems
from tests.evals.run_folders import answer, case, run_folder

ASKED = frozenset({"preference", "labels"})


@pytest.fixture
def session(tmp_path: Path) -> Session:
    folders = [
        run_folder(
            tmp_path / word, [case(f"c{at}", answer=f"{word} {at}") for at in range(3)], [answer("c0", text=word)]
        )
        for word in ("red", "blue")
    ]
    return Session(read_systems(folders), tmp_path / "ratings.jsonl", rater="anna", seed=0)


@pytest.fixture
def client(session: Session) -> Iterator[TestClient]:
    with TestClient(rating_app(session, token="s3cret", asked=ASKED), base_url="http://127.0.0.1") as opened:
        yield opened


def test_a_task_is_shown_and_its_rating_kept_before_the_reply(client: TestClient, session: Session) -> None:
    page = client.get("/s3cret/")
    assert page.status_code == 200
    assert "0 of 3 done by" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    reply = client.post("/s3cret/ratings", json={"task": 0, "preferred": "first", "labels": ["correct", None]})
    assert reply.status_code == 204
    (kept,) = read_ratings(session.path)
    assert (kept.rater, kept.preferred, kept.labels) == ("anna", "first", ("correct", None))
    assert "1 of 3 done by" in client.get("/s3cret/").text
    assert 'value="first" data-key="1" checked' in client.get("/s3cret/?task=0").text


@pytest.mark.parametrize("path", ["/", "/other/", "/S3CRET/", "/s3cre/", "/docs", "/openapi.json", "/ä/"])
def test_without_the_token_there_is_nothing(client: TestClient, session: Session, path: str) -> None:
    assert client.get(path).status_code == 404
    refused = client.post(f"{path.rstrip('/')}/ratings", json={"task": 0, "preferred": "first"})
    assert refused.status_code in (404, 405)
    assert read_ratings(session.path) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"task": 0}, "nothing was chosen"),
        ({"task": 9, "preferred": "first"}, "there is no task 9"),
        ({"task": 0, "preferred": "best"}, "preferred"),
        ({"task": 0, "preferred": "first", "rater": "bert"}, "rater"),
        ({"task": 0, "labels": ["correct"] * 9}, "labels"),
    ],
)
def test_what_is_no_rating_is_refused_and_not_kept(
    client: TestClient, session: Session, body: dict[str, object], told: str
) -> None:
    reply = client.post("/s3cret/ratings", json=body)
    assert reply.status_code == 422
    assert told in reply.json()["detail"]
    assert read_ratings(session.path) == []


def test_another_site_cannot_rate(client: TestClient) -> None:
    body = {"task": 0, "preferred": "first"}
    assert client.post("/s3cret/ratings", json=body, headers={"host": "evil.example"}).status_code == 421
    assert client.post("/s3cret/ratings", data={"task": "0"}).status_code == 415


def test_when_all_is_done_the_page_says_so(client: TestClient) -> None:
    for task in range(3):
        client.post("/s3cret/ratings", json={"task": task, "preferred": "same"})
    assert "All is rated. Thank you." in client.get("/s3cret/").text


def test_the_terminal_keeps_each_task_and_stops_where_it_is_told(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter(["c", "huh", "w", "1", "", "", "", "p", "q"])
    assert not rate_in_terminal(session, asked=ASKED, ask=lambda _: next(typed))
    (kept,) = read_ratings(session.path)
    assert (kept.preferred, kept.labels) == ("first", ("correct", "wrong"))
    shown = capsys.readouterr().out
    assert "('huh' is none of c, p, w, u and q)" in shown
    assert "Task 2 of 3" in shown


def test_the_end_of_the_input_is_a_stop(session: Session) -> None:
    def closed(_: str) -> str:
        raise EOFError

    assert not rate_in_terminal(session, asked=ASKED, ask=closed)
    assert read_ratings(session.path) == []
