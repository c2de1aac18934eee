"""Commands run in this process, for the tests that read their JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from api.cli import main

if TYPE_CHECKING:
    import pytest

__all__ = ["read_json"]


def read_json(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """A command's JSON, run in this process; standard output holds one line and standard error nothing."""
    capsys.readouterr()
    assert main([*map(str, arguments), "--json"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    (line,) = told.out.splitlines()
    value: dict[str, Any] = json.loads(line)
    return value
