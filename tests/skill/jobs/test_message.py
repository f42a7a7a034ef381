"""A message is paid for once: what it may cost is told first, what came late is looked for, and an
error that the stream tells says what was charged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from skill.settings.listings import LISTINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_server import Server
    from tests.skill.conftest import Ran

    Run = Callable[..., Ran]

WORDS = ("-p", "turn my photos into a video, 3 seconds", "-o", "trip.mp4", "--json")


def taken(server: Server) -> int:
    return len([call for call in server.backend.journal.calls("message") if call.code == 0])


class TestWhatIsPaidForAndLate:
    def test_it_is_looked_for_and_made(self, server: Server, run: Run, photos: list[Path]) -> None:
        server.backend.configure(pace=0.001)
        server.backend.fail("message", shows_after=100)
        assert run("make", *photos, *WORDS).code == 0
        assert taken(server) == 1

    def test_it_is_left_for_resume_and_never_paid_again(
        self, server: Server, run: Run, photos: list[Path]
    ) -> None:
        server.backend.configure(pace=0.001)
        server.backend.fail("message", shows_after=10**7)
        ran = run("make", *photos, *WORDS)
        assert (ran.code, ran.answer["error"]["code"]) == (11, "unfinished")
        assert "50 credits were taken" in ran.answer["error"]["message"]
        assert run("make", *photos, *WORDS).code == 11
        server.backend.clock.advance(20_000)
        assert run("resume").code == 0
        assert taken(server) == 1
        assert Path("trip.mp4").is_file()

    def test_so_too_of_a_chat(self, server: Server, run: Run, photos: list[Path]) -> None:
        run("upload", *photos)
        server.backend.configure(pace=0.001)
        server.backend.fail("message", shows_after=100)
        ran = run("chat", "turn my photos into a 3 second video", "--json")
        assert ran.code == 0
        assert ran.answer["data"]["changes"]

    def test_an_answer_that_changes_nothing_and_costs_nothing_is_an_answer(
        self, server: Server, run: Run, photos: list[Path]
    ) -> None:
        run("make", *photos, *WORDS)
        reads = len(server.backend.journal.calls("state"))
        assert run("chat", "how long is it?", "--json").code == 0
        assert len(server.backend.journal.calls("state")) <= reads + 2


@pytest.mark.parametrize("code", [None, 400, 409, 429, 503, 1001, 4001])
class TestAnErrorInsideTheStream:
    def test_it_is_one_of_the_backend_and_says_what_was_charged(
        self, server: Server, run: Run, photos: list[Path], code: int | None
    ) -> None:
        told = {} if code is None else {"code": code}
        server.backend.fail("message", error="event", error_after_events=1, **told)
        ran = run("make", *photos, *WORDS)
        error = ran.answer["error"]
        assert (ran.code, error["code"], error["retryable"]) == (10, "backend_failed", False)
        assert "I encountered a temporary issue." in error["message"]
        assert "Nothing was changed. No credits were taken." in error["message"]
        assert taken(server) == 1

    def test_what_was_changed_before_is_told_and_exported_by_resume(
        self, server: Server, run: Run, photos: list[Path], code: int | None
    ) -> None:
        told = {} if code is None else {"code": code}
        server.backend.fail("message", error="event", **told)
        ran = run("make", *photos, *WORDS)
        assert (ran.code, ran.answer["error"]["code"]) == (10, "backend_failed")
        assert "3 clips added" in ran.answer["error"]["message"]
        assert "50 credits were taken" in ran.answer["error"]["message"]
        assert run("resume", ran.answer["error"]["job"]).code == 0
        assert taken(server) == 1


def test_one_that_was_charged_for_and_changed_nothing_is_kept_for_resume(
    server: Server, run: Run, photos: list[Path]
) -> None:
    server.backend.configure(pace=0.001)
    server.backend.fail("message", error="event", code=503, shows_after=10**7)
    ran = run("make", *photos, *WORDS)
    assert (ran.code, ran.answer["error"]["code"]) == (10, "backend_failed")
    server.backend.clock.advance(20_000)
    assert run("resume", ran.answer["error"]["job"]).code == 0
    assert taken(server) == 1


class TestTheCost:
    @pytest.mark.parametrize("listing", LISTINGS.values(), ids=lambda listing: str(listing.name))
    def test_it_is_told_before_the_photos_go_up(
        self, server: Server, run: Run, photos: list[Path], tmp_path: Path, listing: Any
    ) -> None:
        from skill.install.bundle import bundle

        (made,) = bundle([listing], tmp_path / "bundles")
        ran = run("make", *photos, *WORDS[:4], "--skill", made.path)
        assert ran.code == 0
        assert ran.err.index("about 100 credits; there are 100") < ran.err.index("Uploading")

    def test_where_nothing_is_left_nothing_is_sent(
        self, server: Server, run: Run, photos: list[Path]
    ) -> None:
        run("connect")
        server.backend.accounts.change(credits=0)
        ran = run("make", *photos, *WORDS)
        assert ran.code == 5
        assert ran.answer["error"]["message"] == "No credits are left, so nothing was sent."
        assert not server.backend.journal.calls("upload")
        assert [one for one in ran.answer["next"] if " make --local " in one]
        assert run("jobs").out == "Nothing is unfinished.\n"

    def test_a_dry_run_tells_where_it_is_not_enough(
        self, server: Server, run: Run, photos: list[Path]
    ) -> None:
        run("connect")
        server.backend.accounts.change(credits=40)
        assert run("make", *photos, *WORDS, "--dry-run").answer["data"]["enough"] is False
        assert "may not be enough" in run("make", *photos, *WORDS[:4], "--dry-run").out
        server.backend.accounts.change(credits=100)
        assert run("make", *photos, *WORDS, "--dry-run").answer["data"]["enough"] is True


class TestNoCredits:
    def test_a_chat_offers_the_whole_on_this_machine(
        self, server: Server, run: Run, photos: list[Path]
    ) -> None:
        assert run("make", *photos, *WORDS).code == 0
        server.backend.fail("message", code=2001)
        ran = run("chat", "make it 5 seconds", "--json")
        assert ran.code == 5
        (at_home,) = (one for one in ran.answer["next"] if "--local" in one)
        assert "make it 5 seconds" in at_home
        assert "3 seconds" in at_home
        assert all(str(photo) in at_home for photo in photos)

    def test_so_does_an_extension_of_a_clip_of_the_users_own(
        self, server: Server, run: Run, photos: list[Path], clip: bytes
    ) -> None:
        own = Path("own.mp4")
        own.write_bytes(clip)
        server.backend.fail("message", code=2001)
        ran = run("extend", own, "--json")
        assert ran.code == 5
        (at_home,) = (one for one in ran.answer["next"] if "--local" in one)
        assert str(own.absolute()) in at_home
