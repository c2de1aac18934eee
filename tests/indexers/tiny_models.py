"""Sentence-transformers folders with small random weights, and the vectors that transformers itself gives them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexers.minilm import minilm_folder

FAMILIES = ("bert", "roberta", "xlm-roberta", "distilbert")
SIZES: dict[str, Any] = {
    "vocab_size": 30522,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 66,
    "type_vocab_size": 2,
    "pad_token_id": 1,
}
DISTILBERT: dict[str, Any] = {
    "vocab_size": 30522,
    "dim": 32,
    "n_layers": 2,
    "n_heads": 4,
    "hidden_dim": 64,
    "max_position_embeddings": 64,
    "pad_token_id": 1,
}


def write_model(folder: Path, *, family: str, pooling: str, dtype: str = "float32", prompts: Any = None) -> Path:
    """A folder as sentence-transformers writes it, with MiniLM's tokenizer."""
    import torch
    from transformers import AutoConfig, AutoModel

    torch.manual_seed(7)
    config = AutoConfig.for_model(family, **(DISTILBERT if family == "distilbert" else SIZES))
    model = AutoModel.from_config(config)  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    for name, parameter in model.named_parameters():
        if "bias" in name or "Norm" in name:  # else they are zeros and ones, and none would be missed
            torch.nn.init.normal_(parameter, mean=0.5, std=0.3)
    model.to(getattr(torch, dtype)).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        shutil.copy(minilm_folder() / name, folder / name)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    _write(
        folder / "modules.json",
        [
            {"idx": at, "name": str(at), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for at, (path, kind) in enumerate(modules)
        ],
    )
    modes = {f"pooling_mode_{mode}": mode == pooling for mode in ("cls_token", "mean_tokens", "max_tokens")}
    _write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 32, **modes})
    _write(folder / "sentence_bert_config.json", {"max_seq_length": 64, "do_lower_case": False})
    _write(folder / "config_sentence_transformers.json", {"prompts": prompts or {}})
    return folder


def reference(folder: Path, ids: list[int], *, pooling: str) -> NDArray[np.float32]:
    """The unit vector of one text by transformers, in float32."""
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()
    with torch.inference_mode():
        states = model(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids))).last_hidden_state[0]
    row = states[0] if pooling == "cls_token" else states.mean(dim=0)
    unit: NDArray[np.float32] = (row / row.norm()).numpy()
    return unit


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
