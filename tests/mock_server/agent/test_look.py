"""Words for a look, and for what stands over each photo."""

from __future__ import annotations

import pytest

from mock_server.agent.director import TurnKind, direct
from mock_server.agent.intent import read
from tests.mock_server.agent.test_director import PHOTOS, UPRIGHT, check, draft_of, edit, make, told
from tests.mock_server.api import MAKE, track

JOY = "joy-image-to-video"


@pytest.mark.parametrize(
    ("words", "look"),
    [
        ("make it warmer", "warm"),
        ("a warm look", "warm"),
        ("use warmer colours", "warm"),
        ("make the colors warm and golden", "warm"),
        ("make it cosy", "warm"),
        ("give it a golden glow", "warm"),
        ("warm up the colours", "warm"),
        ("add a warm look to the photos", "warm"),
        ("改成暖色调", "warm"),
        ("画面再暖一点", "warm"),
        ("温馨的感觉", "warm"),
        ("cooler colours, please", "cool"),
        ("make it look cold", "cool"),
        ("冷色调", "cool"),
        ("make it black and white", "mono"),
        ("in B&W", "mono"),
        ("make everything monochrome", "mono"),
        ("做成黑白的", "mono"),
        ("make it black and white instead of warm", "mono"),
        ("natural colours", "none"),
        ("no filter", "none"),
        ("remove the warm look", "none"),
        ("don't make it warm", "none"),
        ("keep the original colours", "none"),
        ("back in colour", "none"),
        ("保留原色", "none"),
        ("不要滤镜", "none"),
        # These are about something else.
        ("keep the warm look", None),
        ("turn photos of my golden retriever into a video", None),
        ("photos from a warm summer day", None),
        ("make a video of my black and white cat", None),
        ("turn my black and white photos into a video", None),
        ("把我的黑白照片做成视频", None),
        ("with warm music", None),
        ("a cool video", None),
        ("cool, thanks", None),
        ("add the title 'Warm look'", None),
        ("title: Black and white", None),
    ],
)
def test_words_for_a_look(words: str, look: str | None) -> None:
    assert read(words).look == look


def test_a_look_is_given_changed_and_taken_away() -> None:
    warm = edit("make it warm and add captions")
    assert warm["m"]["look"] == "warm"
    assert len(track(warm, 7)) == 3
    assert "warm and golden already" in told(direct("a warm look, please", warm, PHOTOS))
    assert edit("make it black and white", warm)["m"]["look"] == "mono"
    assert "look" not in edit("natural colours", warm)["m"]
    assert direct("no filter", make(), PHOTOS).kind is TurnKind.QUESTION


def test_a_joyful_video_is_warm_unless_it_is_said_not_to_be() -> None:
    def look(words: str) -> str | None:
        draft = draft_of(direct(f"{MAKE}. {words}", {}, PHOTOS, source=JOY))
        check(draft)
        found: str | None = draft["m"].get("look")
        return found

    assert look("") == "warm"
    assert look("In black and white.") == "mono"
    assert look("Natural colours.") is None
    assert look("Don't make it warm.") is None


class TestCaptions:
    @pytest.mark.parametrize(
        ("words", "captions"),
        [
            ("caption the first photo 'Lisbon'", {0: "Lisbon"}),
            ("caption the first photo: Lisbon", {0: "Lisbon"}),
            ("caption the first photo Lisbon, please", {0: "Lisbon"}),
            ("add a caption 'Lisbon' to the first photo", {0: "Lisbon"}),
            ("caption the city photo 'Sintra'", {2: "Sintra"}),
            ("the caption of the last photo should say 'Bye'", {2: "Bye"}),
            ("caption the first photo 'Lisbon' and the second 'Porto'", {0: "Lisbon", 1: "Porto"}),
            (
                "caption photo 1 'Lisbon', photo 2 'Porto' and photo 3 'Sintra'",
                {0: "Lisbon", 1: "Porto", 2: "Sintra"},
            ),
            (
                "caption the photos 'Lisbon', 'Porto' and 'Sintra'",
                {0: "Lisbon", 1: "Porto", 2: "Sintra"},
            ),
            ("captions: 'Lisbon', 'Porto'", {0: "Lisbon", 1: "Porto"}),
            ("caption 2: 'Porto', caption 3: 'Sintra'", {1: "Porto", 2: "Sintra"}),
            ("caption photos 1 and 2", {0: "beach", 1: "forest"}),
            ("add a caption to the last photo", {2: "city"}),
            ("给第一张照片加字幕“里斯本”", {0: "里斯本"}),
            (
                "第二张照片的字幕写“波尔图”，第三张写“辛特拉”",
                {1: "波尔图", 2: "辛特拉"},
            ),
        ],
    )
    def test_over_a_photo_for_its_time(self, words: str, captions: dict[int, str]) -> None:
        draft = edit(words)
        shots, texts = track(draft, 0), track(draft, 7)
        assert {shots_index(draft, text): text["text"] for text in texts} == captions
        assert {text["style"]["size"] for text in texts} == {"small"}
        for text in texts:
            shot = shots[shots_index(draft, text)]
            assert shot["s"] <= text["s"] < text["s"] + text["d"] <= shot["s"] + shot["d"]

    def test_one_is_changed_or_removed_and_the_others_stay(self) -> None:
        all_three = edit("caption the photos 'Lisbon', 'Porto' and 'Sintra'")
        changed = edit("caption photo 2 'Coimbra' at the top", all_three)
        assert [text["text"] for text in track(changed, 7)] == ["Lisbon", "Coimbra", "Sintra"]
        assert track(changed, 7)[1]["style"]["position"] == "top"
        assert track(changed, 7)[1]["id"] == track(all_three, 7)[1]["id"]
        fewer = edit("remove the caption of photo 1", changed)
        assert [text["text"] for text in track(fewer, 7)] == ["Coimbra", "Sintra"]
        without_clip = edit("remove clip 2", fewer)
        assert [text["text"] for text in track(without_clip, 7)] == ["Sintra"]
        assert track(edit("remove the captions", fewer), 7) == []

    def test_there_is_no_caption_without_a_photo(self) -> None:
        plan = direct(f"{MAKE}. Caption of photo 4: 'Faro'.", {}, PHOTOS)
        assert "There is no clip 4: the video has 3 clips." in told(plan)
        assert track(draft_of(plan), 7) == []

    def test_a_first_cut_has_those_that_are_asked_for(self) -> None:
        assert [text["text"] for text in track(make(f"{MAKE} with captions"), 7)] == [
            "beach",
            "forest",
            "city",
        ]
        both = make(f"{MAKE}. Caption of photo 2: 'Porto'. Add a caption that says 'Our trip'.")
        assert {text["text"] for text in track(both, 7)} == {"Porto", "Our trip"}
        longer = edit("make it 20 seconds", make(f"{MAKE}. Caption of photo 2: 'Porto'."), UPRIGHT)
        (porto,), shots = track(longer, 7), track(longer, 0)
        assert shots[1]["s"] <= porto["s"] < porto["s"] + porto["d"] <= shots[2]["s"] + 1000


def shots_index(draft: dict[str, object], text: dict[str, dict[str, str]]) -> int:
    return [shot["id"] for shot in track(draft, 0)].index(text["m"]["_of"])
