"""A token as a type of its own, whose text appears in nothing printed."""

from __future__ import annotations

from typing import NoReturn

from skill.errors import UsageError


class Token:
    """A bearer token. `reveal()` is the one way to its text, and is called in two places:
    the Authorization header and the vault."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        # A header value: visible ASCII and nothing else, so that it can neither break
        # out of its line nor fail deep inside the HTTP library with its text in the message.
        if not text or len(text) > 4096 or not all("!" <= c <= "~" for c in text):
            raise UsageError(
                "The token is not one: it is empty, or holds a space or a special character.",
                hint="Set NEMO_TOKEN to the token alone, without quotes or line breaks.",
            )
        self._text = text

    def reveal(self) -> str:
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
        return "[token]"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token is not pickled")
