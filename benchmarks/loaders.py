"""Readers of one kind of file side by side: seconds, failures, characters, headings and table rows.

    python -m benchmarks.loaders --corpus FOLDER

Rivals that are not installed are left out; all of them: ``pip install kreuzberg==4.10.4
'markitdown[docx,pptx,xlsx]==0.1.9'``. Headings and rows are counted in each reader's own output, so
that a reader which joins rows or loses slide titles shows.
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
    "pdf": [("", plumbline), ("kreuzberg", kreuzberg), ("pypdfium2", pypdfium2)],
}


def main() -> None:
    """Print one Markdown table row per format and reader."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="a folder, searched with all folders in it")
    corpus = parser.parse_args().corpus
    print("| format | reader | files | failed | seconds | pages/s | characters | headings | table rows |")
    print("|---|---|---|---|---|---|---|---|---|")
    for suffix, readers in READERS.items():
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
