"""The user's words → what they ask for, in English and Chinese. Pure, no model: rules as data.

Each clause of a message is read for one thing at a time, so that "upbeat" beside "music" is a style
of music and beside "transitions" a pace. A clause that nothing was read in is kept as `unread`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from mock_server.agent.clauses import Clause, Message, cut
from mock_server.agent.clip_references import amount, picks_of, target
from mock_server.agent.montage import SIZES
from mock_server.agent.transition import SIDED
from mock_server.agent.vocabulary import (
    ADD,
    AGAIN,
    ASPECT_WORDS,
    BEAT,
    BECOMES,
    CAPTION,
    CHATTER,
    CLIP,
    CLIP_SOUND,
    CREATE,
    ENDING,
    EVERY,
    EXTEND,
    FADE_IN,
    FADE_OUT,
    FASTER,
    FROM_LAST_FRAME,
    GO_ON,
    JOINT,
    KEEP,
    LONGER_JOINT,
    LOOK,
    LOOK_WORDS,
    MUSIC,
    MUSIC_WORDS,
    NEAREST,
    NOT,
    NOT_THIS,
    NUMBER,
    OPENING,
    OVER,
    OWN_MUSIC,
    PACE_WORDS,
    PIXELS,
    PLACE_WORDS,
    POLITE,
    QUESTION,
    REMOVE,
    REPLACE,
    SHORTER_JOINT,
    SIDE_ALONE,
    SIDE_WORDS,
    SILENT,
    SLOWER,
    SOUND,
    SPOKEN_RATE,
    SWAP,
    TEXT_NOUN,
    TITLE,
    TRANSITION,
    TRANSITION_NAMES,
    TRANSITION_TIME,
    TRANSITION_WORDS,
    UNTIL,
    WHITE,
)

_TIME = re.compile(
    rf"({NUMBER})\s*-?\s*(seconds?|secs?|s(?![a-z])|minutes?|mins?(?![a-z])|秒钟?|分钟)"
)


@dataclass
class Intent:
    """What a message asks for; None and False where it says nothing. Times in ms. A caption of None
    is the photo's name; a `look` of "none" is the colours as they are; `again`: a photo and the
    number that it gets when it is shown once more."""

    language: str = "en"
    question: bool = False
    create: bool = False
    over: bool = False
    add: bool = False
    ms: int | None = None
    by_ms: int | None = None
    factor: float | None = None
    goes_on: bool = False
    each_ms: int | None = None
    clips_ms: list[tuple[int, int]] = field(default_factory=list)
    aspect: str | None = None
    lines: int | None = None
    fps: int | None = None
    music: str | None = None
    music_asked: str | None = None
    no_music: bool = False
    more_music: bool = False
    own_music: bool = False
    volume: float | None = None
    volume_by: float | None = None
    clip_sound: bool | None = None
    beat: bool = False
    title: str | None = None
    title_ms: int | None = None
    title_place: str | None = None
    title_last: bool = False
    no_title: bool = False
    caption: str | None = None
    caption_ms: int | None = None
    caption_place: str | None = None
    caption_last: bool = False
    captions: bool = False
    no_captions: bool = False
    photo_captions: list[tuple[int, str | None]] = field(default_factory=list)
    no_captions_of: list[int] = field(default_factory=list)
    look: str | None = None
    style: str | None = None
    speed: float | None = None
    transition: str | None = None
    transition_side: str | None = None
    transition_through: str | None = None
    transition_ms: int | None = None
    transition_by: float | None = None
    fade_in: bool | None = None
    fade_out: bool | None = None
    again: list[tuple[int, int]] = field(default_factory=list)
    remove: list[int] = field(default_factory=list)
    remove_all: bool = False
    replace: int | None = None
    move: tuple[int, int] | None = None
    swap: tuple[int, int] | None = None
    reverse: bool = False
    unread: list[str] = field(default_factory=list)
    """The parts in which nothing was understood, as the user wrote them."""

    @property
    def edits(self) -> bool:
        """Whether anything was understood that changes a cut that is there."""
        plain = Intent(self.language, self.question, self.create, self.over, unread=self.unread)
        return self != plain

    def take(self, other: "Intent") -> None:
        """Ask for what the other asks for too."""
        for spec in fields(self):
            value = getattr(other, spec.name)
            if isinstance(value, list):
                getattr(self, spec.name).extend(value)
            elif value != spec.default and spec.name != "language":
                setattr(self, spec.name, value)


_NO_MUSIC = r"none|no|off|no music|silent|无|不要|没有|不需要|关|静音"


def read(words: str, names: Sequence[str] = (), *, language: str | None = None) -> Intent:
    """Understand a message. `names` are the titles of the shots there are, in order."""
    message = cut(words, names, lambda text: _read_alone(text, (), names) is not None)
    intent = Intent(_language(message.text, language))  # a title may be in another one
    unread: list[Clause] = []
    for clause in message.clauses:
        part = _read_alone(clause.text, message.quoted, names)
        if part is not None:
            intent.take(part)
        elif not _idle(clause.text):
            unread.append(clause)
    for name, value in message.fields:  # last: a field is meant more exactly than words before it
        _read_field(intent, name, value)
    bare = message.folded.strip()
    asked = re.sub(POLITE, "", bare)
    intent.create = _creates(bare)
    intent.over = bool(re.search(OVER, bare))
    intent.question = bool(re.search(QUESTION, asked if asked == bare else asked.rstrip("? ")))
    intent.unread = _told(message, unread)
    return intent


def _read_alone(text: str, quoted: Sequence[str], names: Sequence[str]) -> Intent | None:
    """What a clause asks for; None if nothing in it was understood."""
    part = Intent()
    kept = _read_clause(part, re.sub(POLITE, "", text), quoted, names)
    return part if kept or part.edits else None


def _idle(clause: str) -> bool:
    """Whether a clause need not be understood: it makes a video, asks, or only keeps one company."""
    bare = re.sub(POLITE, "", clause).strip()
    if _creates(bare) or re.search(f"{OVER}|{QUESTION}", bare):
        return True
    return not re.search(r"\w", bare) or bool(re.fullmatch(CHATTER, bare))


def _creates(text: str) -> bool:
    """Whether a new video is asked for: "make clip 2 longer" and "make the video sadder" are not
    to throw the one there is away."""
    there = re.search(
        r"\b(?:make|extend) (?:the|this|my|our) (?:whole )?(?:video|clip|movie)\b", text
    )
    return bool(re.search(CREATE, text)) and not there and not picks_of(text, ())


def _told(message: Message, unread: list[Clause]) -> list[str]:
    """Those clauses in the user's words, neighbours in one piece."""
    order = {clause: number for number, clause in enumerate(message.clauses)}
    pieces: list[tuple[int, int]] = []
    for number, clause in enumerate(unread):
        if number and order[clause] == order[unread[number - 1]] + 1:
            pieces[-1] = (pieces[-1][0], clause.end)
        else:
            pieces.append((clause.start, clause.end))
    return [message.quote(start, end) for start, end in pieces]


def _language(words: str, language: str | None) -> str:
    if re.search(r"[\u3400-\u9fff]", words):
        return "zh"
    if re.search(r"[A-Za-z]{2}", words):
        return "en"
    return "zh" if (language or "").lower().startswith("zh") else "en"


def _read_field(intent: Intent, name: str, value: str) -> None:
    if re.search(r"music|音乐|配乐", name):
        intent.no_music = bool(re.fullmatch(_NO_MUSIC, value))
        intent.music = None
        if not intent.no_music:
            _set_music(intent, value, default="lofi")
    elif re.search(r"duration|length|时长", name):
        intent.ms = _time(value) or intent.ms
    elif re.search(r"look|色调", name):
        intent.look = _first(LOOK_WORDS, value) or intent.look
    elif re.search(r"resolution|分辨率", name):
        _read_lines(intent, value)
    else:
        intent.aspect = _first(ASPECT_WORDS, value) or intent.aspect


def _set_music(intent: Intent, text: str, default: str | None = None) -> None:
    style = _first(MUSIC_WORDS, text)
    if style:
        intent.music = style
        intent.music_asked = _first({name: rule for rule, name in NEAREST.items()}, text)
    elif default:
        intent.music = default
        intent.music_asked = re.sub(r"[^\w\s&-]", "", text).strip()[:40] or None


def _first(rules: dict[str, str], text: str) -> str | None:
    """The rule that matches earliest in the text."""
    found = [
        (match.start(), name)
        for name, rule in rules.items()
        if (match := re.search(rf"(?:{rule})", text))
    ]
    return min(found)[1] if found else None


def _time(text: str) -> int | None:
    """The first time in a text; "1 minute 30 seconds" is one."""
    match = _TIME.search(text)
    if match is None:
        return None
    if not match.group(2).startswith(("m", "分")):
        return round(amount(match.group(1)) * 1_000)
    more = _TIME.match(re.sub(r"^\s*(?:and\s+)?", "", text[match.end() :]))
    rest = amount(more.group(1)) if more and not more.group(2).startswith(("m", "分")) else 0
    return round(amount(match.group(1)) * 60_000 + rest * 1_000)


def _read_clause(intent: Intent, clause: str, quoted: Sequence[str], names: Sequence[str]) -> bool:
    """Read a clause into `intent`. True if it asks to leave something as it is."""
    if _read_clip_sound(intent, clause) or _read_going_on(intent, clause):
        return False
    if re.search(KEEP, clause) and not re.search(r"\bonly\b|只", clause):
        wants = re.search(r"add|use|want|need|play|加|用", clause)
        if wants and re.search(MUSIC, clause):
            intent.no_music = True
        elif wants and re.search(TITLE, clause):
            intent.no_title = True
        elif re.search(r"don'?t|do not|never|别", clause):
            _read_fades(intent, clause, quoted, names)
            _read_colours(intent, clause, quoted, names)
            intent.look = intent.look and "none"
            intent.fade_in, intent.fade_out = intent.fade_in and False, intent.fade_out and False
        elif _first(LOOK_WORDS, clause) == "none":
            intent.look = "none"
        return True
    readers = (
        _read_again,
        _read_words,
        _read_music,
        _read_colours,
        _read_fades,
        _read_joins,
        _read_clips,
        _read_time,
        _read_look,
    )
    for reader in readers:
        if reader(intent, clause, quoted, names):
            break
    return False


def _read_again(intent: Intent, clause: str, quoted: Sequence[str], names: Sequence[str]) -> bool:
    """Photos shown once more. True if the clause was about that."""
    for match in re.finditer(AGAIN, clause):
        first, number = (int(part) for part in match.groups() if part)
        intent.again.append((first, number))
    return bool(intent.again)


def _read_words(intent: Intent, clause: str, quoted: Sequence[str], names: Sequence[str]) -> bool:
    """Titles and captions. True if the clause was about nothing else."""
    caption = re.search(CAPTION, clause)
    title = re.search(TITLE, clause) or (None if caption else re.search(TEXT_NOUN, clause))
    marks = re.findall(r"⟦(\d+)⟧", clause)
    said = quoted[int(marks[-1])] or None if marks and quoted else None
    if not (caption or title):
        if re.search(
            r"\b(?:call it|named?|name it)\s*⟦|(?:叫做?|命名[为叫]?|取名[为叫]?)\s*⟦", clause
        ):
            intent.title = said
        return intent.title is not None
    place = _first(PLACE_WORDS, clause)
    picks = picks_of(clause, names) if caption else []
    if re.search(REMOVE, clause) and said is None:
        intent.no_captions_of = picks
        intent.no_captions, intent.no_title = bool(caption) and not picks, not caption
    elif caption and (picks or len(marks) > 1):
        said_of: list[str | None] = [quoted[int(mark)] for mark in marks] or [None]
        picks = picks or [number for number, _ in enumerate(said_of, 1)]
        said_of = said_of * len(picks) if len(said_of) == 1 else said_of
        intent.photo_captions = list(zip(picks, said_of, strict=False))
        intent.caption_place = place
    elif caption:
        wanted = re.search(ADD + r"|\b(?:show|give|want|need|have)\b|要|显示|^加", clause)
        alone = re.fullmatch(rf"(?:the |some |name )?(?:{CAPTION})(?: please| too)?", clause)
        intent.caption, intent.caption_place = said, place
        other = re.search(r"\bin \w+$|\btranslat|翻译|[英法德日韩][文语]", clause)
        intent.captions = said is None and bool(wanted or alone) and not other
        if said is not None:
            intent.caption_last = bool(re.search(ENDING, clause))
            opens = intent.caption_last or re.search(OPENING, clause)
            intent.caption_ms = _time(clause) or (3_000 if opens else None)
    else:
        intent.title, intent.title_ms = said, _time(clause)
        if said is not None or not re.search(ADD, clause):
            intent.title_place = place
        intent.title_last = bool((said or intent.title_ms) and re.search(ENDING, clause))
    return True


def _read_music(intent: Intent, clause: str, quoted: Sequence[str], names: Sequence[str]) -> bool:
    if re.search(BEAT, clause):
        intent.beat = True
        return True
    own = re.search(OWN_MUSIC, clause)
    about = own or re.search(MUSIC, clause)
    off = re.search(SOUND, clause) and re.search(rf"{REMOVE}|\bturn\b.*\boff\b|关", clause)
    if off or re.search(SILENT, clause):
        intent.no_music, intent.clip_sound = True, False
        return True
    level = re.search(
        r"volume|louder|quieter|softer|音量|大声|小声|响一?点|轻一?点|大一?点|小一?点", clause
    )
    if not about and not level:
        return False
    percent = re.search(r"(\d+(?:\.\d+)?)\s*%|百分之(\d+)", clause)
    if percent:
        intent.volume = min(float(percent.group(1) or percent.group(2)), 100.0) / 100
    elif re.search(
        r"louder|turn.*\bup\b|raise|increase|too (?:quiet|soft)|大声|调大|大一?点|响一?点", clause
    ):
        intent.volume_by = 1.5
    elif re.search(
        r"quieter|softer|turn.*\bdown\b|lower|decrease|too loud|小声|调小|小一?点|轻一?点", clause
    ):
        intent.volume_by = 0.6
    elif re.search(REMOVE + r"|turn off|关掉|无|没有", clause):
        intent.no_music = True
        return True
    intent.own_music = bool(own)
    _set_music(intent, clause)
    if intent.music is None and intent.volume is None and intent.volume_by is None:
        other = re.match(r"fade|loop|sync|match|trim|cut|start|stop|speed|slow|translate", clause)
        intent.more_music = bool(about) and not other
    return True


def _read_clip_sound(intent: Intent, clause: str) -> bool:
    """The sound that clips bring. True if the clause was about that."""
    if not re.search(CLIP_SOUND, clause):
        return False
    if re.search(
        r"\b(?:keep|use|want|restore|unmute|play|hear|with|leave)\b|保留|恢复|打开|要(?<!不要)|用",
        clause,
    ):
        intent.clip_sound = not re.search(r"\b(?:don'?t|do not|no)\b|别|不", clause)
    elif re.search(rf"{REMOVE}|\bmute\b|turn(?:ed)? off|silence|静音|关", clause):
        intent.clip_sound = False
    return intent.clip_sound is not None


def _read_going_on(intent: Intent, clause: str) -> bool:
    """New footage behind the last frame. True if the clause was about that."""
    if re.search(rf"{TITLE}|{CAPTION}|{MUSIC}|{TRANSITION}|{NOT}", clause):
        return False
    ms = _time(re.sub(r"\b(?:more|extra|further)\b", "", clause))
    from_there = re.search(FROM_LAST_FRAME, clause)
    until = re.search(UNTIL, clause)
    extended = re.search(EXTEND, clause) and not until and not picks_of(clause, ())
    if not (from_there or extended or (ms is not None and re.search(GO_ON, clause))):
        return False
    intent.goes_on = True
    if until:
        intent.ms = ms
    else:
        intent.by_ms = ms
    return True


def _read_colours(intent: Intent, clause: str, quoted: Sequence[str], names: Sequence[str]) -> bool:
    """The look of the whole. True if the clause was about nothing else."""
    look = _first(LOOK_WORDS, re.sub(NOT_THIS, "", clause))
    off = re.search(rf"{REMOVE}|\bturn(?:ed)? off\b|关", clause)
    if off and (look or re.search(LOOK, clause)):
        look = "none"
    if look is None:
        return False
    intent.look = look
    _read_time(intent, clause, quoted, names)
    _read_look(intent, clause, quoted, names)
    return True


def _read_fades(intent: Intent, clause: str, quoted: Sequence[str], names: Sequence[str]) -> bool:
    """Out of black at the start of the whole and into it at its end."""
    if re.search(JOINT, clause):
        return False
    wanted = not re.search(REMOVE, clause)
    if re.search(FADE_IN, clause):
        intent.fade_in = wanted
    if re.search(FADE_OUT, clause):
        intent.fade_out = wanted
    return intent.fade_in is not None or intent.fade_out is not None


def _read_joins(intent: Intent, clause: str, quoted: Sequence[str], names: Sequence[str]) -> bool:
    """Transitions: their kind, direction, colour and length. True if it was about nothing else."""
    if re.fullmatch(SIDE_ALONE, clause):
        intent.transition_side = _first(SIDE_WORDS, clause)
        return True
    kind = _join(clause)
    if picks_of(clause, names) or not (kind or re.search(TRANSITION, clause)):
        return False
    if kind and re.search(REMOVE, clause):
        if re.search(r"\bfades\b|淡入淡出", clause):
            intent.fade_in = intent.fade_out = False
        kind = "crossfade" if kind == "cut" and not re.search(TRANSITION, clause) else "cut"
    intent.transition = kind
    if kind in SIDED:
        intent.transition_side = _first(SIDE_WORDS, clause)
    if kind == "dip" and re.search(WHITE, clause):
        intent.transition_through = "white"
    own_time = re.search(TRANSITION_TIME, clause)
    if own_time:
        intent.transition_ms = _time(own_time.group())
    elif re.search(TRANSITION, clause) and re.search(LONGER_JOINT, clause):
        intent.transition_by = 1.5
    elif re.search(TRANSITION, clause) and re.search(SHORTER_JOINT, clause):
        intent.transition_by = 2 / 3
    else:
        _read_time(intent, clause, quoted, names)
        _read_look(intent, clause, quoted, names)
    return True


def _join(clause: str) -> str | None:
    """The kind of transition that is asked for, not one that is to go."""
    wanted = re.sub(NOT_THIS, "", clause)
    old = _first(TRANSITION_WORDS, clause)
    if (old or re.search(TRANSITION, clause)) and re.search(rf"{REPLACE}|改[成为]", clause):
        wanted = re.split(BECOMES, wanted, maxsplit=1)[-1]
    names = TRANSITION_NAMES if old or re.search(JOINT, clause) else TRANSITION_WORDS
    return _first(names, wanted)


def _read_clips(intent: Intent, clause: str, quoted: Sequence[str], names: Sequence[str]) -> bool:
    """Removing, moving, replacing and adding shots."""
    if re.search(r"\breverse\b|backwards?|倒序|反转|倒过来|颠倒", clause):
        intent.reverse = True
        return True
    picks = picks_of(clause, names)
    swap = re.search(SWAP, clause)
    if swap and len(picks) >= 2:
        intent.swap = (picks[0], picks[1]) if len(picks) == 2 else None
        return True
    if picks and re.search(r"\b(?:move|put|place|bring|shift)\b|移|放到|放在|挪|排到", clause):
        intent.move = target(clause, picks)
        return True
    if picks and (re.search(REPLACE, clause) or (swap and re.search(r"\bnew\b|新", clause))):
        intent.replace = picks[0]
        return True
    if re.search(REMOVE, clause) and (picks or re.search(rf"{EVERY}", clause)):
        intent.remove += picks
        intent.remove_all = not picks and bool(
            re.search(rf"\b{CLIP}\b|\beverything\b|照片|图|片段", clause)
        )
        return True
    things = (
        rf"\b{CLIP}\b|照片|图片|\b(?:them|it|this|these|those|one|ones|file|files)\b|这张|这些|这个"
    )
    if re.search(ADD, clause) and re.search(things, clause) and not _TIME.search(clause):
        intent.add = True
        return True
    return False


def _read_time(intent: Intent, clause: str, quoted: Sequence[str], names: Sequence[str]) -> bool:
    ms, picks = _time(clause), picks_of(clause, ())
    longer = re.search(r"\blonger\b|\bextend\b|\blengthen\b|延长|加长|长一?点|更长", clause)
    shorter = re.search(r"\bshorter\b|\bshorten\b|\btrim\b|缩短|短一?点|更短", clause)
    if ms is not None and re.search(r"\bfad(?:e|ing)\b", clause):
        return False
    if ms is not None and picks:
        intent.clips_ms = [(pick, ms) for pick in picks]
    elif ms is not None and re.search(
        rf"\beach\b|\bevery\b|\bper {CLIP}\b|a photo|每一?[张个段]", clause
    ):
        intent.each_ms = ms
    elif ms is not None and re.search(
        r"\bby\b|\badd\b|\bmore\b|\bless\b|\bcut\b(?! to)|longer|shorter", clause
    ):
        less = shorter or re.search(r"\bless\b|\bcut\b", clause)
        intent.by_ms = -ms if less else ms
    elif ms is not None and (longer or shorter) and re.search(r"延长|加长|缩短", clause):
        intent.by_ms = ms if longer else -ms
        if re.search(r"[到至为成]", clause):
            intent.ms, intent.by_ms = ms, None
    elif ms is not None:
        intent.ms = ms
    elif (longer or shorter) and not picks:
        intent.factor = 1.5 if longer else 2 / 3
    return False


def _read_look(intent: Intent, clause: str, quoted: Sequence[str], names: Sequence[str]) -> bool:
    """Canvas and pace."""
    intent.aspect = _first(ASPECT_WORDS, clause) or intent.aspect
    _read_lines(intent, clause)
    if rate := re.search(SPOKEN_RATE, clause):
        intent.fps = round(amount(next(part for part in rate.groups() if part)))
    if picks_of(clause, names):  # a single shot has no pace of its own
        return False
    intent.style = _first(PACE_WORDS, clause) or intent.style
    if re.search(FASTER, clause):
        intent.speed = 0.75
    elif re.search(SLOWER, clause):
        intent.speed = 4 / 3
    return False


def _read_lines(intent: Intent, text: str) -> None:
    pixels = re.search(PIXELS, text)
    size = (int(pixels.group(1)), int(pixels.group(2))) if pixels else None
    if size in SIZES.values():
        intent.aspect, intent.lines = next(key for key, value in SIZES.items() if value == size)
    match = re.search(
        r"(?<!\d)(480|720|1080|1440|2160)\s*p(?![a-z])|\b(4k)\b|\b(full hd)\b|(高清)", text
    )
    if match:
        intent.lines = int(match.group(1) or (2160 if match.group(2) else 1080))
