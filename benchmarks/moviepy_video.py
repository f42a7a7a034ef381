"""The workload of benchmarks/render.py in MoviePy, in the way its documentation does a slow zoom.

    python3 -m venv moviepy && moviepy/bin/pip install moviepy
    python benchmarks/render.py --moviepy moviepy/bin/python

MoviePy wants an older Pillow than the skill ships, so it runs in an environment of its own: this
file imports nothing else. Prints the seconds it took, without start-up.
"""

from __future__ import annotations

import sys
import time

from moviepy import CompositeVideoClip, ImageClip, vfx

WIDTH, HEIGHT, FPS = 1920, 1080, 30


def main(path: str, seconds: float, photos: list[str]) -> None:
    start = time.perf_counter()
    each, over = seconds / len(photos), 0.12
    clips = []
    for number, photo in enumerate(photos):
        begin = max(0.0, number * each - over)
        clip = ImageClip(photo).with_duration((number + 1) * each - begin).with_start(begin)
        clip = clip.resized(width=WIDTH).resized(lambda t: 1 + 0.024 * t).with_position("center")
        clips.append(clip.with_effects([vfx.CrossFadeIn(over)]) if number else clip)
    film = CompositeVideoClip(clips, size=(WIDTH, HEIGHT)).with_duration(seconds)
    film.write_videofile(
        path,
        fps=FPS,
        codec="libx264",
        preset="veryfast",
        audio=False,
        ffmpeg_params=["-crf", "20"],
        logger=None,
    )
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
