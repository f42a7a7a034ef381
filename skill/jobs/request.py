"""What a program or a command asks for: one frozen class an action, checked as soon as it is made.

Each raises UsageError, which names every field that is wrong and what it may be. The `…Arguments`
are the keyword arguments of the methods and functions that make one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeGuard

from skill.errors import UsageError
from skill.i18n import say
from skill.sanitize import clean_line
from skill.settings.choices import (
    ASPECTS,
    FORMATS,
    FPS,
    LOOKS,
    MAX_SECONDS,
    RESOLUTIONS,
    is_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from skill.settings.choices import Aspect, Format, Fps, Look, Music, Resolution
    from skill.settings.config import StrPath


class Checked:
    """A dataclass whose fields are checked by `_RULES`; None is right where it is the default."""

    def __post_init__(self) -> None:
        wrong = [
            say(
                "{name} cannot be {value}: it has to be {what}.",
                name=one.name,
                value=_shown(value),
                what=what,
            )
            for one in fields(self)  # type: ignore[arg-type]
            if not ((value := getattr(self, one.name)) is None and one.default is None)
            and (what := _RULES[one.name](value))
        ]
        if wrong:
            raise UsageError(say(" ").join(wrong))


@dataclass(frozen=True)
class VideoOptions(Checked):
    """What the video should be, beside the words of the prompt; None leaves it open. `duration` in
    seconds, `music` a style or "none", `fps` in frames a second, `look` the colours, "none" for
    those of the photos; of `captions` the n-th is for the n-th photo, an empty one for none.

    Raises UsageError, which names every field that is wrong and what it may be."""

    aspect: Aspect | None = None
    resolution: Resolution | None = None
    duration: float | None = None
    music: Music | None = None
    title: str | None = None
    fps: Fps | None = None
    look: Look | None = None
    captions: Sequence[str] = ()


Wish = VideoOptions  # its earlier name, kept for one version


@dataclass(frozen=True)
class Extras(Checked):
    """What is wished beside the MP4, which is made in any case. `format`: gif or webp, a small
    loop; mp4 for none; None where nothing was said of it."""

    format: Format | None = None
    poster: bool = False
    sheet: bool = False

    @property
    def endings(self) -> dict[str, str]:
        """What each is, `preview`, `poster` or `sheet` → what its name ends with."""
        endings = {}
        if self.format in ("gif", "webp"):
            endings["preview"] = f".{self.format}"
        if self.poster:
            endings["poster"] = "-poster.jpg"
        if self.sheet:
            endings["sheet"] = "-sheet.jpg"
        return endings


# ---------------------------------------------------------------- what several actions share


class ClipArguments(TypedDict, total=False):
    """`force`: overwrite a file that is there; `extras`: what is made of the video beside it."""

    force: bool
    extras: Extras


@dataclass(frozen=True, kw_only=True)
class ClipRequest(Checked):
    """A clip is put on this machine: at `output` (`.mp4`), else under a free name in this folder."""

    output: StrPath | None = None
    force: bool = False
    extras: Extras = field(default_factory=Extras)

    @property
    def target(self) -> Path | None:
        return None if self.output is None else Path(self.output)


class FileArguments(TypedDict, total=False):
    """`shrink`: make photos over the listing's limit smaller; `keep_metadata`: leave in them what
    they tell beside the picture."""

    shrink: bool
    keep_metadata: bool


@dataclass(frozen=True, kw_only=True)
class FilesRequest(Checked):
    """Files of the user's own are made ready and sent."""

    shrink: bool = True
    keep_metadata: bool = False


class CostArguments(TypedDict, total=False):
    """`max_credits`: send nothing that may cost more; `new`: it is meant, also where an unfinished
    job does the same already."""

    max_credits: int | None
    new: bool


@dataclass(frozen=True, kw_only=True)
class PaidRequest(Checked):
    """A message is sent, which costs credits."""

    max_credits: int | None = None
    new: bool = False
    asked_at: float = field(default_factory=time.time, repr=False, compare=False)
    """Unix seconds: what was done since is no reason to do it again."""


# ---------------------------------------------------------------- the actions


class LayOutArguments(FileArguments, CostArguments, total=False):
    """Those of `lay_out`."""


class MakeArguments(ClipArguments, LayOutArguments, total=False):
    """Those of `make` and `make_video`."""

    output: StrPath | None


@dataclass(frozen=True)
class MakeRequest(ClipRequest, FilesRequest, PaidRequest):
    """Photos in, MP4 out, as a new project; with `export` false, up to the timeline."""

    photos: StrPath | Sequence[StrPath]
    prompt: str = ""
    wish: VideoOptions | None = None
    export: bool = True

    @property
    def paths(self) -> tuple[Path, ...]:
        return _paths(self.photos)

    @property
    def options(self) -> VideoOptions:
        return self.wish or VideoOptions()

    @property
    def words(self) -> str:
        """What tells the user's language: the prompt, else those of the title and the captions
        that are not in Latin letters, as they are in many a language."""
        texts = (self.options.title, *self.options.captions)
        return self.prompt.strip() or " ".join(
            text for text in texts if text and not text.isascii()
        )


class ExtendArguments(ClipArguments, CostArguments, total=False):
    """Those of `extend`. `seconds`: how much longer."""

    seconds: float | None
    output: StrPath | None


@dataclass(frozen=True)
class ExtendRequest(ClipRequest, PaidRequest):
    """Make the current project's video longer, or a `video` of the user's own in a new project."""

    video: StrPath | None = None
    prompt: str = ""
    seconds: float | None = None

    @property
    def path(self) -> Path | None:
        return None if self.video is None else Path(self.video)

    @property
    def words(self) -> str:
        return self.prompt.strip()


@dataclass(frozen=True)
class ExportRequest(ClipRequest):
    """Render the current project as it stands and fetch the clip."""

    words = ""
    new, asked_at = False, 0.0


class ResumeArguments(ClipArguments, total=False):
    """Those of `resume`."""

    output: StrPath | None


@dataclass(frozen=True)
class ResumeRequest(ClipRequest):
    """Go on with a job, the newest unfinished one where none is named."""

    job: str | None = None
    words = ""

    @property
    def redirects(self) -> bool:
        """Whether anything is another than the job was begun with."""
        return self.output is not None or self.extras != Extras()


@dataclass(frozen=True)
class ChatRequest(PaidRequest):
    """Send a message to the project's agent."""

    message: str

    @property
    def words(self) -> str:
        return self.message.strip()


@dataclass(frozen=True)
class UploadRequest(FilesRequest):
    """Put files, and those at `urls`, into the current project. `words`: what the user said with
    them, to be said once they are up."""

    files: StrPath | Sequence[StrPath]
    urls: Sequence[str] = ()
    words: str = ""
    new, asked_at = False, 0.0

    @property
    def paths(self) -> tuple[Path, ...]:
        return _paths(self.files)


class AskArguments(FileArguments, CostArguments, total=False):
    """Those of `ask`."""


@dataclass(frozen=True)
class AskRequest(FilesRequest, PaidRequest):
    """Any sentence, with files or without. `output`: where the clip goes if it is an export."""

    words: str
    files: StrPath | Sequence[StrPath] = ()
    output: StrPath | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        return _paths(self.files)


JobRequest = MakeRequest | ExtendRequest | ExportRequest | ChatRequest | UploadRequest
"""What becomes a job of its own."""

Request = JobRequest | AskRequest | ResumeRequest


def _paths(paths: StrPath | Sequence[StrPath]) -> tuple[Path, ...]:
    """One path is a list of one: its letters are no files."""
    return (Path(paths),) if isinstance(paths, str | os.PathLike) else tuple(map(Path, paths))


# ---------------------------------------------------------------- what is right


def _shown(value: object) -> str:
    """A wrong value in a line; of what is no plain value, the kind alone."""
    plain = isinstance(value, str | int | float)
    return clean_line(repr(value), 80) if plain else type(value).__name__


def _one_of(choices: Sequence[str | int]) -> Callable[[object], str]:
    """A rule: what a value has to be, "" where it is that."""

    def what(value: object) -> str:
        if any(isinstance(value, type(choice)) and value == choice for choice in choices):
            return ""
        return say("one of {choices}", choices=say(", ").join(map(str, choices)))

    return what


def _seconds(value: object) -> str:
    if is_seconds(value):
        return ""
    return say("a number of seconds, more than 0 and less than {most}", most=MAX_SECONDS)


def _credits(value: object) -> str:
    right = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return "" if right else say("a whole number of credits, 0 or more")


def _moment(value: object) -> str:
    return "" if isinstance(value, float) else say("a number of seconds")


def _flag(value: object) -> str:
    return "" if isinstance(value, bool) else say("True or False")


def _is_text(value: object) -> bool:
    """Whether it can be sent: the bytes of a command's words that are no UTF-8 are surrogates."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


def _text(value: object) -> str:
    return "" if _is_text(value) else say("text in UTF-8")


def _texts(value: object) -> str:
    right = _is_list(value) and all(map(_is_text, value))
    return "" if right else say("a list of texts in UTF-8")


def _is_path(value: object) -> bool:
    if not isinstance(value, str | os.PathLike):
        return False
    path = os.fspath(value)
    return isinstance(path, str) and "\0" not in path


def _path(value: object) -> str:
    return "" if _is_path(value) else say("a path")


def _files(value: object) -> str:
    right = _is_path(value) or (_is_list(value) and all(map(_is_path, value)))
    return "" if right else say("a path or a list of paths")


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _instance(kind: type) -> Callable[[object], str]:
    return lambda value: (
        "" if isinstance(value, kind) else say("of {kind}", kind=f"skill.{kind.__name__}")
    )


_RULES: dict[str, Callable[[Any], str]] = {
    "aspect": _one_of(ASPECTS),
    "resolution": _one_of(RESOLUTIONS),
    "fps": _one_of(FPS),
    "look": _one_of(LOOKS),
    "format": _one_of(FORMATS),
    "duration": _seconds,
    "seconds": _seconds,
    "max_credits": _credits,
    "music": _text,
    "title": _text,
    "prompt": _text,
    "message": _text,
    "words": _text,
    "job": _text,
    "captions": _texts,
    "urls": _texts,
    "photos": _files,
    "files": _files,
    "video": _path,
    "output": _path,
    "wish": _instance(VideoOptions),
    "extras": _instance(Extras),
    "poster": _flag,
    "sheet": _flag,
    "force": _flag,
    "shrink": _flag,
    "keep_metadata": _flag,
    "new": _flag,
    "asked_at": _moment,
    "export": _flag,
}
"""Field → what its value has to be, "" where it is that."""
