"""A finished render → a file on disk, whole or not at all, and from nowhere it should not come."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import anyio
import pytest
from anyio.streams.tls import TLSStream

import skill.jobs.download as delivery
from mock_server.http.endpoint import Call
from skill import files
from skill.api.client import Client
from skill.clock import Timing
from skill.errors import NetworkError, SkillError, UsageError
from skill.events import Detail, Event
from skill.jobs.download import deliver
from skill.jobs.job import DownloadState, Job, Step
from skill.jobs.partial_file import discard
from skill.jobs.store import Vault
from skill.token import Token
from tests.skill.conftest import start
from tests.waiting import HANGS

if TYPE_CHECKING:
    from mock_server import Server
    from skill.jobs.connection import Connection
    from tests.skill.conftest import Ran

Run = Callable[..., "Ran"]
Handler = BaseHTTPRequestHandler
Answer = Callable[[Handler], None]


def export(run: Run, *more: object) -> Ran:
    return run("export", "-o", "trip.mp4", "--json", *more)


@pytest.fixture(autouse=True)
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name but this machine's is known here."""

    async def getaddrinfo(host: str, *more: object, **most: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(anyio, "getaddrinfo", getaddrinfo)


@pytest.fixture
def project(server: Server, run: Run, photos: list[Path]) -> Server:
    """A project that is ready to be exported."""
    assert run("make", *photos, "--no-export").code == 0
    return server


@pytest.fixture
def film(clip: bytes) -> bytes:
    """A clip of three megabytes, of which no two pieces are alike."""
    filling = b"".join(struct.pack(">Q", number) for number in range(393_216))
    return clip + struct.pack(">I4s", 8 + len(filling), b"free") + filling


def parts() -> list[Path]:
    return list(Path.cwd().glob(".*.part"))


# ------------------------------------------------------------ a host of files that can go wrong


@dataclass
class Host:
    """A file host on a loopback port. Each request is answered by the next of `answers`, and
    those after by the last; `asked` are the requests' headers, in lower case."""

    answers: list[Answer] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @property
    def ranges(self) -> list[str | None]:
        return [headers.get("range") for headers in self.asked]


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()

    class Requests(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append({name.lower(): text for name, text in self.headers.items()})
            host.answers[min(len(host.asked), len(host.answers)) - 1](self)
            self.close_connection = True

        def log_message(self, *what: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *what: object) -> None:
            """A client that hangs up is no news: stderr is the command's."""

    with Quiet(("127.0.0.1", 0), Requests) as server:
        host.url = f"http://127.0.0.1:{server.server_port}/clip.mp4"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield host
        finally:
            host.released.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def hosted(project: Server, host: Host, monkeypatch: pytest.MonkeyPatch) -> Host:
    """The project's renders lie at the file host."""
    monkeypatch.setattr(Call, "url", lambda call, key, name: host.url)
    return host


def send(status: int, body: bytes = b"", **headers: object) -> Answer:
    """An answer as it is told, a content-length that is not true included."""

    def answer(handler: Handler) -> None:
        lines = {"content_length": len(body)} | headers
        handler.send_response_only(status)
        for name, text in lines.items():
            if text is not None:
                handler.send_header(name.replace("_", "-"), str(text))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


ONE, TWO = {"etag": '"one"'}, {"etag": '"two"'}


def serve(film: bytes, validators: dict[str, str] = ONE, *, cut: int | None = None) -> Answer:
    """An honest host: the file, or the part of it that is asked for, if it is still the same;
    the connection breaks after `cut` bytes."""

    def answer(handler: Handler) -> None:
        asked, known = handler.headers["range"], handler.headers["if-range"]
        if asked and known in validators.values():
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            more = {"content_range": f"bytes {start}-{len(film) - 1}/{len(film)}"}
            rest = film[start:]
            send(206, rest[:cut], content_length=len(rest), **validators, **more)(handler)
        else:
            send(200, film[:cut], content_length=len(film), **validators)(handler)

    return answer


# ------------------------------------------------------------ the other source


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 404},
        {"status": 403},
        {"status": 429},
        {"status": 410, "body": {"code": 1001, "message": "not the backend's word"}},
        {"cut_after_bytes": 0},
        {"status": 200, "body": "<html>not a clip</html>"},
        {"status": 302, "headers": {"location": "https://elsewhere.test/x"}},
        {"status": 302, "headers": {"location": "https://10.0.0.1/x"}},
        {"status": 302, "headers": {"location": "http://cdn.test/x"}},
        {"status": 302, "headers": {"location": "https://user@cdn.test/x"}},
        {"status": 302, "headers": {"location": "https://["}},
        {"status": 302},
        {"status": 206, "body": "part of what was not asked for in parts"},
        {"status": 416},
    ],
)
def test_where_the_address_fails_the_backend_is_asked(
    project: Server, run: Run, clip: bytes, fault: dict[str, object]
) -> None:
    project.backend.fail("file", **fault)
    ran = export(run, "--verbose")
    assert ran.code == 0
    assert Path("trip.mp4").read_bytes() == clip
    assert len(project.backend.journal.calls("file")) == 1
    assert len(project.backend.journal.calls("render_download")) == 1
    assert "Fetching it from the backend instead." in ran.err
    assert parts() == []


def test_what_the_backend_says_in_words_is_not_taken_for_a_clip(project: Server, run: Run) -> None:
    project.backend.fail("file", status=404, times=None)
    project.backend.fail("render_download", status=200, body={"code": 402, "message": "the plan"})
    ran = export(run)
    assert (ran.code, ran.answer["error"]["code"]) == (7, "export_blocked")


def test_half_a_file_never_stands_under_the_final_name_and_is_gone_on_with(
    project: Server, run: Run, clip: bytes
) -> None:
    backend = project.backend
    backend.fail("file", status=404, times=None)
    backend.fail("render_download", cut_after_bytes=300)
    backend.fail("render_download", status=500, times=None)
    ran = export(run)
    assert (ran.code, ran.answer["error"]["code"]) == (9, "network")
    assert ran.answer["error"]["job"]
    assert [path.stat().st_size for path in Path.cwd().iterdir()] == [300]
    assert [path.name for path in Path.cwd().iterdir()] == [path.name for path in parts()]
    backend.faults.clear()
    backend.journal.clear()
    assert run("resume").code == 0
    (call,) = backend.journal.calls("render_download")
    assert (call.headers["range"], call.status) == ("bytes=300-", 206)
    assert backend.journal.calls("file") == []
    assert [path.name for path in Path.cwd().iterdir()] == ["trip.mp4"]
    assert Path("trip.mp4").read_bytes() == clip


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    project: Server, run: Run, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sha256(part: Path) -> str:
        Path("trip.mp4").write_text("precious")
        return files.sha256(part)

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "sha256", sha256)
        ran = export(run)
    assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
    assert [path.name for path in Path.cwd().iterdir() if path not in parts()] == ["trip.mp4"]
    assert Path("trip.mp4").read_text() == "precious"
    # What was fetched is not fetched again.
    project.backend.journal.clear()
    assert run("resume", "-o", "mine.mp4").code == 0
    assert Path("mine.mp4").read_bytes() == clip
    assert not project.backend.journal.calls("file")
    assert not project.backend.journal.calls("render_download")
    assert parts() == []


# ------------------------------------------------------------ after a cut


@pytest.mark.parametrize("size", [1, 300, 1000])
def test_after_a_cut_it_is_gone_on_with_where_it_broke_off(
    project: Server, run: Run, clip: bytes, size: int
) -> None:
    project.backend.fail("file", cut_after_bytes=size)
    assert export(run).code == 0
    assert Path("trip.mp4").read_bytes() == clip
    first, second = project.backend.journal.calls("file")
    assert (first.status, second.status) == (200, 206)
    assert "range" not in first.headers
    assert second.headers["range"] == f"bytes={first.sent}-"
    assert second.headers["if-range"].startswith('"')
    assert first.sent + second.sent == len(clip)
    assert project.backend.journal.calls("render_download") == []
    assert parts() == []


def test_the_backends_own_download_is_gone_on_with_too(
    project: Server, run: Run, clip: bytes
) -> None:
    project.backend.fail("file", status=404)
    project.backend.fail("render_download", cut_after_bytes=700, times=2)
    assert export(run).code == 0
    assert Path("trip.mp4").read_bytes() == clip
    calls = project.backend.journal.calls("render_download")
    assert [call.headers.get("range") for call in calls] == [None, "bytes=700-", "bytes=1400-"]
    assert all(call.headers["authorization"].startswith("Bearer") for call in calls)


def test_many_cuts_that_each_bring_something_are_gone_on_with(
    hosted: Host, run: Run, film: bytes
) -> None:
    hosted.answers = [serve(film, cut=250_000)]
    assert export(run).code == 0
    assert Path("trip.mp4").read_bytes() == film
    assert len(hosted.asked) == -(-len(film) // 250_000)


@pytest.mark.parametrize("cut", [0, 1, 1000])
def test_tries_that_bring_next_to_nothing_are_few(
    hosted: Host, project: Server, run: Run, clip: bytes, film: bytes, cut: int
) -> None:
    hosted.answers = [serve(film, cut=100_000), serve(film, cut=cut)]
    assert export(run).code == 0
    assert len(hosted.asked) == 1 + Timing().retries
    assert len(project.backend.journal.calls("render_download")) == 1
    assert Path("trip.mp4").read_bytes() == clip  # the backend's


HALF = 1_500_000


def partly(film: bytes, place: str, **more: object) -> Answer:
    return send(206, film[HALF:], content_range=place, etag='"one"', **more)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda film: send(416, content_range=f"bytes */{len(film)}"),
        lambda film: partly(film, f"bytes 0-{len(film) - 1}/{len(film)}"),
        lambda film: partly(film, f"bytes {HALF + 1}-{len(film) - 1}/{len(film)}"),
        lambda film: partly(film, f"bytes {HALF}-{len(film) - 1}/{len(film) + 1}"),
        lambda film: partly(film, f"bytes {HALF}-{len(film) - 2}/{len(film) - 1}"),
        lambda film: partly(film, f"bytes {HALF}-{len(film)}/*"),
        lambda film: partly(film, f"bytes {HALF}-{HALF - 1}/{len(film)}"),
        lambda film: partly(film, f"pages {HALF}-{len(film) - 1}/{len(film)}"),
        lambda film: partly(film, "nonsense"),
        lambda film: send(206, film[HALF:], etag='"one"'),
        lambda film: send(
            206,
            film[HALF:],
            content_range=f"bytes {HALF}-{len(film) - 1}/{len(film)}",
            etag='"two"',
        ),
    ],
)
def test_an_answer_that_does_not_go_on_where_we_are_begins_anew(
    hosted: Host, run: Run, film: bytes, wrong: Callable[[bytes], Answer]
) -> None:
    hosted.answers = [serve(film, cut=HALF), wrong(film), serve(film)]
    assert export(run).code == 0
    assert hosted.ranges == [None, f"bytes={HALF}-", None]
    assert Path("trip.mp4").read_bytes() == film


def test_a_clip_that_changed_meanwhile_begins_anew(
    hosted: Host, run: Run, film: bytes, clip: bytes
) -> None:
    hosted.answers = [
        serve(film, cut=HALF),
        serve(clip, TWO, cut=500),
        serve(clip, TWO),
    ]
    assert export(run).code == 0
    assert hosted.ranges == [None, f"bytes={HALF}-", "bytes=500-"]
    assert [headers.get("if-range") for headers in hosted.asked] == [None, '"one"', '"two"']
    assert Path("trip.mp4").read_bytes() == clip


def test_parts_that_are_shorter_than_asked_for_are_put_together(
    hosted: Host, run: Run, film: bytes
) -> None:
    def some(handler: Handler) -> None:
        start = int(handler.headers["range"].removeprefix("bytes=").removesuffix("-"))
        piece = film[start : start + 700_000]
        place = f"bytes {start}-{start + len(piece) - 1}/{len(film)}"
        send(206, piece, content_range=place, etag='"one"')(handler)

    hosted.answers = [serve(film, cut=HALF), some]
    assert export(run).code == 0
    assert hosted.ranges[1:] == [f"bytes={at}-" for at in (HALF, HALF + 700_000, HALF + 1_400_000)]
    assert Path("trip.mp4").read_bytes() == film


def test_a_part_that_ends_where_a_box_does_is_not_taken_for_the_whole(
    hosted: Host, run: Run, film: bytes
) -> None:
    more = film + struct.pack(">I4s", 8, b"free")  # without that it would be an MP4, too
    place = f"bytes {HALF}-{len(film) - 1}/{len(more)}"
    hosted.answers = [
        serve(more, cut=HALF),
        send(206, film[HALF:], content_range=place, **ONE),
        serve(more),
    ]
    assert export(run).code == 0
    assert hosted.ranges == [None, f"bytes={HALF}-", f"bytes={len(film)}-"]
    assert Path("trip.mp4").read_bytes() == more


def test_a_part_that_is_longer_than_it_said_is_not_kept(
    hosted: Host, run: Run, film: bytes, clip: bytes
) -> None:
    def longer(handler: Handler) -> None:
        place = f"bytes {HALF}-{len(film) - 1}/{len(film)}"
        head = f"HTTP/1.1 206 OK\r\ncontent-range: {place}\r\ntransfer-encoding: chunked\r\n\r\n"
        rest = film[HALF:] + b"more"
        handler.wfile.write(head.encode() + b"%x\r\n%s\r\n0\r\n\r\n" % (len(rest), rest))

    hosted.answers = [serve(film, cut=HALF), longer]
    assert export(run).code == 0
    assert Path("trip.mp4").read_bytes() == clip  # the backend's


def test_a_clip_whose_length_is_not_told(hosted: Host, run: Run, film: bytes) -> None:
    until_closed = send(200, film[:HALF], content_length=None, etag='"one"')
    hosted.answers = [until_closed, serve(film)]
    assert export(run).code == 0
    assert hosted.ranges == [None, f"bytes={HALF}-"]
    assert Path("trip.mp4").read_bytes() == film


def test_a_whole_clip_whose_length_was_not_told_is_not_fetched_again(
    hosted: Host, run: Run, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sha256(part: Path) -> str:
        Path("trip.mp4").touch()
        return ""

    hosted.answers = [send(200, film, content_length=None, **ONE)]
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "sha256", sha256)
        assert export(run).code == 2
    assert run("resume", "-o", "mine.mp4").code == 0
    assert len(hosted.asked) == 1
    assert Path("mine.mp4").read_bytes() == film


def test_what_is_no_clip_is_asked_for_again(project: Server, run: Run, clip: bytes) -> None:
    project.backend.fail("file", status=404)
    project.backend.fail("render_download", status=200, body="<html>busy</html>")
    assert export(run).code == 0
    calls = project.backend.journal.calls("render_download")
    assert [call.headers.get("range") for call in calls] == [None, None]
    assert Path("trip.mp4").read_bytes() == clip


@pytest.mark.parametrize(
    ("headers", "gone_on"),
    [
        (
            {"last_modified": formatdate(1e9, usegmt=True), "date": formatdate(2e9, usegmt=True)},
            True,
        ),
        (
            {"last_modified": formatdate(2e9, usegmt=True), "date": formatdate(2e9, usegmt=True)},
            False,
        ),
        ({"etag": 'W/"one"'}, False),
        ({"date": formatdate(2e9, usegmt=True)}, False),
    ],
)
def test_only_what_is_surely_the_same_is_gone_on_with(
    hosted: Host, run: Run, film: bytes, clip: bytes, headers: dict[str, str], gone_on: bool
) -> None:
    hosted.answers = [serve(film, headers, cut=HALF), serve(film, headers)]
    assert export(run).code == 0
    if gone_on:
        assert hosted.ranges == [None, f"bytes={HALF}-"]
        assert hosted.asked[1]["if-range"] == headers["last_modified"]
        assert Path("trip.mp4").read_bytes() == film
    else:  # there is nothing to go on with, so the backend is asked
        assert len(hosted.asked) == 1
        assert Path("trip.mp4").read_bytes() == clip


def test_what_cannot_be_gone_on_with_is_not_left_behind(
    hosted: Host, project: Server, run: Run, film: bytes
) -> None:
    hosted.answers = [serve(film, {"date": "never"}, cut=HALF)]
    project.backend.fail("render_download", status=500, times=None)
    assert export(run).code == 9
    assert list(Path.cwd().iterdir()) == []


def test_an_address_that_has_expired_in_between_is_given_up_for_the_backend(
    hosted: Host, project: Server, run: Run, film: bytes, clip: bytes
) -> None:
    hosted.answers = [serve(film, cut=HALF), send(403)]
    assert export(run).code == 0
    assert (len(hosted.asked), Path("trip.mp4").read_bytes()) == (2, clip)


def test_a_host_that_is_down_for_a_moment_is_waited_for(
    hosted: Host, run: Run, film: bytes
) -> None:
    hosted.answers = [serve(film, cut=HALF), send(503), send(500), serve(film)]
    assert export(run).code == 0
    assert hosted.ranges == [None, *[f"bytes={HALF}-"] * 3]


# ------------------------------------------------------------ without end


def test_an_endless_body_ends(
    hosted: Host, project: Server, run: Run, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MAX_BYTES", 1_000_000)

    def endless(handler: Handler) -> None:
        handler.wfile.write(b'HTTP/1.1 200 OK\r\netag: "one"\r\n\r\n')
        try:
            while True:
                handler.wfile.write(bytes(65_536))
        except OSError:
            pass

    hosted.answers = [endless]
    ran = export(run, "--verbose")
    assert ran.code == 0
    assert "larger than any it should be" in ran.err
    assert (len(hosted.asked), Path("trip.mp4").read_bytes()) == (1, clip)


def test_a_length_beyond_all_bounds_is_not_even_begun(
    hosted: Host, run: Run, film: bytes, clip: bytes
) -> None:
    hosted.answers = [send(200, film, content_length=9 * 1024**3, **ONE)]
    assert export(run).code == 0
    assert (len(hosted.asked), Path("trip.mp4").read_bytes()) == (1, clip)


def test_a_slow_drip_ends_and_is_gone_on_with(
    hosted: Host, project: Server, run: Run, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drip(handler: Handler) -> None:
        serve(film, cut=HALF)(handler)
        handler.wfile.flush()
        host_waits(hosted)

    hosted.answers = [drip, serve(film)]
    project.backend.fail("render_download", status=404)
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_WHOLE_DOWNLOAD", 1.0)
        ran = export(run, "--verbose")
    assert (ran.code, ran.answer["error"]["code"]) == (4, "not_found")
    assert "The download took too long." in ran.err
    assert run("resume").code == 0
    assert hosted.ranges == [None, f"bytes={HALF}-"]
    assert Path("trip.mp4").read_bytes() == film


def host_waits(host: Host) -> None:
    """Say nothing more, until the test is over."""
    host.released.wait(HANGS)


# ------------------------------------------------------------ the file beside


def test_a_full_disk_is_seen_before_it_is_full(
    hosted: Host, project: Server, run: Run, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosted.answers = [serve(film)]
    real = shutil.disk_usage(".")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda folder: real._replace(free=2_000_000))
        ran = export(run)
    error = ran.answer["error"]
    assert (ran.code, error["code"]) == (2, "usage")
    assert "3 MB more are needed and 2 MB are free." in error["message"]
    assert error["hint"].startswith("Make room")
    assert project.backend.journal.calls("render_download") == []
    assert run("resume", error["job"]).code == 0
    assert Path("trip.mp4").read_bytes() == film


def test_a_disk_that_gets_full_keeps_the_job_and_what_was_fetched(
    hosted: Host, project: Server, run: Run, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosted.answers = [serve(film)]
    real, room = os.write, HALF

    def write(file: int, piece: bytes | memoryview) -> int:
        nonlocal room
        if room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = real(file, memoryview(piece)[:room])  # in two, where it does not all fit
        room -= written
        return written

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        ran = export(run)
    error = ran.answer["error"]
    assert (ran.code, error["code"]) == (2, "usage")
    assert "could not be written: No space left on device." in error["message"]
    assert project.backend.journal.calls("render_download") == []
    assert run("resume", error["job"]).code == 0
    assert hosted.ranges == [None, f"bytes={HALF}-"]
    assert Path("trip.mp4").read_bytes() == film


def test_a_note_that_cannot_be_made_is_no_fault_of_the_source(
    project: Server, run: Run, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Vault.save

    def save(vault: Vault, job: Job, **more: Any) -> None:
        if job.download.source:
            raise UsageError("The state folder is full.")
        real(vault, job, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "save", save)
        ran = export(run)
    assert ran.answer["error"]["message"] == "The state folder is full."
    assert project.backend.journal.calls("render_download") == []
    assert run("resume").code == 0
    assert Path("trip.mp4").read_bytes() == clip


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("plant", ["symlink", "hardlink", "fifo", "file"])
def test_what_is_planted_under_the_parts_name_is_not_written_to(
    project: Server, run: Run, clip: bytes, tmp_path: Path, plant: str
) -> None:
    for endpoint in ("file", "render_download"):
        project.backend.fail(endpoint, cut_after_bytes=300, times=1)
        project.backend.fail(endpoint, status=404, times=None)
    assert export(run).code == 4
    (part,) = parts()
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious" * 100)
    part.unlink()
    if plant == "symlink":
        part.symlink_to(victim)
    elif plant == "hardlink":
        part.hardlink_to(victim)
    elif plant == "fifo":
        os.mkfifo(part)
    else:
        part.write_bytes(b"")
    project.backend.faults.clear()
    project.backend.journal.clear()
    assert run("resume").code == 0
    assert victim.read_bytes() == b"precious" * 100
    calls = project.backend.journal.calls("file")
    assert [call.headers.get("range") for call in calls] == [None]
    assert Path("trip.mp4").read_bytes() == clip
    assert not Path("trip.mp4").is_symlink()
    assert parts() == []


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("plant", [Path.symlink_to, Path.hardlink_to])
def test_a_link_that_is_planted_before_the_first_try_is_not_followed(
    project: Server,
    run: Run,
    clip: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[Path, Path], None],
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    real = Vault.save

    def save(vault: Vault, job: Job, **more: Any) -> None:
        real(vault, job, **more)
        if job.render.id and not parts():
            plant(Path(f".{job.render.id[-24:]}.part"), victim)

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "save", save)
        ran = export(run)
    # Its name was freed; and where somebody is quick enough to plant it anew, nothing is written.
    assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
    assert "File exists" in ran.answer["error"]["message"]
    assert victim.read_text() == "precious"
    assert run("resume").code == 0
    assert victim.read_text() == "precious"
    assert Path("trip.mp4").read_bytes() == clip


@pytest.mark.skipif(os.name == "nt", reason="there are no such rights there")
def test_the_clip_has_the_rights_of_any_new_file(project: Server, run: Run) -> None:
    assert export(run).code == 0
    Path("other").touch()
    assert Path("trip.mp4").stat().st_mode == Path("other").stat().st_mode
    assert Path("trip.mp4").stat().st_nlink == 1


@pytest.mark.parametrize("movable", [True, False])
def test_a_new_place_takes_along_what_has_been_fetched(
    hosted: Host,
    project: Server,
    run: Run,
    film: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    movable: bool,
) -> None:
    hosted.answers = [serve(film, cut=HALF), send(404), serve(film)]
    project.backend.fail("render_download", status=404)
    assert export(run).code == 4
    (part,) = parts()
    if not movable:

        def replace(source: Path, target: Path) -> Path:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

        monkeypatch.setattr(Path, "replace", replace)
    place = tmp_path / "place"
    place.mkdir()
    (place / part.name).write_bytes(bytes(HALF))  # of which nothing is known
    assert run("resume", "-o", place / "trip.mp4").code == 0
    assert hosted.ranges[2:] == [f"bytes={HALF}-" if movable else None]
    assert (place / "trip.mp4").read_bytes() == film
    assert [path.name for path in place.iterdir()] == ["trip.mp4"]
    assert not part.exists()


def test_what_was_fetched_of_a_job_that_is_given_up_can_be_removed(
    project: Server, run: Run, home: Path, clip: bytes
) -> None:
    for endpoint in ("file", "render_download"):
        project.backend.fail(endpoint, cut_after_bytes=300, times=1)
        project.backend.fail(endpoint, status=404, times=None)
    job_id = export(run).answer["error"]["job"]
    (path,) = home.rglob("vault.db")
    vault = Vault.open(path.parent)
    job = vault.job(job_id)
    vault.close()
    assert job.download.validator
    assert replace(job.download, validator="") == DownloadState(
        str(parts()[0]), "backend", "", len(clip)
    )
    discard(job.download)
    assert list(Path.cwd().iterdir()) == []
    discard(job.download)


def test_a_process_that_died_with_the_clip_in_place_leaves_nothing_beside_it(
    project: Server, run: Run, home: Path, clip: bytes
) -> None:
    job_id = export(run).answer["data"]["job"]
    (path,) = home.rglob("vault.db")
    vault = Vault.open(path.parent)
    job = vault.job(job_id)
    part = Path(".render.part")
    part.hardlink_to("trip.mp4")
    job.step, job.download = Step.RENDERED, DownloadState(str(part.absolute()))
    vault.save(job)
    project.backend.journal.clear()
    assert run("resume").code == 0
    assert not project.backend.journal.calls("file")
    assert [path.name for path in Path.cwd().iterdir()] == ["trip.mp4"]
    assert (vault.job(job_id).step, vault.job(job_id).download) == (Step.DONE, DownloadState())
    vault.close()


# ------------------------------------------------------------ kill -9


def begin_and_kill(host: Host, film: bytes) -> None:
    """An export in a process of its own, killed in the middle of the download."""
    process = start("export", "-o", "trip.mp4")
    try:
        while sum(path.stat().st_size for path in parts()) < HALF:
            assert process.poll() is None
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("validators", "gone_on"),
    [
        ({"etag": '"one"'}, True),
        (
            {"last_modified": formatdate(1e9, usegmt=True), "date": formatdate(2e9, usegmt=True)},
            True,
        ),
        ({"date": formatdate(2e9, usegmt=True)}, False),
    ],
    ids=["etag", "date", "neither"],
)
def test_a_process_that_is_killed_in_mid_download_is_gone_on_with(
    hosted: Host,
    project: Server,
    run: Run,
    film: bytes,
    validators: dict[str, str],
    gone_on: bool,
) -> None:
    def half(handler: Handler) -> None:
        serve(film, validators, cut=HALF)(handler)
        handler.wfile.flush()
        host_waits(hosted)

    hosted.answers = [half, serve(film, validators)]
    begin_and_kill(hosted, film)
    hosted.released.set()
    (part,) = parts()
    assert part.stat().st_size == HALF
    assert not Path("trip.mp4").exists()
    ran = run("resume", "--json")
    assert ran.code == 0, ran.answer
    assert hosted.ranges == [None, f"bytes={HALF}-" if gone_on else None]
    if gone_on:
        assert hosted.asked[1]["if-range"] in validators.values()
    assert Path("trip.mp4").read_bytes() == film
    assert [path.name for path in Path.cwd().iterdir()] == ["trip.mp4"]
    assert len(project.backend.journal.calls("render")) == 1


def test_a_killed_download_of_a_clip_that_changed_is_not_a_mixture(
    hosted: Host, run: Run, film: bytes
) -> None:
    def half(handler: Handler) -> None:
        serve(film, cut=HALF)(handler)
        handler.wfile.flush()
        host_waits(hosted)

    changed = film[:-8] + b"anew!!!!"
    hosted.answers = [half, serve(changed, TWO)]
    begin_and_kill(hosted, film)
    hosted.released.set()
    assert run("resume").code == 0
    assert Path("trip.mp4").read_bytes() == changed


# ------------------------------------------------------------ redirects


def redirect(url: str, status: int = 302) -> Answer:
    return send(status, b"elsewhere", location=url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_the_address_is_followed_bare(
    hosted: Host, project: Server, run: Run, film: bytes, status: int
) -> None:
    project.backend.fail("file", status=status, headers={"location": hosted.url})
    hosted.answers = [redirect("/other.mp4"), serve(film)]
    assert export(run).code == 0
    assert Path("trip.mp4").read_bytes() == film
    for headers in hosted.asked:
        assert not {name for name in headers if name.startswith("x-") or name == "authorization"}


@pytest.mark.parametrize(("hops", "followed"), [(5, True), (6, False)])
def test_no_more_than_five_redirects_are_followed(
    hosted: Host, run: Run, film: bytes, clip: bytes, hops: int, followed: bool
) -> None:
    hosted.answers = [*[redirect(hosted.url)] * hops, serve(film)]
    ran = export(run, "--verbose")
    assert ran.code == 0
    assert ("redirects more than 5 times" in ran.err) is not followed
    assert Path("trip.mp4").read_bytes() == (film if followed else clip)


def test_the_range_is_asked_for_where_the_redirect_leads(
    hosted: Host, run: Run, film: bytes
) -> None:
    hosted.answers = [serve(film, cut=HALF), redirect("/again.mp4"), serve(film)]
    assert export(run).code == 0
    assert hosted.ranges == [None, f"bytes={HALF}-", f"bytes={HALF}-"]
    assert Path("trip.mp4").read_bytes() == film


def test_the_backends_redirect_to_another_origin_takes_nothing_of_ours_along(
    project: Server, host: Host, run: Run, film: bytes
) -> None:
    project.backend.fail("file", status=404)
    project.backend.fail("render_download", status=302, headers={"location": host.url})
    host.answers = [serve(film)]
    assert export(run).code == 0
    (headers,) = host.asked
    assert "authorization" not in headers
    assert not [name for name in headers if name.startswith("x-")]
    assert Path("trip.mp4").read_bytes() == film


def test_the_backends_redirect_to_itself_takes_the_token_along(
    project: Server, run: Run, clip: bytes
) -> None:
    journal = project.backend.journal
    project.backend.fail("file", status=404)
    project.backend.fail("render_download", status=307, headers={"location": "?again=1"})
    assert export(run).code == 0
    first, second = journal.calls("render_download")
    for name in ("authorization", "x-skill-source", "x-skill-version", "x-skill-platform"):
        assert first.headers[name] == second.headers[name]
    assert Path("trip.mp4").read_bytes() == clip


def test_once_away_from_the_backend_the_token_does_not_come_back(
    project: Server, host: Host, run: Run, film: bytes
) -> None:
    journal = project.backend.journal
    project.backend.fail("file", status=404)
    project.backend.fail("render_download", status=302, headers={"location": host.url})
    back = f"{project.url}/api/render/proxy/any/download"
    host.answers = [redirect(back)]
    export(run)
    first, second = journal.calls("render_download")[:2]
    assert "authorization" in first.headers
    assert second.path == "/api/render/proxy/any/download"
    assert "authorization" not in second.headers
    assert not [name for name in second.headers if name.startswith("x-skill")]


def test_the_token_goes_to_the_backends_own_origin_alone() -> None:
    async def check() -> None:
        async with Client("https://backend.test/base", HEADERS, Token("nmv_usr_x")) as client:
            for url in ("https://backend.test/x", "https://BACKEND.test:443/api?x=1"):
                assert client.owns(url)
            for url in (
                "http://backend.test/x",
                "https://backend.test:444/x",
                "https://backend.test.evil.test/x",
                "https://sub.backend.test/x",
                "https://backend.test@evil.test/x",
                "https://user:pass@backend.test/x",
                "https://[",
                "/x",
            ):
                assert not client.owns(url)
                with pytest.raises(NetworkError, match="token is for the backend alone"):
                    async with client.download("r", at=url):
                        pass

    anyio.run(check)


# ------------------------------------------------------------ names, proxies, TLS

HEADERS = {"X-Skill-Source": "my-skill", "X-Skill-Version": "1.2.3", "X-Skill-Platform": "unknown"}


async def fetch_through(base_url: str, url: str, target: Path) -> list[str]:
    """Deliver by a client of `base_url` that has nothing but `url`; the lines that were told."""
    told: list[str] = []

    def tell(event: Event) -> None:
        if isinstance(event, Detail):
            told.append(event.message)

    @dataclass
    class Only:
        client: Client
        timing: Timing
        tell: Callable[[Event], None]

        async def call(self, request: object) -> None:
            raise NetworkError("The backend is not to be asked.")

    async with Client(base_url, HEADERS, Token("nmv_usr_canary")) as client:
        connection = cast("Connection", Only(client, Timing(retries=0), tell))
        try:
            await deliver(
                connection,
                url,
                "render_1",
                target,
                force=False,
                other=False,
                state=DownloadState(),
                note=lambda: None,
                about_to_stand=lambda target, digest: None,
            )
        except SkillError as error:
            told.append(error.message)
    return told


def test_a_name_that_leads_inside_is_not_even_connected_to(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def getaddrinfo(*what: object, **more: object) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]

    async def connect_tcp(*what: object, **more: object) -> Any:
        raise AssertionError("connected")

    monkeypatch.setattr(anyio, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(anyio, "connect_tcp", connect_tcp)
    url = "https://127.0.0.1.nip.io/clip.mp4"
    told = anyio.run(fetch_through, "https://backend.test", url, tmp_path / "x.mp4")
    assert "127.0.0.1.nip.io does not resolve to the public internet" in told[0]


def test_a_name_that_is_bound_anew_between_look_and_connection_brings_nothing(
    host: Host, tmp_path: Path, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look sees a public address, the connection goes to this machine; TLS is left out."""
    port = int(host.url.split(":")[2].partition("/")[0])
    connect = anyio.connect_tcp

    async def getaddrinfo(*what: object, **more: object) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]

    async def connect_tcp(remote_host: str, remote_port: int, **more: Any) -> Any:
        assert (remote_host, remote_port) == ("rebound.test", 443)
        return await connect("127.0.0.1", port, **more)

    async def wrap(stream: Any, **more: object) -> Any:
        return stream

    monkeypatch.setattr(anyio, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(anyio, "connect_tcp", connect_tcp)
    monkeypatch.setattr(TLSStream, "wrap", wrap)
    host.answers = [serve(film)]
    url = "https://rebound.test/clip.mp4"
    told = anyio.run(fetch_through, "https://backend.test", url, tmp_path / "x.mp4")
    assert len(host.asked) == 1
    assert "it led into a network that is not public" in told[0]
    assert list(tmp_path.iterdir()) == []


def test_where_a_proxy_does_the_resolving_the_name_is_left_to_it(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(20)

        def refuse() -> None:
            connection, _ = proxy.accept()
            with connection:
                asked.append(connection.recv(65_536).decode())
                connection.sendall(b"HTTP/1.1 403 no\r\ncontent-length: 0\r\n\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        url = "https://cdn.test/clip.mp4"
        told = anyio.run(fetch_through, "https://backend.test", url, tmp_path / "x.mp4")
        thread.join()
        inside = "https://10.0.0.1/clip.mp4"
        refused = anyio.run(fetch_through, "https://backend.test", inside, tmp_path / "x.mp4")
    assert asked[0].startswith("CONNECT cdn.test:443 ")
    assert "canary" not in asked[0]
    assert "cannot be found" not in told[0]
    assert "10.0.0.1 is not on the public internet" in refused[0]


def test_from_https_a_redirect_does_not_lead_to_http(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(host.url.split(":")[2].partition("/")[0])
    connect = anyio.connect_tcp

    async def connect_tcp(remote_host: str, remote_port: int, **more: Any) -> Any:
        return await connect("127.0.0.1", port, **more)

    async def wrap(stream: Any, **more: object) -> Any:
        return stream

    monkeypatch.setattr(anyio, "connect_tcp", connect_tcp)
    monkeypatch.setattr(TLSStream, "wrap", wrap)
    host.answers = [redirect(host.url)]
    url = "https://127.0.0.1/clip.mp4"
    told = anyio.run(fetch_through, "http://127.0.0.1:1", url, tmp_path / "x.mp4")
    assert "redirects from https to less" in told[0]
    assert len(host.asked) == 1
