"""Run folders for the tests of what reads them: written by hand, so that they can be as hostile as a stranger's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}\u202egnp.exe\x1b[31m\x00</title></svg>&lt;'


def measure(value: float | str, measured: int = 3) -> dict[str, Any]:
    ends = None if isinstance(value, str) else [max(0.0, value - 0.1), min(1.0, value + 0.1)]
    return {"value": value, "measured": measured, "abstained": 1, "not_measurable": 0, "interval": ends}


def case(name: str, *, accuracy: float = 1.0, text: str = "plain", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": name, "kind": text, "digest": "d" + name, "question": f"What of {text}?", "reference": text,
        "answerable": True, "answer": f"It is {text}.", "abstained": False, "error": None, "failed": accuracy == 0.0,
        "scores": {"accuracy": accuracy, "faithfulness": 1.0, "evidence_cited": 1.0, "window_tokens": 900.0},
        "evidence": [{"document": text, "uri": text, "page": 3, "text": text, "rank": 2, "reason": None}],
        "hits": [{"rank": 1, "score": 0.5, "uri": text, "page": 1, "text": text, "evidence": [0]}],
    }  # fmt: skip
    return made | more


def answer(name: str, *, text: str = "plain", verdict: str = "supported") -> dict[str, Any]:
    sentence = {
        "text": f"It is {text}.", "verdict": verdict, "score": 0.7, "reasons": [text], "citations": [1],
    }  # fmt: skip
    quote = {"number": 1, "document_id": "x", "uri": text, "title": text, "page": 4, "quote": text, "cells": ""}
    return {"id": name, "question": text, "text": text, "sentences": [sentence], "citations": [quote], "model": text}


def run_folder(
    folder: Path,
    cases: list[dict[str, Any]],
    answers: list[dict[str, Any]],
    *,
    measures: dict[str, Any] | None = None,
    trivial: dict[str, Any] | None = None,
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    report = {
        "fingerprints": {"documents": "abc", "cases": "def", "settings": "1", "verifier": "v", "program": "p"},
        "corpus": {"documents": 4, "chunks": 9, "pages": 0, "embedder": "hashing"},
        "settings": {"ks": [1, 10], "limit": 20, "retrieval_only": False, "asked_with": {}},
        "measures": measures or {"accuracy": measure(0.5), "faithfulness": measure(0.75), "recall@10": measure(0.9)},
        "by_kind": {},
        "trivial": trivial or {},
        "cases": cases,
    }
    seconds = {"by_case": {one["id"]: {"seconds": 0.25, "answer_ms": {"retrieve": 3.0}} for one in cases}}
    for name, value in (("report.json", report), ("timings.json", seconds)):
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
    (folder / "answers.jsonl").write_text("".join(json.dumps(one) + "\n" for one in answers), encoding="utf-8")
    return folder
