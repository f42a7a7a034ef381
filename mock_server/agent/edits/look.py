"""Wishes for a look, done to a montage."""

from dataclasses import replace

from mock_server.agent.edits.change import Change, Note
from mock_server.agent.intent import Intent
from mock_server.agent.montage import Montage

TOLD = {
    "warm": ("warm and golden", "暖金色"),
    "cool": ("cool", "冷色"),
    "mono": ("black and white", "黑白"),
    "": ("as the photos have them", "原色"),
}


def edit_look(intent: Intent, montage: Montage) -> tuple[Montage, list[Change]]:
    """Set the look, or take it away."""
    if intent.look is None:
        return montage, []
    look = look_of(intent)
    english, chinese = TOLD[look]
    if look == montage.look:
        already = Note(f"The colours are {english} already.", f"色调已经是{chinese}。")
        return montage, [Change(already)]
    return replace(montage, look=look), [Change(look_note(look), "set_look", {"look": look})]


def look_of(intent: Intent, usual: str = "") -> str:
    """The look that an intent asks for, or the usual one."""
    return usual if intent.look is None else intent.look.replace("none", "")


def look_note(look: str) -> Note:
    english, chinese = TOLD[look]
    return Note(f"The colours are {english} now.", f"色调改为{chinese}。")
