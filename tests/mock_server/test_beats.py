"""The beat grid: known without the renderer, in whole samples and frames."""

import subprocess
import sys

import pytest

from mock_server.beats import grid
from mock_server.render.loudness import RATE
from mock_server.render.music import STYLES


@pytest.mark.parametrize("style", list(STYLES))
def test_sixteenths_are_whole_samples_and_beats_whole_frames(style: str) -> None:
    beats = grid(style)
    assert beats.beat_ms * RATE % (1000 * 4) == 0
    assert beats.beat_ms * 30 % 1000 == 0
    assert beats.bar_ms == 4 * beats.beat_ms


def test_the_styles_have_tempos_of_their_own_and_an_unknown_one_is_ambient() -> None:
    assert len({grid(style) for style in STYLES}) == len(STYLES)
    assert grid("polka") == grid("ambient")


def test_the_grid_is_known_without_the_renderers_libraries() -> None:
    code = (
        "import sys, mock_server.beats; sys.exit(bool({'numpy', 'av', 'cv2'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
