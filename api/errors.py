"""The errors of the ways in: flags, addresses, and files that a command reads or writes.

RagError                      (indexers.errors)
├── SettingsFileExists        `rag init` would overwrite a rag.toml
├── QueriesError              a file of questions cannot be read: names file, line and field
├── GroupsRefused             a request asks for groups that the service does not act for
├── OwnerOnly                 a service that acts for groups was asked for what only the owner may do
├── HostRefused               `rag serve` was told to listen where anybody could ask
└── PortUnavailable           the address and port cannot be listened on
"""

from __future__ import annotations

from pathlib import Path

from indexers.errors import RagError


class SettingsFileExists(RagError):
    """`rag init` would overwrite a settings file."""

    hint = "Edit the file, or name another folder: `rag init DIR`."

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists and is left as it is")


class QueriesError(RagError):
    """A file of questions cannot be read."""

    hint = 'Each line is one JSON object with "id" and "question".'


class GroupsRefused(RagError):
    """A request asks for groups that the service does not act for."""

    hint = "Leave the groups out, or name some of those that the service was started with (`rag serve --as`)."

    def __init__(self) -> None:
        super().__init__("the service does not act for all of these groups")


class OwnerOnly(RagError):
    """A service that acts for groups was asked for what only the owner may do: remove a document, or look into all."""

    hint = "Use the command line (`rag rm`, `rag why`), or a service that was started without --as."

    def __init__(self) -> None:
        super().__init__("this service acts for groups; what is asked is the owner's alone")


class HostRefused(RagError):
    """The service has no keys yet, so it listens on this machine alone."""

    hint = "Leave --host out (127.0.0.1), and reach it from elsewhere through an SSH tunnel."

    def __init__(self, host: str) -> None:
        super().__init__(
            f"--host {host} is not a loopback address, and without keys anybody there could read the index"
        )


class PortUnavailable(RagError):
    """The address and port cannot be listened on."""

    hint = "Stop the program that listens there, or choose another port with --port."

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen on {host} port {port}: {reason}")
