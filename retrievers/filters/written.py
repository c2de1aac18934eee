"""A filter as text again, for what is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retrievers.filters.conditions import AllOf, AnyOf, Comparison, Days, Like, Not, OneOf, Present

if TYPE_CHECKING:
    from retrievers.filters.conditions import Condition, Value


def written(condition: Condition) -> str:
    """The condition as `parse_filter` takes it."""
    match condition:
        case Comparison(name, operator, value):
            return f"{name} {operator} {_value(value)}"
        case OneOf(name, values):
            return f"{name} in ({', '.join(map(_value, values))})"
        case Like(name, pattern):
            return f"{name} like {_value(pattern)}"
        case Present(name):
            return f"has {name}"
        case Not(part):
            return f"not ({written(part)})"
        case AllOf(parts):
            return " and ".join(f"({written(part)})" for part in parts)
        case AnyOf(parts):
            return " or ".join(f"({written(part)})" for part in parts)


def _value(value: Value) -> str:
    if isinstance(value, Days):
        same = (value.first.month == value.last.month) + (value.first == value.last)
        return value.first.isoformat()[: (4, 7, 10)[same]]
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
