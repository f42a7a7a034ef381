"""What is made beside a video: asked for before anything is paid, made of the clip that stands."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from PIL import Image

import skill.jobs.previews
from skill import local
from skill.install import packages
from skill.jobs.job import Step
from skill.jobs.store import Vault
from skill.settings.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_server import Server
    from tests.skill.conftest import Ran

WORDS = ("-p", "turn my photos into a video, 3 seconds")


def listed() -> list[str]:
    return sorted(path.name for path in Path.cwd().iterdir())


def kind(name: str) -> str | None:
    with Image.open(name) as image:
        image.load()
        return image.format


def missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine with the plain skill alone."""
    monkeypatch.setitem(packages.NEEDED, "local", ("PIL", "a_package_that_is_not_here"))
    monkeypatch.setitem(packages.LOCKS, "local", "no.lock")


def instead(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Another program in the place of the one that makes things of a video."""

    def previews(what: str, video: Path, target: Path) -> list[str]:
        return [sys.executable, "-c", program, what, str(video), str(target)]

    monkeypatch.setattr(local, "previews", previews)


def test_everything_beside_the_video_and_the_video_last(
    server: Server, run: Callable[..., Ran], photos: list[Path], clip: bytes
) -> None:
    ran = run(
        "make", *photos, *WORDS, "-o", "trip.mp4", "--format", "gif", "--poster", "--sheet"
    )  # fmt: skip
    assert ran.code == 0, ran.err
    names = ["trip-poster.jpg", "trip-sheet.jpg", "trip.gif", "trip.mp4"]
    assert listed() == names
    assert [kind(name) for name in names[:3]] == ["JPEG", "JPEG", "GIF"]
    assert Path("trip.mp4").read_bytes() == clip
    assert ran.out.splitlines()[-4:] == [
        f"MEDIA:{Path.cwd() / name}"
        for name in ("trip.gif", "trip-poster.jpg", "trip-sheet.jpg", "trip.mp4")
    ]


def test_json_has_a_path_for_each_and_none_for_what_was_not_asked(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    ran = run("make", *photos, *WORDS, "--format", "webp", "--poster", "--json")
    data = ran.answer["data"]
    assert data["file"] == str(Path.cwd() / "cat.mp4")
    assert data["preview"] == str(Path.cwd() / "cat.webp")
    assert data["poster"] == str(Path.cwd() / "cat-poster.jpg")
    assert (data["sheet"], data["notices"]) == (None, [])
    events = [json.loads(line) for line in ran.err.splitlines()]
    stage, *progress = [event for event in events if event.get("stage") == "preview"]
    assert stage["message"] == "Making the preview..."
    assert progress[-1]["progress"] == 100


def test_the_name_of_a_gif_stands_for_its_format(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    assert run("make", *photos, *WORDS, "-o", "trip.GIF").code == 0
    assert listed() == ["trip.GIF", "trip.mp4"]
    assert kind("trip.GIF") == "GIF"
    ran = run("ask", "send me the video", "-o", "again.webp")
    assert ran.code == 0, ran.err
    assert kind("again.webp") == "WEBP"
    assert ran.out.splitlines()[-1] == f"MEDIA:{Path.cwd() / 'again.mp4'}"


@pytest.mark.parametrize(
    ("there", "words", "said"),
    [
        ("trip.gif", ("-o", "trip.mp4", "--format", "gif"), "already there"),
        ("trip-poster.jpg", ("-o", "trip.mp4", "--poster"), "already there"),
        ("trip-sheet.jpg", ("-o", "trip.mp4", "--sheet"), "already there"),
        ("trip.mp4", ("-o", "trip.gif"), "already there"),
        ("x", ("-o", "trip.gif", "--format", "webp"), "not the name of webp"),
        ("x", ("-o", "trip.gif", "--format", "mp4"), "not the name of mp4"),
        ("x", ("--no-export", "--poster"), "no video"),
        ("x", ("--format", "avi"), "cannot be 'avi'"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(
    server: Server,
    run: Callable[..., Ran],
    photos: list[Path],
    there: str,
    words: tuple[str, ...],
    said: str,
) -> None:
    Path(there).write_text("precious")
    ran = run("make", *photos, *WORDS, *words)
    assert ran.code == 2
    assert said in ran.err
    assert len(server.backend.journal) == 0
    assert listed() == [there]
    assert Path(there).read_text() == "precious"


def test_force_overwrites_all_of_them_but_never_a_photo(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    for name in ("trip.mp4", "trip.gif", "trip-sheet.jpg"):
        Path(name).write_text("old")
    words = ("-o", "trip.mp4", "--format", "gif", "--sheet", "--force")
    assert run("make", *photos, *WORDS, *words).code == 0
    assert (kind("trip.gif"), kind("trip-sheet.jpg")) == ("GIF", "JPEG")
    photo = Path("trip-poster.jpg")
    photos[1].rename(photo)
    before = photo.read_bytes()
    ran = run("make", photo, *WORDS, "-o", "trip.mp4", "--poster", "--force")
    assert ran.code == 2
    assert "one of the files the video is made of" in ran.err
    assert photo.read_bytes() == before


def test_a_free_name_is_one_that_is_free_for_all(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    Path("cat.gif").touch()
    assert run("make", *photos, *WORDS, "--format", "gif").code == 0
    assert listed() == ["cat-2.gif", "cat-2.mp4", "cat.gif"]


def test_without_the_packages_nothing_is_sent_and_what_to_run_is_said(
    server: Server, run: Callable[..., Ran], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    missing(monkeypatch)
    ran = run("make", *photos, *WORDS, "-o", "trip.gif")
    assert ran.code == 2
    assert "missing: a_package_that_is_not_here" in ran.err
    assert ".[local]" in ran.err
    assert len(server.backend.journal) == 0
    assert run("make", *photos, *WORDS, "-o", "trip.mp4").code == 0


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("print('0.5'); print('the disk is made of cheese')", "the disk is made of cheese"),
        ("import os; os.abort()", "its process died"),
        (
            "import os; print('0.5', flush=True); os.kill(os.getpid(), 9)",
            "its process died, as it does where memory runs out",
        ),
        ("import sys; open(sys.argv[3], 'wb').write(b'half')", "its process died"),
    ],
)
def test_what_fails_after_delivery_is_a_notice_and_can_be_asked_for_again(
    server: Server,
    run: Callable[..., Ran],
    photos: list[Path],
    clip: bytes,
    monkeypatch: pytest.MonkeyPatch,
    program: str,
    why: str,
) -> None:
    with monkeypatch.context() as broken:
        instead(broken, program)
        ran = run("make", *photos, *WORDS, "-o", "trip.gif", "--json")
    assert ran.code == 0
    data = ran.answer["data"]
    assert Path(data["file"]).read_bytes() == clip
    assert data["preview"] is None
    [notice] = data["notices"]
    assert notice.startswith(f"trip.gif was not made: {why}.\n")
    again = f"resume {data['job']} --format gif"
    assert again in notice
    assert listed() == ["trip.mp4"]
    assert run("jobs").out == "Nothing is unfinished.\n"
    sent = len(server.backend.journal)
    ran = run(*again.split(), "--json")
    assert ran.answer["data"]["preview"] == str(Path.cwd() / "trip.gif")
    assert ran.answer["data"]["notices"] == []
    assert kind("trip.gif") == "GIF"
    assert len(server.backend.journal) == sent


def test_packages_that_went_away_meanwhile_cost_the_preview_alone(
    server: Server, run: Callable[..., Ran], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.backend.fail("render_status", times=50, status=500)
    begun = run("make", *photos, *WORDS, "-o", "trip.gif", "--json")
    assert begun.code != 0
    server.backend.faults.clear()
    missing(monkeypatch)
    ran = run("resume")
    assert ran.code == 0, ran.err
    assert "missing: a_package_that_is_not_here" in ran.out
    assert ".[local]" in ran.out
    assert listed() == ["trip.mp4"]
    assert ran.out.splitlines()[-1] == f"MEDIA:{Path.cwd() / 'trip.mp4'}"


def test_stopped_while_it_is_made_it_leaves_no_half_and_goes_on(
    server: Server,
    run: Callable[..., Ran],
    photos: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    born = tmp_path / "pid"
    endless = f"import os, sys; open({str(born)!r}, 'w').write(str(os.getpid())); open(sys.argv[3], 'wb'); print(0.1, flush=True); sys.stdin.read()"
    job = run("make", *photos, *WORDS, "-o", "trip.mp4", "--json").answer["data"]["job"]
    with monkeypatch.context() as broken:
        instead(broken, endless)
        ran = run("resume", job, "--format", "webp", "--poster", "--json", "--timeout", 3)
    assert ran.code == 11
    assert listed() == ["trip.mp4"]
    assert not Path("/proc", born.read_text()).exists()
    with closing(Vault.open(Config.resolve().home)) as vault:
        assert vault.job(job).step is Step.DELIVERED
    sent = len(server.backend.journal)
    ran = run("resume", "--sheet")
    assert ran.code == 0, ran.err
    assert listed() == ["trip-poster.jpg", "trip-sheet.jpg", "trip.mp4", "trip.webp"]
    assert len(server.backend.journal) == sent


def test_what_was_made_before_the_process_died_is_known_again(
    server: Server, run: Callable[..., Ran], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It died between having it stand and writing that down."""
    stand = skill.jobs.previews._stand

    def die(*words: Any, **more: Any) -> Path:
        stand(*words, **more)
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(skill.jobs.previews, "_stand", die)
        assert run("make", *photos, *WORDS, "-o", "trip.gif").code == 1
    assert listed() == ["trip.gif", "trip.mp4"]
    assert run("resume").code == 0
    assert listed() == ["trip.gif", "trip.mp4"]


def test_a_name_that_was_taken_meanwhile_is_left_to_whoever_took_it(
    server: Server, run: Callable[..., Ran], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    make = skill.jobs.previews._make

    async def taken(*words: Any) -> None:
        await anyio.Path("trip.gif").write_text("precious")
        await make(*words)

    monkeypatch.setattr(skill.jobs.previews, "_make", taken)
    ran = run("make", *photos, *WORDS, "-o", "trip.gif", "--json")
    assert ran.answer["data"]["preview"] == str(Path.cwd() / "trip-2.gif")
    assert Path("trip.gif").read_text() == "precious"
    assert kind("trip-2.gif") == "GIF"


def test_left_to_the_background_they_are_made_there(
    server: Server, run: Callable[..., Ran], photos: list[Path]
) -> None:
    begun = run("make", *photos, *WORDS, "-o", "trip.gif", "--poster", "--no-wait", "--json")
    job = begun.answer["data"]["job"]
    ran = run("resume", job, "--json")
    assert ran.code == 0, ran.err
    assert kind("trip.gif") == "GIF"
    assert ran.answer["data"]["poster"] == str(Path.cwd() / "trip-poster.jpg")


def test_the_process_that_makes_them_is_not_given_the_token(
    server: Server, run: Callable[..., Ran], photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run("make", *photos, *WORDS, "-o", "trip.mp4", "--json").answer["data"]
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_secret0123456789")
    instead(monkeypatch, "import os; print('NEMO_TOKEN' in os.environ)")
    ran = run("resume", made["job"], "--poster", "--json")
    assert ran.answer["data"]["notices"][0].startswith("trip-poster.jpg was not made: False.")
