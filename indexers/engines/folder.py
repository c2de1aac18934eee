"""What a sentence-transformers folder says of its model, and the weights it is identified by."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from indexers.engines.bert import BertShape
from indexers.engines.weights import Weights
from indexers.errors import EmbedError

if TYPE_CHECKING:
    from pathlib import Path

    from indexers.engines.bert import Pooling

FIRST_POSITIONS = {"bert": 0, "roberta": 2, "xlm-roberta": 2}
"""The families of `indexers.engines.bert`, and the position of a text's first token in each."""

ACTIVATIONS = {"gelu": "erf", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder with ``modules.json``; ``shape`` is None where only torch can run the model.

    ``max_tokens`` includes the special tokens; prefixes are what the folder says stands before a text.
    """

    path: Path
    transformer: Path
    shape: BertShape | None
    dimension: int
    max_tokens: int
    query_prefix: str
    passage_prefix: str

    def weights(self) -> Weights:
        """The weights, mapped.

        Raises:
            EmbedError: There are none as safetensors: anything else may run code when it is loaded.
        """
        return Weights(self._weight_files())

    def digest(self) -> str:
        """The sha256 (hex) of all that determines the vectors, prefixes apart: weights, tokenizer and modules."""
        digest = hashlib.sha256()
        configs = [path for path in self.path.rglob("*.json") if path.name in {"tokenizer.json", "modules.json"}]
        pooling = [path for path in self.path.rglob("config.json") if path.parent != self.transformer]
        for path in [*sorted({*self._weight_files(), *self.path.rglob("*.safetensors")}), *sorted(configs + pooling)]:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()

    def _weight_files(self) -> list[Path]:
        files = sorted(self.transformer.glob("model*.safetensors"))
        if not files:
            raise EmbedError(f"{self.transformer} holds no model.safetensors; other formats of weights are not loaded")
        return files


def read_folder(path: Path) -> ModelFolder:
    """Read the folder's descriptions; no weights yet.

    Raises:
        EmbedError: The folder is no sentence-transformers model, or asks for code of its own.
    """
    try:
        return _read(path)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:  # JSON of another shape
        raise EmbedError(f"{path} is no sentence-transformers model: {type(error).__name__} {error}") from error


def _read(path: Path) -> ModelFolder:
    modules = _json(path / "modules.json")
    kinds = [str(module["type"]).rpartition(".")[2] for module in modules]
    if not kinds or kinds[0] != "Transformer":
        raise EmbedError(f"{path} is a model of the modules {kinds}, which does not begin with a transformer")
    transformer = path / modules[0]["path"]
    config = _json(transformer / "config.json")
    if "auto_map" in config:
        raise EmbedError(f"{path} needs code of its own (auto_map), which is never run")
    pooling = _json(path / modules[kinds.index("Pooling")]["path"] / "config.json") if "Pooling" in kinds else {}
    limits = _json(transformer / "sentence_bert_config.json", missing={})
    first = FIRST_POSITIONS.get(str(config.get("model_type")), 0)
    most = int(config.get("max_position_embeddings", 512)) - first
    prompts = _json(path / "config_sentence_transformers.json", missing={}).get("prompts") or {}
    known = kinds == ["Transformer", "Pooling"] or kinds == ["Transformer", "Pooling", "Normalize"]
    return ModelFolder(
        path=path,
        transformer=transformer,
        shape=_shape(config, pooling) if known and not limits.get("do_lower_case") else None,
        dimension=_dimension(path, modules, kinds, pooling, config),
        max_tokens=min(int(limits.get("max_seq_length") or most), most),
        query_prefix=str(prompts.get("query") or ""),
        passage_prefix=str(prompts.get("passage") or prompts.get("document") or ""),
    )


def _shape(config: dict[str, Any], pooling: dict[str, Any]) -> BertShape | None:
    family, activation = config.get("model_type"), config.get("hidden_act")
    kind = _pooling(pooling)
    absolute = config.get("position_embedding_type", "absolute") == "absolute"
    if family not in FIRST_POSITIONS or activation not in ACTIVATIONS or kind is None or not absolute:
        return None
    return BertShape(
        layers=int(config["num_hidden_layers"]),
        heads=int(config["num_attention_heads"]),
        epsilon=float(config.get("layer_norm_eps", 1e-12)),
        first_position=FIRST_POSITIONS[family],
        gelu="erf" if ACTIVATIONS[activation] == "erf" else "tanh",
        pooling=kind,
    )


def _pooling(pooling: dict[str, Any]) -> Pooling | None:
    """Mean or first token; None for any other, or several at once."""
    chosen = {name.removeprefix("pooling_mode_") for name, on in pooling.items() if on is True and "mode_" in name}
    if isinstance(pooling.get("pooling_mode"), str):  # as written by sentence-transformers since 5.2
        chosen = {pooling["pooling_mode"]}
    if chosen in ({"mean_tokens"}, {"mean"}):
        return "mean"
    return "cls" if chosen in ({"cls_token"}, {"cls"}) else None


def _dimension(
    path: Path, modules: list[dict[str, Any]], kinds: list[str], pooling: dict[str, Any], config: dict[str, Any]
) -> int:
    if "Dense" in kinds:
        last = len(kinds) - 1 - kinds[::-1].index("Dense")
        return int(_json(path / modules[last]["path"] / "config.json")["out_features"])
    return int(pooling.get("word_embedding_dimension") or pooling.get("embedding_dimension") or config["hidden_size"])


def _json(path: Path, *, missing: dict[str, Any] | None = None) -> Any:  # noqa: ANN401  # JSON of strangers
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if missing is not None:
            return missing
        raise EmbedError(f"{path.parent} is no sentence-transformers model: it has no {path.name}") from error
    except (OSError, ValueError) as error:
        raise EmbedError(f"{path} cannot be read: {error}") from error
