"""An edit: a claim whose truth against its evidence is known, since a rule changed it or said it otherwise."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Templates = Literal["train", "test"]
"""Which rules and which documents: nothing that is tried was trained on, neither text nor way of changing it."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A claim with its evidence.

    Attributes:
        label: 1 where the evidence bears the claim out, 0 where a rule made it false or unsaid.
        kind: What was changed ("number"); "true" where nothing was but the wording.
        template: The rule that changed it.
        document: What the claim was taken from; edits of one document are no independent witnesses.
        original: The claim before the rule.
    """

    claim: str
    evidence: str
    label: int
    kind: str
    template: str
    document: str
    original: str


@dataclass(frozen=True, slots=True)
class Pool:
    """What a rule may take from elsewhere: names of other documents, and other passages with their documents."""

    names: tuple[str, ...] = ()
    passages: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """What a rule is given: a claim that its evidence bears out, and what may be taken from elsewhere."""

    claim: str
    evidence: str
    document: str
    pool: Pool
    chance: random.Random

    def one_of(self, choices: Sequence[str]) -> str:
        """One of them, by chance that the claim and the rule seed."""
        return choices[self.chance.randrange(len(choices))]


Rule = Callable[[Given], str | None]
"""The changed claim, or None where the rule finds nothing to change. Its name is the template's."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one kind, those to train on apart from those to try with."""

    train: tuple[Rule, ...]
    test: tuple[Rule, ...]

    def of(self, templates: Templates) -> tuple[Rule, ...]:
        """One of the two sets."""
        return self.train if templates == "train" else self.test


def half(document: str) -> Templates:
    """The half of the documents that ``document`` belongs to, by its name alone."""
    return "train" if hashlib.sha256(document.encode("utf-8", "replace")).digest()[0] % 2 == 0 else "test"


def seeded(*parts: str) -> random.Random:
    """Chance that is the same for the same parts, whatever was drawn before."""
    return random.Random(hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).digest())  # noqa: S311  # no secret


def name_of(rule: Rule) -> str:
    """The template's name: that of the function."""
    return getattr(rule, "__name__", type(rule).__name__)
