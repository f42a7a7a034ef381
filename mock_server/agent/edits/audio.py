"""Wishes for music, its beat and the sound that clips bring, done to a montage."""

from dataclasses import replace

from mock_server.agent.edits.change import Change, Note
from mock_server.agent.intent import Intent
from mock_server.agent.montage import MUSIC_NAMES, UNDER_CLIPS, VOLUME, Montage, Music

ON_THE_BEAT = Note("The cuts are on its beat.", "剪辑点落在节拍上。")
OFF_THE_BEAT = Note(
    "I can cut to the beat of music that I make, where the clips are long enough for it and not "
    "timed by hand.",
    "只有用我生成的音乐、片段足够长且没有手动设定时长时，才能卡点剪辑。",
)


def edit_sounds(
    intent: Intent, montage: Montage, song: Music | None
) -> tuple[Montage, list[Change]]:
    """Set, remove and turn the music, mute the clips, and tell of the beat. `song` is one of the
    user's own that is not in use."""
    old = montage.music
    montage, of_clips = _clips(intent, montage)
    montage, of_music = _music(intent, montage, song)
    changes = of_clips + of_music
    if montage.on_the_beat and (intent.beat or (intent.music and montage.music != old)):
        changes.append(Change(ON_THE_BEAT))
    elif intent.beat:
        changes.append(Change(OFF_THE_BEAT))
    return montage, changes


def default_volume(montage: Montage) -> float:
    """Of music nobody named a volume for: low under clips that are heard."""
    return UNDER_CLIPS if montage.heard else VOLUME


def music_named(style: str, asked: str | None, volume: float, seed: int) -> tuple[Music, Note]:
    """Music of a style, and the note that says so; `asked` names a style it only stands in for."""
    name = MUSIC_NAMES[style]
    music = Music(name, {"type": "music", "style": style, "seed": seed}, volume)
    if asked and asked not in (style, name.lower()):
        return music, Note(
            f"I do not have {asked} music; the nearest I have is {name}, at {volume:.0%}.",
            f"没有{asked}风格的音乐，用了最接近的{name}，音量{volume:.0%}。",
        )
    return music, Note(
        f"{name} music is on, at {volume:.0%}.", f"配上了{name}音乐，音量{volume:.0%}。"
    )


def own_note(song: Music) -> Note:
    return Note(f'Your track "{song.title}" plays under it.', f"已配上您的音乐“{song.title}”。")


def muted(montage: Montage, *, on: bool) -> Montage:
    """With clips that are silent, or that are heard."""
    volume = 0.0 if on else 1.0
    return replace(
        montage,
        shots=tuple(
            shot if shot.volume is None else replace(shot, volume=volume) for shot in montage.shots
        ),
    )


def _clips(intent: Intent, montage: Montage) -> tuple[Montage, list[Change]]:
    asked = intent.clip_sound
    volumes = [shot.volume for shot in montage.shots if shot.volume is not None]
    if asked is None or (intent.no_music and not volumes):
        return montage, []
    if not volumes:
        return montage, [Change(Note("There is no video clip in it.", "里面没有视频片段。"))]
    if all(bool(volume) == asked for volume in volumes):
        if asked:
            return montage, [Change(Note("The clips are heard already.", "片段已经保留原声。"))]
        return montage, [Change(Note("The clips are silent already.", "片段已经静音。"))]
    montage = muted(montage, on=not asked)
    if montage.music and montage.music.volume in (VOLUME, UNDER_CLIPS):
        music = replace(montage.music, volume=default_volume(montage))
        montage = replace(montage, music=music)
    if asked:
        note = Note("The clips are heard with their own sound now.", "已保留片段的原声。")
    else:
        note = Note("The clips are silent now.", "已去掉片段的原声。")
    return montage, [Change(note, "set_clip_sound", {"on": asked})]


def _music(intent: Intent, montage: Montage, song: Music | None) -> tuple[Montage, list[Change]]:
    old = montage.music
    if intent.no_music:
        if old is None:
            return montage, [Change(Note("There is no music in it.", "视频里没有音乐。"))]
        note = Note(f"The music ({old.title}) is removed.", f"已去掉音乐（{old.title}）。")
        return replace(montage, music=None), [Change(note, "remove_bgm")]
    volume = intent.volume
    if volume is None:
        volume = old.volume if old else default_volume(montage)
        volume = round(min(1.0, max(0.05, volume * (intent.volume_by or 1.0))), 2)
    style = intent.music
    if style is None and song is not None and (intent.more_music or intent.own_music):
        change = Change(own_note(song), "set_bgm", {"track": song.title, "volume": volume})
        return replace(montage, music=replace(song, volume=volume)), [change]
    if style is None and intent.more_music:
        if old is not None:
            note = Note(
                f"The music is {old.title}. Name a style: lo-fi, ambient, upbeat or cinematic.",
                f"现在的音乐是{old.title}。请说出风格：lo-fi、氛围、欢快或电影感。",
            )
            return montage, [Change(note)]
        style = "lofi"
    if style is not None:
        seed = int(old.source.get("seed", 0)) + 1 if old else montage.made
        music, note = music_named(style, intent.music_asked, volume, seed)
        change = Change(note, "set_bgm", {"style": style, "volume": volume})
        return replace(montage, music=music), [change]
    if intent.volume is None and intent.volume_by is None:
        return montage, []
    if old is None:
        return montage, [
            Change(Note("There is no music to turn up or down.", "没有音乐可以调整音量。"))
        ]
    note = Note(
        f"The music is at {volume:.0%} now (it was {old.volume:.0%}).",
        f"音乐音量改为{volume:.0%}（原为{old.volume:.0%}）。",
    )
    louder = replace(montage, music=replace(old, volume=volume))
    return louder, [Change(note, "set_volume", {"volume": volume})]
