"""OCR by the tesseract program: a picture of a page in, its lines with boxes out.

The program is started for every page with one thread: four of them would fight over the processor with the other files
that are being read, and be slower together.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import median

from indexers.document import Box
from indexers.errors import DamagedFile, LimitExceeded, OcrUnavailable
from indexers.load.limits import LoadLimits
from indexers.load.pdf_layout import Line, Word, join_rows, line_of

_LINE, _WORD = "4", "5"  # levels of tesseract's table
_LEAST_CONFIDENCE = 20.0  # of 100: below it stand the specks and rules that were taken for letters
_ONE_SIZE = 0.4  # a line's height depends on its letters: what is within so much of the usual is the usual size


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as 8-bit grey pixels, row by row from the top; ``scale`` is pixels a point."""

    pixels: bytes
    width: int
    height: int
    scale: float


def check_available(limits: LoadLimits, *, name: str) -> None:
    """Raise OcrUnavailable if the tesseract program is not installed or OCR is switched off."""
    if not limits.ocr:
        message = f"{name} is a picture of text, and reading those is switched off (ocr.enabled)"
        raise OcrUnavailable(message)
    if shutil.which("tesseract") is None:
        message = f"{name} is a picture of text, and the tesseract program, which reads those, is not installed"
        raise OcrUnavailable(message)


def recognise(picture: Picture, *, name: str, limits: LoadLimits, keep_words: bool = False) -> list[Line]:
    """The lines of a page in reading order; none where the picture shows no text.

    Args:
        picture: The page, upright.
        name: The file, and the page if there are several, as errors name it.
        limits: The language, and how long a page may take.
        keep_words: Whether lines keep their words' boxes.

    Raises:
        OcrUnavailable: The program or its data for the language is not installed.
        LimitExceeded: The page took too long.
        DamagedFile: The program could not read the picture.
    """
    table = _run(picture, name, limits)
    return join_rows(_even(list(_lines(table, picture, keep_words=keep_words))))


def _run(picture: Picture, name: str, limits: LoadLimits) -> list[list[str]]:
    check_available(limits, name=name)
    header = f"P5 {picture.width} {picture.height} 255\n".encode()
    resolution = str(min(max(round(72 * picture.scale), 70), 2400))
    command = ["tesseract", "stdin", "stdout", "-l", limits.ocr_language, "--dpi", resolution, "--psm", "3"]
    command += ["-c", "tessedit_create_tsv=1"]
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "TESSDATA_PREFIX") if key in os.environ}
    try:
        done = subprocess.run(  # noqa: S603  # no shell; the language is checked by the settings
            command,
            input=header + picture.pixels,
            capture_output=True,
            timeout=limits.ocr_seconds,
            env={**environment, "OMP_THREAD_LIMIT": "1", "LC_ALL": "C"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        message = f"{name} took tesseract longer than {limits.ocr_seconds:g} seconds (ocr.page_seconds)"
        raise LimitExceeded(message) from error
    except OSError as error:
        message = f"{name} is a picture of text, and tesseract cannot be started: {error.strerror}"
        raise OcrUnavailable(message) from error
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())[:200]
        if "language" in said:
            message = f"{name} is a picture of text, and tesseract has no data for the language {limits.ocr_language!r}"
            raise OcrUnavailable(message)
        message = f"{name} cannot be read by tesseract: {said or f'it ended with {done.returncode}'}"
        raise DamagedFile(message)
    return [row.split("\t") for row in done.stdout.decode(errors="replace").split("\n")]


def _lines(table: Iterable[Sequence[str]], picture: Picture, *, keep_words: bool) -> Iterable[Line]:
    rows = [row for row in table if len(row) == 12 and row[0] in (_LINE, _WORD)]
    for _, group in groupby(rows, key=lambda row: row[1:5]):
        line, *found = group
        words = [
            _word(row, line, picture)
            for row in found
            if row[0] == _WORD and row[11].strip() and float(row[10]) >= _LEAST_CONFIDENCE
        ]
        if line[0] == _LINE and words:
            yield line_of(words, keep_words=keep_words)


def _word(row: Sequence[str], line: Sequence[str], picture: Picture) -> Word:
    """A word as high as its line, in points from the bottom left; boxes of its first and its last letter."""
    left, width = int(row[6]), int(row[8])
    top, bottom = int(line[7]), int(line[7]) + int(line[9])
    text = row[11].strip()
    letter = width / max(len(text), 1)
    high, low = (picture.height - top) / picture.scale, (picture.height - bottom) / picture.scale

    def box(start: float, end: float) -> Box:
        return Box(start / picture.scale, low, end / picture.scale, high)

    return Word(text, int(row[5]), box(left, left + letter), box(left + width - letter, left + width))


def _even(lines: Sequence[Line]) -> list[Line]:
    """Lines of nearly the usual height get the usual size, so that only large type is taken for a heading."""
    if not lines:
        return []
    usual = round(median(line.size for line in lines), 1)
    return [replace(line, size=usual) if abs(line.size - usual) < _ONE_SIZE * usual else line for line in lines]
