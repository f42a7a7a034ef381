"""The user's words → what they ask for, in English and Chinese. Pure, no model: rules as data.

A sentence is cut into clauses, and each clause is read for one thing at a time, so that "upbeat"
beside "music" is a style of music and beside "transitions" a pace. What stands in quotes is taken
out first and never read as a command.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from mock_server.vocabulary import (
    ADD,
    ASPECT_WORDS,
    CAPTION,
    CLIP,
    CLIP_ZH,
    CREATE,
    FASTER,
    KEEP,
    MUSIC,
    MUSIC_WORDS,
    NEAREST,
    OVER,
    PACE_WORDS,
    POLITE,
    QUESTION,
    REMOVE,
    REPLACE,
    SLOWER,
    TEXT_NOUN,
    TITLE,
    TRANSITION_WORDS,
)

_NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_NUMBERS += ["eleven", "twelve"]
_WORD_NUMBERS = {word: number for number, word in enumerate(_NUMBERS)}
_WORD_NUMBERS |= {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "sixty": 60, "ninety": 90}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "last": -1}
_ZH = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"两": 2, "半": 0.5}
_AMOUNT = rf"(\d+(?:\.\d+)?|{'|'.join(_WORD_NUMBERS)}|[零一二三四五六七八九十两半百]+)"
_TIME = re.compile(
    rf"{_AMOUNT}\s*-?\s*(seconds?|secs?|s\b|minutes?|mins?\b|秒钟?|分钟)", re.IGNORECASE
)
_QUOTED = re.compile(
    "“([^”]+)”|\"([^\"]+)\"|「([^」]+)」|『([^』]+)』|《([^》]+)》|‘([^’]+)’|(?<!\\w)'([^']+)'(?!\\w)"
)
_LAST_TITLE = re.compile(
    r"(?:^|[\s.。])(?:title|标题)\s*[:：]\s*[\"“](.*)[\"”]\s*[.。]?\s*$", re.I | re.S
)
_FIELDS = re.compile(
    r"(aspect ratio|resolution|duration|length|background music|music|画面比例|宽高比|比例|画幅|分辨率"
    r"|时长|背景音乐|配乐|音乐)\s*:\s*((?:[^.。,;；\n]|\.(?=\d))+)",
    re.IGNORECASE,
)
_CLAUSES = re.compile(
    r"[!?;。！？；\n、]+|\.(?!\d)|(?<!\d),|,(?!\s*#?\d)|\bthen\b|\bbut\b"
    r"|\band\b(?!\s*(?:\w+\s+)?\d|\s*out\b|\s*⟦)|(?=\b(?:titled|set to)\b)"
    r"|然后|并且|接着|同时|再(?=[加删把换])|(?=配(?!乐))|(?<=视频)(?=标题)"
)
_WITH = re.compile(r"\bwith\b(?!\s*⟦)")


@dataclass
class Wish:
    """What a message asks for; None and False where it says nothing. Times in ms."""

    language: str = "en"
    question: bool = False
    create: bool = False
    over: bool = False
    add: bool = False
    ms: int | None = None
    by_ms: int | None = None
    factor: float | None = None
    each_ms: int | None = None
    clip_ms: tuple[int, int] | None = None
    aspect: str | None = None
    lines: int | None = None
    music: str | None = None
    music_asked: str | None = None
    no_music: bool = False
    more_music: bool = False
    volume: float | None = None
    volume_by: float | None = None
    title: str | None = None
    title_ms: int | None = None
    no_title: bool = False
    caption: str | None = None
    captions: bool = False
    no_captions: bool = False
    style: str | None = None
    speed: float | None = None
    transition: str | None = None
    remove: list[int] = field(default_factory=list)
    replace: int | None = None
    move: tuple[int, int] | None = None
    swap: tuple[int, int] | None = None
    reverse: bool = False

    @property
    def edits(self) -> bool:
        """Whether anything was understood that changes a cut that is there."""
        plain = Wish(self.language, self.question, self.create, self.over)
        return self != plain


_NO_MUSIC = r"none|no|off|no music|silent|无|不要|没有|不需要|关|静音"


def read(words: str, names: Sequence[str] = (), *, language: str | None = None) -> Wish:
    """Understand a message. `names` are the titles of the shots there are, in order."""
    wish = Wish(_language(words, language))
    bare, quoted = _take_quotes(words)
    bare = unicodedata.normalize("NFKC", bare).lower().strip()
    bare, fields = _take_fields(bare)
    for clause in _clauses(bare):
        _read_clause(wish, re.sub(POLITE, "", clause), quoted, names)
    for name, value in fields:  # last: a field is meant more exactly than the words before it
        _read_field(wish, name, value)
    wish.create = bool(re.search(CREATE, bare))
    wish.over = bool(re.search(OVER, bare))
    wish.question = bool(re.search(QUESTION, re.sub(POLITE, "", bare)))
    return wish


def amount(text: str) -> float:
    """A number in digits, English words or Chinese characters."""
    if text[0].isdigit():
        return float(text)
    if text in _WORD_NUMBERS:
        return _WORD_NUMBERS[text]
    total, digit = 0.0, 0.0
    for char in text:
        if char in "十百":
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _ZH[char]
    return total + digit


def _clauses(text: str) -> list[str]:
    """The parts of a message that are read on their own. "10 seconds with music" is two of them,
    "replace the music with jazz" is one."""
    parts: list[str] = []
    for part in _CLAUSES.split(text):
        parts += [part] if re.search(REPLACE, part) else _WITH.split(part)
    return [part.strip() for part in parts if part.strip()]


def _language(words: str, language: str | None) -> str:
    if re.search(r"[\u3400-\u9fff]", words):
        return "zh"
    if re.search(r"[A-Za-z]{2}", words):
        return "en"
    return "zh" if (language or "").lower().startswith("zh") else "en"


def _take_quotes(words: str) -> tuple[str, list[str]]:
    quoted: list[str] = []

    def keep(match: re.Match[str]) -> str:
        quoted.append(next(group for group in match.groups() if group is not None).strip())
        return f" ⟦{len(quoted) - 1}⟧ "

    # The title the client puts last may itself hold quotes: it ends with the message.
    last = _LAST_TITLE.search(words)
    if last and last.group(1).strip():
        quoted.append(last.group(1).strip())
        return _QUOTED.sub(keep, words[: last.start()]) + " . title: ⟦0⟧ .", quoted
    return _QUOTED.sub(keep, words), quoted


def _take_fields(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Take `Duration: 10 seconds.` and its like out of the text, as (name, value)."""
    fields: list[tuple[str, str]] = []

    def take(match: re.Match[str]) -> str:
        name, value = match.group(1), match.group(2).strip()
        if "⟦" in value:
            return match.group(0)
        fields.append((name, value))
        return " . "

    return _FIELDS.sub(take, text), fields


def _read_field(wish: Wish, name: str, value: str) -> None:
    if re.search(r"music|音乐|配乐", name):
        wish.no_music = bool(re.fullmatch(_NO_MUSIC, value))
        wish.music = None
        if not wish.no_music:
            _set_music(wish, value, default="lofi")
    elif re.search(r"duration|length|时长", name):
        wish.ms = _time(value) or wish.ms
    elif re.search(r"resolution|分辨率", name):
        _read_lines(wish, value)
    else:
        wish.aspect = _first(ASPECT_WORDS, value) or wish.aspect


def _set_music(wish: Wish, text: str, default: str | None = None) -> None:
    style = _first(MUSIC_WORDS, text)
    if style:
        wish.music = style
        wish.music_asked = _first({name: rule for rule, name in NEAREST.items()}, text)
    elif default:
        wish.music = default
        wish.music_asked = re.sub(r"[^\w\s&-]", "", text).strip()[:40] or None


def _first(rules: dict[str, str], text: str) -> str | None:
    """The rule that matches earliest in the text."""
    found = [
        (match.start(), name)
        for name, rule in rules.items()
        if (match := re.search(rf"(?:{rule})", text))
    ]
    return min(found)[1] if found else None


def _time(text: str) -> int | None:
    match = _TIME.search(text)
    if match is None:
        return None
    unit = 60_000 if match.group(2).startswith(("m", "分")) else 1_000
    return round(amount(match.group(1)) * unit)


def _read_clause(wish: Wish, clause: str, quoted: list[str], names: Sequence[str]) -> None:
    if re.search(KEEP, clause):
        wants = re.search(r"add|use|want|need|play|加|用", clause)
        if wants and re.search(MUSIC, clause):
            wish.no_music = True
        elif wants and re.search(TITLE, clause):
            wish.no_title = True
        return
    for reader in (_read_words, _read_music, _read_clips, _read_time, _read_look):
        if reader(wish, clause, quoted, names):
            return


def _read_words(wish: Wish, clause: str, quoted: list[str], names: Sequence[str]) -> bool:
    """Titles and captions. True if the clause was about nothing else."""
    caption = re.search(CAPTION, clause)
    title = re.search(TITLE, clause) or (None if caption else re.search(TEXT_NOUN, clause))
    if not (caption or title):
        called = re.search(r"\b(?:call it|named?|叫做?|命名为)\s*⟦(\d+)⟧", clause)
        if called:
            wish.title = quoted[int(called.group(1))]
        return bool(called)
    said = _said(clause, quoted)
    if re.search(REMOVE, clause) and said is None:
        wish.no_captions, wish.no_title = bool(caption), not caption
    elif caption:
        wish.caption, wish.captions = said, said is None
    elif said is not None:
        wish.title = said
    if title and _time(clause):
        wish.title_ms = _time(clause)
    return True


def _said(clause: str, quoted: list[str]) -> str | None:
    """The words a title or caption is to say: the last quotation, else what follows the verb."""
    marks = re.findall(r"⟦(\d+)⟧", clause)
    if marks:
        return quoted[int(marks[-1])] or None
    match = re.search(
        r"(?:that says|which says|that reads|says|saying|reads|reading|titled|title:|标题:|to say"
        r"|(?:title|text|caption|headline) to|改成|改为|换成|设为|写着?|内容是|标题为|标题是|叫)\s*(.+)$",
        clause,
    )
    return match.group(1).strip(" :：") or None if match else None


def _read_music(wish: Wish, clause: str, quoted: list[str], names: Sequence[str]) -> bool:
    about = re.search(MUSIC, clause)
    if re.search(r"\bsilent video\b|\bmute\b|静音|无声", clause):
        wish.no_music = True
        return True
    level = re.search(
        r"volume|louder|quieter|softer|音量|大声|小声|响一?点|轻一?点|大一?点|小一?点", clause
    )
    if not about and not level:
        return False
    percent = re.search(r"(\d+(?:\.\d+)?)\s*%|百分之(\d+)", clause)
    if percent:
        wish.volume = min(float(percent.group(1) or percent.group(2)), 100.0) / 100
    elif re.search(
        r"louder|turn.*\bup\b|raise|increase|too (?:quiet|soft)|大声|调大|大一?点|响一?点", clause
    ):
        wish.volume_by = 1.5
    elif re.search(
        r"quieter|softer|turn.*\bdown\b|lower|decrease|too loud|小声|调小|小一?点|轻一?点", clause
    ):
        wish.volume_by = 0.6
    elif re.search(REMOVE + r"|turn off|关掉|无|没有", clause):
        wish.no_music = True
        return True
    _set_music(wish, clause)
    if wish.music is None and wish.volume is None and wish.volume_by is None:
        wish.more_music = bool(about)
    return True


def _read_clips(wish: Wish, clause: str, quoted: list[str], names: Sequence[str]) -> bool:
    """Removing, moving, replacing and adding shots."""
    if re.search(r"\breverse\b|backwards?|倒序|反转|倒过来|颠倒", clause):
        wish.reverse = True
        return True
    picks = _picks(clause, names)
    swap = re.search(r"\bswap\b|交换|对调|互换", clause)
    if swap and len(picks) >= 2:
        wish.swap = (picks[0], picks[1])
        return True
    if picks and re.search(r"\b(?:move|put|place|bring|shift)\b|移|放到|放在|挪|排到", clause):
        wish.move = _target(clause, picks)
        return wish.move is not None
    if picks and re.search(REPLACE, clause):
        wish.replace = picks[0]
        return True
    if picks and re.search(REMOVE, clause):
        wish.remove += picks
        return True
    things = (
        rf"\b{CLIP}\b|照片|图片|\b(?:them|it|this|these|those|one|ones|file|files)\b|这张|这些|这个"
    )
    if re.search(ADD, clause) and re.search(things, clause) and not _TIME.search(clause):
        wish.add = True
        return True
    return False


def _picks(clause: str, names: Sequence[str]) -> list[int]:
    """Shots a clause speaks of, counted from 1 in order of mention; -1 is the last."""
    found: list[tuple[int, int]] = []
    for match in re.finditer(
        rf"\b{CLIP}\s*#?(\d+)((?:\s*(?:,|and|&)\s*#?\d+)*)(?!\s*-?\s*s)", clause
    ):
        found.append((match.start(), int(match.group(1))))
        more = re.finditer(r"\d+", match.group(2))
        found += [(match.start(2) + item.start(), int(item.group())) for item in more]
    ordinal = rf"\b({'|'.join(_ORDINALS)}|\d+(?:st|nd|rd|th))\s+(?:{CLIP}|one)\b"
    for match in re.finditer(ordinal, clause):
        word = match.group(1)
        found.append((match.start(), _ORDINALS.get(word) or int(word[:-2])))
    for match in re.finditer(rf"第\s*(\d+|[一二三四五六七八九十]+)\s*{CLIP_ZH}", clause):
        found.append((match.start(), int(amount(match.group(1)))))
    for match in re.finditer(rf"最后(?:一)?{CLIP_ZH}", clause):
        found.append((match.start(), -1))
    if not found:
        for number, name in enumerate(names, 1):
            at = clause.find(name.lower()) if len(name) > 2 else -1
            if at >= 0:
                found.append((at, number))
    return [number for _, number in sorted(found)]


def _target(clause: str, picks: list[int]) -> tuple[int, int] | None:
    """(shot, new place) of a move."""
    place = re.search(r"(?:position|place|spot|第)\s*(\d+)\s*(?:位|个位置)?\s*$", clause)
    if re.search(
        r"\bto the (?:start|beginning|front|top)\b|\bat the (?:start|beginning)\b|\bfirst$|最前|开头|开始",
        clause,
    ):
        return picks[0], 1
    if re.search(r"\bto the end\b|\bat the end\b|\blast$|最后面?$|末尾|结尾", clause):
        return picks[0], -1
    if place:
        return picks[0], int(place.group(1))
    if len(picks) >= 2:
        if re.search(r"\bafter\b|后", clause):
            return picks[0], picks[1] + (1 if picks[0] > picks[1] > 0 else 0)
        return picks[0], picks[1] - (1 if 0 < picks[0] < picks[1] else 0)
    return None


def _read_time(wish: Wish, clause: str, quoted: list[str], names: Sequence[str]) -> bool:
    ms, picks = _time(clause), _picks(clause, ())
    longer = re.search(r"\blonger\b|\bextend\b|\blengthen\b|延长|加长|长一?点|更长", clause)
    shorter = re.search(r"\bshorter\b|\bshorten\b|\btrim\b|缩短|短一?点|更短", clause)
    if ms is not None and re.search(r"transition|fade|转场", clause):
        return False
    if ms is not None and picks:
        wish.clip_ms = (picks[0], ms)
    elif ms is not None and re.search(
        rf"\beach\b|\bevery\b|\bper {CLIP}\b|a photo|每一?[张个段]", clause
    ):
        wish.each_ms = ms
    elif ms is not None and re.search(
        r"\bby\b|\badd\b|\bmore\b|\bless\b|\bcut\b(?! to)|longer|shorter", clause
    ):
        less = shorter or re.search(r"\bless\b|\bcut\b", clause)
        wish.by_ms = -ms if less else ms
    elif ms is not None and (longer or shorter) and re.search(r"延长|加长|缩短", clause):
        wish.by_ms = ms if longer else -ms
        if re.search(r"[到至为成]", clause):
            wish.ms, wish.by_ms = ms, None
    elif ms is not None:
        wish.ms = ms
    elif longer or shorter:
        wish.factor = 1.5 if longer else 2 / 3
    return False


def _read_look(wish: Wish, clause: str, quoted: list[str], names: Sequence[str]) -> bool:
    """Canvas, pace and transitions."""
    wish.aspect = _first(ASPECT_WORDS, clause) or wish.aspect
    _read_lines(wish, clause)
    wish.transition = _first(TRANSITION_WORDS, clause) or wish.transition
    wish.style = _first(PACE_WORDS, clause) or wish.style
    if re.search(FASTER, clause):
        wish.speed = 0.75
    elif re.search(SLOWER, clause):
        wish.speed = 4 / 3
    return False


def _read_lines(wish: Wish, text: str) -> None:
    match = re.search(r"\b(480|720|1080|1440|2160)\s*p\b|\b(4k)\b|\b(full hd)\b|(高清)", text)
    if match:
        wish.lines = int(match.group(1) or (2160 if match.group(2) else 1080))
