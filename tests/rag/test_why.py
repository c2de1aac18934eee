from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from indexers.document import Block, Document, document_id
from indexers.errors import DocumentNotFound
from indexers.hashing import HashingEmbedder
from indexers.report import Failure
from indexers.split import split_document
from indexers.store import Store
from rag import Rag
from rag.settings import Settings, load_settings
from rag.why import Check, Why
from rag.why.words import instead, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EMBEDDER = HashingEmbedder()
QUESTION = "How many weeks of parental leave may employees take?"


def paged(uri: str, *pages: str, access: tuple[str, ...] | None = None) -> Document:
    """A document of one paragraph a page; an empty page has no block."""
    blocks, text = [], ""
    for number, page in enumerate(pages, start=1):
        if page:
            text += "\n\n" if text else ""
            blocks.append(Block("paragraph", len(text), len(text) + len(page), page=number))
            text += page
    metadata = (("created", "2024-03-01"),)
    version = document_id(text) * 4
    return Document(
        document_id(uri), uri, uri, "application/pdf", version, text, tuple(blocks), len(pages), metadata, access
    )


NOISE = [f"Employees of depot {n} may take parental leave of {n} weeks." for n in range(40)]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("why") / "index"
    documents = [
        paged("hr/leave.pdf", "Parental leave lasts 16 weeks for all employees.", "", "Trains are preferred."),
        paged("hr/pay.pdf", "Salaries are paid on the 25th.", access=("finance", "hr")),
        *(paged(f"depots/depot{n}.pdf", text) for n, text in enumerate(NOISE)),
        paged("a/same.pdf", "Bicycles may be parked in the yard."),
        paged("b/same.pdf", "Bicycles may be parked in the yard."),
    ]
    with Store.create(path, embedder=EMBEDDER.identity, max_tokens=256) as store, store.writer(EMBEDDER) as writer:
        for document in documents:
            chunks = split_document(document, EMBEDDER, max_tokens=256)
            writer.put(document, chunks, root="r", content_hash=document.version)
    return path


def settings_of(**changes: object) -> Settings:
    named = {name.replace("__", "."): value for name, value in changes.items()}
    return load_settings(overrides={"embedder.model": "hashing", **named})


@pytest.fixture
def rag(path: Path) -> Iterator[Rag]:
    with Rag.open(path, settings=settings_of()) as opened:
        yield opened


def check(why: Why, step: str) -> Check:
    return next(check for check in why.checks if check.step == step)


def test_what_is_found_passes_every_step(rag: Rag) -> None:
    question = "How many weeks does parental leave last for all employees?"
    why = rag.why(question, document="leave.pdf")
    hits = rag.search(question)
    assert why.document == "hr/leave.pdf"
    assert why.rank == next(hit.rank for hit in hits if hit.chunk.document_id == document_id("hr/leave.pdf"))
    assert why.lost_at is None
    assert why.remedies == ()
    order = [check.step for check in why.checks]
    assert order[:4] == ["parse", "split", "access", "filter"]
    assert order[-2:] == ["limit", "pack"]
    assert {check.state for check in why.checks} == {"passed"}


def test_a_rank_beyond_the_limit_is_told_with_the_limit_that_shows_it(rag: Rag) -> None:
    question = "How long is leave for depot employees who may take parental weeks?"
    why = rag.why(question, document="hr/leave.pdf", page=1, limit=1)
    assert why.rank is None
    assert why.lost_at is not None
    rank = check(why, "limit").rank
    assert rank is not None
    last = why.remedies[-1]
    assert (last.what, last.rank) == (f"--limit {rank}", rank)
    assert rag.search(question, limit=rank)[-1].chunk.document_id == document_id("hr/leave.pdf")


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("parental leave of employees in a depot", "depot22.pdf"),
        ("weeks depot 7 12 leave", "depot17.pdf"),
        ("Salaries of employees and trains", "depot14.pdf"),
    ],
)
def test_every_remedy_does_what_it_says(path: Path, question: str, document: str) -> None:
    few = {"retrieval__candidates": 3, "fusion__method": "ranks"}
    tried: set[str] = set()
    with Rag.open(path, settings=settings_of(**few)) as rag:
        why = rag.why(question, document=document, limit=3)
        wanted = rag.document(document).id
    for remedy in why.remedies:
        what, _, amount = remedy.what.rpartition(" ")
        changes = {"retrieval__candidates": int(amount)} if what == "retrieval.candidates =" else {}
        asked = f"{question} {amount[:-1]}" if what.startswith("name the") else question
        with Rag.open(path, settings=settings_of(**{**few, **changes})) as rag:
            hits = rag.search(asked, limit=int(amount) if what == "--limit" else 3)
        assert [hit.chunk.document_id for hit in hits].index(wanted) + 1 == remedy.rank
        tried.add(what.split()[0])
    assert tried >= {"retrieval.candidates", "--limit", "name"}


def test_naming_the_document_is_offered_where_it_helps(rag: Rag) -> None:
    question = "How long may I stay at home?"
    why = rag.why(question, document="hr/pay.pdf", limit=3)
    named = next(remedy for remedy in why.remedies if remedy.what.startswith("name the document"))
    assert named.what == 'name the document in the question: "... pay"'
    found = [hit.chunk.document_id for hit in rag.search(f"{question} pay", limit=3)]
    assert found.index(document_id("hr/pay.pdf")) + 1 == named.rank


def test_a_question_without_a_common_word_is_told_so(path: Path) -> None:
    with Rag.open(path, settings=settings_of(retrieval__mode="lexical")) as rag:
        why = rag.why("Wann kommt das Gehalt?", document="hr/pay.pdf")
    assert why.lost_at == "lexical"
    assert check(why, "lexical").says.startswith("not found at all; it has no word of the question")


def test_the_words_that_occur_and_those_that_do_not(rag: Rag) -> None:
    said = check(rag.why("parental zeppelin weeks", document="hr/leave.pdf", page=1), "lexical").says
    assert "it has parental, weeks, not zeppelin" in said


@pytest.mark.parametrize(
    ("document", "page", "says"),
    [
        pytest.param("leave.docx", None, "no document 'leave.docx'; there is hr/leave.pdf", id="another-name"),
        pytest.param("hr/leave.pdf", 2, "page 2 has no text", id="a-page-without-text"),
        pytest.param("hr/leave.pdf", 9, "there is no page 9: the document has 3", id="no-such-page"),
    ],
)
def test_what_is_not_read_is_lost_at_parse(rag: Rag, document: str, page: int | None, says: str) -> None:
    why = rag.why(QUESTION, document=document, page=page)
    assert (why.lost_at, why.rank, why.source) == ("parse", None, None)
    assert says in check(why, "parse").says


def test_a_file_that_could_not_be_read_is_told_with_its_reason(rag: Rag, monkeypatch: pytest.MonkeyPatch) -> None:
    failure = Failure("hr/scan.pdf", "is encrypted", "Save it without a password.")
    monkeypatch.setattr(Store, "failures", lambda _store: [failure])
    why = rag.why(QUESTION, document="scan.pdf")
    assert check(why, "parse").says == "hr/scan.pdf is encrypted"
    assert [remedy.what for remedy in why.remedies] == ["Save it without a password."]


def test_who_may_not_see_it_is_told_who_may(rag: Rag) -> None:
    why = rag.why("When are salaries paid?", document="hr/pay.pdf", groups=["sales"])
    assert why.lost_at == "access"
    assert check(why, "access").says == "sales may not see it: finance, hr may"
    assert [(remedy.what, remedy.rank) for remedy in why.remedies] == [("--as finance", 1)]
    assert rag.search("When are salaries paid?", groups=["finance"])[0].chunk.document_id == document_id("hr/pay.pdf")


def test_a_filter_that_it_does_not_fit_is_told_with_what_it_has(rag: Rag) -> None:
    why = rag.why("When are salaries paid?", document="hr/pay.pdf", where='created < 2020 and kind = "pdf"')
    assert why.lost_at == "filter"
    assert check(why, "filter").says == "it does not fit created < 2020 (its created is 2024-03-01)"
    assert [(remedy.what, remedy.rank) for remedy in why.remedies] == [("leave out --filter", 1)]


def test_a_repeat_is_told_with_the_hit_that_it_stands_under(rag: Rag) -> None:
    question = "Where may bicycles be parked?"
    found = [rag.why(question, document=uri) for uri in ("a/same.pdf", "b/same.pdf")]
    assert [why.rank for why in found] == [1, 1]
    said = [check(why, "diversity").says for why in found]
    assert "told under hit 1, which it repeats (same text)" in said


def test_what_does_not_fit_the_window_is_told_with_what_does(path: Path) -> None:
    question = "May employees take parental leave?"
    with Rag.open(path, settings=settings_of(window__max_sources=1)) as rag:
        left_out = next(
            rag.why(question, document=f"depots/depot{n}.pdf", limit=50)
            for n in range(len(NOISE))
            if rag.why(question, document=f"depots/depot{n}.pdf", limit=50).lost_at == "pack"
        )
    assert left_out.rank is not None
    assert left_out.source is None
    (remedy,) = left_out.remedies
    setting, amount = remedy.what.split(" = ")
    assert setting.startswith("window.")
    with Rag.open(path, settings=settings_of(**{setting.replace(".", "__"): int(amount)})) as rag:
        assert rag.why(question, document=left_out.document, limit=50).source == remedy.source


def test_a_file_name_of_several_documents_is_refused(rag: Rag) -> None:
    with pytest.raises(DocumentNotFound, match="2 documents"):
        rag.why(QUESTION, document="same.pdf")


def test_words_that_mean_nearly_the_same_are_offered() -> None:
    offered = instead(["salary"], "The salary-sheet says: salary. Yes.", EMBEDDER)
    assert offered["salary"][0] == "salary"
    assert told([], ["pay"], {"pay": ["salary"]}) == "it has no word of the question (pay); it says 'salary' for 'pay'"
    assert instead([], "text", EMBEDDER) == {}
