"""The `rag` command: its subcommands, and how everything that can go wrong becomes one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from api.commands.ask import ask
from api.commands.backup import backup, restore
from api.commands.doctor import doctor
from api.commands.eval_compare import eval_compare
from api.commands.eval_formats import eval_export, eval_import
from api.commands.eval_gate import eval_gate
from api.commands.eval_judge import eval_judge
from api.commands.eval_make import eval_make
from api.commands.eval_models import eval_models
from api.commands.eval_pages import eval_pages
from api.commands.eval_rate import eval_rate
from api.commands.eval_report import eval_report
from api.commands.eval_retrieval import eval_retrieval
from api.commands.eval_run import eval_run
from api.commands.eval_verify import eval_verify
from api.commands.index import index
from api.commands.init import init
from api.commands.rebuild import rebuild
from api.commands.rm import rm
from api.commands.search import search
from api.commands.serve import serve
from api.commands.show import show
from api.commands.snapshot import snapshot_create, snapshot_list, snapshot_remove, snapshot_restore
from api.commands.status import status
from api.commands.tune import tune
from api.commands.why import why
from api.exit_codes import BROKEN_PIPE, CANNOT_RUN, DONE, INTERNAL, INTERRUPTED
from api.terminal import say, speak_utf8, stop_writing, tell, tell_problem, visible
from indexers.errors import RagError

app = typer.Typer(
    name="rag",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
evaluation = typer.Typer(rich_markup_mode=None, help="Measure answers against cases, without a key or a judge.")

snapshots = typer.Typer(rich_markup_mode=None, help="Keep states of an index under names, inside its folder.")

app.command("init", short_help="Write a commented rag.toml.")(init)
app.command("index", short_help="Bring the index up to date with folders and files.")(index)
app.command("search")(search)
app.command("ask", short_help="Answer from the documents, every sentence cited.")(ask)
app.command("why", short_help="Say why a document or page was not found.")(why)
app.command("show")(show)
app.command("status", short_help="Show how an index stands and what failed.")(status)
app.command("rm", short_help="Take documents out of the index; files stay.")(rm)
app.command("doctor", short_help="Find what is wrong, name what mends it.")(doctor)
app.command("rebuild", short_help="Build an index anew from its stored texts.")(rebuild)
snapshots.command("create")(snapshot_create)
snapshots.command("list")(snapshot_list)
snapshots.command("restore")(snapshot_restore)
snapshots.command("remove")(snapshot_remove)
app.add_typer(snapshots, name="snapshot")
app.command("backup", short_help="Write the whole index into one file.")(backup)
app.command("restore", short_help="Make an index of a backup.")(restore)
evaluation.command("run", short_help="Retrieval, answers, citations, abstentions.")(eval_run)
evaluation.command("judge", short_help="Stored answers, judged without asking again.")(eval_judge)
evaluation.command("verify", short_help="A verifier against human labels.")(eval_verify)
evaluation.command("compare", short_help="Two runs: what is better, what is worse.")(eval_compare)
evaluation.command("gate", short_help="A run against thresholds and a baseline.")(eval_gate)
evaluation.command("make", short_help="Cases from your own documents.")(eval_make)
evaluation.command("import", short_help="Other tools' questions, as cases.")(eval_import)
evaluation.command("export", short_help="Cases and runs, for other tools.")(eval_export)
evaluation.command("retrieval", short_help="Every retriever on a judged collection.")(eval_retrieval)
evaluation.command("pages", short_help="Evidence pages among hits and in the window.")(eval_pages)
evaluation.command("models", short_help="Models side by side, before you switch.")(eval_models)
evaluation.command("rate", short_help="People rate answers without knowing whose.")(eval_rate)
evaluation.command("report", short_help="Runs as one HTML page, alone or side by side.")(eval_report)
app.add_typer(evaluation, name="eval")
app.command("tune", short_help="Learn better settings from judged questions.")(tune)
app.command("serve", short_help="Serve the index over HTTP on this machine.")(serve)


@app.callback(invoke_without_command=True)
def rag(
    context: typer.Context,
    *,
    show_version: Annotated[bool, typer.Option("--version", help="Show the version and exit")] = False,
) -> None:
    """Ask your own documents; every sentence of an answer is cited and checked."""
    if show_version:
        from importlib.metadata import version  # 30 ms, for this alone

        say(f"plumbline {version('plumbline')}")
    elif context.invoked_subcommand is None:
        say(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the `rag` command and return its exit code; ``arguments`` are those of the process where None."""
    speak_utf8()
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    except BrokenPipeError:
        stop_writing()
        return BROKEN_PIPE


def _run(arguments: list[str]) -> int:
    try:
        # not typer's own main: it would turn a broken pipe into exit code 1, which means that a check failed
        command = typer.main.get_command(app)
        with command.make_context("rag", arguments) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as request:
        return request.exit_code
    except typer.TyperException as error:
        return _refuse_usage(error)
    except RagError as error:
        return _refuse(error)
    except (KeyboardInterrupt, typer.Abort):
        tell("\nrag: stopped safely; run it again to finish")
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001  # the edge: whatever is left is a defect, told in one line
        return _confess(error)
    return DONE


def _refuse(error: RagError) -> int:
    from api.problems import meaning

    tell_problem(error)
    return meaning(error).exit_code


def _refuse_usage(error: typer.TyperException) -> int:
    # pydantic's own words, which typer passes on, mean nothing to a reader
    message = " ".join(error.format_message().split()).replace("Value error, ", "")
    tell(f"rag: {visible(message)}")
    context: typer.Context | None = getattr(error, "ctx", None)  # only errors about a command's flags have one
    tell(f"hint: Run `{context.command_path if context else 'rag'} --help` for the arguments and flags.")
    return CANNOT_RUN


def _confess(error: Exception) -> int:
    if os.environ.get("RAG_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    told = " ".join(str(error).split())
    tell(f"rag: internal error: {type(error).__name__}: {visible(told)} (RAG_DEBUG=1 shows where; please report it)")
    return INTERNAL
