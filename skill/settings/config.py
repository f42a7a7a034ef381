"""Settings, resolved once: a flag beats the environment, which beats the listing."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import urlsplit

from skill.errors import UsageError
from skill.i18n import of_environment, primary_tag, say
from skill.sanitize import clean_line
from skill.settings.manifest import Manifest
from skill.token import Token, hide

if TYPE_CHECKING:
    from collections.abc import Mapping

StrPath = str | os.PathLike[str]

API_URL = "https://mega-api-prod.nemovideo.ai"
WEB_URL = "https://nemovideo.com"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_USUAL_PORT = {"http": 80, "https": 443}
_NO_ADDRESS = re.compile(r"""[\s\x00-\x1f\x7f\\<>"'`{}|^]""")  # some of which urlsplit passes over
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")

# Every environment variable that is read, and what for; SKILL.md declares the same.
ENVIRONMENT: dict[str, str] = {
    "NEMO_TOKEN": "your own NemoVideo token; without it a free anonymous one is taken",
    "NEMO_API_URL": "another backend, https or loopback",
    "NEMO_WEB_URL": "the web pages for people (register, claim)",
    "NEMO_CLIENT_ID": "the client id an anonymous token is asked for with",
    "SKILL_SOURCE": "the install platform, where it cannot be told from the path",
    "IMAGE_TO_VIDEO_HOME": "the folder where state lives",
    "IMAGE_TO_VIDEO_PACE": "multiplies every wait; for tests against a loopback backend",
    "IMAGE_TO_VIDEO_DEBUG": "show the traceback of a bug instead of one line",
    "NO_COLOR": "no colours on a terminal",
}


class Settings(TypedDict, total=False):
    """The keyword arguments of `Config.resolve`, which says what they are."""

    local: bool
    home: StrPath | None
    skill: StrPath | None
    pace: float | None
    language: str | None


@dataclass(frozen=True)
class Config:
    """What a command works with. `backend` names where tokens and projects belong:
    the API URL, or "local". `token` is the user's own; None where an anonymous one serves."""

    manifest: Manifest
    api_url: str
    web_url: str
    home: Path
    token: Token | None
    client_id: str | None
    pace: float
    local: bool
    language: str | None = None  # as the user says; else it is heard from the words
    locale: str = ""  # the language the environment names, if any

    def language_of(self, words: str) -> str:
        """The language to speak with whoever says `words`: a BCP 47 primary tag."""
        from skill.routing import detect_language

        return self.language or detect_language(words, self.locale)

    @property
    def backend(self) -> str:
        """Where tokens, projects and jobs belong: the API URL, or "local"."""
        return "local" if self.local else self.api_url

    @classmethod
    def resolve(
        cls,
        *,
        local: bool = False,
        home: StrPath | None = None,
        skill: StrPath | None = None,
        pace: float | None = None,
        language: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Config:
        """What is not given is read from the environment (`ENVIRONMENT`; `environ` takes its
        place), and what that does not name is the default.

        `local`: the built-in backend; nothing leaves the machine. `home`: the folder where state
        lives. `skill`: the folder of the SKILL.md to speak for. `pace` multiplies every wait.
        `language`: a BCP 47 primary tag; else it is heard from the user's words. Raises UsageError
        naming the setting that is wrong; nothing has been sent by then.
        """
        environ = os.environ if environ is None else environ
        if not isinstance(local, bool):
            raise _wrong("local", local, "True")
        # A token of the user's own is for the real backend alone.
        token = Token(environ["NEMO_TOKEN"]) if environ.get("NEMO_TOKEN") and not local else None
        for name in ENVIRONMENT:
            if name != "NEMO_TOKEN" and hide(environ.get(name, "")) != environ.get(name, ""):
                raise UsageError(
                    say("{name} holds the token.", name=name),
                    hint=say("It belongs in NEMO_TOKEN and nowhere else."),
                )
        manifest = Manifest.load(_folder("skill", skill), environ)
        api_url = _url(environ, "NEMO_API_URL", API_URL)
        config = cls(
            manifest=manifest,
            api_url="" if local else api_url,
            web_url=_url(environ, "NEMO_WEB_URL", WEB_URL),
            home=_home(home, environ),
            token=token,
            client_id=_client_id(environ.get("NEMO_CLIENT_ID")),
            pace=_pace(pace, environ.get("IMAGE_TO_VIDEO_PACE")),
            local=local,
            language=_language(language),
            locale=of_environment(environ),
        )
        if config.pace != 1 and not local and urlsplit(api_url).hostname not in LOOPBACK:
            raise UsageError(
                say("--pace (IMAGE_TO_VIDEO_PACE) is for a backend on this machine only."),
                hint=say("Leave it away, or point NEMO_API_URL at a loopback address."),
            )
        return config


def _url(environ: Mapping[str, str], name: str, default: str) -> str:
    return address(environ.get(name, "").strip() or default, name, default)


def address(text: str, name: str, default: str = API_URL) -> str:
    """A backend's base URL as it is compared and asked: scheme and host in small letters, without
    the port that goes without saying and a slash at its end. Raises UsageError, which names the
    setting, for any but https, or http on this machine."""
    text = text.strip()
    try:
        url = urlsplit(text)
        host, port = (url.hostname or "").rstrip("."), url.port
    except ValueError:
        host, port, url = "", None, urlsplit("")
    allowed = url.scheme == "https" or (url.scheme == "http" and host in LOOPBACK)
    extra = url.username is not None or url.query or url.fragment or port == 0
    if not allowed or extra or _NO_ADDRESS.search(text) or not _is_host(host):
        raise UsageError(
            say(
                "{name} must be an https address (or http on this machine), without user, query or fragment.",
                name=name,
            ),
            hint=say("For example {name}={default}", name=name, default=default),
        )
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != _USUAL_PORT[url.scheme]:
        place += f":{port}"
    return f"{url.scheme}://{place}{url.path.rstrip('/')}"


def _is_host(host: str) -> bool:
    """Whether it is an address of IPv6, which urlsplit has looked at, or a name that can be asked for."""
    if ":" in host:
        return True
    try:
        name = host.encode("idna").decode("ascii")
    except UnicodeError:
        return False
    return all(_LABEL.fullmatch(label) for label in name.split("."))


def _folder(name: str, path: object) -> Path | None:
    if path is None:
        return None
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if isinstance(text, str) and text and "\0" not in text:
        with suppress(RuntimeError):  # a ~ of nobody's
            return Path(text).expanduser().absolute()
    raise _wrong(name, path, "~/image-to-video")


def _home(flag: object, environ: Mapping[str, str]) -> Path:
    """Where state lives. Raises UsageError where that is left open and this user has no home."""
    named = _folder("home", flag)
    named = named or _folder("IMAGE_TO_VIDEO_HOME", environ.get("IMAGE_TO_VIDEO_HOME") or None)
    if named is not None:
        return named
    import platformdirs

    with suppress(RuntimeError):
        return platformdirs.user_state_path("image-to-video", appauthor=False)
    raise UsageError(
        say("There is no folder to keep state in: HOME is not set, and this user has no home."),
        hint=say("Set HOME, or IMAGE_TO_VIDEO_HOME, to a folder that can be written."),
    )


def _language(name: object) -> str | None:
    if name is None:
        return None
    if isinstance(name, str) and (tag := primary_tag(name)):
        return tag
    raise _wrong("language", name, "zh")


def _wrong(name: str, value: object, example: str) -> UsageError:
    """The error of a setting whose value is none."""
    return UsageError(
        say("{name} cannot be {value}.", name=name, value=clean_line(hide(repr(value)), 40)),
        hint=say("For example {name}={default}", name=name, default=example),
    )


def _client_id(text: str | None) -> str | None:
    if not text:
        return None
    if len(text) > 64 or not all("!" <= c <= "~" for c in text):
        raise UsageError(
            say("NEMO_CLIENT_ID is not a client id: at most 64 visible ASCII characters."),
            hint=say("Unset it, and one is made and kept."),
        )
    return text


def _pace(flag: object, text: str | None) -> float:
    try:
        pace = float(text or 1) if flag is None else flag
    except ValueError:
        pace = None
    if isinstance(pace, int | float) and not isinstance(pace, bool) and 1e-4 <= pace <= 100:
        return float(pace)
    raise UsageError(say("--pace (IMAGE_TO_VIDEO_PACE) must be a number from 0.0001 to 100."))
