"""What an MP4 says of itself, and whether all of it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from skill.mp4 import Mp4, probe

if TYPE_CHECKING:
    from pathlib import Path


def test_a_whole_file(tmp_path: Path, clip: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip)
    assert probe(path) == Mp4(duration=1.0, width=64, height=36)


def test_a_file_cut_anywhere_is_found_out(tmp_path: Path, clip: bytes) -> None:
    path = tmp_path / "cut.mp4"
    for size in {*range(64), *range(64, len(clip), 97), len(clip) - 1}:
        path.write_bytes(clip[:size])
        with pytest.raises(ValueError, match=r"^it"):
            probe(path)


def test_what_is_no_mp4(tmp_path: Path) -> None:
    path = tmp_path / "page.mp4"
    path.write_bytes(b"<html>not found</html>" * 10)
    with pytest.raises(ValueError, match="cut off"):
        probe(path)
