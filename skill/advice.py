"""What a user might say next: of what the timeline still lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skill.language import say

if TYPE_CHECKING:
    from skill.timeline import Timeline

_MOST = 2
_AUDIO, _TEXT = 1, 7  # the contract's `tt`


def next_wishes(timeline: Timeline) -> tuple[str, ...]:
    """Sentences for the project's agent, at most two; none for a timeline with nothing on it."""
    if not timeline.ready:
        return ()
    types = {track.type for track in timeline.tracks if track.segments}
    wishes = (
        (_TEXT not in types, say('add the title "Our trip"')),
        (_AUDIO not in types, say("add calm piano music")),
        (True, say("make it a little slower")),
        (True, say("make the music quieter")),
    )
    return tuple(wish for fits, wish in wishes if fits)[:_MOST]
