from __future__ import annotations

import errno
import fcntl
import json
import math
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.document import document_id
from retrievers.errors import LexicalUnusable
from retrievers.lexical import LexicalIndex, LexicalRetriever, catch_up, commit, open_lexical, schema
from tests.retrievers.corpus import COMPANY, new_store, put, remove, store_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from indexers.store import Store

QUESTIONS = ("parental leave", "VPN-204", "$1,577", "audits in march", "3M 2018", "trains", "profile")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with store_of(tmp_path / "index", COMPANY) as store:
        yield store


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LexicalRetriever]:
    with store_of(tmp_path_factory.mktemp("shared") / "index", COMPANY) as store:
        yield retriever(store)


def retriever(store: Store) -> LexicalRetriever:
    index = open_lexical(store)
    return LexicalRetriever(store.snapshot(), index)


def found(store: Store, question: str) -> list[str]:
    """The URIs of the hits, best first."""
    snapshot = store.snapshot()
    return [snapshot.document(hit.chunk.document_id).uri for hit in retriever(store).retrieve(question, limit=10)]


def everything(index: LexicalIndex) -> dict[str, dict[str, float]]:
    return {question: dict(index.search(question, limit=100)) for question in QUESTIONS}


@pytest.mark.parametrize(
    ("question", "first"),
    [
        pytest.param("How long is parental leave?", "hr/benefits.md", id="words"),
        pytest.param("employee took leaves", "hr/benefits.md", id="stems"),
        pytest.param("vpn204", "it/VPN-204_guide.md", id="code-in-another-spelling"),
        pytest.param("What cost 1577?", "finance/3M_2018_10K.pdf", id="number-without-its-comma"),
        pytest.param("3M FY2018", "finance/3M_2018_10K.pdf", id="the-name-of-the-document"),
        pytest.param("When is the ISO 27001 audit?", "legal/ISO-27001.md", id="code-in-two-words"),
        pytest.param("certificates", "legal/ISO-27001.md", id="heading"),
    ],
)
def test_finds_by_word(store: Store, question: str, first: str) -> None:
    assert found(store, question)[0] == first


def test_scores_are_bm25(tmp_path: Path) -> None:
    """Three one-chunk documents without codes or headings, whose names are words of theirs beside the text's."""
    texts = {"x.md": "alpha beta beta", "y.md": "alpha gamma", "z.md": "gamma delta"}
    with store_of(tmp_path / "index", texts) as store:
        hits = retriever(store).retrieve("beta", limit=10)
        # idf = ln(1 + (n - df + 0.5) / (df + 0.5)), k1 = 1.2, b = 0.75, twice in 4 words; the stamp is a fourth row
        idf = math.log(1 + (4 - 1 + 0.5) / (1 + 0.5))
        expected = idf * 2 * (1.2 + 1) / (2 + 1.2 * (0.25 + 0.75 * 4 / (10 / 4)))
        assert [hit.score for hit in hits] == [pytest.approx(expected)]
        assert hits[0].retriever == "lexical"


@pytest.mark.parametrize(
    "question",
    [
        pytest.param('AND OR NOT ( : ^ ~ \\ "', id="query-syntax"),
        pytest.param("text:leave^9 OR *", id="field-syntax"),
        pytest.param("\U0001f600", id="emoji"),
        pytest.param("x" * 10_000, id="10k-characters"),
        pytest.param("leave " * 10_000, id="many-words"),
        pytest.param(" " * 1_000_000, id="million-blanks"),
        pytest.param("\ud800\0\u202e", id="surrogate-nul-bidi"),
        pytest.param("", id="empty"),
    ],
)
def test_any_string_is_a_question(shared: LexicalRetriever, question: str) -> None:
    hits = shared.retrieve(question, limit=3)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


@given(st.text(st.characters()))
@settings(max_examples=60, deadline=None)
def test_hostile_questions(shared: LexicalRetriever, question: str) -> None:
    hits = shared.retrieve(question, limit=2)
    assert len(hits) <= 2
    assert all(hit.score > 0 for hit in hits)


def test_query_syntax_is_no_more_than_its_words(shared: LexicalRetriever) -> None:
    plain, dressed = (shared.retrieve(question, limit=5) for question in ("parental leave", '+parental -(leave"~2'))
    assert plain == dressed


def test_follows_what_is_added_changed_and_removed(store: Store) -> None:
    assert found(store, "badger") == []
    put(store, {"new.md": "A badger is new."})
    assert found(store, "badger") == ["new.md"]
    put(store, {"new.md": "An otter is new."}, version="v2")
    assert (found(store, "badger"), found(store, "otter")) == ([], ["new.md"])
    remove(store, "new.md")
    assert found(store, "otter") == []


def test_caught_up_equals_built_anew(store: Store, tmp_path: Path) -> None:
    catch_up(store)
    put(store, {"late.md": "Parental leave was extended in March."})
    put(store, {"late.md": "Parental leave and trains were extended."}, version="v2")
    remove(store, "hr/travel.md")
    caught_up = everything(open_lexical(store))
    shutil.rmtree(store.path / "lexical")

    anew = everything(open_lexical(store))

    assert caught_up.keys() == anew.keys()
    for question, scores in anew.items():
        assert caught_up[question] == pytest.approx(scores), question
    assert anew == everything(LexicalIndex.in_memory(store.snapshot()))


def test_catching_up_adds_only_what_is_new(store: Store) -> None:
    catch_up(store)
    inode = (store.path / "lexical" / "postings").stat().st_ino
    put(store, {f"more/{n}.md": f"Note {n} of many." for n in range(30)})
    catch_up(store)
    assert (store.path / "lexical" / "postings").stat().st_ino == inode
    assert LexicalIndex.open(store.path / "lexical").chunks == store.snapshot().status().chunks


def test_many_deleted_rows_are_folded(store: Store) -> None:
    put(store, {f"more/{n}.md": f"Note {n} of many." for n in range(30)})
    catch_up(store)
    remove(store, *(f"more/{n}.md" for n in range(20)))
    catch_up(store)
    meta = json.loads((store.path / "lexical" / "postings" / "meta.json").read_bytes())
    assert sum((segment["deletes"] or {}).get("num_deleted_docs", 0) for segment in meta["segments"]) == 0


def test_a_crash_before_the_commit_is_caught_up_later(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    catch_up(store)
    put(store, {"late.md": "A badger came late."})

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(commit, "stamp_row", stop)  # rows are written, the stamp and the commit are not
        with pytest.raises(KeyboardInterrupt):
            catch_up(store)

    behind = LexicalIndex.open(store.path / "lexical")
    assert behind.search("badger", limit=5) == []
    assert behind.stamp.generation < store.snapshot().generation
    assert found(store, "badger") == ["late.md"]


def test_a_lagging_index_is_searched_without_what_is_gone(store: Store) -> None:
    index = open_lexical(store)
    put(store, {"hr/benefits.md": "Parental leave is now 18 weeks."}, version="v2")
    remove(store, "hr/travel.md")

    lagging = LexicalRetriever(store.snapshot(), index)

    assert lagging.retrieve("parental leave", limit=5) == []
    assert lagging.retrieve("trains", limit=5) == []
    assert [hit.chunk.document_id for hit in lagging.retrieve("VPN-204", limit=1)] == [
        document_id("it/VPN-204_guide.md")
    ]


def test_dead_hits_do_not_displace_live_ones(tmp_path: Path) -> None:
    texts = {f"{n:03}.md": "otter otter otter" for n in range(60)} | {"last.md": "an otter and a badger"}
    with store_of(tmp_path / "index", texts) as store:
        index = open_lexical(store)
        remove(store, *(f"{n:03}.md" for n in range(60)))
        hits = LexicalRetriever(store.snapshot(), index).retrieve("otter", limit=1)
        assert [hit.chunk.document_id for hit in hits] == [document_id("last.md")]


def _flip_a_bit(postings: Path) -> None:
    path = max(postings.glob("*.idx"), key=lambda path: path.stat().st_size)
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 1
    path.write_bytes(content)


def _cut_short(postings: Path) -> None:
    path = next(postings.glob("*.store"))
    path.write_bytes(path.read_bytes()[:-9])


def _lose_a_file(postings: Path) -> None:
    next(postings.glob("*.term")).unlink()


def _scribble_over_meta(postings: Path) -> None:
    (postings / "meta.json").write_text("{")


def _rename_a_field(postings: Path) -> None:
    meta = postings / "meta.json"
    meta.write_text(meta.read_text().replace('"kind"', '"name"'))  # two of one name make tantivy panic


def _be_a_file(postings: Path) -> None:
    shutil.rmtree(postings)
    postings.write_text("not a folder")


def _be_empty(postings: Path) -> None:
    for path in postings.iterdir():
        path.unlink()


DAMAGE = [_flip_a_bit, _cut_short, _lose_a_file, _scribble_over_meta, _rename_a_field, _be_a_file, _be_empty]


@pytest.mark.parametrize("damage", [pytest.param(damage, id=damage.__name__.strip("_")) for damage in DAMAGE])
def test_a_damaged_folder_is_built_anew(store: Store, damage: Callable[[Path], None]) -> None:
    whole = everything(open_lexical(store))
    damage(store.path / "lexical" / "postings")
    with pytest.raises(LexicalUnusable):
        LexicalIndex.open(store.path / "lexical")
    assert everything(open_lexical(store)) == whole


def test_another_index_s_folder_is_built_anew(store: Store, tmp_path: Path) -> None:
    with store_of(tmp_path / "other", {"a.md": "Otters only.", "b.md": "", "c.md": "x", "d.md": "y"}) as other:
        put(other, {"e.md": "z"})
        catch_up(other)
        shutil.copytree(other.path / "lexical", store.path / "lexical")
    assert found(store, "otters") == []
    assert found(store, "parental leave") == ["hr/benefits.md"]


def test_a_lock_file_that_a_reader_makes_meanwhile_does_not_keep_it_from_being_built_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    catch_up(store)
    postings = store.path / "lexical" / "postings"
    (store.path / "lexical" / "meta.sha256").unlink()
    rmdir = os.rmdir
    made: list[Any] = []

    def rmdir_and_lose_a_race(path: Any, **where: Any) -> None:
        if not made and postings.is_dir():
            (postings / ".tantivy-meta.lock").touch()
            made.append(path)
        rmdir(path, **where)

    monkeypatch.setattr(os, "rmdir", rmdir_and_lose_a_race)
    catch_up(store)
    assert made
    assert LexicalIndex.open(store.path / "lexical").stamp.generation == store.snapshot().generation
    assert {path.name for path in postings.parent.iterdir()} == {"LOCK", "meta.sha256", "postings"}


def test_another_schema_is_built_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        for module in (commit, schema):
            patch.setattr(module, "SCHEMA", "0")
        catch_up(store)
    with pytest.raises(LexicalUnusable, match="schema 0"):
        LexicalIndex.open(store.path / "lexical")
    assert found(store, "parental leave") == ["hr/benefits.md"]


def test_an_index_newer_than_the_catalogue_is_built_anew(store: Store, tmp_path: Path) -> None:
    shutil.copytree(store.path, tmp_path / "backup")
    put(store, {"late.md": "A badger came late."})
    catch_up(store)
    shutil.copytree(store.path / "lexical", tmp_path / "backup" / "lexical")
    with type(store).open(tmp_path / "backup") as restored:
        assert found(restored, "badger") == []
        assert found(restored, "parental leave") == ["hr/benefits.md"]


def test_a_folder_that_another_process_writes_is_read_as_it_is(store: Store) -> None:
    catch_up(store)
    put(store, {"late.md": "A badger came late."})
    with (store.path / "lexical" / "LOCK").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert found(store, "badger") == []
        assert found(store, "parental leave") == ["hr/benefits.md"]
    assert found(store, "badger") == ["late.md"]


def test_without_a_folder_that_can_be_used_the_index_is_in_memory(store: Store) -> None:
    (store.path / "lexical").write_text("in the way")
    assert found(store, "parental leave") == ["hr/benefits.md"]
    with pytest.raises(LexicalUnusable, match="cannot be used"):
        catch_up(store)


def test_a_folder_that_cannot_be_listed_costs_no_search(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    catch_up(store)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "the disk fails")

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", fail)
        assert found(store, "parental leave") == ["hr/benefits.md"]


def test_an_empty_index(tmp_path: Path) -> None:
    with new_store(tmp_path / "index") as store:
        assert found(store, "anything") == []


def test_equal_scores_are_cut_the_same_way_every_time(tmp_path: Path) -> None:
    texts = {f"{n:03}.md": "the same otter" for n in range(80)}
    with store_of(tmp_path / "index", texts) as store:
        ids = sorted(chunk.id for chunk in store.snapshot().all_chunks())
        found_ids = [chunk_id for chunk_id, _score in open_lexical(store).search("otter", limit=5)]
    assert found_ids == ids[:5]


def test_nothing_is_kept_outside_the_index_folder(store: Store, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if store.path not in path.parents}
    catch_up(store)
    assert {path for path in tmp_path.rglob("*") if store.path not in path.parents} == before
    assert os.stat(store.path / "lexical").st_mode & 0o077 == 0  # noqa: PTH116  # one line for a mode
