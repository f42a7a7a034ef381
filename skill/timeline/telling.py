"""How times, volumes and changes are said, in English and Chinese. Data, and no decision."""

from __future__ import annotations


def time_shown(seconds: float) -> str:
    """Seconds as a person writes them: 3, 0.04, 3.5."""
    return f"{seconds:.2f}".rstrip("0").rstrip(".")


def span_shown(start: float, end: float) -> str:
    """Two times as one: 0-3; one if they are the same to the eye."""
    return f"{time_shown(start)}-{time_shown(end)}"


def percent_shown(volume: float | None) -> str:
    """A volume of 0..1 in percent, "" where none is known."""
    return "" if volume is None else f"{volume * 100:.0f}%"


SHAPES = (
    (16, 9),
    (9, 16),
    (1, 1),
    (4, 5),
    (5, 4),
    (4, 3),
    (3, 4),
    (3, 2),
    (2, 3),
    (21, 9),
    (2, 1),
    (1, 2),
)
"""Shapes of a picture people have a name for."""

EN = {
    # the whole
    "emptied": "Everything is removed: the timeline is empty",
    "renamed": "Project renamed: {0} → {1}",
    "format": "Format: {0} → {1} ({2})",
    "size": "Size: {0} → {1}",
    "fps": "Frame rate: {0} → {1} fps",
    "colours": "Look: {0} → {1}",
    "natural": "natural",
    "duration": "Duration: {0}s → {1}s",
    "longer": "Made longer by {0}s: {1}s → {2}s",
    "more": "… and {0} more changes",
    # what comes and goes
    "added": "{0} added: {1}",
    "removed": "{0} removed: {1}",
    "split": "{0} split: {1} ({2}s + {3}s)",
    # order
    "order": "Clip order: {0} → {1}",
    "swapped": "Clips {0} and {1} swapped: {2} ↔ {3}",
    "placed": "Clip moved from place {1} to {2}: {0}",
    "reordered": "Clip order changed",
    # when
    "moved": "{0} moved from {1}s to {2}s",
    "length": "{0}: {1}s → {2}s long",
    "span": "{0} moved: {1}s → {2}s",
    "later": "{0} moved {1}s later",
    "earlier": "{0} moved {1}s earlier",
    "pace": "{0} now {1}s long (were {2}s)",
    "retimed": "{0} retimed",
    # what it is like
    "changed": "{0} changed: {1} → {2}",
    "replaced": "{0} replaced: {1} → {2}",
    "volume": "{0} volume: {1} → {2}",
    "motion": "{0} motion: {1} → {2}",
    "transition": "{0} transition: {1} → {2}",
    "look": "{0} style: {1} → {2}",
    "touched": "{0} changed",
    # the same to many
    "reworded": "{0} reworded",
    "all volume": "{0}: volume now {1}",
    "all motion": "{0}: motion now {1}",
    "all transition": "{0}: transition now {1}",
    "all look": "{0}: style now {1}",
    "differ volume": "{0}: volumes changed",
    "differ motion": "{0}: motion changed",
    "differ transition": "{0}: transitions changed",
    "differ look": "{0}: style changed",
    # what things are called
    "Clip": "Clip", "BGM": "Music", "Audio": "Audio", "Title": "Title", "Text": "Text", "Element": "Element",
    "Clips": "clips", "BGMs": "music tracks", "Audios": "audio clips", "Titles": "titles", "Texts": "texts",
    "Elements": "elements",
    "all": "All {0} {1}", "some": "{0} of {1} {2}", "count": "{0} {1}",
    "none": "none", "default": "default", "quote": "'{0}'", "number": "{0} {1}", "comma": ", ", "rest": "{0} and {1} more",
    "was": "{0} ({1} → {2})",
}  # fmt: skip
ZH = {
    "emptied": "已全部删除：时间线为空",
    "renamed": "项目改名：{0} → {1}",
    "format": "画面比例：{0} → {1}（{2}）",
    "size": "画面尺寸：{0} → {1}",
    "fps": "帧率：{0} → {1} fps",
    "colours": "色调：{0} → {1}",
    "natural": "原色",
    "duration": "时长：{0}秒 → {1}秒",
    "longer": "延长了{0}秒：{1}秒 → {2}秒",
    "more": "……另有{0}处改动",
    "added": "新增{0}：{1}",
    "removed": "删除{0}：{1}",
    "split": "{0}已分割：{1}（{2}秒 + {3}秒）",
    "order": "片段顺序：{0} → {1}",
    "swapped": "片段{0}和{1}对调：{2} ↔ {3}",
    "placed": "片段从第{1}位移到第{2}位：{0}",
    "reordered": "片段顺序已调整",
    "moved": "{0}从{1}秒移到{2}秒",
    "length": "{0}时长：{1}秒 → {2}秒",
    "span": "{0}移动：{1}秒 → {2}秒",
    "later": "{0}推后{1}秒",
    "earlier": "{0}提前{1}秒",
    "pace": "{0}时长现为{1}秒（原为{2}秒）",
    "retimed": "{0}的时间有调整",
    "changed": "{0}更换：{1} → {2}",
    "replaced": "{0}替换：{1} → {2}",
    "volume": "{0}音量：{1} → {2}",
    "motion": "{0}动态：{1} → {2}",
    "transition": "{0}转场：{1} → {2}",
    "look": "{0}样式：{1} → {2}",
    "touched": "{0}有改动",
    "reworded": "{0}的文字已修改",
    "all volume": "{0}：音量现为{1}",
    "all motion": "{0}：动态现为{1}",
    "all transition": "{0}：转场现为{1}",
    "all look": "{0}：样式现为{1}",
    "differ volume": "{0}：音量有改动",
    "differ motion": "{0}：动态有改动",
    "differ transition": "{0}：转场有改动",
    "differ look": "{0}：样式有改动",
    "Clip": "片段", "BGM": "音乐", "Audio": "音频", "Title": "标题", "Text": "文字", "Element": "元素",
    "Clips": "个片段", "BGMs": "段音乐", "Audios": "段音频", "Titles": "个标题", "Texts": "条文字", "Elements": "个元素",
    "all": "全部{0}{1}", "some": "{1}{2}中的{0}{2}", "count": "{0}{1}",
    "none": "无", "default": "默认", "quote": "“{0}”", "number": "{0}{1}", "comma": "、", "rest": "{0}等{2}项",
    "was": "{0}（{1} → {2}）",
}  # fmt: skip
