"""What is refused was not carried out: it is mended and asked for once more, at every endpoint, in
both forms of an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mock_server import Server
    from tests.skill.conftest import Ran

    Run = Callable[..., Ran]

WORDS = ("-p", "turn my photos into a video, 3 seconds", "-o", "trip.mp4", "--json")
ENDPOINTS = ("session", "upload", "state", "credits", "message", "render", "render_status")
"""Those that a `make` asks with its token."""
FORMS: dict[str, Callable[[int], dict[str, Any]]] = {
    "in a 200": lambda code: {"status": 200, "code": code},
    "as a status": lambda code: {"status": {1001: 401, 1002: 404}.get(code, code), "code": code},
}


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Callable[[int], dict[str, Any]]:
    return FORMS[request.param]


def taken(server: Server) -> int:
    return len([call for call in server.backend.journal.calls("message") if call.code == 0])


@pytest.mark.parametrize("endpoint", ENDPOINTS)
class TestABadToken:
    def test_one_that_has_expired_is_replaced_and_the_work_goes_on(
        self, server: Server, run: Run, photos: list[Path], endpoint: str
    ) -> None:
        run("connect")
        server.backend.fail(endpoint, expire_token=True)
        ran = run("make", *photos, *WORDS)
        assert ran.code == 0, ran.err
        assert taken(server) == 1
        assert len(server.backend.journal.calls("token")) == 2

    def test_one_that_is_refused_once_is_used_where_there_is_no_other(
        self, server: Server, run: Run, photos: list[Path], endpoint: str, form: Any
    ) -> None:
        run("connect")
        server.backend.fail(endpoint, **form(1001))
        assert run("make", *photos, *WORDS).code == 0
        assert taken(server) == 1

    def test_refused_again_it_is_told_and_the_job_goes_on_later(
        self, server: Server, run: Run, photos: list[Path], endpoint: str, form: Any
    ) -> None:
        run("connect")
        server.backend.fail(endpoint, times=None, **form(1001))
        ran = run("make", *photos, *WORDS)
        if endpoint == "credits":  # good to know, and no more
            assert ran.code == 0
            return
        assert (ran.code, ran.answer["error"]["code"]) == (3, "auth")
        assert "--local" in ran.answer["error"]["hint"]
        server.backend.faults.clear()
        if endpoint == "session":  # nothing was sent that could be gone on with
            assert run("make", *photos, *WORDS).code == 0
        else:
            assert run("resume").code == 0
        assert taken(server) == 1

    def test_one_of_the_users_own_is_never_replaced(
        self,
        server: Server,
        run: Run,
        photos: list[Path],
        endpoint: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        server.backend.accounts.add("nmv_usr_mine", credits=1000)
        monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_mine")
        server.backend.fail(endpoint, code=1001)
        ran = run("make", *photos, *WORDS)
        assert ran.code == (0 if endpoint == "credits" else 3)
        assert not server.backend.journal.calls("token")
        if ran.code and endpoint != "session":
            assert run("resume").code == 0
            assert taken(server) == 1


@pytest.mark.parametrize("words", [("chat", "make it 5 seconds"), ("extend", "-o", "b.mp4")])
class TestAMessageToAProjectThereIs:
    @pytest.fixture(autouse=True)
    def project(self, server: Server, run: Run, photos: list[Path]) -> None:
        run("connect")
        server.backend.accounts.change(credits=1000)
        assert run("make", *photos, *WORDS).code == 0
        server.backend.journal.clear()

    def test_with_a_token_that_has_expired_it_goes_out_once_more(
        self, server: Server, run: Run, words: tuple[str, ...]
    ) -> None:
        server.backend.fail("message", expire_token=True)
        assert run(*words).code == 0
        assert taken(server) == 1

    def test_refused_again_it_is_kept(
        self, server: Server, run: Run, words: tuple[str, ...], form: Any
    ) -> None:
        server.backend.fail("message", times=None, **form(1001))
        ran = run(*words, "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (3, "auth")
        server.backend.faults.clear()
        assert run("resume", ran.answer["error"]["job"]).code == 0
        assert taken(server) == 1

    def test_of_a_project_that_is_gone_it_is_told_what_is_lost(
        self, server: Server, run: Run, words: tuple[str, ...], form: Any
    ) -> None:
        server.backend.fail("message", **form(1002))
        ran = run(*words, "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (4, "not_found")
        assert not server.backend.journal.calls("session")
        assert taken(server) == 0


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_client_id_that_is_missing_is_sent_along(
    server: Server, run: Run, photos: list[Path], endpoint: str, form: Any
) -> None:
    server.backend.fail(endpoint, **form(400))
    assert run("make", *photos, *WORDS).code == 0
    assert taken(server) == 1
    journal = server.backend.journal.calls(endpoint)
    (refused, again), client = journal[:2], server.backend.journal.calls("token")[0]
    assert refused.headers.get("x-client-id") is None
    assert again.headers["x-client-id"] == client.headers["x-client-id"]


@pytest.mark.parametrize("endpoint", ["upload", "state", "message"])
def test_a_project_that_is_gone_before_anything_was_paid_for_is_made_anew(
    server: Server, run: Run, photos: list[Path], endpoint: str, form: Any
) -> None:
    server.backend.fail(endpoint, **form(1002))
    assert run("make", *photos, *WORDS).code == 0
    assert len(server.backend.journal.calls("session")) == 2
    assert taken(server) == 1


@pytest.mark.parametrize("endpoint", [one for one in ENDPOINTS if one != "credits"])
def test_what_comes_too_soon_is_asked_for_again_after_the_pause(
    server: Server, run: Run, photos: list[Path], endpoint: str, form: Any
) -> None:
    server.backend.fail(endpoint, **form(429))
    ran = run("make", *photos, *WORDS)
    assert ran.code == 0, ran.answer
    assert taken(server) == 1


class TestTheToken:
    def test_the_clock_of_this_machine_does_not_throw_it_away(
        self, server: Server, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from datetime import datetime, timedelta

        import skill.clock

        assert run("connect").code == 0
        now = skill.clock.PacedClock.wall

        def later(clock: skill.clock.PacedClock) -> datetime:
            return now(clock) + timedelta(days=8)

        monkeypatch.setattr(skill.clock.PacedClock, "wall", later)
        assert run("credits").code == 0
        assert len(server.backend.journal.calls("token")) == 1

    def test_a_lost_answer_costs_no_seven_days(self, server: Server, run: Run) -> None:
        server.backend.fail("token", cut_after_bytes=0, reset=True)
        assert run("connect").code == 0
        clients = [call.headers["x-client-id"] for call in server.backend.journal.calls("token")]
        assert clients[0] == clients[1] != clients[2]

    def test_nor_one_that_a_process_died_of(
        self, server: Server, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from skill.jobs.store import Vault

        class Died(BaseException):
            pass

        def die(*_: object) -> None:
            raise Died

        with monkeypatch.context() as patch:
            patch.setattr(Vault, "keep_token", die)
            patch.setattr(Vault, "end_token_request", die)
            with pytest.raises((Died, BaseExceptionGroup)):
                run("connect")
        assert len(server.backend.journal.calls("token")) == 1
        assert run("connect").code == 0
        assert run("credits").code == 0
        assert len(server.backend.journal.calls("token")) == 3

    def test_a_client_id_of_the_users_own_is_kept(
        self, server: Server, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEMO_CLIENT_ID", "my-client")
        server.backend.fail("token", cut_after_bytes=0, reset=True)
        assert run("connect", "--json").answer["error"]["code"] == "rate_limited"
        clients = {call.headers["x-client-id"] for call in server.backend.journal.calls("token")}
        assert clients == {"my-client"}
