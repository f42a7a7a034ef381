"""New footage behind the last frame: what is heard as a wish for it, and what becomes of the draft."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mock_server.agent.director import TurnKind, direct
from mock_server.agent.edits.extend import MORE_MS
from mock_server.agent.montage import MAX_MS, Montage
from tests.mock_server.agent.test_director import (
    FILM,
    PHOTOS,
    check,
    draft_of,
    edit,
    make,
    music,
    title,
    told,
)
from tests.mock_server.api import track

COMPOSED = "Extend the video by 5 seconds, going on smoothly from its last frame."
COMPOSED_ZH = "从最后一帧起把视频平滑地延长5秒。"


def extend(words: str = COMPOSED, draft: dict[str, Any] | None = None) -> dict[str, Any]:
    plan = direct(words, draft or make(), PHOTOS)
    assert plan.kind is TurnKind.GENERATION, told(plan)
    check(draft_of(plan))
    return draft_of(plan)


class TestWords:
    @pytest.mark.parametrize(
        ("words", "seconds"),
        [
            (COMPOSED, 5),
            (COMPOSED_ZH, 5),
            ("extend it by 5 seconds", 5),
            ("please extend the video by 2.5 seconds", 2.5),
            ("make it longer, go on from the last frame", 10),
            ("can you make it 4 seconds longer, going on from its last frame?", 4),
            ("keep going from the last frame for 4 more seconds", 4),
            ("continue the video for 5 seconds", 5),
            ("extend it", 10),
            ("extend it to 20 seconds, from its last frame", 11),
            ("从最后一帧继续延长5秒", 5),
            ("接着最后一帧再延长3秒", 3),
            ("延长3秒", 3),
        ],
    )
    def test_that_ask_for_it(self, words: str, seconds: float) -> None:
        before, after = make(), extend(words)
        assert after["d"] - before["d"] == seconds * 1000
        assert track(after, 0)[-1]["motion"]["d"] == track(before, 0)[-1]["d"]

    @pytest.mark.parametrize(
        "words",
        [
            "make it 10 seconds",
            "make it longer",
            "make it 3 seconds longer",
            "make the video longer by 5 seconds",
            "can you extend it to 15s?",
            "加长3秒",
            "延长到20秒",
            "extend clip 2 by 3 seconds",
            "extend this image into a 10-second video with smooth motion",
        ],
    )
    def test_that_stretch_what_there_is(self, words: str) -> None:
        assert all(shot.more == 0 for shot in Montage.from_draft(edit(words)).shots)

    @pytest.mark.parametrize("words", ["don't extend it", "extend the title", "不要延长"])
    def test_that_ask_for_nothing_of_the_kind(self, words: str) -> None:
        assert direct(words, make(), PHOTOS).kind is TurnKind.QUESTION

    @pytest.mark.parametrize("words", [COMPOSED, COMPOSED_ZH])
    def test_the_pace_of_a_lively_video_is_not_made_smooth(self, words: str) -> None:
        lively = make("an upbeat video of my photos")
        styles = [segment["motion"]["style"] for segment in track(extend(words, lively), 0)]
        assert set(styles) == {"upbeat"}

    def test_what_is_said_beside_it_is_done_too(self) -> None:
        after = extend(f'{COMPOSED} Add the title "Bye" and use cinematic music.')
        assert (title(after), music(after)) == ("Bye", ("cinematic", 0.35))

    def test_the_listing_says_how_long_where_nobody_does(self) -> None:
        plan = direct("extend it", make(), PHOTOS, source="image-to-video-low-vram")
        assert draft_of(plan)["d"] == 9_000 + 5_000
        assert MORE_MS == 10_000

    def test_both_lengths_are_told(self) -> None:
        assert "5 seconds: it is 14 seconds long now (it was 9)" in told(
            direct(COMPOSED, make(), PHOTOS)
        )
        assert "现在14秒（原为9秒）" in told(direct(COMPOSED_ZH, make(), PHOTOS))


class TestDraft:
    @pytest.mark.parametrize(
        "words",
        [
            "a video with upbeat music, cut to the beat",
            "a lively video of 4 seconds",
            "a slideshow titled 'Sea', 2 seconds, fade in",
            "a slideshow with 'The end' as the title at the end and a caption 'Lisbon'",
        ],
    )
    def test_what_was_there_is_as_it_was(self, words: str) -> None:
        before = make(words)
        after = extend(COMPOSED, before)
        last = track(after, 0)[-1]
        assert last.pop("out", None) == track(before, 0)[-1].pop("out", None)
        assert last["motion"].pop("d") == last["d"] - 5000
        assert last["m"].pop("_more") == 5000
        last["d"] -= 5000
        assert track(after, 0) == track(before, 0)
        for was, now in zip(track(before, 7), track(after, 7), strict=True):
            lasting = 5000 if was["m"]["whole"] else 0
            assert (now["s"], now["d"]) == (was["s"], was["d"] + lasting)
        for was, now in zip(track(before, 1), track(after, 1), strict=True):
            assert now == {**was, "d": after["d"], "fade": now["fade"]}

    def test_ten_times_five_seconds_are_once_fifty(self) -> None:
        draft = make()
        for _ in range(10):
            draft = extend(COMPOSED, draft)
        assert draft == extend("extend it by 50 seconds")

    def test_there_is_an_end_to_it_and_it_is_said(self) -> None:
        plan = direct("extend it by 400 seconds", make(), PHOTOS)
        assert draft_of(plan)["d"] == MAX_MS
        assert "300 seconds is the most I can make." in told(plan)
        again = direct(COMPOSED, draft_of(plan), PHOTOS)
        assert again.kind is TurnKind.QUESTION
        assert "300 seconds is the most I can make." in told(again)

    def test_less_than_there_is_cannot_be_gone_on_to(self) -> None:
        plan = direct("extend it to 4 seconds, from its last frame", make(), PHOTOS)
        assert plan.kind is TurnKind.QUESTION
        assert "The video is 9 seconds long already." in told(plan)

    def test_a_length_asked_for_later_is_that_of_all_of_it(self) -> None:
        long = extend()
        assert edit("make it 7 seconds", long)["d"] == 7_000
        even = edit("2 seconds for each photo", long)
        assert even["d"] == 6_000
        assert all(shot.more == 0 for shot in Montage.from_draft(even).shots)
        assert Montage.from_draft(edit("make clip 3 4 seconds long", long)).shots[-1].ms == 4_000

    def test_it_goes_with_its_clip(self) -> None:
        long = extend()
        shots = Montage.from_draft(edit("move clip 3 to the start", long)).shots
        assert [shot.more for shot in shots] == [5000, 0, 0]
        assert edit("remove clip 3", long)["d"] < edit("remove clip 1", long)["d"]

    def test_cuts_after_it_still_fall_on_the_beat(self) -> None:
        """New footage in the middle: the cut behind it stays, those after that go to beats."""
        long = Montage.from_draft(extend("extend it by 5 seconds", make("upbeat music")))
        more = (*long.shots, *(replace(shot, id="", exact=False) for shot in long.shots[:2]))
        draft = replace(long, shots=more).to_draft()
        check(draft)
        assert track(draft, 0)[2]["motion"]["d"] == track(draft, 0)[2]["d"] - 5000


class TestOwnClip:
    def test_is_kept_whole_in_its_shape_and_goes_on(self) -> None:
        film = replace(FILM, width=720, height=1280, duration=42.4, fps=24.0)
        draft = draft_of(direct(COMPOSED, {}, [film]))
        check(draft)
        (segment,) = track(draft, 0)
        assert (segment["d"], segment["motion"]["d"], segment["v"]) == (47_400, 42_400, 1.0)
        assert (draft["m"]["width"], draft["m"]["height"], draft["fps"]) == (720, 1280, 24)
        assert (music(draft), "out" in segment) == (None, False)

    @pytest.mark.parametrize(
        ("width", "height", "size"),
        [
            (640, 480, (640, 480)),
            (853, 480, (852, 480)),
            (480, 853, (480, 852)),
            (854, 480, (854, 480)),
            (500, 500, (500, 500)),
            (320, 240, (320, 240)),
            (3840, 2160, (1920, 1080)),
            (1440, 1920, (1080, 1440)),
            (5120, 1080, (3840, 810)),
        ],
    )
    def test_is_as_large_as_it_was_up_to_what_can_be_made(
        self, width: int, height: int, size: tuple[int, int]
    ) -> None:
        draft = draft_of(direct(COMPOSED, {}, [replace(FILM, width=width, height=height)]))
        check(draft)
        assert (draft["m"]["width"], draft["m"]["height"]) == size

    def test_is_no_larger_than_the_listing_makes_it(self) -> None:
        film = replace(FILM, width=1440, height=1080)
        draft = draft_of(direct(COMPOSED, {}, [film], source="image-to-video-low-vram"))
        assert (draft["m"]["width"], draft["m"]["height"]) == (960, 720)

    @pytest.mark.parametrize(
        ("words", "size", "ratio"),
        [
            ("make it 720p", (960, 720), "4:3"),
            ("make it 9:16", (480, 854), "9:16"),
            ("add the title 'Sea'", (640, 480), "4:3"),
        ],
    )
    def test_of_a_shape_of_its_own_can_be_edited(
        self, words: str, size: tuple[int, int], ratio: str
    ) -> None:
        draft = draft_of(direct(COMPOSED, {}, [replace(FILM, width=640, height=480)]))
        meta = edit(words, draft)["m"]
        assert ((meta["width"], meta["height"]), meta["ratio"]) == (size, ratio)

    def test_of_all_the_time_there_is_leaves_none(self) -> None:
        plan = direct(COMPOSED, {}, [replace(FILM, duration=500.0)])
        assert plan.kind is TurnKind.QUESTION
        assert "300 seconds is the most I can make." in told(plan)

    def test_photos_alone_are_made_a_video_first(self) -> None:
        assert direct("extend it", {}, PHOTOS).kind is TurnKind.FIRST_CUT
