"""What the mock emits as the agent kit's dialect are events of the agent kit: its own model reads them.

google-adk brings 25 packages that nothing else here needs, so it has a venv of its own.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mock_server import Backend, Server
from tests.clients.conftest import CLIENTS, needs
from tests.mock_server.api import ATTRIBUTION, MAKE, Api, inspector
from tests.waiting import HANGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_server.backend.render_queue import Renderer

READ = """
import json, sys
from google.adk.events import Event
for line in sys.stdin:
    event = Event.model_validate_json(line)
    print(event.model_dump_json(exclude_none=True, by_alias=True))
"""
"""As the agent kit's server dumps an event (cli/api_server.py of google-adk 2.13.0)."""


@pytest.fixture
def api(renderer: Renderer) -> Iterator[Api]:
    backend = Backend(pace=0, dialect="adk", silent_rate=0, renderer=renderer, inspector=inspector)
    with (
        Server(backend) as server,
        httpx.Client(base_url=server.url, headers=ATTRIBUTION, trust_env=False) as http,
    ):
        yield Api(backend, server, http)


def read(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the agent kit makes of the events. Raises CalledProcessError if it cannot read one."""
    done = subprocess.run(
        [str(CLIENTS.folder / "google-adk" / "bin" / "python"), "-W", "ignore", "-c", READ],
        input="\n".join(json.dumps(event) for event in told),
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def kept(ours: Any, theirs: Any) -> bool:
    """Whether all of ours is in theirs, under the same names. They may add to it."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(name in theirs and kept(value, theirs[name]) for name, value in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(kept, ours, theirs))
    return bool(ours == theirs)


@needs("google-adk")
def test_every_event_is_one_of_the_agent_kits(api: Api) -> None:
    def two_stages(words: str) -> list[dict[str, Any]]:
        api.backend.fail("message", second_stage_after=0)
        return api.say(words)

    def broken(kind: str, words: str) -> list[dict[str, Any]]:
        api.backend.fail("message", error=kind, code=2001)
        return api.say(words)

    api.start()
    words_alone = api.say("what can you do?")
    api.upload("beach.png", "forest.png", "city.png")
    generation = two_stages(f"{MAKE} with the title 'Sea 海' and calm piano music")
    api.backend.fail("message", silent=True)
    silent = api.say("make it 5 seconds")
    failed = broken("event", "make it 6 seconds")
    *before, crashed = broken("crash", "make it 7 seconds")
    edit = api.say("make it 8 seconds and use slide transitions")

    told = [*words_alone, *generation, *silent, *failed, *before, *edit]
    understood = read(told)
    assert len(understood) == len(told) > 40
    for ours, theirs in zip(told, understood, strict=True):
        assert kept(ours, theirs), (ours, theirs)

    parts = [part for event in told for part in event.get("content", {}).get("parts", ())]
    assert {name for part in parts for name in part} == {
        *("text", "thought", "functionCall", "functionResponse"),
    }
    assert any(event["actions"]["stateDelta"].get("draft") for event in generation)
    assert (failed[-1]["errorCode"], bool(failed[-1]["errorMessage"])) == ("2001", True)

    # The line of an agent that has crashed is no event: nothing of it is understood.
    assert crashed.keys() == {"error", "error_details"}
    assert crashed["error_details"].keys() == {"error_type", "error_message", "timestamp"}
    assert not crashed.keys() & read([crashed])[0].keys()


@needs("google-adk")
@pytest.mark.parametrize(
    "change",
    [
        {"content": {"parts": [{"says": "hello"}]}},
        {"author": None},
        {"timestamp": "yesterday"},
    ],
)
def test_what_is_none_is_noticed(api: Api, change: dict[str, Any]) -> None:
    event = api.start().say("what can you do?")[0]
    assert read([event])
    with pytest.raises(subprocess.CalledProcessError, match=r"\w"):
        read([event | change])
