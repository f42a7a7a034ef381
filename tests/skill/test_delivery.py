"""A finished render → a file on disk, whole or not at all, and from nowhere it should not come."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skill.delivery import check_url
from skill.errors import NetworkError, UsageError
from skill.target import check_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_server import Server

    from .conftest import Ran


@pytest.mark.parametrize(
    ("url", "loopback", "good"),
    [
        ("https://cdn.test/clip.mp4", False, True),
        ("https://8.8.8.8/clip.mp4", False, True),
        ("http://cdn.test/clip.mp4", False, False),
        ("http://127.0.0.1:8000/clip.mp4", True, True),
        ("http://127.0.0.1:8000/clip.mp4", False, False),
        ("https://127.0.0.1/clip.mp4", False, False),
        ("https://localhost/clip.mp4", False, False),
        ("https://10.0.0.1/clip.mp4", True, False),
        ("https://192.168.1.1/clip.mp4", False, False),
        ("https://169.254.169.254/latest/meta-data", False, False),
        ("https://[::1]/clip.mp4", False, False),
        ("https://[fd00::1]/clip.mp4", False, False),
        ("https://0x7f.1/clip.mp4", False, False),
        ("https://2130706433/clip.mp4", False, False),
        ("https://user@cdn.test/clip.mp4", False, False),
        ("file:///etc/passwd", True, False),
        ("ftp://cdn.test/clip.mp4", False, False),
        ("https://[broken", False, False),
        ("", False, False),
    ],
)
def test_where_a_clip_may_come_from(url: str, loopback: bool, good: bool) -> None:
    if good:
        check_url(url, loopback=loopback)
    else:
        with pytest.raises(NetworkError, match="address is not"):
            check_url(url, loopback=loopback)


def test_where_a_clip_may_go(tmp_path: Path) -> None:
    check_target(tmp_path / "new.mp4", force=False)
    (tmp_path / "old.mp4").touch()
    check_target(tmp_path / "old.mp4", force=True)
    for target, said in (
        (tmp_path / "old.mp4", "already there"),
        (tmp_path, "is a folder"),
        (tmp_path / "none" / "x.mp4", "is not there"),
    ):
        with pytest.raises(UsageError, match=said):
            check_target(target, force=False)


def export(run: Callable[..., Ran], *more: str) -> Ran:
    return run("export", "-o", "trip.mp4", "--json", *more)


@pytest.fixture
def project(server: Server, run: Callable[..., Ran], photos: list[Path]) -> Server:
    """A project that is ready to be exported."""
    assert run("make", *photos, "--no-export").code == 0
    return server


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 404},
        {"status": 403},
        {"status": 429},
        {"status": 410, "body": {"code": 1001, "message": "not the backend's word"}},
        {"cut_after_bytes": 100},
        {"status": 200, "body": "<html>not a clip</html>"},
        {"status": 302, "headers": {"location": "https://elsewhere.test/x"}},
    ],
)
def test_where_the_address_fails_the_backend_is_asked(
    project: Server, run: Callable[..., Ran], clip: bytes, fault: dict[str, object]
) -> None:
    project.backend.fail("file", **fault)
    assert export(run).code == 0
    assert Path("trip.mp4").read_bytes() == clip
    assert len(project.backend.journal.calls("render_download")) == 1


def test_half_a_file_never_stands_under_the_final_name(
    project: Server, run: Callable[..., Ran]
) -> None:
    for endpoint in ("file", "render_download"):
        project.backend.fail(endpoint, cut_after_bytes=300, times=None)
    ran = export(run)
    assert (ran.code, ran.answer["error"]["code"]) == (9, "network")
    assert ran.answer["error"]["job"]
    assert list(Path.cwd().iterdir()) == []


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    project: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    import skill.delivery as delivery

    real = delivery.sha256

    def sha256(part: Path) -> str:
        Path("trip.mp4").write_text("precious")
        return real(part)

    monkeypatch.setattr(delivery, "sha256", sha256)
    ran = export(run)
    assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
    assert [path.name for path in Path.cwd().iterdir()] == ["trip.mp4"]
    assert Path("trip.mp4").read_text() == "precious"
