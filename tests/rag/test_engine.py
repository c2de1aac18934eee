from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexers.embedders import open_embedder
from indexers.errors import DocumentNotFound, EmbedderMismatch, NotAnIndex, SettingsError
from indexers.settings import StoreSettings
from indexers.store import Store
from rag import Rag
from rag.answer import Answer
from rag.errors import ContextTooLong, MissingKey, NotAnAnswer, QuestionError
from rag.events import AnswerComplete, SentenceVerified, SourcesFound
from rag.settings import load_settings
from rag.wire import answer_json, hit_json
from tests.rag.chat import chunk, completion, refused, streamed
from tests.rag.indexes import HANDBOOK, make_index, settings_with
from tests.scripted_server import json_reply, scripted_server, stream_reply

QUESTION = "How many weeks of parental leave may employees take?"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_index(tmp_path_factory.mktemp("index") / "i", HANDBOOK)


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_API_KEY_FILE", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def rag(index: Path) -> Iterator[Rag]:
    with Rag.open(index, settings=settings_with()) as opened:
        yield opened


def check_exact(answer: Answer, rag: Rag) -> None:
    for citation in answer.citations:
        document = rag.document(citation.document_id, citation.version)
        assert document.text[citation.start : citation.end] == citation.quote
    for sentence in answer.sentences:
        assert answer.text[sentence.start : sentence.end] == sentence.text


def test_an_extractive_answer_is_verbatim_and_exact(rag: Rag) -> None:
    answer = rag.ask(QUESTION)
    assert answer.sentences[0].text == "Employees may take 16 weeks of parental leave at full pay."
    assert answer.sentences[0].verdict.score == 1.0
    assert answer.citations[0].uri == "leave.md"
    assert (answer.abstained, answer.model, answer.cost_usd) == (False, "extractive", 0.0)
    assert set(answer.timings_ms) == {"retrieve", "pack", "decide", "generate", "verify", "total"}
    check_exact(answer, rag)


def test_an_abstention_says_so_and_cites_the_nearest(rag: Rag) -> None:
    answer = rag.ask("Who won the chess olympiad in Budapest in 2024?")
    assert answer.abstained
    assert answer.sentences == ()
    assert "do not answer" in answer.text
    assert 1 <= len(answer.citations) <= 3
    check_exact(answer, rag)


def test_an_empty_index_abstains(tmp_path: Path) -> None:
    with Rag.open(tmp_path / "new", settings=settings_with(), create=True) as rag:
        answer = rag.ask(QUESTION)
    assert (answer.abstained, answer.citations) == (True, ())
    assert "nothing in the index" in answer.text


def test_a_judge_checks_the_answer_where_one_is_configured(index: Path) -> None:
    said = {"reason": "another number", "sentences": [], "label": "contradicted"}
    with scripted_server(json_reply(completion(json.dumps(said)))) as server:
        judge = {"verifier.backend": "model", "verifier.model": "tiny", "verifier.base_url": server.url}
        settings = load_settings(overrides={"embedder.model": "hashing", **judge})
        with Rag.open(index, settings=settings) as rag:
            rag.check()
            answer = rag.ask(QUESTION)
            assert rag.verifier().identity.model == "tiny"
    assert answer.abstained, "no sentence that the judge bears out"
    assert "another number" not in answer.text
    assert server.asked


def test_a_judge_that_cannot_be_asked_is_found_out_before_a_question_and_hinders_no_search(index: Path) -> None:
    settings = load_settings(overrides={"embedder.model": "hashing", "verifier.backend": "model"})
    with Rag.open(index, settings=settings) as rag:
        assert rag.search(QUESTION)
        with pytest.raises(SettingsError, match=r"verifier\.model"):
            rag.check()


def test_the_stream_ends_with_what_ask_answers(rag: Rag) -> None:
    events = list(rag.ask_stream(QUESTION))
    assert isinstance(events[0], SourcesFound)
    assert isinstance(events[-1], AnswerComplete)
    verified = [event for event in events if isinstance(event, SentenceVerified)]
    answer = events[-1].answer
    assert tuple(event.sentence for event in verified) == answer.sentences
    assert tuple(citation for event in verified for citation in event.citations) == answer.citations
    assert answer.text == rag.ask(QUESTION).text


@pytest.mark.parametrize("question", ["", "  \n", "?!", "x" * 4001], ids=["empty", "blank", "no-letter", "too-long"])
def test_questions_that_are_refused(rag: Rag, question: str) -> None:
    with pytest.raises(QuestionError):
        rag.ask(question)
    with pytest.raises(QuestionError):
        rag.search(question)
    with pytest.raises(QuestionError):
        list(rag.ask_stream(question))


def asked_of(index: Path, *replies: bytes, stream: bool = False, **generator: object) -> tuple[Answer, list[str]]:
    with scripted_server(*replies) as server:
        settings = settings_with(model="gpt-4o-mini", base_url=server.url, **generator)
        with Rag.open(index, settings=settings) as rag:
            if stream:
                last = list(rag.ask_stream(QUESTION))[-1]
                assert isinstance(last, AnswerComplete)
                answer = last.answer
            else:
                answer = rag.ask(QUESTION)
            check_exact(answer, rag)
    return answer, [asked.body["messages"][1]["content"] for asked in server.asked]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_model_is_not_asked_what_the_evidence_is_too_unlikely_to_answer(index: Path, stream: bool) -> None:
    answer, prompts = asked_of(index, stream=stream, withhold_below=1.0)
    assert answer.abstained
    assert prompts == []
    assert answer.chance_answerable is not None
    assert (answer.model, answer.usage.prompt_tokens) == ("gpt-4o-mini", 0)


@pytest.mark.parametrize(("abstain_below", "warned"), [(0.0, False), (1.0, True)])
def test_a_models_answer_from_unlikely_evidence_is_shown_with_a_warning(
    index: Path, abstain_below: float, warned: bool
) -> None:
    said = json_reply(completion("Employees may take 16 weeks of parental leave at full pay [1.2]."))
    answer, prompts = asked_of(index, said, abstain_below=abstain_below)
    assert (answer.abstained, len(prompts)) == (False, 1)
    assert any("may not answer" in warning for warning in answer.warnings) == warned


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_models_answer_is_held_to_the_sources(index: Path, stream: bool) -> None:
    said = "Employees may take 16 weeks of parental leave [1.2]. They may take 20 weeks of parental leave [1.2]. Nice."
    answer, prompts = asked_of(index, streamed(*said) if stream else json_reply(completion(said)), stream=stream)
    assert "[1.2] Employees may take 16 weeks of parental leave at full pay." in prompts[0]
    assert [sentence.verdict.label for sentence in answer.sentences] == ["supported", "contradicted", "unsupported"]
    assert [sentence.citations for sentence in answer.sentences] == [(1,), (1,), ()]
    assert answer.usage.cached_tokens == 500
    assert answer.cost_usd == pytest.approx((400 * 0.15 + 500 * 0.075 + 20 * 0.6) / 1e6)


def test_an_answer_without_support_is_not_shown(index: Path) -> None:
    answer, _ = asked_of(index, json_reply(completion("Cats sleep all day [1.1]. Dogs do not [9.9].")))
    assert answer.abstained
    assert "Cats" not in answer.text
    assert answer.citations


def test_a_request_that_is_too_long_is_packed_again_once(index: Path) -> None:
    too_long = refused(400, "context_length_exceeded")
    (whole,) = asked_of(index, streamed("Employees may take 16 weeks [1.2]."), stream=True)[0:1]
    answer, prompts = asked_of(index, too_long, streamed("Employees may take 16 weeks [1.2]."), stream=True)
    assert len(prompts[1]) < len(prompts[0])
    assert answer.window.token_budget == int(0.85 * whole.window.tokens_used)
    assert answer.window.left_out
    with pytest.raises(ContextTooLong):
        asked_of(index, too_long)


def test_a_stream_that_breaks_off_ends_in_an_error_and_no_answer(index: Path) -> None:
    whole = stream_reply(chunk("Employees may take 16 weeks [1.2]. And so on"))
    with scripted_server(whole) as server:
        settings = settings_with(model="gpt-4o-mini", base_url=server.url)
        with Rag.open(index, settings=settings) as rag:
            events = rag.ask_stream(QUESTION)
            assert isinstance(next(events), SourcesFound)
            assert isinstance(next(events), SentenceVerified)
            with pytest.raises(NotAnAnswer):
                next(events)


def test_a_model_elsewhere_needs_a_key(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Rag.open(index, settings=settings_with(model="gpt-4o-mini")) as rag:
        with pytest.raises(MissingKey, match=r"api\.openai\.com.*OPENAI_API_KEY is not set"):
            rag.ask(QUESTION)
        assert rag.search(QUESTION)
    monkeypatch.setenv("OPENAI_API_KEY_FILE", "nowhere")
    with (
        Rag.open(index, settings=settings_with(model="gpt-4o-mini")) as rag,
        pytest.raises(SettingsError, match="nowhere"),
    ):
        rag.ask(QUESTION)


def test_an_endpoint_that_is_not_called(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://models.example/v1")
    says = r"OPENAI_BASE_URL: models\.example is not loopback"
    with Rag.open(index, settings=settings_with(model="gpt-4o-mini")) as rag, pytest.raises(SettingsError, match=says):
        rag.ask(QUESTION)


def test_documents_and_removal(tmp_path: Path) -> None:
    with Rag.open(make_index(tmp_path / "i", HANDBOOK), settings=settings_with()) as rag:
        assert [entry.uri for entry in rag.documents()] == sorted(HANDBOOK)
        assert rag.document("leave.md").text == HANDBOOK["leave.md"]
        assert [entry.uri for entry in rag.remove("leave.md")] == ["leave.md"]
        assert rag.status().documents == 2
        assert all(rag.document(hit.chunk.document_id).uri != "leave.md" for hit in rag.search(QUESTION))
        with pytest.raises(DocumentNotFound):
            rag.document("leave.md")


def test_what_is_sealed_is_not_searched_in_memory_any_more(tmp_path: Path) -> None:
    folder = make_index(tmp_path / "i", HANDBOOK)
    with Rag.open(folder, settings=settings_with()) as rag, Store.open(folder) as store:
        before = rag.search(QUESTION, mode="dense")
        assert len(rag._searching.retriever("dense").snapshot.loaded.tail.rows) > 0
        embedder = open_embedder(settings_with().embedder)
        with store.writer(embedder, settings=StoreSettings(seal_rows=1)) as writer:
            writer.seal()  # no document changes, and no generation
        assert rag.search(QUESTION, mode="dense") == before
        assert len(rag._searching.retriever("dense").snapshot.loaded.tail.rows) == 0


def test_another_embedder_is_refused_when_asking_but_not_when_looking(index: Path, tmp_path: Path) -> None:
    with Rag.open(index, settings=load_settings()) as rag:
        assert rag.status().documents == 3
        with pytest.raises(EmbedderMismatch):
            rag.search(QUESTION)
    with pytest.raises(NotAnIndex):
        Rag.open(tmp_path / "nothing", settings=settings_with())


def test_the_json_of_an_answer(rag: Rag) -> None:
    value = answer_json(rag.ask(QUESTION))
    assert json.loads(json.dumps(value)) == value
    assert set(value) == {
        *(
            "question",
            "text",
            "abstained",
            "sentences",
            "chance_answerable",
            "citations",
            "model",
            "usage",
            "cost_usd",
            "window",
        ),
        *("chance_answerable", "timings_ms", "warnings"),
    }
    assert set(value["sentences"][0]) == {
        *("text", "start", "end", "verdict", "score", "reasons", "failed_checks", "claim", "citations", "support"),
    }
    assert value["sentences"][0]["verdict"] == "supported"
    assert set(value["citations"][0]) == {
        *("number", "document_id", "uri", "title", "version", "page", "start", "end", "quote", "cells"),
    }
    assert {"tokens_used", "token_budget", "left_out"} <= set(value["window"])


def test_the_json_of_a_hit(rag: Rag) -> None:
    hit = rag.search(QUESTION, limit=1)[0]
    value = hit_json(hit, rag)
    assert set(value) == {
        *("rank", "score", "retriever", "chunk_id", "document_id", "uri", "page", "start", "end", "text", "header"),
        "also",
    }
    assert value["uri"] == "leave.md"
    assert value["text"] == rag.hit_text(hit) == rag.document("leave.md").text[value["start"] : value["end"]]
