"""Where a sentence ends: text that arrives in pieces, cut where it can be decided. Pure."""

from __future__ import annotations

import re
from functools import cache

MAX_SENTENCE = 1200
"""Characters after which a sentence without an end is cut: bounds memory, time and every regex."""
WINDOW = MAX_SENTENCE + 300
MAX_QUOTATION = 200
"""The longest quotation, in characters; a mark without its partner that near is no quotation."""

MARKER = r"[ \t]*(?:(?:[-*+•·]|\d{1,3}[.)、]|[（(]\d{1,3}[)）]|>)(?:[ \t]+|(?<=、)|(?<=）)))*"
LIST = r"[ \t]*(?:[-*+•·]|\d|[（(])"
_STOP = r"\n|[.!?…]+|[。！？]+|[\"“「『《]|(?<!\w)['‘](?=\S)|[（(](?=[^)）\n]{0,40}[.!?。])"
MARK = r"[\n.!?…。！？\"“「『《'‘(（]"
_PARTNER = dict(zip("\"“「『《'‘(（", "\"”」』》'’)）", strict=True))
_CLOSERS = "\"'”’」』》）)]*_`"
_SAYS = r"[.!?。！？]|\b(?:is|are|was|were|has|have|ready|done|finished|complete|added)\b|已|完成了?$|好了"
"""What makes a sentence of a heading: "Your video is ready" stays even if only steps follow."""
_ABBREVIATIONS = "e.g", "i.e", "vs", "mr", "mrs", "dr", "approx", "etc", "no"


@cache
def pattern(shape: str) -> re.Pattern[str]:
    """A regular expression, compiled when it is first needed; large and small letters are alike."""
    return re.compile(shape, re.I)


def line_end(window: str, whole: bool) -> tuple[int, int] | None:
    at = window.find("\n")
    if at < 0:
        return (min(len(window), MAX_SENTENCE),) * 2 if whole else None
    return at, at + 1


def sentence_end(window: str, whole: bool) -> tuple[int, int] | None:
    """Where the first sentence ends and where the white space after it does; None: not known yet."""
    at = 0
    while (stop := pattern(_STOP).search(window, at)) is not None and stop.start() < MAX_SENTENCE:
        mark, at = stop[0], stop.end()
        if mark == "\n":
            return _with_space(window, stop.start(), whole)
        if mark in _PARTNER:
            limit = stop.end() + MAX_QUOTATION
            close = window.find(_PARTNER[mark], at, limit)
            line = window.find("\n", at, limit)
            if close < 0 and line < 0 and len(window) < limit and not whole:
                return None
            if close < 0 or 0 <= line < close:
                continue
            at = close + 1
            if window[close - 1] not in ".!?。！？" or mark in "(（":
                continue
        while at < len(window) and window[at] in _CLOSERS:
            at += 1
        chinese = window[at - 1] in "。！？" or any(c in mark for c in "。！？")
        if (chinese or at == len(window) or window[at].isspace()) and not _is_number_or_short(
            window, stop
        ):
            return _with_space(window, at, whole)
    if not whole:
        return None
    if len(window) <= MAX_SENTENCE:
        return _with_space(window, len(window), whole)
    cut = window.rfind(" ", MAX_SENTENCE // 2, MAX_SENTENCE)
    return (MAX_SENTENCE, MAX_SENTENCE) if cut < 0 else _with_space(window, cut, whole)


def _is_number_or_short(window: str, stop: re.Match[str]) -> bool:
    if stop[0] != ".":
        return False
    word = re.search(r"[\w.]*$", window[max(0, stop.start() - 8) : stop.start()])
    before = word[0].lower() if word else ""
    line = window[: stop.start()].strip(" \t*#>-")
    return before in _ABBREVIATIONS or (before.isdigit() and line == before)


def _with_space(window: str, end: int, whole: bool) -> tuple[int, int] | None:
    """The body without trailing blanks; the space up to and with the last line break, or all blanks."""
    body = len(window[:end].rstrip())
    after = end
    while after < len(window) and window[after].isspace():
        after += 1
    if after == len(window) and not whole:
        return None
    newline = window.rfind("\n", body, after)
    return body, (newline + 1 if newline >= 0 else after)


def is_intro(marker: str, text: str) -> bool:
    """Whether a line promises others below it: a heading, a line in bold, a colon at its end."""
    bare = text.rstrip("*_ ")
    if bare.endswith((":", "：")):
        return True
    bold = text.startswith("**") and text.rstrip().endswith("**")
    heading = marker.lstrip().startswith("#") or text.startswith("#")
    return (bold or heading) and not pattern(_SAYS).search(bare)
