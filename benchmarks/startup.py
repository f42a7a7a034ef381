"""What an agent pays before a command does anything: start-up, side by side in one run.

    python benchmarks/startup.py

Each round starts every program once, in turn, so that a busy machine slows all of them alike;
the median of the rounds is shown, and its ratio to the baseline it has to be held against.
Needs nothing but the skill; `credits` talks to a mock that runs beside it, and with --local to one
in the same process ([local]).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 25
PYTHON = sys.executable
SKILL = [PYTHON, "-m", "skill"]
HTTPX = "import httpx; httpx.AsyncClient()"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        mock = subprocess.Popen([*SKILL, "mock"], stdout=subprocess.PIPE, text=True, cwd=_root())
        try:
            assert mock.stdout is not None
            url = mock.stdout.readline().split()[-1]
            environ = {
                **{k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
                "NEMO_API_URL": url,
                "IMAGE_TO_VIDEO_HOME": str(Path(folder) / "state"),
            }
            subprocess.run(
                [*SKILL, "connect"], env=environ, check=True, capture_output=True, cwd=_root()
            )
            programs = {
                "python -c pass": [PYTHON, "-c", "pass"],
                "httpx + AsyncClient": [PYTHON, "-c", HTTPX],
                "route": [*SKILL, "route", "make it slower"],
                "headers": [*SKILL, "headers"],
                "--help": [*SKILL, "--help"],
                "credits (talks)": [*SKILL, "credits"],
                "--local credits": [*SKILL, "--local", "credits"],
            }
            times: dict[str, list[float]] = {name: [] for name in programs}
            for (
                program
            ) in programs.values():  # once unmeasured: bytecode is written, files are read
                subprocess.run(program, env=environ, check=True, capture_output=True, cwd=_root())
            for _ in range(ROUNDS):
                for name, program in programs.items():
                    began = time.perf_counter()
                    subprocess.run(
                        program, env=environ, check=True, capture_output=True, cwd=_root()
                    )
                    times[name].append((time.perf_counter() - began) * 1000)
        finally:
            mock.terminate()
            mock.wait()
    middle = {name: statistics.median(values) for name, values in times.items()}
    bare, httpx = middle["python -c pass"], middle["httpx + AsyncClient"]
    print(f"{'':22}{'median ms':>10}{'x python':>10}{'x httpx':>10}")
    for name, value in middle.items():
        print(f"{name:22}{value:10.1f}{value / bare:10.2f}{value / httpx:10.2f}")


def _root() -> Path:
    return Path(__file__).resolve().parents[1]


if __name__ == "__main__":
    main()
