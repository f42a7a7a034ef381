"""The pictures of `image-to-video demo`: one day from dawn to night, painted from numbers.

Needs numpy and Pillow, and only while it paints: both come with the local renderer.
In here x runs right and y down, in pixels, and colours are sRGB from 0 to 1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image, ImageDraw

    Floats = NDArray[np.floating]
    Rng = np.random.Generator

WIDTH, HEIGHT = 1920, 1280


def draw_pictures(folder: Path) -> list[Path]:
    """Paint four JPEGs of 1920 × 1280 pixels into `folder`; their paths, from dawn to night.

    The same numpy and Pillow paint the same bytes. Files of these names are replaced;
    OSError where the folder cannot be written.
    """
    import numpy as np
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    x, y = np.arange(WIDTH, dtype=np.float32)[None], np.arange(HEIGHT, dtype=np.float32)[:, None]
    paths = []
    for seed, paint in enumerate((_dawn_hills, _desert_dunes, _city_dusk, _night_sea)):
        rng = np.random.default_rng(seed)
        # Film grain: without it the skies would show bands once the video is encoded.
        grain = rng.standard_normal((HEIGHT, WIDTH, 1), np.float32) * 1.7 + 0.5
        levels = (paint(rng, x, y) * 255 + grain).clip(0, 255).astype(np.uint8)
        paths.append(folder / f"{paint.__name__[1:].replace('_', '-')}.jpg")
        Image.fromarray(levels).save(paths[-1], quality=92, subsampling=0)
    return paths


def _dawn_hills(rng: Rng, x: Floats, y: Floats) -> Floats:
    import numpy as np

    picture = _sky(rng, y / 640, "2b3a67 5d5a8c c9848f f4b183 fde2a8", "7a6a9a e58f8a ffd9a0")
    away = np.hypot(x - 1210, y - 520)
    glow = 1 / (1 + (away / 190) ** 1.8)
    _cover(picture, _ramp(glow, "ffb070 ffc98a fff0c4"), glow * 0.9)
    _cover(picture, _ramp(1, "fff6dc"), ((62 - away) / 2).clip(0, 1))
    for near in (n / 6 for n in range(7)):
        middle, rise = 570 + 570 * near**1.15, 75 + 95 * near
        top = middle - rise * _noise(rng, round(7 - 3 * near), 1, 6, height=1)[0]
        part = slice(int(top.min() - 160 * near), HEIGHT)
        hill = (y[part] - top + 0.5).clip(0, 1)
        if near > 0.6:
            hill = np.maximum(hill, _pines(rng, top, 300 * near - 146)[part])
        # Mist fills the valleys; near the sun it is warm.
        mist = 1 - np.exp((middle - rise - y[part]).clip(None, 0) / (170 + 60 * near))
        body, haze = _ramp(near, "d99a8c a8728a 5f4d78 36325c 14152e"), _ramp(near, "f6c59b 6a6fa5")
        body = body + (haze - body) * mist[..., None] * (0.9 - 0.6 * near)
        sun = glow[part, :, None] * 0.75 * (1 - near) ** 1.5
        _cover(picture[part], body + (_ramp(1, "ffb070") - body) * sun, hill)
    return picture


def _pines(rng: Rng, top: Floats, height: float) -> Floats:
    """A mask of trees that stand on `top`."""
    import numpy as np
    from PIL import Image, ImageDraw

    mask = Image.new("L", (WIDTH * 2, HEIGHT * 2))
    x = 0.0
    while x < WIDTH:
        tall, foot = height * rng.uniform(0.35, 1), float(top[int(x)]) + height * 0.1
        half = [(0.0, foot - tall)]
        for tier in range(1, 8):
            reach = tall * 0.17 * (tier / 7) ** 0.8 * rng.uniform(0.85, 1.15)
            low = foot - tall * (1 - tier / 7)
            half += [(reach, low), (reach * 0.55, low - tall * 0.035)]
        tree = [(x + r, y) for r, y in half] + [(x - r, y) for r, y in half[::-1]]
        ImageDraw.Draw(mask).polygon([(px * 2, py * 2) for px, py in tree], fill=255)
        x += height * rng.uniform(0.05, 0.36)
    return np.asarray(mask.reduce(2), np.float32) / 255


def _desert_dunes(rng: Rng, x: Floats, y: Floats) -> Floats:
    """A height map of sand seen from a rise, the sun low on the left."""
    import numpy as np

    horizon, focal, eye = 500, 1500.0, 15.0
    picture = _sky(rng, y / horizon, "2f6fa8 86b4cc fbe3c4", "a9cbe0 fff3e0")
    away = np.geomspace(6, 900, 1000, dtype=np.float32)[:, None]
    across = (x - WIDTH / 2) / focal * away
    sand = _sand(across, away)
    slope = (_sand(across + 0.1, away) - sand) * 10
    light = (0.3 + 0.85 * slope) / np.sqrt(1 + slope**2)
    for step in (1.5, 3.0, 6.0, 10.0):  # what stands towards the sun throws its shadow
        light = np.minimum(light, 2 * (sand + step * 0.36 - _sand(across - step, away)))
    # Down each column, what is seen at a row is the nearest sand that reaches up to it.
    rows = np.minimum.accumulate(horizon + focal * (eye - sand) / away, axis=0)
    fine = np.arange((horizon - 60) * 2, HEIGHT * 2, dtype=np.float32) / 2
    far, lit = np.empty((2, len(fine), WIDTH), np.float32)
    for column in range(WIDTH):
        far[:, column] = np.interp(fine, rows[::-1, column], away[::-1, 0])
        # A step nearer: on a crest, the light of its far side must not shine through.
        lit[:, column] = np.interp(far[:, column], away[1:, 0], light[:-1, column])
    side = (x - WIDTH / 2) / focal * far
    ripple = np.sin(side * 17 + 2.2 * np.sin(far * 0.9 + side * 0.4) + 1.3 * np.sin(far * 2.3))
    lit = lit.clip(0, 1) * (1 + 0.08 * ripple * np.exp(-far / 22))
    ground = _ramp(lit, "4d2436 94483a d98648 ffd394")
    _cover(ground, _ramp(1, "f7d9ba"), 1 - np.exp(-far / 420))
    seen = (fine[:, None] - rows[-1] + 0.5).clip(0, 1)
    _cover(picture[horizon - 60 :], (ground[::2] + ground[1::2]) / 2, (seen[::2] + seen[1::2]) / 2)
    return picture


def _sand(x: Floats, z: Floats) -> Floats:
    """Heights, metres: ridges that wind away, rising gently from the left, steep on the right."""
    import numpy as np

    across = (x + 9 * np.sin(z / 31 + 0.6) + 4 * np.sin(z / 13 + x / 40) + 0.22 * z) / 46 + 0.28
    ridge = np.floor(across)
    up, down = (across - ridge) / 0.66, (1 - across + ridge) / 0.34
    crest = ((up + down - np.sqrt((up - down) ** 2 + 0.001)) / 2).clip(0, 1)
    size = 9 + 4 * np.sin(z / 47 + ridge * 2.1)
    height: Floats = crest**1.3 * size + 1.2 * np.sin(x / 17 + z / 23)
    return height


def _city_dusk(rng: Rng, x: Floats, y: Floats) -> Floats:
    import numpy as np
    from PIL import Image, ImageDraw

    shore = 900
    picture = _sky(rng, y / 870, "141c46 3b2f6e a8487e f08060 ffc46b", "2a2a5c d0587a ffb070")
    lamps = Image.new("RGB", (WIDTH, HEIGHT))
    for row, body in enumerate(("b8607c", "7d4673", "3a2b60", "15163a")):
        towers = _towers(rng, ImageDraw.Draw(lamps), row, shore)
        haze = (y / shore) ** 5 * (0.5 - 0.15 * row)
        _cover(picture, _ramp(haze[:, 0], f"{body} f58a68")[:, None], towers)
    for left in range(12, WIDTH, 74):  # the quay
        ImageDraw.Draw(lamps).rectangle((left, shore - 20, left + 1, shore - 16), "#ffe2a8")
    picture[shore - 12 : shore] = _ramp(1, "0d0e28")
    picture += sum(_soft(lamps, radius) * 0.9 for radius in (0, 4, 24))

    # The river: the city upside down, pulled about by ripples that grow towards the viewer.
    down = np.arange(HEIGHT - shore, dtype=np.float32)[:, None]
    near = down / (HEIGHT - shore)
    swell = np.sin(down**0.72 * 1.9 + x / 140 + 2 * np.sin(x / 310)) + np.sin(down**0.8 - x / 90)
    columns = x + np.sin(down**0.7 * 2.3 + x / 200) * (1 + 7 * near)
    picture[shore:] = _ramp(1, "141c46") * 0.3
    for blur in (-1, -0.3, 0.3, 1):
        rows = shore - 1 - down * 1.5 + (swell + blur) * (2 + 26 * near)
        mirror = rows.clip(0, shore - 1).astype(int), columns.clip(0, WIDTH - 1).astype(int)
        picture[shore:] += picture[mirror] * (0.2 - 0.07 * near[..., None])
    return picture


def _towers(rng: Rng, lamps: ImageDraw.ImageDraw, row: int, shore: int) -> Floats:
    """A mask of a row of towers, the farthest is 0; `lamps` gets their windows."""
    import numpy as np
    from PIL import Image, ImageDraw

    panes = ("#e8b45c", "#b87a38", "#ffd890", "#8a6a4a", "#a8b8d8")
    mask, left = Image.new("L", (WIDTH, HEIGHT)), -30
    draw = ImageDraw.Draw(mask)
    while left < WIDTH:
        wide = int(rng.uniform(46, 92) * (0.8 + 0.2 * row))
        peak = max(1 - abs(left + wide / 2 - 1080) / 1150, 0) ** 1.6
        tall = int(rng.uniform(0.35, 1) * (190 + 440 * peak) * (1.12 - 0.17 * row))
        top, steps, middle = shore - tall, int(rng.integers(0, 3)) * (row < 3), left + wide // 2
        if steps == 2:
            tip = top - tall // 6
            draw.rectangle((middle - 1, tip, middle + 1, top), 255)
            lamps.rectangle((middle - 1, tip - 3, middle + 1, tip), "#ff4030")
        for step in range(steps, -1, -1):
            a, b = left + wide * step // 7, left + wide - wide * step // 7
            ledge = top + 26 * (steps - step)
            draw.rectangle((a, ledge, b, shore), 255)
            draw.rectangle(((a + 3 * b) // 4, ledge, b, shore), 222 + 8 * row)
            lamps.rectangle((a, ledge, b, shore), 0)
        share, pane, floor = rng.uniform(0.08, 0.45), 2 + row, 3 + row
        for y in range(top + 26 * steps + 10, (shore - 26) * (row > 0), 2 * floor):
            for x in range(left + 7, left + wide - 5 - pane, 2 * pane):
                if rng.random() < share:
                    tint = panes[int(rng.random() * len(panes))]
                    lamps.rectangle((x, y, x + pane - 1, y + floor - 1), tint)
        left += wide + int(rng.uniform(-8, 10) * (4 - row))
    return np.asarray(mask, np.float32) / 255


def _night_sea(rng: Rng, x: Floats, y: Floats) -> Floats:
    """Each wave shines where its slope would mirror the moon (after Cox and Munk, 1954)."""
    import numpy as np
    from PIL import Image

    horizon, focal, eye, moon_x, moon_y = 690, 1600.0, 7.0, 1180, 400
    picture = _sky(rng, y / horizon, "050b20 0d2246 1d4068 4d7fa0", "142c54 3a6890 4d7fa0")
    stars = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    place = rng.integers(0, horizon - 60, 2600), rng.integers(0, WIDTH, 2600)
    stars[place] = rng.random((2600, 1)) ** 4 * rng.uniform(200, 255, (2600, 3))
    picture += _soft(Image.fromarray(stars), 1) * 5 * (1 - y[..., None] / horizon).clip(0)
    away = np.hypot(x - moon_x, y - moon_y)
    picture += (0.34 / (1 + (away / 150) ** 2))[..., None] * _ramp(1, "9cc4ee")
    face = _ramp(_noise(rng, 40, 26, 4) + 0.5, "d8d2bf fff9e6")
    _cover(picture, face, ((72 - away) / 2).clip(0, 1))

    down = y[1 : HEIGHT - horizon + 1]
    far = eye * focal / down
    across = (x - WIDTH / 2) / focal * far
    # Winding the ground they run on keeps so few waves from weaving a pattern.
    along = far + 0.5 * np.sin(across * 0.8 + 1)
    across = across + 0.5 * np.sin(far * 0.9 + across * 0.3)
    to_eye = np.stack(np.broadcast_arrays(WIDTH / 2 - x, down, np.float32(-focal)))
    moon = np.array([moon_x - WIDTH / 2, horizon - moon_y, focal], np.float32)
    half = to_eye / np.linalg.norm(to_eye, axis=0) + (moon / np.linalg.norm(moon))[:, None, None]
    slope_x, slope_z = np.zeros((2, *across.shape), np.float32)
    unseen = np.full_like(far, 0.0035)
    for length in (0.15 * 1.16**n for n in range(32)):
        turn, steep = rng.normal(0, 0.55), rng.uniform(0.025, 0.055)
        seen = (length * eye * focal / far**2 / 4 - 0.5).clip(0, 1)  # or too short for a pixel
        phase = (across * math.sin(turn) + along * math.cos(turn)) * (math.tau / length)
        wave = np.cos(phase + rng.uniform(0, math.tau)) * seen * steep
        slope_x += wave * math.sin(turn)
        slope_z += wave * math.cos(turn)
        unseen += (1 - seen**2) * steep**2 / 2
    miss = (half[0] / half[1] + slope_x) ** 2 + (half[2] / half[1] + slope_z) ** 2
    sparkle = rng.exponential(1, (len(down), WIDTH // 2)).repeat(2, axis=1)
    sparkle **= (unseen * 60 - 0.2).clip(0, 1)
    glint = np.exp(-miss / (2 * unseen)) * 0.012 / unseen * sparkle
    picture[horizon:] = _ramp(0.9 - (down / focal + slope_z * 0.9) * 2.2, "030a18 0c2140 3f6f92")
    picture[horizon:] += glint.clip(0, 1.2)[..., None] * _ramp(1, "fff0d0")
    return picture


def _ramp(at: Floats | float, colours: str) -> Floats:
    """The colours from 0 to 1 on a gradient, rounded at its stops: corners show as lines."""
    import numpy as np

    stops = np.array([tuple(bytes.fromhex(code)) for code in colours.split()]) / 255
    bell, wide = np.hanning(41) / 20, np.linspace(-0.1, 1.1, 481)
    tables = (np.interp(wide, np.linspace(0, 1, len(stops)), values) for values in stops.T)
    place, knots = np.asarray(at), np.linspace(-0.05, 1.05, 441)
    channels = [np.interp(place, knots, np.convolve(table, bell, "valid")) for table in tables]
    return np.stack(channels, -1).astype(np.float32)


def _cover(picture: Floats, colour: Floats, mask: Floats) -> None:
    picture += (colour - picture) * mask[..., None]


def _sky(rng: Rng, height: Floats, air: str, clouds: str) -> Floats:
    picture = _ramp(height, air).repeat(WIDTH, axis=1)
    streaks = _noise(rng, 3, 14, 5) * 0.7 + _noise(rng, 6, 40, 3) * 0.35 - 0.1
    _cover(picture, _ramp(height, clouds), streaks.clip(0, 0.7) * (1.4 - height).clip(0, 1))
    return picture


def _noise(rng: Rng, columns: int, rows: int, octaves: int, height: int = HEIGHT) -> Floats:
    """Noise about -1..1 as wide as a picture; its coarsest lumps are `columns` by `rows`."""
    import numpy as np
    from PIL import Image

    total = np.zeros((height, WIDTH), np.float32)
    for octave in range(octaves):
        shape = rows * 2**octave + 1, columns * 2**octave + 1
        lumps = Image.fromarray(rng.uniform(-1, 1, shape).astype(np.float32))
        total += np.asarray(lumps.resize((WIDTH, height), Image.Resampling.BICUBIC)) / 2**octave
    return total


def _soft(light: Image.Image, radius: float) -> Floats:
    """Light as a lens spreads it."""
    import numpy as np
    from PIL import ImageFilter

    return np.asarray(light.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255
