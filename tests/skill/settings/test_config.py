"""Settings are resolved once and refused before anything is sent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from skill.errors import UsageError
from skill.install.packages import cache
from skill.settings.config import API_URL, Config

if TYPE_CHECKING:
    from pathlib import Path


def resolve(environ: dict[str, str] | None = None, **flags: object) -> Config:
    return Config.resolve(environ=environ or {}, **flags)  # type: ignore[arg-type]


def test_the_defaults_are_the_contracts() -> None:
    config = resolve()
    assert (config.api_url, config.web_url) == (API_URL, "https://nemovideo.com")
    assert (config.token, config.pace, config.local) == (None, 1.0, False)


def test_a_flag_beats_the_environment(tmp_path: Path) -> None:
    environ = {
        "IMAGE_TO_VIDEO_HOME": str(tmp_path / "env"),
        "IMAGE_TO_VIDEO_PACE": "0.5",
        "NEMO_API_URL": "http://127.0.0.1:1",
    }
    assert resolve(environ).home == tmp_path / "env"
    assert resolve(environ).pace == 0.5
    assert resolve(environ, home=tmp_path / "flag", pace=0.1).home == tmp_path / "flag"
    assert resolve(environ, home=tmp_path / "flag", pace=0.1).pace == 0.1


def test_state_lives_in_the_users_state_folder(home: Path) -> None:
    assert home in resolve().home.parents


@pytest.mark.parametrize(
    "url",
    [
        "http://backend.test",
        "http://10.0.0.1",
        "ftp://backend.test",
        "backend.test",
        "https://user:secret@backend.test",
        "https://backend.test/?a=b",
        "https://[broken",
        "https://backend.test:port",
        "http://127.0.0.1.evil.test",
        "https://",
        "https:///path",
        "https://a b.test",
        "https://backend.test/a b",
        "https://back\nend.test",
        "https://backend.test\\@evil.test",
        "https://@backend.test",
        "https://:secret@backend.test",
        "https://backend.test:0",
        "https://backend.test:99999",
        "https://-backend.test",
        "https://back..end.test",
        "https://" + "a" * 64 + ".test",
        "https://%zz.test",
        "'https://backend.test'",
        "https//backend.test",
        "\u202ehttps://backend.test",
        "https://\udcff.test",
    ],
)
def test_a_backend_that_a_token_must_not_go_to(url: str) -> None:
    with pytest.raises(UsageError, match="NEMO_API_URL") as caught:
        resolve({"NEMO_API_URL": url})
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://backend.test/", "https://backend.test"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:9", "http://[::1]:9"),
        (" https://backend.test\n", "https://backend.test"),
        ("HTTPS://Backend.TEST/V1//", "https://backend.test/V1"),
        ("HTTP://LOCALHOST:8000/", "http://localhost:8000"),
        ("https://backend.test:443", "https://backend.test"),
        ("https://backend.test.:8443", "https://backend.test:8443"),
        ("https://my_backend.test", "https://my_backend.test"),
        ("https://bücher.test", "https://bücher.test"),
        ("   ", API_URL),
        ("", API_URL),
    ],
)
def test_a_backend_that_is_fine_however_it_is_written(written: str, url: str) -> None:
    """One backend is one: its projects are found again."""
    assert resolve({"NEMO_API_URL": written}).api_url == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("home", 5), ("home", b"state"), ("home", ""), ("home", "a\0b"), ("home", "~nobody-of-that-name/x"), ("home", True),
        ("skill", 5), ("skill", b"x"), ("local", "no"), ("local", 1), ("local", None), ("language", 5), ("language", "?"),
        ("pace", "x"), ("pace", True), ("pace", [1]),
    ],
)  # fmt: skip
def test_a_setting_of_the_wrong_kind_is_named(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=name) as caught:
        resolve(**{name: value})
    assert "\n" not in caught.value.message


def test_a_home_in_the_environment_that_is_none_is_named() -> None:
    with pytest.raises(UsageError, match="IMAGE_TO_VIDEO_HOME"):
        resolve({"IMAGE_TO_VIDEO_HOME": "~nobody-of-that-name/x"})


@pytest.mark.skipif(os.name != "posix", reason="users of POSIX")
def test_a_user_without_a_home_is_told_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Containers run as a number that no passwd knows."""
    import pwd

    def nobody(uid: int) -> NoReturn:
        raise KeyError(uid)

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(UsageError, match="no home") as caught:
        resolve()
    assert "IMAGE_TO_VIDEO_HOME" in caught.value.hint
    assert resolve({"IMAGE_TO_VIDEO_HOME": str(tmp_path)}).home == tmp_path
    with pytest.raises(UsageError, match="no home") as caught:
        cache({})
    assert "XDG_CACHE_HOME" in caught.value.hint
    assert tmp_path in cache({"XDG_CACHE_HOME": str(tmp_path)}).parents


def test_pace_is_for_loopback_alone() -> None:
    with pytest.raises(UsageError, match="on this machine only"):
        resolve(pace=0.1)
    assert resolve({"NEMO_API_URL": "http://127.0.0.1:1"}, pace=0.1).pace == 0.1
    assert resolve(local=True, pace=0.1).pace == 0.1


@pytest.mark.parametrize("pace", ["fast", "0", "-1", "nan", "inf"])
def test_a_pace_that_is_none(pace: str) -> None:
    with pytest.raises(UsageError, match="pace"):
        resolve({"IMAGE_TO_VIDEO_PACE": pace, "NEMO_API_URL": "http://127.0.0.1:1"})


def test_with_local_the_users_own_token_is_left_out() -> None:
    assert resolve({"NEMO_TOKEN": "nmv_usr_x"}).token is not None
    assert resolve({"NEMO_TOKEN": "nmv_usr_x"}, local=True).token is None


def test_a_client_id_that_is_none() -> None:
    with pytest.raises(UsageError, match="NEMO_CLIENT_ID"):
        resolve({"NEMO_CLIENT_ID": "x" * 65})
