"""references/video.md tells of everything the local video can be."""

from __future__ import annotations

from pathlib import Path

from mock_server.agent.listing_defaults import MANNERS
from mock_server.agent.montage import MUSIC_NAMES, RATES, SIZES
from mock_server.agent.vocabulary import TRANSITION_NAMES
from mock_server.render.looks import LOOKS
from mock_server.render.motion import STYLES, Move

PAGE = (Path(__file__).parents[3] / "references" / "video.md").read_text(encoding="utf-8")


def test_every_choice_is_documented() -> None:
    choices = [*MUSIC_NAMES, *MANNERS, *STYLES, *LOOKS, *Move, *TRANSITION_NAMES]
    choices += [part for aspect, lines in SIZES for part in (aspect, f"{lines}p")]
    choices += [str(rate) for rate in RATES]
    assert [choice for choice in choices if choice not in PAGE] == []
