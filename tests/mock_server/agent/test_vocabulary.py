"""The words the director puts into a draft are words of the renderer, which would quietly do
something else for one it does not know."""

import pytest

from mock_server.agent import listing_defaults, montage, transition
from mock_server.agent.edits import look
from mock_server.agent.vocabulary import LOOK_WORDS, TRANSITION_NAMES
from mock_server.render import music, transitions
from mock_server.render.looks import LOOKS
from mock_server.render.motion import STYLES, Move
from mock_server.render.plan import read


@pytest.mark.parametrize(
    "kind", sorted({*transition.MIXED, *transition.LIVELY, *TRANSITION_NAMES} - {"mixed"})
)
def test_each_transition_is_one_of_its_own(kind: str) -> None:
    segment = {"s": 0, "d": 1000, "src": {"hash": "a"}, "tr": {"type": kind, "d": 500}}
    ((shot,),) = read({"t": [{"tt": montage.VIDEO, "sg": [segment]}]}).tracks
    found = transitions.find(shot)
    assert (found is None) == (kind == "cut")
    assert (found is transitions.crossfade) == (kind == "crossfade")


def test_moves_paces_looks_and_music_are_known() -> None:
    assert set(montage.MOVES) == {move.value for move in Move}
    assert montage.SHOT_MS.keys() == STYLES.keys()
    assert {*LOOKS, "none"} == LOOK_WORDS.keys()
    assert (
        {*LOOKS, ""} == look.TOLD.keys() >= {way.look for way in listing_defaults.MANNERS.values()}
    )
    assert montage.MUSIC_NAMES.keys() == music.STYLES.keys()
