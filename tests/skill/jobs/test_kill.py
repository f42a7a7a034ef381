"""kill -9 at every request of a `make`, three times each, then `resume`: real processes, one file.

The process dies when a request begins to arrive, when the backend has carried it out but not
answered, and when the answer is on its way. Whatever was half done is gone on with: the same
file in the end, the message sent at most once, no photo twice, no render for nothing.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mock_server.http.endpoint import Endpoint
from mock_server.http.fault_injection import Wire
from tests.skill.conftest import start
from tests.waiting import HANGS

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from mock_server import Server
    from tests.skill.conftest import Ran

WORDS = ("-p", "turn my photos into a video, 3 seconds", "-o", "trip.mp4")


class Killer:
    """Kills a process at the `number`-th request it makes, at one of the three moments."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[str] = []
        self.number = -1
        self.moment = ""
        self.victim: subprocess.Popen[str] | None = None
        answer, finish = Endpoint._answer, Wire.finish

        async def _answer(endpoint: Any, call: Any, wire: Any) -> Any:
            number = len(self.requests)
            self.requests.append(call.entry.endpoint)
            self._at(number, "arriving")
            response = await answer(endpoint, call, wire)
            self._at(number, "carried out")
            wire.number = number
            return response

        def _finish(wire: Any, ended: str) -> None:
            finish(wire, ended)
            self._at(getattr(wire, "number", -2), "answered")

        monkeypatch.setattr(Endpoint, "_answer", _answer)
        monkeypatch.setattr(Wire, "finish", _finish)

    def _at(self, number: int, moment: str) -> None:
        if (number, moment) == (self.number, self.moment) and self.victim is not None:
            self.victim.kill()
            self.victim.wait()
            self.victim = None

    def aim(self, number: int, moment: str, victim: subprocess.Popen[str]) -> None:
        self.requests.clear()
        self.number, self.moment, self.victim = number, moment, victim


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
@pytest.mark.parametrize("moment", ["arriving", "carried out", "answered"])
def test_killed_at_every_request_then_resumed(
    server: Server,
    run: Callable[..., Ran],
    photos: list[Path],
    clip: bytes,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    journal, killer = server.backend.journal, Killer(monkeypatch)
    assert run("make", *photos, *WORDS).code == 0
    Path("trip.mp4").unlink()
    killer.requests.clear()
    assert run("make", *photos, *WORDS).code == 0
    Path("trip.mp4").unlink()
    requests = list(killer.requests)
    assert {*requests} == {"session", "upload", "state", "credits", "message", "render"} | {
        "render_status",
        "file",
    }
    unfinished = 0
    for number, endpoint in enumerate(requests):
        where = f"request {number} ({endpoint}), {moment}"
        server.backend.accounts.change(credits=100)
        journal.clear()
        worker = start("make", *photos, *WORDS)
        killer.aim(number, moment, worker)
        worker.wait(timeout=HANGS)
        assert worker.returncode in (-9, 0), where
        killer.number = -1
        resumed = run("resume", "--json")
        assert len(journal.messages()) <= 1, where
        if resumed.code == 11:
            # The stream was dropped, and this backend then stops the work: nothing to be had.
            assert endpoint == "message", where
            assert "No credits were taken." in resumed.answer["error"]["message"]
            assert run("cancel").code == 0
            unfinished += 1
            continue
        # 4: the work was done, and only the balance was still to be asked for.
        assert resumed.code in ((0, 4) if number > len(requests) - 3 else (0,)), where
        assert Path("trip.mp4").read_bytes() == clip, where
        for endpoint, times in (("upload", 3), ("render", 1)):
            taken = [call for call in journal.calls(endpoint) if call.code == 0]
            assert len(taken) == times, where
        assert run("jobs").out == "Nothing is unfinished.\n", where
        Path("trip.mp4").unlink()
    assert unfinished <= requests.count("message") == 1
