"""The command line as agents rely on it: words in, one answer out, an exit code."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skill.cli.parser import COMMANDS, build_parser, parse
from skill.install import packages
from skill.jobs.job import Step
from skill.jobs.store import Vault
from skill.media.mp4 import probe
from skill.settings.config import Config
from tests.skill.conftest import ROOT, start
from tests.waiting import HANGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_server import Server
    from tests.skill.conftest import Ran


def make(run: Callable[..., Ran], photos: list[Path], *more: str) -> Ran:
    return run("make", *photos, "-p", "turn my photos into a video, 3 seconds", *more)


def listed() -> list[str]:
    return [path.name for path in Path.cwd().iterdir()]


class TestMake:
    def test_photos_in_mp4_out(
        self, server: Server, run: Callable[..., Ran], photos: list[Path], clip: bytes
    ) -> None:
        ran = make(run, photos, "-o", "trip.mp4")
        assert ran.code == 0, ran.err
        assert ran.out.splitlines()[-1] == f"MEDIA:{Path.cwd() / 'trip.mp4'}"
        assert Path("trip.mp4").read_bytes() == clip
        assert listed() == ["trip.mp4"]
        assert ran.err.startswith("Setting things up...\n")
        assert len(server.backend.journal.messages()) == 1
        assert len(server.backend.journal.calls("upload")) == 3

    def test_json_is_one_object(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        ran = make(run, photos, "-o", "trip.mp4", "--json")
        answer = ran.answer
        assert (answer["schema"], answer["ok"], answer["command"]) == (1, True, "make")
        data = answer["data"]
        assert data["file"] == str(Path.cwd() / "trip.mp4")
        assert (data["bytes"], data["duration"], data["width"], data["height"]) == (
            Path("trip.mp4").stat().st_size, 1.0, 64, 36,
        )  # fmt: skip
        assert data["summary"].startswith("Timeline (")
        assert data["job"].startswith("job_")
        assert data["session_id"]
        assert data["credits_before"] > data["credits_after"]
        events = [json.loads(line) for line in ran.err.splitlines()]
        assert {event["stage"] for event in events if event["event"] == "stage"} >= {
            "connect", "upload", "generate", "render", "download",
        }  # fmt: skip

    def test_options_become_words(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        ran = make(
            run, photos[:1], "--aspect", "9:16", "--resolution", "720p", "--fps", "60",
            "--duration", "8",
            "--music", "lofi", "--look", "warm", "--title", 'Say "hi"', "--caption", "Lisbon",
            "--json",
        )  # fmt: skip
        assert ran.code == 0, ran.err
        assert server.backend.journal.messages() == [
            (
                "turn my photos into a video, 3 seconds. Aspect ratio: 9:16. Resolution: 720p."
                " Frame rate: 60 fps. Duration: 8 seconds. Background music: lofi."
                ' Look: warm golden colours. Caption of photo 1: "Lisbon". Title: "Say \'hi\'".'
            )
        ]
        timeline = run("status", "--json").answer["data"]["timeline"]
        assert (timeline["width"], timeline["height"], timeline["duration"]) == (720, 1280, 8.0)

    def test_photos_may_stand_around_the_options(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        ran = run("make", photos[0], "-o", "x.mp4", photos[1], "--json")
        assert ran.code == 0, ran.err
        assert len(server.backend.journal.calls("upload")) == 2

    def test_no_export_stops_at_the_timeline(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        ran = make(run, photos, "--no-export", "--json")
        assert ran.answer["data"]["summary"].startswith("Timeline (")
        assert ran.answer["next"] == [
            "image-to-video chat 'add the title \"Our trip\"'",
            "image-to-video chat 'make it a little slower'",
            "image-to-video export",
        ]
        assert not server.backend.journal.calls("render")
        assert listed() == []

    def test_a_file_that_is_there_is_not_overwritten(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        Path("trip.mp4").write_text("precious")
        ran = make(run, photos, "-o", "trip.mp4")
        assert ran.code == 2
        assert "already there" in ran.err
        assert Path("trip.mp4").read_text() == "precious"
        assert len(server.backend.journal) == 0
        assert make(run, photos, "-o", "trip.mp4", "--force").code == 0
        assert probe(Path("trip.mp4")).width == 64

    def test_without_a_name_it_takes_a_free_one(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        Path("cat.mp4").touch()
        assert make(run, photos[:1]).code == 0
        assert sorted(listed()) == ["cat-2.mp4", "cat.mp4"]

    def test_dry_run_and_a_cap_send_nothing(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        data = make(run, photos, "--dry-run", "--json").answer["data"]
        assert data["expected_credits"] == 100
        assert [file["name"] for file in data["files"]] == ["cat.png", "cup.jpg", "sky.png"]
        capped = make(run, photos, "--max-credits", "99", "--json")
        assert (capped.code, capped.answer["error"]["code"]) == (2, "usage")
        assert len(server.backend.journal) == 0
        assert make(run, photos, "--max-credits", "100").code == 0

    def test_a_dry_run_tells_the_balance_where_there_is_an_account(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        assert make(run, photos, "--dry-run", "--json").answer["data"]["balance"] is None
        assert "a new anonymous account has 100" in make(run, photos, "--dry-run").out
        assert len(server.backend.journal) == 0
        run("credits")
        server.backend.journal.clear()
        balance = make(run, photos, "--dry-run", "--no-wait", "--json").answer["data"]["balance"]
        assert balance == {"available": 100, "frozen": 0, "total": 100}
        assert [call.endpoint for call in server.backend.journal] == ["credits"]
        server.backend.fail("credits", status=500, times=None)
        dry = make(run, photos, "--dry-run", "--json")
        assert (dry.code, dry.answer["data"]["balance"]) == (0, None)
        assert run("jobs").out == "Nothing is unfinished.\n"


class TestTheActions:
    def test_a_conversation(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        assert run("connect").out.strip().startswith("Ready")
        assert run("upload", *photos, "--json").code == 0
        said = run("chat", "turn my photos into a 6 second video", "--json").answer["data"]
        assert said["action"] == "chat"
        assert said["text"]
        assert said["changes"]
        assert said["summary"].startswith("Timeline (")
        assert (said["credits_before"], said["credits_after"]) == (100, 50)
        assert "Cost: 5 credits; 45 are left." in run("chat", "make it 8 seconds").out
        status = run("status", "--json").answer
        assert status["data"]["summary"].startswith("Timeline (2 tracks)")
        assert len(status["data"]["media"]) == 3
        assert status["next"] == ["image-to-video export"]
        credits = run("credits", "--json").answer["data"]
        assert set(credits) == {"available", "frozen", "total"}
        exported = run("export", "-o", "out.mp4", "--json").answer["data"]
        assert exported["file"] == str(Path.cwd() / "out.mp4")
        assert len({entry.session for entry in server.backend.journal.calls("state")}) == 1

    @pytest.mark.parametrize(
        ("words", "action"),
        [("how many credits do I have?", "credits"), ("show tracks", "state"), ("导出", "export")],
    )
    def test_ask_does_the_free_actions_without_a_message(
        self, server: Server, run: Callable[..., Ran], photos: list[Path], words: str, action: str
    ) -> None:
        make(run, photos, "--no-export")
        data = run("ask", words, "--json").answer["data"]
        assert data["action"] == action
        assert data["text"]
        assert len(server.backend.journal.messages()) == 1

    def test_ask_with_a_file_uploads_it_and_says_the_words(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        ran = run("ask", "turn this into a 5 second video", "--file", photos[0], "--json")
        assert ran.answer["data"]["action"] == "upload"
        assert server.backend.journal.messages() == ["turn this into a 5 second video"]
        assert len(server.backend.journal.calls("upload")) == 1

    def test_a_vague_wish_is_told_so_also_with_files_and_still_sent(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        ran = run("ask", "make it look nice", "--file", photos[0])
        assert "Being specific gives better results" in ran.err
        assert server.backend.journal.messages() == ["make it look nice"]

    def test_every_edit_is_answered_also_the_silent_ones(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.configure(silent_rate=1.0)
        make(run, photos, "--no-export")
        ran = run("chat", 'add a title that says "Paradise Found"')
        assert ran.code == 0
        assert ran.out.startswith("Done:\n- Title added")
        assert "Paradise Found" in ran.out

    def test_open_gives_a_claim_link_and_no_other_token(
        self, server: Server, run: Callable[..., Ran]
    ) -> None:
        run("connect")
        link = run("open", "--json").answer["data"]["link"]
        assert link.startswith("https://nemovideo.com/workspace/claim?ct=clm_")


class TestWhatGoesWrong:
    @pytest.mark.parametrize(
        ("endpoint", "fault", "command", "exit_code", "name"),
        [
            ("credits", {"code": 1002}, "credits", 4, "not_found"),
            ("message", {"code": 2001}, "make", 5, "no_credits"),
            ("upload", {"code": 4001}, "make", 6, "file_refused"),
            ("upload", {"code": 4002}, "make", 6, "file_refused"),
            ("render", {"status": 402}, "make", 7, "export_blocked"),
            ("token", {"status": 429}, "make", 8, "rate_limited"),
            ("credits", {"status": 503}, "credits", 9, "network"),
            ("render", {"code": 5000}, "make", 10, "backend_failed"),
        ],
    )
    def test_every_exit_code(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        endpoint: str,
        fault: dict[str, int],
        command: str,
        exit_code: int,
        name: str,
    ) -> None:
        server.backend.fail(endpoint, times=9, **fault)
        ran = make(run, photos, "--json") if command == "make" else run(command, "--json")
        assert ran.code == exit_code, ran.answer
        answer = ran.answer
        assert (answer["ok"], answer["error"]["code"]) == (False, name)
        assert answer["error"]["message"]
        assert listed() == []

    def test_a_token_of_the_users_own_is_never_replaced(
        self, server: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_canary")
        ran = run("credits", "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (3, "auth")
        assert not server.backend.journal.calls("token")
        assert "canary" not in ran.out + ran.err

    def test_an_anonymous_token_is_replaced_once(
        self, server: Server, run: Callable[..., Ran], home: Path
    ) -> None:
        run("connect")
        server.backend.fail("credits", code=1001)
        assert run("credits", "--json").code in (0, 8)  # 8: one token per client in 7 days
        assert len(server.backend.journal.calls("token")) >= 2

    def test_no_project_yet(self, server: Server, run: Callable[..., Ran]) -> None:
        for command in ("status", "export", "open"):
            ran = run(command, "--json")
            assert (ran.code, ran.answer["error"]["code"]) == (4, "not_found")

    @pytest.mark.parametrize(
        "words",
        [
            (),
            ("nonsense",),
            ("make",),
            ("make", "none.jpg"),
            ("chat", " "),
            ("ask",),
            ("route", ""),
            ("credits", "--timeout", "soon"),
            ("upload", "none.jpg"),
            ("--skill", "nowhere", "headers"),
        ],
    )
    def test_wrong_words_are_one_line(
        self, server: Server, run: Callable[..., Ran], words: tuple[str, ...]
    ) -> None:
        ran = run(*words, "--json")
        assert ran.code == 2
        assert ran.answer["error"]["code"] == "usage"
        assert "Traceback" not in ran.err
        assert len(server.backend.journal) == 0

    def test_the_register_link_when_credits_are_gone(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        run("connect")
        server.backend.accounts.change(credits=0)
        ran = make(run, photos, "--json")
        assert ran.code == 5
        assert "https://nemovideo.com/register?bind=anon_" in ran.answer["error"]["hint"]


class TestWhatIsPrinted:
    """Whatever comes, stdout stays what was promised and shows no secret."""

    def test_a_token_that_the_backend_repeats_is_not_shown(
        self, server: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEMO_TOKEN", "canary-0123456789")
        server.backend.accounts.add("canary-0123456789", credits=10)
        server.backend.fail(
            "credits", status=400, body={"code": 4000, "message": "canary-0123456789 nmv_usr_x1"}
        )
        ran = run("credits", "--json", "--verbose")
        assert "[token] [token]" in ran.answer["error"]["message"]
        assert "canary" not in ran.out + ran.err

    @pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
    def test_json_is_utf8_whatever_the_terminal(
        self, server: Server, photos: list[Path], encoding: str
    ) -> None:
        photo = photos[0].rename(photos[0].with_name("🎉 é.png"))
        done = subprocess.run(
            [sys.executable, "-m", "skill", "make", str(photo), "--dry-run", "--json"],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
            capture_output=True,
            check=True,
        )
        assert json.loads(done.stdout)["data"]["files"][0]["name"] == "🎉 é.png"

    def test_words_that_are_no_text_are_refused_before_anything_is_sent(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        for words in (("make", *photos, "-p", "caf\udce9"), ("chat", "caf\udce9")):
            ran = run(*words, "--json")
            assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
        assert server.backend.journal.messages() == []

    @pytest.mark.parametrize(
        "damage", [b"", b"not a database, but long enough to be read as one" * 40]
    )
    def test_a_state_folder_that_cannot_be_used(
        self, server: Server, run: Callable[..., Ran], tmp_path: Path, damage: bytes
    ) -> None:
        home = tmp_path / "state"
        if damage:
            home.mkdir()
            (home / "vault.db").write_bytes(damage)
        else:
            home.write_text("a file")
        for command in ("credits", "jobs", "resume"):
            ran = run(command, "--home", home, "--json")
            assert (ran.code, ran.answer["error"]["code"]) == (2, "usage"), ran.answer

    def test_a_wait_is_never_silent(
        self, server: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("skill.cli.runner._QUIET", 0.3)
        server.backend.configure(pace=1.0)
        server.backend.fail("credits", delay=1.2)
        ran = run("credits")
        assert ran.code == 0
        assert ran.err.count("Still at it") >= 1

    def test_help_and_no_command_with_json(self, run: Callable[..., Ran]) -> None:
        with_help = run("make", "--help", "--json")
        assert with_help.answer["data"]["help"].startswith("usage: image-to-video make")
        assert run("--json").answer["error"]["message"] == "No command was given."

    def test_hints_can_be_run_as_they_stand(
        self, server: Server, run: Callable[..., Ran], tmp_path: Path
    ) -> None:
        error = run("status", "--home", tmp_path / "s", "--json").answer["error"]
        assert f"image-to-video --home={tmp_path / 's'} make" in error["hint"]

    def test_open_has_no_page_for_a_local_project(self, run: Callable[..., Ran]) -> None:
        ran = run("open", "--local", "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")


class TestUnfinishedWork:
    """A job stands in the vault; `resume` takes it to its end and sends nothing twice."""

    @pytest.mark.parametrize("endpoint", ["upload", "render", "render_status", "file"])
    def test_resume_after_a_failure_ends_in_the_file(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        clip: bytes,
        endpoint: str,
    ) -> None:
        server.backend.fail(endpoint, status=500, times=6)
        if endpoint == "file":
            server.backend.fail("render_download", status=500, times=6)
        failed = make(run, photos, "-o", "trip.mp4", "--json")
        assert failed.code in (9, 10, 11)
        assert listed() == []
        server.backend.faults.clear()
        job = failed.answer["error"]["job"]
        assert failed.answer["next"] == [f"image-to-video resume {job}"]
        assert run("jobs", "--json").answer["data"]["jobs"][0]["job"] == job
        resumed = run("resume", job, "--json")
        assert resumed.code == 0, resumed.answer
        assert Path("trip.mp4").read_bytes() == clip
        assert len(server.backend.journal.messages()) == 1
        assert run("jobs").out == "Nothing is unfinished.\n"

    def test_a_stream_that_is_cut_is_not_sent_again(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("message", cut_after_events=1)
        ran = make(run, photos, "-o", "trip.mp4", "--json")
        assert len(server.backend.journal.messages()) == 1
        if ran.code != 0:
            assert (ran.code, ran.answer["error"]["code"]) == (11, "unfinished")
            assert run("resume", "--json").code == 11
            assert len(server.backend.journal.messages()) == 1

    def test_a_failed_render_is_tried_once_more_with_a_new_id(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("render", outcome="failed")
        ran = make(run, photos, "-o", "trip.mp4", "--json")
        assert ran.code == 0, ran.answer
        ids = [entry.body["id"] for entry in server.backend.journal.calls("render")]
        assert len(ids) == len(set(ids)) == 2

    def test_cancel_gives_a_job_up(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("upload", status=500, times=6)
        job = make(run, photos, "--json").answer["error"]["job"]
        server.backend.faults.clear()
        assert job is None or run("cancel", job).code == 0
        assert run("jobs").out == "Nothing is unfinished.\n"
        assert run("resume", "--json").answer["error"]["code"] == "not_found"


@pytest.mark.parametrize("seconds", ["abc", "-1", "nan", "0", "1e9"])
def test_a_duration_that_is_none(run: Callable[..., Ran], seconds: str) -> None:
    ran = run("make", "a.jpg", f"--duration={seconds}")
    assert ran.code == 2
    assert f"'{seconds}' is no number of seconds" in ran.err


class TestLocal:
    """--local: the real renderer, in three processes that know nothing of each other."""

    def test_make_and_refine_and_export(
        self, run: Callable[..., Ran], photos: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_canary")
        made = run(
            "make",
            "--local",
            *photos[:2],
            "--duration",
            "2",
            "--resolution",
            "480p",
            "-o",
            "a.mp4",
            "--json",
        )
        assert made.code == 0, made.answer
        data = made.answer["data"]
        assert (data["duration"], data["width"], data["height"]) == (2.0, 854, 480)
        assert data["credits_before"] == data["credits_after"]
        run("chat", "--local", 'add a title that says "Hello"')
        status = run("--local", "status", "--json").answer
        assert '"Hello"' in status["data"]["summary"]
        assert status["next"] == ["image-to-video --local export"]
        exported = run("export", "--local", "-o", "b.mp4", "--json")
        assert exported.code == 0, exported.answer
        assert probe(Path("b.mp4")).duration == pytest.approx(2.0, abs=0.05)

    def test_without_the_renderers_packages_one_line_says_what_to_run(
        self, run: Callable[..., Ran], photos: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(packages.NEEDED, "local", ("a_package_that_is_not_here",))
        monkeypatch.setitem(packages.LOCKS, "local", "no.lock")
        for words in (("make", "--local", *photos), ("demo",), ("mock",)):
            ran = run(*words)
            assert ran.code == 2
            assert ".[local]" in ran.err
            assert "Traceback" not in ran.err

    def test_a_mock_needs_no_renderer(
        self, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in packages.RENDERER:
            monkeypatch.setitem(sys.modules, name, None)  # as if it were not installed
        monkeypatch.setitem(packages.LOCKS, "local", "no.lock")
        ran = run("contract", "--json")
        assert (ran.code, ran.answer["data"]["credits_spent"]) == (0, 50), ran.answer
        assert run("mock", "--scenarios").code == 0
        assert run("mock", "--renderer", "real").code == 2


class TestWithoutABackend:
    def test_route(self, run: Callable[..., Ran]) -> None:
        data = run("route", "send me the video", "--json").answer["data"]
        assert data["action"] == "export"
        assert run("route", "add calm music").out.startswith("chat: ")
        assert run("route", "--file", "a.jpg", "--json").answer["data"]["action"] == "upload"

    def test_translate(self, run: Callable[..., Ran]) -> None:
        data = run(
            "translate", "I added a title. Click the Export button to save it.", "--json"
        ).answer["data"]
        assert data == {"text": "I added a title.", "actions": ["export"]}

    def test_headers(self, run: Callable[..., Ran]) -> None:
        data = run("headers", "--json").answer["data"]
        assert data["X-Skill-Source"] == "image-to-video-in-free"
        assert run("headers").out.splitlines() == [
            f"{name}: {value}" for name, value in data.items()
        ]

    def test_doctor(self, run: Callable[..., Ran]) -> None:
        data = run("doctor", "--offline", "--json").answer["data"]
        assert data["healthy"] is True
        assert {check["name"] for check in data["checks"]} >= {"skill", "backend", "state", "token"}

    @pytest.mark.parametrize("command", sorted(COMMANDS))
    def test_every_commands_help_ends_with_two_examples_that_parse(
        self, command: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        import shlex

        with pytest.raises(SystemExit) as caught:
            build_parser().parse_args([command, "--help"])
        assert caught.value.code == 0
        examples = capsys.readouterr().out.rstrip().splitlines()[-2:]
        for example in examples:
            program, *words = shlex.split(example)
            assert program == "image-to-video"
            assert parse(words).command == command


class TestAsAProcess:
    """What only a process of its own shows: signals, pipes, start-up."""

    @pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_a_signal_leaves_what_resume_can_go_on_with(
        self,
        server: Server,
        photos: list[Path],
        tmp_path: Path,
        number: signal.Signals,
        exit_code: int,
    ) -> None:
        server.backend.configure(pace=1.0)
        server.backend.fail("message", heartbeats_for=60)
        home = tmp_path / "state"
        process = start(
            "make",
            *photos,
            "--home",
            home,
            "-o",
            tmp_path / "x.mp4",
            "--pace",
            "1",
            read=True,
        )
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("Working on it"):
                break
        while not server.backend.journal.messages():
            assert process.poll() is None
        process.send_signal(number)
        _out, err = process.communicate(timeout=HANGS)
        assert process.returncode == exit_code
        assert "resume job_" in err
        assert "Traceback" not in err
        vault = Vault.open(home)
        assert [job.step for job in vault.unfinished()] == [Step.SENDING]
        vault.close()

    def test_timeout_for_the_whole_command(
        self, server: Server, photos: list[Path], tmp_path: Path
    ) -> None:
        server.backend.configure(pace=1.0)
        server.backend.fail("message", heartbeats_for=60)
        process = start(
            "make",
            *photos,
            "--home",
            tmp_path / "s",
            "--timeout",
            "2",
            "--pace",
            "1",
            "--json",
            read=True,
        )
        out, _ = process.communicate(timeout=HANGS)
        assert process.returncode == 11
        error = json.loads(out)["error"]
        assert error["code"] == "unfinished"
        assert error["job"].startswith("job_")

    def test_mock_serves_until_it_is_stopped(self, photos: list[Path], tmp_path: Path) -> None:
        mock = start("mock", "--json", read=True)
        assert mock.stdout is not None
        try:
            url = json.loads(mock.stdout.readline())["data"]["url"]
            client = subprocess.run(
                [sys.executable, "-m", "skill", "connect", "--home", str(tmp_path / "s"), "--json"],
                env={**os.environ, "PYTHONPATH": str(ROOT), "NEMO_API_URL": url},
                capture_output=True,
                text=True,
                check=False,
            )
            assert json.loads(client.stdout)["ok"] is True
        finally:
            mock.send_signal(signal.SIGTERM)
            mock.communicate(timeout=HANGS)
        assert mock.returncode == 143

    @pytest.mark.parametrize(
        ("redirect", "code"),
        [("2>&-", 0), ("2>/dev/full", 0), (">&- 2>&-", 11), (">/dev/full", 11), ("| true", 11)],
    )
    @pytest.mark.parametrize("output", [(), ("--json",)])
    def test_streams_that_cannot_be_written_do_not_stop_the_work(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        tmp_path: Path,
        redirect: str,
        code: int,
        output: tuple[str, ...],
    ) -> None:
        """An answer that is lost is asked for again: that costs nothing."""
        target = tmp_path / "x.mp4"
        words = [
            sys.executable,
            "-m",
            "skill",
            "make",
            photos[0],
            "--home",
            tmp_path / "s",
            "-o",
            target,
            *output,
        ]
        command = f"{shlex.join(map(str, words))} {redirect}; exit ${{PIPESTATUS[0]}}"
        done = subprocess.run(
            ["bash", "-c", command],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code
        assert probe(target).width == 64
        if code and "2>" not in redirect:
            found = re.search(r"resume (job_[0-9a-f]+)", done.stderr)
            assert found is not None
            assert "The answer could not be written" in done.stderr
            again = run("resume", found[1], "--home", tmp_path / "s", "--json")
            assert again.answer["data"]["file"] == str(target)
        assert len(server.backend.journal.messages()) == 1

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_at_any_moment_is_answered_in_json(
        self, server: Server, tmp_path: Path, number: signal.Signals
    ) -> None:
        process = start(
            "demo", "--home", tmp_path / "s", "-o", tmp_path / "d.mp4", "--json", read=True
        )
        assert process.stderr is not None
        assert json.loads(process.stderr.readline())["stage"] == "draw"
        process.send_signal(number)
        out, err = process.communicate(timeout=HANGS)
        assert process.returncode == 128 + number
        assert json.loads(out)["error"]["message"] == "Stopped."
        assert "Traceback" not in err

    @pytest.mark.parametrize(
        "words", [("--help",), ("headers",), ("headers", "--json"), ("nonsense",)]
    )
    def test_a_reader_that_goes_away_is_told_of_and_no_bug(self, words: tuple[str, ...]) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        try:
            done = subprocess.run(
                [sys.executable, "-m", "skill", *words],
                stdout=writer,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                text=True,
                check=False,
            )
        finally:
            os.close(writer)
        assert done.returncode == 2
        assert ("could not be written" in done.stderr) is (words != ("nonsense",))
        assert "Traceback" not in done.stderr
        assert "Exception ignored" not in done.stderr

    def test_route_imports_nothing_that_talks(self) -> None:
        program = (
            "import sys; from skill.cli.main import main; main(['route', 'export', '--json'])\n"
            "print([m for m in ('httpx', 'anyio', 'asyncio', 'sqlite3', 'frontmatter', 'yaml', 'logging') if m in sys.modules])"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
        )
        assert done.stdout.splitlines()[-1] == "[]"


class TestWithoutANetwork:
    @pytest.fixture(autouse=True)
    def nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NEMO_API_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("IMAGE_TO_VIDEO_PACE", "0.001")

    @pytest.mark.parametrize(
        "words", [("credits",), ("connect",), ("chat", "hello"), ("ask", "how many credits")]
    )
    def test_each_command_of_the_cloud_says_what_needs_none(
        self, run: Callable[..., Ran], words: tuple[str, ...]
    ) -> None:
        error = run(*words, "--json").answer["error"]
        assert error["code"] == "network"
        assert error["hint"].endswith(
            "image-to-video doctor tries each step of the way; --local needs no network."
        )

    @pytest.mark.parametrize("named", ["make", "extend"])
    def test_what_begins_with_files_can_be_run_with_local_as_it_stands(
        self, run: Callable[..., Ran], photos: list[Path], clip: bytes, named: str
    ) -> None:
        Path("trip.mp4").write_bytes(clip)
        words = [named, "trip.mp4" if named == "extend" else str(photos[0]), "-p", "it's calm"]
        ran = run(*words, "--json")
        assert ran.code == 9
        assert ran.answer["next"][-1] == shlex.join(["image-to-video", "--local", *words, "--json"])

    def test_nothing_of_it_is_said_where_somebody_answers(
        self, server: Server, run: Callable[..., Ran]
    ) -> None:
        server.backend.fail("credits", status=503, times=None)
        assert "--local" not in run("credits").err


def test_a_state_folder_that_is_not_as_it_should_be_is_no_bug_of_ours(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    made = make(run, photos, "-o", "trip.mp4", "--json").answer["data"]
    Path("trip.mp4").write_text("no clip")
    again = run("resume", made["job"], "--json")
    assert (again.code, again.answer["error"]["code"]) == (2, "usage")
    locks = Config.resolve().home / "locks"
    for lock in locks.iterdir():
        lock.unlink()
    locks.rmdir()
    locks.touch()
    ran = make(run, photos, "-o", "two.mp4", "--json")
    assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
    assert str(locks) in ran.answer["error"]["message"]
    assert len(server.backend.journal.messages()) == 1
