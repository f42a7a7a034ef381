"""What programs import: few names, each with its docstring, typed as seen from outside."""

from __future__ import annotations

import inspect
import os
import pydoc
import re
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING

import anyio
import pytest

import skill
from skill.jobs.store import Vault
from skill.media.mp4 import probe
from tests.skill.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mock_server import Server
    from tests.skill.conftest import Ran


# Earlier names, kept for one version.
ALIASES = {"Report": "Event", "Wish": "VideoOptions"}


class TestNames:
    def test_every_public_name_is_there_and_there_is_no_other(self) -> None:
        assert sorted(skill.__all__) == list(skill.__all__) == dir(skill)
        for name in skill.__all__:
            assert getattr(skill, name).__module__.startswith("skill.")
            assert getattr(skill, name).__name__ == ALIASES.get(name, name)
        with pytest.raises(AttributeError, match="Nothing"):
            getattr(skill, "Nothing")  # noqa: B009 - a type checker knows that it is not there

    def test_importing_costs_nothing(self) -> None:
        program = "import sys, skill; print([m for m in sys.modules if m.startswith(('skill.', 'httpx', 'yaml', 'anyio'))])"
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
        )
        assert done.stdout == "[]\n"

    @pytest.mark.parametrize("name", skill.__all__)
    def test_each_says_what_it_is(self, name: str) -> None:
        public = getattr(skill, name)
        assert len(_own_doc(public)) > 10
        if inspect.isclass(public):
            undocumented = [
                part
                for part, value in vars(public).items()
                if not part.startswith("_")
                and (inspect.isroutine(value) or isinstance(value, property | classmethod))
                and not inspect.getdoc(value)
            ]
            assert undocumented == []

    def test_what_can_fail_says_with_what(self) -> None:
        for function in (skill.make_video, skill.ask, skill.export, skill.resume, skill.credits):
            assert "Raises SkillError" in " ".join(_own_doc(function).split())
        assert "Raises ValueError" in _own_doc(skill.route)


def _own_doc(public: object) -> str:
    """Without what a dataclass or an enumeration writes by itself, or a parent says."""
    text = public.__doc__ or ""
    return "" if text.startswith(f"{getattr(public, '__name__', '')}(") else text


class TestInOneCall:
    def test_a_video_is_made_changed_and_exported(
        self, server: Server, photos: list[Path], tmp_path: Path, clip: bytes
    ) -> None:
        told: list[skill.Event] = []
        video = skill.make_video(photos, "4 seconds", output=tmp_path / "a.mp4", tell=told.append)
        assert (video.file, video.file.read_bytes()) == (tmp_path / "a.mp4", clip)
        assert skill.Stage("render", "Rendering...") in told
        assert {type(event) for event in told} >= {skill.Progress, skill.Words, skill.Notice}
        reply = skill.ask("make it 8 seconds")
        assert (reply.action, reply.cost) == (skill.Action.CHAT, 5)
        again = skill.export(str(tmp_path / "b.mp4"))
        assert probe(again.file).width == again.width == 64
        assert skill.credits() == skill.Credits(45, 0, 45)
        assert len(server.backend.journal.messages()) == 2

    def test_one_path_is_one_photo(
        self, server: Server, photos: list[Path], tmp_path: Path
    ) -> None:
        skill.make_video(str(photos[0]), output=str(tmp_path / "a.mp4"))
        assert len(server.backend.journal.calls("upload")) == 1

    def test_what_failed_is_resumed_and_not_paid_again(
        self, server: Server, photos: list[Path], tmp_path: Path
    ) -> None:
        server.backend.fail("render", status=402)
        with pytest.raises(skill.ExportBlockedError) as caught:
            skill.make_video(photos, output=tmp_path / "a.mp4")
        assert caught.value.job is not None
        (tmp_path / "b.mp4").touch()
        with pytest.raises(skill.UsageError, match="already there"):
            skill.resume(caught.value.job, output=tmp_path / "b.mp4")
        video = skill.resume(
            caught.value.job,
            output=tmp_path / "b.mp4",
            force=True,
            extras=skill.Extras(poster=True),
        )
        assert isinstance(video, skill.Video)
        assert (video.file, video.poster) == (tmp_path / "b.mp4", tmp_path / "b-poster.jpg")
        assert len(server.backend.journal.messages()) == 1
        with pytest.raises(skill.NotFoundError):
            skill.resume()

    def test_local_is_this_machine_alone(
        self, server: Server, photos: list[Path], tmp_path: Path
    ) -> None:
        video = skill.make_video(
            photos[:1],
            "1 second",
            wish=skill.Wish(resolution="480p"),
            output=tmp_path / "a.mp4",
            local=True,
            pace=1,
        )
        assert (video.duration, video.height) == (1.0, 480)
        assert len(server.backend.journal) == 0

    def test_nothing_is_sent_that_may_cost_more_than_was_agreed(
        self, server: Server, photos: list[Path], tmp_path: Path
    ) -> None:
        with pytest.raises(skill.UsageError, match="may cost about 100 credits"):
            skill.make_video(photos, output=tmp_path / "a.mp4", max_credits=99)
        with pytest.raises(skill.UsageError, match="may cost about 100 credits"):
            skill.ask("a video of the sea", max_credits=99)
        assert server.backend.journal.messages() == []
        assert not server.backend.journal.calls("upload")
        skill.make_video(photos, output=tmp_path / "a.mp4", max_credits=100)
        skill.ask("make it slower", max_credits=50)
        assert len(server.backend.journal.messages()) == 2

    def test_a_running_event_loop_is_told_of(self, server: Server, photos: list[Path]) -> None:
        async def program() -> None:
            skill.make_video(photos)

        with pytest.raises(skill.UsageError, match="inside a running event loop") as e:
            anyio.run(program)
        assert "Studio" in e.value.hint
        assert len(server.backend.journal) == 0


class TestTheWholeConversation:
    def test_without_an_event_loop(
        self, server: Server, photos: list[Path], tmp_path: Path
    ) -> None:
        project = skill.connect().session_id
        assert skill.upload(photos[:2], words="a calm slideshow").offers[0][0] == "chat"
        assert skill.chat("turn my photos into a 4 second video").cost == 50
        status = skill.status()
        assert (status.session_id, status.timeline.duration) == (project, 4.0)
        server.backend.accounts.change(credits=1000)
        assert skill.extend(seconds=3, output=str(tmp_path / "a.mp4")).file.is_file()
        server.backend.fail("render", status=429, times=2)
        with pytest.raises(skill.RateLimitedError) as caught:
            skill.export(tmp_path / "b.mp4")
        assert [job.id for job in skill.unfinished_jobs()] == [caught.value.job]
        assert skill.cancel(caught.value.job).finished
        assert skill.unfinished_jobs() == []
        assert len(server.backend.journal.messages()) == 2

    def test_over_one_connection(self, server: Server, photos: list[Path], tmp_path: Path) -> None:
        told: list[skill.Event] = []
        with skill.SyncStudio(told.append) as studio:
            laid_out = studio.lay_out(photos, "6 seconds", skill.VideoOptions(aspect="9:16"))
            assert laid_out.summary.startswith("Timeline")
            assert studio.chat("make it 8 seconds").changes
            video = studio.export(str(tmp_path / "a.mp4"), force=True)
            assert (studio.jobs(), studio.credits().available) == ([], 45)
        assert video.file.is_file()
        assert skill.Stage("render", "Rendering...") in told

    def test_a_failure_leaves_the_connection_as_it_was_and_the_end_closes_it(
        self,
        server: Server,
        photos: list[Path],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        closed: list[Vault] = []
        monkeypatch.setattr(Vault, "close", lambda vault: closed.append(vault))
        with skill.SyncStudio() as studio:
            with pytest.raises(skill.NotFoundError):
                studio.status()
            assert studio.make(photos, output=tmp_path / "a.mp4").file.is_file()
            assert closed == []
        assert len(closed) == 1


class TestStudio:
    def test_a_conversation_in_an_event_loop(
        self, server: Server, photos: list[Path], tmp_path: Path
    ) -> None:
        async def program() -> tuple[skill.Reply, skill.Status, skill.Video]:
            async with skill.Studio.open(skill.Config.resolve()) as studio:
                laid = await studio.lay_out(photos, "6 seconds", skill.Wish(aspect="9:16"))
                assert not server.backend.journal.calls("render")
                await studio.chat("make it 8 seconds")
                return laid, await studio.status(), await studio.export(tmp_path / "a.mp4")

        laid, status, video = anyio.run(program)
        assert laid.summary.startswith("Timeline (2 tracks)")
        assert (status.timeline.width, status.timeline.duration) == (1080, 8.0)
        assert video.file.is_file()

    @pytest.mark.parametrize("method", ["chat", "ask"])
    def test_nothing_said_is_nothing_sent(self, server: Server, method: str) -> None:
        async def program() -> None:
            async with skill.Studio.open(skill.Config.resolve()) as studio:
                await getattr(studio, method)("  ")

        with pytest.raises(skill.UsageError):
            anyio.run(program)
        assert len(server.backend.journal) == 0

    def test_who_is_cancelled_goes_on_with_resume(
        self, server: Server, photos: list[Path], tmp_path: Path
    ) -> None:
        async def program() -> bool:
            with anyio.CancelScope() as scope:

                def stop(event: skill.Event) -> None:
                    if isinstance(event, skill.Stage) and event.stage == "render":
                        scope.cancel()

                async with skill.Studio.open(skill.Config.resolve(), stop) as studio:
                    await studio.make(photos, output=tmp_path / "a.mp4")
            return scope.cancelled_caught

        assert anyio.run(program)
        assert isinstance(skill.resume(), skill.Video)
        assert len(server.backend.journal.messages()) == 1


class TestTypes:
    """As a type checker sees the installed package."""

    PROGRAM = """
from pathlib import Path

import skill


def show(event: skill.Event) -> None:
    match event:
        case skill.Progress(stage, progress):
            print(f"{stage}: {progress:.0f}%")
        case skill.Stage(message=message) | skill.Notice(message):
            print(message)


async def main() -> float | None:
    async with skill.Studio.open(skill.Config.resolve(local=True), show) as studio:
        video = await studio.make([Path("cat.jpg")], wish=skill.Wish(duration=5))
        reply = await studio.chat("make it slower")
        print(video.width + video.height, reply.text.upper(), reply.changes[0].upper())
        return reply.cost


def at_once(photos: list[str]) -> skill.Video | None:
    try:
        return skill.make_video(photos, "calm", output="a.mp4", tell=show, local=True)
    except skill.SkillError as error:
        print(error.code, error.message, error.hint, error.job or "none")
        return None


action: skill.Action = skill.route("send me the video").action
text: str = skill.translate("Click Export.").text
"""
    WRONG = (
        'import skill\n\nskill.make_vidoe("cat.jpg")\n',
        'import skill\n\nskill.make_video("cat.jpg", locale=True)\n',
        'import skill\n\nskill.make_video("cat.jpg").file.nonsense()\n',
    )

    def _check(self, folder: Path, program: str) -> subprocess.CompletedProcess[str]:
        (folder / "program.py").write_text(program)
        return subprocess.run(
            [
                *(sys.executable, "-m", "mypy", "--strict", "--config-file="),
                f"--cache-dir={ROOT / '.mypy_cache' / 'outside'}",
                "program.py",
            ],
            cwd=folder,
            env={**os.environ, "MYPYPATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )

    def test_a_program_is_checked_strictly(self, tmp_path: Path) -> None:
        done = self._check(tmp_path, self.PROGRAM)
        assert done.returncode == 0, done.stdout
        for program in self.WRONG:
            wrong = self._check(tmp_path, program)
            assert (
                wrong.returncode,
                "[attr-defined]" in wrong.stdout or "[call-arg]" in wrong.stdout,
            ) == (1, True)


def test_an_empty_message_is_refused_by_the_command_line_as_before(
    server: Server, run: Callable[..., Ran]
) -> None:
    for words in (("chat", " "), ("ask", ""), ("chat", "", "--no-wait")):
        ran = run(*words)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(("error: The message is empty.", "error: Nothing was said."))
    assert len(server.backend.journal) == 0


def test_the_version_is_that_of_the_skill(run: Callable[..., Ran]) -> None:
    assert skill.__version__ == skill.Manifest.load().version
    said = f"image-to-video {skill.__version__}\n"
    assert run("--version").out == run("-V").out == run("make", "-V").out == said
    assert run("--json", "--version").answer["data"] == {"version": skill.__version__}


def test_help_shows_what_is_public() -> None:
    text = pydoc.plain(pydoc.render_doc(skill))
    for name in skill.__all__:
        assert name in text
    assert not re.search(r"^    (?:class )?_[a-z]\w+", text, re.M | re.I)
    assert " at 0x" not in text, "a default that is a function says nothing to a reader"


class TestAnErrorsHint:
    def test_it_stands_in_a_traceback(self) -> None:
        error = skill.UsageError("No photo was named.", hint="Name a photo.")
        lines = traceback.format_exception(error)
        assert lines[-2:] == ["skill.errors.UsageError: No photo was named.\n", "Name a photo.\n"]

    def test_it_stands_there_once_and_beside_other_notes(self) -> None:
        error = skill.UsageError("No photo was named.", hint="Name one.")
        error.add_note("In the third row.")
        error.hint = "Name a photo."
        assert error.__notes__ == ["Name a photo.", "In the third row."]
        error.hint = ""
        assert error.__notes__ == ["In the third row."]
