"""`rag doctor`: what is wrong with an index, the command that mends each thing, and the mending itself."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from api.exit_codes import CHECK_FAILED
from api.options import ConfigOption, IndexOption, JsonOption, settings_for
from api.terminal import json_line, say, visible

if TYPE_CHECKING:
    from indexers.store.findings import Finding
    from indexers.store.repair import Repaired


def doctor(
    *,
    index: IndexOption = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Check every row, text, vector and link, and the model itself")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended without loss, then check everything again")
    ] = False,
    drop: Annotated[
        bool, typer.Option("--drop", help="With --repair: also take out damaged documents whose files are gone")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Examine an index: damaged or missing parts, leftovers, rights, roots that are gone, the embedder, the disk.

    Each finding names the command that mends it. Exit code 1 when anything is found, 0 for a healthy index.
    """
    from rag.upkeep import check_up, mend

    if drop and not repair:
        raise typer.BadParameter("only with --repair", param_hint="--drop")
    settings = settings_for(index, config)
    repaired = mend(settings, drop=drop) if repair else None
    found = check_up(settings, deep=deep or repair)
    if as_json:
        told = {"repaired": asdict(repaired)} if repaired else {}
        say(json_line({"healthy": not found, "findings": [asdict(one) for one in found], **told}))
    else:
        _show(str(settings.index), found, repaired, deep=deep or repair)
        if found and index is not None:
            say(f"Each of these commands is for this index with --index {visible(shlex.quote(str(index)))}.")
    if found:
        raise typer.Exit(CHECK_FAILED)


def _show(folder: str, found: list[Finding], repaired: Repaired | None, *, deep: bool) -> None:
    if repaired is not None:
        for line in repaired.done:
            say(f"repaired   {visible(line)}")
        for name in repaired.dropped:
            say(f"dropped    {visible(name)}: the next `rag index` of its folder reads it again")
    for one in found:
        say(f"{one.part:<11}{visible(one.subject)}: {visible(one.problem)}")
        say(f"{'':<11}mend with: {visible(one.mend)}")
    looked = "every row and file" if deep else "the descriptions and segments; --deep checks every row"
    if not found:
        say(f"{visible(folder)} is healthy (checked {looked}).")
    else:
        say(f"{len(found)} found (checked {looked}).")
