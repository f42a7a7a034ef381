"""What outlives a process, what two processes may do at once, and what is left behind: nothing."""

import gc
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from mock_server import Backend, Clock, ManualClock, Server
from mock_server.errors import ApiError, StorageError
from mock_server.http.summary import summary
from tests.mock_server.api import ATTRIBUTION, MAKE, Api, FakeRenderer, inspector
from tests.mock_server.conftest import Serve
from tests.waiting import HANGS


class TestPersistence:
    def test_three_processes_one_after_the_other(self, serve: Serve, tmp_path: Path) -> None:
        keep = {"storage": tmp_path / "local", "persistent": True, "unlimited": True}
        first = serve(**keep).start()
        first.upload("a.png", "b.png")
        first.server.stop()
        second = serve(**keep)
        second.http.headers["Authorization"] = first.http.headers["Authorization"]
        second.session = first.session
        second.say(MAKE)
        second.render()
        second.wait()
        second.server.stop()
        third = serve(**keep)
        third.http.headers["Authorization"] = first.http.headers["Authorization"]
        third.session = first.session
        assert len(third.draft["t"]) == 2
        done = third.render_status()
        assert done["output"]["url"].startswith(third.server.url)
        assert len(httpx.get(done["output"]["url"], trust_env=False).content) == 1000
        photo = third.state()["video_infos"][0]["cdn_url"]
        assert httpx.get(photo, trust_env=False).content == b"a.png"
        assert third.render().json()["code"] == 400  # the id stays used

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
    def test_is_for_its_owner_alone_and_holds_no_token(self, serve: Serve, tmp_path: Path) -> None:
        folder = tmp_path / "local"
        folder.mkdir(mode=0o755)
        api = serve(storage=folder, persistent=True)
        token = api.token()["data"]["token"]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "world.json").stat().st_mode) == 0o600
        assert token not in (folder / "world.json").read_text()

    def test_an_unfinished_render_comes_back_as_failed(
        self, serve: Serve, tmp_path: Path, renderer: FakeRenderer
    ) -> None:
        keep = {"storage": tmp_path, "persistent": True}
        renderer.gate.clear()
        first = serve(**keep).made()
        first.render("render_1")
        renderer.started.acquire(timeout=HANGS)
        # Another process on the same storage leaves it alone while it runs.
        other = serve(**keep)
        other.http.headers["Authorization"] = first.http.headers["Authorization"]
        assert other.render_status("render_1")["status"] == "processing"
        world = (tmp_path / "world.json").read_bytes()
        first.server.stop()
        assert other.render_status("render_1")["status"] == "failed"
        # As after a kill: the file says that it is running, and nobody is.
        (tmp_path / "world.json").write_bytes(world)
        third = serve(**keep)
        third.http.headers["Authorization"] = first.http.headers["Authorization"]
        assert "restarted" in third.render_status("render_1")["error"]

    def test_what_is_seven_days_old_is_dropped(self, tmp_path: Path) -> None:
        def backend(days: float) -> Backend:
            clock = Clock()
            clock.advance(days=days)
            return Backend(
                clock=clock, storage=tmp_path, persistent=True, pace=0, inspector=inspector
            )

        with Server(backend(0)) as server, httpx.Client(base_url=server.url) as http:
            api = Api(server.backend, server, http).start()
            api.upload("old.png")
        assert len(list((tmp_path / "media").iterdir())) == 1
        backend(6.9).close()
        assert len(list((tmp_path / "media").iterdir())) == 1
        again = backend(7.1)
        assert list((tmp_path / "media").iterdir()) == []
        assert summary(again)["sessions"] == summary(again)["accounts"] == []
        again.close()

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2}', '{"version": 1}'])
    def test_a_damaged_file_is_an_error_and_stays_as_it_is(
        self, tmp_path: Path, content: str
    ) -> None:
        (tmp_path / "world.json").write_text(content)
        with pytest.raises(StorageError, match=r"world\.json"):
            Backend(storage=tmp_path, persistent=True)
        assert (tmp_path / "world.json").read_text() == content

    def test_a_folder_that_cannot_be_had_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StorageError, match="file"):
            Backend(storage=tmp_path / "file", persistent=True)
        with pytest.raises(ValueError, match="storage"):
            Backend(persistent=True)


class TestTwoAtOnce:
    def test_neither_loses_what_the_other_wrote(self, tmp_path: Path) -> None:
        backends = [Backend(storage=tmp_path, persistent=True) for _ in range(2)]
        token = backends[0].accounts.issue("client")["token"]

        def work(backend: Backend) -> None:
            account = backend.accounts.authenticate(token)
            for _ in range(25):
                backend.sessions.create(account, "project", None)

        threads = [threading.Thread(target=work, args=(b,)) for b in backends for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        third = Backend(storage=tmp_path, persistent=True)
        ordinals = [session["ordinal"] for session in summary(third)["sessions"]]
        assert sorted(ordinals) == list(range(100))
        for backend in [*backends, third]:
            backend.close()

    def test_a_session_answers_one_message_at_a_time_among_all(self, tmp_path: Path) -> None:
        one, two = (Backend(storage=tmp_path, persistent=True) for _ in range(2))
        account = one.accounts.authenticate(one.accounts.issue("client")["token"])
        session = one.sessions.create(account, "project", None).id
        turn = one.messages.begin(account, session, "hello")
        with pytest.raises(ApiError, match="busy"):
            two.messages.begin(account, session, "hello")
        turn.abandon()
        two.messages.begin(account, session, "hello").abandon()
        one.close()
        two.close()


class TestNothingIsLeftBehind:
    def test_no_thread_folder_or_port(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        before = set(threading.enumerate())
        renderer = FakeRenderer()
        backend = Backend(pace=0, renderer=renderer, inspector=inspector)
        with Server(backend) as server:
            http = httpx.Client(base_url=server.url, headers=ATTRIBUTION, trust_env=False)
            api = Api(backend, server, http).start()
            api.upload("a.png")
            api.say(MAKE)
            for number in range(3):
                api.render(f"render_{number}")
            renderer.started.acquire(timeout=HANGS)
            assert len(list(tmp_path.iterdir())) == 1
            http.close()
        assert set(threading.enumerate()) == before
        assert list(tmp_path.iterdir()) == []
        port = int(server.url.rsplit(":", 1)[1])
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
        server.stop()  # once more does no harm

    def test_a_storage_folder_without_persistence_is_left_empty(self, tmp_path: Path) -> None:
        with Server(Backend(storage=tmp_path)):
            assert len(list(tmp_path.iterdir())) == 1
        assert list(tmp_path.iterdir()) == []

    def test_a_taken_port_is_an_error_and_leaves_nothing(self, api: Api, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="in use"):
            Server(Backend(storage=tmp_path), port=int(api.server.url.rsplit(":", 1)[1]))
        assert list(tmp_path.iterdir()) == []

    def test_a_backend_nobody_closes_leaves_nothing_either(self, tmp_path: Path) -> None:
        backend = Backend(storage=tmp_path)
        assert len(list(tmp_path.iterdir())) == 1
        del backend
        gc.collect()
        assert list(tmp_path.iterdir()) == []
        program = "from mock_server import Backend; kept = Backend(); print(kept.settings.seed)"
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "error", "-c", program],
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[3],
            env={**os.environ, "TMPDIR": str(tmp_path), "TEMP": str(tmp_path)},
        )
        assert (done.stdout, done.stderr, done.returncode) == ("0\n", "", 0)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_it_cleanly(self, tmp_path: Path, number: signal.Signals) -> None:
        program = (
            "from mock_server import Backend, Server\n"
            "Server(Backend()).serve_forever(lambda url: print(url, flush=True))\n"
            "print('stopped')\n"
        )
        root = Path(__file__).parents[3]
        with subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=root,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        ) as process:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert httpx.get(url + "/api/credits/balance/simple").json()["code"] == 1001
            process.send_signal(number)
            out, err = process.communicate(timeout=HANGS)
        assert (out, err, process.returncode) == ("stopped\n", "", 0)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(os.name == "nt", reason="POSIX limits")
    def test_as_a_program_it_takes_as_many_connections_as_the_system_lets_it(self) -> None:
        program = (
            "import resource\n"
            "_, most = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
            "resource.setrlimit(resource.RLIMIT_NOFILE, (64, most))\n"
            "from mock_server import Backend, Server\n"
            "Server(Backend()).serve_forever(lambda url: print(url, flush=True))\n"
        )
        root = Path(__file__).parents[3]
        with (
            subprocess.Popen(
                [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root
            ) as process,
            ExitStack() as stack,
        ):
            stack.callback(process.terminate)
            assert process.stdout is not None
            address = urlsplit(process.stdout.readline().strip())
            for _ in range(100):
                last = stack.enter_context(
                    socket.create_connection((address.hostname, address.port), 10)
                )
            last.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert last.recv(100).startswith(b"HTTP/1.1 200")


def test_a_clock_moved_by_hand_wakes_who_waits(serve: Serve) -> None:
    clock = ManualClock(start=100.0)
    clock.advance(5, days=1)
    assert clock.now() == 100 + 5 + 86_400
    real = Clock()
    before = real.now()
    real.advance(days=7)
    assert real.now() - before >= 7 * 86_400
