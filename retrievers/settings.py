"""The settings of searching and of filling the context window; rag.settings joins them with the other rooms'."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from indexers.settings import SettingsGroup

Order = Literal["edges", "relevance", "document", "date"]
Mode = Literal["hybrid", "dense", "lexical"]


class RetrievalSettings(SettingsGroup):
    """[retrieval]: what is searched, and how many candidates are taken."""

    mode: Mode = Field("hybrid", description="hybrid (both, fused), dense (meaning) or lexical (words)")
    limit: int = Field(10, ge=1, le=1000, description="hits that `rag search` returns")
    candidates: int = Field(100, ge=1, le=10_000, description="hits taken from each retriever before fusion")


class FusionSettings(SettingsGroup):
    """[fusion]: how what each search says of a chunk becomes one score. Weights are shares: only their ratios count."""

    method: Literal["scores", "min-max", "ranks"] = Field(
        "scores", description="weighted sum of scores as they are, of their places in their lists, or reciprocal ranks"
    )
    dense_weight: float = Field(1.0, ge=0.0, le=100.0, description="of the cosine")
    lexical_weight: float = Field(0.8, ge=0.0, le=100.0, description="of BM25 as a share of what it could be at most")
    about_weight: float = Field(
        0.2, ge=0.0, le=100.0, description="of how much the question names the document; 0: names are not looked at"
    )
    late_weight: float = Field(1.5, ge=0.0, le=100.0, description="of late interaction, where the index has its codes")
    feedback_weight: float = Field(
        0.6, ge=0.0, le=100.0, description="of the cosine with what the best three candidates have in common"
    )
    rrf_k: int = Field(60, ge=1, le=10_000, description="damping constant of reciprocal ranks")

    @model_validator(mode="after")
    def _searches(self) -> Self:
        if not (self.dense_weight or self.lexical_weight):
            raise ValueError("dense_weight and lexical_weight are both 0: nothing would be searched for")
        return self


class AdapterSettings(SettingsGroup):
    """[adapter]: the map of a question's vector that `rag tune` leaves in the index folder where it is worth it."""

    enabled: bool = Field(True, description="use the query adapter, where there is one")
    file: Path | None = Field(None, description="another than query_adapter inside the index folder")


class DiversitySettings(SettingsGroup):
    """[diversity]: what of the hits is put behind the others, or told under another hit, since it says little more."""

    max_per_page: int = Field(1, ge=0, le=1000, description="hits of a page before other pages' come; 0: no limit")
    document_share: float = Field(
        0.9, gt=0.0, le=1.0, description="of the hits so far, the most that one document may hold while others wait"
    )
    fold_repeats: bool = Field(True, description="tell a repeated passage under the first hit, not as one of its own")
    max_alike: int = Field(
        3, ge=0, le=1000, description="hits that say nearly the same before others come; 0: no limit"
    )
    prefer_newest: bool = Field(
        True, description="of versions of a document, show the newest; tell the others under it"
    )


class WindowSettings(SettingsGroup):
    """[window]: how much evidence is sent. More is not better: it costs, and it hides what matters."""

    evidence_tokens: int = Field(8000, ge=64, le=2_000_000, description="the most tokens of sources, wrappers included")
    share: float = Field(0.75, gt=0.0, le=1.0, description="largest share of the model's window given to sources")
    reserve_tokens: int = Field(64, ge=0, le=100_000, description="tokens of the window left free for safety")
    max_sources: int = Field(1000, ge=1, le=10_000, description="sources in one window")
    max_sources_per_document: int = Field(1000, ge=1, le=10_000, description="sources of one document in one window")
    page_discount: float = Field(
        3.0, ge=0.0, le=100.0, description="how fast further text of a page or section loses worth; 0: not at all"
    )
    least_chance: float = Field(
        0.0005, ge=0.0, le=1.0, description="of holding the evidence, that each 1,000 further tokens must add"
    )
    order: Order = Field(
        "edges", description="of documents: edges (best first and last), relevance, document (URI) or date"
    )


class RankingSettings(SettingsGroup):
    """[ranking]: the closer look at the candidates that a search has found."""

    late_interaction: bool = Field(
        True, description="compare piece by piece with the bundled model; costs about 4 KB of disk a chunk"
    )
    piece_rarity: float = Field(
        1.0, ge=0.0, le=2.0, description="0: a question's pieces count alike; 1: rare ones more"
    )
    model: str | None = Field(None, min_length=1, description="a cross-encoder by folder or name; unset: none")
    model_weight: float = Field(0.8, ge=0.0, le=1.0, description="the cross-encoder's share of a hit's score")
    model_candidates: int = Field(30, ge=1, le=1000, description="hits that the cross-encoder looks at")
    allow_download: bool = Field(False, description="fetch a cross-encoder that is named and not yet on this machine")


def evidence_budget(settings: WindowSettings, *, window_tokens: int, overhead_tokens: int, answer_tokens: int) -> int:
    """The tokens that sources may fill: never below 0, never above ``settings.evidence_tokens``.

    Args:
        settings: The window group.
        window_tokens: The model's context window, shared by request and answer.
        overhead_tokens: Prompt, question, history and per-message wrappers.
        answer_tokens: What is kept for the answer.
    """
    free = window_tokens - overhead_tokens - answer_tokens - settings.reserve_tokens
    return max(0, min(settings.evidence_tokens, int(settings.share * window_tokens), free))
