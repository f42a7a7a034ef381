"""What is set up, what is missing, what to do: each thing is tried, and what fails says what to set.

Nothing of the user's is sent: the backend is asked for the credits of nobody. Every step that can
hang has a limit of its own; all of them together stay below ten seconds.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from typing import TYPE_CHECKING

from skill.cli.reachability import Check, cross, network
from skill.errors import SkillError
from skill.i18n import say, size_in_words
from skill.install.packages import brought_along, cache
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from skill.settings.config import Config, Settings

_TRIED_WITHIN = 8.5  # s, of which most pass while the network is looked at
_ROOM = 200 * 1024 * 1024  # bytes for a project and its video

# What the renderer does, done once by a process of its own: a fault in native code ends that alone.
# It prints the scripts that no font here can write, or "-".
_TRIAL = """
import io, sys
import av, cv2, numpy, regex, uharfbuzz
with av.open(io.BytesIO(), "w", format="mp4") as container:
    stream = container.add_stream("libx264", rate=25)
    stream.width = stream.height = 64
    stream.pix_fmt = "yuv420p"
    frame = av.VideoFrame.from_ndarray(numpy.zeros((64, 64, 3), "uint8"), format="rgb24")
    container.mux(stream.encode(frame))
    container.mux(stream.encode())
from mock_server.render.fonts import best
scripts = dict(word.split("=") for word in sys.argv[1:])
print(*[name for name, sign in scripts.items() if best(sign) is None] or "-")
"""
SCRIPTS = (
    ("Latin", "a"),
    ("Chinese", "字"),
    ("Japanese", "あ"),
    ("Korean", "한"),
    ("Arabic", "ع"),
    ("Hebrew", "א"),
    ("Devanagari", "अ"),
    ("Thai", "ไ"),
    ("Emoji", "😀"),
)


def examine(settings: Settings, *, offline: bool = False) -> list[Check]:
    """All checks, in the order a command would meet them. `offline`: without the network."""
    from skill.settings.config import Config

    python = ".".join(str(part) for part in sys.version_info[:3])
    checks = [Check("python", sys.version_info >= (3, 11), python)]
    try:
        config = Config.resolve(**settings)
    except SkillError as error:
        return [*checks, cross("settings", error)]
    manifest = config.manifest
    told = say(
        "{name} {version}, platform {platform}",
        name=manifest.name,
        version=manifest.version,
        platform=manifest.platform,
    )
    backend = say("built in (--local)") if config.local else config.api_url
    with _Trial() as trial:
        checks += [Check("skill", True, told), Check("backend", True, backend), *_state(config)]
        if not config.local and not offline:
            checks += network(config)
        checks += trial.checks(needed=config.local)
    uv = shutil.which("uv", path=os.environ.get("PATH"))
    unneeded = say("not found (only needed where an agent starts the skill with it)")
    return [*checks, Check("uv", True, say("found") if uv else unneeded)]


# ---------------------------------------------------------------- on the disk


def _state(config: Config) -> Iterator[Check]:
    """The folder is written to, and locked, as a command would."""
    from contextlib import closing

    from skill.jobs.store import Vault

    try:
        with closing(Vault.open(config.home)) as vault:
            lock = vault.lock("doctor")
            if lock.take():
                lock.release()
            stored = vault.token(config.backend, config.client_id or vault.client_id())
            count = len(vault.unfinished())
            free = shutil.disk_usage(config.home).free
    except SkillError as error:
        yield cross("state", error)
        return
    except OSError as error:
        named = say("Name another folder with --home DIR or IMAGE_TO_VIDEO_HOME.")
        yield Check("state", False, f"{config.home}: {error.strerror or error}", named)
        return
    if free < _ROOM:
        told = say("{folder}: only {size} are free", folder=config.home, size=size_in_words(free))
        yield Check(
            "state",
            False,
            told,
            say("Free some space on the disk, or name another folder with --home DIR."),
        )
    else:
        yield Check(
            "state", True, say("{folder} ({count} unfinished)", folder=config.home, count=count)
        )
    if config.token is not None:
        kept = say("your own, from NEMO_TOKEN")
    elif stored is None:
        kept = say("none yet: a free anonymous one is taken when needed")
    elif stored.expires_at:
        kept = say("anonymous, kept until {day:%Y-%m-%d}", day=stored.expires_at)
    else:
        kept = say("anonymous, kept in the state folder")
    yield Check("token", True, kept)


# ---------------------------------------------------------------- the renderer


class _Trial:
    """The renderer at work once, in a process of its own while other things are looked at. A context
    manager: when it is left, the process is gone."""

    def __init__(self) -> None:
        from skill import interpreter
        from skill.child_process import ChildProcess
        from skill.local import require

        self._until = time.monotonic() + _TRIED_WITHIN
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the trial is left
        self._process: ChildProcess | SkillError
        try:
            require()
            command = interpreter.command(_TRIAL, *(f"{name}={sign}" for name, sign in SCRIPTS))
            self._process = ChildProcess(command, output=self._said)
        except SkillError as error:
            self._process = error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if not isinstance(self._process, SkillError):
            self._process.close()
        self._said.close()

    def checks(self, *, needed: bool) -> Iterator[Check]:
        """What came of it. One that is not installed is a fault only where it is `needed`."""
        if isinstance(self._process, SkillError):
            error = self._process
            yield Check("local renderer", not needed, error.message, error.hint)
            return
        while (code := self._process.exit_code()) is None and time.monotonic() < self._until:
            time.sleep(0.02)
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").split("\n")
        last = next(filter(None, map(clean_line, reversed(lines))), f"exit {code}")
        if code != 0:
            told = (
                say("no answer in {seconds:g} s", seconds=_TRIED_WITHIN) if code is None else last
            )
            remedy = (
                say("The packages are fetched anew where {folder} is deleted.", folder=cache())
                if brought_along("local")
                else say("Install the skill again with its extra: pip install '.[local]'")
            )
            yield Check("local renderer", False, told, remedy)
            return
        yield Check("local renderer", True, say("it works"))
        yield _fonts(last.split())


def _fonts(lacking: list[str]) -> Check:
    """`lacking`: what no font here can write; "-" stands for nothing."""
    names = say(", ").join(say(name) for name in lacking if name != "-")
    if not names:
        return Check("fonts", True, say("there is one for every script"))
    found = say("there is none for: {names}", names=names)
    fonts = "Noto Color Emoji" if lacking == ["Emoji"] else "Noto Sans"
    return Check(
        "fonts", lacking == ["Emoji"], found, say("Install one, e.g. {fonts}.", fonts=fonts)
    )
