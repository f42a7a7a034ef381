"""Drafts: read whatever they are, summed up in the contract's form, compared as a person would."""

from __future__ import annotations

import copy
import json
import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skill.timeline import Timeline, changes
from skill.timeline.differences import MOST_LINES


def sample_draft() -> dict[str, Any]:
    return {
        "d": 10000,
        "fps": 30,
        "m": {"title": "project", "width": 1920, "height": 1080},
        "t": [
            {"id": "t1", "tt": 0, "m": {"title": "Video"}, "sg": [
                {"id": "s1", "s": 0, "d": 4000, "m": {"title": "coffee"},
                 "src": {"type": "image", "hash": "aa", "name": "coffee.png"},
                 "motion": {"style": "smooth", "move": "zoom_in"}},
                {"id": "s2", "s": 3400, "d": 6600, "m": {"title": "rocket"},
                 "src": {"type": "image", "hash": "bb", "name": "rocket.jpg"},
                 "motion": {"style": "smooth", "move": "pan_left"},
                 "tr": {"type": "crossfade", "d": 600}},
            ]},
            {"id": "t2", "tt": 1, "m": {"title": "BGM"}, "sg": [
                {"id": "s3", "s": 0, "d": 10000, "v": 0.35, "m": {"title": "Lo-fi"},
                 "src": {"type": "music", "style": "lofi", "seed": 7}, "fade": {"in": 500, "out": 1500}},
            ]},
            {"id": "t3", "tt": 7, "m": {"title": "Title"}, "sg": [
                {"id": "s4", "s": 0, "d": 3000, "text": "Urban Dreams", "m": {"title": "Urban Dreams"},
                 "style": {"position": "center", "size": "large"}},
            ]},
        ],
    }  # fmt: skip


def edited(**edits: Any) -> dict[str, Any]:
    """The draft with segments changed: s1={"d": 3000} updates the segment with that id."""
    new = sample_draft()
    for track in new["t"]:
        for segment in track["sg"]:
            segment.update(edits.get(segment["id"], {}))
    new.update(edits.get("root", {}))
    new["m"].update(edits.get("meta", {}))
    return new


def summary(*tracks: dict[str, Any], **root: Any) -> str:
    return Timeline.from_draft({"t": list(tracks), **root}).summary()


# -- summary


def test_the_contract_s_own_example() -> None:
    text = summary(
        {"tt": 0, "sg": [{"d": 10000, "m": {"title": "city timelapse"}}]},
        {"tt": 1, "sg": [{"d": 10000, "v": 0.35, "m": {"title": "Lo-fi"}}]},
        {"tt": 7, "sg": [{"d": 3000, "text": "Urban Dreams"}]},
    )
    assert text == (
        "Timeline (3 tracks): 1. Video: city timelapse (0-10s)"
        ' 2. BGM: Lo-fi (0-10s, 35%) 3. Title: "Urban Dreams" (0-3s)'
    )


@pytest.mark.parametrize(
    ("tracks", "told"),
    [
        ([], "Timeline (0 tracks): empty"),
        ([{"tt": 0, "sg": []}], "Timeline (1 track): 1. Video: empty"),
        ([{"tt": 7}], "Timeline (1 track): 1. Title: empty"),
        ([{"tt": 42, "sg": [{"d": 1000, "m": {"title": "glow"}}]}], "Timeline (1 track): 1. Track 1: glow (0-1s)"),
        ([{"sg": [{"d": 1000}]}], "Timeline (1 track): 1. Track 1: segment (0-1s)"),
        ([{"tt": "0", "sg": [{"d": "2500"}]}], "Timeline (1 track): 1. Video: clip (0-2.5s)"),
        # gaps, overlaps, fractions, starts that are missing or out of order
        ([{"tt": 0, "sg": [{"d": 1234, "name": "a"}, {"d": 1000, "name": "b"}]}],
         "Timeline (1 track): 1. Video: a (0-1.23s), b (1.23-2.23s)"),
        ([{"tt": 0, "sg": [{"s": 5000, "d": 1000, "name": "b"}, {"s": 0, "d": 2000, "name": "a"}]}],
         "Timeline (1 track): 1. Video: a (0-2s), b (5-6s)"),
        ([{"tt": 0, "sg": [{"start": 0, "end": 3999.6, "name": "a"}]}], "Timeline (1 track): 1. Video: a (0-4s)"),
        ([{"tt": 0, "sg": [{"s": 0, "name": "a"}, {"s": 3000, "d": 1, "name": "b"}]}],
         "Timeline (1 track): 1. Video: a (0-3s), b (3-3s)"),
        # names: of the track, of the file; wrong types; control characters are no part of a name
        ([{"tt": 0, "m": {"title": "Video"}, "sg": [{"d": 1000}]}], "Timeline (1 track): 1. Video: clip (0-1s)"),
        ([{"tt": 0, "m": {"title": "city"}, "sg": [{"d": 1000}]}], "Timeline (1 track): 1. Video: city (0-1s)"),
        ([{"tt": 0, "sg": [{"d": 1000, "src": {"name": "x.png"}}]}], "Timeline (1 track): 1. Video: x.png (0-1s)"),
        ([{"tt": 0, "sg": [{"d": 1000, "m": {"title": "a\nb\x1b[31m\u202ec"}}]}],
         "Timeline (1 track): 1. Video: a b[31mc (0-1s)"),
        ([{"tt": 0, "sg": [{"s": -5, "d": True, "m": 7, "src": []}, None, 3]}],
         "Timeline (1 track): 1. Video: clip (0-0s)"),
        ([{"tt": 1, "sg": [{"d": 1000, "v": 35, "name": "x"}]}], "Timeline (1 track): 1. BGM: x (0-1s, 35%)"),
        ([{"tt": 1, "sg": [{"d": 1000, "name": "x"}]}], "Timeline (1 track): 1. BGM: x (0-1s)"),
        ([{"tt": 1, "sg": [{"d": 1000, "v": 0, "name": "x", "src": {"type": "audio"}}]}],
         "Timeline (1 track): 1. Audio: x (0-1s, 0%)"),
        ([{"tt": 7, "sg": [{"d": 1000, "text": "hi", "style": {"size": "small"}}]}],
         'Timeline (1 track): 1. Text: "hi" (0-1s)'),
    ],
)  # fmt: skip
def test_the_summary_s_form(tracks: list[dict[str, Any]], told: str) -> None:
    assert summary(*tracks) == told


@pytest.mark.parametrize(
    ("segment", "told"),
    [
        ({"d": 40}, "(0-0.04s)"),
        ({"s": 33.333, "d": 33.333}, "(0.03-0.07s)"),
        ({"s": 0.4, "d": 0.1}, "(0-0s)"),
        ({"s": 3_600_000, "d": 5_400_000}, "(3600-9000s)"),
        ({"s": "1.5e3", "d": float("inf")}, "(1.5-1.5s)"),
        ({"s": float("nan"), "d": -4}, "(0-0s)"),
        ({"s": 10**400, "d": 1000}, "(0-1s)"),
    ],
)
def test_times_of_every_size(segment: dict[str, Any], told: str) -> None:
    assert summary({"tt": 0, "sg": [segment]}) == f"Timeline (1 track): 1. Video: clip {told}"


def test_a_title_is_shown_clean_short_and_between_its_own_quotation_marks() -> None:
    words = 'Say "hi"\n\x1b[2J\u202e' + "x" * 5000
    raw = {"t": [{"tt": 7, "sg": [{"d": 1000, "text": words}]}]}
    before = copy.deepcopy(raw)
    text = Timeline.from_draft(raw).summary()
    assert text.startswith("Timeline (1 track): 1. Title: \"Say 'hi' [2Jxx")
    assert text.endswith('xx…" (0-1s)')
    assert text.count('"') == 2
    assert len(text) < 130
    assert raw == before


def test_a_track_of_very_many_segments_is_summed_up() -> None:
    rows = [{"d": 1000, "name": f"n{i}"} for i in range(300)]
    text = summary({"tt": 0, "sg": rows})
    assert "n29 (29-30s), and 270 more (to 300s)" in text
    assert "n30" not in text


def test_twenty_tracks() -> None:
    text = summary(*({"tt": i % 2, "sg": [{"d": 1000, "name": f"n{i}"}]} for i in range(20)))
    assert text.startswith("Timeline (20 tracks): 1. Video: n0 (0-1s) 2. BGM: n1 (0-1s)")
    assert text.endswith(" 20. BGM: n19 (0-1s)")


def test_ready_means_a_track_with_a_segment() -> None:
    assert Timeline.from_draft(sample_draft()).ready
    assert not Timeline.from_draft({"t": [{"tt": 0, "sg": []}]}).ready
    assert not Timeline.from_draft(None).ready


def test_json_has_what_the_summary_tells() -> None:
    data = Timeline.from_draft(sample_draft()).to_json()
    assert json.loads(json.dumps(data)) == data
    assert (data["title"], data["width"], data["height"], data["duration"]) == (
        "project",
        1920,
        1080,
        10.0,
    )
    assert data["ready"] is True
    rocket = data["tracks"][0]["segments"][1]
    assert (rocket["name"], rocket["start"], rocket["end"]) == ("rocket", 3.4, 10.0)
    assert rocket["transition"] == "crossfade 0.6s"


def test_the_length_is_the_draft_s_or_else_its_last_end() -> None:
    assert Timeline.from_draft(edited(root={"d": 12500})).duration == 12.5
    assert Timeline.from_draft(edited(root={"d": "soon"})).duration == 10.0


# -- changes

CLIP = {
    "id": "n",
    "s": 10000,
    "d": 2000,
    "m": {"title": "moon"},
    "src": {"type": "image", "hash": "cc"},
}


def with_segment(track: int, segment: dict[str, Any], at: int = 99) -> dict[str, Any]:
    new = sample_draft()
    new["t"][track]["sg"].insert(at, segment)
    return new


def without(track: int, segment: int) -> dict[str, Any]:
    new = sample_draft()
    del new["t"][track]["sg"][segment]
    return new


@pytest.mark.parametrize(
    ("after", "told", "zh"),
    [
        (with_segment(2, {"s": 4000, "d": 3000, "text": "Paradise Found"}),
         ["Title added: 'Paradise Found' (4-7s)"], ["新增标题：“Paradise Found” (4-7s)"]),
        (without(2, 0), ["Title removed: 'Urban Dreams' (0-3s)"], ["删除标题：“Urban Dreams” (0-3s)"]),
        (edited(s4={"text": "Sky", "m": {"title": "Sky"}}),
         ["Title changed: 'Urban Dreams' → 'Sky'"], ["标题更换：“Urban Dreams” → “Sky”"]),
        (edited(s4={"s": 2000}), ["Title 'Urban Dreams' moved from 0s to 2s"], ["标题“Urban Dreams”从0秒移到2秒"]),
        (edited(s4={"style": {"position": "top", "size": "large"}}),
         ["Title 'Urban Dreams' style: large center → large top"],
         ["标题“Urban Dreams”样式：large center → large top"]),
        (edited(s3={"v": 0.5, "m": {"title": "Jazz"}, "src": {"type": "music", "style": "jazz"}}),
         ["Music changed: Lo-fi → Jazz (35% → 50%)"], ["音乐更换：Lo-fi → Jazz（35% → 50%）"]),
        (edited(s3={"m": {"title": "Jazz"}}), ["Music changed: Lo-fi → Jazz"], ["音乐更换：Lo-fi → Jazz"]),
        (edited(s3={"v": 0.2}), ["Music volume: 35% → 20%"], ["音乐音量：35% → 20%"]),
        (edited(s3={"fade": {"in": 0}}), ["Music changed"], ["音乐有改动"]),
        (without(1, 0), ["Music removed: Lo-fi (0-10s, 35%)"], ["删除音乐：Lo-fi (0-10s, 35%)"]),
        (edited(s2={"s": 6000}), ["Clip 2 moved from 3.4s to 6s"], ["片段2从3.4秒移到6秒"]),
        (edited(root={"d": 12000}, s2={"d": 8600}, s3={"d": 12000}),
         ["Made longer by 2s: 10s → 12s"], ["延长了2秒：10秒 → 12秒"]),
        (edited(meta={"width": 1080, "height": 1920}), ["Format: 16:9 → 9:16 (1080×1920)"],
         ["画面比例：16:9 → 9:16（1080×1920）"]),
        (edited(meta={"width": 1280, "height": 720}), ["Size: 1920×1080 → 1280×720"],
         ["画面尺寸：1920×1080 → 1280×720"]),
        (edited(meta={"look": "warm"}), ["Look: natural → warm"], ["色调：原色 → warm"]),
        (edited(root={"fps": 60}), ["Frame rate: 30 → 60 fps"], ["帧率：30 → 60 fps"]),
        (with_segment(0, CLIP), ["Clip added: moon (10-12s)"], ["新增片段：moon (10-12s)"]),
        (without(0, 1), ["Clip removed: rocket (3.4-10s)"], ["删除片段：rocket (3.4-10s)"]),
        (edited(s2={"m": {"title": "moon"}, "src": {"hash": "cc"}}),
         ["Clip 2 replaced: rocket → moon"], ["片段2替换：rocket → moon"]),
        (edited(s2={"src": {"hash": "cc"}}), ["Clip 2 changed"], ["片段2有改动"]),
        (edited(s1={"motion": {"style": "upbeat", "move": "zoom_in"}}),
         ["Clip 1 motion: smooth zoom in → upbeat zoom in"], ["片段1动态：smooth zoom in → upbeat zoom in"]),
        (edited(s2={"tr": {"type": "slide", "d": 600}}),
         ["Clip 2 transition: crossfade 0.6s → slide 0.6s"], ["片段2转场：crossfade 0.6s → slide 0.6s"]),
        (edited(s2={"tr": {"type": "cut"}}),
         ["Clip 2 transition: crossfade 0.6s → none"], ["片段2转场：crossfade 0.6s → 无"]),
        (edited(s1={"s": 6600, "d": 3400}, s2={"s": 0}),
         ["Clips 1 and 2 swapped: coffee ↔ rocket", "Clip 2: 4s → 3.4s long"],
         ["片段1和2对调：coffee ↔ rocket", "片段2时长：4秒 → 3.4秒"]),
        (edited(s1={"filter": "sepia"}), ["Clip 1 changed"], ["片段1有改动"]),
        (edited(meta={"title": "Holiday"}), ["Project renamed: project → Holiday"], ["项目改名：project → Holiday"]),
    ],
)  # fmt: skip
def test_a_change_is_told_as_a_person_would(
    after: dict[str, Any], told: list[str], zh: list[str]
) -> None:
    assert list(changes(sample_draft(), after)) == told
    assert list(changes(sample_draft(), after, "zh-TW")) == zh


def test_clips_that_only_make_room_have_not_moved() -> None:
    new = sample_draft()
    for segment in new["t"][0]["sg"]:
        segment["s"] += 2000
    new["t"][0]["sg"].insert(0, {**CLIP, "s": 0})
    assert changes(sample_draft(), new) == ("Clip added: moon (0-2s)",)


def test_many_clips_of_another_length_are_one_line() -> None:
    def paced(length: int) -> dict[str, Any]:
        rows = [{"d": length, "src": {"hash": str(i)}, "name": f"n{i}"} for i in range(5)]
        return {"t": [{"tt": 0, "sg": rows}]}

    assert changes(paced(4000), paced(2000)) == (
        "Duration: 20s → 10s",
        "All 5 clips now 2s long (were 4s)",
    )


def test_the_first_draft_is_told_whole() -> None:
    assert changes(None, sample_draft()) == (
        "Duration: 0s → 10s",
        "Clip added: coffee (0-4s)",
        "Clip added: rocket (3.4-10s)",
        "Music added: Lo-fi (0-10s, 35%)",
        "Title added: 'Urban Dreams' (0-3s)",
    )


def test_what_changes_by_itself_is_no_change() -> None:
    new = sample_draft()
    new.update(id="d9", rev=12, updated_at="2031-01-01", session_id="s")
    for track in reversed(new["t"]):
        track["id"] = "other"
        for segment in reversed(track["sg"]):
            segment.update(id="x", createdAt=9, cdn_url="https://cdn/x?sig=2", trackId=4)
            segment.setdefault("src", {})["url"] = "https://cdn/2"
            segment["preview"] = "https://cdn.example/p?expires=77"
    new["t"].reverse()
    assert changes(sample_draft(), new) == ()
    assert changes(new, sample_draft()) == ()


# -- whatever comes

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from([10**400, -(10**18), "1e999", "12", "\ud800", float("nan")]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from("t tt sg d m s v src tr motion style text title type name".split()) | st.text(max_size=3), inner, max_size=6),  # noqa: SIM905
    max_leaves=25,
)  # fmt: skip
SEGMENT = st.dictionaries(
    st.sampled_from(["s", "d", "v", "m", "src", "tr", "motion", "text", "style", "x"]), JSON
)
DRAFT = JSON | st.fixed_dictionaries(
    {"t": st.lists(st.fixed_dictionaries({"tt": st.sampled_from([0, 1, 7, 3]) | JSON, "sg": st.lists(SEGMENT, max_size=4) | JSON}), max_size=4)}
)  # fmt: skip


@given(DRAFT)
def test_any_json_is_a_timeline(value: Any) -> None:
    # repr: what is NaN is not equal to itself
    came = repr(value)
    timeline = Timeline.from_draft(value)
    assert timeline.summary().startswith("Timeline (")
    assert len(timeline.summary().splitlines()) == 1
    assert repr(value) == came, "what is not known is sent back untouched"
    json.dumps(timeline.to_json(), allow_nan=False)
    assert changes(value, copy.deepcopy(value)) == ()
    assert timeline.ready or not any(track.segments for track in timeline.tracks)


@given(DRAFT, DRAFT)
def test_any_two_drafts_compare(before: Any, after: Any) -> None:
    for language in ("en", "zh"):
        told = changes(before, after, language)
        assert len(set(told)) == len(told) <= MOST_LINES
        assert all(len(line.splitlines()) == 1 for line in told)


@given(st.integers(0, 10**6))
def test_tracks_may_stand_in_any_order(seed: int) -> None:
    new = sample_draft()
    random.Random(seed).shuffle(new["t"])
    assert changes(sample_draft(), new) == ()


@given(st.sampled_from(["s1", "s2", "s3", "s4"]), st.integers(100, 60000))
def test_another_start_or_length_never_goes_unseen(name: str, value: int) -> None:
    old = Timeline.from_draft(sample_draft())
    for key in ("s", "d"):
        new = edited(**{name: {key: value}})
        if Timeline.from_draft(new).summary() != old.summary():
            assert changes(sample_draft(), new)


def test_a_draft_too_deep_to_walk() -> None:
    deep: Any = {}
    for _ in range(5000):
        deep = {"x": [deep]}
    new = edited(s1={"x": deep})
    assert changes(sample_draft(), new) in ((), ("Clip 1 changed",))
    assert changes(new, new) == ()
    nowhere = Timeline.from_draft(
        {"t": [{"tt": 0, "m": deep, "sg": [{"text": deep, "src": deep}]}]}
    )
    assert nowhere.summary() == "Timeline (1 track): 1. Video: clip (0-0s)"


def test_a_draft_of_thousands_of_segments_takes_no_time() -> None:
    def large(length: int) -> dict[str, Any]:
        rows = [{"d": length, "src": {"hash": str(i % 7)}, "x": {"y": i}} for i in range(3000)]
        texts = [{"s": i * length, "d": length, "text": f"t{i % 9}"} for i in range(3000)]
        return {"t": [{"tt": 0, "sg": rows}, {"tt": 7, "sg": texts}]}

    old, new = large(2000), large(1000)
    began = time.process_time()
    assert changes(old, new)
    assert time.process_time() - began < 5
