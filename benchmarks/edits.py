"""Rule-made edits: how many of them a verifier notices, kind by kind, and how often it is wrong about true claims.

``python -m benchmarks.edits --corpus PATH [--corpus ...] [--most 200] [--templates test]``. A PATH is a file or folder
of lines with ``context``, ``claim`` and ``label`` (``.jsonl``), a collection in BEIR's format, or a folder of files.
Edits are made from the half of the documents, and with the rules, that nothing is trained on: from sentences of the
texts, and from claims that people wrote and called supported. Beside the verifier: its hard checks alone, and the
share of the claim's words that its evidence holds, with an alarm below `SAID_FROM`. False alarms are counted on
rewritten true claims, and on the supported claims of each set as people wrote them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.edits import CleanText, Templates, clean_texts, make_edits
from evals.edits.clean import is_prose
from evals.intervals import mean_interval
from indexers.errors import LoadError
from indexers.load import load_file, supported
from rag.verify.evidence import Evidence, Sentence
from rag.verify.verifier import HermeticVerifier

OUT = Path(__file__).resolve().parent / "out"
ALARM_BELOW = 0.5
"""A claim of which the verifier thinks it less likely than this that it is borne out is reported."""

SAID_FROM = 0.8
"""The border of shared words: the share of the claim's that the evidence holds. Fixed before any set was read."""


@dataclass(frozen=True, slots=True)
class Supported:
    """A claim that people wrote and called supported."""

    text: str
    context: str
    group: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """Clean sentences of a set's texts, and its supported claims."""

    name: str
    texts: tuple[CleanText, ...]
    claims: tuple[Supported, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of one claim: by the hard checks, by the whole verifier, and by shared words."""

    group: str
    failed: tuple[str, ...]
    alarm: bool
    unlike: bool


class Judge:
    """Judges claims, reading each evidence once."""

    def __init__(self) -> None:
        self._verifier = HermeticVerifier()
        self._read: dict[str, Evidence] = {}
        self.seconds = 0.0

    def judge(self, claim: str, evidence: str, group: str) -> Judged:
        """One claim against one text."""
        if evidence not in self._read:
            self._read[evidence] = Evidence.of([evidence])
        read, sentence = self._read[evidence], Sentence(claim)
        begun = time.perf_counter()
        verdict = self._verifier.verify(claim, read)
        self.seconds += time.perf_counter() - begun
        shared = len(sentence.stem_set & read.whole.stem_set) / max(len(sentence.stem_set), 1)
        return Judged(group, verdict.failed_checks, verdict.score < ALARM_BELOW, shared < SAID_FROM)


def main() -> None:
    """Measure, print, and keep the figures in benchmarks/out/edits.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--most", type=int, default=200, help="edits of a kind and corpus")
    parser.add_argument("--templates", choices=("train", "test"), default="test")
    parser.add_argument("--show", default="", help="print what goes wrong with this kind or check")
    arguments = parser.parse_args()
    corpora = [corpus for path in arguments.corpus for corpus in _corpora(path)]
    judge = Judge()
    figures = {
        "sentences": _recall(judge, corpora, _sentences, arguments.templates, arguments.most, arguments.show),
        "claims": _recall(judge, corpora, _claims, arguments.templates, arguments.most, arguments.show),
        "alarms": _alarms(judge, corpora, arguments.show),
    }
    OUT.mkdir(exist_ok=True)
    (OUT / "edits.json").write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"\n{judge.seconds:.1f} s of judging, the reading of each evidence included")


def _sentences(corpus: Corpus) -> Sequence[CleanText]:
    return corpus.texts


def _claims(corpus: Corpus) -> Sequence[CleanText]:
    return [
        CleanText(" ".join(claim.text.split()), claim.context, claim.group)
        for claim in corpus.claims
        if is_prose(" ".join(claim.text.split()))
    ]


def _recall(
    judge: Judge,
    corpora: Sequence[Corpus],
    texts_of: Callable[[Corpus], Sequence[CleanText]],
    templates: Templates,
    most: int,
    show: str,
) -> dict[str, object]:
    found: dict[tuple[str, str], list[Judged]] = {}
    for corpus in corpora:
        for edit in make_edits(texts_of(corpus), templates=templates, most=most):
            judged = judge.judge(edit.claim, edit.evidence, f"{corpus.name} {edit.document}")
            found.setdefault((edit.kind, ""), []).append(judged)
            found.setdefault((edit.kind, edit.template), []).append(judged)
            if show in {edit.kind, edit.template} and judged.alarm == bool(edit.label):
                print(f"[{edit.template}] {edit.original}\n    -> {edit.claim} {judged.failed}")
    _head(f"edits of {texts_of.__name__.strip('_')}", "noticed")
    return {": ".join(filter(None, place)): _row(*place, found[place]) for place in sorted(found)}


def _head(title: str, counted: str) -> None:
    print(f"\n{title:42} {'n':>5} {counted:>8} {'95%':>13} {'hard':>8} {'words':>6}")


def _row(name: str, template: str, judged: Sequence[Judged]) -> dict[str, object]:
    noticed = [float(one.alarm) for one in judged]
    low, high = mean_interval(noticed, groups=[one.group for one in judged])
    mean, hard = statistics.fmean(noticed), statistics.fmean(bool(one.failed) for one in judged)
    words = statistics.fmean(one.unlike for one in judged)
    shown = f"    {template}" if template else name
    print(f"{shown:42} {len(judged):5} {mean:8.3f} {low:6.3f}-{high:5.3f} {hard:8.3f} {words:6.3f}")
    return {"n": len(judged), "noticed": mean, "interval": [low, high], "hard_checks": hard, "words": words}


def _alarms(judge: Judge, corpora: Iterable[Corpus], show: str) -> dict[str, object]:
    _head("supported claims that people wrote", "alarms")
    rows: dict[str, object] = {}
    everything: list[Judged] = []
    for corpus in corpora:
        if not corpus.claims:
            continue
        judged = [judge.judge(claim.text, claim.context, claim.group) for claim in corpus.claims]
        for claim, one in zip(corpus.claims, judged, strict=True):
            if show in one.failed:
                print(f"{one.failed} {claim.text}")
        rows[corpus.name] = _row(corpus.name, "", judged)
        everything += judged
    if everything:
        rows["all"] = _row("all", "", everything)
        names = sorted({name for one in everything for name in one.failed})
        counts = {name: sum(name in one.failed for one in everything) for name in names}
        print("by check: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
        rows["by_check"] = counts
    return rows


def _corpora(path: Path) -> Iterator[Corpus]:
    if path.is_dir() and not any(path.glob("*.jsonl")):
        yield _documents(path)
        return
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    for file in files:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line.strip()]
        labelled = [row for row in rows if {"context", "label"} <= row.keys()]
        if labelled:
            yield _lines(file.stem, labelled)
        elif file.name == "corpus.jsonl":
            texts = tuple(clean for row in rows for clean in clean_texts(str(row["_id"]), str(row["text"])))
            yield Corpus(path.name, texts, ())


def _lines(name: str, rows: Sequence[dict[str, object]]) -> Corpus:
    contexts = {str(row["context"]): str(row.get("group", row["context"])) for row in rows}
    texts = tuple(clean for context, group in contexts.items() for clean in clean_texts(group, context))
    claims = tuple(
        Supported(str(row["claim"]), str(row["context"]), str(row.get("group", row["context"])))
        for row in rows
        if row["label"] == 1 and "claim" in row and not row.get("answerability") and not row.get("answers")
    )
    return Corpus(name, texts, claims)


def _documents(folder: Path) -> Corpus:
    texts: list[CleanText] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and supported(path)):
        try:
            loaded = load_file(path, uri=str(path.relative_to(folder)))
        except LoadError as error:
            print(f"not read: {error}")
            continue
        for document in loaded.documents:
            for block in document.blocks:
                if block.kind in {"paragraph", "list"}:
                    texts += clean_texts(document.uri, document.text[block.start : block.end])
    return Corpus(folder.name, tuple(texts), ())


if __name__ == "__main__":
    main()
