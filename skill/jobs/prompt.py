"""What a video should be → the words for it: the backend's agent takes nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from skill.errors import UsageError
from skill.i18n import say

if TYPE_CHECKING:
    from skill.settings.listings import Listing

T = TypeVar("T")

EXTENSION = 10.0  # seconds, where neither the user nor the listing names a length

# What the contract says of costs: approximate figures.
GENERATION_CREDITS = 100
EDIT_CREDITS = 50  # a round of edits
ANONYMOUS_CREDITS = 100  # what a new anonymous account has


def expected_credits(goal: str, *, laid_out: bool) -> int:
    """What a job's message costs, about. `laid_out`: something stands on the project's timeline;
    on an empty one a message is a generation, whatever it says."""
    return EDIT_CREDITS if goal == "chat" and laid_out else GENERATION_CREDITS


LOOKS = {
    "warm": "warm golden colours",
    "cool": "cool colours",
    "mono": "black and white",
    "none": "natural colours",
}
"""The looks a video can have, and how the backend's agent is told of them."""

_NUMBER = (
    r"(?:\d{1,3}(?:\.\d+)?|[零一二三四五六七八九十两半百几]+|\b(?:one|two|three|four|five|six|seven|eight|nine|ten"
    r"|eleven|twelve|fifteen|twenty|thirty|forty|sixty|ninety|half|few))"
)
_TIME = rf"{_NUMBER}\s*-?\s*(?:s|secs?|seconds?|mins?|minutes?)\b|\ba minute\b|{_NUMBER}\s*(?:个|来|多)?\s*(?:秒|分钟)"
_ITS_OWN = r"transitions?|cross-?fades?|fad(?:es?|ing)|dissolves?|titles?|captions?|转场|过渡|淡入|淡出|叠化|标题|字幕"
_SPOKEN_OF = {
    "resolution": r"\d{3,4}\s*p\b|\b[248]k\b|\bu?hd\b|\d{3,4}\s*[x×*]\s*\d{3,4}|\bresolution\b"
    r"|分辨率|高清|超清|标清|画质|清晰度",
    # The time of a transition or a title is not that of the video.
    "duration": rf"(?<!\w)(?:{_TIME})(?![ -]*(?:long )?的?(?:{_ITS_OWN}))"
    r"|\b(?:duration|lengths?|how long|as long as)\b|时长|多长|长度",
    "music": r"\b(?:music|musical|bgm|soundtracks?|songs?|tunes?|audio|sounds?|silen(?:t|ce)|muted?|melod(?:y|ies)|beats?"
    r"|piano|guitar|orchestra\w*|jazz|lo-?fi|mp3|wav)\b|音乐|配乐|歌|曲|音效|声音|静音|无声|卡点|踩点|节拍|钢琴|吉他",
    "look": r"\b(?:warm(?:er|th|ly)?|golden|co[sz](?:y|ier)|cold(?:er)?|cool(?:er)?|icy|bluish|b ?& ?w|b/w|noir|sepia"
    r"|monochrom\w*|gr[ae]y ?scale|vintage|retro|pastel|vivid|muted|moody|filters?|unfiltered|graded?|grading|colou?rs?"
    r"|tones?|tints?|hues?|black[ -](?:and|&|n)[ -]white)\b"
    r"|\blooks?\b(?! (?:at|like|for|into|back|forward|great|good|happy|nice))"
    r"|色|滤镜|暖|冷|黑白|复古|胶片|温馨|灰度",
}
"""How one speaks of what a listing has a default for, in English and Chinese."""


_INNER_QUOTES = str.maketrans({'"': "'", "“": "‘", "”": "’"})


@dataclass(frozen=True)
class Wish:
    """What the video should be, beside the words of the prompt; None leaves it open. `aspect` as
    "9:16", `resolution` as "720p", `duration` in seconds, `music` a style or "none", `fps` in
    frames a second, `look` one of LOOKS; of `captions` the n-th is for the n-th photo, an empty one
    for none."""

    aspect: str | None = None
    resolution: str | None = None
    duration: float | None = None
    music: str | None = None
    title: str | None = None
    fps: int | None = None
    look: str | None = None
    captions: tuple[str, ...] = ()


def compose(prompt: str, wish: Wish, listing: Listing) -> str:
    """The message for a prompt and a wish, the listing filling in what neither speaks of: the
    backend's agent takes nothing but words. Raises UsageError for what cannot be said."""
    prompt = prompt if prompt.strip() else say(listing.example)
    wish = replace(
        wish,
        resolution=wish.resolution or _default("resolution", listing.resolution, prompt),
        duration=wish.duration or _default("duration", listing.duration, prompt),
        music=wish.music or _default("music", listing.music, prompt),
        look=wish.look or _default("look", listing.look, prompt),
    )
    prompt, title = check_words(prompt), check_words(wish.title or "")
    said = [say("{wish}.", wish=prompt.strip().rstrip(".。"))]
    if wish.aspect:
        said.append(say("Aspect ratio: {aspect}.", aspect=wish.aspect))
    if wish.resolution:
        said.append(say("Resolution: {resolution}.", resolution=wish.resolution))
    if wish.fps:
        said.append(say("Frame rate: {fps} fps.", fps=wish.fps))
    if wish.duration:
        said.append(say("Duration: {seconds:g} seconds.", seconds=wish.duration))
    if wish.music:
        said.append(say("Background music: {style}.", style=wish.music))
    if wish.look:
        said.append(say("Look: {look}.", look=_look(wish.look)))
    for number, words in enumerate(wish.captions, 1):
        if caption := " ".join(check_words(words).split()).translate(_INNER_QUOTES):
            said.append(
                say('Caption of photo {number}: "{caption}".', number=number, caption=caption)
            )
    if title:
        said.append(say('Title: "{title}".', title=title.replace('"', "'")))
    return say(" ").join(said)


def compose_extension(prompt: str, seconds: float) -> str:
    """The message that asks for so many seconds of new footage, and what it should be."""
    said = [
        say(
            "Extend the video by {seconds:g} seconds, going on smoothly from its last frame.",
            seconds=seconds,
        )
    ]
    if prompt.strip():
        said.append(say("{wish}.", wish=check_words(prompt).strip().rstrip(".。")))
    return say(" ").join(said)


def _look(name: str) -> str:
    """How the backend's agent is told of a look."""
    if name not in LOOKS:
        raise UsageError(
            say("There is no look {name}.", name=name),
            hint=say("There are: {names}", names=say(", ").join(LOOKS)),
        )
    return say(LOOKS[name])


def _default(what: str, value: T, prompt: str) -> T | None:
    """What a listing has for something, unless the prompt speaks of it."""
    return None if re.search(_SPOKEN_OF[what], prompt, re.I | re.A) else value


def check_words(words: str) -> str:
    """Words that can be sent. Raises UsageError."""
    if any("\ud800" <= char <= "\udfff" for char in words):
        raise UsageError(
            say("The words hold bytes that are no text."),
            hint=say("Write them as UTF-8 and try again."),
        )
    return words
