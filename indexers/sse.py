"""Server-sent events from bytes: an incremental parser that never guesses.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LINE_BYTES = 2**20
_LINE_END = re.compile(rb"\r\n|\r|\n")


class MalformedStream(ValueError):
    """The bytes are no event stream: a line is too long or not UTF-8."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One dispatched event; ``kind`` is "message" where the stream names none."""

    kind: str
    data: str


class EventParser:
    """Bytes in, events out, across any chunk borders.

    Lines end at CR, LF or CRLF and at nothing else (`str.splitlines` would also cut at U+2028). A line is decoded when
    it is complete. An event is dispatched at its blank line only: what stands after the last one was cut off.
    """

    def __init__(self, *, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_line_bytes = max_line_bytes
        self._buffer = b""
        self._scanned = 0
        self._first_line = True
        self._kind = ""
        self._data: list[str] = []

    @property
    def unfinished(self) -> bool:
        """Whether an event or a line has begun that no blank line has ended."""
        return bool(self._buffer.strip(b"\r\n") or self._data)

    def feed(self, content: bytes) -> list[ServerEvent]:
        """The events that ``content`` completes, in order.

        Raises:
            MalformedStream: A line is longer than the limit or is not UTF-8.
        """
        self._buffer += content
        events: list[ServerEvent] = []
        start = 0
        while (end := _LINE_END.search(self._buffer, max(start, self._scanned))) is not None:
            if end.group() == b"\r" and end.end() == len(self._buffer):
                break  # the LF of a CRLF may be in the next bytes
            event = self._line(self._buffer[start : end.start()])
            start = self._scanned = end.end()
            if event is not None:
                events.append(event)
        self._buffer = self._buffer[start:]
        self._scanned = max(len(self._buffer) - 1, 0)
        self._check_length(len(self._buffer))
        return events

    def finish(self) -> list[ServerEvent]:
        """The event that a CR as the very last byte completes, if any; call once at the end of the stream."""
        if not self._buffer.endswith(b"\r"):
            return []
        line, self._buffer = self._buffer[:-1], b""
        event = self._line(line)
        return [] if event is None else [event]

    def _check_length(self, length: int) -> None:
        if length > self._max_line_bytes:
            raise MalformedStream(f"a line is longer than {self._max_line_bytes} bytes")

    def _line(self, raw: bytes) -> ServerEvent | None:
        self._check_length(len(raw))
        if self._first_line:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
            self._first_line = False
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedStream("a line is not UTF-8") from error
        if not line:
            return self._dispatch()
        field, _, value = line.partition(":")  # a comment begins with the colon: its field is ""
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._kind = value
        return None

    def _dispatch(self) -> ServerEvent | None:
        kind, data = self._kind or "message", self._data
        self._kind, self._data = "", []
        return ServerEvent(kind=kind, data="\n".join(data)) if data else None
