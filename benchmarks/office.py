"""Every file of a folder through the product's own way: what it gives, or the reason why it gives nothing.

    python -m benchmarks.office --corpus FOLDER

Files are read in processes of their own, as `rag index` does. Exits with status 1 if a file has neither a document nor
a reason, or a reason that does not say what to do.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from indexers.errors import LoadError
from indexers.isolation.pool import Pool
from indexers.load import Loaded, LoadLimits, supported
from indexers.settings import ParserSettings


def outcomes(files: list[Path], root: Path) -> Iterator[tuple[Path, Loaded | LoadError]]:
    """Each file, in order, with what it gives or why it gives nothing."""
    with Pool(None, limits=LoadLimits(), settings=ParserSettings()) as pool:
        waiting = []
        for path in files:
            descriptor = os.open(path, os.O_RDONLY)
            waiting.append(pool.submit(descriptor, name=path.name, uri=path.relative_to(root).as_posix()))
            os.close(descriptor)
        for path, wait in zip(files, waiting, strict=True):
            try:
                yield path, wait()[0]
            except LoadError as error:
                yield path, error


def main() -> int:
    """Print a line for each refusal, and counts by ending."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=10**6, help="files at most")
    options = parser.parse_args()
    files = sorted(path for path in options.corpus.rglob("*") if path.is_file())[: options.limit]
    began = time.perf_counter()
    read, refused, parts, chars = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    lost = []
    for path, outcome in outcomes(files, options.corpus):
        kind = path.suffix.lower() or "no ending"
        where = path.relative_to(options.corpus)
        if isinstance(outcome, Loaded):
            read[kind] += 1
            parts[kind] += len(outcome.documents) - 1
            chars[kind] += sum(len(document.text) for document in outcome.documents)
            failures = [(f"{where}!{failure.uri.partition('!')[2]}", failure.error) for failure in outcome.failures]
            lost += [str(where)] * (not outcome.document.text.strip())
        else:
            refused[kind] += 1
            failures = [(str(where), outcome)]
        for name, error in failures:
            print(f"  {name}: {type(error).__name__}: {error}")
            lost += [name] * (not str(error) or not error.hint)
    seconds = time.perf_counter() - began
    print(f"\n{'ending':<12}{'read':>6}{'parts':>7}{'refused':>9}{'characters':>12}")
    for kind in sorted(read.keys() | refused.keys()):
        print(f"{kind:<12}{read[kind]:>6}{parts[kind]:>7}{refused[kind]:>9}{chars[kind]:>12,}")
    total = f"{read.total():>6}{parts.total():>7}{refused.total():>9}{chars.total():>12,}"
    print(f"{'all':<12}{total}")
    print(f"{len(files)} files in {seconds:.1f} s, {sum(map(supported, files))} of a kind that is read")
    print(f"without a document and without a reason: {', '.join(lost) or 'none'}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
