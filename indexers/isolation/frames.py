"""Short messages between a process and the server of its readers: JSON frames that open files may travel with."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from typing import Any

_MAX_FRAME_BYTES = 1 << 20


def send(channel: socket.socket, message: object, descriptors: Iterable[int] = ()) -> None:
    """Send one frame: four bytes of length, to which the descriptors are tied, and JSON."""
    body = json.dumps(message).encode()
    frame = len(body).to_bytes(4, "big") + body
    # In one piece: the system counts pieces, and both sides wait for ever once each has filled the other's queue.
    sent = socket.send_fds(channel, [frame], list(descriptors))
    if sent < len(frame):
        channel.sendall(frame[sent:])


def receive(channel: socket.socket, *, descriptors: int = 0) -> tuple[Any, list[int]] | None:
    """The next frame with its descriptors; None when the other side is gone."""
    head, passed, _, _ = socket.recv_fds(channel, 4, descriptors)
    head += _exactly(channel, 4 - len(head)) if head else b""
    size = int.from_bytes(head, "big")
    if len(head) < 4 or size > _MAX_FRAME_BYTES:
        return None
    body = _exactly(channel, size)
    return (json.loads(body), passed) if len(body) == size else None


def _exactly(channel: socket.socket, size: int) -> bytes:
    pieces = []
    while size and (piece := channel.recv(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
