"""Wishes for titles and captions, done to a montage."""

from dataclasses import replace

from mock_server.agent.clip_references import place
from mock_server.agent.edits.change import Change, Note, no_such, seconds
from mock_server.agent.intent import Intent
from mock_server.agent.montage import READ_MS, Montage, TextOverlay

_PLACES = {"top": "顶部", "bottom": "底部", "center": "中间"}


def edit_texts(intent: Intent, montage: Montage) -> tuple[Montage, list[Change]]:
    """Set, move, time and remove the title and the captions."""
    titles, of_titles = _titles(intent, [words for words in montage.words if words.size == "large"])
    captions = [words for words in montage.words if words.size == "small"]
    montage, of_captions = edit_captions(intent, replace(montage, words=(*titles, *captions)))
    return montage, of_titles + of_captions


def edit_captions(intent: Intent, montage: Montage) -> tuple[Montage, list[Change]]:
    """Set, move and remove the captions. Those of a shot go with it, so the shots need ids."""
    titles = [words for words in montage.words if words.size == "large"]
    captions = [words for words in montage.words if words.size == "small"]
    captions, changes = _captions(intent, captions, montage)
    return replace(montage, words=(*titles, *captions)), changes


def title_of(intent: Intent, old: TextOverlay | None = None) -> TextOverlay:
    """The title an intent asks for; what it does not say of it is as in the `old` one."""
    place = intent.title_place or (old.position if old else "center")
    kept = old.id if old else ""
    if old and intent.title_ms is None and not intent.title_last:
        return replace(old, text=intent.title or old.text, position=place)
    ms = intent.title_ms or READ_MS
    fitted = intent.title_ms is None and not intent.title_last
    start = -ms if intent.title_last else 0
    text = intent.title or (old.text if old else "")
    return TextOverlay(text, start, ms, position=place, id=kept, fitted=fitted)


def _caption_of(intent: Intent) -> TextOverlay:
    """The caption an intent asks for: over the whole video, or at its beginning or end."""
    ms = intent.caption_ms
    start = -(ms or READ_MS) if intent.caption_last else 0
    return TextOverlay(intent.caption or "", start, ms, "small", intent.caption_place or "bottom")


def _titles(intent: Intent, titles: list[TextOverlay]) -> tuple[list[TextOverlay], list[Change]]:
    old = titles[0] if titles else None
    if intent.title is not None:
        note = Note(f'The title says "{intent.title}".', f"标题改为“{intent.title}”。")
        return [title_of(intent, old)], [Change(note, "set_title", {"text": intent.title})]
    if intent.no_title:
        return [], [_gone("title", "标题", bool(titles))]
    if intent.title_ms is None and intent.title_place is None:
        return titles, []
    if old is None:
        return titles, [Change(Note("There is no title in it.", "视频里没有标题。"))]
    changes = []
    if intent.title_place is not None:
        changes.append(_moved("title", "标题", intent.title_place, old.position))
    if intent.title_ms is not None:
        stays = seconds(intent.title_ms)
        note = Note(f"The title stays for {stays} seconds.", f"标题显示{stays}秒。")
        changes.append(Change(note, "set_title", {"duration_ms": intent.title_ms}))
    return [title_of(intent, old)], changes


def _captions(
    intent: Intent, captions: list[TextOverlay], montage: Montage
) -> tuple[list[TextOverlay], list[Change]]:
    if intent.caption is not None:
        note = Note(f'The caption says "{intent.caption}".', f"字幕内容为“{intent.caption}”。")
        change = Change(note, "set_captions", {"texts": [intent.caption]})
        captions, changes = _photo_captions(intent, [_caption_of(intent)], montage)
        return captions, [change, *changes]
    if intent.photo_captions:
        return _photo_captions(intent, captions, montage)
    if intent.captions:
        captions = _name_captions(montage, intent.caption_place or "bottom")
        note = Note("Each clip has its name as a caption.", "每个片段都加上了名称字幕。")
        texts = [words.text for words in captions]
        return captions, [Change(note, "set_captions", {"texts": texts})]
    if intent.no_captions:
        return [], [_gone("caption", "字幕", bool(captions))]
    if intent.no_captions_of:
        return _without(intent.no_captions_of, captions, montage)
    where = intent.caption_place
    if where is None:
        return captions, []
    if not captions:
        return captions, [Change(Note("There is no caption in it.", "视频里没有字幕。"))]
    moved = [replace(words, position=where) for words in captions]
    return moved, [_moved("caption", "字幕", where, captions[0].position)]


def _photo_captions(
    intent: Intent, captions: list[TextOverlay], montage: Montage
) -> tuple[list[TextOverlay], list[Change]]:
    changes: list[Change] = []
    for number, said in intent.photo_captions:
        index = place(number, len(montage.shots))
        if index is None:
            changes.append(no_such(number, len(montage.shots)))
            continue
        shot = montage.shots[index]
        old = next((words for words in captions if words.of == shot.id), None)
        position = intent.caption_place or (old.position if old else "bottom")
        new = TextOverlay(said or shot.title, size="small", position=position, of=shot.id)
        captions = [words for words in captions if words is not old]
        captions.append(replace(new, id=old.id) if old else new)
        note = Note(
            f'The caption of clip {index + 1} says "{new.text}".',
            f"第{index + 1}个片段的字幕为“{new.text}”。",
        )
        changes.append(Change(note, "set_caption", {"clip": index + 1, "text": new.text}))
    order = {shot.id: number for number, shot in enumerate(montage.shots)}
    return sorted(captions, key=lambda words: order.get(words.of, -1)), changes


def _without(
    numbers: list[int], captions: list[TextOverlay], montage: Montage
) -> tuple[list[TextOverlay], list[Change]]:
    changes: list[Change] = []
    for number in numbers:
        index = place(number, len(montage.shots))
        if index is None:
            changes.append(no_such(number, len(montage.shots)))
            continue
        of = montage.shots[index].id
        was = any(words.of == of for words in captions)
        captions = [words for words in captions if words.of != of]
        english, chinese = f"caption of clip {index + 1}", f"第{index + 1}个片段的字幕"
        changes.append(_gone(english, chinese, was))
    return captions, changes


def _moved(english: str, chinese: str, place: str, old: str) -> Change:
    where = "in the center" if place == "center" else f"at the {place}"
    if place == old:
        already = f"The {english} is {where} already."
        return Change(Note(already, f"{chinese}已经在{_PLACES[place]}了。"))
    note = Note(f"The {english} is {where} now.", f"{chinese}放到了{_PLACES[place]}。")
    return Change(note, f"move_{english}", {"position": place})


def _gone(english: str, chinese: str, was: bool) -> Change:
    if not was:
        return Change(Note(f"There is no {english} in it.", f"视频里没有{chinese}。"))
    return Change(
        Note(f"The {english} is removed.", f"已去掉{chinese}。"), f"remove_{english.split()[0]}"
    )


def _name_captions(montage: Montage, place: str) -> list[TextOverlay]:
    return [
        TextOverlay(shot.title, size="small", position=place, of=shot.id) for shot in montage.shots
    ]
