"""The report for a person: a table of measures, one by kind, and every failed case with its evidence.

Questions, answers and evidence come from documents: they are shown as text, never as Markdown or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from evals.case import Evidence
from evals.measures.abstention_cost import Decided, abstention_costs, worth_up_to
from evals.outcome import Gap, Measurement, Outcome
from evals.runs.judge import Judgement
from evals.runs.run import CaseResult, Corpus, Report
from evals.runs.trivial import as_good
from evals.scores import COMPOSITES

KIND_COLUMNS = ("accuracy", "answer_correctness", "abstention_f1", "faithfulness", "evidence_cited", "mrr")
LONGEST_CHARS = 600
_ACTIVE = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")


def report_markdown(report: Report) -> str:
    """The run as Markdown, the same bytes for the same figures."""
    parts = [
        "# Evaluation",
        f"{len(report.results)} cases on {_corpus(report.corpus)}.",
        "## Measures",
        measures_table(report.measures),
        "Seconds a case, which differ from run to run, stand in `timings.json` beside this file.",
        *_beside_trivial(report),
        "## By kind",
        _kind_table(report.by_kind),
    ]
    if report.decided:
        parts += ["## What a wrong answer may cost", _cost_table(report.decided)]
    if report.evidence_not_found:
        parts += ["## Evidence not found in the index", _missing_list(report)]
    failed = [result for result in report.results if result.failed]
    parts.append(f"## Failed cases: {len(failed)} of {len(report.results)}")
    parts += [_failed_case(result) for result in failed] or ["None."]
    return "\n\n".join(parts) + "\n"


def judgement_markdown(judgement: Judgement) -> str:
    """Stored answers as judged now: the measures, and every sentence that is not borne out."""
    parts = ["# Stored answers judged again", measures_table(judgement.measures), "## Sentences not supported"]
    lines = [
        f"- {plain(judged.answer.id)}: {plain(claim.text)} ({verdict.label}: {plain(verdict.told)})"
        for judged in judgement.answers
        for claim, verdict in judged.verdicts
        if verdict.label != "supported"
    ]
    return "\n\n".join([*parts, "\n".join(lines) or "None."]) + "\n"


def measures_table(measures: Mapping[str, Measurement]) -> str:
    """Every measure with its value and how many cases have one."""
    rows = [
        (name, shown(one.value), str(one.measured), str(one.abstained), str(one.not_measurable))
        for name, one in measures.items()
    ]
    return table(("measure", "value", "measured", "abstained", "not measurable"), rows)


def shown(value: Outcome) -> str:
    """A value for a person: three places, whole numbers from a thousand on, or the word for why there is none."""
    if isinstance(value, Gap):
        return value.value
    return f"{value:,.0f}" if value >= 1000 else (f"{value:.3f}" if value >= 0.001 or value == 0 else f"{value:.2g}")


def plain(text: str) -> str:
    """``text`` as one line in which nothing is Markdown or HTML, cut to 600 characters."""
    line = " ".join(text.split())
    line = line if len(line) <= LONGEST_CHARS else line[: LONGEST_CHARS - 1] + "…"
    return _ACTIVE.sub(r"\\\1", line).replace("://", ":\\/\\/")  # an address is no link either


def _beside_trivial(report: Report) -> list[str]:
    """The composites beside systems that know nothing, and which of them such a system gets as well."""
    if not report.trivial:
        return []
    rows = [
        (name, shown(report.measures[name].value), *(shown(one[name].value) for one in report.trivial.values()))
        for name in COMPOSITES
    ]
    told = [
        f"**`{measure}` says nothing here: `{system}` does as well.**"
        for measure, system in as_good(report.measures, report.trivial).items()
    ]
    return ["## Beside systems that know nothing", table(("measure", "this run", *report.trivial), rows), *told]


def _cost_table(cases: Sequence[Decided]) -> str:
    worth = worth_up_to(cases)
    if isinstance(worth, Gap):
        told = "No answer was wrong."
    else:
        told = f"Cheaper than always abstaining while a wrong answer costs less than {worth:.3g} needless abstentions."
    rows = [(f"{one.price:g}", shown(one.cost), shown(one.always_abstaining)) for one in abstention_costs(cases)]
    columns = ("a wrong answer costs, in needless abstentions", "mean cost of a case", "of always abstaining")
    return f"{told}\n\n{table(columns, rows)}"


def _corpus(corpus: Corpus) -> str:
    size = f"{corpus.documents} documents, {corpus.pages} pages, {corpus.chunks} chunks"
    return f"{size}, embedder {plain(corpus.embedder)}, corpus fingerprint `{corpus.fingerprint}`"


def _kind_table(by_kind: Mapping[str, Mapping[str, Measurement]]) -> str:
    first: Mapping[str, Measurement] = next(iter(by_kind.values()), {})
    recalls = [name for name in first if name.startswith("recall@")]
    columns = [name for name in (*KIND_COLUMNS[:-1], *recalls, KIND_COLUMNS[-1]) if name in first]
    rows = [
        (plain(kind) or "(none)", str(_cases(measures)), *(shown(measures[name].value) for name in columns))
        for kind, measures in by_kind.items()
    ]
    return table(("kind", "cases", *columns), rows)


def _cases(measures: Mapping[str, Measurement]) -> int:
    one = next(iter(measures.values()))
    return one.measured + one.abstained + one.not_measurable


def _missing_list(report: Report) -> str:
    return "\n".join(
        f"- {plain(item.case_id)}, evidence {item.item}, {plain(item.document)}: {plain(item.reason)}"
        for item in report.evidence_not_found
    )


def _failed_case(result: CaseResult) -> str:
    case = result.case
    lines = [f"### {plain(case.id)}", "", f"- question: {plain(case.question)}"]
    lines.append(f"- reference: {plain(case.reference)}" if case.answerable else "- reference: (not answerable)")
    lines += [f"- evidence: {_evidence(item)}" for item in case.evidence]
    if result.error is not None:
        lines.append(f"- error: {plain(result.error)}")
    if result.answer is not None:
        lines.append(f"- {'abstained' if result.answer.abstained else 'answer'}: {plain(result.answer.text)}")
        lines += [
            f"- cited: {plain(citation.uri)}{_page(citation.page)}: {plain(citation.quote)}"
            for citation in result.answer.citations
        ]
    return "\n".join(lines)


def _evidence(item: Evidence) -> str:
    if item.start is not None:
        return f"{plain(item.document)}, characters {item.start} to {item.end}"
    if item.quote is not None:
        return f"{plain(item.document)}: {plain(item.quote)}"
    return f"{plain(item.document)}{_page((item.page_index or 0) + 1)}"


def _page(page: int | None) -> str:
    return "" if page is None else f", page {page}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; cells are Markdown already."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
