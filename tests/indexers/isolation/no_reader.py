"""A server on a system that is full: it may have no reader at all."""

from __future__ import annotations

from tests.indexers.isolation import one_reader


def main(channel: int, parent: int) -> None:
    """As the hostile server, without readers."""
    one_reader.main(channel, parent, most=0)
