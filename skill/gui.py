"""The backend's GUI talk → text for a user who has no screen, and the actions it stands for. Pure.

The backend answers as if there were buttons and panels. Read sentence by sentence: content is kept
word for word, a step in the interface goes out and leaves its action (contract: "click [button]" is
run through the API, "open [panel]" reads the state, "drag/drop" is an edit to be sent, "preview in
timeline" is the summary, the Export button is an export, account and billing are the credits).

A step is told by three things together: a verb of the interface with a thing of the interface
(`STEPS`), and the user being the one who does it (`LEAD`: "click …", "you can open …", 请打开 …).
"The woman clicks her heels" lacks both, "I opened the scene with a wide shot" the first. What stands
in quotation marks or in a code block is never a step.

In a mixed sentence the clauses with a step go, and those that cannot stand without them ("once
you're happy, …"). A heading, or a line that ends in a colon, goes if only steps followed it.
"You can export it now" is true without a screen too: it stays, and its action is told.

The text arrives in pieces. A sentence is decided when it is whole and what follows it is there, so
that it makes no difference where the pieces are cut.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

__all__ = ["GuiAction", "Translation", "Translator", "translate"]


class GuiAction(StrEnum):
    """What a step in the interface stands for; `NONE` has nothing behind it (close, scroll)."""

    EXPORT = "export"
    STATE = "state"
    CHAT = "chat"
    CREDITS = "credits"
    NONE = "none"


@dataclass(frozen=True)
class Translation:
    """`text` may be empty; `actions` in the order they were found, each once."""

    text: str
    actions: tuple[GuiAction, ...]


LONGEST = 1200
"""Characters after which a sentence without an end is cut: bounds memory, time and every regex."""

WINDOW = LONGEST + 300
QUOTED = 200
"""The longest quotation, in characters; a mark without its partner that near is no quotation."""


@dataclass(frozen=True)
class Step:
    """A verb of the interface with its object; without an `action` the label decides."""

    shape: str
    action: GuiAction | None = None


# `{some}` up to five words, `{end}` a word's end, `▮` a masked quotation.
_PIECES = {
    "some": r"(?:[^\s,;:]+\s+){0,5}?",
    "widget": r"(?:buttons?|icons?|sliders?|menus?|panels?|tabs?|handles?|drop-?downs?|toggles?|tool ?bars?|space ?bar|(?:enter|space|delete) key)\b",
    "place": r"(?:buttons?|panels?|tabs?|menus?|dialogs?|pop-?ups?|modals?|side ?bars?|tool ?bars?|icons?|timeline"
    r"|library|inspector|properties|settings|preferences|editor|dashboard|workspace|canvas|player|layers|page"
    r"|storyboard|tracks?|(?:preview|export|settings|media|project) (?:window|view|area|section)|drawer|options?"
    r"|billing|account|subscription|pricing)\b",
    "named": r"\W*(?-i:Export|Download|Render|Share|Play|Preview|Space|Enter|Delete|File|Settings|Billing|Account|▮)",
    "the": r"(?:the|your|this|that|it|them|these|any|each)\b",
}
_STEPS_EN = (
    Step(r"(?:(?:left|right|double)[- ])?(?:click|tap)(?:ing)?(?:\s+(?:{the}|on|here|a|an|to|and)\b|\s+{named}|\s+\W*(?-i:[A-Z])|\W*$|\s+{some}{widget})"),
    Step(r"(?:press|hit|push)(?:t?ing)?\s+(?:{some}{widget}|{named}|the {named})"),
    Step(r"(?:use|using|find|locate|look for|see)\s+{some}{widget}"),
    Step(r"(?:select|choose|pick)\s+{some}\S+\s+(?:in|on|from|under)\s+(?:the|your)\s+(?:\S+\s+){0,2}?(?:{place}|list\b)", GuiAction.NONE),
    Step(r"(?:open|opening|opened|go(?:ing)? (?:back )?to|head (?:back |over )?to|navigat(?:e|ing) to|switch(?:ed|ing)? (?:over )?to|visit|jump to|return to|enter|expand(?:ed)?|select(?:ing)?|choos(?:e|ing)|pick)\s+(?:{some}{place}|(?!\W*▮){named})"),
    Step(r"select(?:ing)?\s+(?:the|your|any)\s+(?:\S+\s+){0,2}?(?:clip|title|segment|element|photo|image|layer)\b", GuiAction.NONE),
    Step(r"drag(?:ging)?(?:[- ]and[- ]drop(?:ping)?|/drop)?\s+(?:and\s+drop\s+)?(?:{the}|(?:clips?|a|an|handles?|edges?|files?|photos?|images?|onto|into|more)\b|▮)", GuiAction.CHAT),
    Step(r"drop(?:ping)?\s+(?:{the})[^,;:]{0,60}?\s(?:on|onto|into|in)\s+(?:the|your)\s+(?:\S+\s+){0,2}?{place}", GuiAction.CHAT),
    Step(r"(?:move|adjust|pull|slide|trim)(?:ing)?\s+{some}(?:sliders?|handles?|playhead)\b", GuiAction.CHAT),
    Step(r"(?:check|view|see|review|manage|update|upgrade|top up|recharge|(?:add|buy|purchase|get) (?:more )?credits)\b[^,;:]{0,40}?\b(?:billing|account|subscription|pricing|plan page|credits page)\b", GuiAction.CREDITS),
    Step(r"preview(?:ing)?\s+(?:{the}|(?:how|everything|in|result|changes)\b)", GuiAction.STATE),
    Step(r"(?:watch|see|view|check|review|look at|play|find|inspect)(?:ing)?\s+{some}(?:\S+\s+)?(?:in|on|from|inside)\s+(?:the|your)\s+(?:\S+\s+){0,2}?(?:{place}|preview\b)", GuiAction.STATE),
    Step(r"(?:check|view|see|look at|review|play)(?:ing)?\s+(?:out\s+)?(?:the|your)\s+(?:\w+\s+){0,2}?(?:timeline|preview|panel|tab|player)\b", GuiAction.STATE),
    Step(r"(?:clos(?:e|ing)|dismiss|minimi[sz]e|collapse|refresh|reload)\s+{some}(?:dialog|pop-?up|window|panel|modal|tab|page|notification|menu|browser|sidebar|editor)\b", GuiAction.NONE),
    Step(r"(?:scroll\s+(?:up|down|to|through|left|right)|swipe\s+(?:up|down|left|right)|hover\s+(?:over|on)|zoom (?:in|out) on the timeline|log ?in to|sign (?:in|up))\b", GuiAction.NONE),
)  # fmt: skip
_NOUNS_EN = (
    Step(r"(?:export|download)\W+(?:button|option|menu|icon)\b", GuiAction.EXPORT),
    Step(r"(?:panel|dialog|tab)\s+(?:is|are|should be)\s+(?:now\s+|already\s+)?(?:open|on the (?:left|right)|at the)\b", GuiAction.STATE),
)  # fmt: skip
_PLACE_ZH = r"(?:面板|标签页?|选项卡|菜单|页面|设置|时间[线轴]|轨道|素材库|媒体库|编辑器|工具栏|侧边栏|窗口|弹窗|对话框|属性栏|账户|账单|充值页)"
_STEPS_ZH = (
    Step(r"(?:右键|左键|鼠标)?(?:点击|单击|双击|点按|点选|轻点|轻触|点一下|按一下|按下)(?!率|量|数|过|快门)"),
    Step(r"(?:选择|选中|使用|找到|按)[^，。；]{0,14}?(?:按钮|选项卡?|标签|菜单|滑块|图标)"),
    Step(r"(?:打开|展开|进入|前往|切换到|切换至|转到|跳转到|回到|来到|开启|访问|选中)了?[^，。；]{0,14}?" + _PLACE_ZH),
    Step(r"(?:拖拽|拖动|拖放|拖入|拖到|拖曳|拖至|滑动滑块|调节滑块|移动滑块)", GuiAction.CHAT),
    Step(r"在?[^，。；]{0,6}(?:时间[线轴]|预览窗口|播放器|画布|预览区)(?:上|中|里|内)?[^，。；]{0,6}(?:预览|查看|播放|看到|观看)", GuiAction.STATE),
    Step(r"(?:预览|查看|检查)(?:一下|下)?[^，。；]{0,8}?(?:时间[线轴]|轨道|面板|预览窗口|播放器)", GuiAction.STATE),
    Step(r"预览(?:一下|下)?(?:视频|效果|结果|成片|它|影片|$|即可)", GuiAction.STATE),
    Step(r"(?:关闭|收起|最小化|刷新)[^，。；]{0,10}(?:弹窗|窗口|面板|对话框|页面|菜单|提示)", GuiAction.NONE),
    Step(r"(?:滚动|滑动)(?:页面|到|至|屏幕|列表)|(?:向|往)[上下左右](?:滚动|滑动)|悬停", GuiAction.NONE),
    Step(r"(?:查看|检查|前往|登录|管理|去|在)[^，。；]{0,8}(?:账户|账单|充值|订阅|套餐)[^，。；]{0,4}(?:页面?|中心|充值|$)", GuiAction.CREDITS),
    Step(r"(?:导出|下载)(?:按钮|选项|菜单)", GuiAction.EXPORT),
    Step(r"(?:导出)(?:视频|影片|成片|项目|即可|吧|它|为|$)", GuiAction.EXPORT),
)  # fmt: skip

LABELS = (
    (GuiAction.EXPORT, r"\b(?:export|download|render|share)\b|导出|下载"),
    (GuiAction.CREDITS, r"\b(?:billing|account|credits|subscription|plans?|pricing|upgrade|top[ -]?up)\b|账户|账单|充值|积分|余额|订阅|套餐"),
    (GuiAction.NONE, r"\b(?:close|cancel|dismiss|ok|got it|upload|log ?in|sign (?:in|up)|refresh|full ?screen)\b|关闭|取消|确定|知道了|上传|登录|刷新|全屏"),
    (GuiAction.CHAT, r"\b(?:sliders?|handles?)\b|滑块"),
    (GuiAction.STATE, r"\b(?:play|preview|timeline|panel|tab|tracks?|library|settings|history|layers|properties|menu|inspector|editor|side ?bar|player|space ?bar|space)\b|播放|预览|面板|标签|选项卡|时间[线轴]|轨道|素材库|设置|菜单"),
    (GuiAction.CHAT, r"\b(?:add|apply|generate|split|trim|cut|delete|remove|undo|redo|mute|replace|regenerate|retry)\b|添加|应用|生成|删除|撤销"),
)  # fmt: skip
"""What a button or place is called → what it does; the first that is found."""

# The user is the one who does it: all that may stand before the verb.
LEAD = (
    r"(?:(?:please|just|simply|now|then|next|finally|first|second|lastly|also|and|or|so|but|go ahead|feel free to|to"
    r"|make sure|be sure|remember|don't forget|try|let's|you|you'll|you'd|you're|can|could|may|might|should|will|would"
    r"|need|want|have|like|must|either|always|again|when|whenever|if|once|ready|happy|done|satisfied|by|after|before"
    r"|i suggest|i recommend|i'd suggest|i'd recommend|consider|which|that|where|here|there|it|all|do|is|with it|able|easily|directly|instead"
    r"|step \d+|alternatively|afterwards|quickly|great|ok|okay|for|up|free|be|begin|start|way|simplest|the|easiest|wish"
    r"|finish|done with)\b\W*)*"
)
LEAD_ZH = (
    r"(?:请|您|你|可以|可|也|还|需要|只需|只要|就|再|然后|接着|最后|首先|其次|现在|直接|先|并|或者|或|即可|能|想|要|如果|若"
    r"|如需|通过|建议|尝试|试试|后|完成|随时|方便|继续|下一步|之后|接下来|去|来|使用|用|将|把|它|一下|的话|那么|\W"
    r"|(?:将|把)[^，。；]{1,10}|(?:在|从|于|到)[^，。；]{1,14}?(?:里|中|上|下|内|角|侧|处|方|面板|菜单|时|页面))*"
)
_DEPENDENT = r"(?:to|when|once|if|after|before|for|in|from|on|at|under|inside|using|with)\b"
_PAST = r"(?:i|we|i've|we've|i have|we have|i'll|just|now|also|already|and|gone ahead and|\W)*"
_PAST_ZH = re.compile(r"(?:我|们|已经?|为|帮|替|你|您|刚|并|也|已|\W)*")
_STORY = (
    r"\b(?:he|she|they|who|m[ae]n|wom[ae]n|girls?|boys?|persons?|people|characters?|child|kids?|actors?|camera"
    r"|hands?|fingers?|says?|reads?|reading|scene|shot|shows)\b"
    r"|\b(?:i|we|i've|we've|i have)\b.{0,40}?\b(?:add|plac|put|creat|insert|dr[ae]w|design|animat|overlaid|made|includ|g[ai]ve)"
)

# -- clauses

_SEPARATOR = (
    r"[,;:]\s{1,3}(?:(?:and then|and|or|then|but|so)\s+)?|[，；：](?:然后|接着|并且|并|或者|或)?|\s{1,3}[-–—]{1,3}\s+|—"
    r"|(?<!\bdrag)\s{1,3}(?:and then|and|or|then|but|so)\s+|\s{1,3}(?:so that|that|which)\s+(?=you\s+(?:can|could|may)\b)"
    r"|(?:并|然后|再|接着)(?=点击|单击|打开|拖|选择|预览|导出|切换|进入|查看)"
)
_FORWARD = (
    r"(?:if|when|whenever|once|after|before|to|for|in|from|on|at|under|with|as soon as|until|unless|while)\b"
    r"|(?:now|next|then|finally|first|second|third|lastly|also|alternatively|step \d+|option \d+|(?:pro )?tips?|note|hint"
    r"|next steps?|preview|export|reminder|important|please|here's how|how to \w+|instructions?|otherwise|or)\W*$"
    r"|(?:如果|若|如需|当|等|想要?|要|为了|在|从|首先|最后|然后|接下来|现在|请|完成后|满意后|下一步|提示|注意|步骤|操作|另外|或者)"
)
_STANDS = (
    r"(?:i|i'm|i've|i'll|it|it's|we|they|this|there|let me|tell me|just tell|ask me|both|everything|nothing)\b"
    r"|(?:the|your|all)\s+(?:[\w-]+\s+){1,3}?(?:is|are|has|have|was|were|will|now|can|starts?|ends?|runs?|lasts?)\b"
    r"|(?:而|但|不过|另外)?(?:我|视频|影片|标题|音乐|字幕|画面|片段|目前|告诉我|直接告诉我|总时长|时长|新的)"
)
_OFFER = r"\byou can\b(?:\W+\w+){0,2}?\W+(?:export|download) (?:it|the|your)|可以(?:直接|随时)?导出"
_PARENTHESIS = r"\s?[(（][^()（）]{0,200}[)）]"
_OPENING = r"open|go|head|navigat|switch|visit|jump|return|enter|expand|打开|展开|进入|前往|切换|转到|跳转|回到|来到|开启|访问"
_WIDGET = r"button|icon|slider|handle|toggle|▮|按钮|图标|滑块"
_PURPOSE = r"\s(?:to|so|in order|and)\s|即可|就能|就可以|来|以便"
_USER = r"\byou(?:'ll)?(?:\W+(?:can|could|may|might|should|need|want|have|to|now|also|just|simply|always|then|will))*\W*$"
_HAN = r"[\u3400-\u9fff]"
_ENDS = ".!?…。！？:：\"'”’」』）)]*_` "
_TRADITIONAL = str.maketrans(
    "點擊開啟選單頁檔設線軸預覽導匯載帳關閉標籤時間鈕視窗軌進動請從後裡將擇輸儲滾轉換訂閱餘額賬戶還繼續對話彈編輯欄會樂畫",
    "点击开启选单页档设线轴预览导导载账关闭标签时间钮视窗轨进动请从后里将择输储滚转换订阅余额账户还继续对话弹编辑栏会乐画",
)


def translate(text: str) -> Translation:
    """The whole of a text at once."""
    translator = Translator()
    ready = translator.feed(text)
    rest = translator.close()
    return Translation(ready + rest.text, rest.actions)


class Translator:
    """The same for text that arrives in pieces: what is returned, joined, is `translate` of the whole."""

    def __init__(self) -> None:
        self._buffer = ""
        self._actions: dict[GuiAction, None] = {}
        self._gap = ""  # white space owed before the next content
        self._marker = ""  # "1. ", "- ", indentation: owed to the first content of this line
        self._held: list[
            str
        ] = []  # headings and lines ending in a colon, until something stays below
        self._held_gap = ""
        self._stepped = False  # a step was taken out since the last content
        self._begun = False
        self._line_start = True
        self._code = False
        self._calm = True  # nothing in the buffer could end a sentence
        self._bold = False

    def feed(self, piece: str) -> str:
        """Text that is ready to be shown, "" if no sentence is whole yet."""
        self._buffer += piece
        if self._calm and len(self._buffer) < WINDOW and not _pattern(_MARK).search(piece):
            return ""
        ready = self._advance(closing=False)
        self._calm = not _pattern(_MARK).search(self._buffer)
        return ready

    def close(self) -> Translation:
        """The rest of the text, and the actions of all of it."""
        rest = self._advance(closing=True)
        if self._held and not self._stepped:
            rest += self._release()
        if not self._stepped:
            rest += self._gap
        return Translation(rest, tuple(self._actions))

    def _advance(self, *, closing: bool) -> str:
        out: list[str] = []
        at = 0
        while at < len(self._buffer):
            window = self._buffer[at : at + WINDOW]
            whole = closing or len(window) == WINDOW
            cut = (
                _line_end(window, whole) if self._in_code(window) else _sentence_end(window, whole)
            )
            if cut is None:
                break
            body, space = window[: cut[0]], window[cut[0] : cut[1]]
            out.append(self._take(body, space))
            at += cut[1]
        self._buffer = self._buffer[at:]
        return "".join(out)

    def _in_code(self, window: str) -> bool:
        return self._code or (self._line_start and window.lstrip(" \t").startswith(("`", "~")))

    def _take(self, body: str, space: str) -> str:
        fence = self._line_start and body.lstrip().startswith(("```", "~~~"))
        verbatim = self._code or fence
        self._code ^= fence
        fresh, self._line_start = self._line_start, "\n" in space
        if fresh and not verbatim:
            marker = _pattern(_MARKER).match(body)
            self._marker, body = (marker[0], body[marker.end() :]) if marker else ("", body)
        result, actions = (body, []) if verbatim or not body else _sentence(body)
        self._actions.update(dict.fromkeys(actions))
        tail = self._stepped and not fresh and not re.search(r"\w", body)
        if body and (not result or tail):
            return self._drop(body, space)
        if not body and not self._marker:
            self._gap += space
            return ""
        return self._emit(body, result, space, verbatim=verbatim, fresh=fresh)

    def _drop(self, body: str, space: str) -> str:
        self._stepped = True
        self._gap = (
            max(self._gap, space, key=lambda gap: gap.count("\n"))
            if self._begun or self._held
            else ""
        )
        if "\n" in space:
            self._marker = ""
        if body.count("**") % 2 == 0:
            return ""
        self._bold = not self._bold
        if self._bold:
            self._marker += "**"
            return ""
        if self._held:
            self._held.append("**")
            return ""
        return "**"

    def _emit(self, body: str, result: str, space: str, *, verbatim: bool, fresh: bool) -> str:
        listed = bool(_pattern(_LIST).match(self._marker))
        if self._held and self._stepped and not listed and "\n" in self._gap:
            self._held.clear()
            self._gap = max(self._gap, self._held_gap, key=lambda gap: gap.count("\n"))
            if not self._begun:
                self._gap = ""
        text = self._gap + self._marker + result
        if body.count("**") % 2 and not verbatim:
            if result.count("**") % 2 == 0 and self._bold:
                text += "**"
            self._bold = not self._bold
        intro = fresh and not verbatim and "\n" in space and _is_intro(self._marker, result)
        if intro and not self._held:
            self._held_gap = self._gap
        self._gap, self._marker = space, ""
        if intro or (self._held and not result):
            self._stepped = self._stepped and bool(self._held)
            self._held.append(text)
            return ""
        self._stepped = False
        return self._release() + text

    def _release(self) -> str:
        text = "".join(self._held)
        self._held.clear()
        self._begun = True
        return text


@cache
def _steps(chinese: bool) -> tuple[tuple[re.Pattern[str], GuiAction | None], ...]:
    compiled = []
    for step in _STEPS_ZH if chinese else _STEPS_EN:
        shape = step.shape
        for name, piece in _PIECES.items():
            shape = shape.replace("{" + name + "}", piece)
        compiled.append((re.compile(shape if chinese else rf"\b{shape}", re.I), step.action))
    return tuple(compiled)


@cache
def _nouns() -> tuple[tuple[re.Pattern[str], GuiAction | None], ...]:
    return tuple((re.compile(rf"\b{step.shape}", re.I), step.action) for step in _NOUNS_EN)


@cache
def _pattern(shape: str) -> re.Pattern[str]:
    return re.compile(shape, re.I)


# -- where a sentence ends

_MARKER = r"[ \t]*(?:(?:[-*+•·]|\d{1,3}[.)、]|[（(]\d{1,3}[)）]|>)(?:[ \t]+|(?<=、)|(?<=）)))*"
_LIST = r"[ \t]*(?:[-*+•·]|\d|[（(])"
_STOP = r"\n|[.!?…]+|[。！？]+|[\"“「『《]|(?<!\w)['‘](?=\S)|[（(](?=[^)）\n]{0,40}[.!?。])"
_MARK = r"[\n.!?…。！？\"“「『《'‘(（]"
_PARTNER = {
    '"': '"',
    "“": "”",
    "「": "」",
    "『": "』",
    "《": "》",
    "'": "'",
    "‘": "’",
    "(": ")",
    "（": "）",
}
_CLOSERS = "\"'”’」』》）)]*_`"
_ABBREVIATIONS = "e.g", "i.e", "vs", "mr", "mrs", "dr", "approx", "etc", "no"


def _line_end(window: str, whole: bool) -> tuple[int, int] | None:
    at = window.find("\n")
    if at < 0:
        return (min(len(window), LONGEST),) * 2 if whole else None
    return at, at + 1


def _sentence_end(window: str, whole: bool) -> tuple[int, int] | None:
    """Where the first sentence ends and where the white space after it does; None: not known yet."""
    at = 0
    while (stop := _pattern(_STOP).search(window, at)) is not None and stop.start() < LONGEST:
        if stop.end() == len(window) and not whole:
            return None
        mark, at = stop[0], stop.end()
        if mark == "\n":
            return _with_space(window, stop.start(), whole)
        if mark in _PARTNER:
            limit = stop.end() + QUOTED
            close = window.find(_PARTNER[mark], at, limit)
            line = window.find("\n", at, limit)
            if close < 0 and line < 0 and len(window) < limit and not whole:
                return None
            if close < 0 or 0 <= line < close:
                continue
            at = close + 1
            if window[close - 1] not in ".!?。！？" or mark in "(（":
                continue
        while at < len(window) and window[at] in _CLOSERS:
            at += 1
        chinese = window[at - 1] in "。！？" or any(c in mark for c in "。！？")
        if (chinese or at == len(window) or window[at].isspace()) and not _is_number_or_short(
            window, stop
        ):
            return _with_space(window, at, whole)
    if not whole:
        return None
    if len(window) <= LONGEST:
        return _with_space(window, len(window), whole)
    cut = window.rfind(" ", LONGEST // 2, LONGEST)
    return (LONGEST, LONGEST) if cut < 0 else _with_space(window, cut, whole)


def _is_number_or_short(window: str, stop: re.Match[str]) -> bool:
    if stop[0] != ".":
        return False
    word = re.search(r"[\w.]*$", window[max(0, stop.start() - 8) : stop.start()])
    before = word[0].lower() if word else ""
    line = window[: stop.start()].strip(" \t*#>-")
    return before in _ABBREVIATIONS or (before.isdigit() and line == before)


def _with_space(window: str, end: int, whole: bool) -> tuple[int, int] | None:
    """The body without trailing blanks; the space up to and with the last line break, or all blanks."""
    body = len(window[:end].rstrip())
    after = end
    while after < len(window) and window[after].isspace():
        after += 1
    if after == len(window) and not whole:
        return None
    newline = window.rfind("\n", body, after)
    return body, (newline + 1 if newline >= 0 else after)


def _is_intro(marker: str, text: str) -> bool:
    bare = text.rstrip("*_ ")
    return marker.lstrip().startswith("#") or text.startswith("#") or bare.endswith((":", "："))


# -- what a sentence says


def _sentence(body: str) -> tuple[str, list[GuiAction]]:
    """What remains of a sentence, "" if nothing, and the actions of the steps in it."""
    plain = re.sub(r"[*_`]", " ", body.translate(_TRADITIONAL))
    masked = _mask(plain)
    if not any(step.search(masked) for step, _ in (*_all_steps(masked), *_nouns())):
        return body, [GuiAction.EXPORT] if _pattern(_OFFER).search(masked) else []
    found: list[GuiAction] = []
    for group in reversed(list(_pattern(_PARENTHESIS).finditer(masked))):
        inner = slice(group.start() + len(group[0]) - len(group[0].lstrip(" (（")), group.end() - 1)
        actions = _clause(plain[inner], masked[inner], "")
        if actions:
            found = actions + found
            body, plain, masked = (
                t[: group.start()] + t[group.end() :] for t in (body, plain, masked)
            )
    core = len(masked.rstrip(_ENDS))
    end = body[core:]
    spans, actions = _split(masked[:core]), []
    keep = []
    for sep, start, stop in spans:
        joined = masked[spans[0][1] : sep] if masked[sep:start].strip().isalpha() else ""
        steps = _clause(plain[start:stop], masked[start:stop], joined)
        actions += steps
        keep.append(not steps)
    if all(keep):
        return (
            (body, found)
            if found
            else (body, [GuiAction.EXPORT] if _pattern(_OFFER).search(masked) else [])
        )
    return _rebuild(body, end, spans, _standing(masked, spans, keep)), [*actions, *found]


def _split(masked: str) -> list[tuple[int, int, int]]:
    """Clauses as (start of the separator before, start, end)."""
    spans, sep, start = [], 0, 0
    for match in _pattern(_SEPARATOR).finditer(masked):
        spans.append((sep, start, match.start()))
        sep, start = match.span()
    return [*spans, (sep, start, len(masked))]


def _standing(masked: str, spans: list[tuple[int, int, int]], keep: list[bool]) -> list[bool]:
    """`keep` without the clauses that cannot stand once the steps are gone."""
    keep = list(keep)
    texts = [masked[start:stop].strip(" #>▮") for _, start, stop in spans]
    for i in reversed(range(len(spans))):
        leads_on = i + 1 < len(spans) and not keep[i + 1] and _pattern(_FORWARD).match(texts[i])
        if leads_on or not re.search(r"\w", texts[i]):
            keep[i] = False
    for i in range(1, len(spans)):
        if not keep[i - 1] and not _pattern(_STANDS).match(texts[i]):
            keep[i] = False
    return keep


def _rebuild(body: str, end: str, spans: list[tuple[int, int, int]], keep: list[bool]) -> str:
    text = ""
    for (sep, start, stop), kept in zip(spans, keep, strict=True):
        if kept:
            text += body[sep if text else start : stop]
    if not re.search(r"\w", text):
        return ""
    if not keep[0]:
        text = text.lstrip()
        text = text[:1].upper() + text[1:]
    if not keep[-1]:
        end = re.sub(r"[?:]", ".", re.sub(r"[？：]", "。", end.lstrip()))
    return text.rstrip(" ") + end


def _clause(plain: str, masked: str, joined: str) -> list[GuiAction]:
    """The action of the step this clause is, or nothing. `joined`: what "and" ties it to."""
    for pattern, action in _all_steps(masked):
        for match in pattern.finditer(masked):
            if _by_user(masked[: match.start()], match[0], joined):
                return [action or _labelled(plain[match.start() :], masked[match.start() :])]
    if not _pattern(_STORY).search(masked):
        for pattern, action in _nouns():
            if action and pattern.search(masked):
                return [action]
    return []


def _by_user(prefix: str, verb: str, joined: str) -> bool:
    prefix = prefix.lstrip(" #>")
    if len(prefix) > 80:
        return bool(_pattern(_USER).search(prefix[-80:]))
    if _pattern(_HAN).match(verb):
        opened = _pattern(_OPENING).match(verb) and _PAST_ZH.fullmatch(prefix)
        return bool(opened or (len(prefix) <= 40 and _pattern(LEAD_ZH).fullmatch(prefix)))
    if _pattern(_USER).search(prefix):
        return True
    if re.match(r"opened|switched|expanded", verb, re.I):
        return bool(_pattern(_PAST).fullmatch(prefix))
    if _pattern(_STORY).search(prefix) or _pattern(_STORY).search(joined):
        return False
    return bool(_pattern(LEAD).fullmatch(prefix) or _pattern(_DEPENDENT).match(prefix))


def _labelled(plain: str, masked: str) -> GuiAction:
    """What the thing that is clicked, opened or used is called, decides."""
    purpose = _pattern(_PURPOSE).search(masked)
    named = plain[: purpose.start()] if purpose else plain
    for action, label in LABELS:
        if _pattern(label).search(named):
            return action
    for action, label in LABELS[:2]:
        if _pattern(label).search(plain):
            return action
    if _pattern(_OPENING).match(masked):
        return GuiAction.STATE
    return GuiAction.CHAT if _pattern(_WIDGET).search(masked) else GuiAction.NONE


def _mask(text: str) -> str:
    """The text with its quotations blanked out, of the same length."""
    return _pattern(_QUOTATION).sub(
        lambda match: ("▯" if match[0].startswith("http") else "▮") * len(match[0]), text
    )


_QUOTATION = (
    r"\"[^\"\n]{1,200}\"|“[^“”\n]{1,200}”|「[^「」\n]{1,200}」|『[^『』\n]{1,200}』|《[^《》\n]{1,200}》"
    r"|‘[^‘’\n]{1,200}’(?!\w)|(?<!\w)'[^'\n]{1,200}'(?!\w)|https?://\S{1,300}"
)


def _all_steps(masked: str) -> tuple[tuple[re.Pattern[str], GuiAction | None], ...]:
    return (
        _steps(chinese=True) + _steps(chinese=False)
        if _pattern(_HAN).search(masked)
        else _steps(chinese=False)
    )
