"""--local: the built-in backend on a loopback port, for as long as a command runs.

The only import of `mock_server`, and a lazy one: a plain install does without it.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from skill.errors import UsageError
from skill.language import say
from skill.manifest import find_skill_md

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mock_server import Server

_NEEDED = (
    "av",
    "cv2",
    "numpy",
    "PIL",
    "regex",
    "starlette",
    "uharfbuzz",
    "uvicorn",
    "python_multipart",
)


def require() -> None:
    """Raises UsageError where the renderer's packages are not installed."""
    folder = find_skill_md().parent
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            say(
                "The built-in backend and its renderer are not installed (missing: {missing}).",
                missing=say(", ").join(missing),
            ),
            hint=say(
                "Run it as: uv run --project \"{folder}\" --extra local image-to-video …  or: pip install '{folder}[local]'",
                folder=folder,
            ),
        )


@contextmanager
def running(home: Path) -> Iterator[str]:
    """The local backend's URL. Projects live in `home`, so that the next command finds them."""
    require()
    from mock_server import Backend, Server

    storage = home / "local"
    with Server(
        Backend(storage=storage, persistent=True, unlimited=True, pace=0.0), control=False
    ) as server:
        yield server.url


def mock(*, seed: int, dialect: str, pace: float, host: str, port: int) -> Server:
    """The mock backend for contract tests, not started yet."""
    require()
    from mock_server import Backend, Server

    return Server(Backend(seed=seed, dialect=dialect, pace=pace), host=host, port=port)
