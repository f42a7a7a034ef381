"""HTTP on loopback for what clients ask: a model, a registry."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Respond(Protocol):
    def __call__(self, method: str, path: str, body: bytes) -> bytes | None:
        """The body of the answer; None is a 404."""


@contextmanager
def served(respond: Respond, content_type: str = "application/json") -> Iterator[str]:
    """Answers requests, one after the other, until it is left. Yields the address."""
    turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            with turn:
                body = respond(self.command, self.path, self.rfile.read(length))
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(b"not found" if body is None else body)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
