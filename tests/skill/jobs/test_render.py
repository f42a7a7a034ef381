"""A render is started once, whatever is answered, and is not begun again while it may be there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_server import Server
    from tests.skill.conftest import Ran

    Run = Callable[..., Ran]

WORDS = ("-p", "turn my photos into a video, 3 seconds", "-o", "trip.mp4", "--json")


@pytest.mark.parametrize(("unknown", "renders"), [(4, 1), (5, 2)])
def test_one_that_is_not_known_is_waited_for_and_then_begun_again(
    server: Server, run: Run, photos: list[Path], unknown: int, renders: int
) -> None:
    server.backend.fail("render_status", status=404, times=unknown)
    assert run("make", *photos, *WORDS).code == 0
    assert len(server.backend.journal.calls("render")) == renders


@pytest.mark.parametrize("refusal", [{"status": 409}, {"code": 409}, {"code": 4999}])
def test_an_id_that_is_refused_as_used_is_looked_at(
    server: Server,
    run: Run,
    photos: list[Path],
    refusal: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The first request is carried out and its answer lost, in a proxy that sends it again.
    from skill.api.client import Client

    start = Client.start_render

    async def twice(client: Client, *words: Any) -> Any:
        await start(client, *words)
        server.backend.fail("render", **refusal)
        return await start(client, *words)

    monkeypatch.setattr(Client, "start_render", twice)
    assert run("make", *photos, *WORDS).code == 0
    taken = [call for call in server.backend.journal.calls("render") if call.code == 0]
    assert len(taken) == 1


def test_the_id_that_the_answer_gives_is_used(
    server: Server, run: Run, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from skill.api.client import Client

    start = Client.start_render

    async def another(client: Client, render_id: str, *words: Any) -> Any:
        return await start(client, "r-of-the-backend", *words)

    monkeypatch.setattr(Client, "start_render", another)
    assert run("make", *photos, *WORDS).code == 0
    looks = {call.path.rpartition("/")[2] for call in server.backend.journal.calls("render_status")}
    assert looks == {"r-of-the-backend"}
    assert Path("trip.mp4").is_file()


@pytest.mark.parametrize("given", ["../../etc", "..", "a b", "x" * 600, 7, None])
def test_an_id_that_is_none_is_not_used(given: object) -> None:
    from skill.api.models import Render

    assert Render.read({"id": given, "status": "pending"}, "mine").id == "mine"


class TestBlockedByThePlan:
    def test_what_was_spent_is_told_with_the_way_out(
        self, server: Server, run: Run, photos: list[Path]
    ) -> None:
        server.backend.fail("render", code=402, times=None)
        ran = run("make", *photos, *WORDS)
        assert (ran.code, ran.answer["error"]["code"]) == (7, "export_blocked")
        assert "50 credits were spent" in ran.answer["error"]["message"]
        assert ran.answer["next"][1].startswith("image-to-video make --local ")

    def test_exports_that_are_blocked_do_not_pile_up(
        self, server: Server, run: Run, photos: list[Path]
    ) -> None:
        assert run("make", *photos, *WORDS[:2], "--no-export").code == 0
        assert run("chat", "make it 5 seconds").code == 0
        server.backend.fail("render", code=402, times=None)
        for number in range(3):
            ran = run("export", "-o", f"{number}.mp4", "--json")
            assert (ran.code, ran.answer["error"]["job"]) == (7, None)
            assert "55 credits were spent" in ran.answer["error"]["message"]
            (at_home,) = ran.answer["next"]
            assert "make it 5 seconds" in at_home
            assert all(str(photo) in at_home for photo in photos)
        assert run("jobs").out == "Nothing is unfinished.\n"
