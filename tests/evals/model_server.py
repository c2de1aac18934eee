"""Models on loopback that do the benchmark's tasks: one does them well, others are slower, wordier, or decline."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

from evals.models.samples import shipped_tasks
from tests.scripted_server import Asked, json_reply

GOOD, POOR = "good-model", "poor-model"
_SENTENCE = re.compile(r"\[(\d+\.\d+)\]\s+([^\[]+)")


def answering(*, poor_seconds: float = 0.0) -> Callable[[Asked], bytes]:
    """A reply by the model that is asked; the poor one waits first, if so told."""

    def reply(asked: Asked) -> bytes:
        model, messages = asked.body["model"], asked.body["messages"]
        if model == POOR:
            time.sleep(poor_seconds)
        text = said(messages, poor=model == POOR)
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 100, "completion_tokens": 40 if model == POOR else 20}
        return json_reply({"choices": [choice], "usage": usage})

    return reply


def said(messages: list[dict[str, Any]], *, poor: bool) -> str:
    """What the task wants, or a part of it."""
    for task in shipped_tasks():
        if task.system != messages[0]["content"]:
            continue
        turn = sum(message["role"] == "user" for message in messages) - 1
        content = messages[1]["content"]
        if task.asked[0] != (content if isinstance(content, str) else content[0]["text"]):
            continue
        if task.kind == "chat":
            return "I have lost count." if poor and turn > 4 else f"That is {task.wanted[turn] or 'noted'}."
        if task.kind == "classification":
            return json.dumps({"labels": ["fault"] * 10 if poor else task.wanted})
        if task.kind == "extraction":
            return json.dumps(task.wanted | ({"currency": "USD", "room": 5} if poor else {}))
        return str(task.wanted).split(". ")[0] + "." if poor else str(task.wanted)
    return "I do not know." if poor else _nearest_sentence(messages[-1]["content"])


def _nearest_sentence(content: str) -> str:
    """The sentence of the sources that shares the most words with the question."""
    sources, _, question = content.rpartition("Question:")
    asked = set(re.findall(r"\w{4,}", question.lower()))
    found = [
        (len(asked & set(re.findall(r"\w{4,}", text.lower()))), label, text.strip())
        for label, text in _SENTENCE.findall(sources)
    ]
    if not found:
        return "It says nothing."
    _, label, text = max(found, key=lambda one: one[0])
    return f"{text.rstrip('.')} [{label}]."
