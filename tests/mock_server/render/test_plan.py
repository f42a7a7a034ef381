"""The draft, read and checked."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server.render import RenderError
from mock_server.render.plan import Source, Span, read, without
from tests.mock_server.render.studio import video_segment

SHOT = {"d": 1000, "src": {"hash": "h", "name": "a.png"}}


def draft(*segments: dict[str, Any], kind: int = 0, **more: Any) -> dict[str, Any]:
    return {"fps": 30, "t": [{"tt": kind, "sg": list(segments)}], **more}


def test_a_segment_without_a_start_follows_the_one_before() -> None:
    plan = read(draft(SHOT, SHOT, {**SHOT, "s": 1500}))
    assert [shot.span for shot in plan.tracks[0]] == [Span(0, 30), Span(30, 60), Span(45, 75)]
    assert plan.frames == 75


def test_what_a_draft_leaves_out() -> None:
    plan = read({"t": [{"tt": 0, "sg": [SHOT]}]})
    assert (plan.width, plan.height, plan.fps) == (1920, 1080, 30)
    shot = plan.tracks[0][0]
    assert (shot.style, shot.move, shot.transition) == ("smooth", "zoom_in", "cut")


def test_a_transition_is_never_longer_than_its_shot() -> None:
    plan = read(draft({**SHOT, "tr": {"type": "crossfade", "d": 5000}}))
    assert plan.tracks[0][0].overlap == 30


def test_sounds_and_titles() -> None:
    plan = read(
        {
            "t": [
                {
                    "tt": 1,
                    "sg": [
                        {
                            "d": 2000,
                            "v": 0.3,
                            "src": {"type": "music", "style": "lofi", "seed": 7},
                            "fade": {"in": 500, "out": 9000},
                        }
                    ],
                },
                {"tt": 7, "sg": [{"d": 500, "m": {"title": "Hello"}}]},
            ]
        }
    )
    sound = plan.sounds[0]
    assert (sound.music, sound.seed, sound.volume, sound.source) == ("lofi", 7, 0.3, None)
    assert (sound.fade_in, sound.fade_out) == (0.5, 2.0)
    assert plan.titles[0].text == "Hello"
    assert plan.sources == ()


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"t": []}, "nothing to show"),
        ({"t": {}}, "draft t is not a list"),
        (draft(SHOT, d="long"), "draft d: 'long' is not a number"),
        (draft(SHOT, d=1e12), "draft d"),
        (draft(SHOT, m={"width": 100_000}), "width"),
        (draft(SHOT, m={"width": True}), "width"),
        (draft(SHOT, fps=0), "fps"),
        (draft({**SHOT, "s": -5, "id": "seg_1"}), r"track 1, segment 1 \(seg_1\) s"),
        (draft({"d": 5, "m": {"title": "cup"}}), r"segment 1 \(cup\): its src has no hash"),
        (draft("x"), "segment 1 is not an object"),  # type: ignore[arg-type]
        (draft(SHOT, d="long" * 1000), r"^.{0,100}$"),
        (
            draft({"d": 5, "fade": {"in": 10**400}, "src": {"type": "music"}}, kind=1),
            "fade in: 1000",
        ),
        (draft({"d": 5, "v": float("nan"), "src": {"type": "music"}}, kind=1), "nan is not a"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(bad: dict[str, Any], says: str) -> None:
    with pytest.raises(RenderError, match=says):
        read(bad)


def shot(first: int, end: int, name: str, overlap: int = 0) -> dict[str, Any]:
    """Times in frames of 1/100 s."""
    return {
        "s": first * 10,
        "d": (end - first) * 10,
        "src": {"hash": name},
        "tr": {"type": "crossfade", "d": overlap * 10},
    }


def spans(*rows: list[dict[str, Any]], lost: str) -> list[list[tuple[int, int, str, int]]]:
    """What `without` leaves: first, end, name, overlap."""
    plan = read({"fps": 100, "t": [{"tt": 0, "sg": row} for row in rows]})
    left = without(plan, {Source(name, name) for name in lost})
    assert left.frames == plan.frames
    return [
        [(one.span.first, one.span.end, one.source.name, one.overlap) for one in row]
        for row in left.tracks
    ]


def test_the_time_of_a_lost_shot_goes_to_its_neighbours() -> None:
    row = [shot(0, 90, "a"), shot(75, 165, "b", 15), shot(150, 240, "c", 15)]
    assert spans(row, lost="b") == [[(0, 127, "a", 0), (112, 240, "c", 15)]]
    assert spans(row, lost="c") == [[(0, 90, "a", 0), (75, 240, "b", 15)]]
    assert spans(row, lost="a") == [[(0, 165, "b", 0), (150, 240, "c", 15)]]
    assert spans(row, lost="ab") == [[(0, 240, "c", 0)]]
    assert spans(row, lost="bc") == [[(0, 240, "a", 0)]]
    assert spans(row, lost="abc") == []


def test_the_fades_at_the_ends_stay_whatever_shot_is_lost() -> None:
    row = [shot(0, 90, "a"), shot(90, 180, "b"), shot(180, 270, "c")]
    row[0]["in"], row[2]["out"] = {"d": 100}, {"d": 200}
    plan = read({"fps": 100, "t": [{"tt": 0, "sg": row}]})
    for lost in "abc":
        (left,) = without(plan, {Source(lost, lost)}).tracks
        assert [(one.opens, one.closes) for one in left] == [(10, 0), (0, 20)], lost


def test_a_gap_stays_a_gap_for_what_lies_below_shows_there() -> None:
    above = [shot(10, 20, "x"), shot(30, 40, "b"), shot(50, 60, "y")]
    below = [shot(0, 100, "a")]
    left = spans(below, above, lost="b")
    assert left == [[(0, 100, "a", 0)], [(10, 20, "x", 0), (50, 60, "y", 0)]]


def test_the_sound_of_a_lost_file_is_lost_with_it() -> None:
    sound = {"s": 0, "d": 100, "src": {"hash": "b"}}
    music = {"s": 0, "d": 100, "src": {"type": "music", "style": "lofi"}}
    plan = read({"t": [{"tt": 0, "sg": [shot(0, 10, "a")]}, {"tt": 1, "sg": [sound, music]}]})
    assert [one.music for one in without(plan, {Source("b", "b")}).sounds] == ["lofi"]


def test_a_clip_brings_its_own_sound_at_the_volume_of_its_segment() -> None:
    plan = read(
        draft(
            video_segment("c", s=0),
            video_segment("c", s=1000, v=0.5),
            video_segment("c", s=2000, v=0),
            SHOT,
        )
    )
    assert [(s.start, s.duration, s.volume, s.clip) for s in plan.sounds] == [
        (0, 1, 1, True),
        (1, 1, 0.5, True),
    ]
    with pytest.raises(RenderError, match="segment 1 v: 5 is not a number from 0 to 4"):
        read(draft(video_segment("c", s=0, v=5)))


def test_the_sound_of_clips_fades_over_the_transition_and_not_at_a_cut() -> None:
    crossing = read(
        draft(video_segment("c", s=0), video_segment("c", s=600, tr={"type": "dip", "d": 300}))
    ).sounds
    assert [(s.start, s.duration, s.fade_in, s.fade_out) for s in crossing] == [
        (0, 0.9, 0, 0.3),
        (0.6, 1, 0.3, 0),
    ]
    parting = read(
        draft(video_segment("c", s=0), video_segment("c", s=600, tr={"type": "cut", "d": 300}))
    ).sounds
    assert [(s.start, s.duration, s.fade_in, s.fade_out) for s in parting] == [
        (0, 0.6, 0, 0),
        (0.6, 1, 0, 0),
    ]


def test_a_clip_fades_out_under_a_photo_that_follows() -> None:
    photo = {**SHOT, "s": 600, "d": 1000, "tr": {"type": "crossfade", "d": 400}}
    (sound,) = read(draft(video_segment("c", s=0), photo)).sounds
    assert (sound.duration, sound.fade_out) == (1, 0.4)
