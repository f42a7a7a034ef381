"""What is told of two drafts, from the view of the person who made the video."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from skill.timeline import changes
from skill.timeline.differences import MOST_LINES


def photo(name: str, d: int = 4000, **more: Any) -> dict[str, Any]:
    return {"d": d, "m": {"title": name}, "src": {"type": "image", "hash": f"h-{name}"}, **more}


def music(name: str, v: float = 0.35, d: int = 12000, s: int = 0) -> dict[str, Any]:
    source = {"type": "music", "style": name.lower()}
    return {"s": s, "d": d, "v": v, "m": {"title": name}, "src": source}


def title(text: str, s: int = 0, d: int = 3000, **more: Any) -> dict[str, Any]:
    style = {"position": "center", "size": "large"}
    return {"s": s, "d": d, "text": text, "m": {"title": text}, "style": style, **more}


def lay(clips: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One after the other, but where a clip has a start of its own."""
    at, laid = 0, []
    for one in clips:
        laid.append({"s": at, **copy.deepcopy(one)})
        at = laid[-1]["s"] + laid[-1]["d"]
    return laid


def draft(
    clips: list[dict[str, Any]] | None = None,
    mus: list[dict[str, Any]] | None = None,
    tit: list[dict[str, Any]] | None = None,
    size: tuple[int, int] = (1920, 1080),
    more: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    laid = lay([COFFEE, ROCKET, CAT] if clips is None else clips)
    total = max(one["s"] + one["d"] for one in laid)
    tracks = [
        {"tt": 0, "sg": laid},
        {"tt": 1, "sg": [music("Lo-fi", d=total)] if mus is None else mus},
        {"tt": 7, "sg": [title("Urban Dreams")] if tit is None else tit},
        *(more or []),
    ]
    return {"d": total, "m": {"width": size[0], "height": size[1]}, "t": tracks}


COFFEE, ROCKET, CAT, MOON = photo("coffee"), photo("rocket"), photo("cat"), photo("moon")
TEN = [photo(f"p{i}", 2000) for i in range(10)]
BEFORE = draft()

PAIRS: list[tuple[str, dict[str, Any], dict[str, Any], list[str], list[str] | None]] = [
    ("title added", draft(tit=[]),BEFORE,
     ["Title added: 'Urban Dreams' (0-3s)"], None),
    ("title removed", BEFORE,draft(tit=[]),
     ["Title removed: 'Urban Dreams' (0-3s)"], None),
    ("title retimed", BEFORE,draft(tit=[title("Urban Dreams",2000,3000)]),
     ["Title 'Urban Dreams' moved from 0s to 2s"], None),
    ("title longer", BEFORE,draft(tit=[title("Urban Dreams",0,5000)]),
     ["Title 'Urban Dreams': 3s → 5s long"], None),
    ("title moved and longer", BEFORE,draft(tit=[title("Urban Dreams",2000,5000)]),
     ["Title 'Urban Dreams' moved: 0-3s → 2-7s"], ['标题“Urban Dreams”移动：0-3秒 → 2-7秒']),
    ("title restyled", BEFORE,draft(tit=[title("Urban Dreams",style={"position":"top","size":"large"})]),
     ["Title 'Urban Dreams' style: large center → large top"], None),
    ("title recoloured", BEFORE,draft(tit=[title("Urban Dreams",style={"position":"center","size":"large","color":"#f00"})]),
     ["Title 'Urban Dreams' changed"], None),
    ("title reworded", BEFORE,draft(tit=[title("City Lights")]),
     ["Title changed: 'Urban Dreams' → 'City Lights'"], None),
    ("title reworded and moved", BEFORE,draft(tit=[title("City Lights",6000)]),
     ["Title changed: 'Urban Dreams' → 'City Lights'", "Title 'City Lights' moved from 0s to 6s"], None),
    ("second title", BEFORE,draft(tit=[title("Urban Dreams"),title("The End",9000)]),
     ["Title added: 'The End' (9-12s)"], None),
    ("quote in title", BEFORE,draft(tit=[title('Say "hi" — it\'s me')]),
     ['Title changed: \'Urban Dreams\' → \'Say "hi" — it\'s me\''], None),
    ("music and its volume", BEFORE,draft(mus=[music("Jazz",.5)]),
     ['Music changed: Lo-fi → Jazz (35% → 50%)'], ['音乐更换：Lo-fi → Jazz（35% → 50%）']),
    ("music swap", BEFORE,draft(mus=[music("Jazz")]),
     ['Music changed: Lo-fi → Jazz'], None),
    ("music quieter", BEFORE,draft(mus=[music("Lo-fi",.1)]),
     ['Music volume: 35% → 10%'], None),
    ("music muted", BEFORE,draft(mus=[music("Lo-fi",0)]),
     ['Music volume: 35% → 0%'], None),
    ("music removed", BEFORE,draft(mus=[]),
     ['Music removed: Lo-fi (0-12s, 35%)'], None),
    ("music added", draft(mus=[]),BEFORE,
     ['Music added: Lo-fi (0-12s, 35%)'], None),
    ("music starts later", BEFORE,draft(mus=[music("Lo-fi",d=10000,s=2000)]),
     ['Music moved: 0-12s → 2-12s'], None),
    ("voiceover added", BEFORE,draft(more=[{"tt":1,"m":{"title":"Audio"},"sg":[{"s":0,"d":5000,"v":1,"m":{"title":"voice.mp3"},"src":{"type":"audio","hash":"v"}}]}]),
     ['Audio added: voice.mp3 (0-5s, 100%)'], None),
    ("clip at front", BEFORE,draft([MOON,COFFEE,ROCKET,CAT]),
     ['Duration: 12s → 16s', 'Clip added: moon (0-4s)'], ['时长：12秒 → 16秒', '新增片段：moon (0-4s)']),
    ("clip in middle", BEFORE,draft([COFFEE,MOON,ROCKET,CAT]),
     ['Duration: 12s → 16s', 'Clip added: moon (4-8s)'], None),
    ("clip at end", BEFORE,draft([COFFEE,ROCKET,CAT,MOON]),
     ['Duration: 12s → 16s', 'Clip added: moon (12-16s)'], None),
    ("last clip goes on", BEFORE,draft([COFFEE,ROCKET,photo("cat",14000,motion={"d":4000})],[{**music("Lo-fi",d=22000),"fade":{"out":1500}}]),
     ['Made longer by 10s: 12s → 22s'], ['延长了10秒：12秒 → 22秒']),
    ("first clip longer", BEFORE,draft([photo("coffee",9000),ROCKET,CAT]),
     ['Duration: 12s → 17s', "Clip 1: 4s → 9s long"], None),
    ("clip removed front", BEFORE,draft([ROCKET,CAT]),
     ['Duration: 12s → 8s', 'Clip removed: coffee (0-4s)'], None),
    ("clip removed middle", BEFORE,draft([COFFEE,CAT]),
     ['Duration: 12s → 8s', 'Clip removed: rocket (4-8s)'], None),
    ("two swapped", BEFORE,draft([ROCKET,COFFEE,CAT]),
     ['Clips 1 and 2 swapped: coffee ↔ rocket'], ['片段1和2对调：coffee ↔ rocket']),
    ("two of ten swapped", draft(TEN),draft([*TEN[:3],TEN[7],*TEN[4:7],TEN[3],*TEN[8:]]),
     ['Clips 4 and 8 swapped: p3 ↔ p7'], None),
    ("moved to front", BEFORE,draft([CAT,COFFEE,ROCKET]),
     ['Clip moved from place 3 to 1: cat'], None),
    ("one of ten to front", draft(TEN),draft([TEN[9],*TEN[:9]]),
     ['Clip moved from place 10 to 1: p9'], ['片段从第10位移到第1位：p9']),
    ("reversed", BEFORE,draft([CAT,ROCKET,COFFEE]),
     ['Clips 1 and 3 swapped: coffee ↔ cat'], None),
    ("all sped up", BEFORE,draft([photo("coffee",2000),photo("rocket",2000),photo("cat",2000)]),
     ['Duration: 12s → 6s', 'All 3 clips now 2s long (were 4s)'], None),
    ("all sped up, own lengths", draft([photo("coffee",4000),photo("rocket",6000),photo("cat",2000)]),draft([photo("coffee",2000),photo("rocket",3000),photo("cat",1000)]),
     ['Duration: 12s → 6s', 'All 3 clips now 1-3s long (were 2-6s)'], None),
    ("all sped, speed key", BEFORE,draft([photo("coffee",2000,speed=2),photo("rocket",2000,speed=2),photo("cat",2000,speed=2)]),
     ['Duration: 12s → 6s', 'All 3 clips now 2s long (were 4s)'], None),
    ("trim tail", BEFORE,draft([COFFEE,photo("rocket",2500),CAT]),
     ['Duration: 12s → 10.5s', 'Clip 2: 4s → 2.5s long'], None),
    ("trim head", BEFORE,draft([COFFEE,photo("rocket",2500,ss=1500),CAT]),
     ['Duration: 12s → 10.5s', 'Clip 2: 4s → 2.5s long'], None),
    ("trim head in place", BEFORE,draft([COFFEE,{**photo("rocket",2500),"s":5500},CAT]),
     ['Clip 2 moved: 4-8s → 5.5-8s'], None),
    ("split", BEFORE,draft([COFFEE,photo("rocket",2000),photo("rocket",2000,ss=2000),CAT]),
     ['Clip 2 split: rocket (2s + 2s)'], ['片段2已分割：rocket（2秒 + 2秒）']),
    ("track with clips", BEFORE,draft(more=[{"tt":0,"sg":lay([photo("a",1000),photo("b",1000),photo("c",1000)])}]),
     ['3 clips added: a, b, c'], None),
    ("five titles added", draft(tit=[]),draft(tit=[title(f"Chapter {i}",i*2000,1500) for i in range(6)]),
     ["6 titles added: 'Chapter 0', 'Chapter 1', 'Chapter 2', 'Chapter 3', 'Chapter 4', 'Chapter 5'"], ['新增6个标题：“Chapter 0”、“Chapter 1”、“Chapter 2”、“Chapter 3”、“Chapter 4”、“Chapter 5”']),
    ("all replaced", BEFORE,draft([photo(n) for n in ("sun","sea","sand")],[music("Jazz",.5)],[title("Beach")]),
     ['All 3 clips replaced: coffee, rocket, cat → sun, sea, sand', 'Music changed: Lo-fi → Jazz (35% → 50%)', "Title changed: 'Urban Dreams' → 'Beach'"], ['全部3个片段替换：coffee、rocket、cat → sun、sea、sand', '音乐更换：Lo-fi → Jazz（35% → 50%）', '标题更换：“Urban Dreams” → “Beach”']),
    ("all replaced more", BEFORE,draft([photo(n,3000) for n in "abcdefgh"],[music("Jazz",.5)],[title("Beach")],(1080,1920)),
     ['Format: 16:9 → 9:16 (1080×1920)', 'Duration: 12s → 24s', 'All 3 clips replaced: coffee, rocket, cat → a, b, c, d, e and 3 more', 'Music changed: Lo-fi → Jazz (35% → 50%)', "Title changed: 'Urban Dreams' → 'Beach'"], None),
    ("aspect", BEFORE,draft(size=(1080,1920)),
     ['Format: 16:9 → 9:16 (1080×1920)'], ['画面比例：16:9 → 9:16（1080×1920）']),
    ("odd aspect", BEFORE,draft(size=(1080,1350)),
     ['Format: 16:9 → 4:5 (1080×1350)'], None),
    ("aspect near", BEFORE,draft(size=(1918,1080)),
     ['Size: 1920×1080 → 1918×1080'], None),
    ("same clip twice", BEFORE,draft([COFFEE,ROCKET,ROCKET,CAT]),
     ['Duration: 12s → 16s', 'Clip added: rocket (8-12s)'], None),
    ("same clip twice, one gone", draft([COFFEE,ROCKET,ROCKET,CAT]),BEFORE,
     ['Duration: 16s → 12s', 'Clip removed: rocket (8-12s)'], None),
    ("motion all", BEFORE,draft([photo(n,motion={"style":"smooth","move":"zoom_in"}) for n in ("coffee","rocket","cat")]),
     ['All 3 clips: motion now smooth zoom in'], None),
    ("transition all", BEFORE,draft([photo(n,tr={"type":"crossfade","d":600}) for n in ("coffee","rocket","cat")]),
     ['All 3 clips: transition now crossfade 0.6s'], None),
    ("transition ten", draft(TEN),draft([{**c,"tr":{"type":"crossfade","d":600}} for c in TEN]),
     ['All 10 clips: transition now crossfade 0.6s'], ['全部10个片段：转场现为crossfade 0.6s']),
    ("filter all", BEFORE,draft([photo(n,filter="sepia") for n in ("coffee","rocket","cat")]),
     ['All 3 clips changed'], None),
    ("filter one", BEFORE,draft([COFFEE,photo("rocket",filter="sepia"),CAT]),
     ['Clip 2 changed'], None),
    ("clip volume", BEFORE,draft([COFFEE,photo("rocket",v=0),CAT]),
     ['Clip 2 volume: default → 0%'], None),
    ("gap", BEFORE,draft([COFFEE,{**photo("rocket"),"s":6000},CAT]),
     ['Duration: 12s → 14s', 'Clip 2 moved from 4s to 6s'], None),
    ("sub", BEFORE,draft([COFFEE,photo("rocket",40),CAT]),
     ['Duration: 12s → 8.04s', 'Clip 2: 4s → 0.04s long'], None),
    ("hours", BEFORE,draft([photo("coffee",3600_000),ROCKET,CAT]),
     ['Duration: 12s → 3608s', 'Clip 1: 4s → 3600s long'], None),
    ("effect track added", BEFORE,draft(more=[{"tt":9,"sg":[{"s":0,"d":4000,"m":{"title":"glow"}}]}]),
     ['Element added: glow (0-4s)'], None),
    ("empty track added", BEFORE,draft(more=[{"tt":1,"sg":[]}]),
     [], None),
    ("captions ten restyled", draft(TEN,tit=[title(f"c{i}",i*2000,2000,style={"size":"small"}) for i in range(10)]),draft(TEN,tit=[title(f"c{i}",i*2000,2000,style={"size":"small","position":"top"}) for i in range(10)]),
     ['All 10 texts: style now small top'], None),
    ("captions ten shifted", draft(TEN,tit=[title(f"c{i}",i*2000,2000,style={"size":"small"}) for i in range(10)]),draft(TEN,tit=[title(f"c{i}",i*2000+1000,2000,style={"size":"small"}) for i in range(10)]),
     ['All 10 texts moved 1s later'], ['全部10条文字推后1秒']),
    ("clip front, titles shift too", BEFORE,draft([MOON,COFFEE,ROCKET,CAT],tit=[title("Urban Dreams",4000)]),
     ['Duration: 12s → 16s', 'Clip added: moon (0-4s)'], None),
    ("slideshow 2x with captions", draft(TEN,tit=[title(f"c{i}",i*2000,2000,style={"size":"small"}) for i in range(10)]),draft([{**c,"d":1000} for c in TEN],tit=[title(f"c{i}",i*1000,1000,style={"size":"small"}) for i in range(10)]),
     ['Duration: 20s → 10s', 'All 10 clips now 1s long (were 2s)'], None),
    ("to empty", BEFORE,{"t":[]},
     ['Everything is removed: the timeline is empty'], ['已全部删除：时间线为空']),
    ("from empty", {},BEFORE,
     ['Duration: 0s → 12s', '3 clips added: coffee, rocket, cat', 'Music added: Lo-fi (0-12s, 35%)', "Title added: 'Urban Dreams' (0-3s)"], None),
    ("from empty ten", {},draft(TEN),
     ['Duration: 0s → 20s', '10 clips added: p0, p1, p2, p3, p4 and 5 more', 'Music added: Lo-fi (0-20s, 35%)', "Title added: 'Urban Dreams' (0-3s)"], None),
    ("split, with the cut noted", BEFORE, draft([COFFEE, photo("rocket", 2000, out=2000), photo("rocket", 2000, ss=2000), CAT]),
     ["Clip 2 split: rocket (2s + 2s)"], None),
    ("clip front and the next one shorter, its title goes with it", BEFORE,
     draft([MOON, photo("coffee", 3500), ROCKET, CAT], tit=[title("Urban Dreams", 4000)]),
     ["Duration: 12s → 15.5s", "Clip added: moon (0-4s)", "Clip 2: 4s → 3.5s long"], None),
    ("three titles timed each in its way", draft(TEN, tit=[title(f"c{i}", 6000 * i + 500) for i in range(3)]),
     draft(TEN, tit=[title("c0", 800), title("c1", 6500, 1000), title("c2", 12800, 4000)]),
     ["All 3 titles retimed"], ["全部3个标题的时间有调整"]),
    ("one photo in the place of two others", draft([COFFEE, ROCKET]), draft([photo("sun")]),
     ["Duration: 8s → 4s", "All 2 clips replaced: coffee, rocket → sun"], None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "told", "chinese"), [pair[1:] for pair in PAIRS], ids=[p[0] for p in PAIRS]
)
def test_it_is_told_as_a_person_would_say_it(
    before: dict[str, Any], after: dict[str, Any], told: list[str], chinese: list[str] | None
) -> None:
    assert list(changes(before, after)) == told
    if chinese is not None:
        assert list(changes(before, after, "zh-CN")) == chinese


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0])
def test_the_order_of_tracks_makes_no_difference(pair: Any) -> None:
    _, before, after, told, _ = pair
    turned = {**after, "t": [{**t, "sg": t["sg"][::-1]} for t in reversed(after["t"])]}
    assert list(changes(before, turned)) == told


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0])
def test_a_change_there_is_a_change_back_and_never_a_flood(pair: Any) -> None:
    _, before, after, told, _ = pair
    assert bool(changes(after, before)) == bool(told)
    assert len(changes(after, before)) <= MOST_LINES


def test_what_only_has_new_ids_and_addresses_is_the_same() -> None:
    new = copy.deepcopy(BEFORE)
    new.update(uuid="1", saved="2031-01-01T10:00:00Z", saved_ms=1_900_000_000_000)
    for number, track in enumerate(new["t"]):
        track.update(key="6f1b0c7e-8a51-4c43-9d1f-0b7f0e1f2a3b", z_index=number)
        for segment in track["sg"]:
            segment["material"] = "0b7f0e1f-8a51-4c43-9d1f-6f1b0c7e2a3b"
            segment.setdefault("src", {}).update(
                file="s3://bucket/x?X-Amz-Date=2", still="/x.png?Expires=99"
            )
            segment["edited"] = 1_900_000_000
    assert changes(BEFORE, new) == ()


def test_of_very_many_changes_the_first_are_told_and_the_rest_counted() -> None:
    def many(by: int) -> dict[str, Any]:
        notes = [
            {
                "tt": kind,
                "sg": [{"s": by * i, "d": 500 + by, "name": f"{by}-{kind}-{i}"} for i in (1, 2)],
            }
            for kind in (1, 3, 9, 7)
        ]
        return draft(more=notes)  # fmt: skip

    told = changes(many(1000), many(3000))
    assert len(told) == MOST_LINES
    assert told[-1].startswith("… and ")
    assert changes(many(1000), many(3000), "zh")[-1].startswith("……另有")
