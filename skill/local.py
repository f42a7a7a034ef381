"""--local: the built-in backend in this very process, for as long as a command runs.

The only import of `mock_server`, and a lazy one: a plain install does without it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from skill import interpreter
from skill.errors import UsageError
from skill.events import Notice
from skill.i18n import say, speak
from skill.install import packages
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from types import ModuleType

    import httpx

    from mock_server import Server
    from mock_server.backend.backend import Backend
    from mock_server.backend.render_queue import RenderedVideo
    from mock_server.contract import Check as Check
    from mock_server.contract import Report as Report
    from mock_server.contract import Result as Result
    from mock_server.contract import Target as Target
    from mock_server.scenarios import Scenario
    from skill.events import Tell


ADDRESS = "http://127.0.0.1"
"""What stands for the local backend in URLs. Nothing listens there: its transport answers."""
CHECKED_UPLOAD = 1024 * 1024
"""Bytes of the largest file that `mock_to_check` takes."""


def require(*, renderer: bool = True, previews: bool = False) -> None:
    """Raises UsageError where the packages of the backend, and of its renderer if it is wanted, are
    not installed. `previews`: it is for what is made beside a video."""
    unwanted = () if renderer else packages.RENDERER
    if missing := [name for name in packages.missing("local") if name not in unwanted]:
        names = say(", ").join(missing)
        raise UsageError(
            say(
                "What makes GIFs, WebPs, posters and contact sheets is not installed (missing: {missing}).",
                missing=names,
            )
            if previews
            else say(
                "The built-in backend and its renderer are not installed (missing: {missing}).",
                missing=names,
            ),
            hint=say("They are fetched when the first command with --local runs.")
            if packages.brought_along("local")
            else say("Install the skill again with its extra: pip install '.[local]'"),
        )


@asynccontextmanager
async def running(
    home: Path, tell: Tell, language: Callable[[], str]
) -> AsyncIterator[httpx.AsyncBaseTransport]:
    """Run the local backend; yields the transport by which `ADDRESS` is reached. Projects are kept
    in `home`, where the next command finds them. `tell` gets the renderer's warnings as notices,
    in what `language` returns then."""
    require()
    from mock_server import Backend, create_app
    from mock_server.errors import StorageError
    from mock_server.http.asgi_transport import answering

    storage = home / "local"
    log, warnings = logging.getLogger("mock_server"), _Warnings(tell, language)
    log.addHandler(warnings)
    try:
        backend = Backend(
            storage=storage,
            persistent=True,
            unlimited=True,
            pace=0.0,
            # What it answers is held to the contract in the tests; here that would only take time.
            validate=False,
            renderer=warnings.render,
        )
        try:
            app = create_app(backend, control=False)
            async with answering(app, check=partial(_check, backend, storage)) as transport:
                yield transport
        finally:
            with suppress(StorageError, OSError):  # it was told where it mattered
                backend.close()
    except StorageError as error:
        raise _unusable(storage, error) from error
    finally:
        log.removeHandler(warnings)


def _check(backend: Backend, storage: Path) -> None:
    """Raises UsageError where the disk has failed the backend: that is no answer of a backend, but
    an error of this machine."""
    if (failure := backend.take_storage_failure()) is not None:
        raise _unusable(storage, failure) from failure


def _unusable(storage: Path, error: Exception) -> UsageError:
    """What is said where the storage folder cannot be used."""
    from mock_server.errors import DISK_FULL, os_error

    reason = os_error(error)
    if reason is not None and reason.errno in DISK_FULL:
        return UsageError(
            say("The disk is full: {folder} has no room for more.", folder=storage),
            hint=say("Make room, or name a state folder on another disk with --home DIR."),
        )
    return UsageError(
        say(
            "{path} cannot be used: {reason}.",
            path=storage,
            reason=clean_line(str(reason.strerror if reason else error), 200).rstrip("."),
        ),
        hint=say("Name another state folder with --home DIR or IMAGE_TO_VIDEO_HOME."),
    )


class _Warnings(logging.Handler):
    """Tells one backend's user what its renderer logs. The log belongs to the process, so records
    of another backend's renders come here too; they are its own user's alone."""

    def __init__(self, tell: Tell, language: Callable[[], str]) -> None:
        super().__init__(logging.WARNING)
        self._tell, self._language = tell, language
        self._loop = asyncio.get_running_loop()

    def render(
        self, draft: dict[str, Any], media: Mapping[str, Path], target: Path, **hooks: Any
    ) -> RenderedVideo:
        """The renderer of this backend: `mock_server.render.render`."""
        from mock_server.render import render

        token = _rendering_for.set(self)
        try:
            return render(draft, media, target, **hooks)
        finally:
            _rendering_for.reset(token)

    def emit(self, record: logging.LogRecord) -> None:
        if _rendering_for.get() is self and not self._loop.is_closed():
            record.told = True
            self._loop.call_soon_threadsafe(self._put_in_words, record)

    def _put_in_words(self, record: logging.LogRecord) -> None:
        speak(self._language())
        self._tell(Notice(_in_words(record)))


_rendering_for: ContextVar[_Warnings | None] = ContextVar("rendering_for", default=None)


def _in_words(record: logging.LogRecord) -> str:
    """The sentence for the `extra` of a record (`mock_server.render`, cast.py and fonts.py)."""
    if (reason := getattr(record, "left_out", None)) is not None:
        return say("Left out: {reason}", reason=reason)
    part = getattr(record, "unwritable", None)
    if part is None:
        return record.getMessage()
    if part["lost"]:
        return say(
            'The text "{text}" is shown without "{lost}": no font here can write it. Install one, e.g. {fonts}.',
            **part,
        )
    return say(
        'The text "{text}" is shown as "{shown}": no font here can write it as it is. Install one, e.g. {fonts}.',
        **part,
    )


def mock(
    *,
    seed: int,
    dialect: str,
    pace: float,
    host: str,
    port: int,
    renderer: Literal["real", "instant"] | None = None,
    scenarios: Sequence[str] = (),
) -> Server:
    """The mock backend for contract tests, not started yet. `scenarios`: ready-made ones or files;
    raises UsageError for what is neither. `renderer`: the real one where it is installed, if None."""
    require(renderer=renderer == "real")
    from mock_server import Backend, Server

    to_play = [_scenario(named) for named in scenarios]
    backend = Backend(seed=seed, dialect=dialect, pace=pace, renderer=renderer)
    server = Server(backend, host=host, port=port)
    for scenario in to_play:
        server.backend.scenarios.on(scenario)
    return server


def scenarios() -> list[Scenario]:
    """What the mock can play by name."""
    require(renderer=False)
    from mock_server.scenarios import names

    return names()


def _scenario(named: str) -> Scenario:
    from mock_server.scenarios import ScenarioError, load, names

    ready = [scenario.name for scenario in names()]
    try:
        if named in ready:
            return load(named)
        return load(Path(named))
    except FileNotFoundError as error:
        raise UsageError(
            say("There is no scenario {name}, and no such file.", name=named),
            hint=say("There are: {names}", names=say(", ").join(ready)),
        ) from error
    except (ScenarioError, OSError, UnicodeDecodeError) as error:
        reason = str(error) if isinstance(error, ScenarioError) else f"{named}: {error}"
        raise UsageError(say("That is no scenario: {mistakes}", mistakes=reason)) from error


def mock_to_check() -> Server:
    """A mock for `contract` to look at, not started yet: quick, and whose limit of an upload is
    soon passed. Raises UsageError where there are no sockets."""
    require(renderer=False)
    from mock_server import Backend, Server

    try:
        return Server(Backend(pace=0.02, max_upload=CHECKED_UPLOAD))
    except OSError as error:
        raise UsageError(
            say("No server can be started here: {reason}.", reason=error.strerror or error),
            hint=say("Run it where sockets are allowed, or name a server with --against URL."),
        ) from error


def contract() -> ModuleType:
    """`mock_server.contract`, which needs no more than the client does."""
    from mock_server import contract

    return contract


def previews(what: str, video: Path, target: Path) -> list[str]:
    """The command of a process that makes a gif, webp, poster or sheet of a video; what it says
    stands at `mock_server.render.previews.run`."""
    program = "from mock_server.render.previews import run; run()"
    return interpreter.command(program, what, str(video), str(target))
