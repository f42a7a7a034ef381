"""A token as a type of its own, whose text appears in nothing printed.

A backend, a proxy or a library may repeat a token all the same: `hide` takes out of a text
whatever tokens this process holds, as careless programs write them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NoReturn
from weakref import ref

from skill.errors import UsageError
from skill.i18n import say

MASK = "[token]"
_LONGEST = 4096  # characters
_HIDDEN_FROM = 6  # characters: what is shorter is no secret, and would be found in any text
_held: list[ref[Token]] = []


class Token:
    """A bearer token. `reveal()` is the one way to its text, and is called in two places:
    the Authorization header and the vault."""

    __slots__ = ("__weakref__", "_text")

    def __init__(self, text: str) -> None:
        # A header value: visible ASCII and nothing else, so that it can neither break
        # out of its line nor fail deep inside the HTTP library with its text in the message.
        if not 0 < len(text) <= _LONGEST or not all("!" <= c <= "~" for c in text):
            text = ""  # a traceback may be shown with its variables
            raise UsageError(
                say("The token is not one: it is empty, or holds a space or a special character."),
                hint=say("Set NEMO_TOKEN to the token alone, without quotes or line breaks."),
            )
        self._text = text
        if len(text) >= _HIDDEN_FROM:
            _held.append(ref(self, _held.remove))

    def reveal(self) -> str:
        """Its text."""
        return self._text

    @property
    def fingerprint(self) -> str:
        """Tells two tokens apart and gives neither away."""
        import hashlib

        return hashlib.sha256(self._text.encode()).hexdigest()[:16]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Token) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Token, self._text))

    def __repr__(self) -> str:
        return "Token(…)"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token is not pickled")


def hide(text: str) -> str:
    """`text` without any token that this process holds: as it is, percent-encoded, escaped as
    in JSON, Python or HTML, in base64 or in hex."""
    # A list, not a tuple: CPython 3.11 notes where the items stand, then makes room for the tuple,
    # and that may collect tokens, which take themselves out: it would read what has been freed.
    for secret in {token.reveal() for held in list(_held) if (token := held()) is not None}:
        forms, escaped = _looks(secret)
        for form in forms:
            text = text.replace(form, MASK)
        if escaped is not None and any(c in text for c in "%\\&"):
            text = escaped.sub(MASK, text)
    return text


@lru_cache(maxsize=16)
def _looks(secret: str) -> tuple[tuple[str, ...], re.Pattern[str] | None]:
    """The forms of a token that have no escapes; and what finds those that have some, where
    there is anything in it to be escaped."""
    from binascii import b2a_base64

    raw = secret.encode()
    forms = [secret, raw.hex(), raw.hex().upper()]
    for before in range(3):  # bytes that share the token's first group of four characters
        text = b2a_base64(bytes(before) + raw, newline=False).decode()
        core = text[-(-before * 4 // 3) : (before + len(raw)) * 4 // 3]
        forms += [core, core.replace("+", "-").replace("/", "_")]
    plain = re.fullmatch(r"[A-Za-z0-9._~-]+", secret)
    return tuple(dict.fromkeys(forms)), None if plain else re.compile(
        "".join(map(_escapable, secret))
    )


_ENTITIES = {'"': "quot", "&": "amp", "'": "(?:apos|#39)", "<": "lt", ">": "gt"}


def _escapable(char: str) -> str:
    """A pattern for one character of a token: itself, or escaped, however often."""
    if char.isalnum():
        return char
    code = f"{ord(char):02x}"
    digits = "".join(f"[{d}{d.upper()}]" if d.isalpha() else d for d in code)
    ways = [
        r"\\+" if char == "\\" else r"\\*" + re.escape(char),
        f"%(?:25)*{digits}",
        rf"\\+(?:u00|x){digits}",
        rf"&(?:amp;)*#(?:0*{ord(char)}|[xX]0*{digits});",
    ]
    if char in _ENTITIES:
        ways.append(f"&(?:amp;)*{_ENTITIES[char]};")
    return f"(?:{'|'.join(ways)})"
