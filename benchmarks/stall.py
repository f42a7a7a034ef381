"""How long the event loop stands still while a clip of 190 MB is uploaded.

    python benchmarks/stall.py [OTHER_CHECKOUT ...]

`Studio.upload` runs beside a task that wants to wake every 2 ms; what is shown is by how much it
woke too late, the longest first, for this version and for every other checkout that is named, in
turn. The clip says where it was taken, so it is hashed, stripped, hashed again and sent. The mock
that it is sent to is a process of its own. Needs [local].
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024
SIZE = 190 * MIB
ROUNDS = 3
BEAT = 0.002  # s between two heartbeats
IDLE = 3.0  # s in which nothing else is done: what the machine makes of that
SHOWN = 6  # gaps
ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    checkouts = [ROOT, *(Path(name).resolve() for name in sys.argv[1:])]
    with tempfile.TemporaryDirectory() as folder, mock(Path(folder) / "mock") as url:
        clip = Path(folder) / "clip.mp4"
        write(clip)
        for number in range(ROUNDS):
            for checkout in checkouts:
                state = Path(folder) / f"{number}-{checkouts.index(checkout)}"
                print(f"{measured(checkout, clip, url, state):70}{checkout}", flush=True)


def write(path: Path) -> None:
    """A second of film that says where it was taken, and a box of noise behind it."""
    with av.open(str(path), "w", format="mp4") as container:
        container.metadata["location"] = "+52.52+013.40/"
        picture = container.add_stream("libx264", rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 36, "yuv420p"
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((36, 64, 3), number * 20, np.uint8))
            container.mux(picture.encode(frame))
        container.mux(picture.encode())
    noise = os.urandom(MIB)
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", SIZE - file.tell(), b"free"))
        while (left := SIZE - file.tell()) > 0:
            file.write(noise[:left])


@contextmanager
def mock(folder: Path) -> Iterator[str]:
    """Run a mock in a process of its own; yields its URL."""
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "skill", "mock"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait()


def measured(checkout: Path, clip: Path, url: str, state: Path) -> str:
    """Upload the clip with the skill of a checkout; returns a line of what it took."""
    ran = subprocess.run(
        [sys.executable, __file__, "upload", str(clip)],
        env={
            **os.environ,
            "PYTHONPATH": str(checkout),
            "NEMO_API_URL": url,
            "IMAGE_TO_VIDEO_HOME": str(state),
        },
        cwd=checkout,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


def upload(clip: Path) -> None:
    """Upload a clip with the skill that is found first, and print the longest gaps."""
    import anyio

    from skill import Config, Studio

    late: list[float] = []
    idle: list[float] = []

    async def beat() -> None:
        due = time.perf_counter() + BEAT
        while True:
            await anyio.sleep(BEAT)
            now = time.perf_counter()
            late.append(now - due)
            due = now + BEAT

    async def run() -> None:
        async with Studio.open(Config.resolve()) as studio:
            await studio.credits()  # a token, and what is imported once
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(beat)
                await anyio.sleep(IDLE)
                idle.append(max(late))
                late.clear()
                await studio.upload([clip])
                tasks.cancel_scope.cancel()

    anyio.run(run)
    gaps = "".join(f"{gap * 1000:6.0f}" for gap in sorted(late, reverse=True)[:SHOWN])
    print(f"{gaps} ms late; {idle[0] * 1000:.0f} where nothing is done")


if __name__ == "__main__":
    upload(Path(sys.argv[2])) if sys.argv[1:2] == ["upload"] else main()
