"""Every command on a real index: what people read, and the JSON that other programs rely on, key by key."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.cli import main
from rag import Rag
from tests.indexers.store.unprivileged import another_user, reachable_folder, set_rights
from tests.scripted_server import scripted_server, stream_reply

pytestmark = pytest.mark.usefixtures("_clean_environment")

QUESTION = "How many weeks of parental leave may employees take?"


def run(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    """`rag` as a program of its own, with nobody at a terminal."""
    command = [sys.executable, "-c", "import sys; from api.cli import main; sys.exit(main())"]
    return subprocess.run(
        [*command, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=120
    )


def read_json(*arguments: object) -> dict[str, Any]:
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, b"")
    line, end = done.stdout.split(b"\n")
    assert end == b""
    value: dict[str, Any] = json.loads(line)
    return value


def happened(report: dict[str, Any]) -> dict[str, int]:
    return {name: count for name, count in report["documents"].items() if count}


def test_index_and_every_citation_is_the_slice_of_the_text_shown(documents: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for path in documents.iterdir():
        (tmp_path / "docs" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "docs" / "empty.md").write_text("")
    index = tmp_path / "new"
    report = read_json("index", tmp_path / "docs", "--index", index, "--json")
    assert list(report) == [
        *("documents", "chunks", "pages", "embedded", "seconds", "changes", "failures", "duplicates", "dry_run")
    ]
    assert happened(report) == {"added": 3, "failed": 1}
    assert report["chunks"] >= 3
    assert report["seconds"] > 0
    (failure,) = report["failures"]
    assert list(failure) == ["uri", "error", "hint"]
    assert failure["uri"].endswith("empty.md")

    answer = read_json("ask", QUESTION, "--index", index, "--json")
    assert list(answer) == [
        *("question", "text", "abstained", "sentences", "citations", "model", "usage", "cost_usd", "window"),
        *("timings_ms", "warnings", "chance_answerable"),
    ]
    assert answer["question"] == QUESTION
    assert "16 weeks" in answer["text"]
    for sentence in answer["sentences"]:
        assert list(sentence) == [
            *("text", "start", "end", "verdict", "score", "reasons", "failed_checks", "claim", "citations", "support"),
        ]
        for place in sentence["support"]:
            (citation,) = [one for one in answer["citations"] if one["number"] == place["citation"]]
            assert citation["start"] <= place["start"] < place["end"] <= citation["end"]
        assert answer["text"][sentence["start"] : sentence["end"]] == sentence["text"]
        assert set(sentence["citations"]) <= {citation["number"] for citation in answer["citations"]}
    assert set(answer["window"]) == {"tokens_used", "token_budget", "estimated", "covered", "left_out"}
    assert answer["citations"]
    for citation in answer["citations"]:
        assert list(citation) == [
            *("number", "document_id", "uri", "title", "version", "page", "start", "end", "quote", "cells"),
        ]
        shown = run("show", citation["uri"], "--version", citation["version"], "--text", "--index", index)
        text = shown.stdout.decode("utf-8")
        assert text[citation["start"] : citation["end"]] == citation["quote"] != ""

    (tmp_path / "docs" / "travel.md").unlink()
    again = read_json("index", tmp_path / "docs", "--index", index, "--json")
    assert happened(again) == {"removed": 1, "unchanged": 2, "failed": 1}


def test_search(indexed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = call(capsys, "search", "price of the blue anvil", "--index", indexed, "--limit", 2, "--json")
    assert list(found) == ["question", "hits"]
    assert 1 <= len(found["hits"]) <= 2
    for rank, hit in enumerate(found["hits"], start=1):
        assert list(hit) == [
            *("rank", "score", "retriever", "chunk_id", "document_id", "uri", "page", "start", "end"),
            *("header", "text", "also"),
        ]
        assert hit["rank"] == rank
        assert canonical_text(capsys, hit["document_id"], indexed)[hit["start"] : hit["end"]] == hit["text"]
    queries = tmp_path / "queries.jsonl"
    queries.write_text('{"id": "a", "question": "price of the blue anvil"}\n{"id": 7, "question": "trains"}\n')
    assert main(["search", "--queries", str(queries), "--index", str(indexed), "--limit", "2"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert list(first) == ["id", "question", "hits", "ms"]
    assert first.pop("ms") > 0
    assert second["ms"] == round(second["ms"], 3) > 0
    assert first == {"id": "a", **found}
    assert (second["id"], second["question"]) == ("7", "trains")


@pytest.mark.parametrize("mode", ["dense", "lexical", "hybrid"])
def test_search_by_mode(mode: str, indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = call(capsys, "search", "blue anvil", "--mode", mode, "--index", indexed, "--json")
    assert {hit["retriever"] for hit in found["hits"]} == {mode}
    assert found["hits"][0]["uri"].endswith("prices.md")


def test_search_for_a_reader(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "blue anvil", "--index", str(indexed), "--limit", "1"]) == 0
    place, header, text = capsys.readouterr().out.splitlines()
    assert header.strip() == "Product | Price"
    assert place.startswith("  1. ")
    assert 'prices.md, "Price list"   ' in place
    assert "Blue anvil" in text


def test_show_text_is_the_text_and_nothing_else(indexed: Path, rag: Rag) -> None:
    shown = run("show", "benefits.md", "--text", "--index", indexed)
    assert shown.stdout == rag.document("benefits.md").text.encode()
    assert b"16 weeks" in shown.stdout


def test_show_facts(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = call(capsys, "show", "benefits.md", "--index", indexed, "--json")
    assert list(facts) == [
        *("id", "uri", "title", "media_type", "version", "current", "pages", "chunks", "access", "characters"),
        *("metadata", "headings"),
    ]
    assert facts["current"] is True
    assert [heading["text"] for heading in facts["headings"]] == ["Benefits", "Parental leave", "Sick leave"]
    assert main(["show", facts["id"], "--index", str(indexed)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(maxsplit=1) == ["uri", facts["uri"]]
    assert lines[-3:] == ["  Benefits", "    Parental leave", "    Sick leave"]


@pytest.mark.parametrize(
    "arguments",
    [["show", "nothing.md"], ["show", "benefits.md", "--version", "ffff"], ["rm", "benefits.md", "nothing.md"]],
    ids=["show", "version", "rm"],
)
def test_a_document_that_is_not_there(arguments: list[str], indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--index", str(indexed)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("rag: no document ")


def test_a_cell_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fleet.csv").write_text("Model,Volume\nTern,12\nHeron,240\n")
    at = ("--index", str(tmp_path / "index"))
    assert main(["index", str(tmp_path / "fleet.csv"), *at]) == 0
    assert call(capsys, "show", "fleet.csv!B2", *at, "--json")["text"] == "12"
    for cell in ("B9", "Sheet1!B2"):
        assert main(["show", f"fleet.csv!{cell}", *at]) == 2
        assert f"has nothing in a cell '{cell}'; it is one table" in capsys.readouterr().err
    assert main(["show", "fleet.csv!part.txt", *at]) == 2
    assert capsys.readouterr().err.startswith("rag: no document ")


def test_status(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = call(capsys, "status", "--index", indexed, "--documents", "--json")
    assert status["index"] == str(indexed)
    assert status["documents"] == 3
    assert [entry["uri"].rpartition("/")[2] for entry in status["entries"]] == ["benefits.md", "prices.md", "travel.md"]
    assert main(["status", "--index", str(indexed)]) == 0
    assert "documents   3, " in capsys.readouterr().out


def test_rm_takes_out_what_is_named_and_nothing_if_a_name_is_wrong(
    index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rm", "benefits.md", "no.md", "--index", str(index)]) == 2
    assert call(capsys, "status", "--index", index, "--json")["documents"] == 3
    removed = call(capsys, "rm", "benefits.md", "prices.md", "benefits.md", "--index", index, "--json")
    assert [one["uri"].rpartition("/")[2] for one in removed["removed"]] == ["benefits.md", "prices.md"]
    assert call(capsys, "status", "--index", index, "--json")["documents"] == 1


def test_rm_takes_out_a_document_whose_text_is_damaged(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(index / "catalogue.sqlite3") as connection:
        damage = "UPDATE texts SET text = zeroblob(9) WHERE document_id = (SELECT id FROM documents WHERE uri LIKE ?)"
        assert connection.execute(damage, ("%/benefits.md",)).rowcount == 1
    connection.close()
    assert main(["show", "benefits.md", "--index", str(index)]) == 2
    assert "take the damaged document out with `rag rm DOCUMENT`" in capsys.readouterr().err
    call(capsys, "rm", "benefits.md", "--index", index, "--json")
    assert call(capsys, "status", "--index", index, "--json")["documents"] == 2


@pytest.mark.parametrize(("typed", "left"), [("n\n", 3), ("y\n", 2)], ids=["no", "yes"])
def test_rm_asks_a_person(typed: str, left: int, index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output, code = on_a_terminal("rm", "benefits.md", "--index", index, typed=typed)
    assert "benefits.md (" in output
    assert "Remove 1 document(s) from the index? [y/N]" in output
    assert code == 0
    assert call(capsys, "status", "--index", index, "--json")["documents"] == left


def test_ask_for_a_reader(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", QUESTION, "--index", str(indexed)]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    text, blank, *citations = told.out.splitlines()
    assert text.startswith("Employees may take 16 weeks of parental leave at full pay. [1]")
    assert blank == ""
    assert 'benefits.md, "Parental leave", line ' in citations[0]
    assert citations[0].startswith("[1] ")
    assert citations[0].endswith('"Employees may take 16 weeks of parental leave at full pay."   supported 1.00')


def test_an_abstention_for_a_reader(
    indexed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_GENERATOR__ABSTAIN_BELOW", "1")
    assert main(["ask", QUESTION, "--index", str(indexed)]) == 0
    text, blank, title, *citations = capsys.readouterr().out.splitlines()
    assert "[1]" not in text
    assert (blank, title) == ("", "Nearest evidence:")
    assert citations
    assert not any("supported" in line for line in citations)


@pytest.mark.parametrize("question", ["", "  ", "?!", "x" * 4001, "broken \udcff bytes"])
def test_a_question_that_is_none(question: str, indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("ask", "search"):
        assert main([command, question, "--index", str(indexed), "--json"]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.startswith("rag: the question ")
        assert len(told.err.splitlines()) == 2


def test_a_model_without_its_key(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", QUESTION, "--model", "gpt-4o-mini", "--index", str(indexed)]) == 2
    told = capsys.readouterr().err
    assert "OPENAI_API_KEY is not set" in told
    assert len(told.splitlines()) == 2


def test_an_index_of_another_model(
    indexed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RAG_EMBEDDER__MODEL")
    assert main(["ask", QUESTION, "--index", str(indexed)]) == 2
    assert "settings name" in capsys.readouterr().err
    assert main(["status", "--index", str(indexed)]) == 0


def test_on_a_terminal_sentences_are_shown_as_written_and_cannot_steer_it(
    indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Employees may take 16 weeks of parental leave at full pay \x1b[2J[1.1].\n"
    chunks = [{"choices": [{"index": 0, "delta": {"content": said}}]}]
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    with scripted_server(stream_reply(*chunks, end, "[DONE]")) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        output, code = on_a_terminal("ask", QUESTION, "--model", "scripted", "--index", indexed)
    assert code == 0
    assert "16 weeks" in output
    assert "[1]" in output
    assert "\x1b" not in output


def test_control_characters_of_a_document_are_written_out_on_a_terminal_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "evil.md").write_text("# Evil\n\nThe colour is \x9b31mred\x9b0m and so it stays for ever.\n")
    assert main(["index", str(tmp_path / "docs"), "--index", str(tmp_path / "i")]) == 0
    assert main(["ask", "What is the colour?", "--index", str(tmp_path / "i")]) == 0
    output, _ = on_a_terminal("show", "evil.md", "--text", "--index", tmp_path / "i")
    assert "\x9b" not in output + capsys.readouterr().out
    assert "colour is" in output


def test_a_progress_bar_is_for_a_person_alone(documents: Path, tmp_path: Path) -> None:
    output, code = on_a_terminal("index", documents, "--index", tmp_path / "seen")
    assert code == 0, output
    assert "3/3" in output
    assert "3 added, 0 changed, 0 removed, 0 unchanged, 0 failed" in output
    quiet = run("index", documents, "--index", tmp_path / "unseen")
    assert quiet.stderr == b""
    assert quiet.stdout.decode().splitlines()[0] == "3 added, 0 changed, 0 removed, 0 unchanged, 0 failed"


def test_eval_run_and_its_gate(indexed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = tmp_path / "cases.jsonl"
    evidence = {"document": "benefits.md", "quote": "16 weeks of parental leave"}
    case = {
        "id": "1",
        "question": QUESTION,
        "reference": "16 weeks at full pay",
        "kind": "fact",
        "evidence": [evidence],
    }
    cases.write_text(json.dumps(case) + "\n")
    arguments = ["eval", "run", str(cases), "--index", str(indexed)]
    report = call(capsys, *arguments, "--json", "--fail-under", "recall@5=1")
    assert report["gate"] == {"passed": True, "failures": []}
    assert report["measures"]["recall@5"]["value"] == 1.0
    again = call(capsys, *arguments, "--json", "--fail-under", "recall@5=1")
    assert report.pop("timings")["median_seconds"] > 0 < again.pop("timings")["median_seconds"]
    assert report == again

    assert main([*arguments, "--report", str(tmp_path / "report"), "--fail-under", "abstention_recall=1"]) == 1
    told = capsys.readouterr()
    assert "below its threshold: abstention_recall" in told.err
    assert "recall@5" in told.out
    assert (tmp_path / "report" / "report.md").is_file()

    judged = call(capsys, "eval", "judge", str(tmp_path / "report" / "answers.jsonl"), "--json")
    assert judged["measures"]["faithfulness"]["value"] == 1.0


def test_eval_judge_fails_on_an_answer_that_its_sources_do_not_bear_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = {"text": "Employees may take 26 weeks of leave.", "evidence": ["Employees may take 16 weeks of leave."]}
    answers = tmp_path / "answers.jsonl"
    answers.write_text(json.dumps({"id": "bad", "question": QUESTION, "sentences": [sentence]}) + "\n")
    assert main(["eval", "judge", str(answers), "--fail-under", "faithfulness=0.9"]) == 1
    told = capsys.readouterr()
    assert "below its threshold: faithfulness" in told.err
    assert "bad: Employees may take 26 weeks of leave." in told.out


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """A command's JSON, run in this process; standard output holds one line and standard error nothing."""
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    (line,) = told.out.splitlines()
    value: dict[str, Any] = json.loads(line)
    return value


def canonical_text(capsys: pytest.CaptureFixture[str], document: str, index: Path) -> str:
    capsys.readouterr()
    assert main(["show", document, "--text", "--index", str(index)]) == 0
    return capsys.readouterr().out


def on_a_terminal(*arguments: object, typed: str = "") -> tuple[str, int]:
    """What a person at a terminal sees of `rag`, and its exit code."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "import sys; from api.cli import main; sys.exit(main())"]
    with subprocess.Popen([*command, *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, typed.encode())
        output = b""
        while True:
            try:
                read = os.read(ours, 65536)
            except OSError:  # how Linux tells that the other side is closed
                break
            if not read:
                break
            output += read
        os.close(ours)
    return output.decode("utf-8", "replace"), process.returncode


def test_an_index_that_may_only_be_read(
    indexed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with reachable_folder() as above:
        monkeypatch.chdir(above)
        index = Path(shutil.copytree(indexed, above / "index"))
        asked = ["search", "price of the blue anvil", "--index", index, "--limit", 2, "--json"]
        found = call(capsys, *asked)  # nothing can be imported as another user
        shown = call(capsys, "show", "prices.md", "--index", index, "--json")
        call(capsys, "status", "--index", index, "--json")
        set_rights(index, folders=0o555, files=0o444)
        with another_user():
            assert call(capsys, *asked) == found
            assert call(capsys, "show", "prices.md", "--index", index, "--json") == shown
            assert call(capsys, "status", "--index", index, "--json")["documents"] == 3
            assert main(["rm", "prices.md", "--index", str(index)]) == 2
        assert "cannot be written" in capsys.readouterr().err


def test_a_path_that_may_not_be_read_is_listed_and_the_others_are_indexed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_PARSER__WORKERS", "0")  # the other user may not be allowed to start this interpreter
    with reachable_folder() as above:
        monkeypatch.chdir(above)
        above.chmod(0o777)
        (above / "good.md").write_text("# Good\n\nGood words.")
        (above / "bad.md").write_text("# Bad\n\nBad words.")
        assert main(["index", str(above / "bad.md"), "--index", str(above / "first")]) == 0
        assert "failed  " not in capsys.readouterr().out
        (above / "bad.md").chmod(0o000)
        arguments = ["index", above / "good.md", above / "bad.md", "--index", above / "index"]
        with another_user():
            report = call(capsys, *arguments, "--json")
            assert main([str(argument) for argument in arguments]) == 0
        assert (report["documents"]["added"], report["documents"]["failed"]) == (1, 1)
        (failure,) = report["failures"]
        assert (failure["uri"], failure["error"]) == ("bad.md", "cannot be read: Permission denied")
        assert capsys.readouterr().out.splitlines()[0] == "failed    bad.md: cannot be read: Permission denied"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["status", "--config", "{}"], id="config"),
        pytest.param(["search", "--queries", "{}"], id="queries"),
        pytest.param(["eval", "run", "{}"], id="cases"),
        pytest.param(["eval", "judge", "{}"], id="answers"),
        pytest.param(["status", "--index", "{}"], id="index"),
        pytest.param(["init", "{}"], id="folder"),
    ],
)
def test_a_path_that_may_not_be_read_is_told_by_who_reads_it(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main([argument.format("nothing") for argument in arguments])  # nothing can be imported as another user
    capsys.readouterr()
    with reachable_folder() as above:
        monkeypatch.chdir(above)
        closed = above / "closed"
        closed.mkdir(mode=0o000)
        with another_user():
            assert main([argument.format(closed) for argument in arguments]) == 2
        problem, hint = capsys.readouterr().err.splitlines()
        assert "closed" in problem
        assert "--help" not in hint


def test_a_moved_folder_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Words\n\nSome words.")
    assert main(["index", str(tmp_path / "docs"), "--index", str(tmp_path / "i")]) == 0
    (tmp_path / "moved").mkdir()
    (tmp_path / "docs").rename(tmp_path / "moved" / "docs")
    capsys.readouterr()
    assert main(["index", str(tmp_path / "moved" / "docs"), "--index", str(tmp_path / "i")]) == 0
    first, second, _ = capsys.readouterr().out.splitlines()
    assert first == f"moved     docs is now read from {tmp_path / 'moved' / 'docs'}"
    assert second == "0 added, 0 changed, 0 removed, 1 unchanged, 0 failed"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        pytest.param("RAG_EMBEDDER__MODEL", "minilm", "settings name", id="another-embedder"),
        pytest.param("RAG_GENERATOR__MODEL", "gpt-4o-mini", "OPENAI_API_KEY is not set", id="no-key"),
    ],
)
def test_serve_refuses_what_it_could_not_answer_from(
    name: str, value: str, message: str, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    done = run("serve", "--index", indexed, "--port", 0)
    assert done.returncode == 2
    assert message in done.stderr.decode()


def test_serve_goes_on_until_somebody_ends_it_and_that_is_no_failure(indexed: Path) -> None:
    command = [str(Path(sys.executable).with_name("rag")), "serve", "--index", str(indexed), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as serving:
        assert serving.stderr is not None
        try:
            address = serving.stderr.readline().split()[2]
            with httpx.Client(transport=httpx.HTTPTransport(retries=5)) as client:
                assert client.get(f"{address}/healthz").json() == {"status": "ok"}
            serving.send_signal(signal.SIGINT)
            _, errors = serving.communicate(timeout=60)
        finally:
            serving.kill()
    assert (serving.returncode, errors.strip()) == (0, "rag: stopped serving")
