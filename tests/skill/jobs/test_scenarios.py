"""Whatever scenario the backend plays: nothing is paid twice, no paid clip is lost, no token leaks."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mock_server import Backend, Server
from mock_server.faults.fault_schema import fault_fields, schema
from mock_server.http.summary import summary
from mock_server.scenarios import load, names
from skill import clock
from tests.skill.conftest import ROOT, start
from tests.skill.shapes import complaints
from tests.waiting import HANGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_server.backend.render_queue import Renderer
    from mock_server.journal import Entry
    from tests.skill.conftest import Ran

NAMES = [scenario.name for scenario in names()]
PAGE = ROOT / "docs" / "contract-testing.md"
TOKEN = re.compile(r"nmv_(usr|int)_\w+")


@pytest.fixture
def server(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A thousand times as fast as the real one, as is the client."""
    with Server(Backend(pace=0.001, renderer=renderer)) as server:
        monkeypatch.setenv("NEMO_API_URL", server.url)
        monkeypatch.setenv("IMAGE_TO_VIDEO_PACE", "0.001")
        monkeypatch.setattr(random, "random", lambda: 0.5)
        yield server


def taken(call: Entry) -> bool:
    """Whether the backend took a message: an error inside the stream may say that it has not."""
    events = call.answer if isinstance(call.answer, list) else []
    refused = [event for event in events if isinstance(event, dict) and event.get("code") == 2001]
    return call.code == 0 and not refused


@pytest.mark.parametrize("name", NAMES)
def test_the_three_promises(
    name: str,
    server: Server,
    photos: list[Path],
    run: Callable[..., Ran],
    clip: bytes,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    backend, video = server.backend, Path("trip.mp4")
    backend.scenarios.on(name)
    if name == "render-stuck":
        request.getfixturevalue("skipping_clock")
    if name == "stream-stall-forever":
        monkeypatch.setattr(clock, "PATIENCE", 2.0)
    if name == "clip-stalls":
        real = httpx.Timeout  # a minute without a byte, which no pace shortens
        monkeypatch.setattr(httpx, "Timeout", lambda most, **of: real(most * 0.03, **of))
    words = ("make", *photos[:2], "-p", "turn my photos into a video, 3 seconds", "-o", video)
    ran = run(*words, "--verbose")
    assert "Traceback" not in ran.err
    assert video.is_file() == (ran.code == 0)
    backend.scenarios.clear()
    last, printed = ran, ran.out + ran.err
    if ran.code != 0:
        last = run("resume", "--verbose")
        printed += last.out + last.err

    assert len([call for call in backend.journal.calls("message") if taken(call)]) <= 1
    paid = sum(100 - account["credits"] for account in summary(backend)["accounts"])
    assert paid in (0, 100 if name == "dear" else 50), "paid twice"
    unfinished = last.code == 11 and "resume" in last.err
    assert video.is_file() or unfinished or not paid, "a paid clip is lost"
    assert not video.is_file() or video.read_bytes() == clip
    assert not TOKEN.search(printed)
    for call in backend.journal:
        assert not TOKEN.search(f"{call.path}?{call.query}")
        assert call.endpoint != "file" or "authorization" not in call.headers


class TestCommand:
    def told(self, *words: str) -> Any:
        process = start("mock", "--json", *words, read=True)
        try:
            assert process.stdout is not None
            return json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.communicate(timeout=HANGS)

    def test_the_mock_plays_scenarios_by_name_and_from_files(self, tmp_path: Path) -> None:
        file = tmp_path / "mine.yaml"
        file.write_text("name: mine\nsettings: {seed: 7, dialect: adk}\n", "utf-8")
        answer = self.told("--scenario", "no-credits", "--scenario", str(file))
        assert complaints(answer, "mock") == []
        assert answer["data"]["scenarios"] == ["no-credits", "mine"]
        assert (answer["data"]["seed"], answer["data"]["dialect"]) == (7, "adk")

    def test_its_videos_are_made_as_it_is_told(self) -> None:
        answer = self.told("--renderer", "instant")
        assert complaints(answer, "mock") == []
        assert answer["data"]["renderer"] == "instant"
        assert self.told()["data"]["renderer"] == "real"

    def test_it_lists_what_there_is(self, run: Callable[..., Ran]) -> None:
        answer = run("mock", "--scenarios", "--json").answer
        assert [row["name"] for row in answer["data"]["scenarios"]] == NAMES
        lines = run("mock", "--scenarios").out.splitlines()
        assert len(lines) == len(NAMES)
        assert re.fullmatch(r"free-plan +Every account is on the free plan, .*", lines[0])

    def test_a_wrong_name_is_told_with_those_there_are(self, run: Callable[..., Ran]) -> None:
        error = run("mock", "--scenario", "stream-cuts", "--json").answer["error"]
        assert (error["code"], error["hint"]) == ("usage", f"There are: {', '.join(NAMES)}")

    def test_a_wrong_file_is_told_with_each_of_its_mistakes(
        self, run: Callable[..., Ran], tmp_path: Path
    ) -> None:
        file = tmp_path / "mine.yaml"
        file.write_text("settings: {credits: -1}\n", "utf-8")
        ran = run("mock", "--scenario", file)
        assert ran.code == 2
        assert "mine.yaml: name is missing" in ran.err
        assert "mine.yaml: settings.credits is less than 0" in ran.err


class TestPage:
    """docs/contract-testing.md tells of every fault, setting and scenario."""

    @pytest.mark.parametrize("part", ["faults", "settings", "scenarios"])
    def test_its_tables_are_made_of_what_there_is(
        self, part: str, request: pytest.FixtureRequest
    ) -> None:
        table = {"faults": faults_table, "settings": settings_table, "scenarios": names_table}[part]
        page = PAGE.read_text("utf-8")
        before, rest = page.split(f"<!-- {part} -->\n")
        was, after = rest.split(f"<!-- /{part} -->\n")
        if request.config.getoption("--update-docs"):
            was = "\n".join(table()) + "\n"
            page = f"{before}<!-- {part} -->\n{was}<!-- /{part} -->\n{after}"
            PAGE.write_text(page, "utf-8")
        assert was.splitlines() == list(table())

    def test_its_example_of_a_file_can_be_played(self, tmp_path: Path) -> None:
        (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
        file = tmp_path / "rainy-day.yaml"
        file.write_text(example, "utf-8")
        assert load(file).name == "rainy-day"


def faults_table() -> Iterator[str]:
    yield from ("| about | field | |", "|---|---|---|")
    part = ""
    for name, rule in fault_fields().items():
        shown = "" if rule["part"] == part else rule["part"]
        part = rule["part"]
        where = f" ({', '.join(rule['endpoints'])} only)" if "endpoints" in rule else ""
        yield f"| {shown} | `{name}` | {rule['description']}{where} |"


def settings_table() -> Iterator[str]:
    yield from ("| setting | |", "|---|---|")
    for name, rule in schema()["$defs"]["settings"]["properties"].items():
        one_of = [f"`{value}`" for value in rule.get("enum", rule.get("properties", ()))]
        yield f"| `{name}` | {': '.join([rule['description'], *([', '.join(one_of)] if one_of else [])])} |"


def names_table() -> Iterator[str]:
    yield from ("| name | |", "|---|---|")
    for scenario in names():
        yield f"| `{scenario.name}` | {scenario.description} |"
