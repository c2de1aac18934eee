"""What a run's figures depend on, each part as a short hash: a difference between two runs is attributed by them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, asdict, dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from evals.case import Case

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from indexers.store import DocumentEntry
    from rag.settings import Settings
    from rag.verify.verifier import VerifierIdentity

HEX_DIGITS = 16

_ASKED_WITH = ("retrieval", "fusion", "ranking", "adapter", "diversity", "window", "generator", "expansion")
"""The groups of settings that change what is found and answered; those of the verifier are in its identity."""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Equal fingerprints, equal figures (where the answers are not written by a model that varies)."""

    documents: str
    cases: str
    settings: str
    verifier: str
    program: str


def digest(value: object) -> str:
    """A hash of JSON values, whatever the order of their keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:HEX_DIGITS]


def documents_fingerprint(entries: Iterable[DocumentEntry]) -> str:
    """Changes when a document does, or how it is read."""
    return digest(sorted([entry.uri, entry.version] for entry in entries))


def case_digest(case: Case) -> str:
    """Changes when anything of the case does; a field that it leaves out counts as not there."""
    said = asdict(case)
    blank = {field.name: field.default for field in fields(Case) if field.default is not MISSING}
    return digest({name: value for name, value in said.items() if name not in blank or value != blank[name]})


def cases_fingerprint(cases: Iterable[Case]) -> str:
    """Changes when a case does, comes or goes; not with their order, which no figure depends on."""
    return digest(sorted(case_digest(case) for case in cases))


def asked_with(settings: Settings) -> dict[str, object]:
    """The settings that change what is found and answered, by dotted name, as JSON values."""
    groups = settings.model_dump(mode="json", include=set(_ASKED_WITH))
    values: dict[str, object] = {
        f"{group}.{name}": value for group, fields_ in groups.items() for name, value in fields_.items()
    }
    values["adapter.file"] = _learned(settings) if settings.adapter.enabled else None
    return values


def verifier_fingerprint(identity: VerifierIdentity) -> str:
    """The backend and its model by name, the rest as a hash."""
    named = " ".join(part for part in (identity.backend, identity.model) if part)
    return f"{named} {digest([identity.threshold, identity.fingerprint])}"


def program() -> str:
    """The version that runs."""
    try:
        return f"plumbline {version('plumbline')}"
    except PackageNotFoundError:  # run from a folder that nobody installed
        return "plumbline"


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The parts that differ; a part that one of the two does not know is not held against it."""
    return tuple(name for name, value in before.items() if name in after and after[name] != value)


def _learned(settings: Settings) -> str | None:
    """A hash of the query adapter, which `rag tune` writes beside the index."""
    from retrievers.adapter import FILE

    path: Path = settings.adapter.file or settings.index / FILE
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:HEX_DIGITS]
    except OSError:
        return None
