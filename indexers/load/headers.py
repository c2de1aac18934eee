"""Which rows of a table are its header, where the format does not say: labels over values, and nothing less certain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_NUMBER = re.compile(
    r"[-+\u2212(]*\s*(?:[$€£¥₹]|[A-Z]{3}\s|[A-Z]{0,2}\$)?\s*[-+\u2212(]?\s*"
    r"(?:\d[\d.,' \u2019]*|[.,]\d+)(?:[eE][-+]?\d+)?\s*(?:%|[$€£¥₹]|[A-Z]{3}|[kKmMbB]n?|x)?\s*\)?"
)
_YEAR = re.compile(r"(?:FY ?)?(?:19|20|21)\d\d[AEF]?")
_DATE = re.compile(
    r"\d{4}-\d\d?(?:-\d\d?)?(?:[T ]\d\d?:\d\d(?::\d\d)?(?:\.\d+)?Z?)?|\d\d?[./-]\d\d?[./-]\d{2,4}|\d\d?:\d\d(?::\d\d)?"
)
_BLANK = re.compile(r"[\s.\u2013\u2014-]*|n/?a|null|none", re.IGNORECASE)
_TRUTHS = frozenset({"true", "false", "yes", "no"})
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+|[a-z]{2,20}")
_MAX_LABEL_CHARS = 80
_MAX_UNIT_CHARS = 30
_MAX_HEADER_ROWS = 4
_SAMPLE_ROWS = 30
_MOST = 0.6

Row = Sequence[str]


def label_rows(rows: Sequence[Row], *, export: bool = False) -> int:
    """How many of the first rows name the cells below: 0 unless the rows themselves show it.

    The header is a row of distinct labels that covers most columns, over at least one column of numbers, dates or
    codes; rows above it with one title, or with labels of groups of columns, belong to it, and so does a row of units
    below.

    Args:
        rows: The cells of each row; blank cells as "".
        export: Whether the file is a plain export (CSV), whose first row names the columns as a rule: then distinct
            short labels that do not come again below them are enough.

    Returns:
        0 to 4, fewer than there are rows.
    """
    for place in range(min(_MAX_HEADER_ROWS, len(rows) - 1)):
        body = [row for row in rows[place + 1 : place + 1 + _SAMPLE_ROWS] if any(row)]
        grouped = any(sum(map(bool, row)) > 1 for row in rows[:place])
        if _labels(rows[place], body, grouped=grouped) and (
            _over_values(rows[place], body) or (export and _named(rows[place], body))
        ):
            return _with_units(rows, place + 1)
        if not _leads_to_labels(rows[place]):
            return 0
    return 0


def _labels(row: Row, body: Sequence[Row], *, grouped: bool) -> bool:
    """Whether a row has a label for most of the columns that the rows below use; under groups it may come twice."""
    texts = [cell for cell in row if cell]
    used = [column for column in range(len(row)) if any(cell for cell in _column(body, column))]
    labelled = sum(bool(row[column]) for column in used)
    return (
        len(texts) > 1
        and (grouped or len(set(texts)) == len(texts))
        and (any(map(_is_word, texts)) or not row[0])
        and all(_may_label(cell) for cell in texts)
        and labelled > _MOST * max(len(used), max(map(len, body), default=0) * _MOST)
    )


def _over_values(row: Row, body: Sequence[Row]) -> bool:
    """Whether under one label at least, most cells are values, and the first row of the body is not labels again."""
    # A form of two columns (Name: Bob, Age: 33) looks like labels over values but for some word among the values.
    most = _MOST if len(row) > 2 else 0.999
    for column, label in enumerate(row):
        cells = list(_column(body, column))
        values = sum(_is_value(cell) for cell in cells)
        if not label or not cells or values <= most * len(cells):
            continue
        if _is_word(label) or (_YEAR.fullmatch(label) and not all(_YEAR.fullmatch(cell) for cell in cells)):
            return True
        if _DATE.fullmatch(label) and not any(_DATE.fullmatch(cell) for cell in cells):
            return True
    return False


def _named(row: Row, body: Sequence[Row]) -> bool:
    """Whether the labels of a plain export are names of fields rather than the first record."""
    if len(body) < 2 or not all(row) or not all(map(_is_word, row)):
        return False
    repeated = any(label in _column(body, column) for column, label in enumerate(row))
    return not repeated and (
        all(_IDENTIFIER.fullmatch(label) for label in row)
        or any(len(set(cells)) < len(cells) for cells in (list(_column(body, column)) for column in range(len(row))))
        or any(_is_code_like(list(_column(body, column)), label) for column, label in enumerate(row))
    )


def _is_code_like(cells: Sequence[str], label: str) -> bool:
    """Whether the cells are of another shape than their label: digits or signs of addresses in each, or far longer."""
    if not cells:
        return False
    shaped = all(re.search(r"[\d@/]", cell) for cell in cells) and not re.search(r"[\d@/]", label)
    return shaped or sum(map(len, cells)) > 4 * len(cells) * len(label)


def _leads_to_labels(row: Row) -> bool:
    """Whether a header may go on below this row: it has one title, or labels of groups with gaps between them."""
    texts = [cell for cell in row if cell]
    if not texts or any(not _may_label(cell) for cell in texts):
        return False
    return len(texts) == 1 or (len(texts) < len(row) and any(map(_is_word, texts))) or len(set(texts)) < len(texts)


def _with_units(rows: Sequence[Row], count: int) -> int:
    """One more row where the one below has only units of columns of numbers, or labels under labels of groups."""
    if count + 1 >= len(rows) or count == _MAX_HEADER_ROWS:
        return count
    row, body = rows[count], rows[count + 1 : count + 1 + _SAMPLE_ROWS]
    texts = [(column, cell) for column, cell in enumerate(row) if cell]
    if len(texts) < 2 or not all(_is_word(cell) and len(cell) <= _MAX_UNIT_CHARS for _, cell in texts):
        return count
    under_groups = not row[0] and bool(rows[count - 1][0]) and all(below[0] for below in body if any(below))
    columns = [list(_column(body, column)) for column, _ in texts]
    over_numbers = all(cells and sum(map(_is_value, cells)) > _MOST * len(cells) for cells in columns)
    return count + 1 if under_groups or over_numbers else count


def _column(rows: Sequence[Row], column: int) -> Iterator[str]:
    for row in rows:
        if column < len(row) and not _BLANK.fullmatch(row[column][:_MAX_LABEL_CHARS]):
            yield row[column]


def _is_value(cell: str) -> bool:
    short = cell[:_MAX_LABEL_CHARS]
    return bool(_NUMBER.fullmatch(short) or _DATE.fullmatch(short)) or short.lower() in _TRUTHS


def _is_word(cell: str) -> bool:
    return any(map(str.isalpha, cell[:_MAX_LABEL_CHARS])) and not _is_value(cell)


def _may_label(cell: str) -> bool:
    """Whether a cell may name others: words, a year or a date, not a sentence."""
    if len(cell) > _MAX_LABEL_CHARS:
        return False
    return _is_word(cell) or bool(_YEAR.fullmatch(cell) or _DATE.fullmatch(cell)) or cell in ("#", "%", "№")
