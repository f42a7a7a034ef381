"""What a video should be → the words for it: the backend's agent takes nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from skill.errors import UsageError
from skill.language import say

if TYPE_CHECKING:
    from skill.listings import Listing

EXTENSION = 10.0  # seconds, where neither the user nor the listing names a length

# What a generation costs, as the contract has it: an approximate figure.
GENERATION_CREDITS = 100
ANONYMOUS_CREDITS = 100  # what a new anonymous account has


@dataclass(frozen=True)
class Wish:
    """What the video should be, beside the words of the prompt. Duration in seconds, `fps` in
    frames a second."""

    aspect: str | None = None
    resolution: str | None = None
    duration: float | None = None
    music: str | None = None
    title: str | None = None
    fps: int | None = None


def compose(prompt: str, wish: Wish, listing: Listing) -> str:
    """The message for a prompt and a wish, the listing filling in what neither says: the
    backend's agent takes nothing but words."""
    prompt = prompt if prompt.strip() else say(listing.example)
    wish = replace(
        wish,
        resolution=wish.resolution or listing.resolution,
        duration=wish.duration or listing.duration,
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


def check_words(words: str) -> str:
    """Words that can be sent. Raises UsageError."""
    if any("\ud800" <= char <= "\udfff" for char in words):
        raise UsageError(
            say("The words hold bytes that are no text."),
            hint=say("Write them as UTF-8 and try again."),
        )
    return words
