"""Files on disk: hashed, and put under their names."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from skill.files import put, sha256


def test_a_file_that_cannot_be_read_has_no_hash(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a").startswith("ba7816bf8f01cfea")
    assert sha256(tmp_path / "none") == sha256(tmp_path) == ""


@pytest.fixture(params=["hard links", "no hard links"])
def new(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished file, on a file system with hard links and on one without."""

    def hardlink_to(path: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    if request.param == "no hard links":
        monkeypatch.setattr(Path, "hardlink_to", hardlink_to)
    (tmp_path / "new").write_text("new")
    return tmp_path / "new"


def test_a_finished_file_takes_a_free_name(new: Path, tmp_path: Path) -> None:
    put(new, tmp_path / "name", force=False)
    assert (tmp_path / "name").read_text() == "new"


def test_a_name_that_is_taken_is_taken_over_by_force_alone(new: Path, tmp_path: Path) -> None:
    (tmp_path / "name").write_text("old")
    with pytest.raises(FileExistsError):
        put(new, tmp_path / "name", force=False)
    assert (tmp_path / "name").read_text() == "old"
    put(new, tmp_path / "name", force=True)
    assert (tmp_path / "name").read_text() == "new"
    assert not new.exists()
