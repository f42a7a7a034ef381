"""The same command again, while the first is unfinished, sends nothing and names the `resume`."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import skill
from tests.skill.conftest import start
from tests.waiting import HANGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_server import Server
    from tests.skill.conftest import Ran

    Run = Callable[..., Ran]

WORDS = ("-p", "turn my photos into a video, 3 seconds", "-o", "trip.mp4")


def sent(server: Server) -> int:
    """Messages that the backend took."""
    return len([call for call in server.backend.journal.calls("message") if call.code == 0])


def job_of(ran: Ran) -> str:
    """The job that an answer to the same again names."""
    error = ran.answer["error"]
    assert (ran.code, error["code"], error["retryable"]) == (11, "unfinished", False)
    assert f"resume {error['job']}" in ran.answer["next"][0]
    return str(error["job"])


def stopped(run: Run, server: Server, *words: object) -> str:
    """A job whose message was carried out, and whose answer was lost."""
    server.backend.fail("message", cut_after_bytes=0, reset=True)
    server.backend.fail("state", status=500, times=None, after=1)
    ran = run(*words, "--json")
    server.backend.faults.clear()
    assert ran.code == 9
    return str(ran.answer["error"]["job"])


class TestMake:
    def test_it_is_gone_on_with_and_paid_for_once(
        self, server: Server, run: Run, photos: list[Path]
    ) -> None:
        job = stopped(run, server, "make", *photos, *WORDS)
        assert job_of(run("make", *photos, *WORDS, "--json")) == job
        assert job_of(run("make", *photos, *WORDS, "--no-wait", "--json")) == job
        assert run("resume", job).code == 0
        assert sent(server) == 1
        assert Path("trip.mp4").is_file()

    def test_files_are_the_same_by_their_content(
        self, server: Server, run: Run, photos: list[Path], tmp_path: Path
    ) -> None:
        job = stopped(run, server, "make", *photos, *WORDS)
        copies = []
        for number, photo in enumerate(photos):
            copies.append(tmp_path / f"copy-{number}{photo.suffix}")
            shutil.copy(photo, copies[-1])
        assert job_of(run("make", *copies, *WORDS[:2], "-o", "other.mp4", "--json")) == job
        assert sent(server) == 1

    @pytest.mark.parametrize(
        "other",
        [
            ("-p", "another video of them", "-o", "trip.mp4"),
            (*WORDS, "--title", "Sea"),
            (*WORDS, "--aspect", "9:16"),
        ],
    )
    def test_other_words_are_other_work(
        self, server: Server, run: Run, photos: list[Path], other: tuple[str, ...]
    ) -> None:
        server.backend.accounts.change(credits=1000)
        stopped(run, server, "make", *photos, *WORDS)
        assert run("make", *photos, *other).code == 0
        assert sent(server) == 2

    def test_other_photos_or_another_order_are_other_work(
        self, server: Server, run: Run, photos: list[Path]
    ) -> None:
        stopped(run, server, "make", *photos, *WORDS)
        assert run("make", *photos[::-1], *WORDS).code == 0
        assert sent(server) == 2

    def test_it_can_be_meant(self, server: Server, run: Run, photos: list[Path]) -> None:
        stopped(run, server, "make", *photos, *WORDS)
        assert run("make", *photos, *WORDS, "--new").code == 0
        assert sent(server) == 2

    def test_what_is_done_or_given_up_stands_in_no_ones_way(
        self, server: Server, run: Run, photos: list[Path]
    ) -> None:
        run("cancel", stopped(run, server, "make", *photos, *WORDS))
        assert run("make", *photos, *WORDS).code == 0
        server.backend.accounts.change(credits=1000)
        assert run("make", *photos, *WORDS[:2], "-o", "b.mp4").code == 0
        assert sent(server) == 3

    def test_a_dry_run_tells_it(self, server: Server, run: Run, photos: list[Path]) -> None:
        job = stopped(run, server, "make", *photos, *WORDS)
        ran = run("make", *photos, *WORDS, "--dry-run", "--json")
        assert (ran.code, ran.answer["data"]["under_way"]) == (0, job)
        assert f"resume {job}" in ran.answer["next"][0]
        ran = run("make", *photos, *WORDS, "--dry-run", "--new", "--json")
        assert (ran.answer["data"]["under_way"], ran.answer["next"]) == (None, [])

    def test_on_this_machine_nothing_is_paid_for(
        self, run: Run, photos: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("skill.jobs.worker._STEPS", {})
            assert run("make", "--local", *photos, *WORDS).code == 1
        assert "make" in run("jobs", "--local").out
        assert run("make", "--local", *photos, *WORDS).code == 0


def test_eight_processes_at_once_send_once(
    server: Server, run: Run, photos: list[Path], tmp_path: Path
) -> None:
    home = ("--home", tmp_path / "state")
    run("connect", *home)
    all_of_them = [
        start("make", *photos, *WORDS[:2], "-o", f"{number}.mp4", *home, "--json", read=True)
        for number in range(8)
    ]
    answers = [json.loads(one.communicate(timeout=HANGS)[0]) for one in all_of_them]
    done = [answer["data"]["job"] for answer in answers if answer["ok"]]
    others = [answer["error"] for answer in answers if not answer["ok"]]
    assert {(error["code"], error["job"]) for error in others} == {("unfinished", *done)}
    assert sent(server) == 1


def test_what_was_done_since_it_was_asked_for_is_not_done_again(
    server: Server, run: Run, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_at = time.time()
    assert run("make", *photos, *WORDS[:2], "-o", "a.mp4").code == 0
    with monkeypatch.context() as patch:
        patch.setattr("skill.cli.main.time.time", lambda: asked_at)
        job = job_of(run("make", *photos, *WORDS[:2], "-o", "b.mp4", "--json"))
    assert run("resume", job, "--json").answer["data"]["file"].endswith("a.mp4")
    assert sent(server) == 1


class TestChat:
    @pytest.fixture
    def project(self, server: Server, run: Run, photos: list[Path]) -> Server:
        run("connect")
        server.backend.accounts.change(credits=1000)
        assert run("make", *photos, *WORDS).code == 0
        server.backend.journal.clear()
        return server

    @pytest.mark.parametrize(
        "words", [("chat", "make it 5 seconds"), ("ask", "make it 5 seconds"), ("extend",)]
    )
    def test_a_message_is_not_said_twice(
        self, project: Server, run: Run, words: tuple[str, ...]
    ) -> None:
        job = stopped(run, project, *words)
        assert job_of(run(*words, "--json")) == job
        assert run("resume", job).code == 0
        assert sent(project) == 1
        assert run(*words).code == 0  # it is done: the next one is meant
        assert sent(project) == 2

    def test_to_another_project_it_is_another_message(
        self, project: Server, run: Run, photos: list[Path]
    ) -> None:
        stopped(run, project, "chat", "make it 5 seconds")
        assert run("make", *photos, "-p", "another, 4 seconds").code == 0
        assert run("chat", "make it 5 seconds").code == 0
        assert sent(project) == 3

    def test_nor_by_a_program(self, project: Server, run: Run) -> None:
        stopped(run, project, "chat", "make it 5 seconds")
        with pytest.raises(skill.UnfinishedError) as caught:
            skill.chat("make it 5 seconds")
        assert caught.value.job is not None
        assert skill.chat("make it 5 seconds", new=True).text
        assert sent(project) == 2


def test_the_job_of_another_account_is_another(
    server: Server, run: Run, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(run, server, "make", *photos, *WORDS)
    server.backend.accounts.add("nmv_usr_other", credits=1000)
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_other")
    assert run("make", *photos, *WORDS).code == 0
    assert sent(server) == 2
