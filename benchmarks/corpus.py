"""A folder of documents, and the questions asked of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where an answer stands: a page (from 1) or a verbatim quote of a document, named by its file."""

    document: str
    page: int | None
    quote: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """A question that the documents answer, with its evidence."""

    id: str
    text: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """``documents`` is indexed; ``questions`` are the answerable cases of ``cases``, if there are any."""

    name: str
    documents: Path
    cases: Path | None
    questions: tuple[Question, ...]


def open_corpus(path: Path | None) -> Corpus:
    """The corpus at ``path`` (its ``pdfs`` folder where there is one, and ``cases.jsonl``), or the examples."""
    root = path.resolve() if path else EXAMPLES
    documents = next((root / name for name in ("pdfs", "handbook") if (root / name).is_dir()), root)
    if path is not None and not root.is_dir():
        raise SystemExit(f"--corpus {path} is not a folder")
    cases = root / "cases.jsonl"
    questions = tuple(_questions(cases)) if cases.is_file() else ()
    return Corpus(root.name, documents, cases if questions else None, questions)


def _questions(cases: Path) -> list[Question]:
    rows = [json.loads(line) for line in cases.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Question(row["id"], row["question"], tuple(_evidence(item) for item in row["evidence"]))
        for row in rows
        if row.get("answerable", True)
    ]


def _evidence(item: dict[str, object]) -> Evidence:
    page = item.get("page_index")
    quote = item.get("quote")
    return Evidence(
        document=Path(str(item["document"])).name,
        page=page + 1 if isinstance(page, int) else None,
        quote=str(quote) if quote is not None else None,
    )
