"""A token to be looked for: what it looks like in any form, and a backend that says it back.

`Wire` stands between the client and the mock: it hears every byte of a request, and puts the
caller's own bearer wherever an answer has a mark ("~RAW~", "~PCT~" …).
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

OWN = "canary-Q7f3'a\"9Zk/%41+e&=<mX\\2bT8?uW5"
"""A token of the user's own: it does not look like one, and has all that is ever escaped."""

GRAM = 12
"""Characters of a token that give it away: a half that is left by a cut counts too."""


# ---------------------------------------------------------------- what a token looks like


def forms(token: str) -> dict[str, str]:
    """The token as a careless program may write it, by name of the mark that stands for it."""
    raw = token.encode()
    return {
        "RAW": token,
        "PCT": quote(token, safe=""),
        "PLUS": quote_plus(token, safe="/"),
        "PCT2": quote(quote(token, safe=""), safe=""),
        "JSON": json.dumps(token)[1:-1],
        "JSON2": json.dumps(json.dumps(token)[1:-1])[1:-1],
        "HTML": html.escape(token),
        "REPR": repr({"Authorization": f"Bearer {token}"}),
        "B64": base64.b64encode(raw).decode(),
        "B64U": base64.urlsafe_b64encode(b"user:" + raw).decode(),
        "B64B": base64.b64encode(b"a:" + raw + b"\n").decode(),
        "HEX": raw.hex(),
    }


@cache
def marks(token: str) -> dict[str, str]:
    """What a mark of that name is replaced by: a form, or the token broken up."""
    half = len(token) // 2
    return {
        **forms(token),
        "ZWS": "\u200b".join(token),
        "HEAD": token[:half],
        "TAIL": token[half:],
        **{f"AT{n}": token[n : n + 1] for n in range(64)},
    }


@cache
def grams(token: str) -> tuple[str, ...]:
    """Pieces of the forms, one of which stands in every text with a good part of the token."""
    looks = forms(token)
    looks["REPR"] = repr(token)[1:-1]
    for name, lead in (("B64", 0), ("B64U", 5), ("B64B", 2)):
        looks[name] = looks[name][-(-lead * 4 // 3) : (lead + len(token)) * 4 // 3]
    texts = {*looks.values(), token.lower()}
    # The first piece of an anonymous token is the same in all of them, or nearly.
    first = GRAM if token.startswith("nmv_usr_") else 0
    pieces = {text[at : at + GRAM] for text in texts for at in range(first, len(text), GRAM)}
    pieces |= {text[-GRAM:] for text in texts}
    return tuple(sorted(piece for piece in pieces if len(piece) == GRAM))


def leaks(text: str, tokens: set[str]) -> list[str]:
    """Where a token shows in a text, with what stands around it."""
    found = []
    for token in tokens:
        for gram in grams(token):
            if (at := text.find(gram)) >= 0:
                found.append(text[max(0, at - 60) : at + GRAM + 40])
                break
    return found


# ---------------------------------------------------------------- a backend that says it back

_MARK = re.compile(rb"~([A-Z0-9]+)~")
_ENDPOINTS = tuple(
    (name, method, re.compile(path))
    for name, method, path in (
        ("token", "POST", r"/api/auth/anonymous-token"),
        ("session", "POST", r"/api/tasks/me/with-session/nemo_agent"),
        ("message", "POST", r"/run_sse"),
        ("upload", "POST", r"/api/upload-video/nemo_agent/me/[^/]+"),
        ("credits", "GET", r"/api/credits/balance/simple"),
        ("state", "GET", r"/api/state/nemo_agent/me/[^/]+/latest"),
        ("render", "POST", r"/api/render/proxy/lambda"),
        ("render_cancel", "POST", r"/api/render/proxy/lambda/[^/]+/cancel"),
        ("render_status", "GET", r"/api/render/proxy/lambda/[^/]+"),
        ("render_download", "GET", r"/api/render/proxy/[^/]+/download"),
        ("claim", "POST", r"/api/auth/claim-token"),
        ("file", "GET", r"/files/.*"),
    )
)


@dataclass
class Heard:
    """One request, as it came."""

    endpoint: str
    target: str
    headers: list[tuple[str, str]]
    body: bytearray = field(default_factory=bytearray)

    @property
    def bearer(self) -> str | None:
        return next((value for name, value in self.headers if name == "authorization"), None)

    @property
    def text(self) -> str:
        """All of it but the bearer."""
        rest = [f"{name}: {value}" for name, value in self.headers if name != "authorization"]
        return "\n".join([self.target, *rest, self.body.decode("utf-8", "replace")])


class Wire:
    """An ASGI application around the mock's. `alter` changes the JSON an endpoint answers with,
    `inject` is sent ahead of a message's stream; `told` counts the marks that were replaced."""

    def __init__(self) -> None:
        self.app: ASGIApp
        self.tokens: set[str] = set()
        self.clear()

    def clear(self) -> None:
        self.heard: list[Heard] = []
        self._last = "no-token-was-heard-yet"
        self.told = 0
        self.alter: dict[str, Callable[[Any], Any]] = {}
        self.inject = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]]
        method, path = scope["method"], scope["path"]
        endpoint = next(
            (name for name, m, p in _ENDPOINTS if m == method and p.fullmatch(path)), "unknown"
        )
        target = scope["raw_path"].decode("latin-1") + "?" + scope["query_string"].decode("latin-1")
        heard = Heard(endpoint, target, headers)
        self.heard.append(heard)
        if heard.bearer is not None:
            self._know(heard.bearer.removeprefix("Bearer "))
        injected, kind = self.inject if endpoint == "message" else b"", ""

        async def hear() -> Message:
            message = await receive()
            heard.body += message.get("body", b"")
            return message

        async def tell(message: Message) -> None:
            nonlocal injected, kind
            if message["type"] == "http.response.start":
                kind = dict(message["headers"]).get(b"content-type", b"").decode()
                message["headers"] = [
                    (name, self._say(value, ""))
                    for name, value in message["headers"]
                    if name != b"content-length" or endpoint == "file"
                ]
            elif body := message.get("body"):
                if "json" in kind and endpoint in self.alter:
                    answer = json.loads(body)
                    if answer.get("code", 0) == 0:
                        body = json.dumps(self.alter[endpoint](answer)).encode()
                if "json" in kind and endpoint == "token":
                    self._learn(body)
                message["body"] = self._say(injected + body, kind)
                injected = b""
            await send(message)

        await self.app(scope, hear, tell)

    def _learn(self, body: bytes) -> None:
        data = json.loads(body).get("data") if body.startswith(b"{") else None
        if isinstance(data, dict) and isinstance(data.get("token"), str):
            self._know(data["token"])

    def _know(self, token: str) -> None:
        self.tokens.add(token)
        self._last = token

    def _say(self, text: bytes, kind: str) -> bytes:
        def form(mark: re.Match[bytes]) -> bytes:
            self.told += 1
            said = marks(self._last)[mark[1].decode()]
            return (json.dumps(said)[1:-1] if "json" in kind or "event" in kind else said).encode()

        return _MARK.sub(form, text)


# ---------------------------------------------------------------- a server of somebody else's


@contextmanager
def elsewhere(clip: bytes, heard: list[str]) -> Iterator[str]:
    """Another host: gives out the clip, writes down what it is asked. Its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(f"{self.requestline}\n{self.headers}")
            self.send_response(200)
            self.send_header("Content-Length", str(len(clip)))
            self.end_headers()
            self.wfile.write(clip)

        do_POST = do_GET  # noqa: N815 - the name the library calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
