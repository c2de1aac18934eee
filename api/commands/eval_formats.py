"""`rag eval import` and `rag eval export`: other tools' data sets and runs as ours, and ours as theirs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from api.options import JsonOption
from api.terminal import amount, json_line, say, tell, visible

MOST_COMPLAINTS = 20

FormatArgument = Annotated[
    str, typer.Argument(metavar="FORMAT", help="beir, financebench, mtrag, ragas, squad, or trec (runs and qrels)")
]


def eval_import(
    format_name: FormatArgument,
    source: Annotated[Path, typer.Argument(metavar="SOURCE", readable=False, help="The file, or BEIR's folder")],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", readable=False, help="The folder to write")],
    qrels: Annotated[
        Path | None, typer.Option(metavar="FILE", readable=False, help="trec: the judgements, which it needs")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make cases.jsonl, documents and answers of another tool's data set, or a run folder of a TREC run.

    `rag index DIR/docs` and `rag eval run DIR/cases.jsonl` ask the questions, `rag eval retrieval DIR` ranks the
    documents, `rag eval judge DIR/answers.jsonl` judges the answers. Bad lines are named and left out.
    """
    from evals.errors import EvalError
    from evals.formats.folder import write_folder
    from evals.formats.table import FORMATS, TREC
    from evals.formats.trec import import_run

    _refuse_unknown(format_name)
    if format_name == TREC:
        if qrels is None:
            raise EvalError("a TREC run is measured against judgements: name them with --qrels")
        problems = import_run(source, qrels, out)
        counts, written = {}, ["report.json"]
    else:
        dataset = FORMATS[format_name].read(source)
        problems = list(dataset.problems)
        if not dataset.items:
            raise EvalError(f"{source}: no question could be read" + (f"; {problems[0]}" if problems else ""))
        counts = {"cases": len(dataset.items), "documents": len(dataset.documents), "answers": len(dataset.answers)}
        written = write_folder(dataset, out)
    if as_json:
        say(json_line({**counts, "written": written, "problems": problems}))
    else:
        held = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        say(f"{held + ': ' if held else ''}wrote {', '.join(written)} into {visible(str(out))}")
    _tell(problems, "left out")


def eval_export(
    format_name: FormatArgument,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE", readable=False, help="A file of cases, a folder of `rag eval import`, or a run"
        ),
    ],
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="DEST", readable=False, help="The file to write; beir and trec: the folder")
    ],
    as_json: JsonOption = False,
) -> None:
    """Write cases, documents and answers as another tool reads them; from a run its answers go along.

    What a format cannot hold is named and left out.
    """
    from evals.formats.folder import read_folder
    from evals.formats.table import FORMATS, TREC
    from evals.formats.trec import export_run

    _refuse_unknown(format_name)
    if format_name == TREC:
        problems: list[str] = export_run(source, out)
    else:
        dataset = read_folder(source)
        problems = [*dataset.problems, *FORMATS[format_name].write(dataset, out)]
    if as_json:
        say(json_line({"written": str(out), "problems": problems}))
    else:
        say(f"wrote {visible(str(out))}")
    _tell(problems, "left out")


def _refuse_unknown(name: str) -> None:
    from evals.errors import EvalError
    from evals.formats.table import NAMES

    if name not in NAMES:
        raise EvalError(f"no format {name!r}; there are {', '.join(NAMES)}")


def _tell(problems: Sequence[str], what: str) -> None:
    if problems:
        tell(f"rag: {amount(len(problems), 'item')} {what}:")
    for problem in problems[:MOST_COMPLAINTS]:
        tell(f"rag:   {visible(problem)}")
    if len(problems) > MOST_COMPLAINTS:
        tell(f"rag:   and {len(problems) - MOST_COMPLAINTS} more (--json lists all)")
