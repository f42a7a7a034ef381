"""Draft → `Timeline`: its summary, and what changed between two drafts. Pure.

`draft` reads, `pairing` and `differences` compare, `naming` and `telling` hold the words.
"""

from skill.timeline.differences import changes
from skill.timeline.draft import Segment, Track
from skill.timeline.model import Timeline

__all__ = ["Segment", "Timeline", "Track", "changes"]
