"""What must survive: written whole, for one user's eyes, never silently begun anew."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skill.errors import BusyError, NotFoundError, UsageError
from skill.jobs.job import Goal, Job, Step, StoredSession, StoredToken
from skill.jobs.store import Vault
from skill.token import Token

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "https://backend.test"


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    vault = Vault.open(tmp_path / "state")
    yield vault
    vault.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_client_id_is_made_once(vault: Vault) -> None:
    first = vault.client_id()
    again = Vault.open(vault.folder)
    assert again.client_id() == first
    assert len(first) <= 64
    again.close()


def test_a_token_comes_back_with_its_expiry(vault: Vault) -> None:
    stored = StoredToken(Token("nmv_usr_x"), "anon_1", datetime(2030, 1, 2, tzinfo=UTC))
    vault.keep_token(URL, "client", stored)
    assert vault.token(URL, "client") == stored
    assert vault.token("https://other.test", "client") is None


def test_the_last_project_of_each_listing_is_its_current_one(vault: Vault) -> None:
    for listing, session_id in (("a", "s1"), ("b", "s2"), ("a", "s3")):
        vault.keep_session(URL, listing, StoredSession(session_id, "t", "u"))
    assert vault.session(URL, "a") == StoredSession("s3", "t", "u")
    vault.keep_session(URL, "a", StoredSession("s3", "t", "u", touched=True))
    assert vault.session(URL, "a") == StoredSession("s3", "t", "u", touched=True)
    vault.drop_session(URL, "s3")
    assert vault.session(URL, "a") == StoredSession("s1", "t", "u")
    assert vault.session(URL, "c") is None


def test_a_job_comes_back_as_it_was(vault: Vault) -> None:
    job = Job.new(Goal.MAKE, URL, "a")
    job.step, job.draft, job.changes = Step.SENDING, {"t": [], "ü": 1.5}, ["Title added"]
    vault.save(job)
    assert vault.job(job.id) == job
    assert vault.unfinished() == [job]
    job.step = Step.DONE
    vault.save(job)
    assert vault.unfinished() == []
    with pytest.raises(NotFoundError, match="job_none"):
        vault.job("job_none")


@pytest.mark.skipif(os.name != "posix", reason="POSIX rights")
def test_only_its_user_can_read_it_also_where_rights_were_wider(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)
    Vault.open(folder).close()
    folder.chmod(0o755)
    (folder / "vault.db").chmod(0o644)
    Vault.open(folder).close()
    assert mode(folder) == 0o700
    assert mode(folder / "vault.db") == 0o600


def test_a_damaged_vault_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "vault.db").write_bytes(
        b"this is not a database at all, but long enough to be read" * 20
    )
    before = (tmp_path / "vault.db").read_bytes()
    with pytest.raises(UsageError, match="cannot be used"):
        Vault.open(tmp_path)
    assert (tmp_path / "vault.db").read_bytes() == before


def test_a_vault_of_a_newer_version_is_an_error(tmp_path: Path) -> None:
    Vault.open(tmp_path).close()
    with sqlite3.connect(tmp_path / "vault.db") as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("ALTER TABLE jobs RENAME COLUMN record TO job")
    connection.close()
    with pytest.raises(UsageError, match="newer version"):
        Vault.open(tmp_path)


def test_a_folder_of_other_things_is_not_taken_over(home: Path) -> None:
    for folder in (home, Path(home.anchor)):
        before = mode(folder)
        with pytest.raises(UsageError, match="folder of its own"):
            Vault.open(folder)
        assert mode(folder) == before


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from skill.jobs.job import Goal, Job; from skill.jobs.store import Vault\n"
        "vault = Vault.open(Path(sys.argv[1]))\n"
        "for _ in range(15): vault.save(Job.new(Goal.CHAT, 'b', 'l'))\n"
        "print(vault.client_id())"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "s")], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    ids = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0, 0]
    assert len(ids) == 1
    vault = Vault.open(tmp_path / "s")
    assert len(vault.unfinished()) == 30
    vault.close()


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_full_disk_is_an_error_and_what_was_there_stays(tmp_path: Path) -> None:
    program = (
        "import resource, sys; from pathlib import Path; from skill.errors import UsageError\n"
        "from skill.jobs.job import Goal, Job; from skill.jobs.store import Vault\n"
        "vault = Vault.open(Path(sys.argv[1]))\n"
        "kept = Job.new(Goal.MAKE, 'b', 'l')\n"
        "vault.save(kept)\n"
        "size = (Path(sys.argv[1]) / 'vault.db').stat().st_size\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))\n"
        "large = Job.new(Goal.MAKE, 'b', 'l')\n"
        "large.message = 'x' * 100_000\n"
        "try: vault.save(large)\n"
        "except UsageError as error: print(error.message)\n"
        "print([job.id for job in vault.unfinished()] == [kept.id])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "s")],
        capture_output=True,
        text=True,
        check=True,
    )
    told, kept = ran.stdout.splitlines()
    assert "cannot be used: " in told
    assert kept == "True"


def test_a_disk_that_cannot_be_written_to_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job.new(Goal.MAKE, URL, "a")
    vault = Vault.open(tmp_path / "s")
    vault.save(job)
    vault.close()
    real = sqlite3.connect
    monkeypatch.setattr(
        sqlite3,
        "connect",
        lambda path, **options: real(path.replace("mode=rw", "mode=ro"), **options),
    )
    vault = Vault.open(tmp_path / "s")
    assert vault.unfinished() == [job]
    with pytest.raises(UsageError, match="readonly database"):
        vault.save(job)
    vault.close()


def test_whether_another_has_a_lock_can_be_seen_without_taking_it(vault: Vault) -> None:
    job = Job.new(Goal.MAKE, URL, "a")
    vault.save(job)
    other = Vault.open(vault.folder)
    assert not other.lock(job.id).held
    with vault.holding(job):
        assert other.lock(job.id).held
        with pytest.raises(BusyError), other.holding(job):
            raise AssertionError
    assert not other.lock(job.id).held
    other.close()
