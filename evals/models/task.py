"""What models are given to do: a task of one of six kinds, with what is known of the right reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from evals.case import Case
from evals.runs.fingerprints import digest

Kind = Literal["question", "summary", "extraction", "picture", "classification", "chat"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MEASURES: Mapping[Kind, tuple[str, ...]] = {
    "question": ("accuracy", "key_point_f1", "numeric_match", "exact_match", "faithfulness"),
    "summary": ("key_point_f1", "faithfulness", "length_kept"),
    "extraction": ("fields_right", "exact_match"),
    "picture": ("answer_correctness", "numeric_match"),
    "classification": ("labels_right", "exact_match"),
    "chat": ("turns_right",),
}
"""What is measured of each kind, all from 0 to 1; the first stands for the kind in charts."""

AMOUNTS = ("seconds", "prompt_tokens", "completion_tokens", "cost_usd")
"""What is measured of every kind; lower is better."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture to be drawn: lines of text, and bars with their values under them."""

    lines: tuple[str, ...]
    bars: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do.

    Attributes:
        kind: Of what kind.
        id: Once in its kind.
        asked: What the user says, a text a turn; several in a chat alone.
        system: What stands before it; "" for questions, which the engine words itself.
        max_tokens: The longest reply to a turn.
        wanted: What a right reply holds, as JSON: fields, labels, or for each turn a reference or null.
        source: The text that a summary is of.
        most_words: The longest summary that keeps to what was asked.
        schema: What the reply's JSON keeps to.
        drawing: What is to be seen.
        case: The question with its reference.
        index: A hash of the documents that are asked.
    """

    kind: Kind
    id: str
    asked: tuple[str, ...]
    system: str = ""
    max_tokens: int = 300
    wanted: Any = None
    source: str = ""
    most_words: int = 0
    schema: Mapping[str, Any] | None = None
    drawing: Drawing | None = None
    case: Case | None = None
    index: str = ""

    @property
    def digest(self) -> str:
        """Changes when anything does that a reply or its measures depend on."""
        return digest(asdict(self))
