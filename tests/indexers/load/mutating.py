"""Real files with some bytes changed, cut, repeated or put in: each must be read, or refused as a `LoadError`.

    python -m tests.indexers.load.mutating --seed 1 --count 200 [FILE ...]

Packages are changed inside their parts as well, so that the change reaches the readers and not only the container.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from indexers.errors import LoadError
from indexers.load.documents import load_bytes
from indexers.load.limits import LoadLimits
from tests.indexers.load.promises import broken_promises

FIXTURES = Path(__file__).parents[2] / "fixtures" / "office"
_PIECES = (b"9" * 12, b"-1", b"<", b">", b'"', b"\0", b"&#0;", b"{", b"}", b" | ", b"\xff\xfe", b"1e999", b"<a>")
_VALUES = (b"", b"-1", b"0", b"1", b"x", b"999999999999", b"1e9", b"true", b"A1:ZZ99", b"../x")
_TELLING = ("content.xml", "document.xml", "sheet1.xml", "styles.xml", "slide1.xml", ".opf", ".xhtml")
_SPOTS = re.compile(rb'"[^"<>]*"|<[\w:]+[^<>]*/>')
_LIMITS = LoadLimits(ocr=False)  # a picture is no matter of these readers


def outcome(data: bytes, ending: str) -> str:
    """What became of one file: "read", or the name of the error with which it was refused.

    Raises:
        AssertionError: A promise of ``Document`` is broken, or a refusal does not name the file on one line.
    """
    try:
        document = load_bytes(data, path=Path(f"a{ending}"), uri="u", limits=_LIMITS).document
    except LoadError as error:
        if "\n" in str(error) or "a." not in str(error):
            message = f"not one line that names the file: {error!r}"
            raise AssertionError(message) from error
        return type(error).__name__
    assert broken_promises(document.text, document.blocks, document.page_count) == []
    for block in document.blocks:
        assert 0 <= block.header_chars <= block.end - block.start
        assert block.grid is None or len(block.grid.rows) == document.text.count("\n", block.start, block.end) + 1
    return "read"


def mutations(data: bytes, *, seed: int, count: int) -> Iterator[bytes]:
    """``count`` variants of a file, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311  # nothing secret
    for _ in range(count):
        is_package = data.startswith(b"PK") and chance.random() < 0.85
        yield _mutated_package(data, chance) if is_package else _mutated(data, chance)


def _mutated_package(data: bytes, chance: random.Random) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(changed, "w") as target:
        names = source.namelist()
        picked = set(chance.sample(names, min(len(names), chance.choice((1, 1, 2, 4)))))
        picked.update(chance.sample([name for name in names if name.endswith(_TELLING)] or names, 1))
        for name in names:
            content = source.read(name)
            if name in picked:
                content = _mutated_values(content, chance) if chance.random() < 0.7 else _mutated(content, chance)
            target.writestr(name, content)
    return changed.getvalue()


def _mutated_values(data: bytes, chance: random.Random) -> bytes:
    """XML that is still well-formed, with other values in some attributes, or some elements gone."""
    spots = [match.span() for match in _SPOTS.finditer(data)]
    for start, end in sorted(chance.sample(spots, min(len(spots), chance.choice((1, 3, 10)))), reverse=True):
        if data[start : start + 1] == b"<":
            data = data[:start] + data[end:]
        else:
            data = data[: start + 1] + chance.choice(_VALUES) + data[end - 1 :]
    return data


def _mutated(data: bytes, chance: random.Random) -> bytes:
    content = bytearray(data)
    if chance.random() < 0.15:
        return bytes(content[: chance.randrange(len(content) + 1)])
    for _ in range(chance.choice((1, 2, 5, 30)) if content else 0):
        place = chance.randrange(len(content) + 1)
        way = chance.random()
        if way < 0.4:
            content[place : place + 1] = bytes([chance.randrange(256)])
        elif way < 0.6:
            del content[place : place + chance.randrange(1, 20)]
        elif way < 0.8:
            content[place:place] = chance.choice(_PIECES)
        else:
            other = chance.randrange(len(content) + 1)
            content[place:place] = content[other : other + chance.randrange(1, 60)]
    return bytes(content)


def main() -> None:
    """Print how often each outcome came for each file; anything else than a refusal ends the run with its trace."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200, help="variants of each file")
    parser.add_argument("files", nargs="*", type=Path, help="the fixtures by default")
    arguments = parser.parse_args()
    for path in arguments.files or sorted(FIXTURES.iterdir()):
        variants = mutations(path.read_bytes(), seed=arguments.seed, count=arguments.count)
        counts = Counter(outcome(variant, path.suffix) for variant in variants)
        print(f"{path.name}: {dict(counts.most_common())}", flush=True)  # noqa: T201  # a program of its own


if __name__ == "__main__":
    main()
