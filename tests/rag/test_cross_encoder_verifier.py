"""Cross-encoders of folders as verifiers: scores against transformers itself, long evidence, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from indexers.errors import SettingsError
from rag.errors import VerifierUnusable
from rag.settings import VerifierSettings
from rag.verifiers import open_verifier
from rag.verify.evidence import Evidence
from tests.retrievers.test_cross_encoder import write_cross_encoder

if TYPE_CHECKING:
    from pathlib import Path

    from rag.verify.verifier import DescribedVerifier

CLAIM = "Employees take 16 weeks."
TEXTS = ["Employees may take 16 weeks of leave.", "Dogs are welcome."]


def opened(folder: Path, **settings: float) -> DescribedVerifier:
    given = VerifierSettings(backend="cross-encoder", model=str(folder), **settings)
    return open_verifier(given, {}).verifier


def named(folder: Path, *labels: str) -> Path:
    """A classifier whose outputs have these names."""
    write_cross_encoder(folder, labels=len(labels))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["id2label"] = {str(at): label for at, label in enumerate(labels)}
    config["label2id"] = {label: at for at, label in enumerate(labels)}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def probabilities(folder: Path, evidence: str, claim: str) -> list[float]:
    """By transformers alone."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        logits = model(**tokenizer(evidence, claim, truncation=True, max_length=66, return_tensors="pt")).logits[0]
    return [float(share) for share in (logits.softmax(0) if len(logits) > 1 else logits.sigmoid())]


@pytest.fixture(scope="module")
def nli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return named(tmp_path_factory.mktemp("nli") / "m", "contradiction", "entailment", "neutral")


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cross_encoder(tmp_path_factory.mktemp("one") / "m")


def test_the_score_is_the_share_of_the_output_that_is_called_entailment(nli: Path) -> None:
    found = probabilities(nli, " ".join(TEXTS), CLAIM)
    verdict = opened(nli).verify(CLAIM, TEXTS)
    assert verdict.score == pytest.approx(found[1], abs=1e-5)
    assert opened(nli, supported_from=max(found[1] - 0.01, 0)).verify(CLAIM, TEXTS).label == "supported"


def test_one_output_is_read_through_a_sigmoid(single: Path) -> None:
    assert opened(single).verify(CLAIM, TEXTS).score == pytest.approx(
        probabilities(single, " ".join(TEXTS), CLAIM)[0], abs=1e-5
    )


def test_long_evidence_is_read_in_windows_of_which_the_best_counts(single: Path) -> None:
    sentences = [f"Room number {number} is on floor {number % 7} of the old house." for number in range(40)]
    evidence = Evidence.of([" ".join(sentences)])
    score = opened(single).verify(CLAIM, evidence).score
    best = max(probabilities(single, " ".join(sentences[a : a + 2]), CLAIM)[0] for a in range(39))
    assert score > 0
    assert abs(score - best) < 0.5
    assert opened(single).verify(CLAIM, Evidence.of(sentences)).score == pytest.approx(score, abs=1e-6)


def test_no_evidence_is_unsupported(single: Path) -> None:
    verdict = opened(single).verify(CLAIM, [" "])
    assert (verdict.label, verdict.score) == ("unsupported", 0.0)


def test_the_identity_changes_with_the_weights(nli: Path, single: Path) -> None:
    first, second = opened(nli).identity, opened(single).identity
    assert (first.backend, first.model) == ("cross-encoder", str(nli))
    assert first.fingerprint == opened(nli).identity.fingerprint != second.fingerprint


def test_outputs_that_say_nothing_of_support_are_refused(tmp_path: Path) -> None:
    with pytest.raises(VerifierUnusable, match="LABEL_0, LABEL_1"):
        opened(named(tmp_path / "m", "LABEL_0", "LABEL_1"))
    assert opened(named(tmp_path / "two", "not_entailment", "entailment")).identity.backend == "cross-encoder"


def test_a_model_that_is_not_there_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"verifier\.model"):
        opened(tmp_path / "nothing")
