"""`image-to-video mock`: the mock backend, served for whoever tests against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from skill import local
from skill.errors import UsageError
from skill.i18n import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skill.cli.console import Console


def serve(
    console: Console,
    *,
    host: str,
    port: int,
    seed: int,
    dialect: str,
    pace: float | None,
    renderer: Literal["real", "instant"] | None,
    scenario: Sequence[str],
    scenarios: bool,
) -> int:
    """Serve the mock until it is stopped, or with `scenarios` tell which there are; returns the exit
    code. Raises UsageError where it cannot listen."""
    if scenarios:
        there_are = {scenario.name: scenario.description for scenario in local.scenarios()}
        widest = max(map(len, there_are))
        console.answer(
            {"scenarios": [{"name": name, "description": is_} for name, is_ in there_are.items()]},
            [f"{name:{widest}}  {is_}" for name, is_ in there_are.items()],
        )
        return 0

    def ready(url: str) -> None:
        backend = server.backend
        key = {} if server.key is None else {"key": server.key}
        page = f"{url}/__mock__/" + (f"?key={server.key}" if key else "")
        console.answer(
            {
                "url": url,
                "page": page,
                "dialect": backend.settings.dialect,
                "seed": backend.settings.seed,
                "renderer": "instant" if backend.is_instant else "real",
                "scenarios": backend.scenarios.active,
                **key,
            },
            [
                say("The mock backend listens at {url}", url=url),
                *([say("Key of its control routes: {key}", **key)] if key else []),
                *([say("Its videos are one dark frame each.")] if backend.is_instant else []),
                say("See what happens: {page}", page=page),
                console.runnable(say("Use it: NEMO_API_URL={url} image-to-video connect", url=url)),
            ],
        )

    try:
        server = local.mock(
            seed=seed,
            dialect=dialect,
            pace=1.0 if pace is None else pace,
            host=host,
            port=port,
            renderer=renderer,
            scenarios=scenario,
        )
    except (OSError, OverflowError) as error:
        raise UsageError(
            say(
                "Cannot listen on {host} port {port}: {reason}.",
                host=host,
                port=port,
                reason=str(getattr(error, "strerror", None) or error).rstrip("."),
            ),
            hint=say("Take another --port, or 0 for a free one."),
        ) from error
    return 128 + server.serve_forever(ready)
