"""What a video should be → the words for it: the backend's agent takes nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from skill.i18n import say
from skill.routing.spoken_of import speaks_of

if TYPE_CHECKING:
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


def compose(prompt: str, options: VideoOptions, listing: Listing) -> str:
    """The message for a prompt and options, the listing filling in what neither speaks of."""
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
    for number, words in enumerate(options.captions, 1):
        if caption := " ".join(words.split()).translate(_INNER_QUOTES):
            said.append(
                say('Caption of photo {number}: "{caption}".', number=number, caption=caption)
            )
    if options.title:
        said.append(say('Title: "{title}".', title=options.title.replace('"', "'")))
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
