"""A clip under way: what is there of it is never taken for another's."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from skill.errors import NetworkError
from skill.jobs.job import DownloadState
from skill.jobs.partial_file import PartialFile

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_part_is_empty_before_it_is_noted_as_another_clips(tmp_path: Path) -> None:
    """Dying between the two must not leave one clip's bytes under another's validator."""
    state = DownloadState()
    seen: list[tuple[int, str]] = []
    path = tmp_path / "a.part"

    def note() -> None:
        size = path.stat().st_size if path.exists() else -1
        seen.append((size, state.validator))

    with suppress(NetworkError), PartialFile(path, state, note) as part:
        part.begin("url", '"one"', 10)
        part.write(b"12345")
        part.begin("backend", '"two"', 10)
        part.write(b"678")
        raise NetworkError("cut")
    assert seen == [(-1, ""), (0, '"one"'), (0, '"two"')]
    assert path.read_bytes() == b"678"
    with suppress(NetworkError), PartialFile(path, state, note) as part:
        assert (part.have("backend"), part.have("url"), part.whole("backend")) == (3, 0, False)
        part.write(b"9012345")
        assert part.whole("backend")
        raise NetworkError("cut")
    with PartialFile(path, state, note) as part:
        assert part.have("backend") == 10
    assert not path.exists()


def test_a_piece_that_is_written_in_several_goes_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, piece: real(file, bytes(piece[:3])))
    path = tmp_path / "a.part"
    with PartialFile(path, DownloadState(), lambda: None) as part:
        part.write(b"12345678")
        assert (path.read_bytes(), part.size) == (b"12345678", 8)
