"""A backend behind TLS, and the proxies that lead to it, on real sockets of this machine."""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import trustme

from tests.waiting import HANGS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

HOST = "backend.test"
CREDITS = {"code": 0, "data": {"available": 7, "frozen": 0, "total": 7}}


@dataclass
class Backend:
    """A server of `https://backend.test`: every request gets the same answer. `ca` is the file of
    the company that has signed for it; `asked` what came, with its headers."""

    port: int
    ca: Path
    asked: list[tuple[str, dict[str, str]]]


@contextmanager
def tls_backend(folder: Path, until: datetime | None = None) -> Iterator[Backend]:
    """Serve a backend whose certificate only the company's own store knows. `until`: its last day."""
    company = trustme.CA()
    asked: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, dict(self.headers)))
            body = json.dumps(CREDITS).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing is logged."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not trust it goes away."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    company.issue_cert(HOST, "localhost", not_after=until).configure_cert(context)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    company.cert_pem.write_to_path(str(folder / "company.pem"))
    with running(server):
        yield Backend(server.server_address[1], folder / "company.pem", asked)


@dataclass
class Proxy:
    """A proxy that leads to one port, whatever it is asked for. `asked`: hosts and ports;
    `said`: the credentials it was given, "" without."""

    port: int = 0
    asked: list[tuple[str, int]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@contextmanager
def http_proxy(target: int, refusal: str = "") -> Iterator[Proxy]:
    """An HTTP proxy. `refusal`: the status, "407 Proxy Authentication Required", of all answers."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            place = self.rfile.readline().split()[1].decode()
            credentials = ""
            while (line := self.rfile.readline().strip()) != b"":
                name, _, value = line.decode().partition(": ")
                if name.lower() == "proxy-authorization":
                    credentials = value
            host, _, port = place.rpartition(":")
            proxy.asked.append((host, int(port)))
            proxy.said.append(credentials)
            self.wfile.write(
                f"HTTP/1.1 {refusal or '200 OK'}\r\nContent-Length: 0\r\n\r\n".encode()
            )
            if not refusal:
                _join(self.connection, target)

    proxy = Proxy()
    with listening(Handler) as proxy.port:
        yield proxy


@contextmanager
def socks_proxy(target: int, *, speaks: bool = True) -> Iterator[Proxy]:
    """A SOCKS 5 proxy, RFC 1928. One that does not speak takes the connection and is silent."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if not speaks:
                self.rfile.read()
                return
            _, count = self.rfile.read(2)
            methods = self.rfile.read(count)
            self.wfile.write(bytes([5, methods[0]]))
            if methods[0] == 2:  # RFC 1929
                _, length = self.rfile.read(2)
                user = self.rfile.read(length).decode()
                proxy.said.append(f"{user}:{self.rfile.read(self.rfile.read(1)[0]).decode()}")
                self.wfile.write(b"\x01\x00")
            _, _, _, kind, length = self.rfile.read(5)
            assert kind == 3, "the proxy is to resolve the name"
            host = self.rfile.read(length).decode()
            proxy.asked.append((host, int.from_bytes(self.rfile.read(2), "big")))
            self.wfile.write(b"\x05\x00\x00\x01" + bytes(6))
            _join(self.connection, target)

    proxy = Proxy()
    with listening(Handler) as proxy.port:
        yield proxy


@contextmanager
def babbler(answer: bytes) -> Iterator[int]:
    """A port where everybody is answered the same, and then hung up on."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(answer)

    with listening(Handler) as port:
        yield port


@contextmanager
def listening(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    """Have connections to a port of this machine handled; yields the port."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    with running(server):
        yield server.server_address[1]


@contextmanager
def running(server: socketserver.TCPServer) -> Iterator[None]:
    """Serve until the end of the block."""
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.socket.close()
        thread.join(HANGS)


def _join(client: socket.socket, port: int) -> None:
    """Carry bytes between a client and a port of this machine until one of them ends."""

    def carry(source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(65536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    with socket.create_connection(("127.0.0.1", port), HANGS) as server:
        back = threading.Thread(target=carry, args=(server, client), daemon=True)
        back.start()
        carry(client, server)
        back.join(HANGS)
