"""What `image-to-video-low-vram` promises to small machines: its video is made in under 200 MB."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import skill
from skill.install.bundle import skill_md
from skill.settings.listings import LISTINGS
from tests.mock_server.render.studio import scenery

NAME = "image-to-video-low-vram"
MOST = 200  # MB
# Of ourselves not ru_maxrss: that is at least what the process held that started us.
_MAKE = """
import resource, sys
from skill.cli.main import main
code = main()
held = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(int(held.split()[1]) // 1024, file=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr)
sys.exit(code)
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").is_file(), reason="Linux tells how much memory a process held"
)


@pytest.fixture(scope="module")
def twelve_megapixels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A JPEG, a PNG of which the middle is seen, and a BMP."""
    folder = tmp_path_factory.mktemp("photos")
    paths = [folder / name for name in ("a.jpg", "b.png", "c.bmp")]
    for seed, path in enumerate(paths):
        photo = scenery(4000, 3000, seed)
        if path.suffix == ".png":
            mask = Image.new("L", photo.size)
            mask.paste(255, (1000, 600, 3000, 2400))
            photo.putalpha(mask)
            photo.save(path, compress_level=1)
        else:
            photo.save(path)
    return paths


@pytest.mark.parametrize(
    "more",
    [
        (),
        ("--title", "Lisbon", "--caption", "里斯本", "--look", "warm", "--music", "cinematic"),
    ],
    ids=["as it is", "with words, a look and strings"],
)
def test_a_video_of_three_large_photos_is_made_in_little_memory(
    tmp_path: Path, twelve_megapixels: list[Path], more: tuple[str, ...]
) -> None:
    (tmp_path / "SKILL.md").write_text(skill_md(LISTINGS[NAME], "2.0.0"), "utf-8")
    words = ["make", *map(str, twelve_megapixels), *more, "-p", "calm", "-o", "video.mp4"]
    done = subprocess.run(
        [sys.executable, "-c", _MAKE, *words, "--local", "--quiet", "--skill", str(tmp_path)],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PYTHONPATH": str(Path(skill.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "video.mp4").stat().st_size > 50_000
    ours, of_what_draws = (int(line) for line in done.stderr.splitlines()[-2:])
    assert (ours < MOST, of_what_draws < MOST) == (True, True), (ours, of_what_draws)
