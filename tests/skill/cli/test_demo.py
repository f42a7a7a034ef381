"""The demo's pictures: always the same four, and worth a look."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from skill.cli.demo_pictures import HEIGHT, WIDTH, draw_pictures

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return draw_pictures(tmp_path_factory.mktemp("demo") / "made" / "for it")


def _thumbnail(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """48 × 32 pixels: composition and colours, no grain."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((48, 32), Image.Resampling.BOX), np.float64)


def test_four_photos_in_the_order_of_a_day(pictures: list[Path]) -> None:
    names = ["dawn-hills.jpg", "desert-dunes.jpg", "city-dusk.jpg", "night-sea.jpg"]
    assert [path.name for path in pictures] == names
    assert sorted(path.name for path in pictures[0].parent.iterdir()) == sorted(names)
    for path in pictures:
        with Image.open(path) as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (WIDTH, HEIGHT))
        assert 100_000 < path.stat().st_size < 2_000_000


def test_no_picture_is_flat(pictures: list[Path]) -> None:
    for path in pictures:
        small = _thumbnail(path)
        assert small.std(axis=(0, 1)).min() > 15, f"{path.name}: little contrast"
        assert np.ptp(small.mean(axis=2)) > 110, f"{path.name}: no light, or no shade"


def test_each_picture_is_another_one(pictures: list[Path]) -> None:
    small = [_thumbnail(path) for path in pictures]
    for number, one in enumerate(small):
        for other in small[number + 1 :]:
            assert np.abs(one - other).mean() > 25


def test_skies_are_grained_so_that_they_do_not_band(pictures: list[Path]) -> None:
    for path in pictures:
        with Image.open(path) as image:
            sky = np.asarray(image.convert("L"), np.float64)[40:140, 40:240]
        steps = np.abs(np.diff(sky, axis=1)).mean()
        assert 0.5 < steps < 4, f"{path.name}: neighbours differ by {steps:.2f} levels"


def test_painting_again_gives_the_same_bytes(pictures: list[Path]) -> None:
    folder = pictures[0].parent
    before = [path.read_bytes() for path in pictures]
    assert draw_pictures(folder) == pictures  # over the old ones
    assert [path.read_bytes() for path in pictures] == before


def test_importing_the_module_loads_neither_numpy_nor_pillow() -> None:
    code = "import sys, skill.cli.demo_pictures; print(sorted({'numpy', 'PIL'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
