"""What steps in an interface stand for: actions, what buttons are called, what is said instead.

The steps themselves are in `skill.screentalk.phrases_en` and `skill.screentalk.phrases_zh`. docs/screen.md tells how to
add one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class GuiAction(StrEnum):
    """What a step in the interface stands for; `NONE` has nothing behind it (close, scroll)."""

    EXPORT = "export"
    STATE = "state"
    CHAT = "chat"
    CREDITS = "credits"
    NONE = "none"


EXPORT, STATE, CHAT, CREDITS, NONE = GuiAction


@dataclass(frozen=True)
class StepPattern:
    """A regular expression of a verb of the interface with its object, and a sentence with one.

    Without an `action` `LABELS` decides. A `guess` counts only where the sentence names nothing
    better: in "select the clip and press Delete" it is Delete that does something.
    """

    shape: str
    example: str
    action: GuiAction | None = None
    guess: bool = False


LABELS = tuple(
    (action, rf"\b(?:{english})s?\b|{chinese}")
    for action, english, chinese in (
        (EXPORT, "export|download|render|share", "导出|下载"),
        (CREDITS, "billing|account|credit|subscription|plan|pricing|upgrade|top[ -]?up", "账户|账单|充值|积分|余额|订阅|套餐"),
        (NONE, "close|cancel|dismiss|ok|got it|log ?in|sign (?:in|up)|refresh|full ?screen", "关闭|取消|确定|知道了|登录|刷新|全屏"),
        (CHAT, "slider|handle", "滑块"),
        (STATE, "play|preview|timeline|panel|tab|library|settings|history|layers|properties|inspector|editor|side ?bar|player|space ?bar|space", "播放|预览|面板|标签|选项卡|时间[线轴]|素材库|设置"),
        (CHAT, "add|apply|generate|split|trim|cut|delete|trash(?: can)?|remove|undo|redo|mute|replace|regenerate|retry|upload", "添加|应用|生成|删除|撤销|分割|静音|替换|上传"),
    )
)  # fmt: skip
"""What a button or place is called → what it does; the first that is found. An upload is asked for
in the chat: the user sends the file."""

# -- what is said instead, where only steps were said

INSTEAD = {
    EXPORT: "The video can be exported now.",
    STATE: "Here is the timeline.",
    CHAT: "Say what you want changed, or send the file, and it is done for you.",
    CREDITS: "Here is your balance.",
    NONE: "There is nothing you need to do.",
}
