"""A file that crashes, hangs, bursts or takes over its reader costs itself only, and the error says what happened."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexers.errors import LimitExceeded, LoadError, ParserFailed, ParserUnavailable
from indexers.isolation.confine import open_places
from indexers.isolation.pool import Pool
from indexers.isolation.server import FILES_FOR_ONE_READER
from indexers.load import Loaded, LoadLimits
from indexers.settings import ParserSettings

HOSTILE = "tests.indexers.isolation.hostile"
SMALL = ParserSettings(seconds=60, memory_bytes=400 * 2**20, output_bytes=2**20)
HASTY = SMALL.model_copy(update={"seconds": 3})
linux = pytest.mark.skipif(sys.platform != "linux", reason="what the system offers for it is Linux's")
confined = pytest.mark.skipif(not open_places(Path("/usr"), Path("/usr")), reason="this kernel has no Landlock")

Outcome = Loaded | LoadError


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """One for all tests that leave it alive: that it goes on after each is what they are about."""
    folder = tmp_path_factory.mktemp("pool")
    with Pool(folder / "reading", limits=LoadLimits(), settings=SMALL, server=HOSTILE) as pool:
        yield pool


@pytest.fixture
def own_pool(tmp_path: Path) -> Iterator[Pool]:
    with Pool(tmp_path / "reading", limits=LoadLimits(), settings=SMALL, server=HOSTILE) as pool:
        yield pool


def submit(pool: Pool, folder: Path, text: str, name: str = "file.txt") -> Callable[[], tuple[Loaded, str]]:
    path = folder / name
    path.write_text(text)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return pool.submit(descriptor, name=name, uri=f"docs/{name}")
    finally:
        os.close(descriptor)


def outcome(wait: Callable[[], tuple[Loaded, str]]) -> Outcome:
    try:
        return wait()[0]
    except LoadError as error:
        return error


def text(result: Outcome) -> str:
    assert isinstance(result, Loaded), result
    return result.document.text


@pytest.mark.parametrize(
    ("order", "error", "says"),
    [
        pytest.param("segfault", ParserFailed, "is stopped by SIGSEGV", id="segfault"),
        pytest.param("abort", ParserFailed, "is stopped by SIGABRT", id="abort"),
        pytest.param("kill group", ParserFailed, "is stopped by SIGKILL", id="killed"),
        pytest.param("exit: 7", ParserFailed, "ends with status 7", id="exit"),
        pytest.param("exit: 0", ParserFailed, "gave no answer", id="exit-without-answer"),
        pytest.param("raise", ParserFailed, "its loader fails with KeyError: 'missing' (hostile.py:", id="defect"),
        pytest.param("allocate", LimitExceeded, "more than 419,430,400 bytes of memory", id="memory"),
        pytest.param("share: 900000000", LimitExceeded, "(parser.memory_bytes)", id="shared-memory", marks=linux),
        pytest.param("x" * 2**21, LimitExceeded, "bytes of text and structure (parser.output_bytes)", id="output"),
    ],
)
def test_a_bad_file_costs_itself_only(
    pool: Pool, tmp_path: Path, order: str, error: type[LoadError], says: str
) -> None:
    before = submit(pool, tmp_path, "one", "before.txt")
    bad = submit(pool, tmp_path, order, "bad.txt")
    after = [submit(pool, tmp_path, f"number {number}", f"{number}.txt") for number in range(3)]
    assert [text(outcome(wait)) for wait in (before, *after)] == ["one", "number 0", "number 1", "number 2"]
    refusal = outcome(bad)
    assert type(refusal) is error
    assert str(refusal).startswith("bad.txt ")
    assert says in str(refusal)
    assert refusal.hint


def test_a_reader_that_hangs_or_works_without_end_is_stopped(tmp_path: Path) -> None:
    with Pool(tmp_path / "reading", limits=LoadLimits(), settings=HASTY, server=HOSTILE) as pool:
        waiting = [submit(pool, tmp_path, order, f"{order}.txt") for order in ("hang", "work")]
        assert [str(outcome(wait)) for wait in waiting] == [
            "hang.txt takes more than 3 s to read (parser.seconds)",
            "work.txt takes more than 3 s to read (parser.seconds)",
        ]
        assert text(outcome(submit(pool, tmp_path, "one"))) == "one"


def test_a_reader_that_works_without_end_is_stopped_long_before_one_that_waits_for_ocr(tmp_path: Path) -> None:
    settings = SMALL.model_copy(update={"processor_seconds": 1})
    with Pool(tmp_path / "reading", limits=LoadLimits(), settings=settings, server=HOSTILE) as pool:
        says = str(outcome(submit(pool, tmp_path, "work")))
    assert says == "file.txt takes more than 1 s of the processor to read (parser.processor_seconds)"


@confined
@pytest.mark.parametrize(
    "order",
    [
        pytest.param("connect", id="network"),
        pytest.param("trace", id="other-processes"),
        pytest.param("kill parent", id="signals"),
        pytest.param("read: /etc/passwd", id="a-file-of-the-system"),
        pytest.param(f"read: {__file__}", id="a-file-of-the-user"),
        pytest.param("read: /proc/self/environ", id="what-processes-know"),
        pytest.param(f"give away: {__file__}", id="who-may-read-a-file"),
    ],
)
def test_a_reader_that_was_taken_over_gets_at_nothing(pool: Pool, tmp_path: Path, order: str) -> None:
    refusal = outcome(submit(pool, tmp_path, order))
    assert isinstance(refusal, ParserFailed)
    assert "PermissionError" in str(refusal)


@confined
def test_a_reader_writes_nowhere_but_in_its_own_folder(own_pool: Pool, tmp_path: Path) -> None:
    target = tmp_path / "target"
    assert "PermissionError" in str(outcome(submit(own_pool, tmp_path, f"write: {target}")))
    assert not target.exists()
    assert isinstance(outcome(submit(own_pool, tmp_path, "write: in its folder")), Loaded)
    own_pool.__exit__()
    assert not (tmp_path / "reading").exists()


def test_no_secret_is_passed_on(own_pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    names = text(outcome(submit(own_pool, tmp_path, "environment"))).split()
    assert "OPENAI_API_KEY" not in names
    assert "TMPDIR" in names


def test_packages_of_the_user_are_found(own_pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = tmp_path / "site-packages"
    packages.mkdir()
    (packages / "of_the_user.py").touch()
    monkeypatch.syspath_prepend(packages)
    assert text(outcome(submit(own_pool, tmp_path, "import: of_the_user"))) == "of_the_user"


def has_ended(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@linux
def test_what_a_reader_has_started_ends_with_it(own_pool: Pool, tmp_path: Path) -> None:
    outcome(submit(own_pool, tmp_path, "leave a child: child", "file.pdf"))
    child = int((tmp_path / "reading" / "child").read_text())
    while not has_ended(child):  # it was sent SIGKILL before its parent's end was told
        pass


@linux
def test_readers_end_with_the_pool(own_pool: Pool, tmp_path: Path) -> None:
    server = int(text(outcome(submit(own_pool, tmp_path, "process"))).split()[1])
    assert server == own_pool.server_process
    submit(own_pool, tmp_path, "hang")
    own_pool.__exit__()
    assert has_ended(server)


def test_a_file_that_could_take_its_reader_over_never_shares_it(own_pool: Pool, tmp_path: Path) -> None:
    plain = {text(outcome(submit(own_pool, tmp_path, "process"))) for _ in range(3)}
    assert len(plain) == 1, "plain text is read by one after the other"
    others = {text(outcome(submit(own_pool, tmp_path, "process", "file.pdf"))) for _ in range(3)}
    assert len(others) == 3
    assert not plain & others


def test_a_reader_of_plain_text_is_replaced_after_some_files(own_pool: Pool, tmp_path: Path) -> None:
    readers: Counter[str] = Counter()
    for first in range(0, 250, 50):  # sync has no more on the way at a time
        waiting = [submit(own_pool, tmp_path, "process", f"{number}.txt") for number in range(first, first + 50)]
        readers.update(text(outcome(wait)) for wait in waiting)
    assert 3 <= len(readers) <= 4
    assert max(readers.values()) == FILES_FOR_ONE_READER


@linux
def test_a_server_that_is_killed_is_replaced_and_its_files_are_read_again(own_pool: Pool, tmp_path: Path) -> None:
    assert text(outcome(submit(own_pool, tmp_path, "one"))) == "one"
    assert own_pool.server_process is not None
    os.kill(own_pool.server_process, signal.SIGKILL)
    assert text(outcome(submit(own_pool, tmp_path, "two"))) == "two"


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with Pool(tmp_path / "reading", limits=LoadLimits(), settings=SMALL, server="no.such.module") as pool:
        wait = submit(pool, tmp_path, "one")
        with pytest.raises(ParserUnavailable, match="No module named 'no'"):
            wait()


def test_files_are_read_where_the_system_refuses_confinement(tmp_path: Path) -> None:
    server = "tests.indexers.isolation.refused"
    with Pool(tmp_path / "reading", limits=LoadLimits(), settings=SMALL, server=server) as pool:
        assert text(outcome(submit(pool, tmp_path, "one"))) == "one"


def test_files_wait_for_a_reader_where_the_system_starts_no_second_one(tmp_path: Path) -> None:
    server = "tests.indexers.isolation.one_reader"
    with Pool(tmp_path / "reading", limits=LoadLimits(), settings=SMALL, server=server) as pool:
        names = ["a.pdf", "b.txt", "c.pdf", "d.txt", "e.pdf"]
        waiting = [submit(pool, tmp_path, name, name) for name in names]
        assert [text(outcome(wait)) for wait in waiting] == names


def test_a_system_that_starts_no_reader_at_all_ends_the_run(tmp_path: Path) -> None:
    server = "tests.indexers.isolation.no_reader"
    with Pool(tmp_path / "reading", limits=LoadLimits(), settings=SMALL, server=server) as pool:
        wait = submit(pool, tmp_path, "one")
        with pytest.raises(ParserUnavailable, match="Resource temporarily unavailable") as caught:
            wait()
    assert "parser.workers" in caught.value.hint


def test_files_that_nobody_waits_for_are_closed(own_pool: Pool, tmp_path: Path) -> None:
    open_before = len(list(Path("/dev/fd").iterdir()))
    for number in range(3):
        submit(own_pool, tmp_path, "one", f"{number}.txt")
    own_pool.__exit__()
    assert len(list(Path("/dev/fd").iterdir())) == open_before
