"""Copies of the skill of several versions share one state folder.

`data/schema1` was written by a copy from before records were typed: one job that had sent nothing,
one whose upload broke off, one whose message may have been sent, one whose clip was half fetched,
and one that is done.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from skill.errors import UsageError
from skill.jobs.job import Goal, Job, Step, StoredSession, StoredToken
from skill.jobs.store import Vault
from skill.token import Token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_server import Server
    from tests.skill.conftest import Ran

DATA = Path(__file__).parents[1] / "data" / "schema1"
URL = "https://backend.test"
UPLOAD_BROKEN, SENDING, HALF_FETCHED = "job_dad5881041", "job_6cb2127010", "job_dbcdf429ad"
READY = "8bfc1bfa99914c50198496a2d4265ff3.jpg"


def older(home: Path, backend: str, folder: Path, *, session: str = "") -> None:
    """The state folder that the older copy left, for a backend of its own. `session`: the project
    of each job that has one, if another."""
    home.mkdir(mode=0o700)
    text = (DATA / "vault.sql").read_text("utf-8")
    for name, value in {"backend": backend, "folder": folder, "home": home}.items():
        text = text.replace(f"{{{name}}}", str(value))
    with closing(sqlite3.connect(home / "vault.db")) as database:
        database.executescript(f"{text}PRAGMA user_version = 1;")
        if session:
            database.execute(
                "UPDATE jobs SET record = json_set(record, '$.session_id', ?)", (session,)
            )
            database.commit()
    for name in ("cat.png", "cup.jpg"):
        (folder / name).write_bytes((DATA / name).read_bytes())
    for job in (UPLOAD_BROKEN, SENDING, HALF_FETCHED):
        (home / "ready" / job).mkdir(parents=True)
        (home / "ready" / job / READY).write_bytes((DATA / "cup_ready.jpg").read_bytes())


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    vault = Vault.open(tmp_path / "state")
    yield vault
    vault.close()


def rows(folder: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """What another copy of the skill does to the file."""
    with closing(sqlite3.connect(folder / "vault.db")) as database, database:
        return database.execute(sql, values).fetchall()


def record_in(folder: Path, job: Job) -> dict[str, Any]:
    ((text,),) = rows(folder, "SELECT record FROM jobs WHERE id = ?", job.id)
    record: dict[str, Any] = json.loads(text)
    return record


class TestAnOlderCopysJobs:
    def test_are_written_as_they_were_read(self, tmp_path: Path) -> None:
        home = tmp_path / "state"
        older(home, URL, tmp_path)
        before = rows(home, "SELECT * FROM jobs ORDER BY id")
        with closing(Vault.open(home)) as vault:
            for job_id, *_ in before:
                vault.save(vault.job(job_id))
            session = vault.session(f"{URL} {vault.client_id()}", "image-to-video-in-free")
            assert session is not None
            assert session.laid_out
            assert vault.token(URL, vault.client_id()) is not None
        after = rows(home, "SELECT * FROM jobs ORDER BY id")
        assert len(after) == 5
        for old, new in zip(before, after, strict=True):
            assert (old[0], *old[2:]) == (new[0], *new[2:])
            assert json.loads(old[1]) == json.loads(new[1])
        assert rows(home, "PRAGMA user_version") == [(1,)]

    def test_an_upload_that_broke_off_is_gone_on_with(
        self, server: Server, run: Callable[..., Ran], tmp_path: Path, clip: bytes
    ) -> None:
        home = tmp_path / "state"
        older(home, server.url, Path.cwd())
        ran = run("resume", UPLOAD_BROKEN, "--home", home, "--json")
        assert ran.code == 0, ran.answer
        assert Path("second.mp4").read_bytes() == clip
        assert len(server.backend.journal.messages()) == 1
        assert [item["changes"] for item in ran.answer["data"]["prepared"]] == [["turn", "strip"]]

    def test_a_message_that_may_have_been_sent_is_not_sent_again(
        self, server: Server, run: Callable[..., Ran], tmp_path: Path, photos: list[Path]
    ) -> None:
        assert run("make", *photos, "-p", "3 seconds", "-o", "a.mp4").code == 0
        made = run("status", "--json").answer["data"]["session_id"]
        home = tmp_path / "state"
        older(home, server.url, Path.cwd(), session=made)
        server.backend.journal.clear()
        move_account(home, server.url)
        ran = run("resume", SENDING, "--home", home, "--json")
        assert ran.code == 0, ran.answer
        assert server.backend.journal.messages() == []
        assert Path("third.mp4").is_file()

    def test_a_clip_that_was_half_fetched_is_not_rendered_again(
        self, server: Server, run: Callable[..., Ran], tmp_path: Path, photos: list[Path]
    ) -> None:
        home = tmp_path / "state"
        older(home, server.url, Path.cwd())
        Path(".nder_1796083867671403528.part").write_bytes(b"x" * 300)
        ran = run("resume", HALF_FETCHED, "--home", home, "--json")
        assert ran.answer["error"]["code"] == "not_found"  # this backend never had it
        assert server.backend.journal.calls("render") == []
        assert "render_download" in {call.endpoint for call in server.backend.journal.calls()}
        assert run("cancel", HALF_FETCHED, "--home", home).code == 0
        assert not Path(".nder_1796083867671403528.part").exists()


def move_account(home: Path, backend: str) -> None:
    """Have the older copy's state folder speak for the account that the new one took."""
    from skill.settings.config import Config

    with closing(Vault.open(Config.resolve().home)) as vault:
        stored = vault.token(backend, vault.client_id())
    assert stored is not None
    rows(home, "UPDATE tokens SET token = ?", stored.token.reveal())


class TestWhatANewerCopyAdded:
    def test_is_kept_in_a_job(self, vault: Vault, tmp_path: Path) -> None:
        older(tmp_path / "older", URL, tmp_path)
        with closing(Vault.open(tmp_path / "older")) as other:
            job = other.job(UPLOAD_BROKEN)
        vault.save(job)
        rows(
            vault.folder,
            "UPDATE jobs SET record = json_set(record, '$.also', json('[\"9:16\"]'),"
            " '$.files[1].voice', 'a', '$.files[1].origin.voice', 'b', '$.media[0].codec', 'png')",
        )
        job = vault.job(job.id)
        job.step, job.extras, job.failure = Step.CANCELLED, {}, None
        job.uploaded.append("x")
        vault.save(job)
        record = record_in(vault.folder, job)
        assert record["also"] == ["9:16"]
        assert record["files"][1]["voice"] == "a"
        assert record["files"][1]["origin"]["voice"] == "b"
        assert record["media"][0]["codec"] == "png"
        assert (record["step"], record["failure"]) == ("cancelled", None)

    def test_is_not_kept_of_what_is_taken_back(self, vault: Vault) -> None:
        job = Job.new(Goal.MAKE, URL, "a")
        job.draft, job.download.part = {"t": [1], "gone": 2}, "x.part"
        job.extras, job.missed = {"poster": "-poster.jpg"}, {"poster": "full"}
        vault.save(job)
        job.draft, job.missed, job.download.part = {"t": [1]}, {}, ""
        vault.save(job)
        record = record_in(vault.folder, job)
        assert (record["draft"], record["missed"], record["download"]) == ({"t": [1]}, {}, {})

    def test_is_kept_in_a_project(self, vault: Vault) -> None:
        vault.keep_session(URL, "a", StoredSession("s", "t", "u"))
        rows(vault.folder, "UPDATE sessions SET record = json_set(record, '$.title', 'Trip')")
        vault.keep_session(URL, "a", StoredSession("s", "t", "u", touched=True))
        assert vault.session(URL, "a") == StoredSession("s", "t", "u", touched=True)
        ((text,),) = rows(vault.folder, "SELECT record FROM sessions")
        assert json.loads(text)["title"] == "Trip"

    def test_columns_and_tables_of_a_higher_version_are_kept(self, tmp_path: Path) -> None:
        with closing(Vault.open(tmp_path)) as vault:
            job = Job.new(Goal.MAKE, URL, "a")
            vault.save(job)
            vault.keep_session(URL, "a", StoredSession("s", "t", "u"))
            vault.keep_token(URL, "c", StoredToken(Token("nmv_usr_1"), "u", None))
        for table in ("jobs", "sessions", "tokens"):
            rows(tmp_path, f"ALTER TABLE {table} ADD COLUMN note TEXT NOT NULL DEFAULT ''")
            rows(tmp_path, f"UPDATE {table} SET note = 'kept'")
        rows(tmp_path, "CREATE TABLE more (job TEXT REFERENCES jobs (id) ON DELETE CASCADE)")
        rows(tmp_path, "INSERT INTO more VALUES (?)", job.id)
        rows(tmp_path, "PRAGMA user_version = 7")
        with closing(Vault.open(tmp_path)) as vault:
            job.step = Step.UPLOADED
            vault.save(job)
            vault.keep_session(URL, "b", StoredSession("s", "t", "u", touched=True))
            vault.keep_token(URL, "c", StoredToken(Token("nmv_usr_2"), "u", None))
            vault.save(Job.new(Goal.CHAT, URL, "a"))
            assert vault.job(job.id) == job
        for table in ("jobs", "sessions", "tokens"):
            assert ("kept",) in rows(tmp_path, f"SELECT note FROM {table}")
        assert rows(tmp_path, "SELECT * FROM more") == [(job.id,)]
        assert rows(tmp_path, "PRAGMA user_version") == [(7,)]

    @pytest.mark.parametrize(
        "change",
        [
            "ALTER TABLE jobs RENAME COLUMN record TO job",
            "ALTER TABLE tokens DROP COLUMN expires_at",
            "DROP TABLE sessions",
            "ALTER TABLE settings RENAME TO old; CREATE TABLE settings (key TEXT PRIMARY KEY, value, a NOT NULL)",
            "DROP TABLE jobs; CREATE TABLE jobs (id, record, finished, created, PRIMARY KEY (id, created))",
        ],
    )
    def test_tables_that_cannot_be_used_are_an_error(self, tmp_path: Path, change: str) -> None:
        Vault.open(tmp_path).close()
        for version, told in ((7, "newer version"), (1, "is damaged")):
            with closing(sqlite3.connect(tmp_path / "vault.db")) as database:
                database.executescript(
                    f"{change if version == 7 else ''}; PRAGMA user_version = {version}"
                )
            with pytest.raises(UsageError, match=told) as caught:
                Vault.open(tmp_path)
            assert str(tmp_path / "vault.db") in caught.value.message

    @pytest.mark.parametrize("key", ["step", "goal", "extras"])
    def test_a_job_of_a_kind_unknown_here_is_told_and_the_others_are_listed(
        self, server: Server, run: Callable[..., Ran], tmp_path: Path, key: str
    ) -> None:
        home = tmp_path / "state"
        older(home, server.url, Path.cwd())
        value = '{"dubbing": ".mp3"}' if key == "extras" else '"dubbing"'
        change = f"UPDATE jobs SET record = json_set(record, '$.{key}', json(?)) WHERE id = ?"
        rows(home, change, value, HALF_FETCHED)
        before = rows(home, "SELECT * FROM jobs")
        told = f"{HALF_FETCHED} was written by a newer version of this skill: dubbing"
        listed = run("jobs", "--home", home, "--json")
        assert listed.code == 0
        assert {job["job"] for job in listed.answer["data"]["jobs"]} == {UPLOAD_BROKEN, SENDING}
        (unreadable,) = listed.answer["data"]["unreadable"]
        assert (unreadable["job"], unreadable["skill"]) == (HALF_FETCHED, "image-to-video-in-free")
        lines = run("jobs", "--home", home)
        assert told in lines.out
        assert SENDING in lines.out
        for command in (("resume", HALF_FETCHED), ("cancel", HALF_FETCHED), ("resume",)):
            ran = run(*command, "--home", home, "--json")
            assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
            assert told in ran.answer["error"]["message"]
            assert "Update the skill" in ran.answer["error"]["hint"]
        assert run("doctor", "--offline", "--home", home).code == 0
        assert rows(home, "SELECT * FROM jobs") == before


def test_a_new_copy_writes_what_an_older_one_can_read(vault: Vault) -> None:
    """The keys that `Job(**record)` of the older copies takes; a key more ends there in an error."""
    ((text,),) = rows_of_fixture()
    job = Job.new(Goal.MAKE, URL, "a")
    vault.save(job)
    record = record_in(vault.folder, job)
    assert record.keys() == json.loads(text).keys()
    vault.keep_session(URL, "a", StoredSession("s", "t", "u"))
    ((text,),) = rows(vault.folder, "SELECT record FROM sessions")
    assert json.loads(text) == {
        "session_id": "s",
        "task_id": "t",
        "user_id": "u",
        "language": "en",
        "touched": False,
        "laid_out": False,
    }


def rows_of_fixture() -> list[tuple[str]]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript((DATA / "vault.sql").read_text("utf-8"))
        return database.execute("SELECT record FROM jobs WHERE id = ?", (SENDING,)).fetchall()
