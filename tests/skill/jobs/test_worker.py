"""The process dies at every step, and another goes on: same file, one message, no lost render."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from PIL import Image

from skill import local
from skill.clock import PacedClock
from skill.errors import UsageError
from skill.file_lock import Lock
from skill.jobs.job import Job, Step
from skill.jobs.store import Vault
from skill.settings.config import Config
from tests.skill.conftest import start
from tests.waiting import HANGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_server import Server
    from tests.skill.conftest import Ran

WORDS = ("-p", "turn my photos into a video, 3 seconds", "-o", "trip.mp4", "--json")


class Died(BaseException):
    """As if by kill -9: nothing of ours gets to tidy up."""


def dies_at(monkeypatch: pytest.MonkeyPatch, number: int, *, written: bool) -> list[Step]:
    """Let the process die at its `number`-th note of a job: just before it, or just after."""
    real = Vault.save
    steps: list[Step] = []

    def save(vault: Vault, job: Any, **more: Any) -> None:
        if len(steps) == number and not written:
            raise Died
        real(vault, job, **more)
        steps.append(job.step)
        if len(steps) == number + 1 and written:
            raise Died

    monkeypatch.setattr(Vault, "save", save)
    return steps


def notes_of_one_job(
    run: Callable[..., Ran], photos: list[Path], patch: pytest.MonkeyPatch
) -> list[Step]:
    with patch.context() as context:
        steps = dies_at(context, 10_000, written=True)
        assert run("make", *photos, *WORDS, "--sheet").code == 0
    Path("trip.mp4").unlink()
    Path("trip-sheet.jpg").unlink()
    return steps


def sheets_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import sys; open(sys.argv[3], 'w').write('a sheet'); print('made')"
    monkeypatch.setattr(
        local, "previews", lambda *words: [sys.executable, "-c", program, *map(str, words)]
    )


@pytest.mark.parametrize("written", [True, False], ids=["after", "before"])
def test_death_at_every_note_then_resume_ends_in_the_same_file(
    server: Server,
    run: Callable[..., Ran],
    photos: list[Path],
    clip: bytes,
    monkeypatch: pytest.MonkeyPatch,
    written: bool,
) -> None:
    sheets_at_once(monkeypatch)
    steps = notes_of_one_job(run, photos, monkeypatch)
    assert {*steps} == {*Step} - {Step.CANCELLED, Step.FAILED}
    journal = server.backend.journal
    for number in range(len(steps)):
        server.backend.accounts.change(credits=100)
        journal.clear()
        with monkeypatch.context() as context:
            dies_at(context, number, written=written)
            with pytest.raises((Died, BaseExceptionGroup)) as caught:
                run("make", *photos, *WORDS, "--sheet")
            assert caught.group_contains(Died) or isinstance(caught.value, Died)
        resumed = run("resume", "--json")
        if number == 0:  # not even the first note stands: nothing was sent either
            assert len(journal) == 0
            continue
        if written and steps[number] is Step.SENDING and not journal.messages():
            # Nobody can know that it was not sent: it is said so, and it is not sent.
            assert (resumed.code, resumed.answer["error"]["code"]) == (11, "unfinished")
            assert run("cancel").code == 0
            continue
        if resumed.code == 4:  # the last note was made: the work was done
            assert number == len(steps) - 1
        else:
            assert resumed.code == 0, (number, steps[number], resumed.answer)
        assert Path("trip.mp4").read_bytes() == clip
        assert len(journal.messages()) == 1
        assert len(journal.calls("render")) == 1
        assert len(journal.calls("upload")) == 3
        assert run("jobs").out == "Nothing is unfinished.\n"
        assert sorted(path.name for path in Path.cwd().iterdir()) == ["trip-sheet.jpg", "trip.mp4"]
        Path("trip.mp4").unlink()
        Path("trip-sheet.jpg").unlink()


def test_a_message_that_may_have_been_sent_is_looked_up_and_not_sent(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    server.backend.fail("message", reset=True)
    ran = run("make", *photos, *WORDS)
    error = ran.answer["error"]
    assert (ran.code, error["code"], error["retryable"]) == (11, "unfinished", False)
    assert "not sent a second time" in error["hint"]
    again = run("resume", "--json")
    assert (again.code, len(server.backend.journal.messages())) == (11, 1)


def test_an_answer_that_is_lost_after_the_work_was_done(
    server: Server, run: Callable[..., Ran], photos: list[Path], clip: bytes
) -> None:
    server.backend.fail("message", cut_after_bytes=0, reset=True)
    ran = run("make", *photos, *WORDS)
    assert ran.code == 0, ran.answer
    assert Path("trip.mp4").read_bytes() == clip
    assert len(server.backend.journal.messages()) == 1


@pytest.mark.parametrize("size", [1, 40, 200, 500, 900])
def test_a_stream_cut_after_so_many_bytes(
    server: Server, run: Callable[..., Ran], photos: list[Path], clip: bytes, size: int
) -> None:
    server.backend.fail("message", cut_after_bytes=size)
    ran = run("make", *photos, *WORDS)
    assert ran.code == 0, ran.answer
    assert Path("trip.mp4").read_bytes() == clip
    assert len(server.backend.journal.messages()) == 1


def test_an_upload_whose_answer_was_lost_is_not_made_again(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    server.backend.fail("upload", cut_after_bytes=0, reset=True)
    assert run("make", *photos, *WORDS).code == 0
    assert len(server.backend.journal.calls("upload")) == 3


def test_a_render_whose_answer_was_lost_is_looked_up_by_its_id(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    server.backend.fail("render", cut_after_bytes=0, reset=True)
    assert run("make", *photos, *WORDS).code == 0
    assert len(server.backend.journal.calls("render")) == 1


def test_a_message_that_was_refused_is_sent_by_resume(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    server.backend.fail("message", code=2001)
    assert run("make", *photos, *WORDS).code == 5
    assert run("resume").code == 0
    assert Path("trip.mp4").exists()


@pytest.mark.usefixtures("skipping_clock")
def test_a_render_that_is_stuck_is_left_for_later(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    server.backend.fail("render", outcome="stuck")
    ran = run("make", *photos, *WORDS)
    assert (ran.code, ran.answer["error"]["code"]) == (11, "unfinished")
    assert len(server.backend.journal.calls("render_status")) >= 3
    assert len(server.backend.journal.calls("render")) == 1


def test_an_error_told_inside_the_stream(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    body = (
        'data: {"type":"text","content":"Working. "}\n\ndata: {"error": "RuntimeError: boom"}\n\n'
    )
    server.backend.fail(
        "message", status=200, body=body, headers={"content-type": "text/event-stream"}
    )
    ran = run("make", *photos, *WORDS)
    assert (ran.code, ran.answer["error"]["code"]) == (10, "backend_failed")
    assert "RuntimeError: boom. Nothing was changed." in ran.answer["error"]["message"]
    assert run("jobs").out == "Nothing is unfinished.\n"


def test_a_generation_that_made_nothing(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    server.backend.fail(
        "message", status=200, body="", headers={"content-type": "text/event-stream"}
    )
    ran = run("make", *photos, *WORDS)
    assert (ran.code, ran.answer["error"]["code"]) == (10, "backend_failed")
    assert "timeline is empty" in ran.answer["error"]["message"]


class TestTwoAtOnce:
    """One worker a job, whoever else is asked to go on with it."""

    def test_several_resume_at_once_send_the_message_once(
        self, server: Server, run: Callable[..., Ran], photos: list[Path], tmp_path: Path
    ) -> None:
        home = tmp_path / "state"
        server.backend.fail("message", code=2001)
        assert run("make", *photos, *WORDS, "--home", home).code == 5
        server.backend.journal.clear()
        started = [start("resume", "--home", home) for _ in range(3)]
        codes = sorted(process.wait(timeout=HANGS) for process in started)
        assert codes.count(0) >= 1
        assert {*codes} <= {0, 11, 4}
        assert len(server.backend.journal.messages()) == 1
        assert len(server.backend.journal.calls("render")) == 1

    def test_a_new_target_does_not_write_over_what_a_worker_has_noted_since(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        monkeypatch: pytest.MonkeyPatch,
        home: Path,
    ) -> None:
        server.backend.fail("message", code=2001)
        job_id = run("make", *photos, *WORDS).answer["error"]["job"]
        worker = Vault.open(Config.resolve().home)
        lock = worker.lock(job_id)
        real = Vault.pick

        def pick(vault: Vault, *of_which: Any) -> Job:
            found = real(vault, *of_which)
            # Between the look and the lock, a worker takes the job and sends its message.
            assert lock.take()
            job = worker.job(job_id)
            job.step = Step.SENDING
            worker.save(job)
            return found

        monkeypatch.setattr(Vault, "pick", pick)
        assert run("resume", "-o", "other.mp4", "--json").code == 11
        assert worker.job(job_id).step is Step.SENDING
        lock.release()
        worker.close()

    def test_a_job_that_another_gave_up_meanwhile_is_not_gone_on_with(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        server.backend.fail("message", code=2001)
        job = run("make", *photos, *WORDS).answer["error"]["job"]
        server.backend.journal.clear()
        real = Lock.take

        def take(lock: Lock) -> bool:
            monkeypatch.setattr(Lock, "take", real)
            assert start("cancel", job).wait(timeout=HANGS) == 0
            return real(lock)

        monkeypatch.setattr(Lock, "take", take)
        ran = run("resume", job, "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (4, "not_found")
        assert server.backend.journal.messages() == []

    def test_a_job_that_another_finished_meanwhile_is_not_done_again(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        server.backend.fail("message", code=2001)
        job = run("make", *photos, *WORDS).answer["error"]["job"]
        server.backend.journal.clear()
        real = Lock.take

        def take(lock: Lock) -> bool:
            monkeypatch.setattr(Lock, "take", real)
            assert start("resume", job).wait(timeout=HANGS) == 0
            return real(lock)

        monkeypatch.setattr(Lock, "take", take)
        assert run("resume", job, "--json").code == 0
        assert len(server.backend.journal.messages()) == 1


class TestWhatIsDoneIsDone:
    """After the work nothing may fail for want of an answer that only decorates it."""

    def test_a_clip_is_handed_over_though_the_balance_cannot_be_read(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("credits", status=500, after=1, times=None)
        ran = run("make", *photos, *WORDS)
        assert ran.code == 0
        assert ran.answer["data"]["credits_after"] is None
        assert Path("trip.mp4").is_file()

    def test_an_answer_is_told_though_the_state_cannot_be_read_again(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        run("upload", *photos)
        server.backend.fail("state", status=500, after=2, times=None)
        ran = run("chat", "turn my photos into a video", "--json")
        assert ran.code == 0, ran.answer
        assert ran.answer["data"]["summary"].startswith("Timeline (2 tracks)")

    def test_an_answer_that_changed_nothing_is_kept_too(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        run("upload", *photos)
        server.backend.fail("state", status=500, after=1, times=5)
        asked = run("chat", "what can you do?", "--json")
        assert (asked.code, asked.answer["error"]["code"]) == (9, "network")
        resumed = run("resume", asked.answer["error"]["job"], "--json")
        assert resumed.code == 0, resumed.answer
        assert resumed.answer["data"]["text"].startswith("I can turn your photos into a video")
        assert len(server.backend.journal.messages()) == 1

    def test_resume_of_a_job_that_is_done_answers_as_it_did(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        made = run("make", *photos, *WORDS).answer["data"]
        again = run("resume", made["job"], "--json")
        assert (again.code, again.answer["data"]["file"]) == (0, made["file"])
        assert len(server.backend.journal.messages()) == 1

    def test_a_failed_make_leaves_the_project_before_as_it_was(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        run("make", *photos, *WORDS)
        before = run("status", "--json").answer["data"]
        server.backend.fail("message", code=2001)
        assert run("make", *photos, "--json").code == 5
        assert run("status", "--json").answer["data"] == before

    def test_another_file_in_its_place_is_not_taken_for_the_clip(
        self, server: Server, run: Callable[..., Ran], photos: list[Path], clip: bytes
    ) -> None:
        for endpoint in ("file", "render_download"):
            server.backend.fail(endpoint, status=500, times=9)
        assert run("make", *photos, *WORDS).code == 9
        server.backend.faults.clear()
        other = clip + b"\x00\x00\x00\x08free"
        Path("trip.mp4").write_bytes(other)
        ran = run("resume", "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
        elsewhere = run("resume", "-o", "mine.mp4", "--json")
        assert elsewhere.answer["data"]["file"] == str(Path.cwd() / "mine.mp4")
        assert Path("trip.mp4").read_bytes() == other
        assert Path("mine.mp4").read_bytes() == clip

    def test_a_name_of_our_own_that_was_taken_meanwhile_is_replaced_by_another(
        self, server: Server, run: Callable[..., Ran], photos: list[Path], clip: bytes
    ) -> None:
        server.backend.fail("render", status=500, times=9)
        assert run("make", *photos, "--json").code == 9
        server.backend.faults.clear()
        Path("cat.mp4").write_text("precious")
        assert run("resume", "--json").answer["data"]["file"] == str(Path.cwd() / "cat-2.mp4")
        assert Path("cat.mp4").read_text() == "precious"


def test_two_photos_of_one_name_are_both_sent(
    server: Server, run: Callable[..., Ran], photos: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    Image.new("RGB", (96, 64), "red").save(folder / "cat.png")
    server.backend.fail("upload", after=1, reset=True)
    assert run("make", photos[0], folder / "cat.png", *WORDS).code == 0
    media = run("status", "--json").answer["data"]["media"]
    assert sorted(item["filename"] for item in media) == ["cat-2.png", "cat.png"]


class TestAfterACut:
    """The stream broke; what came of the message is read off the project."""

    FIRST: ClassVar = {"tt": 0, "sg": [{"d": 3000, "name": "cat"}]}
    SECOND: ClassVar = {"tt": 1, "sg": [{"d": 3000, "name": "Lo-fi"}]}

    def state_answer(self, *tracks: Any) -> dict[str, Any]:
        return {"code": 0, "data": {"session_id": "s", "state": {"draft": {"t": [*tracks]}}}}

    def held(self, frozen: int) -> dict[str, Any]:
        return {
            "code": 0,
            "data": {"available": 100 - frozen, "frozen": frozen, "total": 100},
        }

    def test_both_stages_of_a_generation_are_waited_for(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        fail = server.backend.fail
        fail("message", reset=True)
        fail("state", after=1, times=2, body=self.state_answer(self.FIRST))
        fail("state", after=3, times=None, body=self.state_answer(self.FIRST, self.SECOND))
        fail("credits", after=1, times=2, body=self.held(100))
        ran = run("make", *photos, *WORDS)
        assert ran.code == 0, ran.answer
        assert "cat" in ran.err
        assert "The backend is still at it." in ran.err
        (render,) = server.backend.journal.calls("render")
        assert render.body["draft"]["t"] == [self.FIRST, self.SECOND]
        assert len(server.backend.journal.messages()) == 1

    @pytest.mark.parametrize(
        ("after", "told"),
        [
            ({"available": 100, "frozen": 0, "total": 100}, "No credits were taken."),
            ({"available": 40, "frozen": 0, "total": 40}, "60 credits were taken."),
            ({"available": 0, "frozen": 100, "total": 100}, "100 credits are held"),
        ],
    )
    def test_what_the_balance_says_of_it_is_told(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        after: dict[str, int],
        told: str,
    ) -> None:
        server.backend.fail("message", reset=True)
        server.backend.fail("credits", after=1, times=None, body={"code": 0, "data": after})
        error = run("make", *photos, *WORDS).answer["error"]
        assert (error["code"], error["retryable"]) == ("unfinished", False)
        assert told in error["message"]

    def test_five_looks_and_one_more_and_then_it_is_given_back(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("message", reset=True)
        assert run("make", *photos, *WORDS).code == 11
        states = server.backend.journal.calls("state")
        assert len(states) == 1 + 6  # before the message; after 30 s, and five times after 60 s


class TestTheProjectIsGone:
    """1002: a new project is taken only where nothing is lost by it."""

    @pytest.mark.parametrize(("endpoint", "after"), [("upload", 0), ("upload", 2), ("state", 0)])
    def test_before_the_message_the_photos_are_sent_to_a_new_one(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        clip: bytes,
        endpoint: str,
        after: int,
    ) -> None:
        server.backend.fail(endpoint, code=1002, after=after)
        ran = run("make", *photos, *WORDS)
        assert ran.code == 0, ran.answer
        assert Path("trip.mp4").read_bytes() == clip
        journal = server.backend.journal
        assert (len(journal.calls("session")), len(journal.messages())) == (2, 1)
        last = journal.calls("session")[-1].session
        taken = [call for call in journal.calls("upload", session=last) if call.code == 0]
        assert len(taken) == 3

    def test_once_and_not_for_ever(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("upload", code=1002, times=None)
        ran = run("make", *photos, *WORDS)
        assert (ran.code, ran.answer["error"]["code"]) == (4, "not_found")
        assert len(server.backend.journal.calls("session")) == 2

    def test_after_the_message_it_is_said(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("state", code=1002, after=1)
        ran = run("make", *photos, *WORDS)
        assert (ran.code, ran.answer["error"]["code"]) == (4, "not_found")
        assert len(server.backend.journal.calls("session")) == 1
        assert run("resume").code == 0  # it was the backend's slip: the job goes on

    def test_a_chat_in_a_project_with_nothing_in_it_takes_a_new_one(
        self, server: Server, run: Callable[..., Ran]
    ) -> None:
        run("connect")
        server.backend.fail("state", code=1002)
        assert run("chat", "what can you do?").code == 0
        assert len(server.backend.journal.calls("session")) == 2


class TestTheVaultFails:
    """A disk that fills up while a job is under way: an error, and nothing is lost or paid twice."""

    def test_at_every_note_then_resume_ends_in_the_same_file(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        clip: bytes,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        sheets_at_once(monkeypatch)
        steps = notes_of_one_job(run, photos, monkeypatch)
        journal = server.backend.journal
        for number in range(len(steps)):
            server.backend.accounts.change(credits=100)
            journal.clear()
            with monkeypatch.context() as context:
                fills_up_at(context, number)
                ran = run("make", *photos, *WORDS, "--sheet")
            if steps[number] in (Step.DELIVERED, Step.DONE):  # that alone cannot be noted
                assert ran.answer["data"]["file"] == str(Path("trip.mp4").absolute())
                assert ran.answer["data"]["sheet"] == str(Path("trip-sheet.jpg").absolute())
                assert "full" in ran.err
            else:
                error = ran.answer["error"]
                assert (ran.code, error["code"]) == (2, "usage")
                assert "full" in error["message"]
                if number == 0:
                    assert len(journal) == 0
                    continue
                assert error["job"], (number, steps[number])
            resumed = run("resume", "--json")
            assert resumed.code == 0, (number, steps[number], resumed.answer)
            assert Path("trip.mp4").read_bytes() == clip
            assert len(journal.messages()) == 1
            assert len(journal.calls("render")) == 1
            Path("trip.mp4").unlink()
            Path("trip-sheet.jpg").unlink()


def fills_up_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """From its `number`-th note on, the vault cannot grow."""
    real = Vault.save
    seen = 0

    def save(vault: Vault, job: Any, **more: Any) -> None:
        nonlocal seen
        seen += 1
        if seen > number:
            raise UsageError(f"{vault.folder} cannot be used: database or disk is full.")
        real(vault, job, **more)

    monkeypatch.setattr(Vault, "save", save)


def test_a_local_job_whose_process_died_with_the_message_says_it_again(
    run: Callable[..., Ran], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its backend died with it and charges nothing: what was not done by then never will be."""
    with monkeypatch.context() as context:
        steps = dies_at(context, 10_000, written=True)
        assert run("make", "--local", *photos, "--resolution", "480p", *WORDS).code == 0
    Path("trip.mp4").unlink()
    with monkeypatch.context() as context:
        dies_at(context, steps.index(Step.SENDING), written=True)
        with pytest.raises((Died, BaseExceptionGroup)):
            run("make", "--local", *photos, "--resolution", "480p", *WORDS)
    assert run("resume", "--local", "--json").code == 0
    assert Path("trip.mp4").is_file()


def test_a_balance_that_cannot_be_read_does_not_hold_up_the_work(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    server.backend.fail("credits", status=500, times=None)
    ran = run("make", *photos, *WORDS)
    assert ran.code == 0
    assert ran.answer["data"]["credits_before"] is None


class TestARefusalThatMayBeNone:
    """Only what surely was not carried out may be sent again."""

    @pytest.mark.parametrize(
        "answer",
        [
            {"status": 504, "body": {"code": 10504, "message": "upstream timeout"}},
            {"status": 500, "body": {"code": -1}},
            {"status": 200, "body": {"code": 5000, "message": "internal error"}},
            {"status": 200, "body": {"success": False, "error": "timed out"}},
            {"status": 409, "body": {"code": 409}},
            {"status": 418, "body": {"code": 418}},
        ],
        ids=lambda answer: str(answer["body"]),
    )
    def test_an_answer_that_leaves_it_open_is_looked_up(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        monkeypatch: pytest.MonkeyPatch,
        answer: dict[str, Any],
    ) -> None:
        server.backend.fail("message", **answer)
        assert run("make", *photos, *WORDS).code == 11
        assert run("resume").code == 11
        assert len(server.backend.journal.messages()) == 1

    def test_a_photo_that_is_another_one_now_is_not_sent(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("upload", status=503, times=9)
        assert run("make", *photos, *WORDS).code == 9
        server.backend.faults.clear()
        server.backend.journal.clear()
        before = photos[0].read_bytes()
        photos[0].write_bytes(photos[1].read_bytes())
        ran = run("resume", "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
        assert "no longer the file it was" in ran.answer["error"]["message"]
        assert server.backend.journal.messages() == []
        photos[0].write_bytes(before)
        assert run("resume").code == 0

    def test_a_refused_message_whose_renewal_is_cut_off_is_no_lost_message(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        run("connect")
        server.backend.fail("message", code=1001)
        server.backend.fail("token", reset=True, times=2)
        assert run("make", *photos, *WORDS).code == 9
        server.backend.accounts.change(expire=True)
        assert run("resume").code == 0
        accepted = [c for c in server.backend.journal.calls("message") if c.code == 0]
        assert len(accepted) == 1

    def test_a_lock_that_was_cleared_away_does_not_send_it_twice(
        self, server: Server, run: Callable[..., Ran], photos: list[Path], tmp_path: Path
    ) -> None:
        home = tmp_path / "state"
        server.backend.configure(pace=1.0)
        server.backend.fail("credits", delay=2)
        first = start("make", *photos, *WORDS, "--home", home, "--pace", "1", read=True)
        while not server.backend.journal.calls("credits"):
            assert first.poll() is None
        for lock in (home / "locks").glob("job_*.lock"):
            lock.unlink()
        server.backend.configure(pace=0.0)
        assert run("resume", "--home", home).code == 0
        out, _ = first.communicate(timeout=HANGS)
        assert json.loads(out)["error"]["code"] == "unfinished"
        assert len(server.backend.journal.messages()) == 1
        assert run("jobs", "--home", home).out == "Nothing is unfinished.\n"

    def test_two_renders_of_one_moment_are_two(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(PacedClock, "wall", lambda clock: datetime(2026, 1, 2, tzinfo=UTC))
        for name in ("one.mp4", "two.mp4"):
            assert run("make", photos[0], "-o", name).code == 0
            server.backend.accounts.change(credits=100)
        renders = server.backend.journal.calls("render")
        assert [call.code for call in renders] == [0, 0]
        assert len({call.body["id"] for call in renders}) == 2


class TestStoppedAtTheEnd:
    def test_a_balance_that_does_not_come_holds_nothing_up(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("skill.jobs.connection._SOON", 0.1)
        server.backend.configure(pace=0.01)
        server.backend.fail("credits", delay=400, after=1)
        ran = run("make", *photos, *WORDS, "--pace", "0.001", "--json")
        assert ran.code == 0
        assert ran.answer["data"]["credits_before"] == 100
        assert ran.answer["data"]["credits_after"] is None

    def test_the_cost_told_again_is_that_of_the_job(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        first = run("make", *photos, *WORDS, "--json").answer["data"]
        assert run("chat", "make it slower").code == 0
        again = run("resume", first["job"], "--json").answer["data"]
        assert again["credits_after"] == first["credits_after"] == 50

    @pytest.mark.usefixtures("skipping_clock")
    def test_a_cancel_that_cannot_reach_the_backend_is_one_all_the_same(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("render", outcome="stuck")
        job = run("make", *photos, *WORDS).answer["error"]["job"]
        server.backend.fail("render_cancel", reset=True)
        assert run("cancel", "--json").answer["data"] == {"job": job, "step": "cancelled"}

    def test_why_a_job_failed_is_no_invitation_to_try_again(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("session", status=503, times=2)
        assert run("make", *photos, *WORDS).answer["error"]["retryable"] is True
        with closing(sqlite3.connect(Config.resolve().home / "vault.db")) as database:
            ((job,),) = database.execute("SELECT id FROM jobs")
        error = run("resume", job, "--json").answer["error"]
        assert (error["code"], error["retryable"]) == ("network", False)
        handed = run("resume", job, "--no-wait")
        assert handed.out.startswith(f"{job} is failed already.")
