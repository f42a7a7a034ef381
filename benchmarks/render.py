"""Photos to video: speed beside the encoder alone, beside zoompan and MoviePy; bytes, likeness, memory.

    python benchmarks/render.py [PHOTO PHOTO PHOTO] [--rounds 5] [--only speed,quality,extras,whole,memory]
                                [--moviepy PYTHON]  # one that has MoviePy: benchmarks/moviepy_video.py

The workload: three photos of 12 megapixels, 10 s of 1080p at 30 frames a second, crossfades of
0.6 s. Without photos the demo's paintings are taken, enlarged; real photographs say more. What is
compared runs in turn, round after round; of each round the ratio is taken, of the ratios the
median. "encoder alone" is x264 veryfast at crf 20 on frames that lie ready in memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
from PIL import Image, ImageOps

from mock_server.render import plan as plans
from mock_server.render import render
from mock_server.render.cast import Cast
from mock_server.render.compose import frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT, FPS = 1920, 1080, 30
VERYFAST = {"preset": "veryfast", "crf": "20"}
MOVES = ("zoom_in", "pan_left", "zoom_out")
PARTS = ("speed", "quality", "extras", "whole", "memory")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--moviepy", type=Path, metavar="PYTHON")
    options = parser.parse_args()
    chosen = options.only.split(",")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = twelve_megapixels(options.photos, folder)
        bench = Bench(folder, photos, options.rounds, options.moviepy)
        for part in PARTS:
            if part in chosen:
                getattr(bench, part)()


def twelve_megapixels(photos: list[Path], folder: Path) -> list[Path]:
    """Three JPEGs of 4000 x 3000."""
    if not photos:
        from skill.cli.demo_pictures import draw_pictures

        photos = draw_pictures(folder / "demo")
    made = []
    for number, photo in enumerate(photos[:3]):
        with Image.open(photo) as image:
            fitted = ImageOps.fit(image.convert("RGB"), (4000, 3000), Image.Resampling.LANCZOS)
        made.append(folder / f"photo-{number}.jpg")
        fitted.save(made[-1], quality=92)
    return made


class Bench:
    def __init__(self, folder: Path, photos: list[Path], rounds: int, moviepy: Path | None) -> None:
        self._folder, self._photos, self._rounds = folder, photos, rounds
        self._python_of_moviepy = moviepy
        self._media = {photo.name: photo for photo in photos}
        self._draft = draft([photo.name for photo in photos], 10_000)

    def speed(self) -> None:
        """Frames a second, whole, from the files to the MP4."""
        raw = list(frames(Cast(plans.read(self._draft), self._media)))
        contenders: dict[str, Callable[[Path], float]] = {
            "encoder alone (veryfast)": lambda path: encode(raw, path, VERYFAST),
            "ours": lambda path: self._ours(self._draft, path),
            "ffmpeg zoompan": self._zoompan,
        }
        if self._python_of_moviepy:
            contenders["MoviePy (a fifth, times five)"] = self._moviepy
        took = self._in_turn(contenders)
        alone = took["encoder alone (veryfast)"]
        print(f"\n{'':28}{'frames/s':>10}{'x encoder alone':>17}{'ours is x':>11}")
        for name, seconds in took.items():
            to_alone = statistics.median(a / s for a, s in zip(alone, seconds, strict=True))
            ours = statistics.median(s / o for s, o in zip(seconds, took["ours"], strict=True))
            rate = len(raw) / statistics.median(seconds)
            print(f"{name:28}{rate:10.1f}{to_alone:17.2f}{ours:11.2f}")

    def quality(self) -> None:
        """Bytes, SSIM and PSNR against the frames as they were drawn."""
        raw = list(frames(Cast(plans.read(self._draft), self._media)))
        alone, ours = self._folder / "alone.mp4", self._folder / "ours.mp4"
        encode(raw, alone, VERYFAST)
        self._ours(self._draft, ours)
        print(f"\n{'':28}{'kB':>10}{'SSIM':>10}{'PSNR, dB':>10}")
        for name, path in (("encoder alone (veryfast)", alone), ("ours", ours)):
            ssim, psnr = likeness(raw, path)
            print(f"{name:28}{path.stat().st_size / 1000:10.0f}{ssim:10.5f}{psnr:10.2f}")

    def extras(self) -> None:
        """What titles, transitions and music cost on top of cuts alone: processor time of all
        threads, which other work on the machine changes less."""
        names = list(self._media)
        bare = draft(names, 10_000, overlap=0)
        kinds: dict[str, dict[str, Any]] = {
            "cuts alone": bare,
            "+ crossfades": draft(names, 10_000),
            "+ a title and a caption": draft(names, 10_000, overlap=0, titles=True),
            "+ music": draft(names, 10_000, overlap=0, music=True),
            "+ all": draft(names, 10_000, titles=True, music=True),
        }
        took = self._in_turn({name: partial(self._spent, kind) for name, kind in kinds.items()})
        print(f"\n{'':28}{'processor s':>12}{'x cuts alone':>15}")
        for name, seconds in took.items():
            ratio = statistics.median(
                s / c for s, c in zip(seconds, took["cuts alone"], strict=True)
            )
            print(f"{name:28}{statistics.median(seconds):12.2f}{ratio:15.2f}")

    def whole(self) -> None:
        """5 s from one photo, interpreter, imports and all, beside encoding its frames alone."""
        name = self._photos[0].name
        one = draft([name], 5_000)
        raw = list(frames(Cast(plans.read(one), self._media)))
        job = self._folder / "one.json"
        job.write_text(json.dumps({"draft": one, "media": {name: str(self._photos[0])}}))
        took = self._in_turn(
            {
                "alone": lambda path: encode(raw, path, VERYFAST),
                "process": lambda path: timed(lambda: child(job, path)),
            }
        )
        over = statistics.median(p - a for p, a in zip(took["process"], took["alone"], strict=True))
        print("\n5 s from one photo, the whole process")
        print(f"{'encoder alone (veryfast)':28}{statistics.median(took['alone']):8.2f} s")
        print(f"{'ours':28}{statistics.median(took['process']):8.2f} s  ({over:+.2f} s)")

    def memory(self) -> None:
        """The most a process ever held, in MB."""
        three = [photo.name for photo in self._photos]
        many = {f"{n}.jpg": str(self._photos[n % 3]) for n in range(300)}
        few = {photo.name: str(photo) for photo in self._photos}
        print(f"\n{'':28}{'MB':>10}{'x the first':>13}")
        for title, rows in {
            "workload": [
                ("3 photos, 10 s", draft(three, 10_000), few),
                ("30 photos, 20 s", draft(list(many)[:30], 20_000), many),
                ("300 photos, 60 s", draft(list(many), 60_000, overlap=50), many),
            ],
            "length, at 320 x 180": [
                ("1 minute", draft(three, 60_000, music=True, size=(320, 180)), few),
                ("10 minutes", draft(three, 600_000, music=True, size=(320, 180)), few),
            ],
        }.items():
            print(title)
            first = 0.0
            for name, kind, media in rows:
                job = self._folder / "memory.json"
                job.write_text(json.dumps({"draft": kind, "media": media}))
                held = statistics.median(child(job, self._folder / "m.mp4") for _ in range(3))
                first = first or held
                print(f"  {name:26}{held:10.0f}{held / first:13.2f}")

    def _in_turn(self, contenders: dict[str, Callable[[Path], float]]) -> dict[str, list[float]]:
        took: dict[str, list[float]] = {name: [] for name in contenders}
        for number in range(self._rounds + 1):
            for name, run in contenders.items():
                seconds = run(self._folder / "out.mp4")
                if number:  # the first round warms up
                    took[name].append(seconds)
        return took

    def _ours(self, kind: dict[str, Any], path: Path) -> float:
        return timed(lambda: render(kind, self._media, path))

    def _spent(self, kind: dict[str, Any], path: Path) -> float:
        start = time.process_time()
        render(kind, self._media, path)
        return time.process_time() - start

    def _zoompan(self, path: Path) -> float:
        return timed(lambda: encode(zoompan(self._photos, 100), path, VERYFAST))

    def _moviepy(self, path: Path) -> float:
        """A fifth of the workload, times five."""
        script = Path(__file__).with_name("moviepy_video.py")
        command = [self._python_of_moviepy, script, path, "2.0", *self._photos]
        done = subprocess.run(
            list(map(str, command)), stdout=subprocess.PIPE, text=True, check=True
        )
        return 5 * float(done.stdout)


def draft(
    names: list[str],
    ms: int,
    *,
    overlap: int = 600,
    titles: bool = False,
    music: bool = False,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> dict[str, Any]:
    """Photos of equal length, one after the other, each `overlap` ms into the one before."""
    each = ms / len(names)
    shots = []
    for number, name in enumerate(names):
        lead = overlap if number else 0
        shots.append(
            {
                "s": each * number - lead,
                "d": each + lead,
                "src": {"type": "image", "hash": name, "name": name},
                "motion": {"style": "smooth", "move": MOVES[number % 3]},
                "tr": {"type": "crossfade" if lead else "cut", "d": lead},
            }
        )
    tracks: list[dict[str, Any]] = [{"tt": 0, "sg": shots}]
    if music:
        source = {"type": "music", "style": "lofi", "seed": 1}
        tracks.append({"tt": 1, "sg": [{"s": 0, "d": ms, "v": 0.35, "src": source}]})
    if titles:
        words = [
            {"s": 0, "d": 3000, "text": "A week by the sea", "style": {"size": "large"}},
            {
                "s": 0,
                "d": ms,
                "text": "What we saw on the way, and what we ate",
                "style": {"size": "small", "position": "bottom"},
            },
        ]
        tracks.append({"tt": 7, "sg": words})
    return {"d": ms, "fps": FPS, "m": {"width": size[0], "height": size[1]}, "t": tracks}


def timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def encode(pictures: Iterable[av.VideoFrame], path: Path, options: dict[str, str]) -> float:
    """Seconds that frames take to become an MP4."""
    start = time.perf_counter()
    with av.open(path, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options=dict(options))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, frame in enumerate(pictures):
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return time.perf_counter() - start


def zoompan(photos: list[Path], count: int) -> Iterable[av.VideoFrame]:
    """Each photo zoomed into by ffmpeg's filter, as its manual shows it, without transitions."""
    for photo in photos:
        with av.open(photo) as container:
            picture = next(container.decode(video=0))
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=picture.width,
            height=picture.height,
            format=picture.format,
            time_base=Fraction(1, FPS),
        )
        crop = graph.add("crop", "iw:iw*9/16")
        zoom = graph.add(
            "zoompan",
            f"z='zoom+0.0008':x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)':d={count}"
            f":s={WIDTH}x{HEIGHT}:fps={FPS}",
        )
        pixels = graph.add("format", "yuv420p")
        sink = graph.add("buffersink")
        for a, b in ((source, crop), (crop, zoom), (zoom, pixels), (pixels, sink)):
            a.link_to(b)
        graph.configure()
        picture.pts, picture.time_base = 0, Fraction(1, FPS)
        graph.push(picture)
        for _ in range(count):
            frame = graph.pull()
            assert isinstance(frame, av.VideoFrame)
            yield frame


def likeness(raw: list[av.VideoFrame], path: Path) -> tuple[float, float]:
    """Mean SSIM (Wang et al. 2004, 11 x 11 Gaussian) and PSNR of the light, over every seventh
    frame: B-frames come in fives."""
    ssims, errors = [], []
    with av.open(path) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % 7:
                continue
            a, b = light(raw[number]), light(frame)
            ssims.append(ssim(a, b))
            errors.append(float(np.mean(np.square(a - b))))
    return statistics.mean(ssims), float(10 * np.log10(255**2 / statistics.mean(errors)))


def light(frame: av.VideoFrame) -> Any:
    return frame.to_ndarray()[: frame.height].astype(np.float32)


def ssim(a: Any, b: Any) -> float:
    def blur(plane: Any) -> Any:
        return cv2.GaussianBlur(plane, (11, 11), 1.5)

    ma, mb = blur(a), blur(b)
    va, vb, vab = blur(a * a) - ma * ma, blur(b * b) - mb * mb, blur(a * b) - ma * mb
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * ma * mb + c1) * (2 * vab + c2)
    return float(np.mean(top / ((ma * ma + mb * mb + c1) * (va + vb + c2))))


def child(job: Path, path: Path) -> float:
    """Render in a process of its own; the most it held, in MB."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", str(job), str(path)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return float(done.stdout)


def as_child(job: Path, path: Path) -> None:
    wanted = json.loads(job.read_text())
    media = {key: Path(value) for key, value in wanted["media"].items()}
    render(wanted["draft"], media, path)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        sys.path.insert(0, os.fspath(ROOT))
        as_child(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
