"""Puts a forked child under strace: to count its write-side system calls, to kill it at one, or to make one fail."""

from __future__ import annotations

import re
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.torture.forks import Ended, in_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.torture.forks import Told

WRITE_CALLS = (
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "sendfile",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "rmdir",
    "ftruncate",
    "fallocate",
    "openat",
    "mkdir",
    "mkdirat",
    "chmod",
    "fchmod",
)
"""Every call by which a process changes what lies on the disk, or makes it durable."""

ATTACH_SECONDS = 60.0
_COUNTED = re.compile(r"^\d+ +(\w+)\(")


class NotTraceable(RuntimeError):
    """strace is missing or may not trace: no trial can be run, and that is a failure, not a reason to skip."""


def traced(
    work: Callable[[Told], Any], *, calls: Sequence[str] = WRITE_CALLS, inject: str = "", log: Path | None = None
) -> Ended:
    """Run ``work`` in a child under strace.

    Args:
        work: Begins only once strace holds the child.
        calls: What strace looks at.
        inject: strace's own expression, as ``fsync:error=EIO:when=3``.
        log: Where the calls are written down, whole buffers in hex and descriptors with their paths.

    Raises:
        NotTraceable: strace did not get hold of the child.
    """
    command = ["strace", "-f", "-qq", "-e", "trace=" + ",".join(calls), "-e", "signal=none", "-o"]
    command += [str(log), "-xx", "-y", "-s", str(1 << 24)] if log else ["/dev/null"]
    command += ["-e", "inject=" + inject] if inject else []
    tracers: list[subprocess.Popen[bytes]] = []

    def attach(pid: int) -> None:
        try:
            tracers.append(subprocess.Popen([*command, "-p", str(pid)], stderr=subprocess.PIPE))
        except FileNotFoundError as error:
            raise NotTraceable("strace is not installed: apt-get install strace") from error

    def work_when_held(told: Told) -> Any:
        _wait_for_tracer()
        return work(told)

    ended = in_fork(work_when_held, begun=attach)
    complaint = tracers[0].communicate()[1].decode(errors="replace")
    if ended.how == "raised" and "NotTraceable" in str(ended.value):
        raise NotTraceable(f"strace may not trace a process here: {complaint.strip() or ended.value}")
    return ended


def _wait_for_tracer() -> None:
    end = time.monotonic() + ATTACH_SECONDS
    status = Path("/proc/self/status")
    while "TracerPid:\t0\n" in status.read_text():
        if time.monotonic() > end:
            raise NotTraceable(f"no tracer after {ATTACH_SECONDS:g} seconds")
        time.sleep(0.0005)


def counted(work: Callable[[Told], Any], log: Path) -> Counter[str]:
    """How many calls of each kind an undisturbed run of ``work`` makes: of the thread that makes most of them."""
    ended = traced(work, log=log)
    if ended.how != "returned":
        raise AssertionError(f"the undisturbed run {ended.how}: {ended.value}")
    by_thread: Counter[tuple[str, str]] = Counter()
    with log.open() as lines:
        for line in lines:
            found = _COUNTED.match(line)
            if found:
                by_thread[line.split(" ", 1)[0], found[1]] += 1
    most: Counter[str] = Counter()
    for (_, call), times in by_thread.items():
        most[call] = max(most[call], times)
    return most
