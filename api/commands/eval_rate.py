"""`rag eval rate`: people rate answers without knowing whose they are, and what their ratings come to."""

from __future__ import annotations

import secrets
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.serve import listen
from api.options import JsonOption
from api.terminal import json_line, say, tell, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from evals.rating.session import Session
    from evals.rating.systems import System


class Asked(StrEnum):
    """What raters can be asked for."""

    PREFERENCE = "preference"
    LABELS = "labels"
    SENTENCES = "sentences"


def eval_rate(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", readable=False, help="Run folders or stored answers of the same cases"),
    ],
    *,
    rater: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Who rates; each name has an order of its own, and can stop and go on"),
    ] = None,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", readable=False, help="Ratings, added to; several raters may share it"),
    ] = Path("ratings.jsonl"),
    ask: Annotated[
        list[Asked] | None, typer.Option(help="What to ask for; may be repeated [else preference and labels]")
    ] = None,
    in_terminal: Annotated[bool, typer.Option("--terminal", help="Rate here [else in the browser]")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Another order of cases and sides")] = 0,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes a free one")] = 0,
    summary: Annotated[
        bool, typer.Option("--summary", help="Say what the ratings come to, by the runs' names")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Let people compare and judge the answers of runs whose names they do not see; --summary puts it together."""
    from evals.rating.ratings import read_ratings
    from evals.rating.session import Session
    from evals.rating.summary import summarise, summary_json
    from evals.rating.systems import read_systems

    systems = read_systems(runs)
    if summary:
        found = summarise(read_ratings(out), systems)
        if as_json:
            say(json_line(summary_json(found)))
        else:
            from api.rating.summary_text import show_summary

            show_summary(found)
        return
    if rater is None:
        raise typer.BadParameter("who rates? Give --rater NAME, or --summary for what the ratings come to")
    asked = frozenset(one.value for one in ask or (Asked.PREFERENCE, Asked.LABELS))
    _check(systems, asked)
    session = Session(systems, out, rater=rater, seed=seed)
    if in_terminal:
        _in_terminal(session, asked)
    else:
        _in_browser(session, asked, port)


def _check(systems: Sequence[System], asked: Collection[str]) -> None:
    """A page that asks nothing would be a riddle."""
    if len(systems) == 1 and asked == {Asked.PREFERENCE}:
        raise typer.BadParameter("a preference takes two runs; of one, --ask labels or sentences")


def _in_terminal(session: Session, asked: Collection[str]) -> None:
    from api.rating.terminal import rate_in_terminal

    finished = rate_in_terminal(session, asked=asked)
    left = len(session.tasks) - session.done
    told = "all is rated" if finished else f"{left} left; run it again to go on"
    tell(f"{session.done} of {len(session.tasks)} rated, kept in {visible(str(session.path))}; {told}")


def _in_browser(session: Session, asked: Collection[str], port: int) -> None:
    import uvicorn

    from api.rating.web import rating_app

    token = secrets.token_urlsafe(16)
    host = "127.0.0.1"
    with listen(host, port) as listening:
        settings = uvicorn.Config(
            rating_app(session, token=token, asked=asked),
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=16,
            timeout_graceful_shutdown=5,
        )
        tell(f"{session.done} of {len(session.tasks)} done. Open http://{host}:{listening.getsockname()[1]}/{token}/")
        tell("Ctrl-C stops; every rating is kept as soon as it is saved.")
        try:
            uvicorn.Server(settings).run(sockets=[listening])
        except KeyboardInterrupt:  # uvicorn passes it on once the requests under way are answered
            tell(f"\n{session.done} of {len(session.tasks)} rated, kept in {visible(str(session.path))}")
