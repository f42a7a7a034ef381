"""A headless Chromium, spoken to by its DevTools protocol over a pipe: no driver, no package.

What is asked and told is https://chromedevtools.github.io/devtools-protocol/; over the pipe
(`--remote-debugging-pipe`) each message is JSON that ends with a NUL.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from tests.clients.install import Clients
from tests.waiting import HANGS

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CLIENTS = Clients()
"""Looked up before a test puts HOME elsewhere."""


def missing() -> str | None:
    """Why no browser can be had here; None if one can."""
    if os.name != "posix":
        return "the tests hand Chromium a pipe, which needs POSIX"
    return None if _program() else CLIENTS.missing("chromium")


def _program() -> str | None:
    """The browser that tests/clients/install.py has installed, the same everywhere; else the
    machine's own."""
    if CLIENTS.missing("chromium") is None:
        return str(CLIENTS.program("chromium"))
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One Chromium with a profile of its own, which goes when the block ends."""

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        to_child, self._write = os.pipe()
        self._read, from_child = os.pipe()
        program = _program()
        assert program is not None
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-ISc",
                _AS_3_AND_4,
                str(to_child),
                str(from_child),
                program,
                *_OPTIONS,
                f"--user-data-dir={self._profile.name}",
                "about:blank",
            ],
            pass_fds=(to_child, from_child),
            env={
                **os.environ,
                "HOME": self._profile.name,
                "LD_LIBRARY_PATH": str(CLIENTS.libraries),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_child)
        os.close(from_child)
        self._lock = threading.Lock()
        self._number = 0
        self._asked: dict[int, Future[Any]] = {}
        self._pages: dict[str, Page] = {}
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)  # it was started in a group of its own
        self._process.wait()
        self._reader.join()
        os.close(self._write)
        os.close(self._read)
        self._profile.cleanup()

    @contextmanager
    def page(self, width: int = 1280, height: int = 800, **features: str) -> Iterator["Page"]:
        """A tab; media features as `prefers_color_scheme="dark"`."""
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        target = self.ask("Target.createTarget", url="about:blank", browserContextId=context)[
            "targetId"
        ]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session)
        try:
            for domain in ("Page", "Runtime", "Network", "Log"):
                page.ask(f"{domain}.enable")
            page.resize(width, height)
            page.prefer(**features)
            yield page
        finally:
            del self._pages[session]
            self.ask("Target.disposeBrowserContext", browserContextId=context)

    def ask(self, method: str, session: str | None = None, **params: Any) -> Any:
        answer: Future[Any] = Future()
        with self._lock:
            self._number += 1
            self._asked[self._number] = answer
            message = {"id": self._number, "method": method, "params": params}
            if session is not None:
                message["sessionId"] = session
            data = json.dumps(message).encode() + b"\0"
            while data:
                data = data[os.write(self._write, data) :]
        return answer.result(HANGS)

    def _listen(self) -> None:
        rest = b""
        while chunk := os.read(self._read, 1 << 16):
            *messages, rest = (rest + chunk).split(b"\0")
            for message in map(json.loads, messages):
                if "id" not in message:
                    page = self._pages.get(message.get("sessionId", ""))
                    if page is not None:
                        page.events.put(message)
                    continue
                answer = self._asked.pop(message["id"])
                if "error" in message:
                    answer.set_exception(RuntimeError(message["error"]["message"]))
                else:
                    answer.set_result(message["result"])
        for answer in self._asked.values():
            answer.set_exception(RuntimeError("the browser is gone"))


class Page:
    """One tab. What it asked for and complained of is kept."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.events: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._requests: list[str] = []
        self._complaints: list[str] = []

    def ask(self, method: str, **params: Any) -> Any:
        return self._browser.ask(method, self._session, **params)

    def open(self, url: str) -> None:
        self.ask("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """The value of an expression; a promise is waited for."""
        answer = self.ask(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"]["exception"].get("description", script))
        return answer["result"].get("value")

    def until(self, condition: str, seconds: float = HANGS) -> Any:
        """Wait until an expression is true, looking with each frame; its value."""
        value = self.run(
            f"""new Promise((done) => {{
                const end = performance.now() + {seconds * 1000};
                const look = () => {{
                    let value;
                    try {{ value = {condition}; }} catch (error) {{ value = null; }}
                    if (value || performance.now() > end) done(value instanceof Node || value);
                    else setTimeout(look, 10);
                }};
                look();
            }})"""
        )
        assert value, f"never came: {condition}\n{self.text('body')}"
        return value

    def text(self, selector: str) -> str:
        return str(self.run(f"document.querySelector({selector!r})?.innerText ?? ''"))

    def count(self, selector: str) -> int:
        return int(self.run(f"document.querySelectorAll({selector!r}).length"))

    def click(self, selector: str) -> None:
        """Click with a real mouse in the middle of what the selector finds."""
        box = self.until(
            f"""(() => {{
                const element = document.querySelector({selector!r});
                element.scrollIntoView({{block: 'center'}});
                const box = element.getBoundingClientRect();
                return box.width ? [box.x + box.width / 2, box.y + box.height / 2] : null;
            }})()"""
        )
        mouse = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
        self.ask("Input.dispatchMouseEvent", type="mousePressed", **mouse)
        self.ask("Input.dispatchMouseEvent", type="mouseReleased", **mouse)

    def press(self, *keys: str) -> None:
        """Press keys by their names: "j", "Enter", "Escape", "Tab"."""
        for key in keys:
            code = _CODES.get(key, ord(key[0].upper()))
            text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
            what = {"key": key, "windowsVirtualKeyCode": code}
            self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **what)
            self.ask("Input.dispatchKeyEvent", type="keyUp", **what)

    def type(self, text: str) -> None:
        self.ask("Input.insertText", text=text)

    def resize(self, width: int, height: int) -> None:
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def prefer(self, **features: str) -> None:
        named = [
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()
        ]
        self.ask("Emulation.setEmulatedMedia", features=named)

    def shot(self, path: Path) -> None:
        path.write_bytes(b64decode(self.ask("Page.captureScreenshot")["data"]))

    @property
    def requests(self) -> list[str]:
        """The address of everything the page has asked for."""
        self._take()
        return self._requests

    @property
    def complaints(self) -> list[str]:
        """What the page has written to the console, or thrown, or was refused."""
        self._take()
        return self._complaints

    def _take(self) -> None:
        while not self.events.empty():
            event = self.events.get()
            params = event["params"]
            match event["method"]:
                case "Network.requestWillBeSent":
                    self._requests.append(params["request"]["url"])
                case "Runtime.exceptionThrown":
                    self._complaints.append(json.dumps(params["exceptionDetails"]))
                case "Runtime.consoleAPICalled":
                    self._complaints.append(json.dumps(params["args"]))
                case "Log.entryAdded" if params["entry"]["level"] in ("error", "warning"):
                    self._complaints.append(
                        f"{params['entry']['text']} {params['entry'].get('url', '')}"
                    )


_AS_3_AND_4 = """\
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for number, end in zip((3, 4), ends):
    os.dup2(end, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Chromium reads from file descriptor 3 and writes to 4."""

_CODES = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38, "ArrowRight": 39}
_OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--hide-scrollbars",
    "--mute-audio",
    "--no-proxy-server",
    "--autoplay-policy=no-user-gesture-required",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
