"""What a video should be → the words for it: the backend's agent takes nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeVar

from skill.i18n import say
from skill.jobs.job import Goal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from skill.jobs.job import Job
    from skill.jobs.request import VideoOptions
    from skill.settings.choices import Look
    from skill.settings.listings import Listing

T = TypeVar("T")

Subject = Literal["resolution", "duration", "music", "look"]

EXTENSION = 10.0  # seconds, where neither the user nor the listing names a length

LOOK_WORDS: dict[Look, str] = {
    "warm": "warm golden colours",
    "cool": "cool colours",
    "mono": "black and white",
    "none": "natural colours",
}
"""Look → how the backend's agent is told of it."""

_NUMBER = (
    r"(?:\d{1,3}(?:\.\d+)?|[零一二三四五六七八九十两半百几]+|\b(?:one|two|three|four|five|six|seven|eight|nine|ten"
    r"|eleven|twelve|fifteen|twenty|thirty|forty|sixty|ninety|half|few))"
)
_TIME = rf"{_NUMBER}\s*-?\s*(?:s|secs?|seconds?|mins?|minutes?)\b|\ba minute\b|{_NUMBER}\s*(?:个|来|多)?\s*(?:秒|分钟)"
_ITS_OWN = r"transitions?|cross-?fades?|fad(?:es?|ing)|dissolves?|titles?|captions?|转场|过渡|淡入|淡出|叠化|标题|字幕"
_SPOKEN_OF: dict[Subject, str] = {
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

_INNER_QUOTES = str.maketrans({'"': "'", "“": "‘", "”": "’"})


def compose(
    prompt: str,
    options: VideoOptions,
    listing: Listing,
    repeats: Mapping[int, int] = MappingProxyType({}),
) -> str:
    """The message for a prompt and options, the listing filling in what neither speaks of. Of the
    `repeats` each number is that of a photo which is another again, counted from 1."""
    prompt = prompt if prompt.strip() else say(listing.example)
    options = _with_defaults(options, listing, prompt)
    said = [say("{wish}.", wish=prompt.strip().rstrip(".。"))]
    if options.aspect:
        said.append(say("Aspect ratio: {aspect}.", aspect=options.aspect))
    if options.resolution:
        said.append(say("Resolution: {resolution}.", resolution=options.resolution))
    if options.fps:
        said.append(say("Frame rate: {fps} fps.", fps=options.fps))
    if options.duration:
        said.append(say("Duration: {seconds:g} seconds.", seconds=options.duration))
    if options.music:
        said.append(say("Background music: {style}.", style=options.music))
    if options.look:
        said.append(say("Look: {look}.", look=say(LOOK_WORDS[options.look])))
    said += [say_again(first, number) for number, first in repeats.items()]
    for number, words in enumerate(options.captions, 1):
        if caption := " ".join(words.split()).translate(_INNER_QUOTES):
            said.append(_say_caption(number, caption))
    if options.title:
        said.append(say('Title: "{title}".', title=options.title.replace('"', "'")))
    return say(" ").join(said)


def repeats_of(contents: Sequence[str]) -> dict[int, int]:
    """The number of each that is there before → the number of the first that is the same, both
    counted from 1."""
    firsts = {content: number for number, content in reversed([*enumerate(contents, 1)])}
    return {
        number: firsts[content]
        for number, content in enumerate(contents, 1)
        if firsts[content] < number
    }


def say_again(first: int | str, number: int | str) -> str:
    """The words that have a photo, which is uploaded once, seen once more."""
    return say("Show photo {first} again as photo {number}.", first=first, number=number)


def _say_caption(number: int | str, caption: str) -> str:
    return say('Caption of photo {number}: "{caption}".', number=number, caption=caption)


def renumbered(message: str, lost: Collection[int]) -> str:
    """The message without what it says of the photos with these numbers, of which every other that
    is the same is one; those behind them have moved up."""

    def anew(told: re.Match[str]) -> str:
        numbers = [int(number) for number in told.groups()]
        if any(number in lost for number in numbers):
            return ""
        moved = (number - sum(gone < number for gone in lost) for number in numbers)
        parts = re.split(r"\d+", told[0], maxsplit=len(numbers))
        return (
            "".join(part + str(number) for part, number in zip(parts, moved, strict=False))
            + parts[-1]
        )

    for sentence in (say_again("\0", "\0"), _say_caption("\0", "\1")):
        pattern = re.escape(say(" ") + sentence)
        pattern = pattern.replace("\0", r"(\d+)").replace("\1", r"[^\"”]*")
        message = re.sub(pattern, anew, message)
    return message


def message_of(job: Job) -> str:
    """A job's message as it is sent: photos that differed in nothing but what was removed from
    them are one now, which is to be seen as often as they are."""
    if job.goal is not Goal.MAKE:
        return job.message
    known = repeats_of([file.original.sha256 for file in job.files])
    found = repeats_of([file.sha256 for file in job.files])
    late = [say_again(found[number], number) for number in found if number not in known]
    return say(" ").join([*late, job.message])


def compose_extension(prompt: str, seconds: float) -> str:
    """The message that asks for so many seconds of new footage, and what it should be."""
    said = [
        say(
            "Extend the video by {seconds:g} seconds, going on smoothly from its last frame.",
            seconds=seconds,
        )
    ]
    if prompt.strip():
        said.append(say("{wish}.", wish=prompt.strip().rstrip(".。")))
    return say(" ").join(said)


def _with_defaults(options: VideoOptions, listing: Listing, prompt: str) -> VideoOptions:
    def default(subject: Subject, value: T | None) -> T | None:
        return None if speaks_of(subject, prompt) else value

    return replace(
        options,
        resolution=options.resolution or default("resolution", listing.resolution),
        duration=options.duration or default("duration", listing.duration),
        music=options.music or default("music", listing.music),
        look=options.look or default("look", listing.look),
    )


def speaks_of(subject: Subject, words: str) -> bool:
    """Whether the words, in English or Chinese, say something of it."""
    return re.search(_SPOKEN_OF[subject], words, re.IGNORECASE | re.ASCII) is not None
