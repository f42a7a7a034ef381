"""docs/faults.md: each fault is run, and what the page says of it has to be what happens.

    pytest tests/skill/docs/test_faults.py --update-docs

writes the page anew.
"""

from __future__ import annotations

import random
import re
import shutil
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import pytest

from mock_server import Backend, Server
from skill import clock
from tests.skill.conftest import AtOnce, skip_waits
from tests.skill.docs.faults import AGAIN, HERE, SECTIONS, WORDS, Again, Case, Here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from mock_server.backend.render_queue import Renderer
    from tests.skill.conftest import Ran

    OfItsOwn = Callable[[], AbstractContextManager[Server]]

PAGE = Path(__file__).resolve().parents[3] / "docs" / "faults.md"
HEAD = """\
| what goes wrong | what the user sees | exit | messages sent | credits | then `resume` |
|---|---|---|---|---|---|
"""


def plain(line: str, server: Server) -> str:
    """A line without what differs from run to run."""
    line = line.replace(server.url.removeprefix("http://"), "the backend")
    line = re.sub(r"job_[0-9a-f]{10}", "JOB", line)
    line = re.sub(r"(render|anon)_[0-9a-f]+", r"\1_…", line)
    line = re.sub(r"received \d+ bytes, expected \d+", "received …, expected …", line)
    line = re.sub(r"Waiting for the backend \(\d+ s\)", "Waiting for the backend (… s)", line)
    line = line.replace("image-to-video --home=home ", "image-to-video ")
    line = re.sub(
        r"make --local (?:\S+\.(?:png|jpg) )+-p '[^']*'", "make --local PHOTO… -p '…'", line
    )
    line = re.sub(r"https://nemovideo\.com/register\?bind=\S+", "LINK", line)
    return line.replace(str(Path.cwd()) + "/", "").replace("|", "\\|").strip()


WAITING = ("Waiting for the backend", "⏳ Still working...")


def told(ran: Ran, usual: set[str], server: Server, *, slow: bool) -> str:
    """What this run told that one without a fault does not. Signs of life are left out where
    nothing is slow but the machine."""
    meanwhile = takewhile(lambda line: line != "Next:", ran.err.splitlines())
    lines = [plain(line, server) for line in meanwhile]
    # Which of the signs of life there are hangs on how busy the machine is.
    lines = [WAITING[-1] if line.startswith(WAITING) else line for line in lines]
    news = [line for line in dict.fromkeys(lines) if line and line not in usual]
    news = [line for line in news if slow or line != WAITING[-1]]
    if ran.code == 0:
        news.append("the video")
    return " ⏎ ".join(news)


def outcome(ran: Ran, server: Server) -> str:
    if ran.code == 0:
        return "0: the video"
    error = next(line for line in ran.err.splitlines() if line.startswith("error: "))
    return f"{ran.code}: {plain(error.removeprefix('error: '), server)}"


def row(case: Case, new: bool, server: Server, run: Callable[..., Ran], photos: list[Path]) -> str:
    backend = server.backend
    words = ("make", *photos, "-p", "turn my photos into a video, 3 seconds", "-o", "trip.mp4")
    usual = {plain(line, server) for line in run(*words, "--home", "usual").err.splitlines()}
    Path("trip.mp4").unlink()
    home = ("--home", "home")
    if case.expired or not new:
        assert run("connect", *home).code == 0
    backend.journal.clear()
    backend.configure(pace=case.pace)
    case.arm(backend)
    with pytest.MonkeyPatch.context() as patch:
        if case.gives_up == "stream":
            patch.setattr(clock, "PATIENCE", 0.0)
        ran = run(*words, *home)
    backend.configure(pace=0)
    messages = taken(server)
    assert messages <= 1, "sent twice"
    assert "Traceback" not in ran.err
    again = ""
    assert Path("trip.mp4").is_file() == (ran.code == 0)
    if ran.code != 0:
        if case.passes:
            backend.faults.clear()
        again = outcome(run("resume", *home), server)
        assert taken(server) <= 1, "sent twice"
    backend.faults.clear()
    charged = 100 - run("credits", "--json", *home).answer["data"]["total"]
    assert charged <= 50, "paid twice"
    seen = told(ran, usual, server, slow=case.slow)
    return f"| {case.what} | {seen} | {ran.code} | {messages} | {charged:g} | {again} |\n"


def taken(server: Server) -> int:
    """The messages that reached the backend and were not refused."""
    return len(
        [
            call
            for call in server.backend.journal.calls("message")
            if call.body is not None and call.code == 0
        ]
    )


def section(title: str) -> str:
    """What the page says of a part."""
    found = re.search(rf"## {title}\n\n(.*?)(?=\n## |\Z)", PAGE.read_text("utf-8"), re.DOTALL)
    return found[1].strip() + "\n" if found else ""


def check(title: str, table: str, *, update: bool) -> None:
    """That the page has this table in a part; with `update` it is written anew."""
    if update:
        page, old = PAGE.read_text("utf-8"), section(title)
        page = page.replace(old, table) if old else f"{page}\n## {title}\n\n{table}"
        PAGE.write_text(page, "utf-8")
    assert section(title) == table


@pytest.fixture
def backend_of_its_own(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> OfItsOwn:
    """Opens a backend that no other row has used, and a folder to work in."""
    monkeypatch.setenv("IMAGE_TO_VIDEO_PACE", "0.001")
    monkeypatch.setattr("mock_server.backend.render_queue.ThreadPoolExecutor", AtOnce)

    @contextmanager
    def opened() -> Iterator[Server]:
        monkeypatch.chdir(mkdtemp(dir=tmp_path))
        with Server(Backend(pace=0, renderer=renderer)) as server:
            monkeypatch.setenv("NEMO_API_URL", server.url)
            yield server

    return opened


@pytest.mark.parametrize("title", SECTIONS)
def test_the_page_says_what_happens(
    title: str,
    clip: bytes,
    photos: list[Path],
    run: Callable[..., Ran],
    backend_of_its_own: OfItsOwn,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    table = HEAD
    monkeypatch.setattr(random, "random", lambda: 0.5)
    for case in SECTIONS[title]:
        with backend_of_its_own() as server, monkeypatch.context() as patch:
            if case.gives_up == "render":
                skip_waits(patch)
            table += row(case, "token" in title, server, run, photos)
    check(title, table, update=request.config.getoption("--update-docs"))


AGAIN_HEAD = """\
| what was done, and then | what the user sees | exit | messages sent | credits |
|---|---|---|---|---|
"""


def again_row(again: Again, server: Server, run: Callable[..., Ran], photos: list[Path]) -> str:
    """What comes of the second command: of both together the messages, of both the credits."""
    backend = server.backend

    def command(words: str) -> tuple[object, ...]:
        name, *options = words.split()
        files = photos if name == "make" else ()
        return (name, *files, *WORDS[name], *options, "--home", "home")

    run("connect", "--home", "home")
    backend.accounts.change(credits=1000)
    if again.first in ("chat", "extend"):
        assert run(*command("make")).code == 0
    before, spent = taken(server), backend.spent
    if again.lost:
        backend.fail("message", cut_after_bytes=0, reset=True)
        backend.fail("state", status=500, times=None, after=1)
    assert run(*command(again.first)).code == (9 if again.lost else 0)
    backend.faults.clear()
    ran = run(*command(again.then))
    sent, cost = taken(server) - before, backend.spent - spent
    lines = [line for line in (ran.out + ran.err).splitlines() if line and line != "Next:"]
    if ran.code == 0:
        lines = [line for line in lines if "already" in line or " resume " in line] or ["the video"]
    seen = " ⏎ ".join(plain(line, server) for line in lines)
    return f"| {again.what} | {seen} | {ran.code} | {sent} | {cost:g} |\n"


def test_the_page_says_what_comes_of_the_same_again(
    photos: list[Path],
    run: Callable[..., Ran],
    backend_of_its_own: OfItsOwn,
    request: pytest.FixtureRequest,
) -> None:
    table = AGAIN_HEAD
    for again in AGAIN:
        with backend_of_its_own() as server:
            table += again_row(again, server, run, photos)
    check("The same command again", table, update=request.config.getoption("--update-docs"))


def here_row(
    case: Here, server: Server, run: Callable[..., Ran], photos: list[Path], clip: bytes
) -> str:
    """What comes of a `make` of copies of the photos, with a clip of the user's own beside them."""
    copies = [Path(shutil.copy(photo, photo.name)) for photo in photos]
    mine = Path("mine.mp4")
    mine.write_bytes(clip)
    words = ("-p", "turn my photos into a video, 3 seconds")
    told_usually = run("make", *copies, *words, "-o", "usual.mp4", "--home", "usual").err
    usual = {plain(line, server) for line in told_usually.splitlines()}
    server.backend.journal.clear()
    ran = run("make", *case.arrange(copies, mine), *words, "--home", "home")
    assert "Traceback" not in ran.err
    assert mine.read_bytes() == clip
    again, charged = "", 0.0
    if ran.code:
        assert len(server.backend.journal) == 0, "something was sent"
        again = outcome(run("resume", "--home", "home"), server)
    else:
        charged = 100 - run("credits", "--json", "--home", "home").answer["data"]["total"]
    seen = re.sub("a{9,}", "aaa…", told(ran, usual, server, slow=False))
    return f"| {case.what} | {seen} | {ran.code} | {taken(server)} | {charged:g} | {again} |\n"


@pytest.mark.parametrize("title", HERE)
def test_the_page_says_what_is_wrong_on_this_machine(
    title: str,
    clip: bytes,
    photos: list[Path],
    run: Callable[..., Ran],
    backend_of_its_own: OfItsOwn,
    request: pytest.FixtureRequest,
) -> None:
    table = HEAD
    for case in HERE[title]:
        with backend_of_its_own() as server:
            table += here_row(case, server, run, photos, clip)
    check(title, table, update=request.config.getoption("--update-docs"))
