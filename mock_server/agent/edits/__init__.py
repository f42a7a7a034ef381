"""Wishes done to a montage: one small function for each kind, and the words that tell of it."""

from collections.abc import Sequence
from dataclasses import replace

from mock_server.agent.clip_references import place, repeated
from mock_server.agent.edits.audio import edit_sounds
from mock_server.agent.edits.change import Change, Note, no_such, seconds
from mock_server.agent.edits.extend import go_on
from mock_server.agent.edits.look import edit_look
from mock_server.agent.edits.titles import edit_texts
from mock_server.agent.edits.transitions import edit_transitions
from mock_server.agent.intent import Intent
from mock_server.agent.montage import (
    MAX_MS,
    MIN_MS,
    MIN_SHOT_MS,
    RATES,
    Montage,
    MontageShot,
    Music,
)


def apply(
    intent: Intent, montage: Montage, fresh: Sequence[MontageShot], song: Music | None = None
) -> tuple[Montage, list[Change]]:
    """Do everything an intent asks for. `fresh` are shots that may be added or put for others, `song`
    the user's own that may be put under it."""
    spare = list(fresh)
    changes: list[Change] = []
    for edit in (
        _replace,
        _remove,
        _order,
        _again,
        _add,
        _times,
        _canvas,
        _pace,
    ):
        montage, done = edit(intent, montage, spare)
        changes += done
    montage, done = edit_transitions(intent, montage)
    changes += done
    montage, done = edit_look(intent, montage)
    changes += done
    montage, done = edit_sounds(intent, montage, song)
    changes += done
    montage, done = edit_texts(intent, montage)
    changes += done
    return montage, changes


def _nothing_new() -> Change:
    return Change(
        Note(
            "I see no new photo: upload it first, then tell me again.",
            "没有看到新的照片，请先上传再告诉我。",
        )
    )


def _replace(
    intent: Intent, montage: Montage, spare: list[MontageShot]
) -> tuple[Montage, list[Change]]:
    if intent.replace is None:
        return montage, []
    index = place(intent.replace, len(montage.shots))
    if index is None:
        return montage, [no_such(intent.replace, len(montage.shots))]
    if not spare:
        return montage, [_nothing_new()]
    old, new = montage.shots[index], spare.pop(0)
    shots = list(montage.shots)
    shots[index] = replace(old, title=new.title, source=new.source, id="")
    note = Note(
        f'Clip {index + 1} is now "{new.title}" instead of "{old.title}".',
        f"第{index + 1}个片段已换成“{new.title}”（原为“{old.title}”）。",
    )
    return replace(montage, shots=tuple(shots)), [
        Change(note, "replace_clip", {"clip": index + 1, "with": new.title})
    ]


def _remove(
    intent: Intent, montage: Montage, spare: list[MontageShot]
) -> tuple[Montage, list[Change]]:
    changes: list[Change] = []
    gone: set[int] = set()
    for number in intent.remove:
        index = place(number, len(montage.shots))
        if index is None:
            changes.append(no_such(number, len(montage.shots)))
        else:
            gone.add(index)
    if intent.remove_all or len(gone) == len(montage.shots):
        note = Note(
            "I cannot remove every clip: a video needs at least one. Name the ones that are to go, "
            "or upload other photos and ask for a new video of them.",
            "不能删除全部片段：视频至少需要一个。请说明要删除哪几个，或者上传新的照片并让我重新制作。",
        )
        return montage, [*changes, Change(note)]
    for index in sorted(gone):
        name = montage.shots[index].title
        note = Note(
            f'Clip {index + 1} ("{name}") is removed.', f"已删除第{index + 1}个片段（“{name}”）。"
        )
        changes.append(Change(note, "remove_clip", {"clip": index + 1}))
    shots = tuple(shot for index, shot in enumerate(montage.shots) if index not in gone)
    return replace(montage, shots=shots), changes


def _order(
    intent: Intent, montage: Montage, spare: list[MontageShot]
) -> tuple[Montage, list[Change]]:
    shots, changes = list(montage.shots), list[Change]()
    if intent.reverse:
        shots.reverse()
        note = Note("The clips now run in reverse order.", "片段顺序已反转。")
        changes.append(Change(note, "reorder_clips", {"order": "reverse"}))
    if intent.swap is not None:
        first, second = (place(number, len(montage.shots)) for number in intent.swap)
        if first is None or second is None:
            changes.append(no_such(intent.swap[0] if first is None else intent.swap[1], len(shots)))
        else:
            shots[first], shots[second] = shots[second], shots[first]
            note = Note(
                f"Clips {first + 1} and {second + 1} have changed places.",
                f"已交换第{first + 1}和第{second + 1}个片段。",
            )
            changes.append(Change(note, "swap_clips", {"clips": [first + 1, second + 1]}))
    if intent.move is not None:
        source, target = (place(number, len(montage.shots)) for number in intent.move)
        if source is None or target is None:
            changes.append(
                no_such(intent.move[0] if source is None else intent.move[1], len(shots))
            )
        else:
            shots.insert(target, shots.pop(source))
            note = Note(
                f'"{shots[target].title}" is now clip {target + 1}.',
                f"“{shots[target].title}”已移到第{target + 1}个。",
            )
            changes.append(Change(note, "move_clip", {"from": source + 1, "to": target + 1}))
    return replace(montage, shots=tuple(shots)), changes


def _again(
    intent: Intent, montage: Montage, spare: list[MontageShot]
) -> tuple[Montage, list[Change]]:
    shots = repeated(montage.shots, intent.again)
    if len(shots) == len(montage.shots):
        count = len(shots)
        missing = [number for number, _ in intent.again if place(number, count) is None]
        return montage, [no_such(number, count) for number in missing]
    changes = []
    ids = set[str]()
    for index, shot in enumerate(shots):
        if shot.id in ids:
            shots[index] = replace(shot, id="")
            note = Note(
                f'"{shot.title}" is clip {index + 1} too.',
                f"“{shot.title}”也是第{index + 1}个片段。",
            )
            changes.append(Change(note, "repeat_clip", {"title": shot.title, "as": index + 1}))
        ids.add(shot.id)
    return replace(montage, shots=tuple(shots)), changes


def _add(
    intent: Intent, montage: Montage, spare: list[MontageShot]
) -> tuple[Montage, list[Change]]:
    # New photos and nothing else that they could be for: they are to be in the video.
    wanted = intent.add or (bool(spare) and not intent.edits and not intent.question)
    if not wanted:
        return montage, []
    if not spare:
        return montage, [_nothing_new()]
    names = ", ".join(shot.title for shot in spare)
    shots = (*montage.shots, *spare)
    note = Note(
        f"Added at the end: {names}. The video is {seconds(sum(s.ms for s in shots))} seconds now.",
        f"已在结尾添加：{names}。视频现在{seconds(sum(s.ms for s in shots))}秒。",
    )
    change = Change(note, "add_clips", {"clips": [shot.title for shot in spare]})
    spare.clear()
    return replace(montage, shots=shots), [change]


def _times(
    intent: Intent, montage: Montage, spare: list[MontageShot]
) -> tuple[Montage, list[Change]]:
    if intent.goes_on:
        return go_on(intent, montage)
    before = montage.ms
    asked = _asked(intent, montage)
    changes: list[Change] = []
    if intent.clips_ms:
        shots = list(montage.shots)
        for number, ms in intent.clips_ms:
            index = place(number, len(montage.shots))
            if index is None:
                changes.append(no_such(number, len(montage.shots)))
            else:
                shots[index] = replace(shots[index], own=max(MIN_SHOT_MS, ms), more=0, exact=True)
        asked = sum(shot.ms for shot in shots)
        montage = replace(montage, shots=tuple(shots)).lasting(asked)
    elif intent.each_ms is not None:
        montage = exactly(montage.evenly(asked))
    else:
        montage = montage.lasting(asked)
    changes += limit(asked)
    if montage.ms == before and not (intent.clips_ms and len(changes) < len(intent.clips_ms)):
        return montage, changes or _already(intent.ms == before, "duration", f"{seconds(before)} s")
    note = Note(
        f"The video is {seconds(montage.ms)} seconds long now (it was {seconds(before)}).",
        f"视频时长改为{seconds(montage.ms)}秒（原为{seconds(before)}秒）。",
    )
    return montage, [*changes, Change(note, "set_duration", {"duration_ms": montage.ms})]


def _asked(intent: Intent, montage: Montage) -> int:
    """How long the whole is to be, as far as that is asked for; not yet within the limits."""
    if intent.each_ms is not None:
        return intent.each_ms * len(montage.shots)
    if intent.ms is not None:
        return intent.ms
    if intent.by_ms is not None:
        return montage.ms + intent.by_ms
    return round(montage.ms * (intent.factor or intent.speed or 1))


def exactly(montage: Montage) -> Montage:
    """With every shot as long as it is: none is moved to a beat."""
    return replace(montage, shots=tuple(replace(shot, exact=True) for shot in montage.shots))


def limit(ms: int) -> list[Change]:
    """What there is to say of a length that cannot be had."""
    if ms > MAX_MS:
        most = seconds(MAX_MS)
        note = Note(f"{most} seconds is the most I can make.", f"视频最长{most}秒。")
        return [Change(note)]
    if ms < MIN_MS:
        least = seconds(MIN_MS)
        note = Note(f"A video is at least {least} second long.", f"视频最短{least}秒。")
        return [Change(note)]
    return []


def _already(asked: bool, what: str, value: str) -> list[Change]:
    if not asked:
        return []
    chinese = {
        "duration": "时长",
        "aspect ratio": "画面比例",
        "resolution": "分辨率",
        "frame rate": "帧率",
    }[what]
    return [Change(Note(f"The {what} is {value} already.", f"{chinese}已经是{value}。"))]


def _canvas(
    intent: Intent, montage: Montage, spare: list[MontageShot]
) -> tuple[Montage, list[Change]]:
    changes: list[Change] = []
    if intent.aspect and intent.aspect != montage.aspect:
        montage = montage.shaped(intent.aspect)
        note = Note(f"The aspect ratio is {intent.aspect} now.", f"画面比例改为{intent.aspect}。")
        changes.append(Change(note, "set_canvas", {"aspect": intent.aspect}))
    else:
        changes += _already(intent.aspect is not None, "aspect ratio", montage.aspect)
    if intent.lines and intent.lines > 1080:
        note = Note("1080p is the most I can make.", "最高支持1080p。")
        changes.append(Change(note))
    lines = min(intent.lines or montage.lines, 1080)
    if lines != montage.lines:
        montage = montage.scaled(lines)
        note = Note(f"The resolution is {lines}p now.", f"分辨率改为{lines}p。")
        changes.append(Change(note, "set_canvas", {"resolution": lines}))
    else:
        changes += _already(intent.lines == lines, "resolution", f"{lines}p")
    if intent.fps is not None:
        montage, change = _rate(intent.fps, montage)
        changes.append(change)
    return montage, changes


def _rate(asked: int, montage: Montage) -> tuple[Montage, Change]:
    fps = nearest_rate(asked)
    if asked == fps == montage.fps:
        return montage, _already(True, "frame rate", f"{fps} fps")[0]
    change = Change(rate_note(asked, fps), "set_canvas" if fps != montage.fps else "", {"fps": fps})
    return replace(montage, fps=fps), change


def nearest_rate(asked: int) -> int:
    return min(RATES, key=lambda rate: abs(rate - asked))


def rate_note(asked: int, fps: int) -> Note:
    """What there is to say of the frames a second that were asked for and those it gets."""
    if asked == fps:
        return Note(f"It has {fps} frames a second now.", f"帧率改为每秒{fps}帧。")
    return Note(
        f"I can make 24, 25, 30 or 60 frames a second, not {asked}: it has {fps}.",
        f"支持每秒24、25、30或60帧，没有{asked}帧：现在是每秒{fps}帧。",
    )


def _pace(
    intent: Intent, montage: Montage, spare: list[MontageShot]
) -> tuple[Montage, list[Change]]:
    if intent.style is None:
        return montage, []
    chinese = {"smooth": "舒缓", "upbeat": "动感", "still": "静止"}[intent.style]
    if intent.style == montage.style:
        if intent.speed is not None:
            return montage, []
        note = Note(f"The motion is {intent.style} already.", f"画面运动已经是{chinese}风格。")
        return montage, [Change(note)]
    note = Note(f"The motion is {intent.style} now.", f"画面运动改为{chinese}风格。")
    return montage.styled(intent.style), [Change(note, "set_motion", {"style": intent.style})]
