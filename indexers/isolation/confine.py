"""What a process that reads a stranger's file gives up: resources, the network, other processes, the file system.

Limits hold on every POSIX system. The network, other processes and files are taken away by seccomp and Landlock, which
Linux has; elsewhere only the limits and the wall clock hold.
"""

from __future__ import annotations

import ctypes
import errno
import math
import os
import platform
import resource
import signal
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_MAX_OPEN_FILES = 128
_PDEATHSIG, _SECCOMP, _NO_NEW_PRIVS, _FILTER = 1, 22, 38, 2
# By architecture: what seccomp calls it, and the system calls that a parser never needs: socket, ptrace,
# process_vm_readv and _writev, mount, unshare, setns, keyctl, add_key, request_key, userfaultfd, perf_event_open,
# open_by_handle_at, bpf, io_uring_setup, pidfd_getfd; and those that open files of ours to others, which Landlock lets
# pass: chmod, fchmod, fchmodat, fchmodat2, chown, fchown, lchown, fchownat, setxattr, lsetxattr, fsetxattr.
_CALLS = {
    "x86_64": (
        0xC000003E,
        (
            *(41, 101, 310, 311, 165, 272, 308, 250, 248, 249, 323, 298, 304, 321, 425, 438),
            *(90, 91, 268, 452, 92, 93, 94, 260, 188, 189, 190),
        ),
    ),
    "aarch64": (
        0xC00000B7,
        (
            *(198, 117, 270, 271, 40, 97, 268, 219, 217, 218, 282, 241, 265, 280, 425, 438),
            *(52, 53, 452, 55, 54, 5, 6, 7),
        ),
    ),
}
_X32_CALLS = 0x40000000  # x86_64 answers to the same calls under a second set of numbers
_LOAD_WORD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_EXECUTE, _WRITE, _READ, _LIST = 1, 2, 4, 8
_ALL_RIGHTS = {1: 1 << 13, 2: 1 << 14, 3: 1 << 15, 4: 1 << 15, 5: 1 << 16}  # later versions: as the fifth
_FILE_RIGHTS = _EXECUTE | _WRITE | _READ | 1 << 14
_NO_TCP, _NO_SIGNALS_OUT = 3, 3
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/etc/fonts", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime"),
    *(
        "/sys/devices/system/cpu",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc/stat",
        "/nix/store",
        "/home/linuxbrew/.linuxbrew",
    ),
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What reading one file may use: seconds of the clock and of the processor, bytes of memory, bytes written."""

    seconds: int
    processor_seconds: int
    memory_bytes: int
    output_bytes: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A place that confined processes may use, opened beforehand: the descriptor, and the Landlock rights on it."""

    descriptor: int
    rights: int


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when ``parent`` (a process id) ends; exit at once if it has."""
    if sys.platform == "linux":
        _prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def limit(allowance: Allowance) -> None:
    """Set the limits of this process, from which there is no way back; nothing is left of a core when it crashes."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, allowance.output_bytes)
    _lower(resource.RLIMIT_NOFILE, _MAX_OPEN_FILES)
    # Not RLIMIT_AS: allocators reserve far more addresses than they ever use.
    with suppress(ValueError, OSError):  # macOS takes no such limit
        _lower(resource.RLIMIT_DATA, allowance.memory_bytes)


def limit_processor(seconds: int) -> None:
    """Allow this process so much more of the processor; it holds even when nobody is left to watch the clock."""
    most = resource.getrlimit(resource.RLIMIT_CPU)[1]
    wanted = math.ceil(time.process_time()) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


def _lower(kind: int, wanted: int) -> None:
    most = resource.getrlimit(kind)[1]
    lower = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(kind, (lower, lower))


def open_places(package: Path, private: Path) -> list[Opened]:
    """Open what a confined reader may still use: Python and its packages to read, its private folder to write."""
    version = _landlock_version()
    if not version:
        return []
    python = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(package)}
    python |= {path for path in sys.path if path.endswith("-packages")}
    readable = _READ | _LIST | _EXECUTE
    trained = [os.environ["TESSDATA_PREFIX"]] if "TESSDATA_PREFIX" in os.environ else []
    places = [(path, readable) for path in (*python, *_SYSTEM, *trained)]
    places += [(path, _READ | _WRITE) for path in _DEVICES]
    places.append((str(private), _rights(version) & ~_EXECUTE))
    return list(_opened(places))


def _opened(places: Sequence[tuple[str, int]]) -> Iterator[Opened]:
    for path, rights in places:
        with suppress(OSError):  # not there, on this system
            is_folder = Path(path).is_dir()
            yield Opened(os.open(path, os.O_PATH | os.O_CLOEXEC), rights if is_folder else rights & _FILE_RIGHTS)


def confine(places: Sequence[Opened]) -> None:
    """Take the network, other processes and all files but ``places`` away, as far as this kernel can.

    What the kernel, an emulator (qemu knows no seccomp) or a container does not grant is done without: limits and clock
    hold all the same, and files are worth more read than refused.
    """
    if sys.platform != "linux":
        return
    with suppress(OSError):
        _prctl(_NO_NEW_PRIVS, 1)
    if places:
        with suppress(OSError):
            _restrict_files(places)
    with suppress(OSError):
        _restrict_calls()


def _restrict_files(places: Sequence[Opened]) -> None:
    version = _landlock_version()
    handled = struct.pack("=QQQ", _rights(version), _NO_TCP, _NO_SIGNALS_OUT)
    size = 8 if version < 4 else 16 if version < 6 else 24
    libc = _libc()
    rules = _checked(libc.syscall(_CREATE_RULESET, handled, ctypes.c_size_t(size), 0))
    for place in places:
        rule = struct.pack("=Qi", place.rights, place.descriptor)
        with suppress(OSError):  # a place of a kind that takes no rule stays closed
            _checked(libc.syscall(_ADD_RULE, rules, 1, rule, 0))
    _checked(libc.syscall(_RESTRICT_SELF, rules, 0))
    os.close(rules)


def _restrict_calls() -> None:
    machine = platform.machine()
    if machine not in _CALLS:
        return
    architecture, refused = _CALLS[machine]
    steps = [(_LOAD_WORD, 0, 0, 4), (_IF_EQUAL, 0, len(refused) + 3, architecture), (_LOAD_WORD, 0, 0, 0)]
    steps.append((_IF_AT_LEAST, len(refused) + 1, 0, _X32_CALLS))
    steps += [(_IF_EQUAL, len(refused) - place, 0, number) for place, number in enumerate(refused)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    described = struct.pack("@HP", len(steps), ctypes.addressof(program))
    _prctl(_SECCOMP, _FILTER, described)


def _rights(version: int) -> int:
    return _ALL_RIGHTS[min(version, 5)] - 1


def _landlock_version() -> int:
    """The version of Landlock's interface, 0 where the kernel has none."""
    if sys.platform != "linux":
        return 0
    return max(int(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)), 0)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, *arguments: int | bytes) -> None:
    """Call prctl, whose arguments are as wide as a pointer."""
    wide = [ctypes.c_char_p(given) if isinstance(given, bytes) else ctypes.c_ulong(given) for given in arguments]
    padding = [ctypes.c_ulong(0)] * (4 - len(wide))
    _checked(_libc().prctl(option, *wide, *padding))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
