"""Settings, resolved once: a flag beats the environment, which beats the listing."""

from __future__ import annotations

import os
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
        # A token of the user's own is for the real backend alone.
        token = Token(environ["NEMO_TOKEN"]) if environ.get("NEMO_TOKEN") and not local else None
        for name in ENVIRONMENT:
            if name != "NEMO_TOKEN" and hide(environ.get(name, "")) != environ.get(name, ""):
                raise UsageError(
                    say("{name} holds the token.", name=name),
                    hint=say("It belongs in NEMO_TOKEN and nowhere else."),
                )
        manifest = Manifest.load(skill, environ)
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
    return address(environ.get(name) or default, name, default)


def address(text: str, name: str, default: str = API_URL) -> str:
    """A backend's base URL, without a slash at its end. Raises UsageError, which names the
    setting, for any but https, or http on this machine."""
    text = text.rstrip("/")
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        host, url = None, urlsplit("")
    allowed = url.scheme == "https" or (url.scheme == "http" and host in LOOPBACK)
    if not host or not allowed or url.username or url.password or url.query or url.fragment:
        raise UsageError(
            say(
                "{name} must be an https address (or http on this machine), without user, query or fragment.",
                name=name,
            ),
            hint=say("For example {name}={default}", name=name, default=default),
        )
    return text


def _home(flag: StrPath | None, environ: Mapping[str, str]) -> Path:
    if flag is not None:
        return Path(flag).expanduser().absolute()
    if named := environ.get("IMAGE_TO_VIDEO_HOME"):
        return Path(named).expanduser().absolute()
    import platformdirs

    return platformdirs.user_state_path("image-to-video", appauthor=False)


def _language(name: str | None) -> str | None:
    if name is None:
        return None
    if tag := primary_tag(name):
        return tag
    raise UsageError(
        say("{name} cannot be {value}.", name="language", value=repr(clean_line(name, 40))),
        hint=say("For example {name}={default}", name="language", default="zh"),
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


def _pace(flag: float | None, text: str | None) -> float:
    try:
        pace = float(text) if flag is None and text else flag
    except ValueError:
        pace = -1.0
    pace = 1.0 if pace is None else pace
    if not 1e-4 <= pace <= 100:
        raise UsageError(say("--pace (IMAGE_TO_VIDEO_PACE) must be a number from 0.0001 to 100."))
    return pace
