"""The BERT family as an OpenVINO graph, built from the weights alone: torch is never imported.

The form is what OpenVINO runs fastest: three projections rather than one that is split, the scale of the attention
folded into the weights, and no fused attention node (OpenVINO fuses this form itself). Pooling and normalising stay in
float32 whatever the precision of the layers.

Source: Devlin et al., "BERT", NAACL 2019; the names of the weights are those of `transformers`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from indexers.engines.processor import load_library

if TYPE_CHECKING:
    import openvino as ov
    from numpy.typing import NDArray

Weight = Callable[[str], "NDArray[np.float32]"]
"""A weight by its name; raises KeyError where there is none of that name."""

Pooling = Literal["mean", "cls"]


@dataclass(frozen=True, slots=True)
class BertShape:
    """What a BERT's configuration says of its graph.

    ``first_position`` is the position of the first token (RoBERTa counts from 2); ``gelu`` how its activation is meant.
    """

    layers: int
    heads: int
    epsilon: float
    first_position: int = 0
    gelu: Literal["erf", "tanh"] = "erf"
    pooling: Pooling = "mean"


def build_bert(shape: BertShape, weight: Weight, *, projection: NDArray[np.float32] | None = None) -> ov.Model:
    """The graph: int32 ``(n, length)`` token ids and their mask (1 a token, 0 padding) to float32 ``(n, dimension)``.

    Args:
        shape: What the configuration says.
        weight: Where the weights are.
        projection: Of shape ``(dimension, narrow)``: makes a second output ``(n, length, narrow)``, each token's last
            state, projected and of length 1. What stands at padding means nothing.

    Raises:
        KeyError: A weight is missing: the model is not of this family after all.
    """
    load_library()
    from openvino import Model
    from openvino import opset15 as op

    graph = _Graph(op, weight, shape)
    ids = op.parameter([-1, -1], np.int32, name="input_ids")
    mask = op.parameter([-1, -1], np.int32, name="attention_mask")
    present = op.convert(mask, np.float32)
    unseen = graph.unseen(present)
    states = graph.embeddings(ids)
    for layer in range(shape.layers):
        states = graph.layer(states, unseen, f"encoder.layer.{layer}")
    outputs = [graph.pooled(states, present)]
    if projection is not None:
        outputs.append(graph.projected(states, projection))
    return Model(outputs, [ids, mask], "bert")


class _Graph:
    """The parts of the graph; nodes are OpenVINO's, whose types its package does not name."""

    def __init__(self, op: Any, weight: Weight, shape: BertShape) -> None:  # noqa: ANN401  # a module
        self._op = op
        self._weight = weight
        self._shape = shape

    def embeddings(self, ids: Any) -> Any:  # noqa: ANN401
        op, weight, first = self._op, self._weight, self._shape.first_position
        words = op.gather(self._constant("embeddings.word_embeddings.weight"), ids, self._axis(0))
        length = op.gather(op.shape_of(ids), self._ints(1), self._axis(0))
        places = op.slice(
            self._constant("embeddings.position_embeddings.weight"),
            self._ints(first), op.add(length, self._ints(first)), self._ints(1), self._ints(0),
        )  # fmt: skip
        first_segment = self._shared(weight("embeddings.token_type_embeddings.weight")[0])
        return self._normalised(op.add(op.add(words, places), first_segment), "embeddings.LayerNorm")

    def unseen(self, present: Any) -> Any:  # noqa: ANN401
        """What is added to the attention's scores: 0 for a token, so much for padding that its weight is 0."""
        op = self._op
        lowered = op.multiply(op.subtract(present, op.constant(np.float32(1))), op.constant(np.float32(1e4)))
        return op.unsqueeze(lowered, self._ints(1, 2))

    def layer(self, states: Any, unseen: Any, name: str) -> Any:  # noqa: ANN401
        op = self._op
        mixed = self._attention(states, unseen, f"{name}.attention.self")
        attended = self._linear(mixed, f"{name}.attention.output.dense")
        states = self._normalised(op.add(attended, states), f"{name}.attention.output.LayerNorm")
        wide = op.gelu(self._linear(states, f"{name}.intermediate.dense"), self._shape.gelu)
        narrow = self._linear(wide, f"{name}.output.dense")
        return self._normalised(op.add(narrow, states), f"{name}.output.LayerNorm")

    def pooled(self, states: Any, present: Any) -> Any:  # noqa: ANN401
        op = self._op
        if self._shape.pooling == "cls":
            row = op.gather(states, self._axis(0), self._axis(1))
        else:  # the mean, but for its length, which normalising takes away
            row = op.reduce_sum(op.multiply(states, op.unsqueeze(present, self._ints(2))), self._ints(1))
        return op.normalize_l2(row, self._ints(1), 1e-24, "max")

    def projected(self, states: Any, projection: NDArray[np.float32]) -> Any:  # noqa: ANN401
        op = self._op
        narrow = op.matmul(states, self._shared(projection), transpose_a=False, transpose_b=False)
        return op.normalize_l2(narrow, self._ints(2), 1e-24, "max")

    def _attention(self, states: Any, unseen: Any, name: str) -> Any:  # noqa: ANN401
        op, heads = self._op, self._shape.heads
        width = self._weight(f"{name}.query.bias").shape[0]
        scale = np.float32((width // heads) ** -0.5)
        query, key, value = (
            op.transpose(
                op.reshape(projected, self._ints(0, 0, heads, width // heads), special_zero=True),
                self._ints(0, 2, 1, 3),
            )
            for projected in (
                self._linear(states, f"{name}.query", scale=scale),
                self._linear(states, f"{name}.key"),
                self._linear(states, f"{name}.value"),
            )
        )
        scores = op.add(op.matmul(query, key, transpose_a=False, transpose_b=True), unseen)
        weights = op.softmax(scores, axis=-1)
        mixed = op.transpose(op.matmul(weights, value, transpose_a=False, transpose_b=False), self._ints(0, 2, 1, 3))
        return op.reshape(mixed, self._ints(0, 0, width), special_zero=True)

    def _linear(self, states: Any, name: str, *, scale: np.float32 | None = None) -> Any:  # noqa: ANN401
        op = self._op
        matrix, bias = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        if scale is not None:
            matrix, bias = matrix * scale, bias * scale
        return op.add(op.matmul(states, self._shared(matrix), transpose_a=False, transpose_b=True), self._shared(bias))

    def _normalised(self, states: Any, name: str) -> Any:  # noqa: ANN401
        op = self._op
        centred = op.mvn(
            states, self._ints(-1), normalize_variance=True, eps=self._shape.epsilon, eps_mode="inside_sqrt"
        )
        return op.add(op.multiply(centred, self._constant(f"{name}.weight")), self._constant(f"{name}.bias"))

    def _constant(self, name: str) -> Any:  # noqa: ANN401
        return self._shared(self._weight(name))

    def _shared(self, array: NDArray[np.float32]) -> Any:  # noqa: ANN401
        """A constant over the array's own memory, which it keeps alive: a copy of the weights costs 0.1 s."""
        return self._op.constant(np.ascontiguousarray(array), shared_memory=True)

    def _ints(self, *values: int) -> Any:  # noqa: ANN401
        return self._op.constant(np.array(values, dtype=np.int64))

    def _axis(self, value: int) -> Any:  # noqa: ANN401
        return self._op.constant(np.int64(value))
