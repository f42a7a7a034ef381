"""What a video should be → the words for it: the backend's agent takes nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from skill.i18n import say
from skill.jobs.job import Goal
from skill.routing.spoken_of import speaks_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from skill.jobs.job import Job
    from skill.jobs.request import VideoOptions
    from skill.routing.spoken_of import Subject
    from skill.settings.choices import Look
    from skill.settings.listings import Listing

T = TypeVar("T")

EXTENSION = 10.0  # seconds, where neither the user nor the listing names a length

LOOK_WORDS: dict[Look, str] = {
    "warm": "warm golden colours",
    "cool": "cool colours",
    "mono": "black and white",
    "none": "natural colours",
}
"""Look → how the backend's agent is told of it."""

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
