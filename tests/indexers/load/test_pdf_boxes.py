"""A quote can be drawn on its page: its boxes lie where its ink is, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pypdfium2
import pytest

from indexers.document import Document
from indexers.load import load_file
from indexers.load.pdf_boxes import PageBox, boxes_of
from tests.indexers.load.pictures import encoded, picture, scan
from tests.indexers.load.samples import pdf

PAGE = [
    (72.0, 740.0, 10.0, "Goods are moved within three days of the order, and no later than"),
    (72.0, 728.0, 10.0, "the end of the week. Goods are insured."),
    (300.0, 700.0, 10.0, "2024"), (400.0, 700.0, 10.0, "2023"),
    (72.0, 686.0, 10.0, "Revenue"), (290.0, 686.0, 10.0, "$"), (300.0, 686.0, 10.0, "1,250"),
    (400.0, 686.0, 10.0, "1,100"),
    (72.0, 674.0, 10.0, "Margin"), (300.0, 674.0, 10.0, "8.5"), (318.0, 674.0, 10.0, "%"), (400.0, 674.0, 10.0, "8.5"),
]  # fmt: skip


def loaded(folder: Path, name: str, data: bytes) -> Document:
    (folder / name).write_bytes(data)
    return load_file(folder / name, uri=name).document


def boxes(data: bytes, document: Document, quote: str, *, skip: int = 0) -> list[PageBox]:
    start = -1
    for _ in range(skip + 1):
        start = document.text.index(quote, start + 1)
    return boxes_of(data, document, start, start + len(quote))


def corners(found: list[PageBox]) -> list[tuple[int, int, int]]:
    return [(place.page, round(place.box.left), round(place.box.bottom)) for place in found]


def test_a_quote_over_two_lines_has_two_boxes(tmp_path: Path) -> None:
    data = pdf([[(72, 700, 10, "Nothing here.")], PAGE])
    document = loaded(tmp_path, "a.pdf", data)
    found = boxes(data, document, "no later than\nthe end of the week.")
    assert [place.page for place in found] == [2, 2]
    first, second = (place.box for place in found)
    assert (first.bottom, second.bottom) == pytest.approx((738, 726), abs=2)
    assert first.left > 250
    assert second.left == pytest.approx(72, abs=1)
    assert second.right < 180


def test_words_that_repeat_are_told_apart(tmp_path: Path) -> None:
    data = pdf([PAGE])
    document = loaded(tmp_path, "a.pdf", data)
    assert corners(boxes(data, document, "Goods are")) == [(1, 72, 738)]
    ((page, left, bottom),) = corners(boxes(data, document, "Goods are", skip=1))
    assert (page, bottom) == (1, 726)
    assert left > 150


def test_cells_of_a_table(tmp_path: Path) -> None:
    data = pdf([PAGE])
    document = loaded(tmp_path, "a.pdf", data)
    (row,) = boxes(data, document, "Revenue | $ 1,250 | 1,100")
    assert (row.box.left, row.box.right) == pytest.approx((72, 425), abs=4)
    assert corners(boxes(data, document, "$ 1,250")) == [(1, 290, 684)]
    assert corners(boxes(data, document, "8.5", skip=1)) == [(1, 400, 672)]
    assert corners(boxes(data, document, "2023")) == [(1, 400, 698)]


@pytest.mark.parametrize("extra", [b"", b"/Rotate 90", b"/Rotate 180", b"/CropBox [30 40 600 780] /Rotate 270"])
def test_boxes_cover_the_ink_of_the_quote(tmp_path: Path, extra: bytes) -> None:
    """On the page as it is shown; what is drawn over with white leaves nothing of the quote, and all of the rest."""
    data = pdf([[(100, 600, 20, "HHHHH"), (300, 500, 20, "MMMM WWWW")]], extra=extra)
    document = loaded(tmp_path, "a.pdf", data)
    with pypdfium2.PdfDocument(data) as file:
        page = file[0].render().to_numpy()[::-1, :, 0].copy()  # rows from the bottom
    dark = int((page < 128).sum())
    for quote in ("HHHHH", "MMMM", "WWWW"):
        (place,) = boxes(data, document, quote)
        box = [
            round(edge) for edge in (place.box.bottom - 1, place.box.top + 1, place.box.left - 1, place.box.right + 1)
        ]
        inside = page[box[0] : box[1], box[2] : box[3]]
        assert 0.15 * dark < int((inside < 128).sum()) < 0.6 * dark
        inside[:] = 255
    assert np.count_nonzero(page < 128) == 0


def test_a_scanned_page_and_a_picture(tmp_path: Path) -> None:
    data = scan([[(72.0, 700.0, "The warehouse in Hamburg closes at noon."), (72.0, 600.0, "Keys are at the gate.")]])
    document = loaded(tmp_path, "scan.pdf", data)
    (place,) = boxes(data, document, "at the gate.")
    assert place.box.bottom == pytest.approx(600, abs=5)
    assert place.box.left > 110
    image = encoded(picture([(40, 60, "Parental leave"), (40, 140, "at full pay.")]), "PNG")
    document = loaded(tmp_path, "a.png", image)
    (place,) = boxes(image, document, "full pay.")
    assert 400 - 190 < place.box.bottom < place.box.top < 400 - 130


def test_an_empty_quote_has_no_box(tmp_path: Path) -> None:
    data = pdf([PAGE])
    assert boxes_of(data, loaded(tmp_path, "a.pdf", data), 5, 5) == []
