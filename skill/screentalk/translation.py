"""The backend's GUI talk → text for a user who has no screen, and the actions it stands for. Pure.

The backend answers as if there were buttons and panels. Read sentence by sentence: content is kept
word for word, a step in the interface goes out and leaves its action (contract: "click [button]" is
run through the API, "open [panel]" reads the state, "drag/drop" is an edit to be sent, "preview in
timeline" is the summary, the Export button is an export, account and billing are the credits).

In a mixed sentence the clauses with a step go, and those that cannot stand without them ("once
you're happy, …"). A heading, or a line that ends in a colon, goes if only steps followed it. What
stands in a code block is never a step. "You can export it now" is true without a screen too: it
stays, and its action is told.

The text arrives in pieces. A sentence is decided when it is whole and what follows it is there, so
that it makes no difference where the pieces are cut.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skill.screentalk.phrases import INSTEAD, GuiAction
from skill.screentalk.sentences import (
    LIST,
    MARK,
    MARKER,
    WINDOW,
    is_intro,
    line_end,
    pattern,
    sentence_end,
)
from skill.screentalk.steps import read

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["GuiAction", "Translation", "Translator", "sentences_for", "translate"]


@dataclass(frozen=True)
class Translation:
    """`text` may be empty; `actions` in the order they were found, each once."""

    text: str
    actions: tuple[GuiAction, ...]


def sentences_for(actions: Iterable[GuiAction]) -> tuple[str, ...]:
    """Choose what to tell a user where only steps were said: an English sentence for each action, in
    their order. `NONE` is told only if there is nothing else; no action at all gives nothing."""
    told = dict.fromkeys(actions)
    if len(told) > 1:
        told.pop(GuiAction.NONE, None)
    return tuple(INSTEAD[action] for action in told)


def translate(text: str) -> Translation:
    """The whole of a text at once."""
    translator = Translator()
    ready = translator.feed(text)
    rest = translator.close()
    return Translation(ready + rest.text, rest.actions)


class Translator:
    """The same for text that arrives in pieces: what is returned, joined, is `translate` of the whole."""

    def __init__(self) -> None:
        self._buffer = ""
        self._actions: dict[GuiAction, None] = {}
        self._gap = ""  # white space owed before the next content
        self._marker = ""  # "1. ", "- ", indentation: owed to the first content of this line
        self._held: list[str] = []  # headings, lines ending in a colon: until something stays below
        self._held_gap = ""
        self._stepped = False  # a step was taken out since the last content
        self._begun = False
        self._line_start = True
        self._code = False
        self._calm = True  # nothing in the buffer could end a sentence
        self._bold = False

    def feed(self, piece: str) -> str:
        """Text that is ready to be shown, "" if no sentence is whole yet."""
        self._buffer += piece
        if self._calm and len(self._buffer) < WINDOW and not pattern(MARK).search(piece):
            return ""
        ready = self._advance(closing=False)
        self._calm = not pattern(MARK).search(self._buffer)
        return ready

    def close(self) -> Translation:
        """The rest of the text, and the actions of all of it."""
        rest = self._advance(closing=True)
        if self._held and not self._stepped:
            rest += self._release()
        if not self._stepped:
            rest += self._gap
        return Translation(rest, tuple(self._actions))

    def _advance(self, *, closing: bool) -> str:
        out: list[str] = []
        at = 0
        while at < len(self._buffer):
            window = self._buffer[at : at + WINDOW]
            whole = closing or len(window) == WINDOW
            end_of = line_end if self._in_code(window) else sentence_end
            cut = end_of(window, whole)
            if cut is None:
                break
            body, space = window[: cut[0]], window[cut[0] : cut[1]]
            out.append(self._take(body, space))
            at += cut[1]
        self._buffer = self._buffer[at:]
        return "".join(out)

    def _in_code(self, window: str) -> bool:
        return self._code or (self._line_start and window.lstrip(" \t").startswith(("`", "~")))

    def _take(self, body: str, space: str) -> str:
        fence = self._line_start and body.lstrip().startswith(("```", "~~~"))
        verbatim = self._code or fence
        self._code ^= fence
        fresh, self._line_start = self._line_start, "\n" in space
        if fresh and not verbatim:
            marker = pattern(MARKER).match(body)
            self._marker, body = (marker[0], body[marker.end() :]) if marker else ("", body)
        result, actions = (body, []) if verbatim or not body else read(body)
        self._actions.update(dict.fromkeys(actions))
        tail = self._stepped and not fresh and not re.search(r"\w", body)
        if body and (not result or tail):
            return self._drop(body, space)
        if not body and not self._marker:
            self._gap += space
            return ""
        return self._emit(body, result, space, verbatim=verbatim, fresh=fresh)

    def _drop(self, body: str, space: str) -> str:
        self._stepped = True
        self._gap = (
            max(self._gap, space, key=lambda gap: gap.count("\n"))
            if self._begun or self._held
            else ""
        )
        if "\n" in space:
            self._marker = ""
        if body.count("**") % 2 == 0:
            return ""
        self._bold = not self._bold
        if self._bold:
            self._marker += "**"
            return ""
        if self._held:
            self._held.append("**")
            return ""
        return "**"

    def _emit(self, body: str, result: str, space: str, *, verbatim: bool, fresh: bool) -> str:
        listed = bool(pattern(LIST).match(self._marker))
        if self._held and self._stepped and not listed and "\n" in self._gap:
            self._held.clear()
            self._gap = max(self._gap, self._held_gap, key=lambda gap: gap.count("\n"))
            if not self._begun:
                self._gap = ""
        text = self._gap + self._marker + result
        if body.count("**") % 2 and not verbatim:
            if result.count("**") % 2 == 0 and self._bold:
                text += "**"
            self._bold = not self._bold
        intro = fresh and not verbatim and "\n" in space and is_intro(self._marker, result)
        if intro and not self._held:
            self._held_gap = self._gap
        self._gap, self._marker = space, ""
        if intro or (self._held and not result):
            self._stepped = self._stepped and bool(self._held)
            self._held.append(text)
            return ""
        self._stepped = False
        return self._release() + text

    def _release(self) -> str:
        text = "".join(self._held)
        self._held.clear()
        self._begun = True
        return text
