"""OpenClaw itself: it installs the skill, lists it to a model, and its agent makes videos with it.

The model is a script (`model.py`), the backend is the mock. OpenClaw takes any server that speaks
OpenAI's chat completions as a provider (`models.providers` in openclaw.json; gateway/local-models.md
in the documentation that its package brings), and `agent --local` takes one turn without a gateway.
Its `exec` leaves a command that takes more than 10 seconds to the background, for `process` to poll.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest

from skill.settings.listings import LISTINGS
from tests.clients.conftest import CLIENTS, Machine, needs
from tests.clients.model import Model, make_and_resume, make_on_this_machine, make_video
from tests.clients.served import served

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_server import Backend

pytestmark = needs("openclaw", "packages")

WORDS = "a calm slideshow of my cat & cup, don't hurry"


@dataclass(frozen=True)
class OpenClaw:
    """OpenClaw on a user's machine. `settings` go into its openclaw.json."""

    machine: Machine

    @property
    def home(self) -> Path:
        return self.machine.home / ".openclaw"

    def install(self, bundle: Path) -> Path:
        """Install a skill's folder; returns where it lies then."""
        self.machine.run("openclaw", "skills", "install", bundle)
        return self.home / "workspace" / "skills" / bundle.name

    def info(self, skill: str) -> Any:
        return json.loads(self.machine.run("openclaw", "skills", "info", skill, "--json").stdout)

    def turn(self, model: Model, message: str, skills: Mapping[str, Any] | None = None) -> Any:
        """One turn of the agent with this model: what it tells the user. `skills` are the
        settings of skills, by name."""
        with served(model.respond, "text/event-stream") as url:
            settings = {
                "agents": {"defaults": {"model": {"primary": "loopback/script"}}},
                "models": {"mode": "merge", "providers": {"loopback": _provider(url)}},
                "tools": {"exec": {"pathPrepend": [str(CLIENTS.bin)]}},
                "skills": {"entries": skills or {}},
            }
            (self.home / "openclaw.json").write_text(json.dumps(settings))
            answer = self.machine.run(
                "openclaw", "agent", "--local", "--agent", "main", "--json", "--message", message
            )
        if model.failure:
            raise model.failure
        (self.machine.home / "transcript.txt").write_text("\n".join(model.transcript))
        [payload] = json.loads(answer.stdout)["payloads"]
        return payload


def _provider(url: str) -> dict[str, Any]:
    model = {
        "id": "script",
        "name": "Script",
        "reasoning": False,
        "input": ["text"],
        "cost": dict.fromkeys(("input", "output", "cacheRead", "cacheWrite"), 0),
        "contextWindow": 120_000,
        "maxTokens": 8192,
    }
    api = "openai-completions"
    return {"baseUrl": f"{url}/v1", "apiKey": "local", "api": api, "models": [model]}


@pytest.fixture
def openclaw(machine: Machine) -> OpenClaw:
    return OpenClaw(machine)


def test_it_is_installed_and_ready(openclaw: OpenClaw, bundle: Path) -> None:
    folder = openclaw.install(bundle)
    info = openclaw.info(bundle.name)
    assert info["baseDir"] == str(folder)
    assert info["eligible"]
    assert info["modelVisible"]
    assert info["primaryEnv"] == "NEMO_TOKEN"
    assert info["homepage"] == "https://nemovideo.com"


def test_all_listings_lie_side_by_side_and_each_speaks_for_itself(
    openclaw: OpenClaw, bundles: dict[str, Path]
) -> None:
    assert bundles.keys() == LISTINGS.keys()
    folders = [openclaw.install(bundle) for bundle in bundles.values()]
    listed = json.loads(openclaw.machine.run("openclaw", "skills", "list", "--json").stdout)
    ready = {skill["name"] for skill in listed["skills"] if skill["eligible"]}
    assert bundles.keys() <= ready
    headers = [openclaw.machine.headers(folder) for folder in folders]
    assert [each["X-Skill-Source"] for each in headers] == list(bundles)


def _check(openclaw: OpenClaw, backend: Backend, model: Model, reply: Any, clip: bytes) -> None:
    """What holds however a video was made: OpenClaw hands the very MP4 to the user, one message was
    sent and paid, every request said for whom, and neither model nor disk of the agent saw a token."""
    assert Path(reply["mediaUrl"]).read_bytes() == clip
    [message] = backend.journal.messages()
    assert message.startswith(WORDS)
    for entry in backend.journal.calls():
        if entry.endpoint != "file":
            assert entry.headers["x-skill-source"] == "image-to-video-in-free"
            assert entry.headers["x-skill-platform"] == "unknown"
    seen = "\n".join(model.transcript)
    assert not re.search(r"nmv_usr_|clm_", seen)
    for path in openclaw.home.rglob("*"):
        if path.is_file() and "skills" not in path.parts and path.name != "openclaw.json":
            assert b"nmv_usr_" not in path.read_bytes(), path


def _ask(photos: list[Path], words: str = f"{WORDS}. Up to 100 credits are fine.") -> str:
    named = ", ".join(f'"{photo}"' for photo in photos)
    return f"Make me a video of {named}: {words}"


@pytest.mark.usefixtures("server")
class TestAgent:
    def test_makes_a_video_with_the_command_that_skill_md_shows(
        self,
        openclaw: OpenClaw,
        bundle: Path,
        backend: Backend,
        photos: list[Path],
        clip: bytes,
    ) -> None:
        openclaw.install(bundle)
        model = Model(lambda prompt: make_video(prompt, bundle.name, photos, WORDS))
        reply = openclaw.turn(model, _ask(photos))
        _check(openclaw, backend, model, reply, clip)

    def test_polls_a_video_that_takes_long(
        self,
        openclaw: OpenClaw,
        bundle: Path,
        backend: Backend,
        photos: list[Path],
        clip: bytes,
    ) -> None:
        backend.fail("message", heartbeats_for=1500)
        openclaw.install(bundle)
        model = Model(lambda prompt: make_video(prompt, bundle.name, photos, WORDS))
        reply = openclaw.turn(model, _ask(photos))
        _check(openclaw, backend, model, reply, clip)
        assert "process" in [call.tool for call in model.calls]
        assert "⏳ Still working..." in "\n".join(model.transcript)

    def test_leaves_a_video_to_the_background_and_comes_back_for_it(
        self,
        openclaw: OpenClaw,
        bundle: Path,
        backend: Backend,
        photos: list[Path],
        clip: bytes,
    ) -> None:
        openclaw.install(bundle)
        model = Model(lambda prompt: make_and_resume(prompt, bundle.name, photos, WORDS))
        reply = openclaw.turn(model, _ask(photos))
        _check(openclaw, backend, model, reply, clip)

    def test_uses_the_token_that_the_user_gave_openclaw_and_nobody_sees_it(
        self,
        openclaw: OpenClaw,
        bundle: Path,
        backend: Backend,
        photos: list[Path],
        clip: bytes,
    ) -> None:
        backend.accounts.add("nmv_usr_of_my_own", credits=500)
        openclaw.install(bundle)
        model = Model(lambda prompt: make_video(prompt, bundle.name, photos, WORDS))
        own = {bundle.name: {"apiKey": "nmv_usr_of_my_own"}}
        reply = openclaw.turn(model, _ask(photos), own)
        _check(openclaw, backend, model, reply, clip)
        assert not backend.journal.calls("token")

    def test_makes_a_video_on_this_machine_and_nothing_leaves_it(
        self, openclaw: OpenClaw, bundle: Path, backend: Backend, photos: list[Path]
    ) -> None:
        openclaw.install(bundle)
        words = "3 seconds, no music"
        model = Model(lambda prompt: make_on_this_machine(prompt, bundle.name, photos, words))
        reply = openclaw.turn(model, _ask(photos, f"{words}. It must not leave my machine."))
        with av.open(reply["mediaUrl"]) as video:
            picture = video.streams.video[0]
            assert (picture.width, picture.height) == (854, 480)
            assert video.duration == 3 * av.time_base
        assert not backend.journal.calls()
