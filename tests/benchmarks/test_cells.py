"""The benchmark of known cells can fail: rows that slip, columns that shift, headers that are missing."""

from __future__ import annotations

import pytest

from benchmarks.cells import Cell, cells, judge

SALES = Cell(False, "x.pdf", 1, "Net sales", "Fiscal 2019", 2, 3, "1,503")


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        pytest.param(["| | 2020 | Fiscal 2019 | 2018", "| Net sales | $ 9 | $ 1,503 | 4"], (True, True), id="table"),
        pytest.param(
            ["| | Fiscal | | ", "| | 2020 | 2019 | 2018", "| Net sales | 9 | 1,503 | 4"], (True, True), id="span"
        ),
        pytest.param(["| | 2020 | 2019 | 2018", "| Net sales | 9 | 1,503 | 4"], (True, False), id="half-of-the-header"),
        pytest.param(["| | 2020 | Fiscal 2019 | 2018", "| Net sales | 1,503 | 4"], (True, False), id="shifted"),
        pytest.param(["| | 2020 | Fiscal 2019", "", "| Net sales | 9 | 1,503 | 4"], (True, False), id="no-header"),
        pytest.param(["Fiscal 2020 2019 2018", "Net sales $ 9 $ 1,503 (4) %"], (True, True), id="bare-text"),
        pytest.param(["Fiscal 2020 2019 2018", "Net sales 9 1,503"], (True, False), id="bare-text-with-a-blank"),
        pytest.param(["Net sales 9 1,503 4"], (True, False), id="bare-text-without-header"),
        pytest.param(["Net sales", "9 1,503 4"], (False, False), id="row-torn"),
        pytest.param(["Net sales Cost 9 1,503 4"], (False, False), id="another-label-between"),
        pytest.param(["| Other sales | 9 | 1,503 | 4"], (False, False), id="another-row"),
    ],
)
def test_judge(lines: list[str], verdict: tuple[bool, bool]) -> None:
    assert judge(lines, SALES) == verdict


def test_the_list_is_long_and_wide_enough_to_tell() -> None:
    known = cells()
    assert len(known) >= 60
    assert len({cell.file for cell in known}) >= 10
    assert all(1 <= cell.place <= cell.columns for cell in known)
    assert len(set(known)) == len(known)
