"""Readers of one kind of file side by side: seconds, failures, characters, headings and table rows.

    python -m benchmarks.loaders --corpus FOLDER [--only rtf doc]

Rivals that are not installed are left out; all of them: ``pip install kreuzberg==4.10.4 striprtf==0.0.35
legacy-doc==0.2.1 python-calamine==0.9.1 odfdo==3.27.3 ebooklib==0.20 'markitdown[docx,pptx,xlsx,xls]==0.1.9'``.
Headings and rows are counted in each reader's own output: one which joins rows or loses slide titles shows.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from indexers.errors import LoadError
from indexers.load import load_file


@dataclass(frozen=True, slots=True)
class Read:
    """What one reader made of one file."""

    chars: int
    headings: int
    rows: int
    pages: int = 0


Reader = Callable[[Path], Read]


def plumbline(path: Path) -> Read:
    """The product's own loaders."""
    document = load_file(path, uri=path.name).document
    tables = [document.text[block.start : block.end] for block in document.blocks if block.kind == "table"]
    headings = sum(block.kind == "heading" for block in document.blocks)
    return Read(len(document.text), headings, sum(table.count("\n") + 1 for table in tables), document.page_count)


def kreuzberg(path: Path) -> Read:
    """Markdown of kreuzberg, with its cache off: it keeps extracted text under HOME."""
    from kreuzberg import ExtractionConfig, extract_file_sync  # type: ignore[import-not-found,unused-ignore]  # a rival

    return _markdown(
        extract_file_sync(str(path), config=ExtractionConfig(use_cache=False, output_format="markdown")).content
    )


def markitdown(path: Path) -> Read:
    """Markdown of markitdown."""
    from markitdown import MarkItDown  # type: ignore[import-not-found,unused-ignore]  # a rival

    return _markdown(MarkItDown(enable_plugins=False).convert(str(path)).text_content)


def pypdfium2(path: Path) -> Read:
    """The bare text of pdfium: no boxes, no rows, no headings; the upper bound of speed for PDFs."""
    import pypdfium2 as library

    with library.PdfDocument(path) as document:
        return Read(sum(len(page.get_textpage().get_text_range()) for page in document), 0, 0, len(document))


def anydoc(path: Path) -> Read:
    """Markdown of anydoc, whose document model the product reads RTF and DOC through."""
    import anydoc as library

    return _markdown(library.to_markdown(path))


def office_oxide(path: Path) -> Read:
    """Markdown of office-oxide, whose sections the product reads PPT through."""
    import office_oxide as library

    return _markdown(library.to_markdown(str(path)))


def striprtf(path: Path) -> Read:
    """The text of striprtf, whose rows end with a bar."""
    from striprtf.striprtf import rtf_to_text  # type: ignore[import-not-found,unused-ignore]  # a rival

    lines = rtf_to_text(path.read_bytes().decode("latin-1")).split("\n")
    return Read(sum(map(len, lines)), 0, sum(line.endswith("|") for line in lines))


def legacy_doc(path: Path) -> Read:
    """The text of legacy-doc."""
    from legacy_doc import extract_text  # type: ignore[import-not-found,unused-ignore]  # a rival

    return Read(len(extract_text(path.read_bytes()).text), 0, 0)


def python_calamine(path: Path) -> Read:
    """The rows of calamine that are not blank, values as they are stored."""
    from python_calamine import load_workbook  # type: ignore[import-not-found,unused-ignore]  # a rival

    book = load_workbook(str(path))
    rows = [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() if any(row)]
    return Read(sum(len(str(cell)) for row in rows for cell in row), len(book.sheet_names), len(rows))


def odfdo(path: Path) -> Read:
    """The text of odfdo."""
    from odfdo import Document  # type: ignore[import-not-found,unused-ignore]  # a rival

    body = Document(str(path)).body
    rows = sum(table.height for table in body.tables)
    return Read(len(body.get_formatted_text()), len(body.headers), rows)


def ebooklib(path: Path) -> Read:
    """The pages of ebooklib, as they are: it reads no text out of them."""
    from ebooklib import ITEM_DOCUMENT, epub  # type: ignore[import-not-found,unused-ignore]  # a rival

    pages = epub.read_epub(str(path)).get_items_of_type(ITEM_DOCUMENT)
    return Read(sum(len(page.get_content()) for page in pages), 0, 0)


def _markdown(text: str) -> Read:
    return _counted(line for line in text.split("\n") if not line.startswith("| ---"))


def _counted(lines: Iterable[str]) -> Read:
    kept = list(lines)
    headings = sum(line.startswith("#") for line in kept)
    return Read(sum(map(len, kept)), headings, sum(line.startswith("|") for line in kept))


READERS: dict[str, list[tuple[str, Reader]]] = {
    "docx": [("", plumbline), ("kreuzberg", kreuzberg), ("markitdown", markitdown)],
    "pptx": [("", plumbline), ("kreuzberg", kreuzberg), ("markitdown", markitdown)],
    "xlsx": [("", plumbline), ("kreuzberg", kreuzberg), ("markitdown", markitdown)],
    "odt": [("", plumbline), ("kreuzberg", kreuzberg), ("anydoc", anydoc), ("odfdo", odfdo)],
    "epub": [("", plumbline), ("kreuzberg", kreuzberg), ("anydoc", anydoc), ("ebooklib", ebooklib)],
    "rtf": [("", plumbline), ("kreuzberg", kreuzberg), ("anydoc", anydoc), ("striprtf", striprtf)],
    "doc": [
        ("", plumbline),
        ("kreuzberg", kreuzberg),
        ("anydoc", anydoc),
        ("office_oxide", office_oxide),
        ("legacy_doc", legacy_doc),
    ],
    "ppt": [("", plumbline), ("kreuzberg", kreuzberg), ("anydoc", anydoc), ("office_oxide", office_oxide)],
    "xls": [
        ("", plumbline),
        ("kreuzberg", kreuzberg),
        ("anydoc", anydoc),
        ("markitdown", markitdown),
        ("python_calamine", python_calamine),
    ],
    "pdf": [("", plumbline), ("kreuzberg", kreuzberg), ("pypdfium2", pypdfium2)],
}


def main() -> None:
    """Print one Markdown table row per format and reader."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="a folder, searched with all folders in it")
    parser.add_argument("--only", nargs="*", default=(), help="the endings to compare; all by default")
    arguments = parser.parse_args()
    corpus, only = arguments.corpus, arguments.only
    print("| format | reader | files | failed | seconds | pages/s | characters | headings | table rows |")
    print("|---|---|---|---|---|---|---|---|---|")
    for suffix, readers in READERS.items():
        if only and suffix not in only:
            continue
        files = sorted(corpus.rglob(f"*.{suffix}"))
        for needs, reader in readers if files else ():
            if not needs or importlib.util.find_spec(needs):
                print(_row(suffix, reader, files), flush=True)


def _row(suffix: str, reader: Reader, files: list[Path]) -> str:
    reads: list[Read] = []
    seconds = 0.0
    for path in files:
        began = time.process_time()
        try:
            reads.append(reader(path))
        except LoadError:
            continue
        except Exception:  # noqa: BLE001, S112  # rivals raise what they like; each counts as a failure
            continue
        finally:
            seconds += time.process_time() - began
    pages = sum(read.pages for read in reads)
    speed = f"{pages / seconds:.0f}" if suffix == "pdf" and pages else ""
    sums = [sum(getattr(read, field) for read in reads) for field in ("chars", "headings", "rows")]
    cells = [suffix, reader.__name__, len(files), len(files) - len(reads), f"{seconds:.2f}", speed, *sums]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
