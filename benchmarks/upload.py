"""A 200 MB upload: time beside curl, memory beside nothing.

    python benchmarks/upload.py

`image-to-video upload FILE` and `curl -F files=@FILE` in turn, against one sink that runs
beside them and only reads: first as fast as it can, which is faster than any network, so that
the client's start-up weighs as much as the file; then no faster than 1 Gbit/s. The median of
the rounds, and its ratio to curl's. Memory is the most the process ever held (ru_maxrss).
Beside them, where the client's time goes: the same command with a file of 1 MB; and the
SHA-256 of the large one, which `make` takes besides. Needs nothing but the skill.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

MIB = 1024 * 1024
SIZE = 200 * MIB  # the largest file the listing takes
HEAD = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
SINKS = {"as fast as it reads": (0, 15), "1 Gbit/s": (125_000_000, 5)}  # bytes/s, rounds


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / "large.mp4", Path(folder) / "small.mp4"
        write(large, SIZE)
        write(small, MIB)
        for name, (rate, rounds) in SINKS.items():
            sink = subprocess.Popen(
                [sys.executable, __file__, "sink", str(rate)], stdout=subprocess.PIPE
            )
            try:
                assert sink.stdout is not None
                url = sink.stdout.readline().decode().strip()
                took, held = compare(url, large, small, Path(folder) / "state", rounds)
            finally:
                sink.terminate()
                sink.wait()
            show(name, took, held)


def write(path: Path, size: int) -> None:
    """An MP4 by its head, and then noise."""
    noise = os.urandom(MIB)
    with path.open("wb") as file:
        file.write(HEAD + (size - len(HEAD)).to_bytes(4, "big") + b"mdat")
        while (left := size - file.tell()) > 0:
            file.write(noise[:left])


def compare(
    url: str, large: Path, small: Path, state: Path, rounds: int
) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Seconds of each round, and the most bytes held."""
    environ = {
        **{k: v for k, v in os.environ.items() if not k.startswith("PYTHON")},
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
        "NEMO_API_URL": url,
        "IMAGE_TO_VIDEO_HOME": str(state),
    }
    client = [sys.executable, "-m", "skill", "upload"]
    path = "/api/upload-video/nemo_agent/me/s1"
    programs = {
        "image-to-video upload": [*client, str(large)],
        "the same, 1 MB": [*client, str(small)],
    }
    if shutil.which("curl"):
        programs["curl -F"] = ["curl", "-sf", "-F", f"files=@{large}", url + path]
    else:
        print("curl is not there: nothing to hold the time against.")
    for program in programs.values():  # once unmeasured: token, project, bytecode
        run(program, environ)
    took: dict[str, list[float]] = {name: [] for name in [*programs, "SHA-256"]}
    held: dict[str, int] = {}
    for _ in range(rounds):
        for name, program in programs.items():
            seconds, memory = run(program, environ)
            took[name].append(seconds)
            held[name] = max(held.get(name, 0), memory)
        began = time.perf_counter()
        with large.open("rb") as file:
            hashlib.file_digest(file, "sha256")
        took["SHA-256"].append(time.perf_counter() - began)
    return took, held


def show(sink: str, took: dict[str, list[float]], held: dict[str, int]) -> None:
    middle = {name: statistics.median(times) for name, times in took.items()}
    print(f"{f'200 MB, {sink}':28}{'median s':>10}{'x curl':>10}{'max MB held':>14}")
    for name, value in middle.items():
        ratio = f"{value / middle['curl -F']:.2f}" if "curl -F" in middle else "-"
        most = f"{held[name] / MIB:.1f}" if name in held else "-"
        print(f"{name:28}{value:10.3f}{ratio:>10}{most:>14}")


def run(program: list[str], environ: dict[str, str]) -> tuple[float, int]:
    """Seconds it took, and the most bytes it held."""
    began = time.perf_counter()
    process = subprocess.Popen(
        program, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        assert process.stderr is not None
        raise SystemExit(f"{program} failed: {process.stderr.read().decode()}")
    return seconds, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


# ---------------------------------------------------------------- the sink, a process of its own

ANSWERS = {
    "/api/auth/anonymous-token": {
        "token": "nmv_usr_benchmark",
        "user_id": "anon_1",
        "credits": 100,
        "expires_at": "2099-01-01T00:00:00Z",
    },
    "/api/tasks/me/with-session/nemo_agent": {
        "task_id": "t1",
        "session_id": "s1",
        "user_id": "anon_1",
    },
    "/api/state/nemo_agent/me/s1/latest": {"session_id": "s1", "task_id": "t1", "state": {}},
    "/api/upload-video/nemo_agent/me/s1": {
        "files": [{"filename": "large.mp4", "file_type": "video", "cdn_url": "https://cdn/x"}],
        "session_state_applied": True,
    },
}


def sink(rate: int) -> None:
    """Serve on loopback, each connection on a thread; reads all, at `rate` bytes/s if it is
    not 0, and keeps nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, rate), daemon=True).start()


def serve(connection: socket.socket, rate: int) -> None:
    buffer = bytearray(MIB)
    with connection:
        while True:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            head, _, body = head.partition(b"\r\n\r\n")
            request, *lines = head.decode("latin-1").split("\r\n")
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
            if headers.get("expect") == "100-continue":
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            began, length = time.perf_counter(), int(headers.get("content-length", 0))
            read = len(body)
            while read < length:
                size = connection.recv_into(buffer)
                if not size:
                    return
                read += size
                if rate:
                    time.sleep(max(0.0, began + read / rate - time.perf_counter()))
            answer = {"code": 0, "message": "ok", "data": ANSWERS[request.split()[1]]}
            body = json.dumps(answer).encode()
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )


if __name__ == "__main__":
    sink(int(sys.argv[2])) if sys.argv[1:2] == ["sink"] else main()
