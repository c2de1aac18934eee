from __future__ import annotations

import pytest

from api.progress import counted


def test_without_a_terminal_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with counted("files") as progress:
        assert progress is None
    assert capsys.readouterr() == ("", "")
