"""Settings are resolved once and refused before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from skill.errors import UsageError
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
    ],
)
def test_a_backend_that_a_token_must_not_go_to(url: str) -> None:
    with pytest.raises(UsageError, match="NEMO_API_URL") as caught:
        resolve({"NEMO_API_URL": url})
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "url", ["https://backend.test/", "http://127.0.0.1:8000", "http://localhost", "http://[::1]:9"]
)
def test_a_backend_that_is_fine(url: str) -> None:
    assert resolve({"NEMO_API_URL": url}).api_url == url.rstrip("/")


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
