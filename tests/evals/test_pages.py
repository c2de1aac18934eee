"""What counts as found on a page, by hand-made hits; and the command on a real index of two PDFs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from evals.case import Case, Evidence
from evals.errors import EvalError
from evals.search.page_figures import pages_json
from evals.search.pages import PageOutcome, locate_questions, measure_pages
from indexers.chunk import Chunk
from indexers.document import Block, Document, document_id
from indexers.store import DocumentEntry
from retrievers.hit import Hit, Repeat
from retrievers.settings import Mode
from retrievers.window import ContextWindow, Source

HANDBOOK = Path(__file__).parent.parent.parent / "examples" / "handbook"
PAGE = "The page says this. "


def paged(name: str, pages: int) -> Document:
    text = PAGE * pages
    blocks = tuple(
        Block("paragraph", page * len(PAGE), (page + 1) * len(PAGE) - 1, page=page + 1) for page in range(pages)
    )
    return Document(document_id(name), name, name, "application/pdf", "v", text, blocks, page_count=pages)


DOCUMENTS = {
    document.id: document
    for document in (
        paged("a.pdf", 5),
        paged("b.pdf", 3),
        Document(
            document_id("n.txt"), "n.txt", "", "text/plain", "v", "One. Two. Three.", (Block("paragraph", 0, 16),)
        ),
    )
}


class Fixed:
    """Finds what it is told to find: spans of documents by file name."""

    def __init__(self, *found: tuple[str, int, int], window: Sequence[tuple[str, int, int]] = ()) -> None:
        self._found = found
        self._window = window

    def search(self, question: str, *, limit: int = 10, mode: Mode | None = None) -> list[Hit]:
        return [
            Hit(Chunk(f"c{rank}", document_id(name), "v", rank, start, end, end - start), 1 / rank, rank, "dense")
            for rank, (name, start, end) in enumerate(self._found, start=1)
        ][:limit]

    def window(self, question: str, *, token_budget: int, mode: Mode | None = None) -> ContextWindow:
        sources = tuple(
            Source(number, document_id(name), "v", name, "", start, end, None, "", ())
            for number, (name, start, end) in enumerate(self._window, start=1)
        )
        return ContextWindow(sources, "", 7 * len(sources), token_budget)

    def documents(self) -> list[DocumentEntry]:
        return [
            DocumentEntry(d.id, d.uri, "", d.media_type, "v", 1, d.page_count, "", "", "", 1, d.uri, 1, 1)
            for d in DOCUMENTS.values()
        ]

    def document(self, name: str) -> Document:
        return DOCUMENTS[name]

    def hit_text(self, hit: Hit) -> str:
        return DOCUMENTS[hit.chunk.document_id].text[hit.chunk.start : hit.chunk.end]


def page(name: str, index: int) -> Evidence:
    return Evidence(name, page_index=index)


def outcome(rag: Fixed, *evidence: Evidence, windows: Sequence[int] = ()) -> PageOutcome:
    questions, _ = locate_questions(rag, [Case("q", "what?", evidence=evidence)])
    (measured,) = measure_pages(rag, questions, windows=windows)
    return measured


def test_a_hit_counts_for_the_page_on_which_it_begins_alone() -> None:
    width = len(PAGE)
    rag = Fixed(("a.pdf", 0, 2 * width), ("b.pdf", width, 2 * width), ("a.pdf", width + 3, 2 * width))
    assert outcome(rag, page("a.pdf", 0)).page_ranks == (1,)
    assert outcome(rag, page("a.pdf", 1)).page_ranks == (3,)
    assert outcome(rag, page("b.pdf", 1)).page_ranks == (2,)
    assert outcome(rag, page("b.pdf", 0)).page_ranks == (None,)


def test_a_chunk_that_is_told_under_a_hit_counts_at_a_rank_of_its_own() -> None:
    class Folding(Fixed):
        def search(self, question: str, *, limit: int = 10, mode: Mode | None = None) -> list[Hit]:
            first, *others = super().search(question, limit=limit)
            return [replace(first, also=tuple(Repeat(hit.chunk, "same text") for hit in others))]

    rag = Folding(("b.pdf", 0, 5), ("b.pdf", 6, 9), ("a.pdf", 0, 5))
    assert outcome(rag, page("a.pdf", 0)).page_ranks == (3,)


def test_any_page_counts_and_all_of_them_stand_beside_it() -> None:
    width = len(PAGE)
    rag = Fixed(("b.pdf", 0, 5), ("a.pdf", 0, 5), ("a.pdf", width, width + 5))
    found = outcome(rag, page("a.pdf", 0), page("a.pdf", 1), page("a.pdf", 4))
    assert [found.any_page(k) for k in (1, 2, 3)] == [0, 1, 1]
    assert [found.all_pages(k) for k in (1, 2, 3)] == pytest.approx([0, 1 / 3, 2 / 3])
    assert [found.document(k) for k in (1, 2)] == [0, 1]


def test_evidence_that_is_named_twice_is_one_page_and_evidence_that_is_not_there_is_never_found() -> None:
    rag = Fixed(("a.pdf", 0, 5))
    assert outcome(rag, page("a.pdf", 0), page("a.pdf", 0)).all_pages(1) == 1.0
    questions, missing = locate_questions(
        rag, [Case("q", "?", evidence=(page("a.pdf", 0), page("a.pdf", 99), page("no.pdf", 0)))]
    )
    (measured,) = measure_pages(rag, questions, windows=())
    assert measured.all_pages(50) == pytest.approx(1 / 3)
    assert [item.item for item in missing] == [1, 2]


def test_in_a_text_without_pages_a_hit_holds_half_of_the_quote() -> None:
    quote = Evidence("n.txt", quote="Two. Three.")
    assert outcome(Fixed(("n.txt", 0, 7)), quote).page_ranks == (None,)
    assert outcome(Fixed(("n.txt", 0, 12)), quote).page_ranks == (1,)


def test_a_window_holds_a_page_where_any_of_its_text_stands_on_it() -> None:
    width = len(PAGE)
    rag = Fixed(("b.pdf", 0, 5), ("a.pdf", width, 2 * width), window=[("a.pdf", 0, width + 1)])
    found = outcome(rag, page("a.pdf", 1), windows=(3, 4000))
    assert [window.packed for window in found.windows] == [True, True]
    assert [window.appended for window in found.windows] == [False, True]
    assert found.windows[0].appended_tokens <= 3 < found.windows[1].appended_tokens


def test_cases_without_answer_or_evidence_are_left_out_and_none_left_is_an_error() -> None:
    rag = Fixed()
    cases = [
        Case("none", "?", answerable=False, evidence=(page("a.pdf", 0),)),
        Case("bare", "?"),
        Case("q", "?", evidence=(page("a.pdf", 0),)),
    ]
    questions, _ = locate_questions(rag, cases)
    assert [question.case.id for question in questions] == ["q"]
    with pytest.raises(EvalError, match="no case"):
        locate_questions(rag, cases[:2])


def test_figures_are_means_with_their_intervals() -> None:
    rag = Fixed(("a.pdf", 0, 5), window=[("a.pdf", 0, 5)])
    cases = [Case(f"q{number}", "?", evidence=(page("a.pdf", number % 2),)) for number in range(10)]
    questions, missing = locate_questions(rag, cases)
    figures: Mapping[str, Any] = pages_json("dense", measure_pages(rag, questions, windows=(100,)), missing)
    assert figures["page_recall@1"] == 0.5
    low, high = figures["page_recall@1_ci95"]
    assert 0 < low < 0.5 < high < 1
    assert figures["windows"][0]["evidence_in_window"] == 0.5
    assert figures["windows"][0]["mean_tokens"] == 7
    assert figures == pages_json("dense", measure_pages(rag, questions, windows=(100,)), missing)


def test_the_command_on_real_pdfs_twice_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAG_EMBEDDER__MODEL", "hashing")
    cases = tmp_path / "cases.jsonl"
    lines = [
        {"id": "hotel", "question": "What may a hotel cost a night in Oslo?", "page_index": 1},
        {"id": "train", "question": "Who books trains?", "page_index": 0},
    ]
    cases.write_text(
        "".join(
            json.dumps({**line, "evidence": [{"document": "travel-2026.pdf", "page_index": line["page_index"]}]}) + "\n"
            for line in lines
        )
    )
    assert main(["index", str(HANDBOOK / "policies" / "travel-2026.pdf"), "--index", str(tmp_path / "i")]) == 0
    capsys.readouterr()
    shown = []
    for _ in range(2):
        arguments = ["eval", "pages", str(cases), "--index", str(tmp_path / "i"), "--retriever", "all"]
        assert main([*arguments, "--window", "500", "--window", "0", "--cases", "--json"]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    rows = [json.loads(line) for line in shown[0].splitlines()]
    assert [row["retriever"] for row in rows][:3] == ["dense", "lexical", "hybrid"]
    for row in rows:
        assert row["document_recall@1"] == row["page_recall@50"] == 1.0
        assert 0 < row["longest_hit_pieces"] <= 256
        assert [window["window_tokens"] for window in row["windows"]] == [500]
        assert row["windows"][0]["mean_tokens"] <= 500
        assert [case["id"] for case in row["cases"]] == ["hotel", "train"]
    assert main(["eval", "pages", str(cases), "--index", str(tmp_path / "i"), "--cases"]) == 0
    assert "hybrid, 2 questions" in capsys.readouterr().out
