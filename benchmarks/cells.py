"""Known cells of financial statements: is each found on its label's line, and under its own column?

    python -m benchmarks.cells --corpus FOLDER

``benchmarks/cells.tsv`` holds cells of SEC filings (public domain), read by eye from pictures of the pages: file, page,
the label (its last line where it wraps), what the column says, the column's place among how many, the value. The reader
of tables was written with the ``chosen`` pages in view; the ``held out`` ones were drawn at random from the pages with
many figures, and their cells written down before any reader had read them. A held-out page that shows what to mend
becomes a chosen one. FOLDER holds the PDFs. Rivals that are not installed are left out; all of them: ``pip install
pypdf==7.1.0 pdfplumber==0.11.10 kreuzberg==4.10.4``. Every reader but Plumbline is given the one page, as a file.

A cell is *beside its label* if a line has the label, then the value, and nothing but figures between them. It is *under
its column* if besides the reader's output says which column that is: in a table of cells, the cells above it in the
same place hold the column's words; in bare text, the line has a figure for every column, so that they can be counted,
and the column's words stand above it.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import io
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LIST = Path(__file__).parent / "cells.tsv"
_FIGURE = re.compile(r"[-(]?[$\u20ac]?\(?\d[\d,.]*\)?%?\)?|[-\u2013\u2014]+")
_LABEL_CHARS = 25  # of the end of a label: readers may or may not put wrapped ones together


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as printed; ``place`` counts the table's ``columns`` from 1, labels left out."""

    held_out: bool
    file: str
    page: int
    label: str
    column: str
    place: int
    columns: int
    value: str


Lines = list[str]
"""A page's text, line by line; the lines of a table have their cells between bars, an empty line ends a table."""


def cells() -> list[Cell]:
    """The list, in its order."""
    with _LIST.open(encoding="utf-8", newline="") as file:
        return [_cell(row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def _cell(row: Mapping[str, str]) -> Cell:
    return Cell(
        row["set"] == "held out",
        row["file"],
        int(row["page"]),
        row["label"],
        row["column"],
        int(row["place"]),
        int(row["columns"]),
        row["value"],
    )


def judge(lines: Sequence[str], cell: Cell) -> tuple[bool, bool]:
    """Whether the cell is beside its label, and whether it is under its column."""
    beside = under = False
    for number, line in enumerate(lines):
        figures = _after_label(line, cell.label)
        places = [place for place, figure in enumerate(figures, start=1) if _plain(figure) == _plain(cell.value)]
        if places:
            beside = True
            if "|" in line:
                under = under or (cell.place in places and _named_above(lines, number, cell))
            else:
                above = " ".join(lines[:number])
                under = under or (places == [cell.place] and len(figures) == cell.columns and _says(above, cell.column))
    return beside, under


def _after_label(line: str, label: str) -> list[str]:
    """What stands right of the label, cell by cell or figure by figure; nothing where words come between."""
    if "|" in line:
        first, *rest = [text.strip() for text in line.strip().removeprefix("|").removesuffix("|").split("|")]
        if not _letters(first).endswith(_letters(label)[-_LABEL_CHARS:]):
            return []
        return [] if any(re.search(r"[a-z]{3}", text, re.IGNORECASE) for text in rest) else rest
    match = re.search(re.escape(label[-_LABEL_CHARS:]).replace(r"\ ", r"\s+"), line)
    if match is None:
        return []
    text = re.sub(r"[$\u20ac]", " ", line[match.end() :])
    figures = re.sub(r"\(\s+", "(", re.sub(r"\s+(?=[)%])", "", text)).split()
    return figures if all(map(_FIGURE.fullmatch, figures)) else []


def _named_above(lines: Sequence[str], number: int, cell: Cell) -> bool:
    """Whether the cells above, in the same table and place, say the column; one that spans places counts for each."""
    words = ""
    for line in reversed(lines[:number]):
        if not line.strip():
            break
        if "|" in line:
            placed = [text.strip() for text in line.strip().removeprefix("|").split("|")]
            index = min(cell.place, len(placed) - 1)
            while index > 1 and not placed[index]:
                index -= 1
            words = f"{placed[index]} {words}" if index else words
    return _says(words, cell.column)


def _says(text: str, column: str) -> bool:
    said = {_letters(word) for word in text.replace("-", " ").split()}
    return all(_letters(word) in said for word in column.replace("-", " ").split() if _letters(word))


def _plain(text: str) -> str:
    return re.sub(r"[\s$\u20ac*]", "", text)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def plumbline(path: Path, page: int) -> Lines:
    """The product's own loader, which reads the whole file."""
    from indexers.load import load_file

    document = load_file(path, uri=path.name).document
    lines: Lines = []
    for block in document.blocks:
        if block.page == page:
            lines += _barred(document.text[block.start : block.end]) if block.kind == "table" else [""]
            lines += [] if block.kind == "table" else document.text[block.start : block.end].split("\n")
            lines.append("")
    return lines


def _barred(table: str) -> Lines:
    """Rows with a bar at their beginning, since the first cell of a table may be blank and is then not written."""
    return [f"|{line}" if line.startswith("|") else f"| {line}" for line in table.split("\n")]


def pypdfium2(path: Path, page: int) -> Lines:
    """The bare text of pdfium."""
    import pypdfium2 as library

    with library.PdfDocument(_one_page(path, page)) as document:
        return str(document[0].get_textpage().get_text_range()).replace("\r", "").split("\n")


def pypdf(path: Path, page: int) -> Lines:
    """The plain text of pypdf, the usual loader of LangChain and others."""
    from pypdf import PdfReader  # type: ignore[import-not-found,unused-ignore]  # a rival

    return str(PdfReader(io.BytesIO(_one_page(path, page))).pages[0].extract_text()).split("\n")


def pypdf_layout(path: Path, page: int) -> Lines:
    """The text of pypdf with blanks for distances."""
    from pypdf import PdfReader  # type: ignore[import-not-found,unused-ignore]  # a rival

    reader = PdfReader(io.BytesIO(_one_page(path, page)))
    return str(reader.pages[0].extract_text(extraction_mode="layout")).split("\n")


def pdfplumber(path: Path, page: int) -> Lines:
    """The text of pdfplumber and the tables that it finds: the better of both counts."""
    import pdfplumber as library  # type: ignore[import-not-found,unused-ignore]  # a rival

    with library.open(io.BytesIO(_one_page(path, page))) as document:
        lines = str(document.pages[0].extract_text()).split("\n")
        for table in document.pages[0].extract_tables():
            rows = [[" ".join((cell or "").split()) for cell in row] for row in table]
            lines += ["", *("| " + " | ".join(row) + " |" for row in rows)]
    return lines


def kreuzberg(path: Path, page: int) -> Lines:
    """Markdown of kreuzberg, with its cache off: it keeps extracted text under HOME."""
    from kreuzberg import ExtractionConfig, extract_bytes_sync  # type: ignore[import-not-found,unused-ignore]  # a rival

    config = ExtractionConfig(use_cache=False, output_format="markdown")
    text = str(extract_bytes_sync(_one_page(path, page), "application/pdf", config=config).content)
    return [line for line in text.split("\n") if not line.startswith("| ---")]


def _one_page(path: Path, page: int) -> bytes:
    import pypdfium2 as library

    with library.PdfDocument(path) as whole, library.PdfDocument.new() as single:
        single.import_pages(whole, [page - 1])
        buffer = io.BytesIO()
        single.save(buffer)
        return buffer.getvalue()


READERS: tuple[tuple[str, Callable[[Path, int], Lines]], ...] = (
    ("", plumbline),
    ("pypdfium2", pypdfium2),
    ("pypdf", pypdf),
    ("pypdf", pypdf_layout),
    ("pdfplumber", pdfplumber),
    ("kreuzberg", kreuzberg),
)


def main() -> None:
    """Print one Markdown table row per reader, and with --missed each cell that it missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="the folder of the filings' PDFs")
    parser.add_argument("--missed", action="store_true", help="name the cells that each reader missed")
    arguments = parser.parse_args()
    known = cells()
    held_out = sum(cell.held_out for cell in known)
    print(f"{len(known)} cells of {len({cell.file for cell in known})} filings, {held_out} of them held out")
    print("| reader | beside its label | under its column | held out: beside | held out: under | CPU seconds |")
    print("|---|---|---|---|---|---|")
    for needs, reader in READERS:
        if needs and not importlib.util.find_spec(needs):
            continue
        began = time.process_time()
        verdicts = list(_judged(reader, known, arguments.corpus))
        seconds = time.process_time() - began
        shares = [_share(verdicts, index, held_out=one) for one in (False, True) for index in (0, 1)]
        print(f"| {reader.__name__} | {' | '.join(shares)} | {seconds:.1f} |", flush=True)
        for cell, verdict in verdicts if arguments.missed else ():
            if not all(verdict):
                print("   ", "row and column" if not verdict[0] else "column", cell)


def _share(verdicts: Sequence[tuple[Cell, tuple[bool, bool]]], index: int, *, held_out: bool) -> str:
    judged = [verdict[index] for cell, verdict in verdicts if cell.held_out == held_out]
    return f"{sum(judged) / len(judged):.2f}"


def _judged(
    reader: Callable[[Path, int], Lines], known: Sequence[Cell], folder: Path
) -> Iterator[tuple[Cell, tuple[bool, bool]]]:
    pages: dict[tuple[str, int], Lines] = {}
    for cell in known:
        if (cell.file, cell.page) not in pages:
            pages[cell.file, cell.page] = reader(next(folder.rglob(cell.file)), cell.page)
        yield cell, judge(pages[cell.file, cell.page], cell)


if __name__ == "__main__":
    main()
