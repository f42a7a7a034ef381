"""What a listing's users come for: how their first cut is made where their words leave it open."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Manner:
    """A pace, music and a look; None for a length and lines that the photos and the default decide.
    `frugal`: made in little memory."""

    style: str = "smooth"
    music: str = ""
    look: str = ""
    ms: int | None = None
    lines: int | None = None
    frugal: bool = False


MANNERS = {
    "image-to-video-in-free": Manner(),
    "image-to-video-low-vram": Manner(ms=5_000, lines=720, frugal=True),
    "ai-image-to-video-extender": Manner(ms=10_000),
    "joy-image-to-video": Manner("upbeat", "upbeat", "warm"),
}
"""By the name a skill gives in `X-Skill-Source`."""


def manner(source: str | None) -> Manner:
    """The manner of a listing; an unknown one has the plain one's."""
    return MANNERS.get(source or "", Manner())
