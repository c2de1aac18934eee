"""The text of a filter becomes conditions. Alone knows lark."""

from __future__ import annotations

import functools
import math
import re
from typing import TYPE_CHECKING, Any

from retrievers.errors import FilterSyntax, FilterTooLarge
from retrievers.filters.conditions import AllOf, AnyOf, Comparison, Condition, Days, Like, Not, OneOf, Present, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_CHARS = 2_000
MOST_VALUES = 500
MOST_DEPTH = 20

_GRAMMAR = r"""
?start: _any
_any: any
?any: all (OR all)*
?all: one (AND one)*
?one: NOT one           -> negation
    | HAS FIELD         -> present
    | "(" any ")"
    | FIELD OPERATOR value -> comparison
    | FIELD LIKE TEXT   -> like
    | FIELD IN "(" value ("," value)* ")" -> one_of
    | FIELD NOT IN "(" value ("," value)* ")" -> none_of
    | FIELD NOT LIKE TEXT -> unlike
?value: TEXT | DATE | NUMBER

AND.3: /and\b/i
OR.3: /or\b/i
NOT.3: /not\b/i
IN.3: /in\b/i
LIKE.3: /like\b/i
HAS.3: /has\b(?=\s+[^\W\d_])/i
OPERATOR: "=" | "!=" | "<=" | ">=" | "<" | ">"
TEXT: /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/s
DATE.2: /\d{4}-\d\d(?:-\d\d)?(?![\w-])/
NUMBER: /-?\d+(?:\.\d+)?(?![\w.-])/
FIELD: /[^\W\d_](?:[\w-]*\w)?/
%ignore /\s+/
"""

_SHOWN_CHARS = 40
_WORD = re.compile(r"\w[\w.-]*|&&|\|\|")
_TWO_SIGNS = ("==", "<>", "=<", "=>")

_EXPECTED = {
    "TEXT": "a text in quotes",
    "DATE": "a date as 2024-03-01",
    "NUMBER": "a number",
    "FIELD": "a field",
    "OPERATOR": "= != < <= > >=",
    "LPAR": "a bracket (",
    "RPAR": "a bracket )",
    "COMMA": "a comma",
    "$END": "its end",
}


def parse_filter(text: str) -> Condition:
    """The conditions that ``text`` writes, such as ``year >= 2019 and not kind in ("mail", "code")``.

    Raises:
        FilterSyntax: It is no filter; the message has the place and what may stand there.
        FilterTooLarge: It is longer than 2,000 characters, nested deeper than 20, or has more than 500 values.
    """
    if len(text) > MOST_CHARS:
        raise FilterTooLarge(f"the filter has {len(text):,} characters; the limit is {MOST_CHARS:,}")
    return checked_size(_parsed(text))


def checked_size(condition: Condition) -> Condition:
    """The condition as it is.

    Raises:
        FilterTooLarge: It is nested deeper than 20, or has more than 500 values.
    """
    values, level, depth = 0, [condition], 0
    while level:
        depth += 1
        if depth > MOST_DEPTH:
            raise FilterTooLarge(f"the filter is nested deeper than {MOST_DEPTH} levels")
        inner: list[Condition] = []
        for one in level:
            if isinstance(one, AllOf | AnyOf):
                inner.extend(one.parts)
            elif isinstance(one, Not):
                inner.append(one.part)
            else:
                values += len(one.values) if isinstance(one, OneOf) else 1
        if values + len(inner) > MOST_VALUES:
            raise FilterTooLarge(f"the filter has more than {MOST_VALUES} values")
        level = inner
    return condition


@functools.lru_cache(maxsize=128)
def _parsed(text: str) -> Condition:
    import lark

    try:
        return _parser().parse(text)  # type: ignore[no-any-return]  # lark knows nothing of its transformer's types
    except lark.exceptions.UnexpectedToken as error:
        at = len(text.rstrip()) if error.token.type == "$END" else int(error.pos_in_stream or 0)
        raise FilterSyntax(
            at=at, found=_found(text, at), expected=_expected(error.accepts or error.expected)
        ) from error
    except lark.exceptions.UnexpectedCharacters as error:
        at = int(error.pos_in_stream or 0)
        raise FilterSyntax(at=at, found=_found(text, at), expected=_expected(error.allowed or ())) from error


def _found(text: str, at: int) -> str:
    """What stands there: a word, or a sign; nothing where only blanks follow."""
    if not text[at:].strip():
        return ""
    if text[max(at - 1, 0) : at + 1] in _TWO_SIGNS:
        return text[at - 1 : at + 1]
    match = _WORD.match(text, at)
    return (match.group() if match else text[at : at + 1])[:_SHOWN_CHARS]


def _expected(names: Any) -> list[str]:  # noqa: ANN401  # a set of terminals' names, or of terminals
    order = list(_EXPECTED)
    known = sorted(map(str, names), key=lambda name: (order.index(name) if name in order else len(order), name))
    return [_EXPECTED.get(name, name.lower()) for name in known]


@functools.cache
def _parser() -> Any:  # noqa: ANN401  # lark's own type, which is known here alone
    import lark

    class Conditions(lark.Transformer):  # type: ignore[type-arg]  # called while it parses: no tree, no recursion
        """Each rule's children become a condition."""

        def any(self, parts: list[Any]) -> Condition:
            return AnyOf(_without(parts, "OR"))

        def all(self, parts: list[Any]) -> Condition:
            return AllOf(_without(parts, "AND"))

        def negation(self, parts: list[Any]) -> Condition:
            return Not(parts[1])

        def present(self, parts: list[Any]) -> Condition:
            return Present(_name(parts[1]), at=parts[1].start_pos)

        def comparison(self, parts: list[Any]) -> Condition:
            name, operator, value = parts
            return Comparison(_name(name), str(operator), _value(value), at=name.start_pos)  # type: ignore[arg-type]

        def like(self, parts: list[Any]) -> Condition:
            return Like(_name(parts[0]), _unquoted(parts[-1]), at=parts[0].start_pos)

        def one_of(self, parts: list[Any]) -> Condition:
            return OneOf(_name(parts[0]), tuple(map(_value, _after_in(parts))), at=parts[0].start_pos)

        def none_of(self, parts: list[Any]) -> Condition:
            return Not(self.one_of(parts))

        def unlike(self, parts: list[Any]) -> Condition:
            return Not(self.like(parts))

    return lark.Lark(_GRAMMAR, parser="lalr", transformer=Conditions())


def _without(parts: Sequence[Any], word: str) -> tuple[Condition, ...]:
    return tuple(part for part in parts if getattr(part, "type", None) != word)


def _after_in(parts: Sequence[Any]) -> Sequence[Any]:
    return parts[next(place for place, part in enumerate(parts) if part.type == "IN") + 1 :]


def _name(token: Any) -> str:  # noqa: ANN401  # lark's token
    return str(token)


def _value(token: Any) -> Value:  # noqa: ANN401  # lark's token
    if token.type == "TEXT":
        return _unquoted(token)
    if token.type == "DATE":
        try:
            return Days.of(str(token))
        except ValueError as error:
            raise FilterSyntax(at=token.start_pos, found=str(token), expected=["a day of the calendar"]) from error
    number = float(token)
    if not math.isfinite(number):
        raise FilterSyntax(at=token.start_pos, found="a number too large", expected=["a smaller number"])
    return number if "." in token else int(token)


def _unquoted(token: Any) -> str:  # noqa: ANN401  # lark's token
    letters = iter(str(token)[1:-1])
    return "".join(next(letters) if letter == "\\" else letter for letter in letters)
