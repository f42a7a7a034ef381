"""Screen talk with what should be left of it, and how it is judged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from skill.screentalk import GuiAction, Translation

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parents[1] / "data"

_TORSO = re.compile(
    r"[,;，；、]\W*$|\b(?:and|or|but|so|then|to|the|a|an|by|in|on|with|from|if|when|once|which|that|just)\W*$"
    r"|^\W*(?:and|or|but|which(?!.*\?$))\b|^\W*(?:并且|或者|以及)|(?:如果|请|并|在|把|将|想|先|再|您可以|你可以)\W*$"
    r"|^[^，]{1,8}后\W*$|\*\*\s*\*\*|\(\s*\)|（\s*）",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Case:
    """A message of the backend's. `kept` is exact but for white space; None: `has` and `lacks` decide."""

    language: str
    kind: str
    text: str
    kept: str | None
    has: tuple[str, ...]
    lacks: tuple[str, ...]
    actions: tuple[GuiAction, ...]


@dataclass(frozen=True)
class Verdict:
    """What is right of a translation. A case is right if all three are."""

    actions: bool
    kept: bool
    whole: bool

    @property
    def right(self) -> bool:
        return self.actions and self.kept and self.whole


def cases(name: str) -> list[Case]:
    """The cases of a file in `data`, in its order."""
    found = []
    for block in re.split(r"\n\s*\n(?=\[)", (DATA / name).read_text("utf-8")):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if not lines:
            continue
        head = re.fullmatch(r"\[(\w+) (\w+)\]((?: \w+)*)", lines[0])
        assert head, lines[0]

        def said(sign: str, lines: list[str] = lines) -> tuple[str, ...]:
            return tuple(line[1:].removeprefix(" ") for line in lines[1:] if line[0] == sign)

        has, lacks = said("+"), said("-")
        found.append(
            Case(
                language=head[1],
                kind=head[2],
                text="\n".join(said("|")),
                kept=None if has or lacks else "\n".join(said("=")),
                has=has,
                lacks=lacks,
                actions=tuple(GuiAction(word) for word in head[3].split()),
            )
        )
    return found


def judge(case: Case, got: Translation) -> Verdict:
    """Whether a translation is what the case asks for."""
    if case.kept is not None:
        kept = " ".join(got.text.split()) == " ".join(case.kept.split())
    else:
        kept = all(part in got.text for part in case.has) and not any(
            part.lower() in got.text.lower() for part in case.lacks
        )
    sentences = re.split(r"(?<=[.!?])\s+|(?<=[。！？])|\n+", got.text)
    torso = any(_TORSO.search(sentence) for sentence in sentences if sentence.strip())
    torso = torso or got.text.count("**") % 2 > case.text.count("**") % 2
    return Verdict(got.actions == case.actions, kept, not torso or got.text == case.text)


def keywords(text: str) -> Translation:
    """The contract's table and nothing more: a sentence with such a word goes, the word is the action."""
    table = (
        (GuiAction.EXPORT, r"export|导出|匯出"),
        (GuiAction.CREDITS, r"billing|account|账户|账单|帳戶"),
        (GuiAction.CHAT, r"\bdrag|\bdrop|拖"),
        (GuiAction.STATE, r"\bopen|preview|timeline|panel|打开|打開|预览|面板|时间[轴线]"),
        (GuiAction.CHAT, r"\bclick|\btap\b|\bpress|button|点击|點擊|按钮"),
    )
    kept, actions = [], []
    for sentence in re.split(r"(?<=[.!?])(?=\s)|(?<=[。！？])|(?<=\n)", text):
        found = next((act for act, word in table if re.search(word, sentence, re.I)), None)
        if found is None:
            kept.append(sentence)
        elif found not in actions:
            actions.append(found)
    return Translation("".join(kept), tuple(actions))


def score(name: str, translate: Callable[[str], Translation]) -> tuple[int, int, int, int, int]:
    """Cases, and of how many the actions, the kept text, its wholeness, and all of it are right."""
    verdicts = [judge(case, translate(case.text)) for case in cases(name)]
    return (
        len(verdicts),
        sum(v.actions for v in verdicts),
        sum(v.kept for v in verdicts),
        sum(v.whole for v in verdicts),
        sum(v.right for v in verdicts),
    )
