"""The words of an interface, English and Chinese: what the GUI translation knows. Data alone.

To teach it a phrase, add a `Step` (or a word to one) with a sentence it is for: `example` is
tested to be taken out and to leave the action. If it should be content, add it to the tests.
What the tables are for, and the order in which they are asked, is told in docs/screen.md.

Chinese is matched in simplified characters: `grammar.TRADITIONAL` turns the ones that matter, one for
one, so that places in the text stay the same.
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
class Step:
    """A regular expression of a verb of the interface with its object, and a sentence with one.

    Without an `action` `LABELS` decides. A `guess` counts only where the sentence names nothing
    better: in "select the clip and press Delete" it is Delete that does something.
    """

    shape: str
    example: str
    action: GuiAction | None = None
    guess: bool = False


# -- steps: something the user is told to do

PIECES = {
    # Up to five words, as few as possible.
    "some": r"(?:[^\s,;:]+\s+){0,5}?",
    "the": r"(?:the|your|this|that|it|them|these|any|each|all)\b",
    # Things that are worked with the hand.
    "widget": r"(?:buttons?|icons?|sliders?|menus?|panels?|tabs?|handles?|drop-?downs?|toggles?|tool ?bars?"
    r"|space ?bar|(?:enter|space|delete) key)\b",
    # Things that are opened and looked into.
    "place": r"(?:buttons?|panels?|tabs?|menus?|dialogs?|pop-?ups?|modals?|side ?bars?|tool ?bars?|icons?|timeline"
    r"|library|inspector|properties|settings|preferences|editor|dashboard|workspace|canvas|player|layers|page"
    r"|storyboard|tracks?|(?:preview|export|settings|media|project) (?:window|view|area|section)|drawer|options?"
    r"|billing|account|subscription|pricing|▮+\W*section)\b",
    # Things of an interface and of nothing else, so that the verb matters less.
    "hard": r"(?:panels?|tabs?|side ?bars?|tool ?bars?|inspector|drop-?downs?|check ?box(?:es)?|playhead|sliders?|handles?"
    r"|(?:text|input|search|prompt) (?:box|field|bar)|(?:crop|trim|split|razor|blade|text|selection|cut) tool|colou?r (?:palette|picker|wheel)|media (?:library|bin|browser)"
    r"|(?:preview|media|export|settings|project) (?:window|area|section|menu|page)"
    r"|(?:on|in|to|onto|from|along|inside|through) the (?:timeline|canvas|player|editor|workspace))\b",
    # What needs no "button" after it; ▮ is a masked quotation.
    "named": r"\W*(?-i:Export|Download|Render|Share|Play|Preview|Space|Enter|Delete|File|Settings|Billing|Account|▮)",
}
"""What may stand in a shape as `{name}`."""

STEPS_EN = (
    Step(
        r"(?:(?:left|right|double)[- ])?(?:click|tap)(?:p?ing|p?ed)?(?:\s+(?:{the}|on|here|a|an|to|and)\b|\s+{named}"
        r"|\s+\W*(?-i:[A-Z])|\W*$|\s+{some}{widget})",
        "Double-click the text layer to edit the wording.",
    ),
    Step(
        r"(?:press|hit|push)(?:t?ing|ed)?\s+(?:{some}{widget}|{named}|the {named})",
        "Press Play to watch it.",
    ),
    Step(
        r"(?:use|using|find|locate|look for|see)\s+{some}{widget}",
        "Use the slider in the Audio panel to lower the music.",
    ),
    Step(
        r"(?:select|choose|pick)\s+{some}\S+\s+(?:in|on|from|under)\s+(?:the|your)\s+(?:\S+\s+){0,2}?(?:{place}|list\b)",
        "Choose MP4 from the format menu.",
        NONE,
        guess=True,
    ),
    Step(
        r"(?:open|opening|opened|(?:pull|bring|call) up|launch|access|reveal|go(?:ing)? (?:back )?to|head (?:back |over )?to|navigat(?:e|ing) to"
        r"|switch(?:ed|ing)? (?:over )?to|visit|jump to|return to|enter|expand(?:ed|ing)?|select(?:ing)?|choos(?:e|ing)|pick)"
        r"\s+(?:{some}{place}|(?!\W*▮){named})",
        "Open the Audio panel to adjust the volume.",
    ),
    Step(
        r"select(?:ing)?\s+(?:the|your|any)\s+(?:\S+\s+){0,2}?(?:clip|title|segment|element|photo|image|layer)\b",
        "Select the title.",
        NONE,
        guess=True,
    ),
    Step(
        r"drag(?:ging)?(?:[- ]and[- ]drop(?:ping)?|/drop)?\s+(?:and\s+drop\s+)?"
        r"(?!rac(?:e|ing)\b|queens?\b|shows?\b|on\b)(?:\w|▮)",
        "Drag and drop the clips.",
        CHAT,
    ),
    Step(
        r"drop(?:ping)?\s+(?:{the})[^,;:]{0,60}?\s(?:on|onto|into|in)\s+(?:the|your)\s+(?:\S+\s+){0,2}?{place}",
        "Drop the photos onto the timeline.",
        CHAT,
    ),
    Step(
        r"(?:move|adjust|pull|slide|trim)(?:ing)?\s+{some}(?:sliders?|handles?|playhead)\b",
        "Move the playhead to 3s.",
        CHAT,
    ),
    Step(
        r"(?:grab|pull|stretch)(?:ing)?\s+{some}(?:edges?|corners?|ends?)\b",
        "Pull the right edge of the clip to 6 seconds.",
        CHAT,
    ),
    Step(
        r"(?:check|view|see|review|manage|track|monitor|find|update|upgrade|top up|recharge|(?:add|buy|purchase|get) (?:more )?credits)\b"
        r"[^,;:]{0,40}?\b(?:billing|account|subscription|pricing|plan page|credits page)\b",
        "Check your account's billing page.",
        CREDITS,
    ),
    Step(
        r"preview(?:ing)?\s+(?:{the}|(?:how|everything|in|result|changes)\b)",
        "You can preview the result.",
        STATE,
    ),
    Step(
        r"(?:watch|see|view|check|review|look at|play|find|inspect)(?:ing)?\s+{some}(?:\S+\s+)?(?:in|on|from|inside)"
        r"\s+(?:the|your)\s+(?:\S+\s+){0,2}?(?:{place}|preview\b)",
        "You'll see both halves in the timeline panel.",
        STATE,
    ),
    Step(
        r"(?:check|view|see|review|play|(?:(?:take|have) a |)look at)(?:ing)?\s+(?:out\s+)?(?:the|your)\s+(?:\w+\s+){0,2}?"
        r"(?:timeline|preview|panel|tab|player)\b",
        "Take a look at the timeline on the right.",
        STATE,
    ),
    Step(
        r"(?:clos(?:e|ing)|dismiss|minimi[sz]e|collapse|refresh(?:ing)?|reload(?:ing)?)\s+{some}"
        r"(?:dialog|pop-?up|window|panel|modal|tab|page|notification|menu|browser|sidebar|editor)\b",
        "Try refreshing the page.",
        NONE,
    ),
    Step(
        r"(?:scroll\s+(?:up|down|to|through|left|right)|swipe\s+(?:up|down|left|right)|hover\s+(?:over|on)"
        r"|zoom (?:in|out) on the timeline)\b",
        "Scroll down to the end.",
        NONE,
        guess=True,
    ),
    Step(
        r"(?:log ?in|sign (?:in|up))(?:\s+(?:to|again|with|first|here)\b|\W*$)",
        "Please log in again.",
        NONE,
    ),
    Step(
        r"(?:press|hit|hold|use)(?:ing)?\s+(?:down\s+)?(?:the\s+)?(?:ctrl|cmd|command|control|alt|option|shift|⌘)\b\S*",
        "Press Ctrl+E to export the project.",
    ),
    Step(
        r"(?:see|view|watch|look at|(?:take|have|give (?:it|them|this)) a (?:look|listen|watch|try)(?: at)?|glance at|review|inspect|browse"
        r"|compare|confirm|verify|scrub|skim|step|play back"
        r"|find|locate|listen to|explore|check)(?:ing)?\s+(?:[^\s,;:]+\s+){0,8}?{hard}",
        "Have a look at the Text layer in the Layers panel.",
        STATE,
    ),
    Step(
        r"(?:press|hit|smash|grab|pull|slide|move|pick|select|choose|resize|rotate|scale|crop|toggle|turn (?:on|off)|enable|disable|tick|untick"
        r"|uncheck|type|enter|fill in|paste|set|adjust|change|tweak|edit|rename|rearrange|reorder|swap|stretch|shorten|extend"
        r"|trim|split|mute|use|import|place|drop|put|search|lower|raise|upload)(?:ing)?\s+(?:[^\s,;:]+\s+){0,8}?{hard}",
        "Resize it with the corner handles.",
    ),
)

FOLLOW_EN = (
    Step(
        r"(?:select|choose|pick|set)(?:ing)?\s+(?:it to\s+)?\S",
        'Click the menu and choose "Split".',
    ),
)
"""Steps only where the clause before was one: on its own "choose a song" is a question of content."""

NOUNS_EN = (
    Step(
        r"(?:export|download)\W+(?:button|option|menu|icon)\b",
        "The Export button is in the top-right corner.",
        EXPORT,
    ),
    Step(
        r"(?:panel|dialog|tab)\s+(?:is|are|should be)\s+(?:now\s+|already\s+)?(?:open|on the (?:left|right)|at the)\b",
        "The Text panel is on the left.",
        STATE,
    ),
    Step(
        r"(?-i:File|Settings|Menu|Preferences|Account|Profile|Tools|Export|Output|Share)\s*(?:>|→|›|»|➜|->)\s*[\w▮]",
        "File > Export > MP4",
    ),
    Step(
        r"(?:shown|listed|displayed|found|visible|available|located|seen|viewed|previewed|adjusted|changed|edited|tweaked"
        r"|moved|resized|renamed|replaced|reordered|removed|saved|opened|reached|downloaded|exported|accessed|managed|set)"
        r"\s+(?:in|on|under|from|at|via|through|with)\s+(?:the|your)\s+"
        r"(?:\S+\s+){0,2}?(?:panel|tab|side ?bar|tool ?bar|inspector|drop-?down|timeline|player|sliders?|handles?"
        r"|(?:account|billing|export|settings|profile|audio|text|effects?|project|media)\s+(?:menu|page|section|settings|window))\b",
        "Your balance is shown on the billing page.",
    ),
    Step(
        r"(?:buttons?|sliders?|handles?|panel|tab|icon)\b[^,;:]{0,40}\b(?:lets?|allows?) you\b",
        "The slider in the Audio panel lets you lower the music.",
    ),
)
"""Told of the interface itself: gone without the user doing anything, unless it is part of a story."""

PLACE_ZH = (
    r"(?:面板|标签页?|选项卡|菜单|页面|设置|时间[线轴]|轨道|素材库|媒体库|编辑器|工具栏|侧边栏|窗口|弹窗|对话框|属性栏"
    r"|账户|账单|充值页)"
)
HARD_ZH = (
    r"(?:面板|标签页?|选项卡|时间[线轴]|素材库|媒体库|编辑器|工具栏|侧边栏|属性栏|播放器|预览窗口)"
)
STEPS_ZH = (
    Step(
        r"(?:右键|左键|鼠标)?(?:点击|单击|双击|点按|点选|轻点|轻触|点一下|按一下|按下)(?!率|量|数|过|快门)",
        "双击标题文字即可修改内容。",
    ),
    Step(
        r"(?:选择|选中|使用|找到|按)[^，。；]{0,14}?(?:按钮|选项卡?|标签|菜单|滑块|图标)",
        "使用音量滑块调整音乐。",
    ),
    Step(
        r"(?:点|按(?!照|时|顺序))[^，。；]{0,14}?(?:键(?!盘)|(?:▮+|导出|下载|保存|生成)\W*(?:按钮|键|图标|即可|下载|就|来|保存|吧|$))",
        "按空格键播放预览。",
    ),
    Step(
        r"选[中择](?:第?[^，。；]{0,8}?)(?:片段|素材|标题|图层|照片|元素)",
        "选中第二个片段。",
        NONE,
        guess=True,
    ),
    Step(
        r"(?:打开|展开|进入|前往|切换到|切换至|转到|跳转到|回到|来到|开启|访问|选中)了?[^，。；]{0,14}?"
        + PLACE_ZH,
        "请打开音频面板调整音量。",
    ),
    Step(r"拖[动曳拽]?[^，。；]{0,4}(?:进度条|播放头)", "您可以拖动进度条查看每个镜头。", STATE),
    Step(
        r"(?:拖拽|拖动|拖放|拖入|拖到|拖曳|拖至|滑动滑块|调节滑块|移动滑块)",
        "把素材拖拽到时间线上。",
        CHAT,
    ),
    Step(
        r"在?[^，。；]{0,6}(?:时间[线轴]|预览窗口|播放器|画布|预览区)(?:上|中|里|内)?[^，。；]{0,6}(?:预览|查看|播放|看到|观看)",
        "你可以在时间线上预览效果。",
        STATE,
    ),
    Step(
        r"(?:预览|查看|检查)(?:一下|下)?[^，。；]{0,8}?(?:时间[线轴]|轨道|面板|预览窗口|播放器)",
        "请检查一下时间轴。",
        STATE,
    ),
    Step(
        r"预览(?:一下|下)?(?:视频|效果|结果|成片|它|影片|$|即可)",
        "您可以先预览一下效果。",
        STATE,
    ),
    Step(
        r"(?:关闭|收起|最小化|刷新)[^，。；]{0,10}(?:弹窗|窗口|面板|对话框|页面|菜单|提示)",
        "请刷新页面。",
        NONE,
    ),
    Step(
        r"(?:滚动|滑动)(?:页面|到|至|屏幕|列表)|(?:向|往)[上下左右](?:滚动|滑动)|悬停",
        "向下滚动。",
        NONE,
        guess=True,
    ),
    Step(
        r"(?:查看|检查|前往|登录|管理|去|到|在)[^，。；]{0,8}(?:账户|账单|充值|订阅|套餐)[^，。；]{0,4}(?:页面?|中心|充值|$)"
        r"|(?:进入|前往|打开|到|去)[^，。；]{0,14}(?:充值|购买(?:积分|点数|點數)|升级套餐)",
        "请到账单页面充值。",
        CREDITS,
    ),
    Step(
        r"(?:到|去|在)[^，。；]{0,14}?" + HARD_ZH + r"(?:页|里|中|上|内)?[^，。；]{0,4}?"
        r"(?:对比|看|播放|预览|确认|检查|听)",
        "可以到音频标签页对比一下。",
        STATE,
    ),
    Step(
        r"(?:到|去|在)[^，。；]{0,14}?" + HARD_ZH + r"(?:页|里|中|上|内)?[^，。；]{0,4}?"
        r"(?:调|修改|设置|更改|选择|编辑|提高|降低|增加|减少|删除|添加|裁剪|移动|复制|换|改)",
        "您可以在调色面板里提高亮度。",
        CHAT,
    ),
    Step(
        r"在?[^，。；]{0,8}(?:文本框|输入框|搜索框)[^，。；]{0,6}(?:输入|填写|修改)",
        "在文本框中输入新的标题。",
        CHAT,
    ),
    Step(r"播放(?:一下)?(?:预览|视频|成片|效果)", "先播放预览。", STATE),
    Step(r"(?:导出|下载)(?:按钮|选项|菜单)", "请使用导出按钮。", EXPORT),
    Step(r"导出(?:视频|影片|成片|项目|即可|吧|它|为|$)", "现在导出视频吧。", EXPORT),
)

FOLLOW_ZH = (Step(r"选[择中]?\S", "点击菜单，选择“分割”。"),)

NOUNS_ZH = (
    Step(
        r"在[^，。；]{0,14}?"
        + HARD_ZH
        + r"(?:里|中|上|内)?(?:可以?|就?能|会)(?:看到|查看|找到|预览|调整)",
        "在右侧的图层面板里可以看到所有轨道。",
        STATE,
    ),
    Step(
        r"(?:按钮|滑块|面板|标签页)[^，。；]{0,4}(?:可以?|能)(?:让您?|帮您?|用来)?(?:调整|修改|下载|导出|查看)",
        "音频面板可以调整音量。",
    ),
    Step(
        r"(?:文件|设置|菜单|项目|账户|导出|工具)\s*(?:>|→|›|»|➜|->)\s*[\w▮]",
        "文件 > 导出 > MP4",
    ),
    Step(
        r"(?:积分|余额|用量|套餐|账单)[^，。；]{0,4}(?:可以?|请)?[在到去从][^，。；]{1,14}(?:查看|看到|充值|管理)",
        "剩余积分可以在“我的账户”里查看。",
        CREDITS,
    ),
    Step(
        r"(?:头像|账户|个人|账单)[^，。；]{0,6}(?:菜单|中心|页面|设置)[^，。；]{0,8}(?:查看|看到|充值|管理)",
        "右上角头像菜单里可以查看积分余额。",
        CREDITS,
    ),
)

LABELS = tuple(
    (action, rf"\b(?:{english})s?\b|{chinese}")
    for action, english, chinese in (
        (EXPORT, "export|download|render|share", "导出|下载"),
        (CREDITS, "billing|account|credit|subscription|plan|pricing|upgrade|top[ -]?up", "账户|账单|充值|积分|余额|订阅|套餐"),
        (NONE, "close|cancel|dismiss|ok|got it|log ?in|sign (?:in|up)|refresh|full ?screen", "关闭|取消|确定|知道了|登录|刷新|全屏"),
        (CHAT, "slider|handle", "滑块"),
        (STATE, "play|preview|timeline|panel|tab|library|settings|history|layers|properties|menu|inspector|editor|side ?bar|player|space ?bar|space", "播放|预览|面板|标签|选项卡|时间[线轴]|素材库|设置|菜单"),
        (CHAT, "add|apply|generate|split|trim|cut|delete|trash(?: can)?|remove|undo|redo|mute|replace|regenerate|retry|upload", "添加|应用|生成|删除|撤销|分割|静音|替换|上传"),
    )
)  # fmt: skip
"""What a button or place is called → what it does; the first that is found. An upload is asked for
in the chat: the user sends the file."""

# -- what is said instead, where only steps were said

INSTEAD = {
    "en": {
        EXPORT: "The video can be exported now.",
        STATE: "Here is the timeline.",
        CHAT: "Say what you want changed, or send the file, and it is done for you.",
        CREDITS: "Here is your balance.",
        NONE: "There is nothing you need to do.",
    },
    "zh": {
        EXPORT: "视频现在可以导出了。",
        STATE: "时间线如下。",
        CHAT: "想改什么直接告诉我，或把文件发来，我来完成。",
        CREDITS: "您的余额如下。",
        NONE: "您无需操作。",
    },
}
