"""What the user asks for → edits of the draft and the steps that tell of them.

Pure: the same words, draft, media and seed give the same reply. There is no model behind it, and it
says so where it does not understand.
"""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePath
from typing import Any

from mock_server.agent.clip_references import repeated
from mock_server.agent.edits import apply, exactly, limit, nearest_rate, rate_note
from mock_server.agent.edits.audio import (
    OFF_THE_BEAT,
    ON_THE_BEAT,
    default_volume,
    music_named,
    muted,
    own_note,
)
from mock_server.agent.edits.change import Note, seconds
from mock_server.agent.edits.extend import whole
from mock_server.agent.edits.look import look_note, look_of
from mock_server.agent.edits.titles import edit_captions, title_of
from mock_server.agent.edits.transitions import joining_of
from mock_server.agent.intent import Intent, read
from mock_server.agent.listing_defaults import Manner, manner
from mock_server.agent.montage import (
    FPS,
    MAX_MS,
    MOVES,
    SHOT_MS,
    SIZES,
    Montage,
    MontageShot,
    Music,
)
from mock_server.agent.steps import Beat, Save, Say, Step, ToolCall, ToolResult
from mock_server.agent.vocabulary import ADD, BACK, OF_PHOTOS, VERB

LEAST_MS = 5_000
CLIP_MS = 10_000
"""The most of an uploaded clip that a first cut takes, unless a duration is asked for."""


class TurnKind(StrEnum):
    """What a message turned out to be, which decides its price."""

    FIRST_CUT = "first_cut"
    GENERATION = "generation"
    EDIT = "edit"
    QUESTION = "question"


@dataclass(frozen=True)
class Asset:
    """An upload as the director sees it. Type image, video or audio; pixels; seconds; whether it
    has sound; frames a second."""

    hash: str
    name: str
    type: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    sound: bool = True
    fps: float | None = None

    @property
    def title(self) -> str:
        return PurePath(self.name).stem


@dataclass(frozen=True)
class Picture:
    """A picture to be drawn for a clip made from words alone."""

    hash: str
    name: str
    width: int
    height: int


@dataclass(frozen=True)
class Reply:
    """How a message is answered. The last `Save` among the steps holds the new draft."""

    kind: TurnKind
    steps: tuple[Step, ...]
    pictures: tuple[Picture, ...] = ()


def direct(
    words: str,
    draft: Mapping[str, Any],
    assets: Sequence[Asset],
    *,
    seen: Collection[str] = (),
    seed: int = 0,
    language: str | None = None,
    source: str | None = None,
) -> Reply:
    """Decide what a message means for this draft and these uploads. `seen` are the hashes of those
    that were there when the message before was answered; `source` names the listing that it came
    by."""
    montage = Montage.from_draft(draft)
    intent = read(words, [shot.title for shot in montage.shots], language=language)
    teller = Teller(intent.language, seed)
    way = manner(source)
    if intent.goes_on and intent.ms is None and intent.by_ms is None:
        intent.by_ms = way.ms
    visual = [asset for asset in assets if asset.type in ("image", "video")]
    if montage.shots:
        never = [asset for asset in visual if asset.hash not in montage.seen]
        again = intent.over or (intent.create and (bool(never) or not intent.edits))
        if again and not intent.add:
            chosen = never if never and not intent.over else visual
            if chosen:
                return _generate(intent, chosen, assets, teller, seed, montage, way)
        fresh = _fresh(words, intent, montage, visual, seen)
        return _edit(intent, montage, fresh, _song(assets, montage.music), teller)
    if intent.question and not intent.create and not intent.edits:
        return _answer(teller, help_=True)
    clips = [asset for asset in visual if asset.type == "video"]
    if clips and intent.goes_on:
        return _edit(intent, _as_they_are(clips, montage, seed, way), [], _song(assets), teller)
    if visual:
        return _generate(intent, visual, assets, teller, seed, montage, way)
    if intent.create:
        return _imagine(words, intent, assets, teller, seed, way)
    return _answer(teller, help_=False)


def _fresh(
    words: str, intent: Intent, montage: Montage, visual: Sequence[Asset], seen: Collection[str]
) -> list[Asset]:
    """The uploads a message may bring into the video.

    Asked to, it brings those it names, else those that were never in it, else those that were taken
    out of it. By itself it brings what has come since the last message and no more.
    """
    shown = {str(shot.source.get("hash")) for shot in montage.shots}
    spare = [asset for asset in visual if asset.hash not in shown]
    never = [asset for asset in spare if asset.hash not in montage.used]
    said = words.casefold()
    named = [asset for asset in spare if len(asset.title) > 2 and asset.title.casefold() in said]
    if named:
        _add_by_name(intent, named)
    if not (intent.add or intent.replace):
        return [asset for asset in never if asset.hash not in seen]
    anew = any(word in said for word in (" new ", "新"))
    return named or never or ([] if anew else spare)


def _add_by_name(intent: Intent, named: Sequence[Asset]) -> None:
    """ "Add chelsea again" is understood only by who knows that there is a chelsea."""
    for part in list(intent.unread):
        said = part.casefold()
        if re.search(f"{ADD}|{BACK}", said) and any(a.title.casefold() in said for a in named):
            intent.add = True
            intent.unread.remove(part)


@dataclass(frozen=True)
class Teller:
    """Chooses between the two languages, and among the ways the backend talks of its screen."""

    language: str
    seed: int

    def pick(self, english: str, chinese: str) -> str:
        return chinese if self.language == "zh" else english

    def screen(self, key: str) -> str:
        """A sentence about buttons and panels, as the real backend ends its answers."""
        english = (
            "You can preview it in the timeline. Click the Export button to download your video.",
            "Open the Audio panel to fine-tune the volume, or click [Export] when you are happy.",
            "Drag and drop the clips in the timeline to change their order.",
        )
        chinese = (
            "您可以在时间线中预览。点击导出按钮即可下载视频。",
            "打开音频面板可以调整音量，满意后点击「导出」。",
            "拖拽时间线上的片段可以调整顺序。",
        )
        digest = hashlib.sha256(f"{self.seed}:{key}".encode()).digest()
        number = digest[0] % len(english)
        return self.pick(english[number], chinese[number])


def _generate(
    intent: Intent,
    visual: Sequence[Asset],
    assets: Sequence[Asset],
    teller: Teller,
    seed: int,
    before: Montage,
    way: Manner,
) -> Reply:
    """A cut from uploads: the raw one first, then music and words on their own account."""
    shown = repeated(visual, intent.again)
    raw = _first_cut(intent, shown, seed, before, way).named()
    full, notes = _finish(raw, intent, _song(assets), seed, way)
    count = len(visual)
    length = seconds(raw.ms)
    width, height = raw.size
    first = teller.pick(
        f"I've put together a first cut of your {count} file{'s' if count > 1 else ''}: "
        f"{length} seconds at {width}x{height} ({raw.aspect}). ",
        f"我已经用您的{count}个素材剪好了初版：{length}秒，{width}x{height}（{raw.aspect}）。",
    )
    steps = _storyboard(raw, first)
    asked = (intent.each_ms or 0) * len(shown) or intent.ms
    notes += [change.note for change in limit(asked or raw.ms)]
    # Much of a first message paints a picture; what begins as a request is one.
    requests = [part for part in intent.unread if re.match(VERB, part.casefold())]
    steps += _finishing(raw, full, notes, _undone(requests, teller), teller)
    return Reply(TurnKind.FIRST_CUT, tuple(steps))


def _song(assets: Sequence[Asset], before: Music | None = None) -> Music | None:
    """The first piece of music of the user's own that is not the one there was before."""
    for asset in assets:
        source = {"type": "audio", "hash": asset.hash, "name": asset.name}
        if asset.type == "audio" and (before is None or before.source != source):
            return Music(asset.title, source)
    return None


def _storyboard(raw: Montage, told: str) -> list[Step]:
    shots = [shot.title for shot in raw.shots]
    return [
        Beat(),
        ToolCall("plan_storyboard", {"shots": shots}, "The user has photos; I order them first."),
        Beat("comment"),
        ToolResult(
            "plan_storyboard",
            {
                "status": "ok",
                "shots": len(shots),
                "internal_url": "http://storyboard.agents.internal:8080/v1/plan",
                "trace_token": "nmv_int_5f1d0c7e4b2a",
            },
        ),
        ToolCall("compose_timeline", {"duration_ms": raw.ms, "aspect": raw.aspect}),
        Save(raw.to_draft()),
        Beat("empty"),
        ToolResult("compose_timeline", {"status": "ok", "draft_version": 1}),
        Say(told),
    ]


def _finishing(
    raw: Montage, full: Montage, notes: list[Note], undone: list[str], teller: Teller
) -> list[Step]:
    told = [teller.pick(note.english, note.chinese) for note in notes] + undone
    said: list[Step] = (
        [Say("".join(teller.pick(f"{text} ", text) for text in told))] if told else []
    )
    said.append(Say(teller.screen(f"first:{full.ms}:{full.aspect}")))
    if full == raw:
        return said
    args: dict[str, Any] = {"music": full.music.title if full.music else None}
    args["texts"] = [words.text for words in full.words]
    return [
        Beat(),
        ToolCall("finish_cut", args, "Now the music and the words."),
        Beat("comment"),
        Save(full.to_draft()),
        ToolResult("finish_cut", {"status": "ok", "asset": "s3://nemo-internal/bgm/0017.m4a"}),
        *said,
    ]


def _first_cut(
    intent: Intent, visual: Sequence[Asset], seed: int, before: Montage, way: Manner
) -> Montage:
    style = intent.style or ("upbeat" if intent.beat else way.style)
    shots = tuple(
        replace(_shot(asset, style), move=MOVES[(seed + number) % len(MOVES)])
        for number, asset in enumerate(visual)
    )
    montage = Montage(
        aspect=intent.aspect or _aspect(visual),
        lines=min(intent.lines or way.lines or 1080, 1080),
        fps=nearest_rate(intent.fps) if intent.fps else FPS,
        shots=shots,
        opens=intent.fade_in,
        closes=intent.fade_out,
        look=look_of(intent, way.look),
        frugal=way.frugal,
        seed=seed,
        made=before.made,
        used=before.seen,
    ).styled(style)
    montage = replace(montage, joining=joining_of(intent, montage))
    if intent.clip_sound is False:
        montage = muted(montage, on=True)
    natural = sum(shot.own for shot in shots)
    if intent.each_ms:
        return exactly(montage.evenly(intent.each_ms * len(shots)))
    asked = intent.ms or way.ms
    if asked or all(asset.type == "image" for asset in visual):
        return montage.evenly(asked or max(LEAST_MS, natural))
    return montage.lasting(natural)


def _shot(asset: Asset, style: str) -> MontageShot:
    moving = asset.type == "video"
    own = SHOT_MS[style]
    if moving and asset.duration:
        own = max(500, min(CLIP_MS, round(asset.duration * 1000)))
    return MontageShot(
        title=asset.title,
        source={"type": asset.type, "hash": asset.hash, "name": asset.name},
        own=own,
        style=style,
        volume=1.0 if moving and asset.sound else None,
    )


def _as_they_are(clips: Sequence[Asset], before: Montage, seed: int, way: Manner) -> Montage:
    """The user's own clips in full, for new footage to go on from the last frame."""
    shots = [
        replace(_shot(clip, "smooth"), own=min(round((clip.duration or 0) * 1000), MAX_MS))
        for clip in clips
    ]
    first = clips[0]
    rate = nearest_rate(round(first.fps or FPS))
    cut = whole(shots, first.width or 1920, first.height or 1080, rate, most=way.lines or 1080)
    return replace(cut, seed=seed, made=before.made, used=before.seen)


def _aspect(visual: Sequence[Asset]) -> str:
    upright = sum(1 for asset in visual if (asset.height or 0) > (asset.width or 0))
    return "9:16" if upright * 2 > len(visual) else "16:9"


def _finish(
    raw: Montage, intent: Intent, song: Music | None, seed: int, way: Manner
) -> tuple[Montage, list[Note]]:
    """Add music and words to a raw cut, as far as they are wanted."""
    notes: list[Note] = []
    full = raw
    volume = intent.volume if intent.volume is not None else default_volume(raw)
    if intent.fps and intent.fps != raw.fps:
        notes.append(rate_note(intent.fps, raw.fps))
    if raw.look:
        notes.append(look_note(raw.look))
    if not intent.no_music:
        if song is not None and intent.music is None:
            full = replace(full, music=replace(song, volume=volume))
            notes.append(own_note(song))
        else:
            style = intent.music or way.music or ("upbeat" if raw.style == "upbeat" else "lofi")
            music, note = music_named(style, intent.music_asked, volume, seed)
            full = replace(full, music=music)
            notes.append(note)
    if full.on_the_beat:
        notes.append(ON_THE_BEAT)
    elif intent.beat:
        notes.append(OFF_THE_BEAT)
    if intent.title:
        full = replace(full, words=(*full.words, title_of(intent)))
        verb, where = ("ends", "结尾") if intent.title_last else ("opens", "开头")
        notes.append(
            Note(f'The title "{intent.title}" {verb} it.', f"{where}加上了标题“{intent.title}”。")
        )
    if intent.caption or intent.captions or intent.photo_captions:
        full, changes = edit_captions(intent, full)
        notes += [change.note for change in changes]
    return full, notes


def _imagine(
    words: str, intent: Intent, assets: Sequence[Asset], teller: Teller, seed: int, way: Manner
) -> Reply:
    """A clip from words alone: pictures are drawn for it first."""
    aspect, lines = intent.aspect or "16:9", min(intent.lines or way.lines or 1080, 1080)
    width, height = SIZES[aspect, lines]
    pictures = []
    for number in range(3):
        recipe = f"{seed}:{words}:{number}:{width}x{height}"
        digest = hashlib.sha256(recipe.encode()).hexdigest()
        pictures.append(Picture(digest, f"generated-{number + 1}", width, height))
    drawn = [Asset(p.hash, f"{p.name}.png", "image", p.width, p.height) for p in pictures]
    raw = _first_cut(intent, drawn, seed, Montage(), way).named()
    full, notes = _finish(raw, intent, _song(assets), seed, way)
    told = teller.pick(
        f"I've generated {len(pictures)} abstract pictures for it and cut them to "
        f"{seconds(raw.ms)} seconds. ",
        f"我生成了{len(pictures)}张抽象画面，剪成了{seconds(raw.ms)}秒的视频。",
    )
    steps = _storyboard(raw, told) + _finishing(raw, full, notes, [], teller)
    return Reply(TurnKind.GENERATION, tuple(steps), tuple(pictures))


def _edit(
    intent: Intent, montage: Montage, fresh: Sequence[Asset], song: Music | None, teller: Teller
) -> Reply:
    shots = [
        replace(_shot(asset, montage.style), move=MOVES[(len(montage.shots) + number) % len(MOVES)])
        for number, asset in enumerate(fresh)
    ]
    edited, changes = apply(intent, montage, shots, song)
    told = [teller.pick(change.note.english, change.note.chinese) for change in changes]
    unread = intent.unread
    if any(change.tool == "add_clips" for change in changes):  # they may have told of the photos
        unread = [part for part in unread if not re.search(OF_PHOTOS, part.casefold())]
    if edited == montage and not told:
        return _answer(teller, help_=True, unread=unread)
    told += _undone(unread, teller)
    if edited == montage:
        return _plain(teller.pick(" ", "").join(told))
    steps: list[Step] = [Beat()]
    for change in changes:
        if change.tool:
            steps.append(ToolCall(change.tool, change.args, "The user wants this changed."))
            internal = {"status": "ok", "internal_url": "http://timeline.agents.internal:8080/v1"}
            steps += [Beat("comment"), ToolResult(change.tool, internal)]
    steps.append(Save(edited.to_draft()))
    told.append(teller.screen(f"edit:{edited.made}:{edited.ms}"))
    steps.append(Say(teller.pick(" ", "").join(told)))
    anew = any(change.tool == "extend_video" for change in changes)
    return Reply(TurnKind.GENERATION if anew else TurnKind.EDIT, tuple(steps))


def _undone(unread: Sequence[str], teller: Teller) -> list[str]:
    """What was asked for beside the rest and not understood."""
    if not unread:
        return []
    parts = teller.pick('", "', "”、“").join(unread)
    return [teller.pick(f'I could not do this part: "{parts}".', f"这部分没能做到：“{parts}”。")]


def _answer(teller: Teller, *, help_: bool, unread: Sequence[str] = ()) -> Reply:
    if help_:
        parts = teller.pick('", "', "”、“").join(unread)
        sorry = teller.pick(f'I cannot do that: "{parts}". ', f"这个我做不到：“{parts}”。")
        return _plain(
            (sorry if unread else "")
            + teller.pick(
                "I can turn your photos into a video and edit it: its duration, aspect ratio and "
                "resolution, the music and its volume, a title or caption, the pace, the "
                "transitions and fades, and the clips themselves (add, remove, replace, reorder). Tell me "
                'for example: "make it 10 seconds with upbeat music".',
                "我可以把您的照片做成视频并修改它：时长、画面比例、分辨率、音乐和音量、标题或字幕、节奏、"
                "转场，以及片段本身（添加、删除、替换、调整顺序）。例如：“改成10秒，配上欢快的音乐”。",
            )
        )
    return _plain(
        teller.pick(
            "There is nothing to work on yet. Upload your photos first, or describe the video you "
            "want me to create.",
            "还没有可用的素材。请先上传照片，或者描述您想生成的视频。",
        )
    )


def _plain(text: str) -> Reply:
    return Reply(TurnKind.QUESTION, (Beat("comment"), Say(text)))
