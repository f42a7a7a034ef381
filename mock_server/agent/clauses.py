"""A message cut into the parts that are read on their own.

What stands in quotes, and what a title is to say without them, is taken out first, so that it is
never read as a request: ⟦0⟧ stands where the first such piece was.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mock_server.agent.vocabulary import (
    CAPTION,
    CLIP,
    CLIP_ZH,
    MUSIC,
    NUMBER,
    ORDINAL,
    REPLACE,
    SWAP,
    TIME,
    TITLE,
    VERB,
)

_QUOTED = re.compile(
    "“([^”]+)”|\"([^\"]+)\"|「([^」]+)」|『([^』]+)』|《([^》]+)》|‘([^’]+)’|(?<!\\w)'([^']+)'(?!\\w)"
)
_LAST_TITLE = re.compile(
    r"(?:^|[\s.。])(?:title|标题)\s*[:：]\s*[\"“](.*)[\"”]\s*[.。]?\s*$", re.I | re.S
)
_FIELDS = re.compile(
    r"(aspect ratio|resolution|duration|length|background music|music|look|画面比例|宽高比|比例|画幅|分辨率"
    r"|时长|背景音乐|配乐|音乐|色调)\s*:\s*((?:[^.。,;；\n]|\.(?=\d))+)"
)
_NOUN = r"(?:titles?|headline|heading|captions?|subtitles?|text)"
_PLACE = r"(?:the )?(?:very )?(?:top|bottom|cent(?:er|re)|middle)\b"
_PICK = (
    rf"(?:(?:the\s+)?(?:{CLIP}\s*)?#?\d+|(?:the\s+)?{ORDINAL}(?:\s+(?:{CLIP}|ones?))?"
    rf"|(?:{CLIP}\s+)(?:{NUMBER})|第\s*(?:\d+|[一二三四五六七八九十]+)\s*{CLIP_ZH}|最后一?{CLIP_ZH})"
)
_LEADS = re.compile(
    rf"\b(?:change|set|rename|update|edit|switch|alter|correct|fix|make|and)\s+(?:(?:the|my|its|this|a)\s+)?"
    rf"{_NOUN}(?:\s+text)?\s+(?:to\s+(?:say|read)\s+|(?:to|into)\s+(?!{_PLACE}|be\b))"
    rf"|\b{_NOUN}\s*:\s*|\b{_NOUN}\s+(?:should\s+|to\s+)?(?:says?|reads?|saying|reading|called)\s+"
    rf"|\b{_NOUN}\s+(?:that|which)\s+(?:says|reads)\s+|\btitled\s+|\b(?:call|name) it\s+"
    r"|\b(?:add|insert|include|with|use|give it)\s+(?:(?:a|an|the|new)\s+)*(?:title|headline|caption|subtitle)\s+"
    r"(?!(?:for|at|with|in|to|on|that|which|saying|reading|called|says|reads|and|as|of|from|too|please|again|now|over|under|card|by|bigger)\b)"
    r"|(?:标题|片名|字幕|文字)(?:文字|内容)?\s*(?:改成|改为|改名为|换成|换为|设成|设为|设置为|写成|写着?|写上|内容[是为]"
    r"|叫做?|[为是](?!什么)|:)\s*"
    r"|加(?:上|入)?(?:一个|个|一行|一条)?(?:标题|片名|字幕)\s*:?\s*(?![大小红在放到吧,，。]|$)"
    r"|(?:取名|命名)[为叫]?\s*"
    rf"|\bcaption\s+{_PICK}(?:\s*:\s*|\s+(?!(?:{CLIP}|ones?|with|at|in|on|to|as|and|or|too|please|again|now|instead"
    r"|by|of|for|the|only)\b))"
)
_NOT_SAID = re.compile(
    rf"\s*(?:⟦|$|{TIME}|(?:英|法|德|日|中|西班牙|韩)[文语]|[红黄蓝绿白黑]色|大一?点|小一?点)"
)
_SENTENCE = re.compile(r"[!?;。\n]+|\.(?!\d)")
_SAID_ENDS = re.compile(r"[?;。\n⟦]|\.(?=\s|$)")
_SAID_JOINTS = re.compile(
    rf"(\s+for\s+{TIME}|\s+(?:at|in|on)\s+the\s+(?:top|bottom|end|start|beginning|middle|cent(?:er|re))\b"
    rf"|[,\s]+(?:please|pls|thanks|thank you)\s*$|[,\s]+(?:and\s+)?(?={CLIP}\s*#?\d))|\s*,\s*|\s*、|\s+and\s+|\s+then\s+|\s+but\s+"
    r"|\s*(?:然后|并且|接着|同时)|\s*(?=再[加删把换])|\s+(?=[把加删换])"
)
_THINGS_ZH = r"(?:背景)?音乐|配乐|标题|片名|字幕|文字|转场"
_JOINTS = re.compile(
    r"(?:、|(?<!\d),|,(?!\s*#?\d))+|\bthen\b|\bbut\b|\band\b(?!\s*out\b|\s*⟦|\s+white\b)"
    r"|(?=\b(?:titled|set to)\b)|然后|并且|接着|同时|再(?=[加删把换])|(?=配(?!乐))|(?<=视频)(?=标题)"
    rf"|(?:和|与|跟|以及|还有)(?=(?:{_THINGS_ZH})|第|最后)"
)
_WITH = re.compile(r"(?<!\bend )(?<!\bends )(?<!\bstart )(?<!\bstarts )\bwith\b(?!\s*⟦)")
_BARE_PICK = re.compile(
    rf"{_PICK}(?:\s*,\s*{_PICK})*(?:\s+(?:please|too|around|places))?"
    r"|(?:第\S{1,3}[张个段幅]\S{0,2}|最后一?[张个段幅]\S{0,2})(?:交换|对调|互换|调换|换一?下|换位置)?.{0,3}"
)
_BARE_THING = re.compile(
    r"(?:(?:the|its|all|both|any|that|old|background|my)\s+)*"
    rf"(?:{MUSIC}|{TITLE}|{CAPTION}|transitions?|{_THINGS_ZH})(?:\s+(?:please|too))?"
)
_DROP = re.compile(
    r"^(?:please\s+)?(?:remove|delete|drop|take out|get rid of|lose|no|without)\b|^(?:删除|删掉|去掉|移除|去除|不要)"
)
_DROPPED_ZH = re.compile(r"(?:都|全都|一起|也)?(?:删除|删掉|去掉|移除|去除)了?吧?$")


_SAYINGS = re.compile(r"(?:⟦\d+⟧|and|[\s,&])+")
_SHOT_SAYS = re.compile(
    rf"(?:(?:for|on|to|of|over) )?{_PICK}(?:的?字幕)?\s*(?:says?|with|as|reads?|写上?|是|为)?\s*:?\s*⟦\d+⟧"
    rf"|⟦\d+⟧\s*(?:on|for|to|over|at|给|到)\s+{_PICK}"
)


@dataclass(frozen=True)
class Clause:
    """A part of a message as it is read, and where it stood: `start` to `end` of the message."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Message:
    """A message in its parts. `text` is as it was written, but for what was taken out of it."""

    text: str
    quoted: Sequence[str]
    clauses: Sequence[Clause]
    fields: Sequence[tuple[str, str]]

    @property
    def folded(self) -> str:
        return _fold(self.text)

    def quote(self, start: int, end: int) -> str:
        """What the user wrote there."""
        said = re.sub(
            r"\s*⟦(\d+)⟧\s*", lambda m: f' "{self.quoted[int(m[1])]}" ', self.text[start:end]
        )
        return said.strip(" ,.，。、")


def cut(message: str, names: Sequence[str], is_request: Callable[[str], bool]) -> Message:
    """Cut a message. `names` are those of the shots; `is_request` says of a few folded words
    whether they ask for something, and so cannot be the rest of a title."""
    text, quoted = _take_quotes(unicodedata.normalize("NFC", message))
    text = _take_said(text, quoted, is_request)
    rest, fields = _take_fields(_fold(text))
    lower = [name.lower() for name in names if len(name) > 2]
    clauses: list[Clause] = []
    for start, end in _spans(_SENTENCE, rest, 0, len(rest)):
        clauses += _together(_sentence(rest, start, end), rest, lower)
    return Message(text, quoted, clauses, fields)


def _fold(text: str) -> str:
    """Lower case and plain signs (NFKC), with every sign where it was."""

    def fold(char: str) -> str:
        plain = unicodedata.normalize("NFKC", char).lower()
        return plain if len(plain) == 1 else char

    return "".join(map(fold, text))


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


def _take_said(text: str, quoted: list[str], is_request: Callable[[str], bool]) -> str:
    """Take out what a title or caption is to say where it stands in no quotes."""
    at, folded = 0, _fold(text)
    while lead := _LEADS.search(folded, at):
        at = lead.end()
        if _NOT_SAID.match(folded, at):
            continue
        stop = _SAID_ENDS.search(folded, at)
        end = _said_end(folded, at, stop.start() if stop else len(text), is_request)
        said = text[at:end].strip(" :,，：")
        if said:
            quoted.append(said)
            mark = f" ⟦{len(quoted) - 1}⟧ "
            text, folded = text[:at] + mark + text[end:], folded[:at] + mark + folded[end:]
            at += len(mark)
    return text


def _said_end(folded: str, at: int, end: int, is_request: Callable[[str], bool]) -> int:
    for joint in _SAID_JOINTS.finditer(folded, at, end):
        if joint.start() == at:
            continue
        after = _SAID_JOINTS.search(folded, joint.end(), end)
        rest = folded[joint.end() : after.start() if after and after.start() > joint.end() else end]
        if joint.group(1) or re.match(VERB, rest) or is_request(rest):
            return joint.start()
    return end


def _take_fields(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Take `duration: 10 seconds.` and its like out of the text, as (name, value)."""
    fields: list[tuple[str, str]] = []

    def take(match: re.Match[str]) -> str:
        name, value = match.group(1), match.group(2).strip()
        if "⟦" in value:
            return match.group(0)
        fields.append((name, value))
        return ".".ljust(len(match.group(0)))

    return _FIELDS.sub(take, text), fields


def _spans(rule: re.Pattern[str], text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Where the pieces between what `rule` matches stand, without the space about them."""
    edges = [start, *(at for match in rule.finditer(text, start, end) for at in match.span()), end]
    spans = []
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        piece = text[left:right]
        if piece.strip():
            left += len(piece) - len(piece.lstrip())
            spans.append((left, left + len(piece.strip())))
    return spans


def _sentence(text: str, start: int, end: int) -> list[Clause]:
    """ "10 seconds with music" is two clauses, "replace the music with jazz" is one."""
    spans: list[tuple[int, int]] = []
    for left, right in _spans(_JOINTS, text, start, end):
        whole = re.search(f"{REPLACE}|{SWAP}", text[left:right])
        spans += [(left, right)] if whole else _spans(_WITH, text, left, right)
    return [Clause(text[left:right], left, right) for left, right in spans]


def _together(parts: list[Clause], text: str, names: list[str]) -> list[Clause]:
    """Put together again what "and" only seemed to part: the first | the last photo, and give
    "the music" of "remove the title and the music" its verb."""
    clauses: list[Clause] = []
    for part in parts:
        last = clauses[-1] if clauses else None
        if last is not None and _belongs(part.text, last.text, names):
            clauses[-1] = Clause(text[last.start : part.end], last.start, part.end)
        elif last is not None and _captions(last.text) and _SHOT_SAYS.fullmatch(part.text):
            clauses.append(Clause(f"caption {part.text}", part.start, part.end))
        elif last is not None and _DROP.match(last.text) and _names_only(part.text):
            clauses.append(Clause(f"remove {part.text}", part.start, part.end))
        else:
            clauses.append(part)
    for number in range(len(clauses) - 1, 0, -1):
        before, after = clauses[number - 1], clauses[number]
        bare = re.sub(r"^(?:请|帮我)?[把将]", "", before.text)
        verb = _DROPPED_ZH.search(after.text)
        if verb and _names_only(bare):
            clauses[number - 1] = Clause(f"{bare}去掉", before.start, before.end)
    return clauses


def _captions(part: str) -> bool:
    """Whether a part has captions, and what they say."""
    return "⟦" in part and bool(re.search(CAPTION, part))


def _names_only(part: str) -> bool:
    """Whether a part names a thing or a shot and says nothing of it."""
    return bool(_BARE_THING.fullmatch(part) or _BARE_PICK.fullmatch(part))


def _belongs(part: str, before: str, names: list[str]) -> bool:
    """Whether a part only names another shot beside those that the part before it speaks of, or
    what one more caption says."""
    if _captions(before):
        return bool(_SAYINGS.fullmatch(part))
    if re.search(f"{TITLE}|{MUSIC}", before):
        return False
    named = part.removeprefix("the ")
    if named in names and any(name in before for name in names):
        return True
    dangling = re.search(rf"\b{ORDINAL}$", before) and re.match(rf"(?:the\s+)?{ORDINAL}\b", part)
    dangling = dangling or (
        re.search(rf"\b{CLIP}\s*#?\d+$", before) and re.match(rf"(?!{TIME})#?\d+\s", part)
    )
    if re.search(r"(?:minutes?|mins?|分钟?)$", before) and re.fullmatch(TIME, part):
        return True
    return bool(dangling or (re.search(_PICK, before) and _BARE_PICK.fullmatch(part)))
