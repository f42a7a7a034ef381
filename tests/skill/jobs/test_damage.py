"""A state folder that is damaged, or on a disk that cannot hold one: said in one line, and nothing
is changed. And how its file comes to be, so that an empty one can only be a damaged one."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skill import file_lock, files
from skill.errors import UsageError
from skill.jobs import database
from skill.jobs.job import Goal, Job, StoredSession, StoredToken
from skill.jobs.store import Vault
from skill.token import Token

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_server import Server
    from tests.skill.conftest import Ran

URL = "https://backend.test"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_PATIENCE", 0.0)


@pytest.fixture
def state(server: Server, tmp_path: Path) -> Path:
    """A state folder with an unfinished job, a project and a token at the backend."""
    folder = tmp_path / "state"
    with closing(Vault.open(folder)) as vault:
        listing = "image-to-video-in-free"
        job = Job.new(Goal.MAKE, server.url, listing)
        job.session_id = "s"
        vault.save(job)
        owner = f"{server.url} {vault.client_id()}"
        vault.keep_session(owner, listing, StoredSession("s", "t", "u"))
        token = StoredToken(Token("nmv_usr_precious"), "u", None)
        vault.keep_token(server.url, vault.client_id(), token)
    return folder


def refused(ran: Ran, path: Path) -> None:
    error = ran.answer["error"]
    assert (ran.code, error["code"]) == (2, "usage"), ran.answer
    assert str(path) in error["message"]
    assert "\n" not in error["message"]
    assert error["hint"]
    assert "Traceback" not in ran.err
    assert "precious" not in ran.out + ran.err


@pytest.mark.parametrize("size", [0, 1, 99, 100, 511, 4096, 4097, 8192, 12288])
def test_a_file_that_lost_its_end(
    state: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    path = state / "vault.db"
    os.truncate(path, size)
    before = path.read_bytes()
    for command in (("jobs",), ("resume",), ("credits",)):
        refused(run(*command, "--home", state, "--json"), path)
    assert path.read_bytes() == before


def test_another_file_in_its_place(state: Path, run: Callable[..., Ran]) -> None:
    path = state / "vault.db"
    path.unlink()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    refused(run("jobs", "--home", state, "--json"), path)
    path.unlink()
    path.mkdir()
    refused(run("jobs", "--home", state, "--json"), path)
    path.rmdir()
    path.symlink_to(state / "nowhere")
    refused(run("jobs", "--home", state, "--json"), path)
    assert not (state / "nowhere").exists()


@pytest.mark.parametrize(
    "record",
    [
        "[]",
        "{",
        "{}",
        "null",
        "7",
        '"text"',
        "[" * 100_000,
        {"created": "yesterday"},
        {"created": 7},
        {"id": "../../elsewhere"},
        {"files": ["a.jpg"]},
        {"files": [{"path": "a.jpg"}]},
        {"download": []},
        {"download": {"length": "long"}},
        {"ready": "yes"},
        {"fetched": True},
        {"credits_before": "100"},
        {"draft": []},
        {"failure": "it failed"},
        {"changes": [1]},
    ],
    ids=lambda record: str(record)[:30],
)
def test_a_jobs_record(
    state: Path, run: Callable[..., Ran], record: str | dict[str, object]
) -> None:
    path = state / "vault.db"
    with closing(sqlite3.connect(path)) as other, other:
        ((job, text),) = other.execute("SELECT id, record FROM jobs").fetchall()
        if isinstance(record, dict):
            record = json.dumps(json.loads(text) | record)
        other.execute("UPDATE jobs SET record = ?", (record,))
    before = path.read_bytes()
    for command in (("jobs",), ("resume",), ("resume", job), ("cancel", job)):
        ran = run(*command, "--home", state, "--json")
        refused(ran, path)
        assert job in ran.answer["error"]["message"]
    assert run("doctor", "--offline", "--home", state).out.count("is damaged") == 1
    assert path.read_bytes() == before


def test_a_record_that_was_damaged_meanwhile_is_not_written_over(state: Path) -> None:
    with closing(Vault.open(state)) as vault:
        (job,) = vault.unfinished()
        with closing(sqlite3.connect(state / "vault.db")) as other, other:
            other.execute("UPDATE jobs SET record = '[]'")
            other.execute("UPDATE sessions SET record = '[]'")
        with pytest.raises(UsageError, match="is damaged"):
            vault.save(job)
        owner = f"{job.backend} {vault.client_id()}"
        with pytest.raises(UsageError, match="is damaged"):
            vault.keep_session(owner, job.listing, StoredSession("s", "t", "u"))


@pytest.mark.parametrize("record", ["[]", "{}", "{", '{"session_id": 1}'])
def test_a_projects_record(state: Path, run: Callable[..., Ran], record: str) -> None:
    with closing(sqlite3.connect(state / "vault.db")) as other, other:
        other.execute("UPDATE sessions SET record = ?", (record,))
    for command in (("status",), ("chat", "slower"), ("export",)):
        refused(run(*command, "--home", state, "--json"), state / "vault.db")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("expires_at", "next week"),
        ("expires_at", ""),
        ("expires_at", b"\xff"),
        ("token", ""),
        ("token", "nmv_usr_precious\r\nX: y"),
        ("token", b"nmv_usr_precious"),
        ("user_id", b"\xff"),
    ],
)
def test_a_token_that_is_none(
    server: Server, state: Path, run: Callable[..., Ran], column: str, value: object
) -> None:
    with closing(sqlite3.connect(state / "vault.db")) as other, other:
        other.execute(f"UPDATE tokens SET {column} = ?", (value,))
    refused(run("credits", "--home", state, "--json"), state / "vault.db")
    assert run("doctor", "--offline", "--home", state).out.count("is damaged") == 1
    assert len(server.backend.journal) == 0


def test_a_date_without_an_offset_is_in_utc(state: Path, server: Server) -> None:
    with closing(sqlite3.connect(state / "vault.db")) as other, other:
        other.execute("UPDATE tokens SET expires_at = '2030-01-02T00:00:00'")
    with closing(Vault.open(state)) as vault:
        stored = vault.token(server.url, vault.client_id())
    assert stored is not None
    assert stored.expires_at is not None
    assert stored.expires_at.isoformat() == "2030-01-02T00:00:00+00:00"


@pytest.mark.skipif(os.name == "nt", reason="flock")
@pytest.mark.parametrize(
    "number",
    [errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL],
    ids=lambda number: errno.errorcode[number],
)
def test_a_disk_without_locks_is_said_at_once(
    server: Server,
    state: Path,
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", flock)
    for command in ("jobs", "resume", "credits"):
        ran = run(command, "--home", state, "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
        assert "cannot be locked: its disk has no locks" in ran.answer["error"]["message"]
        assert "--home DIR" in ran.answer["error"]["hint"]
    assert len(server.backend.journal) == 0


def test_a_lock_on_a_disk_without_locks_is_neither_free_nor_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(descriptor: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    lock = file_lock.Lock(tmp_path / "a.lock")
    assert lock.take()
    lock.release()
    monkeypatch.setattr(file_lock, "_take", take)
    opened: list[int] = []
    monkeypatch.setattr(os, "close", lambda descriptor: opened.remove(descriptor))
    real = os.open

    def opens(path: Path, flags: int, mode: int) -> int:
        opened.append(real(path, flags, mode))
        return opened[-1]

    monkeypatch.setattr(os, "open", opens)
    for look in (lock.take, lambda: lock.held):
        with pytest.raises(UsageError, match="no locks"):
            look()
    assert opened == []


# ------------------------------------------------------------ how it comes to be


@pytest.mark.parametrize("links", [True, False])
def test_it_appears_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:

        def hardlink_to(self: Path, target: Path) -> None:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(Path, "hardlink_to", hardlink_to)
    put = files.put

    def die(part: Path, target: Path, *, force: bool) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(database, "put", die)
        with pytest.raises(KeyboardInterrupt):
            Vault.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["locks"]

    def just_before(part: Path, target: Path, *, force: bool) -> None:
        """Another process is a little faster."""
        with monkeypatch.context() as patch:
            patch.setattr(database, "put", put)
            patch.setattr(database, "_open_lock", lambda folder: file_lock.Lock(folder / "x"))
            with closing(Vault.open(tmp_path)) as vault:
                ids.append(vault.client_id())
        put(part, target, force=force)

    ids: list[str] = []
    monkeypatch.setattr(database, "put", just_before)
    with closing(Vault.open(tmp_path)) as vault:
        assert [vault.client_id()] == ids
    (tmp_path / "x").unlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["locks", "vault.db"]


def test_many_that_begin_at_once_share_one(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from skill.jobs.store import Vault\n"
        "print(Vault.open(Path(sys.argv[1])).client_id())"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "s")], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    ids = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert len(ids) == 1
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == ["locks", "vault.db"]


def test_an_older_copy_that_makes_it_empty_first_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, path = tmp_path / "s", tmp_path / "s" / "vault.db"
    folder.mkdir()
    path.touch(0o600)
    glances: list[float] = []

    def sleep(seconds: float) -> None:
        """Meanwhile the other one goes on."""
        glances.append(seconds)
        with closing(sqlite3.connect(path)) as other, other:
            other.executescript(f"{database._SCHEMA}PRAGMA user_version = 1;")

    monkeypatch.setattr(database, "_PATIENCE", 60.0)
    monkeypatch.setattr("time.sleep", sleep)
    Vault.open(folder).close()
    assert len(glances) == 1
