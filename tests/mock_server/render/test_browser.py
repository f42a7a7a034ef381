"""The MP4 in a real browser: Chromium, where it is installed, plays it, seeks in it and shows its
colours. The page itself tells what it finds: no driver is needed."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests.mock_server.render.studio import scenery
from tests.waiting import HANGS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mock_server.render.studio import Studio

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

PAGE = """<!doctype html><video id="video" muted></video>
<script>
const found = {};
const once = name => new Promise((yes, no) => {
  video.addEventListener(name, yes, {once: true});
  video.addEventListener("error", () => no(new Error(video.error.message)), {once: true});
});
const colours = async () => {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const pen = canvas.getContext("2d");
  // After a seek the frame may still be on its way: until then nothing is drawn.
  do {
    await new Promise(requestAnimationFrame);
    pen.drawImage(video, 0, 0);
  } while (pen.getImageData(0, 0, 1, 1).data[3] === 0);
  return PLACES.map(([x, y]) => [...pen.getImageData(x, y, 1, 1).data].slice(0, 3));
};
const to = async time => { video.currentTime = time; await once("seeked"); };
(async () => {
  try {
    const loaded = once("loadeddata");
    video.src = URL.createObjectURL(await (await fetch("/out.mp4")).blob());
    await loaded;
    found.size = [video.videoWidth, video.videoHeight];
    found.duration = video.duration;
    await to(MIDDLE);
    found.middle = video.currentTime;
    found.colours = await colours();
    await to(0);
    const ended = once("ended");
    const moments = [];
    video.addEventListener("timeupdate", () => moments.push(video.currentTime));
    await video.play();
    await ended;
    found.moments = moments;
    found.ended = video.ended;
    found.heard = video.webkitAudioDecodedByteCount;
    found.corrupted = video.getVideoPlaybackQuality().corruptedVideoFrames;
  } catch (error) { found.error = String(error); }
  fetch("/found", {method: "POST", body: JSON.stringify(found)});
})();
</script>"""


def browse(film: Path, middle: float, places: list[tuple[int, int]]) -> Any:
    """What the page finds out about a film."""
    page = PAGE.replace("MIDDLE", str(middle)).replace("PLACES", json.dumps(places))
    told: queue.Queue[bytes] = queue.Queue()

    class Requests(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            film_asked = self.path == "/out.mp4"
            body = film.read_bytes() if film_asked else page.encode()
            self.send_response(200)
            self.send_header("content-type", "video/mp4" if film_asked else "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            told.put(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *what: object) -> None:
            pass

    assert CHROMIUM is not None
    with ThreadingHTTPServer(("127.0.0.1", 0), Requests) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        browser = subprocess.Popen(
            [
                CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--mute-audio",
                "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run",
                "--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0",
                f"--user-data-dir={film.parent / 'profile'}",
                f"http://127.0.0.1:{server.server_port}/",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            return json.loads(told.get(timeout=HANGS))
        finally:
            browser.terminate()
            browser.wait(timeout=HANGS)
            server.shutdown()
            thread.join()


@needs_chromium
@pytest.mark.parametrize(("size", "rate"), [((320, 180), 30), ((202, 360), 60)])
def test_chromium_plays_it_to_the_end_in_the_right_colours(
    studio: Studio, size: tuple[int, int], rate: int
) -> None:
    patches = [(200, 30, 40), (30, 180, 60), (40, 60, 200), (128, 128, 128)]
    picture = Image.new("RGB", size)
    half = (size[0] // 2, size[1] // 2)
    places = []
    for n, colour in enumerate(patches):
        x, y = n % 2 * half[0], n // 2 * half[1]
        picture.paste(colour, (x, y, x + half[0], y + half[1]))
        places.append((x + half[0] // 2, y + half[1] // 2))
    studio.width, studio.height, studio.fps, studio.duration = *size, rate, 2000
    studio.photo("other.png", scenery(*size))
    still = {"style": "still", "move": "zoom_in"}
    studio.shoot("other.png", 0, 700)
    studio.shoot(studio.photo("patches.png", picture), 700, 1300, motion=still)
    studio.sounds = [
        {"s": 0, "d": 2000, "v": 0.5, "src": {"type": "music", "style": "lofi", "seed": 1}}
    ]
    studio.render()
    found = browse(studio.target, 1.0, places)
    assert "error" not in found, found
    assert found["size"] == [*size]
    assert found["duration"] == pytest.approx(2, abs=0.03)
    assert found["middle"] == pytest.approx(1)
    for seen, colour in zip(found["colours"], patches, strict=True):
        assert max(abs(a - b) for a, b in zip(seen, colour, strict=True)) <= 6, found["colours"]
    assert found["ended"]
    assert found["moments"] == sorted(found["moments"])
    assert found["moments"][-1] == pytest.approx(2, abs=0.05)
    assert found["heard"] > 0
    assert found["corrupted"] == 0
