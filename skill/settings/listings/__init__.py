"""What differs between the four listings, as data.

The facts are those the listings publish: largest file, formats, output, example.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skill.settings.choices import Look, Music, Resolution

MIB = 1024 * 1024


@dataclass(frozen=True)
class Listing:
    """One listing's promises and defaults. Sizes in bytes, durations in seconds; `longest_edge`, in
    pixels, is what a photo is made to fit before it is sent. `music` and `look` are what a video has
    where nothing is said of them. A `careful` one tells what a message may cost before it goes out,
    and sends none where nothing is left."""

    name: str
    max_bytes: int
    formats: tuple[str, ...]
    resolution: Resolution
    example: str
    duration: float | None = None
    longest_edge: int | None = None
    music: Music | None = None
    look: Look | None = None
    careful: bool = False


LISTINGS: dict[str, Listing] = {
    listing.name: listing
    for listing in (
        Listing(
            name="image-to-video-in-free",
            max_bytes=200 * MIB,
            formats=("JPG", "PNG", "WEBP", "GIF"),
            resolution="1080p",
            example="turn my photos into a short video clip for free",
            careful=True,
        ),
        Listing(
            name="image-to-video-low-vram",
            max_bytes=50 * MIB,
            formats=("JPG", "PNG", "WEBP", "BMP"),
            resolution="720p",
            example="animate this image into a 5-second video clip using low VRAM mode",
            duration=5.0,
            # A 3:2 photo of that size fills a 720p frame of any shape: 1920x1280 covers 720x1280.
            longest_edge=1920,
        ),
        Listing(
            name="ai-image-to-video-extender",
            max_bytes=200 * MIB,
            formats=("JPG", "PNG", "WEBP", "HEIC"),
            resolution="1080p",
            example="extend this image into a 10-second video with smooth motion",
            duration=10.0,
        ),
        Listing(
            name="joy-image-to-video",
            max_bytes=200 * MIB,
            formats=("JPG", "PNG", "WEBP", "HEIC"),
            resolution="1080p",
            example="turn my joy photos into a short animated video with upbeat transitions",
            music="upbeat",
            look="warm",
        ),
    )
}

DEFAULT = LISTINGS["image-to-video-in-free"]


def listing_for(name: str) -> Listing:
    """The listing of that name; a skill of another name has the default listing's limits."""
    return LISTINGS.get(name, DEFAULT)
