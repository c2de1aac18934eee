"""Questions as of an earlier day: found, cited and shown in the version that was current then."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, get_args

import pytest

from api.cli import main
from api.exit_codes import CANNOT_RUN, DONE
from indexers.document import document_id
from indexers.hashing import HashingEmbedder
from indexers.store import Store
from rag.engine import Rag
from rag.errors import MomentMalformed, NothingKept
from rag.past import moment_of
from retrievers.lexical import LexicalIndex
from retrievers.settings import Mode
from tests.rag.indexes import make_index, settings_with, write_documents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexers.store import Snapshot

QUESTION = "How many weeks of parental leave are there?"


@pytest.fixture
def moments() -> list[dt.datetime]:
    """After each of the versions; filled by ``index``."""
    return []


@pytest.fixture
def index(tmp_path: Path, moments: list[dt.datetime]) -> Path:
    path = make_index(
        tmp_path / "i", {"leave.md": "Leave\n\nThere are 12 weeks of parental leave.", "x.md": "X\n\nTea is free."}
    )
    moments.append(dt.datetime.now(dt.UTC))
    for weeks in (16, 20):
        write_documents(path, {"leave.md": f"Leave\n\nThere are {weeks} weeks of parental leave."})
        moments.append(dt.datetime.now(dt.UTC))
    return path


@pytest.fixture
def rag(index: Path) -> Iterator[Rag]:
    with Rag.open(index, settings=settings_with(abstain_below=0.0)) as opened:
        yield opened


@pytest.mark.parametrize("mode", get_args(Mode))
def test_a_search_finds_what_was_current_then(rag: Rag, moments: list[dt.datetime], mode: Mode) -> None:
    for moment, weeks in zip(moments, (12, 16, 20), strict=True):
        hits = rag.search(QUESTION, as_of=moment, mode=mode, limit=1)
        assert f"{weeks} weeks" in rag.hit_text(hits[0])
    assert "20 weeks" in rag.hit_text(rag.search(QUESTION, mode=mode, limit=1)[0])


def test_an_answer_cites_the_version_of_then_exactly(rag: Rag, moments: list[dt.datetime]) -> None:
    answer = rag.ask(QUESTION, as_of=moments[0])
    assert "12 weeks" in answer.text
    assert answer.warnings == ()
    for citation in answer.citations:
        text = rag.document(citation.document_id, citation.version).text
        assert text[citation.start : citation.end] == citation.quote
    assert "20 weeks" in rag.ask(QUESTION, as_of=moments[-1]).text
    assert "20 weeks" in rag.ask(QUESTION, as_of="2999").text


def test_filter_and_access_hold_as_of_then_and_access_is_todays(index: Path, moments: list[dt.datetime]) -> None:
    with Store.open(index) as store, store.writer(HashingEmbedder()) as writer:
        writer.set_access({document_id("leave.md"): ("hr",), document_id("x.md"): ("*",)})
    with Rag.open(index, settings=settings_with()) as rag:
        assert [hit.chunk.document_id for hit in rag.search(QUESTION, as_of=moments[0], groups=[])] == [
            document_id("x.md")
        ]
        assert len(rag.search(QUESTION, as_of=moments[0], groups=["hr"])) == 2
        assert rag.search(QUESTION, as_of=moments[0], groups=["hr"], where='name = "tea.md"') == []
        assert len(rag.search(QUESTION, as_of=moments[0], where='name = "leave.md"')) == 1


def test_a_day_before_all_that_is_kept_is_refused(rag: Rag) -> None:
    with pytest.raises(NothingKept, match="2001-02-03"):
        rag.search(QUESTION, as_of="2001-02-03")
    with pytest.raises(NothingKept):
        rag.ask(QUESTION, as_of=dt.date(2001, 2, 3))


def test_what_is_not_kept_is_told_to_those_who_may_know(index: Path, moments: list[dt.datetime]) -> None:
    with Store.open(index) as store:
        old = store.snapshot().as_of(moments[0]).snapshot.entry("leave.md").version
        with store.writer(HashingEmbedder()) as writer:
            writer.remove_version(document_id("leave.md"), old)
            writer.set_access({document_id("leave.md"): ("hr",), document_id("x.md"): ("*",)})
    with Rag.open(index, settings=settings_with(abstain_below=0.0)) as rag:
        assert "1 document" in rag.ask("Is tea free?", as_of=moments[0]).warnings[0]
        assert rag.ask("Is tea free?", as_of=moments[0], groups=["it"]).warnings == ()
        assert rag.past_note(moments[0], groups=["hr"]) == rag.past_note(moments[0])
        assert rag.past_note(moments[1]) is None


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-02-29", "2024-02-29T23:59:59.999999+00:00"),
        ("2024-02", "2024-02-29T23:59:59.999999+00:00"),
        ("2024", "2024-12-31T23:59:59.999999+00:00"),
        ("2024-02-29T10:00:00", "2024-02-29T10:00:00+00:00"),
        ("2024-02-29T10:00:00+02:00", "2024-02-29T08:00:00+00:00"),
    ],
)
def test_what_a_date_means(written: str, moment: str) -> None:
    assert moment_of(written) == dt.datetime.fromisoformat(moment)


@pytest.mark.parametrize("written", ["yesterday", "2024-02-30", "", "20", "2024-02-29T99:00"])
def test_what_is_no_date_is_refused(rag: Rag, written: str) -> None:
    with pytest.raises(MomentMalformed):
        rag.search(QUESTION, as_of=written)


def test_the_command_line_asks_as_of_a_day(
    index: Path, moments: list[dt.datetime], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_EMBEDDER__MODEL", "hashing")
    base = ["search", QUESTION, "--index", str(index), "--json", "--limit", "1"]
    assert main([*base, "--as-of", moments[0].isoformat()]) == DONE
    assert "12 weeks" in json.loads(capsys.readouterr().out)["hits"][0]["text"]
    assert main(["ask", QUESTION, "--index", str(index), "--as-of", moments[1].isoformat()]) == DONE
    assert "16 weeks" in capsys.readouterr().out
    assert main([*base, "--as-of", "2001"]) == CANNOT_RUN
    assert "2001-12-31" in capsys.readouterr().err
    assert main([*base, "--as-of", "never"]) == CANNOT_RUN


def test_moments_between_two_changes_share_one_index_of_words(
    rag: Rag, moments: list[dt.datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each of many requests, a microsecond apart, would index everything anew while the others wait."""
    built = []
    build = LexicalIndex.in_memory

    def counted(snapshot: Snapshot) -> LexicalIndex:
        built.append(snapshot)
        return build(snapshot)

    monkeypatch.setattr(LexicalIndex, "in_memory", counted)
    for microseconds in range(5):
        hits = rag.search(QUESTION, as_of=moments[0] + dt.timedelta(microseconds=microseconds), limit=1)
        assert "12 weeks" in rag.hit_text(hits[0])
    assert len(built) == 1


@pytest.mark.parametrize("written", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_beyond_the_calendar_in_utc_is_malformed(written: str) -> None:
    with pytest.raises(MomentMalformed):
        moment_of(written)
