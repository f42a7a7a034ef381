"""Text from outside, made safe to show: data stays data, whatever it holds."""

from __future__ import annotations

import re
import unicodedata

from skill.token import MASK, hide

# ECMA-48 control strings and sequences (CSI, OSC, DCS, SOS, PM, APC, two-byte escapes),
# taken out whole so that no "[31m" is left behind.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]|\x9b[0-?]*[ -/]*[@-~]"
)
# Bidirectional overrides and isolates, zero-width characters, tag characters: what is seen
# would differ from what is there. ZWJ and ZWNJ stay: emoji, Persian and Indic scripts need them.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_TOKEN = re.compile(r"nmv_usr_[A-Za-z0-9_-]+")
# OpenClaw takes a line that begins so for a file to hand over: that is ours alone to print.
_MEDIA = re.compile(r"^(\s*)MEDIA:", re.IGNORECASE | re.MULTILINE)


def clean(text: str, limit: int = 100_000) -> str:
    """`text` without escape sequences, control characters (but newline and tab),
    bidirectional and zero-width trickery, lone surrogates, tokens, and lines that pose as a
    finished file; at most `limit` characters."""
    text = hide(text)[: limit + 1]  # before the cut: half a token is not found any more
    if not text.isascii() or not text.isprintable():
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        text = _INVISIBLE.sub("", _ESCAPES.sub("", text))
        text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
    text = _MEDIA.sub(r"\1MEDIA :", _TOKEN.sub(MASK, hide(text)))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_line(text: str, limit: int = 500) -> str:
    """`clean`, on one line."""
    return " ".join(clean(text, limit * 4).split())[:limit]
