"""A child process is talked to, killed with all it has started, and waited for once."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import anyio
import pytest

from skill import interpreter, local
from skill.child_process import ChildProcess
from skill.jobs import previews

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from skill.events import Event

FOREVER = "import threading; threading.Event().wait()"
ENDS_AT_ONCE = "import os; os.write(1, b'made\\n'); os._exit(0)"


@pytest.fixture
def start() -> Iterator[Callable[[str], ChildProcess]]:
    """Starts a program in Python; whatever becomes of the test, it ends."""
    started = []

    def start(program: str) -> ChildProcess:
        started.append(ChildProcess([sys.executable, "-c", program]))
        return started[-1]

    yield start
    for child in started:
        child.close()


def test_it_answers_an_order(start: Callable[[str], ChildProcess]) -> None:
    child = start("print(input()[::-1])")
    assert child.ask(b"abc", within=60) == f"cba{os.linesep}".encode()


def test_one_that_died_answers_nothing(start: Callable[[str], ChildProcess]) -> None:
    assert start("import os; os.abort()").ask(b"abc", within=60) == b""


@pytest.mark.skipif(os.name != "posix", reason="there are no signals")
@pytest.mark.parametrize(
    ("end", "killed"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", True),
        ("os.kill(os.getpid(), signal.SIGTERM)", True),
        ("os.kill(os.getpid(), signal.SIGSEGV)", False),
        ("os.abort()", False),
        ("os._exit(1)", True),
        ("os._exit(0)", False),
    ],
)
def test_whether_it_was_killed_is_known(
    start: Callable[[str], ChildProcess], end: str, *, killed: bool
) -> None:
    child = start(f"import os, signal; {end}")
    assert child.read_line() == b""
    assert child.was_killed() == killed


def test_it_is_read_line_by_line(start: Callable[[str], ChildProcess]) -> None:
    child = start("print('one'); print('two')")
    assert [child.read_line().strip() for _ in range(3)] == [b"one", b"two", b""]


def test_what_takes_too_long_is_killed(start: Callable[[str], ChildProcess]) -> None:
    child = start(FOREVER)
    with pytest.raises(TimeoutError):
        child.ask(b"", within=0.1)


def test_all_it_writes_goes_to_a_file_that_is_given(tmp_path: Path) -> None:
    program = "import os; os.write(1, b'out'); os.write(2, b'err'); os.write(1, os.read(0, 9))"
    with (tmp_path / "said").open("w+b") as said:
        with ChildProcess([sys.executable, "-c", program], output=said, cwd=tmp_path) as child:
            while (code := child.exit_code()) is None:
                threading.Event().wait(0.001)
        assert code == 0
        said.seek(0)
        assert said.read() == b"outerr"


def test_it_does_not_get_the_token(
    start: Callable[[str], ChildProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_abcdefgh")
    child = start("import os; print('NEMO_TOKEN' in os.environ, 'PATH' in os.environ)")
    assert child.read_line().split() == [b"False", b"True"]


@pytest.mark.skipif(os.name != "posix", reason="process groups of POSIX")
class TestKilled:
    def test_with_all_it_has_started(self, start: Callable[[str], ChildProcess]) -> None:
        """Its child has the same stdout, which ends when both have ended."""
        late = (
            "import threading; print('begun', flush=True); threading.Event().wait(5); print('late')"
        )
        child = start(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {late!r}])")
        assert child.read_line() == b"begun\n"
        child.kill()
        assert child.read_line() == b""

    def test_from_another_thread_while_it_is_asked(
        self, start: Callable[[str], ChildProcess], tmp_path: Path
    ) -> None:
        mark = tmp_path / "answered"
        child = start(f"print(input(), flush=True); open({str(mark)!r}, 'x'); {FOREVER}")

        def kill() -> None:
            while not mark.exists():
                pass
            child.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        assert child.ask(b"here", within=60) == b"here\n"
        killer.join()

    def test_it_is_waited_for_once(self, start: Callable[[str], ChildProcess]) -> None:
        child = start(FOREVER)
        child.close()
        assert child.exit_code() == -signal.SIGKILL
        with pytest.raises(ChildProcessError):
            os.waitpid(child._process.pid, 0)

    def test_nobody_else_is_killed_once_it_is_gone(
        self, start: Callable[[str], ChildProcess], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        child = start("pass")
        child.close()

        def killpg(group: int, number: int) -> None:
            raise AssertionError("its number may be another's by now")

        monkeypatch.setattr(os, "killpg", killpg)
        child.kill()
        child.close()


def test_one_that_ends_as_it_is_killed_is_not_spoken_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def quick(what: str, video: Path, target: Path) -> list[str]:
        return interpreter.command(ENDS_AT_ONCE)

    def ignore(event: Event) -> None: ...

    monkeypatch.setattr(local, "previews", quick)

    async def make() -> None:
        for _ in range(20):
            await previews._make("poster", tmp_path / "a", tmp_path / "b", "poster", ignore)

    with caplog.at_level(logging.WARNING):
        anyio.run(make)
    assert caplog.records == []
