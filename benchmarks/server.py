"""The mock under load: requests beside a bare route, a thousand streams at once, memory.

    python benchmarks/server.py

Requests a second: `GET /api/credits/balance/simple` with its bearer and headers, answered by the
mock with journal and validation on, and the same bytes answered by one bare Starlette route under
the same server; Prism beside them, where `prism` is installed. Rounds in turn, 16 connections kept
alive, the median of each and its ratio to the bare route.

Streams: 1,000 clients read a message's stream at once from one process, each at least 20 events
over 5 s. An event of the agent-kit dialect says when it was made, so its delay is the time it came,
less that, less the pause the pace asks for. The memory is what the server grew by, at the worst.

Memory: what the server holds after each 2,000 of 12,000 requests; the journal is full after 1,000.
"""

from __future__ import annotations

import io
import json
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "nmv_usr_benchmark"
PATH = "/api/credits/balance/simple"
HEADERS = (
    "Host: 127.0.0.1\r\n"
    f"Authorization: Bearer {TOKEN}\r\n"
    "X-Skill-Source: benchmark\r\nX-Skill-Version: 1\r\nX-Skill-Platform: unknown\r\n"
    "User-Agent: benchmark\r\nAccept: */*\r\n"
)
GET = f"GET {PATH} HTTP/1.1\r\n{HEADERS}\r\n".encode()
JSON = "application/json"
BALANCE = {"code": 0, "message": "success", "data": {"available": 100, "frozen": 0, "total": 100}}
ROUNDS, SECONDS, CONNECTIONS = 7, 2.0, 16
STREAMS, STEPS, LASTING = 1000, 28, 5.0  # 28 steps are 21 events and 7 heartbeats
GAP = 0.05  # seconds between two events at pace 1 (mock_server.backend.turn)
WORDS = "turn my photo into a video"


def main() -> None:
    requests()
    streams()
    memory()


# Requests


def requests() -> None:
    programs = {"bare Starlette route": "bare", "the mock, journal and validation on": "mock"}
    if prism := shutil.which("prism"):
        programs["Prism"] = prism
    else:
        print("Prism is not installed (npm install -g @stoplight/prism-cli): left out.\n")
    rates: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, program in programs.items():
            with served(program) as said:
                port = said["port"]
                load(port, 1.0)  # Prism gets faster as it runs
                rates[name].append(load(port, SECONDS))
    bare = statistics.median(next(iter(rates.values())))
    print(f"{'GET ' + PATH:<40} requests/s   of the bare route")
    for name, found in rates.items():
        middle = statistics.median(found)
        print(f"{name:<40} {middle:>10,.0f}   {middle / bare:.2f}")
    print()


def load(port: int, seconds: float) -> float:
    """Requests a second, by as many connections as there are, each asking anew when answered."""
    answered = 0
    with selectors.DefaultSelector() as selector:
        for _ in range(CONNECTIONS):
            connection = connect(port)
            connection.sendall(GET)
            selector.register(connection, selectors.EVENT_READ, bytearray())
        began = time.perf_counter()
        while time.perf_counter() < began + seconds:
            for key, _ in selector.select():
                assert isinstance(key.fileobj, socket.socket)
                key.data.extend(key.fileobj.recv(65536))
                if not whole(key.data):
                    continue
                assert key.data.startswith(b"HTTP/1.1 200"), bytes(key.data)
                key.data.clear()
                answered += 1
                key.fileobj.sendall(GET)
        took = time.perf_counter() - began
        for key in list(selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
    return answered / took


def whole(answer: bytearray) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return len(body) >= int(length)


# Streams


@dataclass
class Reading:
    """One stream being read: what has come of it, and when."""

    rest: bytes = b""
    began: float = 0.0
    ended: float = 0.0
    delays: list[float] = field(default_factory=list)
    complete: bool = False


def streams() -> None:
    with served("streams") as said:
        said["sessions"] = [session_with_a_photo(said["port"]) for _ in range(STREAMS)]
        before = resident(said["pid"])
        readings, peak = read_streams(said)
    done = [reading for reading in readings if reading.complete]
    delays = sorted(delay for reading in done for delay in reading.delays)
    print(f"{len(readings)} streams at once: {len(done)} complete")
    print(
        f"  events each: {min(len(r.delays) for r in done)} to {max(len(r.delays) for r in done)}"
    )
    lasted = sorted(reading.ended - reading.began for reading in done)
    print(f"  each lasted: {lasted[0]:.2f} to {lasted[-1]:.2f} s")
    shares = {"median": 0.5, "p99": 0.99, "most": 1.0}
    for name, share in shares.items():
        delay = delays[min(int(len(delays) * share), len(delays) - 1)]
        print(f"  event delay, {name}: {delay * 1000:.1f} ms")
    print(f"  server memory: {(peak - before) / len(readings):.1f} KiB a stream")
    print()


@cache
def photo() -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (160, 90)).save(file, "PNG")
    return file.getvalue()


def session_with_a_photo(port: int) -> str:
    path = "/api/tasks/me/with-session/nemo_agent"
    session: str = ask(port, post(path, JSON, b'{"task_name":"project"}'))["session_id"]
    part = 'Content-Disposition: form-data; name="files"; filename="photo.png"'
    form = f"--b\r\n{part}\r\n\r\n".encode() + photo() + b"\r\n--b--\r\n"
    path = f"/api/upload-video/nemo_agent/me/{session}"
    ask(port, post(path, "multipart/form-data; boundary=b", form))
    return session


def read_streams(said: dict[str, Any]) -> tuple[list[Reading], int]:
    """Open a stream for each session and read them all to their end; the server's peak in KiB."""
    pause, peak, readings = said["pause"], 0, []
    with selectors.DefaultSelector() as selector:
        for session in said["sessions"]:
            reading = Reading(began=time.perf_counter())
            readings.append(reading)
            connection = connect(said["port"])
            connection.sendall(message(session))
            selector.register(connection, selectors.EVENT_READ, reading)
            drain(selector, 0.0, pause)
        look = 0.0
        while selector.get_map():
            drain(selector, 1.0, pause)
            if time.perf_counter() > look:
                peak, look = max(peak, resident(said["pid"])), time.perf_counter() + 0.25
    return readings, peak


def drain(selector: selectors.BaseSelector, timeout: float, pause: float) -> None:
    """Take in what has arrived."""
    for key, _ in selector.select(timeout):
        connection, reading = key.fileobj, key.data
        assert isinstance(connection, socket.socket)
        came = connection.recv(65536)
        now = time.time()
        *blocks, reading.rest = (reading.rest + came).split(b"\n\n")
        for block in blocks:
            if b"data: {" in block:
                made = json.loads(block[block.index(b"{") :])["timestamp"]
                reading.delays.append(now - made - pause)
        reading.complete = reading.rest.endswith(b"\r\n0\r\n\r\n")
        if reading.complete or not came:
            reading.ended = time.perf_counter()
            selector.unregister(connection)
            connection.close()


def post(path: str, kind: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\n{HEADERS}Content-Type: {kind}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def message(session: str) -> bytes:
    body = json.dumps(
        {
            "app_name": "nemo_agent",
            "user_id": "me",
            "session_id": session,
            "new_message": {"parts": [{"text": WORDS}]},
        }
    ).encode()
    return post("/run_sse", JSON, body)


# Memory


def memory() -> None:
    print("server memory after so many requests")
    with served("mock") as said:
        for count in range(0, 12_001, 2_000):
            if count:
                ask(said["port"], GET, 2_000)
            print(f"  {count:>6,}  {resident(said['pid']) / 1024:.1f} MiB")


def ask(port: int, request: bytes, times: int = 1) -> Any:
    """Send a request so many times over one connection; the `data` of the last answer."""
    with connect(port) as connection:
        for _ in range(times):
            connection.sendall(request)
            answer = bytearray()
            while not whole(answer):
                answer += connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200"), bytes(answer)
    return json.loads(answer.partition(b"\r\n\r\n")[2])["data"]


# Servers, each in a process of its own


@contextmanager
def served(program: str) -> Iterator[dict[str, Any]]:
    """Start a server: bare, mock, streams, or the path of Prism. What it says of itself."""
    if program in SERVERS:
        command = [sys.executable, __file__, program]
    else:
        port = free_port()
        description = ROOT / "mock_server" / "openapi" / "openapi.yaml"
        command = [program, "mock", "-p", str(port), "-h", "127.0.0.1", str(description)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        if program in SERVERS:
            said = json.loads(process.stdout.readline())
        else:
            while b"is listening" not in process.stdout.readline():
                pass
            said = {"port": port}
        yield {"pid": process.pid, **said}
    finally:
        process.kill()
        process.wait()


def serve(program: str) -> None:
    """In the process of the server: serve, say where, until stdin ends."""
    sys.path.insert(0, str(ROOT))
    from mock_server import Backend, Server, server

    if program == "bare":
        vars(server)["create_app"] = bare_app
    said: dict[str, Any] = {}
    if program == "streams":
        pause = LASTING / STEPS
        backend = Backend(dialect="adk", pace=pause / GAP, unlimited=True, renderer="instant")
        said["pause"] = pause
    else:
        backend = Backend(pace=0)
    backend.accounts.add(TOKEN, credits=100)
    with Server(backend) as running:
        port = int(running.url.rpartition(":")[2])
        print(json.dumps({"port": port, **said}), flush=True)
        sys.stdin.read()


def bare_app(*_: object, **__: object) -> Starlette:
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    body = json.dumps(BALANCE, separators=(",", ":")).encode()

    async def balance(request: object) -> Response:
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route(PATH, balance)])


SERVERS = ("bare", "mock", "streams")


def connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def resident(pid: int) -> int:
    """KiB of memory a process holds (Linux, /proc)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError(f"no VmRSS for process {pid}")


if __name__ == "__main__":
    serve(sys.argv[1]) if len(sys.argv) > 1 else main()
