"""A command goes on with the project that was worked on last: one that is on this machine is not
taken for one at the account, nor the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import skill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mock_server import Server
    from tests.skill.conftest import Ran

    Run = Callable[..., Ran]

MAKE = ("-p", "turn my photos into a video, 2 seconds", "--no-export")
GOES_ON = (
    ("chat", "make it 4 seconds"),
    ("ask", "make it 4 seconds"),
    ("status",),
    ("export", "-o", "clip.mp4"),
    ("extend", "-o", "clip.mp4"),
    ("ask", "export"),
    ("ask", "status"),
)


@pytest.mark.parametrize("words", GOES_ON, ids=" ".join)
class TestOnesThatGoOn:
    def test_with_a_newer_one_on_this_machine_nothing_is_sent(
        self, server: Server, run: Run, photos: list[Path], words: tuple[str, ...]
    ) -> None:
        assert run("make", *photos, *MAKE).code == 0
        assert run("make", "--local", *photos, *MAKE).code == 0
        server.backend.journal.clear()
        ran = run(*words, "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
        assert "--local" in ran.answer["error"]["hint"]
        assert len(server.backend.journal) == 0
        (right,) = ran.answer["next"]
        assert right.startswith(f"image-to-video --local {words[0]} ")

    def test_with_a_newer_one_at_the_account_none_is_begun_here(
        self, server: Server, run: Run, photos: list[Path], words: tuple[str, ...]
    ) -> None:
        assert run("make", *photos, *MAKE).code == 0
        ran = run(*words, "--local", "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
        (right,) = ran.answer["next"]
        assert right.startswith(f"image-to-video {words[0]} ")
        assert "--local" not in right


def test_open_too_refuses(server: Server, run: Run, photos: list[Path]) -> None:
    assert run("make", *photos, *MAKE).code == 0
    assert run("make", "--local", *photos, *MAKE).code == 0
    assert run("open").code == 2
    assert not server.backend.journal.calls("claim")


def test_the_command_that_is_named_is_the_right_one(
    server: Server, run: Run, photos: list[Path]
) -> None:
    import shlex

    assert run("make", "--local", *photos, *MAKE).code == 0
    (right,) = run("chat", "make it 4 seconds", "--json").answer["next"]
    assert run(*shlex.split(right)[1:]).code == 0
    assert "(2.17-4s)" in run("status", "--local").out
    assert not server.backend.journal.messages()


def test_connect_makes_the_account_the_place_that_is_meant(
    server: Server, run: Run, photos: list[Path]
) -> None:
    assert run("make", *photos, *MAKE).code == 0
    assert run("make", "--local", *photos, *MAKE).code == 0
    assert run("connect").code == 0
    assert run("chat", "make it 4 seconds").code == 0
    assert run("chat", "--local", "make it 4 seconds").code == 2
    assert run("connect", "--local").code == 0
    assert run("chat", "--local", "make it 4 seconds").code == 0


def test_what_begins_a_project_asks_for_none(
    server: Server, run: Run, photos: list[Path], clip: bytes, tmp_path: Path
) -> None:
    own = tmp_path / "own.mp4"
    own.write_bytes(clip)
    assert run("make", "--local", *photos, *MAKE).code == 0
    assert run("extend", own, "-o", "a.mp4").code == 0
    server.backend.accounts.change(credits=100)
    assert run("make", "--local", *photos, *MAKE).code == 0
    assert run("make", *photos, *MAKE).code == 0
    assert run("credits").code == 0


def test_another_listing_has_a_place_of_its_own(
    server: Server, run: Run, photos: list[Path], tmp_path: Path
) -> None:
    from skill.install.bundle import bundle
    from skill.settings.listings import LISTINGS

    (other,) = bundle([LISTINGS["joy-image-to-video"]], tmp_path / "bundles")
    assert run("make", *photos, *MAKE).code == 0
    assert run("make", "--local", *photos, *MAKE, "--skill", other.path).code == 0
    assert run("chat", "make it 4 seconds").code == 0


def test_a_program_is_told_where_it_is(server: Server, run: Run, photos: list[Path]) -> None:
    assert run("make", "--local", *photos, *MAKE).code == 0
    with pytest.raises(skill.UsageError, match="on this machine"):
        skill.chat("make it 4 seconds")
    assert len(server.backend.journal) == 0
