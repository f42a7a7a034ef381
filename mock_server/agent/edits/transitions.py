"""Wishes for transitions and for fades at the ends, done to a montage."""

from dataclasses import replace

from mock_server.agent.edits.change import Change, Note, seconds
from mock_server.agent.intent import Intent
from mock_server.agent.montage import Montage
from mock_server.agent.transition import Joining

_LEAST_MS, _MOST_MS = 100, 3_000
_TOLD = {
    "crossfade": ("crossfades", "叠化"),
    "dip": ("dips to black", "黑场过渡"),
    "cut": ("straight cuts", "硬切"),
    "slide": ("slides", "滑动"),
    "push": ("pushes", "推移"),
    "wipe": ("wipes", "擦除"),
    "zoom": ("zooms", "缩放"),
    "mixed": ("of all kinds", "多种混合"),
}
_SIDES = {"left": "左", "right": "右", "top": "上", "bottom": "下"}


def edit_transitions(intent: Intent, montage: Montage) -> tuple[Montage, list[Change]]:
    """Set the transitions and whether it fades in and out."""
    montage, of_joins = _joins(intent, montage)
    montage, of_fades = _fades(intent, montage)
    return montage, of_joins + of_fades


def joining_of(intent: Intent, montage: Montage) -> Joining:
    """The transitions an intent asks for; what it does not say of them is as it was."""
    old = montage.joining
    ms = intent.transition_ms
    if intent.transition_by is not None:
        ms = round(old.length(montage.style) * intent.transition_by)
    ms = old.ms if ms is None else min(max(ms, _LEAST_MS), _MOST_MS)
    if intent.transition is None:
        return replace(old, ms=ms, side=intent.transition_side or old.side)
    side, through = intent.transition_side or "", intent.transition_through or ""
    return Joining(intent.transition, side, through, ms)


def _joins(intent: Intent, montage: Montage) -> tuple[Montage, list[Change]]:
    joining = joining_of(intent, montage)
    if joining == montage.joining and intent.transition is None:
        return montage, []
    if len(montage.shots) < 2:
        note = Note("There is one clip, so there is no transition.", "只有一个片段，没有转场。")
        return montage, [Change(note)]
    if joining.side != montage.joining.side and intent.transition is None:
        note = Note(
            f"New pictures come from the {joining.side} now.",
            f"新画面从{_SIDES[joining.side]}侧进入。",
        )
    elif intent.transition is None:
        length = seconds(joining.length(montage.style))
        note = Note(f"The transitions last {length} s now.", f"转场时长改为{length}秒。")
    else:
        note = _note(joining)
    change = Change(note, "set_transitions", joining.to_draft())
    return replace(montage, joining=joining), [change]


def _note(joining: Joining) -> Note:
    english, chinese = _TOLD[joining.type]
    if joining.through:
        english, chinese = "dips to white", "白场过渡"
    if joining.side:
        english += f" from the {joining.side}"
        chinese = f"从{_SIDES[joining.side]}侧{chinese}"
    return Note(f"The transitions are {english} now.", f"转场改为{chinese}。")


def _fades(intent: Intent, montage: Montage) -> tuple[Montage, list[Change]]:
    changes: list[Change] = []
    if intent.fade_in is not None:
        changes.append(
            _faded("in from black at the start", "从黑场淡入", bool(montage.opens), intent.fade_in)
        )
        montage = replace(montage, opens=intent.fade_in)
    if intent.fade_out is not None:
        changes.append(
            _faded("to black at the end", "在结尾淡出到黑场", montage.fades_out, intent.fade_out)
        )
        montage = replace(montage, closes=intent.fade_out)
    return montage, changes


def _faded(where: str, chinese: str, was: bool, now: bool) -> Change:
    if now == was:
        if now:
            return Change(Note(f"It fades {where} already.", f"画面已经{chinese}。"))
        return Change(Note(f"It does not fade {where}.", f"画面没有{chinese}。"))
    if now:
        note = Note(f"It fades {where} now.", f"画面{chinese}。")
    else:
        note = Note(f"It no longer fades {where}.", f"画面不再{chinese}。")
    return Change(note, "set_fade", {"on": now})
