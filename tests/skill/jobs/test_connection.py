"""Who we are to the backend: one token kept, one project kept, reads that are tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.skill.conftest import start
from tests.waiting import HANGS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mock_server import Server
    from tests.skill.conftest import Ran


def test_the_token_is_asked_for_once_and_kept(server: Server, run: Callable[..., Ran]) -> None:
    assert "Setting things up..." in run("connect").err
    assert "Setting things up..." not in run("connect").err
    run("credits")
    assert len(server.backend.journal.calls("token")) == 1
    assert len(server.backend.journal.calls("session")) == 1


def test_an_expired_token_of_ours_is_replaced_and_the_project_goes_on(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    run("make", *photos, "--no-export")
    server.backend.accounts.change(expire=True)
    assert run("status", "--json").code == 0
    assert len(server.backend.journal.calls("token")) == 2


def test_the_limit_on_tokens_is_waited_out_once(server: Server, run: Callable[..., Ran]) -> None:
    server.backend.fail("token", status=429)
    ran = run("connect")
    assert ran.code == 0
    assert "asks for a pause of 30 s" in ran.err
    assert len(server.backend.journal.calls("token")) == 2


def test_reads_are_tried_again_and_say_so_only_when_asked(
    server: Server, run: Callable[..., Ran]
) -> None:
    server.backend.fail("credits", status=503, times=3)
    ran = run("credits", "--verbose")
    assert ran.code == 0
    assert ran.err.count("Trying again in") == 3


def test_a_project_that_is_gone_with_nothing_in_it_is_made_anew(
    server: Server, run: Callable[..., Ran]
) -> None:
    before = run("connect", "--json").answer["data"]["session_id"]
    server.backend.fail("state", code=1002)
    after = run("connect", "--json").answer["data"]["session_id"]
    assert before != after


def test_a_project_that_is_gone_with_something_in_it_is_told(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    run("upload", *photos)
    server.backend.fail("state", code=1002)
    ran = run("chat", "add a title", "--json")
    assert (ran.code, ran.answer["error"]["code"]) == (4, "not_found")
    assert "what was in it is lost there" in ran.answer["error"]["message"]
    assert server.backend.journal.messages() == []


def test_two_listings_have_projects_of_their_own(
    server: Server, run: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "SKILL.md").write_text("---\nname: joy-image-to-video\nversion: 1.0.0\n---\n")
    first = run("connect", "--json").answer["data"]["session_id"]
    second = run("connect", "--skill", tmp_path, "--json").answer["data"]["session_id"]
    assert first != second
    assert run("connect", "--json").answer["data"]["session_id"] == first
    assert len(server.backend.journal.calls("token")) == 1
    assert {entry.headers["x-skill-source"] for entry in server.backend.journal} == {
        "image-to-video-in-free",
        "joy-image-to-video",
    }


@pytest.mark.parametrize("words", ["upload this", "上传"])
def test_an_upload_without_a_file_asks_for_it_and_sends_nothing(
    server: Server, run: Callable[..., Ran], words: str
) -> None:
    ran = run("ask", words, "--json")
    assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
    assert "--file" in ran.answer["error"]["hint"]
    assert len(server.backend.journal) == 0


@pytest.mark.parametrize("fault", [{"status": 403}, {"code": 7777}, {"status": 404}])
def test_a_good_token_is_not_thrown_away_for_another_error(
    server: Server, run: Callable[..., Ran], photos: list[Path], fault: dict[str, int]
) -> None:
    run("make", *photos, "--no-export")
    server.backend.fail("state", times=2, **fault)
    assert run("status", "--json").code != 0
    server.backend.faults.clear()
    assert run("status", "--json").answer["data"]["summary"].startswith("Timeline (2 tracks)")
    assert len(server.backend.journal.calls("token")) == 1


def test_another_account_neither_sees_nor_forgets_the_project(
    server: Server, run: Callable[..., Ran], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("make", *photos, "--no-export")
    server.backend.accounts.add("nmv_usr_other", credits=10)
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_other")
    assert run("status", "--json").answer["error"]["code"] == "not_found"
    monkeypatch.delenv("NEMO_TOKEN")
    assert run("status").code == 0


def test_processes_at_once_share_one_token(server: Server, tmp_path: Path) -> None:
    started = [start("credits", "--home", tmp_path / "s") for _ in range(4)]
    assert [process.wait(timeout=HANGS) for process in started] == [0] * 4
    assert len(server.backend.journal.calls("token")) == 1


def test_what_stays_on_this_machine_goes_past_no_proxy(
    server: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert run("credits").code == 0


@pytest.mark.parametrize("proxy", ["socks4://127.0.0.1:9", "gopher://127.0.0.1:9"])
def test_a_proxy_that_cannot_be_used_is_one_clear_line(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("NEMO_API_URL", "https://backend.test")
    monkeypatch.setenv("ALL_PROXY", proxy)
    ran = run("credits", "--json")
    assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
    assert "proxy" in ran.answer["error"]["message"]
