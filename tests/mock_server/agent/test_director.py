"""What people ask for, in English and Chinese, and what becomes of the draft."""

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.agent.clip_references import amount
from mock_server.agent.director import Asset, Reply, TurnKind, direct
from mock_server.agent.intent import read
from mock_server.agent.montage import MIN_SHOT_MS, MOVES, SIZES, Montage, MontageShot, Music
from mock_server.agent.steps import Save, Say
from mock_server.agent.transition import Joining
from mock_server.beats import grid
from tests.mock_server.api import MAKE, track

BEATS = ("lofi", "ambient", "upbeat", "cinematic")
PHOTOS = [Asset(f"hash-{n}", f"{n}.png", "image", 1600, 900) for n in ("beach", "forest", "city")]
NEW = Asset("hash-new", "boat.png", "image", 1600, 900)
UPRIGHT = Asset("hash-up", "tower.png", "image", 900, 1600)
SONG = Asset("hash-song", "my song.mp3", "audio", duration=20.0)
FILM = Asset("hash-film", "film.mp4", "video", 1600, 900, 4.2)


def draft_of(plan: Reply) -> dict[str, Any]:
    return [step.draft for step in plan.steps if isinstance(step, Save)][-1]


def told(plan: Reply) -> str:
    return "".join(step.text for step in plan.steps if isinstance(step, Say))


def make(words: str = MAKE, *assets: Asset) -> dict[str, Any]:
    plan = direct(words, {}, assets or PHOTOS)
    assert plan.kind is TurnKind.FIRST_CUT
    check(draft_of(plan))
    return draft_of(plan)


def edit(words: str, draft: dict[str, Any] | None = None, *assets: Asset) -> dict[str, Any]:
    """The draft after an edit; what the edit did not do is an error."""
    plan = direct(words, draft or make(), [*PHOTOS, *assets])
    assert plan.kind is TurnKind.EDIT, told(plan)
    check(draft_of(plan))
    return draft_of(plan)


def check(draft: dict[str, Any]) -> None:
    """A draft is as the renderer needs it, and survives the way there and back."""
    assert draft == Montage.from_draft(draft).to_draft() == json.loads(json.dumps(draft))
    segments = track(draft, 0)
    assert segments[0]["s"] == 0
    assert "tr" not in segments[0]
    assert segments[-1]["s"] + segments[-1]["d"] == draft["d"]
    for before, after in itertools.pairwise(segments):
        overlap = after["tr"]["d"]
        assert after["s"] == before["s"] + before["d"] - overlap
        assert 0 <= overlap <= min(before["d"], after["d"]) // 2 + 1
        assert (overlap == 0) >= (after["tr"]["type"] == "cut")
        assert before["motion"]["move"] != after["motion"]["move"]
    ids = [segment["id"] for t in draft["t"] for segment in t["sg"]]
    assert len(set(ids)) == len(ids)
    assert all(0 <= s["s"] < s["s"] + s["d"] <= draft["d"] for t in draft["t"] for s in t["sg"])


def size(draft: dict[str, Any]) -> tuple[int, int]:
    return draft["m"]["width"], draft["m"]["height"]


def music(draft: dict[str, Any]) -> tuple[str, float] | None:
    segments = track(draft, 1)
    return (segments[0]["src"]["style"], segments[0]["v"]) if segments else None


def title(draft: dict[str, Any]) -> str | None:
    large = [s["text"] for s in track(draft, 7) if s["style"]["size"] == "large"]
    return large[0] if large else None


def names(draft: dict[str, Any]) -> list[str]:
    return [segment["m"]["title"] for segment in track(draft, 0)]


class TestFirstCut:
    def test_without_wishes(self) -> None:
        draft = make()
        assert (draft["d"], size(draft), music(draft), title(draft)) == (
            9000,
            (1920, 1080),
            ("lofi", 0.35),
            None,
        )
        assert names(draft) == ["beach", "forest", "city"]
        silent = track(make(f"{MAKE}. Background music: none."), 0)
        spans = [segment["d"] for segment in silent]
        assert max(spans) - min(spans) <= 1  # 9 s and two overlaps, shared out evenly

    @pytest.mark.parametrize(
        ("ratio", "lines", "seconds"),
        [("16:9", 1080, 10), ("9:16", 720, 4.5), ("1:1", 480, 60), ("4:5", 1080, 1)],
    )
    def test_the_message_a_client_composes(self, ratio: str, lines: int, seconds: float) -> None:
        draft = make(
            f"{MAKE}. Aspect ratio: {ratio}. Resolution: {lines}p. Duration: {seconds:g} seconds. "
            'Background music: jazz. Title: "Urban Dreams".'
        )
        assert draft["d"] == seconds * 1000
        assert size(draft) == SIZES[ratio, lines]
        assert music(draft) == ("lofi", 0.35)
        assert title(draft) == "Urban Dreams"

    def test_the_same_message_in_chinese(self) -> None:
        draft = make(
            "把我的照片做成一个短视频。画面比例：9:16。分辨率：720p。时长：十五秒。背景音乐：欢快。标题：“城市之梦”。"
        )
        assert (draft["d"], size(draft)) == (15_000, (720, 1280))
        assert (music(draft), title(draft)) == (("upbeat", 0.35), "城市之梦")

    @pytest.mark.parametrize(
        ("words", "seconds"),
        [
            ("turn my photos into a short video clip for free", 9),
            ("extend this image into a 10-second video with smooth motion", 10),
            ("animate this image into a 5-second video clip using low VRAM mode", 5),
            ("a video for 15s please", 15),
            ("make a one minute slideshow", 60),
            ("make it last twelve seconds", 12),
            ("3 seconds per photo", 9),
            ("用这些照片做一个20秒的视频", 20),
            ("做成半分钟的视频", 30),
        ],
    )
    def test_duration(self, words: str, seconds: int) -> None:
        assert make(words)["d"] == seconds * 1000

    def test_a_single_photo_is_at_least_five_seconds(self) -> None:
        assert make(MAKE, PHOTOS[0])["d"] == 5000

    @pytest.mark.parametrize(
        ("words", "ratio"),
        [
            ("a vertical video for TikTok", "9:16"),
            ("make a portrait clip", "9:16"),
            ("turn this portrait of my dog into a video", "16:9"),
            ("animate this landscape photo", "16:9"),
            ("square video for instagram", "1:1"),
            ("做成竖屏视频", "9:16"),
            ("做一个方形的视频", "1:1"),
            ("9：16 的视频", "9:16"),
        ],
    )
    def test_aspect(self, words: str, ratio: str) -> None:
        assert make(words)["m"]["ratio"] == ratio

    def test_mostly_upright_photos_make_an_upright_video(self) -> None:
        assert make(MAKE, UPRIGHT, PHOTOS[0])["m"]["ratio"] == "16:9"
        assert make(MAKE, UPRIGHT)["m"]["ratio"] == "9:16"

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("make a video with cinematic music", ("cinematic", 0.35)),
            ("a video with calm piano music at 20% volume", ("ambient", 0.2)),
            ("make a video without music", None),
            ("make a silent video", None),
            ("a video, no background music please", None),
            (
                "turn my joy photos into a short animated video with upbeat transitions",
                ("upbeat", 0.35),
            ),
            ('a video with the title "No Music"', ("lofi", 0.35)),
            ("做一个视频，不要音乐", None),
            ("做一个视频，配史诗音乐", ("cinematic", 0.35)),
        ],
    )
    def test_music(self, words: str, expected: tuple[str, float] | None) -> None:
        assert music(make(words)) == expected

    def test_upbeat_transitions_are_a_pace(self) -> None:
        segments = track(make("turn my joy photos into a video with upbeat transitions"), 0)
        assert {segment["motion"]["style"] for segment in segments} == {"upbeat"}
        assert segments[1]["tr"] == {"type": "push", "d": 300, "from": "right"}
        assert segments[2]["tr"] == {"type": "cut", "d": 0}

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ('make a video with a title that says "Paradise Found"', "Paradise Found"),
            ("make a video titled 'It’s Me'", "It’s Me"),
            (
                "make a video with the title “Hello, 10 seconds of music”",
                "Hello, 10 seconds of music",
            ),
            (f'{MAKE}. Title: "She said "go" and went".', 'She said "go" and went'),
            ("做个视频，标题“夏天”", "夏天"),
        ],
    )
    def test_title(self, words: str, expected: str) -> None:
        assert title(make(words)) == expected

    def test_the_raw_cut_comes_first_and_is_told(self) -> None:
        plan = direct(f'{MAKE}. Title: "Hi".', {}, PHOTOS)
        saves = [step.draft for step in plan.steps if isinstance(step, Save)]
        assert [len(draft["t"]) for draft in saves] == [1, 3]
        order = [type(step) for step in plan.steps if isinstance(step, Save | Say)]
        assert order[:3] == [Save, Say, Save]
        assert "music" not in next(s.text for s in plan.steps if isinstance(s, Say))

    def test_no_music_and_no_title_is_one_stage(self) -> None:
        plan = direct(f"{MAKE}. Background music: none.", {}, PHOTOS)
        assert len([step for step in plan.steps if isinstance(step, Save)]) == 1

    def test_a_song_of_ones_own_and_a_clip(self) -> None:
        draft = make(MAKE, FILM, PHOTOS[0], SONG)
        assert track(draft, 1)[0]["src"] == {
            "type": "audio",
            "hash": "hash-song",
            "name": "my song.mp3",
        }
        assert draft["d"] == 7200
        assert [segment["src"]["type"] for segment in track(draft, 0)] == ["video", "image"]

    def test_a_song_alone_is_heard_under_what_is_drawn_for_it(self) -> None:
        plan = direct(MAKE, {}, [SONG])
        assert plan.kind is TurnKind.GENERATION
        assert track(draft_of(plan), 1)[0]["src"]["hash"] == "hash-song"

    def test_from_words_alone(self) -> None:
        plan = direct("make a 6-second video of a sunset over the sea", {}, [])
        assert plan.kind is TurnKind.GENERATION
        assert {p.hash for p in plan.pictures} == {
            s["src"]["hash"] for s in track(draft_of(plan), 0)
        }
        assert draft_of(plan)["d"] == 6000

    def test_many_photos_in_little_time(self) -> None:
        many = [Asset(f"h{n}", f"{n}.png", "image") for n in range(40)]
        assert make(f"{MAKE}. Duration: 5 seconds.", *many)["d"] == 5000
        assert make(f"{MAKE}. Duration: 100 minutes.", *many)["d"] == 300_000

    def test_the_same_again(self) -> None:
        assert direct(MAKE, {}, PHOTOS, seed=3) == direct(MAKE, {}, PHOTOS, seed=3)
        assert direct(MAKE, {}, PHOTOS, seed=3) != direct(MAKE, {}, PHOTOS, seed=4)


class TestEdits:
    @pytest.mark.parametrize(
        ("words", "seconds"),
        [
            ("make it 8 seconds", 8),
            ("can you extend it to 15s?", 15),
            ("make it 3 seconds longer", 12),
            ("cut 2 seconds", 7),
            ("make it longer", 13.5),
            ("make it 1 minute and 5 seconds", 65),
            ("shorter please", 6),
            ("slow it down", 12),
            ("2 seconds for each photo", 6),
            ("改成12秒", 12),
            ("加长3秒", 12),
            ("延长到20秒", 20),
            ("快一点", 6.75),
        ],
    )
    def test_duration(self, words: str, seconds: float) -> None:
        assert edit(words)["d"] == seconds * 1000

    def test_one_clip_alone(self) -> None:
        before, after = make(), edit("make clip 2 5 seconds long")
        owns = [shot.own for shot in Montage.from_draft(after).shots]
        assert owns[1] == 5000
        assert owns[0] == Montage.from_draft(before).shots[0].own

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("change the music to something cinematic", ("cinematic", 0.35)),
            ("replace the music with jazz", ("lofi", 0.35)),
            ("use upbeat music instead", ("upbeat", 0.35)),
            ("make the music quieter", ("lofi", 0.21)),
            ("turn the music up", ("lofi", 0.52)),
            ("set the music volume to 50%", ("lofi", 0.5)),
            ("remove the music", None),
            ("no music", None),
            ("不要音乐", None),
            ("把音乐换成电影感的", ("cinematic", 0.35)),
            ("音乐小声一点", ("lofi", 0.21)),
            ("音量调到60%", ("lofi", 0.6)),
        ],
    )
    def test_music(self, words: str, expected: tuple[str, float] | None) -> None:
        assert music(edit(words)) == expected

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("add a title that says 'Download our app'", "Download our app"),
            ('title "Export"', "Export"),
            ("add a title saying Summer in Rome", "Summer in Rome"),
            ("change the title to Hello World", "Hello World"),
            ("Change the title to Salt and Pepper.", "Salt and Pepper"),
            ("set the title to Bed, Bath and Beyond", "Bed, Bath and Beyond"),
            ("change the title to Hello World and make it 10 seconds", "Hello World"),
            ("can you change the title to The End, please?", "The End"),
            ("make the title say Hello There!", "Hello There!"),
            ("add a title called iPhone Shots at the bottom", "iPhone Shots"),
            ("title: Fin", "Fin"),
            ("call it Summer in Rome", "Summer in Rome"),
            ("把标题改成余额不足", "余额不足"),
            ("把标题改成 Hello", "Hello"),
            ("标题：你好，世界", "你好，世界"),
            ("加一个标题“导出”", "导出"),
            ("标题改成「夏天」", "夏天"),
        ],
    )
    def test_title(self, words: str, expected: str) -> None:
        after = edit(words)
        assert title(after) == expected
        assert after["d"] == (10_000 if "10 seconds" in words else 9_000)

    @pytest.mark.parametrize(
        ("words", "place"),
        [
            ("move the title to the bottom", "bottom"),
            ("put the title at the top", "top"),
            ("set the title to the bottom", "bottom"),
            ("把标题放到下面", "bottom"),
            ("把标题放到顶部", "top"),
        ],
    )
    def test_a_title_is_moved(self, words: str, place: str) -> None:
        before = make(f'{MAKE}. Title: "Hi".')
        (moved,) = track(edit(words, before), 7)
        assert (moved["text"], moved["style"]["position"]) == ("Hi", place)
        (renamed,) = track(edit("change the title to Ho", edit(words, before)), 7)
        assert (renamed["text"], renamed["style"]["position"]) == ("Ho", place)
        (back,) = track(edit("center the title", edit(words, before)), 7)
        assert back["style"]["position"] == "center"

    def test_a_title_and_something_else_in_one_breath(self) -> None:
        after = edit("加一个标题 你好, 背景音乐小一点")
        assert (title(after), music(after)) == ("你好", ("lofi", 0.21))

    def test_a_title_leaves_before_the_second_photo_comes(self) -> None:
        first = make(f'{MAKE}. Title: "Hi".')
        assert (track(first, 7)[0]["d"], track(first, 0)[1]["s"]) == (2700, 2900)
        assert track(edit("make it 60 seconds", first), 7)[0]["d"] == 3000
        # Too short a time to read it in: then it may as well stay over the next.
        assert track(edit("make it 4 seconds", first), 7)[0]["d"] == 3000
        kept = edit("make the title 5 seconds", first)
        assert track(edit("make it 12 seconds", kept), 7)[0]["d"] == 5000

    def test_a_new_title_takes_the_place_of_the_old_one(self) -> None:
        first = edit('add the title "One" for 5 seconds')
        second = edit('change the title to "Two"', first)
        assert [(s["text"], s["d"], s["id"]) for s in track(second, 7)] == [
            ("Two", 5000, track(first, 7)[0]["id"])
        ]
        assert title(edit("remove the title", second)) is None
        assert title(edit("删掉标题", second)) is None

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("show photo 1 again as photo 3", ["beach", "forest", "beach", "city"]),
            ("Show the photo 3 once more as number 4.", ["beach", "forest", "city", "city"]),
            ("第1张照片再次作为第4张", ["beach", "forest", "city", "beach"]),
            (
                "Show photo 1 again as photo 4. Show photo 1 again as photo 2. Show photo 1 again as photo 4.",
                ["beach", "beach", "forest", "beach", "city"],
            ),
        ],
    )
    def test_a_photo_once_more(self, words: str, expected: list[str]) -> None:
        for draft in (make(f"{MAKE}. {words}"), edit(words)):
            assert [shot["m"]["title"] for shot in track(draft, 0)] == expected
            ids = [shot["id"] for shot in track(draft, 0)]
            assert len(set(ids)) == len(ids)

    def test_a_photo_that_there_is_not_once_more(self) -> None:
        plan = direct("show photo 7 again as photo 2", make(), PHOTOS)
        assert "7" in told(plan)
        assert plan.kind is TurnKind.QUESTION

    def test_captions(self) -> None:
        named = track(edit("add captions"), 7)
        assert [caption["text"] for caption in named] == ["beach", "forest", "city"]
        one = track(edit("add a caption that says 'Our summer'"), 7)
        assert [(c["text"], c["s"], c["d"], c["style"]["position"]) for c in one] == [
            ("Our summer", 0, 9000, "bottom")
        ]
        last = edit("add a caption 'the end' at the end")
        assert [(c["text"], c["s"], c["d"]) for c in track(last, 7)] == [("the end", 6000, 3000)]
        later = edit("make it 20 seconds", last)
        assert [(c["s"], c["d"]) for c in track(later, 7)] == [(17_000, 3000)]
        shots = track(edit("make it 20 seconds", edit("add captions")), 0)
        kept = track(edit("remove clip 2", edit("make it 20 seconds", edit("add captions"))), 7)
        assert [caption["text"] for caption in kept] == ["beach", "city"]
        assert kept[0]["d"] == kept[1]["s"] > 5000
        assert shots[1]["s"] < kept[1]["s"]
        above = track(edit("move the captions to the top", last), 7)
        assert above[0]["style"]["position"] == "top"

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("remove clip 2", ["beach", "city"]),
            ("delete the last photo", ["beach", "forest"]),
            ("remove clips 1 and 3", ["forest"]),
            ("get rid of the forest picture", ["beach", "city"]),
            ("删除第一张照片", ["forest", "city"]),
            ("去掉最后一张", ["beach", "forest"]),
            ("move clip 3 to the start", ["city", "beach", "forest"]),
            ("put the beach photo last", ["forest", "city", "beach"]),
            ("move clip 1 to position 2", ["forest", "beach", "city"]),
            ("move clip 3 before clip 2", ["beach", "city", "forest"]),
            ("swap clip 1 and clip 2", ["forest", "beach", "city"]),
            ("swap the first and last photo", ["city", "forest", "beach"]),
            ("swap the first two photos", ["forest", "beach", "city"]),
            ("switch photos 1 and 3", ["city", "forest", "beach"]),
            ("swap beach and city", ["city", "forest", "beach"]),
            ("把第一张和第二张换一下", ["forest", "beach", "city"]),
            ("please swap the first and last photo and slow it down", ["city", "forest", "beach"]),
            ("remove the first and the last photo", ["forest"]),
            ("remove the last two photos", ["beach"]),
            ("remove clips 1 to 2", ["city"]),
            ("rotate the second photo and remove the third", ["beach", "forest"]),
            ("删除第一张和第三张", ["forest"]),
            ("reverse the order", ["city", "forest", "beach"]),
            ("把第3张放到最前面", ["city", "beach", "forest"]),
            ("交换第1张和第3张", ["city", "forest", "beach"]),
            ("倒序", ["city", "forest", "beach"]),
        ],
    )
    def test_clips(self, words: str, expected: list[str]) -> None:
        assert names(edit(words)) == expected

    @pytest.mark.parametrize("words", ["add this photo too", "add the new picture", "把这张也加上"])
    def test_a_new_photo_is_added_at_the_end(self, words: str) -> None:
        after = edit(words, None, NEW)
        assert names(after) == ["beach", "forest", "city", "boat"]
        assert after["d"] == 12_000

    @pytest.mark.parametrize("words", ["replace clip 2 with the new photo", "把第2张换成新照片"])
    def test_a_photo_is_replaced(self, words: str) -> None:
        before, after = make(), edit(words, None, NEW)
        assert names(after) == ["beach", "boat", "city"]
        assert after["d"] == before["d"]

    @pytest.mark.parametrize(
        ("words", "kind"),
        [
            ("use dip to black between clips", "dip"),
            ("no transitions", "cut"),
            ("hard cuts please", "cut"),
            ("用硬切", "cut"),
            ("remove the transitions", "cut"),
            ("use slide transitions", "slide"),
            ("make the photos slide in", "slide"),
            ("滑动转场", "slide"),
            ("push transitions between the photos", "push"),
            ("用推移转场", "push"),
            ("replace the transitions with wipes", "wipe"),
            ("add wipes between the clips", "wipe"),
            ("换成擦除转场", "wipe"),
            ("zoom transitions please", "zoom"),
            ("缩放转场", "zoom"),
            ("fade to black between the clips", "dip"),
            ("without wipes", "cut"),
            ("no slide transitions", "cut"),
            ("去掉叠化", "cut"),
            ("replace the crossfades with wipes", "wipe"),
            ("instead of crossfades use wipes", "wipe"),
            ("把叠化换成擦除", "wipe"),
        ],
    )
    def test_transitions(self, words: str, kind: str) -> None:
        segments = track(edit(words), 0)
        assert {segment["tr"]["type"] for segment in segments[1:]} == {kind}

    @pytest.mark.parametrize(
        ("words", "tr"),
        [
            ("wipes from the left", {"type": "wipe", "from": "left"}),
            ("slide transitions, from right to left", {"type": "slide", "from": "right"}),
            ("make the photos slide in from the top", {"type": "slide", "from": "top"}),
            ("转场改成从下往上滑动", {"type": "slide", "from": "bottom"}),
            ("擦除转场，从左到右", {"type": "wipe", "from": "left"}),
            ("dip to white between clips", {"type": "dip", "to": "white"}),
            ("闪白转场", {"type": "dip", "to": "white"}),
        ],
    )
    def test_transitions_have_a_side_and_a_colour(self, words: str, tr: dict[str, str]) -> None:
        for segment in track(edit(words), 0)[1:]:
            assert segment["tr"] == {**tr, "d": segment["tr"]["d"]}

    @pytest.mark.parametrize(
        ("words", "ms"),
        [
            ("make the transitions 1 second long", 1000),
            ("use 0.5 second crossfades", 500),
            ("longer transitions", 900),
            ("faster transitions", 400),
            ("转场时间改成1秒", 1000),
            ("转场快一点", 400),
            ("make the crossfades 1 second long", 1000),
            ("use 1 second wipes", 1000),
            ("dip to black for 1 second between photos", 1000),
            ("crossfade each photo over 1 second", 1000),
            ("叠化0.5秒", 500),
            ("用1秒的叠化", 1000),
        ],
    )
    def test_the_length_of_transitions(self, words: str, ms: int) -> None:
        after = edit(words)
        assert [segment["tr"]["d"] for segment in track(after, 0)[1:]] == [ms, ms]
        assert after["d"] == 9000

    @pytest.mark.parametrize(
        "words",
        [
            "12 seconds with crossfades",
            "a 12 second crossfade video",
            "12秒叠化视频",
            "改成12s的竖屏",
        ],
    )
    def test_the_length_of_the_whole_beside_transitions(self, words: str) -> None:
        assert edit(words)["d"] == 12_000

    @pytest.mark.parametrize(
        "words", ["mixed transitions", "use different transitions", "混合转场", "用不同的转场"]
    )
    def test_mixed_transitions_are_of_all_kinds_and_no_two_alike_in_a_row(self, words: str) -> None:
        many = [Asset(f"h{n}", f"{n}.png", "image") for n in range(13)]
        before = make(MAKE, *many)
        shots = [track(draft_of(direct(words, before, many, seed=seed)), 0) for seed in (1, 1, 2)]
        kinds = [segment["tr"]["type"] for segment in shots[0][1:]]
        assert set(kinds) == {"slide", "zoom", "wipe", "crossfade", "push", "dip"}
        assert all(a != b for a, b in itertools.pairwise(kinds))
        assert shots[0] == shots[1]

    def test_transitions_are_for_all_clips_alike(self) -> None:
        plan = direct("use a wipe between clip 1 and clip 2", make(), PHOTOS)
        assert plan.kind is TurnKind.QUESTION
        assert "use a wipe between clip 1 and clip 2" in told(plan)

    @pytest.mark.parametrize(
        ("words", "opens", "closes"),
        [
            ("fade in at the start", True, True),
            ("fade in from black", True, True),
            ("开头淡入", True, True),
            ("start with a fade in and no fade out at the end", True, False),
            ("don't fade out at the end", False, False),
            ("不要淡出", False, False),
            ("no fades", False, False),
            ("不要淡入淡出", False, False),
        ],
    )
    def test_fades_at_the_ends(self, words: str, opens: bool, closes: bool) -> None:
        segments = track(edit(words), 0)
        assert ("in" in segments[0], "out" in segments[-1]) == (opens, closes)

    @pytest.mark.parametrize("words", ["fade to black at the end", "结尾淡出", "end with a fade"])
    def test_a_lively_video_fades_out_only_if_it_is_asked_to(self, words: str) -> None:
        lively = make("an upbeat video with upbeat music")
        assert "out" not in track(lively, 0)[-1]
        assert track(edit(words, lively), 0)[-1]["out"]["d"] > 300
        assert "already" in told(direct("fade out at the end", make(), PHOTOS))

    @pytest.mark.parametrize(
        ("words", "fps"),
        [
            ("60 fps", 60),
            ("make it 24 frames per second", 24),
            ("25fps please", 25),
            ("60帧", 60),
            ("每秒24帧", 24),
            ("60fps的竖屏", 60),
            ("make it 50 fps", 60),
        ],
    )
    def test_frame_rates(self, words: str, fps: int) -> None:
        after = edit(words)
        assert (after["fps"], edit("make it 12 seconds", after)["fps"]) == (fps, fps)
        assert make(f"{MAKE}, {words}")["fps"] == fps
        assert ("not 50" in told(direct(words, make(), PHOTOS))) == ("50" in words)

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("1080x1920", (1080, 1920)),
            ("1280x720 please", (1280, 720)),
            ("改成1080×1920", (1080, 1920)),
            ("480p", (854, 480)),
            ("改成720p", (1280, 720)),
        ],
    )
    def test_sizes_in_pixels(self, words: str, expected: tuple[int, int]) -> None:
        assert size(edit(words)) == expected

    @pytest.mark.parametrize(
        "words",
        ["mute the clips", "remove the original audio", "turn off the clips' sound", "去掉原声"],
    )
    def test_clips_are_muted_and_heard_again(self, words: str) -> None:
        before = make(MAKE, FILM, PHOTOS[0])
        assert [segment.get("v") for segment in track(before, 0)] == [1, None]
        assert music(before) == ("lofi", 0.2)
        silent = edit(words, before)
        assert [segment.get("v") for segment in track(silent, 0)] == [0, None]
        assert music(silent) == ("lofi", 0.35)
        for again in ("keep the original sound", "保留原声"):
            back = edit(again, silent)
            assert (track(back, 0)[0]["v"], music(back)) == (1, ("lofi", 0.2))
        assert track(make(f"{MAKE}, {words}", FILM), 0)[0]["v"] == 0

    def test_a_volume_that_was_said_stays_when_clips_are_muted(self) -> None:
        said = make(f"{MAKE}, music at 60% volume", FILM)
        assert music(edit("mute the clips", said)) == ("lofi", 0.6)
        assert "no video clip" in told(direct("mute the clips", make(), PHOTOS))
        assert music(make("make a silent video", FILM)) is None
        assert track(make("make a silent video", FILM), 0)[0]["v"] == 0

    @pytest.mark.parametrize(
        "words",
        ["mute", "no sound", "turn the sound off", "make it silent", "不要声音", "把声音关了"],
    )
    def test_all_sound_is_turned_off(self, words: str) -> None:
        silent = edit(words, make(MAKE, FILM, PHOTOS[0]))
        assert (track(silent, 0)[0]["v"], music(silent)) == (0, None)

    @pytest.mark.parametrize(
        ("words", "volume"),
        [
            ("use my song as the music", 0.35),
            ("play my mp3 under it", 0.35),
            ("use my own music at 50%", 0.5),
            ("add music", 0.35),
            ("用我上传的音乐", 0.35),
        ],
    )
    def test_a_song_that_was_sent_later_is_put_under_it(self, words: str, volume: float) -> None:
        after = edit(words, make(), SONG)
        assert track(after, 1)[0]["src"]["hash"] == "hash-song"
        assert track(after, 1)[0]["v"] == volume
        assert "is my song" in told(direct("use my song", after, [*PHOTOS, SONG]))

    def test_crossfades_come_back(self) -> None:
        back = edit("use crossfades again", edit("no transitions"))
        assert track(back, 0)[1]["tr"]["type"] == "crossfade"
        assert back["d"] == 9000

    @pytest.mark.parametrize(
        ("words", "style"),
        [("more energetic", "upbeat"), ("make it static", "still"), ("不要动", "still")],
    )
    def test_pace(self, words: str, style: str) -> None:
        assert track(edit(words), 0)[0]["motion"]["style"] == style

    def test_canvas(self) -> None:
        assert size(edit("make it vertical")) == (1080, 1920)
        assert size(edit("720p please")) == (1280, 720)
        assert size(edit("改成方形")) == (1080, 1080)

    def test_several_at_once(self) -> None:
        after = edit('make it 12 seconds, vertical, with epic music and the title "Go"')
        assert (after["d"], size(after)) == (12_000, (1080, 1920))
        assert (music(after), title(after)) == (("cinematic", 0.35), "Go")

    @pytest.mark.parametrize(
        "words",
        [
            "make a 12-second vertical video with upbeat music titled 'Go'",
            "a vertical video, 12 seconds, with happy music and the title 'Go'",
            "make it 12 seconds with upbeat music, portrait, and add a title that says 'Go'",
            "做一个12秒的竖屏视频配上欢快的音乐，标题“Go”",
            "改成12秒，竖屏，换成欢快的音乐，加个标题“Go”",
        ],
    )
    def test_in_one_breath(self, words: str) -> None:
        draft = make(words)
        assert (draft["d"], size(draft)) == (12_000, (1080, 1920))
        assert (music(draft), title(draft)) == (("upbeat", 0.35), "Go")
        assert {s["motion"]["style"] for s in track(draft, 0)} == {"smooth"}

    def test_what_is_to_stay_stays(self) -> None:
        after = edit("remove clip 1 but don't change the music")
        assert (names(after), music(after)) == (["forest", "city"], ("lofi", 0.35))
        assert music(edit("make it 5 seconds, don't touch the title")) == ("lofi", 0.35)

    @pytest.mark.parametrize(
        "words",
        [
            "remove the title and the music",
            "remove the music, the title",
            "去掉标题和音乐",
            "把标题和音乐都去掉",
        ],
    )
    def test_one_verb_for_two_things(self, words: str) -> None:
        after = edit(words, make(f'{MAKE}. Title: "Hi".'))
        assert (music(after), title(after)) == (None, None)

    def test_two_clips_get_a_length(self) -> None:
        shots = Montage.from_draft(edit("make clips 1 and 3 5 seconds long")).shots
        assert [shot.own for shot in shots] == [5000, 2800, 5000]

    def test_a_removed_photo_comes_back_only_if_it_is_asked_for(self) -> None:
        after = edit("remove clip 2")
        for words in ("make it more dreamy", "make it 8 seconds", "add the new photo"):
            plan = direct(words, after, PHOTOS)
            assert names(draft_of(plan) if plan.kind is TurnKind.EDIT else after) == [
                "beach",
                "city",
            ]
        assert names(edit("add the forest photo again", after)) == ["beach", "city", "forest"]
        assert names(edit("add this photo", after, NEW)) == ["beach", "city", "boat"]
        again = direct("turn this image into a 5-second video", after, [*PHOTOS, NEW])
        assert names(draft_of(again)) == ["boat"]
        later = direct("make it more dreamy", draft_of(again), [*PHOTOS, NEW])
        assert later.kind is TurnKind.QUESTION

    def test_an_upload_comes_by_itself_only_at_once(self) -> None:
        after = edit("here it is", None, NEW)
        assert names(after)[-1] == "boat"
        seen = {asset.hash for asset in [*PHOTOS, NEW]}
        late = direct("make it more dreamy", make(), [*PHOTOS, NEW], seen=seen)
        assert late.kind is TurnKind.QUESTION

    def test_a_new_video_of_new_photos(self) -> None:
        plan = direct("turn this image into a 5-second video", make(), [*PHOTOS, NEW])
        assert plan.kind is TurnKind.FIRST_CUT
        assert names(draft_of(plan)) == ["boat"]
        again = direct("start over", make(), PHOTOS)
        assert (again.kind, names(draft_of(again))) == (
            TurnKind.FIRST_CUT,
            ["beach", "forest", "city"],
        )


def cuts(draft: dict[str, Any]) -> list[float]:
    """The moments that belong on beats: where a move sets off, or half way through a change."""
    return [
        s["s"] + (0 if s["tr"]["type"] in ("push", "slide") else s["tr"]["d"] / 2)
        for s in track(draft, 0)[1:]
    ]


def off_beat(draft: dict[str, Any]) -> float:
    """How far the farthest cut is from a beat, in ms."""
    beat = grid(track(draft, 1)[0]["src"]["style"]).beat_ms
    return max(abs((at + beat / 2) % beat - beat / 2) for at in cuts(draft))


def alone(draft: dict[str, Any]) -> list[int]:
    """How long each shot is on after it has come in whole, until the next has."""
    ends = [s["s"] + s["tr"]["d"] for s in track(draft, 0)[1:]]
    return [b - a for a, b in itertools.pairwise([0, *ends, draft["d"]])]


TEN = [Asset(f"hash-{n}", f"p{n}.png", "image", 1600, 900) for n in range(10)]


class TestRhythm:
    @pytest.mark.parametrize("style", ["upbeat", "lo-fi", "ambient", "cinematic"])
    @pytest.mark.parametrize("length", [12, 15, 20, 31])
    def test_cuts_fall_on_beats_and_the_whole_is_as_long_as_asked(
        self, style: str, length: int
    ) -> None:
        words = f"make a {length}-second video with {style} music"
        plan = direct(words, {}, TEN)
        draft = draft_of(plan)
        check(draft)
        assert draft["d"] == length * 1000
        assert off_beat(draft) <= 1
        assert "on its beat" in told(plan)
        lengths = [b - a for a, b in itertools.pairwise([0, *cuts(draft), draft["d"]])]
        assert all(b < 2.01 * a and a < 2.01 * b for a, b in itertools.pairwise(lengths))

    def test_long_shots_change_on_bars(self) -> None:
        for words, length in (("an upbeat 25-second video", 25), ("a 29-second video", 29)):
            draft = make(words, *TEN[:3])
            bar = grid(track(draft, 1)[0]["src"]["style"]).bar_ms
            assert draft["d"] == length * 1000
            assert [at % bar for at in cuts(draft)] == [0, 0]
        assert cuts(make("an upbeat 8-second video", *TEN[:4])) == [2000, 4000, 6000]

    def test_other_music_moves_the_cuts_and_none_leaves_them_even(self) -> None:
        before = make("make a 20-second video", *TEN)
        other = draft_of(direct("use cinematic music", before, TEN))
        assert "on its beat" in told(direct("use cinematic music", before, TEN))
        assert cuts(other) != cuts(before)
        assert off_beat(other) <= 1
        even = draft_of(direct("remove the music", other, TEN))
        spans = [segment["d"] for segment in track(even, 0)]
        assert max(spans) - min(spans) <= 1
        assert draft_of(direct("use lo-fi music", even, TEN))["t"][0] == before["t"][0]

    def test_a_length_set_by_hand_beats_the_beat(self) -> None:
        after = draft_of(direct("make clip 2 2.7 seconds long", make(MAKE, *TEN), TEN))
        assert alone(after)[1] == 2700
        assert alone(draft_of(direct("use cinematic music", after, TEN)))[1] == 2700
        assert alone(after)[5] % 100 == 0 != alone(make(f"{MAKE}, no music", *TEN))[5] % 100
        each = make("2.7 seconds for each photo", *TEN)
        assert each["d"] == 27_000
        spans = [segment["d"] for segment in track(each, 0)]
        assert max(spans) - min(spans) <= 1
        assert "beat" not in told(direct("2.7 seconds for each photo", {}, TEN))

    def test_of_a_song_of_ones_own_no_beat_is_known(self) -> None:
        plan = direct(MAKE, {}, [*TEN, SONG])
        spans = [segment["d"] for segment in track(draft_of(plan), 0)]
        assert max(spans) - min(spans) <= 1
        assert "beat" not in told(plan)
        assert "beat of music that I make" in told(direct(f"{MAKE}, on the beat", {}, [*TEN, SONG]))

    @pytest.mark.parametrize("words", ["a video cut on the beat", "做一个卡点视频"])
    def test_asked_for_the_beat_it_is_upbeat(self, words: str) -> None:
        draft = make(words, *TEN)
        assert track(draft, 0)[0]["motion"]["style"] == "upbeat"
        assert off_beat(draft) == 0
        already = direct("cut on the beat", draft, TEN)
        assert "on its beat" in told(already)

    def test_an_upbeat_video_mixes_moves_and_hard_cuts(self) -> None:
        kinds = [s["tr"]["type"] for s in track(make("an upbeat video", *TEN), 0)[1:]]
        assert kinds[1::2] == ["cut"] * 4
        assert set(kinds[::2]) == {"push", "slide", "zoom"}
        named = track(make("an upbeat video with crossfade transitions", *TEN), 0)[1:]
        assert {s["tr"]["type"] for s in named} == {"crossfade"}
        assert {s["tr"]["d"] for s in named} == {300}
        calm = draft_of(direct("make it calmer and smooth", make("an upbeat video", *TEN), TEN))
        assert {s["tr"]["type"] for s in track(calm, 0)[1:]} == {"crossfade"}

    @settings(max_examples=150, deadline=None)
    @given(
        owns=st.lists(st.integers(200, 6_000), min_size=1, max_size=60),
        even=st.booleans(),
        ms=st.integers(1_000, 120_000),
        style=st.sampled_from(["upbeat", "smooth", "still"]),
        kind=st.sampled_from(["", "mixed", "dip", "push", "zoom", "cut"]),
        wanted=st.sampled_from([None, 100, 3_000]),
        music=st.sampled_from([None, *BEATS]),
        exact=st.sets(st.integers(0, 59), max_size=4),
    )
    def test_never_more_transition_than_clip(
        self,
        owns: list[int],
        even: bool,
        ms: int,
        style: str,
        kind: str,
        wanted: int | None,
        music: str | None,
        exact: set[int],
    ) -> None:
        shots = tuple(
            MontageShot(f"{n}", {"hash": f"{n}"}, own, style, MOVES[n % 7])
            for n, own in enumerate(owns)
        )
        montage = Montage(shots=shots, joining=Joining(kind, ms=wanted))
        montage = montage.evenly(ms) if even else montage.lasting(ms)
        shots = tuple(replace(s, exact=n in exact) for n, s in enumerate(montage.shots))
        source = {"type": "music", "style": music}
        montage = replace(montage, shots=shots, music=Music("M", source) if music else None)
        draft = montage.to_draft()
        check(draft)
        assert draft["d"] == ms
        segments = track(draft, 0)
        overlaps = [0, *(segment["tr"]["d"] for segment in segments[1:]), 0]
        for number, (segment, incoming) in enumerate(zip(segments, overlaps, strict=False)):
            assert incoming + overlaps[number + 1] <= segment["d"]
            if number in exact:
                assert segment["d"] - incoming == montage.shots[number].own
            assert segment["d"] - incoming >= min(MIN_SHOT_MS, montage.shots[number].own)

    @pytest.mark.parametrize(("count", "length"), [(300, 5), (2, 1), (1, 1), (300, 300)])
    def test_many_photos_and_little_time(self, count: int, length: int) -> None:
        many = [Asset(f"h{n}", f"{n}.png", "image") for n in range(count)]
        for pace in ("upbeat", "smooth"):
            draft = make(f"{MAKE}, {pace}. Duration: {length} seconds.", *many)
            assert (draft["d"], len(track(draft, 0))) == (length * 1000, count)

    def test_the_first_shot_comes_nearer_whatever_the_seed(self) -> None:
        for seed in range(8):
            shots = track(draft_of(direct(MAKE, {}, TEN, seed=seed)), 0)
            assert shots[0]["motion"]["move"] == "zoom_in"
            assert len({shot["motion"]["move"] for shot in shots}) > 4
        after = draft_of(direct("remove clip 1", make(MAKE, *TEN), TEN))
        assert track(after, 0)[0]["motion"]["move"] == "zoom_in"


class TestListings:
    @pytest.mark.parametrize(
        ("source", "words", "expected"),
        [
            ("ai-image-to-video-extender", MAKE, ("smooth", "lofi", 10_000, 1080)),
            ("joy-image-to-video", MAKE, ("upbeat", "upbeat", 6_000, 1080)),
            ("image-to-video-low-vram", MAKE, ("smooth", "lofi", 5_000, 720)),
            ("image-to-video-in-free", MAKE, ("smooth", "lofi", 9_000, 1080)),
            ("another-skill", MAKE, ("smooth", "lofi", 9_000, 1080)),
            (
                "joy-image-to-video",
                "a calm 7-second video with ambient music",
                ("smooth", "ambient", 7_000, 1080),
            ),
            (
                "image-to-video-low-vram",
                f"{MAKE}. Resolution: 1080p. Duration: 8 seconds.",
                ("smooth", "lofi", 8_000, 1080),
            ),
        ],
    )
    def test_a_listing_decides_what_words_leave_open(
        self, source: str, words: str, expected: tuple[str, str, int, int]
    ) -> None:
        draft = draft_of(direct(words, {}, PHOTOS, source=source))
        check(draft)
        style = track(draft, 0)[0]["motion"]["style"]
        assert (style, track(draft, 1)[0]["src"]["style"], draft["d"], draft["m"]["height"]) == (
            expected
        )

    def test_what_is_made_for_small_machines_stays_so_when_it_is_edited(self) -> None:
        drafts = [
            draft_of(direct(MAKE, {}, PHOTOS, source=source))
            for source in ("image-to-video-low-vram", "image-to-video-in-free")
        ]
        edited = [edit("make it 12 seconds", draft)["m"] for draft in drafts]
        assert [meta.get("frugal") for meta in edited] == [True, None]

    def test_the_same_photos_are_another_video_for_another_listing(self) -> None:
        drafts = [
            draft_of(direct(MAKE, {}, PHOTOS, source=source))["t"]
            for source in ("ai-image-to-video-extender", "joy-image-to-video")
        ]
        assert drafts[0] != drafts[1]


class TestAnswers:
    @pytest.mark.parametrize(
        ("words", "draft", "assets"),
        [
            ("what can you do?", {}, []),
            ("hello", {}, PHOTOS),
            ("你好", {}, PHOTOS),
            ("make it better", None, PHOTOS),
            ("balance the universe", None, PHOTOS),
            ("remove clip 9", None, PHOTOS),
            ("add the new photo", None, PHOTOS),
            ("delete clips 1, 2 and 3", None, PHOTOS),
            ("it should be 9 seconds", None, PHOTOS),
            ("这个视频怎么样？", None, PHOTOS),
            ("trim the hedge", {}, []),
        ],
    )
    def test_what_cannot_be_done_costs_nothing_and_is_said(
        self, words: str, draft: dict[str, Any] | None, assets: list[Asset]
    ) -> None:
        plan = direct(words, make() if draft is None else draft, assets)
        assert plan.kind is TurnKind.QUESTION
        assert not any(isinstance(step, Save) for step in plan.steps)
        assert len(told(plan)) > 20

    def test_the_nearest_music_is_said_to_be_that(self) -> None:
        assert "do not have jazz" in told(direct("jazz music please", make(), PHOTOS))
        assert "do not have polka" in told(direct(f"{MAKE}. Background music: polka.", {}, PHOTOS))

    def test_part_of_a_wish_may_fail(self) -> None:
        plan = direct("remove clip 7 and make it 5 seconds", make(), PHOTOS)
        assert plan.kind is TurnKind.EDIT
        assert "There is no clip 7" in told(plan)

    @pytest.mark.parametrize(
        ("words", "part"),
        [
            ("make it 20s and zoom in on the astronaut's Face", "zoom in on the astronaut's Face"),
            ("the sky should be bluer, and make it 20s please", "the sky should be bluer"),
            ('make it 20s and write "Go" on the wall', 'write "Go" on the wall'),
            ("make it 20s and translate the title to French", "translate the title to French"),
            ("make it 20s and make the title bigger", "make the title bigger"),
            ("make it 20s and move the first two photos to the end", "move the first two photos to the end"),
            ("make it 20s, make it sparkle", "make it sparkle"),
            ("改成20秒，把天空调蓝", "把天空调蓝"),
        ],
    )  # fmt: skip
    def test_what_was_not_understood_is_said_beside_what_was_done(
        self, words: str, part: str
    ) -> None:
        for plan in (direct(words, make(), PHOTOS), direct(f"{MAKE}. {words}", {}, PHOTOS)):
            assert draft_of(plan)["d"] == 20_000
            if "should be" not in words or plan.kind is TurnKind.EDIT:
                lead = "没能做到：“" if "秒" in words else 'could not do this part: "'
                assert f"{lead}{part}" in told(plan)

    @pytest.mark.parametrize(
        "words",
        [
            "great! make it 20 seconds",
            "thank you, I like it. 20 seconds please",
            "hello, can you make it 20 seconds?",
            "make it 20 seconds but don't touch the music",
            "好的，改成20秒，谢谢",
        ],
    )
    def test_kind_words_are_no_requests(self, words: str) -> None:
        plan = direct(words, make(), PHOTOS)
        assert draft_of(plan)["d"] == 20_000
        assert not any(said in told(plan) for said in ("not do", "cannot", "没能做到"))

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ("translate the title to French", 'I cannot do that: "translate the title to French"'),
            ("make clip 2 longer", 'I cannot do that: "make clip 2 longer"'),
            ("make the video sadder", 'I cannot do that: "make the video sadder"'),
            ("make the first photo faster", "I cannot do that"),
            ("fade out the music at the end", "I cannot do that"),
            ("add subtitles in French", "I cannot do that"),
            ("add a title", "I cannot do that"),
            ("change the title to be more fun", "I cannot do that"),
            ("can you zoom in?", 'I cannot do that: "can you zoom in"'),
            ("remove all photos", "cannot remove every clip"),
            ("删除所有照片", "不能删除全部片段"),
            ("把视频翻译成法语", "这个我做不到：“把视频翻译成法语”"),
            ("center the title", "already"),
        ],
    )
    def test_what_cannot_be_done_is_named(self, words: str, said: str) -> None:
        plan = direct(words, make(f'{MAKE}. Title: "Hi".'), PHOTOS)
        assert plan.kind is TurnKind.QUESTION
        assert said in told(plan)

    def test_the_longest_and_the_shortest_are_told(self) -> None:
        for plan in (
            direct("make it 500 seconds", make(), PHOTOS),
            direct(f"{MAKE}. Duration: 500 seconds.", {}, PHOTOS),
        ):
            assert draft_of(plan)["d"] == 300_000
            assert "300 seconds is the most I can make" in told(plan)
        assert "最长300秒" in told(direct("改成500秒", make(), PHOTOS))
        assert "at least 1 second" in told(direct("make it 0.2 seconds", make(), PHOTOS))

    def test_times_are_told_to_a_tenth(self) -> None:
        draft = make(f"{MAKE}. Duration: 8.45 seconds.")
        assert "was 8.4)" in told(direct("make it 11.266 seconds", draft, PHOTOS))
        assert "11.3 seconds long" in told(direct("make it 11.266 seconds", draft, PHOTOS))
        assert "4.1秒" in told(direct("改成4.134秒", draft, PHOTOS))

    def test_the_language_is_the_users(self) -> None:
        assert "时长" in told(direct("改成5秒", make(), PHOTOS))
        assert "seconds long" in told(direct("make it 5 seconds", make(), PHOTOS))
        assert "title says" in told(direct("change the title to 夏天 2026", make(), PHOTOS))
        assert "标题改为" in told(direct("把标题改成 Hello", make(), PHOTOS))
        assert "秒" in told(direct("5s", make(), PHOTOS, language="zh-CN"))

    def test_it_talks_of_buttons_and_panels(self) -> None:
        english = {told(direct(f"make it {n} seconds", make(), PHOTOS)) for n in range(10, 40)}
        for words in (
            "Export button",
            "Audio panel",
            "Drag and drop",
            "preview it in the timeline",
        ):
            assert any(words in text for text in english)
        chinese = {told(direct(f"改成{n}秒", make(), PHOTOS)) for n in range(10, 40)}
        for words in ("点击导出按钮", "打开音频面板", "拖拽"):
            assert any(words in text for text in chinese)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10),
        ("2.5", 2.5),
        ("twelve", 12),
        ("十", 10),
        ("二十五", 25),
        ("一百", 100),
        ("半", 0.5),
    ],
)
def test_amounts(text: str, value: float) -> None:
    assert amount(text) == value


def test_quotes_are_never_commands() -> None:
    intent = read('add a title that says "remove clip 2, no music, 9:16, 5 seconds"')
    assert intent.title == "remove clip 2, no music, 9:16, 5 seconds"
    assert (intent.remove, intent.no_music, intent.aspect, intent.ms) == ([], False, None, None)
