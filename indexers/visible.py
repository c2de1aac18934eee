"""Text of strangers made harmless to look at: on a terminal, on a page, in a file for people."""

from __future__ import annotations

import re

# Controls (tab and line feed stay), line separators, bidirectional controls, and all that indexers.normalise takes out
# of documents since nobody sees it: names and a model's words have not been there. Joiners stay in the scripts that
# spell with them and in emoji.
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufdd0-\ufdef\ufe00-\ufe0d\ufeff\ufff0-\ufffc\ufffe\uffff\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|(?<![\u0600-\u061b\u061d-\u109f\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
)


def visible(text: str) -> str:
    r"""The text with everything that steers a reader's screen written out, as ``\x1b``; tabs and line feeds stay."""
    return STEERING.sub(lambda found: ascii(found.group())[1:-1], text)
