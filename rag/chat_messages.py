"""Messages of a chat request, with pictures between their texts."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

Message = Mapping[str, Any]
"""Of a request: ``role``, and ``content`` as a text or as a list of parts."""


def picture_message(text: str, picture: bytes, *, media_type: str = "image/png") -> Message:
    """A user's message of a text and a picture, which is sent along and read at low detail (512 pixels a side)."""
    url = f"data:{media_type};base64,{base64.b64encode(picture).decode()}"
    shown = {"type": "image_url", "image_url": {"url": url, "detail": "low"}}
    return {"role": "user", "content": [{"type": "text", "text": text}, shown]}


def texts_and_pictures(messages: Sequence[Message]) -> tuple[list[str], int]:
    """The texts of messages, and how many pictures stand between them."""
    texts, pictures = [], 0
    for message in messages:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        texts += [part["text"] for part in parts if part["type"] == "text"]
        pictures += sum(part["type"] == "image_url" for part in parts)
    return texts, pictures
