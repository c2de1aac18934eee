"""The ways to retrieve that are measured side by side: the retrievers, and fusions that the default is held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.errors import EvalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retrievers.settings import Mode


@dataclass(frozen=True, slots=True)
class Contender:
    """A retriever under the name that figures give it, and the settings that make it, by dotted name."""

    name: str
    mode: Mode | None
    overrides: tuple[tuple[str, object], ...] = ()


CONTENDERS = (
    Contender("dense", "dense"),
    Contender("lexical", "lexical"),
    Contender("hybrid", "hybrid"),
    Contender("without-late", "hybrid", (("fusion.late_weight", 0.0),)),
    Contender("rrf", "hybrid", (("fusion.method", "ranks"),)),
)
"""``hybrid`` is as configured, ``without-late`` the same without late interaction; ``rrf`` is the textbook's fusion of
the same two rankings."""

CONFIGURED = Contender("configured", None)
"""Whatever ``retrieval.mode`` says."""


def chosen_contenders(names: Sequence[str]) -> tuple[Contender, ...]:
    """The contenders of these names, in the order of ``CONTENDERS``; all of them where no name is given.

    Raises:
        EvalError: There is none of a name.
    """
    known = [one.name for one in CONTENDERS]
    for name in names:
        if name not in known:
            raise EvalError(f"no retriever {name!r}; there are {', '.join(known)}")
    return tuple(one for one in CONTENDERS if not names or one.name in names)
