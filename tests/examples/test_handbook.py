"""The sample company: its office files come from their sources, and its cases point at what the documents say."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pypdfium2
import pytest

from evals.case import Case, load_cases
from evals.locate import evidence_spans
from examples.handbook_source import Bullets, Heading, Paragraph, Table, parse
from examples.make_handbook import EXAMPLES, make_handbook
from indexers.document import Document
from indexers.load import load_file

HANDBOOK = EXAMPLES / "handbook"
CASES = load_cases(EXAMPLES / "cases.jsonl")
DEMO = load_cases(EXAMPLES / "demo.jsonl")
FILES = sorted(path for path in HANDBOOK.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    """Every document of the handbook as the product reads it, by URI."""
    uris = {"handbook/" + path.relative_to(HANDBOOK).as_posix(): path for path in FILES}
    return {uri: load_file(path, uri=uri).document for uri, path in uris.items()}


def test_generator_writes_the_committed_bytes(tmp_path: Path) -> None:
    written = [path.relative_to(tmp_path) for path in make_handbook(tmp_path)]
    office = [path for path in FILES if path.suffix in {".docx", ".pdf", ".pptx", ".xlsx"}]
    assert [HANDBOOK / path for path in written] == office
    stale = [str(path) for path in written if (tmp_path / path).read_bytes() != (HANDBOOK / path).read_bytes()]
    assert not stale, "run `python -m examples.make_handbook` and commit what it writes"


def test_parse_reads_every_part() -> None:
    head = "title: T: t\nauthor: A\ndate: 2026-01-02\n\n"
    source = parse(head + "# One\n\nText.\n\n- a\n- b\n\n| x | y |\n|---|---|\n| 1 | |\n\n## Two\n")
    assert (source.title, source.author, source.date.isoformat()) == ("T: t", "A", "2026-01-02T00:00:00")
    assert source.parts == (
        Heading(1, "One"),
        Paragraph("Text."),
        Bullets(("a", "b")),
        Table((("x", "y"), ("1", ""))),
        Heading(2, "Two"),
    )


def test_handbook_is_as_large_and_as_mixed_as_promised(documents: dict[str, Document]) -> None:
    formats = Counter(path.suffix for path in FILES)
    assert set(formats) == {".csv", ".docx", ".eml", ".html", ".md", ".pdf", ".pptx", ".txt", ".xlsx"}
    assert formats[".eml"] >= 3
    assert len(FILES) >= 22
    words = sum(len(re.findall(r"\w+", document.text)) for document in documents.values())
    assert words >= 25 * 400  # 25 pages


def test_a_pdf_table_goes_on_over_the_page() -> None:
    with pypdfium2.PdfDocument(HANDBOOK / "operations" / "lane-guide-2026.pdf") as pdf:
        pages = [page.get_textpage().get_text_range() for page in pdf]
    assert len(pages) >= 4
    assert sum("Smallest" in page for page in pages) >= 3, "the header of the lanes is repeated on each page"


def test_cases_are_as_many_and_as_mixed_as_promised() -> None:
    kinds = Counter(case.kind for case in CASES)
    assert len(CASES) >= 66
    assert sum(not case.answerable for case in CASES) >= 14
    assert kinds["two-documents"] >= 8
    assert kinds["table"] >= 10
    assert kinds["conflict"] >= 4
    assert len({case.question for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case_names_evidence_exactly_if_it_can_be_answered(case: Case) -> None:
    assert case.reference
    assert bool(case.evidence) == case.answerable
    of = {item.document for item in case.evidence}
    assert (len(of) == 2) == (case.kind in {"two-documents", "conflict"} or case.id == "passphrase-length")


@pytest.mark.parametrize("case", [*CASES, *DEMO], ids=lambda case: case.id)
def test_evidence_stands_in_its_document(case: Case, documents: dict[str, Document]) -> None:
    for item in case.evidence:
        spans = evidence_spans(documents[item.document], item)
        assert isinstance(spans, tuple), f"{item.document}: {item.quote!r}: {spans}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_quotes_stand_verbatim_in_what_was_written_by_hand(case: Case) -> None:
    """So that no quote holds only thanks to how a loader reads."""
    for item in case.evidence:
        source = EXAMPLES / f"{item.document.replace('handbook', 'sources', 1)}.md"
        written = source if source.exists() else EXAMPLES / item.document
        if written.suffix != ".eml" and item.quote is not None:  # mail is written in a transfer encoding
            assert item.quote in written.read_text("utf-8")


def test_demo_asks_what_its_cases_say() -> None:
    asked = re.findall(r'^ask "(.+?)"', (EXAMPLES / "demo.sh").read_text("utf-8"), flags=re.MULTILINE)
    assert asked == [case.question for case in DEMO]
    assert [case.answerable for case in DEMO] == [True, True, False]


def test_case_lines_carry_no_other_keys() -> None:
    """A key more or less would be read past in silence by every program that takes the same format."""
    for line in (EXAMPLES / "cases.jsonl").read_text("utf-8").splitlines():
        assert set(json.loads(line)) == {"id", "question", "reference", "answerable", "kind", "evidence"}
