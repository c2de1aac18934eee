"""JSON and JSON Lines: records as tables, other values under the names of their fields."""

from __future__ import annotations

import json
from typing import Any

from indexers.errors import DamagedFile, LimitExceeded
from indexers.load.build import Reading, TextBuilder
from indexers.load.limits import LoadLimits
from indexers.load.structured import Fields, Tree, add_tree, title_of_fields

_MAX_DIGITS = 1000


def read_json(text: str, *, name: str, limits: LoadLimits) -> Reading:
    """Read one decoded file.

    Raises:
        DamagedFile: It is not JSON.
        LimitExceeded: Values are nested too deep, or a number has more than 1,000 digits.
    """
    builder = TextBuilder(name, limits)
    tree = _parsed(text, name=name, place="")
    add_tree(builder, tree, limits=limits, name=name)
    return builder.reading(title=title_of_fields(tree))


def read_json_lines(text: str, *, name: str, limits: LoadLimits) -> Reading:
    """Read one decoded file of one value a line.

    Raises:
        DamagedFile: A line is not JSON.
        LimitExceeded: As `read_json`.
    """
    builder = TextBuilder(name, limits)
    lines = enumerate(text.split("\n"), start=1)
    records = [_parsed(line, name=name, place=f"line {number}: ") for number, line in lines if line.strip()]
    add_tree(builder, records, limits=limits, name=name)
    return builder.reading()


def _parsed(text: str, *, name: str, place: str) -> Tree:
    """The value with numbers as they are written: a price of 1.10 is not 1.1."""

    def number(written: str) -> str:
        if len(written) > _MAX_DIGITS:
            message = f"{name} holds a number of {len(written):,} digits, more than {_MAX_DIGITS:,}"
            raise LimitExceeded(message)
        return written

    try:
        value: Any = json.loads(
            text, parse_int=number, parse_float=number, parse_constant=str, object_pairs_hook=_fields, strict=False
        )
        return _tree(value)
    except RecursionError as error:
        message = f"{name} nests its values too deep"
        raise LimitExceeded(message) from error
    except ValueError as error:
        message = f"{name} is damaged: {place}not JSON ({error})"
        raise DamagedFile(message) from error


def _fields(pairs: list[tuple[str, Any]]) -> Fields:
    return Fields(tuple((key, _tree(value)) for key, value in pairs))


def _tree(value: Any) -> Tree:  # noqa: ANN401  # what json gives
    if isinstance(value, list):
        return [_tree(item) for item in value]
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return value if isinstance(value, Fields) else str(value)
