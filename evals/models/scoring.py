"""What replies are worth, by the measures that answers are measured with."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from evals.case import Case
from evals.measures.faithfulness import faithfulness
from evals.measures.key_points import key_points
from evals.models.task import MEASURES
from evals.outcome import NOT_MEASURABLE, Gap, Outcome
from evals.scores import reference_scores
from evals.text.claims import CitedClaim, ClaimJudge
from evals.text.squad import squad_tokens
from indexers.sentences import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evals.models.task import Task
    from rag.verify.verifier import Verifier

LENGTH_SLACK = 1.1
"""A summary may be a tenth longer than asked: words are counted in more ways than one."""


def lost_scores(task: Task) -> dict[str, Outcome]:
    """Of a task that brought nothing to measure (an error, a refusal, a reply cut off): 0 wherever one could be had."""
    scores: dict[str, Outcome] = dict.fromkeys(MEASURES[task.kind], 0.0)
    if task.kind == "summary" and task.wanted is None:
        scores["key_point_f1"] = NOT_MEASURABLE
    if task.case is not None:
        had = reference_scores(task.case, "", abstained=False)
        scores |= {name: 0.0 if isinstance(had[name], float) else NOT_MEASURABLE for name in scores if name in had}
        scores |= {"accuracy": 0.0, "faithfulness": NOT_MEASURABLE}
    return scores


def reply_scores(task: Task, replies: Sequence[str], verifier: Verifier) -> dict[str, Outcome]:
    """Of the replies to each turn of a task that is no question."""
    reply = replies[-1]
    if task.kind == "summary":
        return _summary(task, reply, verifier)
    if task.kind == "extraction":
        return _extraction(task.wanted, _json_object(reply))
    if task.kind == "classification":
        return _classification(task.wanted, _json_object(reply))
    if task.kind == "picture":
        had = reference_scores(Case(task.id, task.asked[0], task.wanted), reply, abstained=False)
        return {name: had[name] for name in MEASURES["picture"]}
    return {"turns_right": _turns(task, replies)}


def _summary(task: Task, reply: str, verifier: Verifier) -> dict[str, Outcome]:
    """An empty summary says none of the key points, and keeps to no length: nothing was written."""
    claims = [CitedClaim(reply[start:end], (task.source,)) for start, end in sentence_spans(reply)]
    count = len(reply.split())
    return {
        "key_point_f1": NOT_MEASURABLE
        if task.wanted is None
        else key_points("", task.wanted, reply, abstained=False).f1,
        "faithfulness": faithfulness(claims, ClaimJudge(verifier), abstained=False) if claims else 0.0,
        "length_kept": float(0 < count <= task.most_words * LENGTH_SLACK),
    }


def _extraction(wanted: Mapping[str, Any], given: Mapping[str, Any] | None) -> dict[str, Outcome]:
    if given is None:
        return {"fields_right": 0.0, "exact_match": 0.0}
    right = sum(name in given and _same(value, given[name]) for name, value in wanted.items())
    whole = right == len(wanted) and set(given) == set(wanted)
    return {"fields_right": right / len(wanted), "exact_match": float(whole)}


def _classification(wanted: Sequence[str], given: Mapping[str, Any] | None) -> dict[str, Outcome]:
    """A list of another length says of no message which label is meant, so none is right."""
    labels = None if given is None else given.get("labels")
    if not isinstance(labels, list) or len(labels) != len(wanted):
        return {"labels_right": 0.0, "exact_match": 0.0}
    right = sum(label == said for label, said in zip(wanted, labels, strict=True))
    return {"labels_right": right / len(wanted), "exact_match": float(right == len(wanted))}


def _turns(task: Task, replies: Sequence[str]) -> Outcome:
    """The share of the turns with a known answer in which it was given."""
    right: list[float] = []
    for asked, wanted, reply in zip(task.asked, task.wanted, replies, strict=True):
        if wanted is not None:
            accuracy = reference_scores(Case(task.id, asked, wanted), reply, abstained=False)["accuracy"]
            right.append(0.0 if isinstance(accuracy, Gap) else accuracy)
    return sum(right) / len(right) if right else NOT_MEASURABLE


def _json_object(reply: str) -> dict[str, Any] | None:
    """The reply as it was asked for, or inside the code fence that models put around it; nothing else is mended."""
    text = reply.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text.strip("`").removeprefix("json")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _same(wanted: object, given: object) -> bool:
    if wanted is None or isinstance(wanted, bool):
        return given is wanted
    if isinstance(wanted, int | float):
        return not isinstance(given, bool) and _number(given) == _number(wanted)
    return isinstance(given, str) and squad_tokens(given) == squad_tokens(str(wanted))


def _number(value: object) -> Decimal | None:
    if not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
