"""The user's words → which action they ask for. Pure: no model, no network, no clock.

How a sentence is read
    1. It is normalised (NFKC, lower case, Traditional → Simplified for the words known here), and
       what stands in quotation marks becomes one token: it is talked *about*, not said.
    2. It is cut into clauses at punctuation and at "and", "then", 然后 …
    3. The words of a clause become word classes (`WORDS`); politeness (`FILLER`) is dropped, a word
       nobody knows becomes `unknown`. A keyword with one letter wrong is mended first.
    4. A clause is a free action only if one of the `RULES` explains **all** of it. One word left
       over ("white" balance, "end" credits, a status "for WhatsApp") makes it a wish.
    5. One wish among the clauses makes the whole sentence a message to the agent.

To teach it a word, add the word to its class in `WORDS`. To teach it a shape, add a `Rule`.

Where in doubt
    An edit routed to a free action is lost: the user waits for something nobody was told. A free
    action routed to chat may cost credits, but the agent answers and the next step (export …) is
    offered. So whatever is not wholly understood is chat. Where *no* reading is an edit, the free
    action is taken: "how much does it cost?" shows the balance, "show me the video" exports
    (nothing else lets one see it), "export as GIF" exports (an MP4; the agent could do no more).
    An edit and an export in one sentence go to the agent whole; the caller offers the export next.
    A negated action ("don't export yet") runs nothing and goes to the agent, who may have been
    about to. Two free actions: the export, whose answer holds the summary too, else the first.
    An upload, then a wish, and no file given: upload, since asking for the file is free and the
    wish cannot be done without it. Files with an action that is free ("credits?", "export"): the
    files go up, the action is left to be asked for at no cost rather than paid for as a message.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Action", "Route", "detect_language", "route"]


class Action(StrEnum):
    """What is done with the words; only `CHAT`, and `UPLOAD` with a message, may cost credits."""

    EXPORT = "export"
    CREDITS = "credits"
    STATE = "state"
    UPLOAD = "upload"
    CHAT = "chat"


@dataclass(frozen=True)
class Route:
    """Where a sentence goes. `message` is what the agent is sent, None where it is sent nothing.

    `vague` marks a wish with nothing specific in it ("make it better"): it is sent all the same.
    """

    action: Action
    message: str | None
    files: tuple[str, ...]
    reason: str
    vague: bool = False


LONGEST = 400
"""Characters; longer words are a brief for the agent, not a command."""

# Word classes; a word stands in one class only. The longest phrase wins. Chinese in Simplified.
WORDS = {
    # -- the keywords, and what people say for them
    "export": "export|exports|exporting|exported|download|downloads|downloading|downloaded|render|rendering"
    "|rendered|导出|汇出|下载|输出|渲染|导出来|发给我|传给我|寄给我|发我|传我|发过来|传过来|发来|出片|到出|道出",
    "credits": "credits|credit balance|credits balance|积分|余额|点数|额度|积份|馀额|没有积分|没积分|没余额|没有余额",
    "balance": "balance",
    "credit": "credit",
    "status": "status|state|progress|going on|happening|going|any update|any updates|any news|an update|update me"
    "|status update|status report|where are we|where are you|how's it going|how is it going|how far|how far along"
    "|状态|进度|进展|情况|做到哪|做到哪里|做到哪儿|到哪一步|到哪步|到哪了|怎么样|怎样|如何|壮态|状况",
    "upload": "upload|uploads|uploading|import|send you|give you|上传|导入|发给你|传给你|发你|传上去|传上来",
    # -- verbs that are an action only with the right object
    "send": "send|give|get|save|share|deliver|fetch|grab|hand|hand over|email|mail|pass|give back"
    "|给我|给|保存|储存|存|拿|取|分享|发送|传送|交给我|发|传|寄|拿到|得到",
    "see": "show|see|view|watch|list|display|check|check on|look at|have a look at|take a look at|tell|know|play"
    "|print|look up|看|看看|看下|看一看|看一下|查|查看|查下|查查|查询|显示|列出|播放|告诉|睇|睇下|知道|检查",
    "want": "want|need|require|i'd like|would like",
    "have": "have|has|got|i've|we've|you've|having",
    "buy": "buy|purchase|top up|topup|top-up|recharge|refill|earn|refund|充值|购买|买|储值|加值|充",
    "press": "click|press|tap|hit|点击|按|点",
    "preview": "preview|预览|效果",
    "retry": "retry|try|redo|repeat|重新|重试|再试",
    "here": "here are|here is|here's|here you go|here you are|these are|this is|attached|这是|这些是|这里是|这里有",
    "toyou": "给你|给您|传你",
    # -- things
    "the": "the|my|our|this|these|that|those|final|current|latest|whole|entire|full|your|own|that we made"
    "|that you made|you made|you just made|we made|we just made"
    "|我的|我们的|这个|这|那个|这些|这段|这条|这支|这部|这张|那段|那些|条|最终|最新|当前|目前|刚才|刚刚|整个|整条|整段|昨天"
    "|做好|做完|做好的|做完的|完整|最后|嘅|做的|剪的|弄的|生成的|制作的|剪好|剪好的|弄好|弄好的|生成好的|已完成",
    "a": "一首|a|an|one|some|another|two|three|four|five|several|2|3|4|5|两张|三张|四张|五张|new|few|a few|一个|一段|一条|一张|一支|一部|几个|几张|些|一些|个|张|新|几",
    "thing": "thing|video|videos|clip|movie|film|project|result|results|output|slideshow|montage|reel|animation|version"
    "|cut|edit|work|creation|link|download link|final cut|vid|short|a copy|copy"
    "|视频|影片|短片|片子|片|成片|项目|专案|作品|版|版本|结果|成品|链接|连结|下载链接|动画|一份",
    "it": "it|them|everything|anything|all|all of it|它|全部|所有",
    "file": "file|files|文件|档案|档",
    "media": "music|soundtrack|photo|photos|picture|pictures|pic|pics|image|images|clips|footage|song|songs|logo|logos|media"
    "|material|materials|照片|相片|图片|图|图像|素材|音乐|歌|歌曲|录音|原图|相",
    "tracks": "tracks|track list|timeline|segments|layers|storyboard|clip list|轨道|时间线|时间轴|片段列表|分镜|片段",
    "container": "mp4|mov|gif|webm|avi|mkv|mpeg",
    "quality": "1080p|720p|480p|2160p|4k|2k|8k|hd|full hd|uhd|high|highest|best|quality|resolution|format|30fps"
    "|60fps|24fps|25fps|高清|高清版|超清|最高|画质|清晰度|格式|质量|原画|高质量|分辨率|最好|蓝光",
    "place": "phone|computer|laptop|desktop|pc|mac|disk|device|drive|gallery|camera roll|folder|downloads folder"
    "|locally|手机|电脑|本地|相册|桌面|硬盘|文件夹|本机",
    "account": "account|wallet|账户|账号|帐户|帐号|钱包|账上|帐上",
    "button": "button|按钮|键",
    "of": "of|about|关于",
    # -- questions
    "howmuch": "how many|how much|多少|几多|还剩|剩|剩下|余下|仲有|剩余|多少个",
    "howlong": "how long is|how much time|how long are|duration|length|running time|多长|时长|长度|多少秒",
    "what": "what's on|what is on|what's in|what is in|what's inside|what do we have|what have we got|what do i have"
    "|what have you done|what changed|what has changed|what's changed|what have you made|what have we done|so far"
    "|what did you change|what have you changed|what did you do|what does it look like|what have we made"
    "|有什么|有哪些|有啥|改了什么|做了什么|改了哪些|里面有什么|改了啥|到目前为止|做了哪些|是什么样",
    "where": "where|where's|在哪|在哪里|哪里|哪儿|在哪儿|去哪",
    "ask": "look like|looks like|is|are|was|did|does|do|isn't|aren't|hasn't|am|being|been",
    "done": "done|ready|finished|complete|completed|finish",
    "isdone": "are you done|have you finished|are you finished|好了吗|好了没|好了没有|完成了吗|完成了没|完成没|好了么|好没"
    "|完成没有|做好了吗|做好了没|做好没|做好没有|做完了吗|做完了没|做完没|弄好了吗|弄好了没|完成了么|结束了吗|好未"
    "|搞定了吗|搞定了没|成功了吗|成功了没|完了吗|做好未|整好未|完成未|成功没",
    "enough": "enough|sufficient|够|足够|够不够|够用",
    "left": "left|remaining|used|spent|remain|available|consumed|still|可用|用了|用掉|花了|消耗|扣了|用掉了|消耗了",
    "out": "out of|run out of|ran out of|run out|ran out|used up|running low on|low on|running out of|not enough"
    "|don't have any|don't have enough|no more|用完|用光|不足|不够|没有了|没了|用尽|花光|耗尽|用完了|不够了",
    "cost": "cost|costs|charge|charged|price|pricing|价格|费用|多少钱|收费|花费|消费|what does it cost",
    "spend": "take|takes|spend|需要|要花|花|要用|扣|花掉|扣掉",
    "failed": "failed|broke|broken|didn't work|doesn't work|does not work|isn't working|expired|crashed|stuck|can't"
    "|cannot|couldn't|unable to|失败|失败了|打不开|过期|过期了|失效|不能|不了|无法|唔到",
    "more": "more|extra|additional|更多",
    # -- what makes a wish of it
    "neg": "don't|dont|do not|not|never|without|stop|cancel|won't|hold off|hold on|wait|pause|no need to|abort|skip"
    "|instead of|rather than|didn't|别|不要|先别|先不|不想|取消|停止|暂停|不需要|没|无需|勿|唔好|暂不|不急着|咪",
    "no": "no|nope|nah|不|不用|不用了|没有|不必",
    "make": "make|create|generate|生成|制作|创建|do something|change|弄|做|搞|改|修|让|变|剪|编辑|整|搞得|弄得|做得|改得|剪得|变得",
    "better": "better|nicer|cooler|improve|enhance|polish|fix|beautify|optimize|optimise|prettier|fancier|refine"
    "|surprise me|something cool|something nice|interesting|professional|more fun|exciting|engaging|attractive"
    "|look good|look great|do your magic|work your magic|impressive|wow|好看|更好|漂亮|优化|美化|高级|高级感|炫酷"
    "|酷|酷炫|专业|精彩|有趣|好一点|好点|改进|提升|改善|吸引人|随便|有意思|完善|润色|好玩|更棒|惊艳|弄好看|做好看|搞好看|改好看|弄好看点|做好看点|好看点|好看一点",
    "text": "title|titles|text|caption|captions|says|saying|say|subtitle|subtitles|word|words|write"
    "|标题|字幕|文字|写|写着|写上|字|文案|题目|片头|片尾|说",
    "first": "first",
    "part": "之后的|以后的|之前|以前|second|third|last|half|part|seconds|only|frame|audio|sound|voice|intro|outro|end|ending|opening"
    "|closing|beginning|white|color|colour|faster|slower|shorter|longer|brighter|darker|louder|quieter|vertical"
    "|portrait|landscape|square|horizontal|muted|silent|cropped|trimmed|tutorial"
    "|音频|声音|第一|第二|第三|开头|结尾|竖屏|横屏|竖版|横版|方形|快|慢|亮|暗|短|长|白|教程",
    "praise": "good|great|perfect|fine|nice|cool|awesome|beautiful|love|like|happy|satisfied|excellent|amazing|looks"
    "|look|wonderful|lovely|brilliant|works|fantastic|super|that's|it's|i'm|we're|looking|no problem|no worries"
    "|no changes|no more changes|nothing else|that's all|that's it|don't worry|with|approved"
    "|不错|完美|满意|很好|太好|太棒|棒|喜欢|可以了|没问题|很满意|很棒|挺好|赞|不用改了|不改了|就这样|就这样吧|太好了|就这个",
}  # fmt: skip

# Politeness and function words: they never decide anything.
FILLER = (
    "please|pls|plz|kindly|could|would|can|may|might|will|shall|should|you|me|i|us|we|for|to|now|just|ok|okay|k|yes"
    "|yeah|yep|sure|alright|right|hey|hi|hello|yo|thanks|thank|thx|ty|cheers|well|let|let's|lets|go|ahead|again"
    "|asap|quickly|already|really|actually|maybe|yet|when you get a chance|at your convenience|if you don't mind"
    "|if possible|if you can|if you could|do me a favor|do me a favour|be so kind as to|would you mind|i'd|i'll|be"
    "|able|possible|in|as|at|from|by|the way|oh|um|uh|hmm|sir|buddy|dude|bro|mate|nemo|assistant|bot|there|on"
    "|how's|how do i|how can i|how would i|how|what|what's|whats|exactly|currently|like to|love to|i'd like to|would like to|i'd love to|help|very|much"
    "|too|time|immediately|straight away|right away|when it's done|when done|when ready|once it's ready|we'll"
    "|once it's done|when it's ready|if it's ready|as soon as it's ready|once it is done|when it is done|real quick"
    "|quick|gonna|wanna|gotta|soon|today|for free|i was wondering if|wondering|if|i think|i guess|hope|a way|there a way|is there a way|is it possible|would it be possible|any|greetings|team|next|finally|once"
    "|once more|one more time|which|want to|need to|i want to|wish to|ready to|trying to|have to|that would be"
    "|would be|why not|friend|dear|every time|into|everyone|with me|with us|so i can|so we can|it up|a bit|a little|bit|little|most"
    "|请|麻烦|麻烦你|麻烦您|劳驾|拜托|帮|帮我|帮忙|帮个忙|替我|给我们|可以|能|能不能|能否|可不可以|可否|是否|要不要|是不是"
    "|有没有|好不好|行不行|吗|嘛|么|呢|吧|啊|呀|了|的|地|得|一下|下|你|您|你们|我|我们|想|要|想要|我想|我要|现在|马上|立刻"
    "|立即|直接|就|先|谢谢|多谢|感谢|谢啦|好|好的|行|那|那么|把|将|出来|到|去|来|都|还|还有|还能|有|是|啦|哈|哦|噢|嗯|喂"
    "|你好|您好|请问|怎么|什么|啥|过|上|里|里面|请帮我|请你|请您|辛苦|辛苦了|亲|快点|尽快|赶紧|赶快|也|只|只要|只需|为|以"
    "|成|成为|让我|今天|待会|等下|回来|唔该|帮手|俾我|俾|啲|咗|如果可以|如果可以的话|可以的话|方便的话|有空的话|的话|一次|次"
    "|呗|喔|囉|咯|哟|完|好了|完成|完成了|共|总共|应该|大概|到底|究竟|已经|自己|一共|一声|对|最|一点|点儿|看起来|更|再|又|用"
    "|起来|由|之|行吗|好吗|可以吗|我现在|ing"
)  # fmt: skip

# Clauses are cut here, besides punctuation.
CONNECTIVE = "and|then|but|plus|also|after that|afterwards|so|然后|接着|并且|并|之后|随后|再然后|同时|以及|和|但是|但|跟|同"


@dataclass(frozen=True)
class Rule:
    """A shape of clause in word classes: `x?` perhaps, `x*` any number, `(x|y)` either.

    `rest` is any class but those that turn a question into a wish (`neg`, `text`).
    """

    action: Action
    shape: str
    reason: str


OBJECT = "the|a|thing|it|file|container|quality|place"
RULES = (
    Rule(
        Action.EXPORT,
        f"(where|failed|retry|want|press|have|ask|see|send|{OBJECT})* export"
        f" (export|failed|retry|quote|send|ask|where|{OBJECT})*",
        "an export or download, with nothing else asked for",
    ),
    Rule(Action.EXPORT, "(press|where|see|ask)+ the* export button", "the button meant is the export"),
    Rule(
        Action.EXPORT,
        "(want|have)? send (the|thing|it|file|container|quality|place)*",
        "the finished video is asked for",
    ),
    Rule(
        Action.EXPORT,
        "(where|have|want|the|it|file|container|quality)* (thing|it|file|container)+ send (the|thing|it|file|place)*",
        "the finished video is asked for",
    ),
    Rule(
        Action.EXPORT,
        "(want|have)+ (quality|container)* the (the|quality|container)* (thing|file) (thing|file|container|quality|place)*",
        "“the video”, unlike “a video”, is the one that exists",
    ),
    Rule(
        Action.EXPORT,
        "(want|have|send|the|quality)* container (quality|file|thing)*",
        "a file format alone asks for the file",
    ),
    Rule(
        Action.EXPORT,
        "(send|want)* see (the|send)* (thing|it|file) (the|thing|send)*",
        "seeing the video needs the file",
    ),
    Rule(
        Action.CREDITS,
        "(see|have|ask|want|left|the|howmuch|account|enough|where)* (credits|balance)"
        " (left|account|have|howmuch|enough|the|see|cost|ask|credits|balance|where)*",
        "credits or balance of the account, and of nothing else",
    ),
    Rule(Action.CREDITS, "(see|ask|where)+ the* account (the|status)*", "the account is asked for"),
    Rule(
        Action.CREDITS,
        "(see|ask|have|the|left)* howmuch (the|left|have)* credit (have|left|ask|the|account)*",
        "an amount of credit is asked for",
    ),
    Rule(Action.CREDITS, "(a|see|left)* credit (have|left|account)+", "an amount of credit is asked for"),
    Rule(Action.CREDITS, "rest* howmuch (the|left|have|more)* (credits|credit) rest*", "a price or amount: free to answer"),
    Rule(Action.CREDITS, "(ask|have|the|see|left|it)* enough (credits|credit|balance) rest*", "whether the credits are enough"),
    Rule(Action.CREDITS, "(the|see|have)* (credits|balance) (the|have|ask)* enough rest*", "whether the credits are enough"),
    Rule(
        Action.CREDITS,
        "(ask|have|it|the|see|thing|export|a|howmuch|make)* cost (the|it|thing|export|a|ask|howmuch|make)*",
        "a price is asked for: the balance is free to show, a message is not",
    ),
    Rule(
        Action.CREDITS,
        "(see|make|thing|a|export)* howmuch (ask|the|it|thing|export|a)* spend (the|thing|export|make)*",
        "a price is asked for: the balance is free to show, a message is not",
    ),
    Rule(
        Action.CREDITS,
        "(want|where|have|see)* (buy|more|send) (buy|the|more|a)* (credits|balance) (account|the)*",
        "credits are bought on the account, not from the agent",
    ),
    Rule(Action.CREDITS, "(see|ask|have|the)* out (the)* (credits|credit|balance)", "the account has run out"),
    Rule(Action.CREDITS, "(the|account|ask|have)* (credits|balance) out", "the account has run out"),
    Rule(
        Action.STATE,
        "(see|send|want|have|ask|where|a|the|thing|it|export|upload|file|tracks)* status"
        " (of|thing|it|the|export|upload|ask|see|send|status)*",
        "how far the work is",
    ),
    Rule(Action.STATE, "(see|send|want|have|ask|the|thing|it)* tracks (of|the|what|see|thing|have|ask)*", "what the timeline holds"),
    Rule(Action.STATE, "(see|have|ask|the|it|thing|tracks|media)* what (of|the|it|thing|tracks|what|have|media)*", "what the project holds"),
    Rule(Action.STATE, "(see|ask|the|thing|it)* howlong (the|thing|it|ask|of)*", "the length stands in the summary"),
    Rule(
        Action.STATE,
        "(ask|have|see)+ (the|it|thing|export|upload|file|have|ask)* done (export|upload)?",
        "whether it is ready",
    ),
    Rule(Action.STATE, "(the|it|thing|export|upload|file|ask)* isdone", "whether it is ready"),
    Rule(Action.STATE, "where (the|thing|it|file|ask)+", "where the video is: the state tells"),
    Rule(Action.STATE, "(thing|file) where", "where the video is: the state tells"),
    Rule(Action.STATE, "(see|have|want|send|a|the|thing)* preview (the|it|thing|of|tracks|see)*", "a preview is the summary of the timeline"),
    Rule(
        Action.UPLOAD,
        "(want|where|have|see|a|the|media|thing|file|it|more|ask|howmuch|failed|quality)* upload"
        " (the|a|media|thing|file|it|more|quote|url|place|here|of|container)*",
        "files are to be sent, and nothing else",
    ),
    Rule(Action.UPLOAD, "(send|the|a|have|media|file|thing)* (media|file|thing) toyou", "files are announced"),
    Rule(Action.UPLOAD, "here (the|a|file)* media (the|file|media)*", "files are announced"),
)  # fmt: skip

# Definite noun phrases take any few words with them: "my birthday video", "the video of the beach".
FOLDS = (
    ("the (unknown|of)(unknown|of)?unknown?unknown?unknown? (thing|file)", "the thing"),
    ("the done (thing|file)", "the thing"),
    ("first$", ""),
    ("the thing of the? unknown unknown?unknown?unknown?", "the thing"),
)

CONTEXT = "(the|it|thing|ask|done|praise|have|retry)*"
"""A clause that asks for nothing: "looks good", "it's ready"."""

HANDOVER = "(here|send|upload|the|a|it|media|file|praise|done|ask|quote|have|see)*"
"""With files beside them, words that only hand the files over."""

VAGUE = "(make|better|praise|it|the|thing|a|more|media|ask|see)*"
NEGATABLE = "(neg|no|make|it|the|thing|a|file|media|export|upload|send|see|credits|balance|status|tracks|have|want|done|ask|failed|button|press)*"

MENDABLE = ("export", "download", "credits", "balance", "status", "upload")
"""Keywords in which one wrong letter is mended …"""

REAL_WORDS = (
    "expert|exert|extort|expo|expat|credo|edits|credible|balanced|balances|balancer|valance|statue"
    "|statues|stats|static|statutes|unload|uploader|uploaded|downloader|exporter"
)
"""… unless the word exists."""

TRADITIONAL = (
    "導导匯汇輸输載载儲储餘余額额點点數数狀状態态進进時时間间軸轴線线軌轨傳传發发給给檔档視视頻频項项專专結结連连鏈链"
    "幫帮請请煩烦麼么嗎吗還还個个張张條条這这們们樣样開开錄录圖图聲声樂乐頭头號号帳帐賬账戶户錢钱買买過过來来"
    "讓让變变調调輯辑標标題题寫写優优級级業业為为後后並并隨随對对謝谢應应該该總总夠够當当現现馬马誰谁費费價价沒没"
    "無无須须預预覽览製制質质畫画機机電电腦脑夾夹鍵键單单裡里裏里嚟来畀俾聽听說说動动檢检詢询顯显長长麗丽儘尽於于幾几"
    "麵面從从與与東东擊击種种處处準准備备劃划轉转編编換换關关閉闭壞坏"
    "問问積积冊册會会兒儿別别創创剛刚壯壮驚惊橫横潤润盤盘豎竖豔艳訴诉購购鈕钮錯错鏡镜駕驾況况兩两話话經经終终將将贊赞讚赞滿满歡欢勞劳託托貯贮網网緊紧趕赶辦办講讲誤误敗败試试邊边鐘钟難难類类體体測测歲岁岀出"
    "啟启場场實实認认識识頁页風风簡简聯联飛飞愛爱紅红藍蓝綠绿黃黄蓋盖層层屬属斷断續续補补親亲諮咨證证護护讀读雙双靜静響响"
)
"""Pairs, Traditional then Simplified, for the characters the words above are made of."""

_QUOTE = (
    r"“[^“”]*”|\"[^\"]*\"|「[^「」]*」|『[^『』]*』|《[^《》]*》|〈[^〈〉]*〉|«[^«»]*»|‘[^‘’]*’(?!\w)"
    r"|(?<!\w)'[^'\n]*'(?!\w)|[“\"「『《][^”\"」』》]*$"
)
_UNIT = (
    r"(?P<url>https?://\S+)|(?P<quote>\x00)|(?P<stop>[,.;:!?\n，。；：！？、…—](?!\d))"
    r"|(?P<word>[a-zà-ɏ][a-z0-9à-ɏ']*(?:-[a-z]+)*|\d+[a-z]+|\d+(?:[.:/x×]\d+)*|[\u2e80-\u9fff]|\w+)"
)
_HAN = r"[\u3400-\u9fff\uf900-\ufaff]"
_KANA = r"[\u3040-\u30ff\uac00-\ud7af]"
_LATIN = r"[^\W\d_\u2e80-\u9fff\uac00-\ud7af]+"


def route(words: str, files: Sequence[str] = ()) -> Route:
    """Which action `words`, with `files` beside them, ask for.

    Raises ValueError if there are neither words nor files.
    """
    text, given = words.strip(), tuple(files)
    if not text:
        if not given:
            raise ValueError("nothing to do: give words, files or both")
        return Route(Action.UPLOAD, None, given, "files, and no words beside them")
    reading = _read(text)
    if given:
        return _with_files(text, given, reading)
    if reading.action is Action.CHAT or reading.wish_after_upload:
        return Route(reading.action, text, (), reading.reason, reading.vague)
    return Route(reading.action, None, (), reading.reason)


def detect_language(words: str, locale: str = "") -> str:
    """ "zh" when the words are mainly Chinese, Simplified or Traditional, else "en".

    A Chinese word is about 1.3 characters here; the language the sentence begins in weighs one word
    more, since names and quotations of the other language stand inside or at the end.
    """
    text = (
        _pattern(_QUOTE).sub(" ", words[:2000])
        if len(words) > LONGEST
        else _pattern(_QUOTE).sub(" ", words)
    )
    if not _pattern(_HAN).search(text) and not _pattern(_LATIN).search(text):
        text = words[:2000]
    han, latin = _pattern(_HAN).findall(text), _pattern(_LATIN).findall(text)
    if len(_pattern(_KANA).findall(text)) > len(han) / 3:
        return "en"
    first_han, first_latin = _pattern(_HAN).search(text), _pattern(_LATIN).search(text)
    if first_han is None:
        return "en"
    begins_han = first_latin is None or first_han.start() < first_latin.start()
    return "zh" if len(han) / 1.3 + begins_han > len(latin) + (not begins_han) else "en"


@dataclass(frozen=True)
class _Reading:
    action: Action
    reason: str
    vague: bool = False
    handover: bool = False
    wish_after_upload: bool = False


def _with_files(text: str, files: tuple[str, ...], reading: _Reading) -> Route:
    if reading.handover:
        return Route(Action.UPLOAD, None, files, "files, and no wish beside them")
    if reading.action in (Action.CREDITS, Action.STATE, Action.EXPORT):
        reason = f"files first; {reading.action} is a free call of its own, to be asked after"
        return Route(Action.UPLOAD, None, files, reason)
    return Route(
        Action.UPLOAD,
        text,
        files,
        "files with a wish: they go first, then the words",
        reading.vague,
    )


def _read(text: str) -> _Reading:
    if len(text) > LONGEST:
        return _Reading(Action.CHAT, "longer than a command: a brief for the agent")
    clauses = _clauses(text)
    handover = all(_fits(HANDOVER, clause) for clause in clauses)
    found: list[Action] = []
    reasons: dict[Action, str] = {}
    negated: set[Action] = set()
    wishes = refused = False
    wish_after_upload = False
    for clause in clauses:
        rule = _rule(clause)
        if rule is not None:
            found.append(rule.action)
            reasons.setdefault(rule.action, rule.reason)
        elif _fits(CONTEXT, clause) or clause == _letters("no"):
            continue
        elif _has(clause, "neg|no") and _fits(NEGATABLE, clause):
            targets = _targets(clause)
            negated |= targets
            refused |= not targets and not _has(clause, "make")
        else:
            wish_after_upload |= not wishes and found == [Action.UPLOAD]
            wishes = True
    if wishes:
        if wish_after_upload:
            reason = "an upload, then a wish that needs the file"
            return _Reading(Action.UPLOAD, reason, wish_after_upload=True)
        if found:
            reason = f"an edit comes with it and must not be lost: the agent first, {found[0]} next"
            return _Reading(Action.CHAT, reason)
        vague = all(_vague(clause) for clause in clauses)
        return _Reading(Action.CHAT, "a wish for the agent", vague)
    if refused or negated & set(found) or (negated and not found):
        return _Reading(Action.CHAT, "the action is negated: nothing is run")
    if not found:
        vague = bool(clauses) and all(_vague(clause) for clause in clauses)
        return _Reading(Action.CHAT, "no free action is asked for", vague, handover)
    action = Action.EXPORT if Action.EXPORT in found else found[0]
    return _Reading(action, reasons[action], handover=handover)


def _vague(clause: str) -> bool:
    judged = _has(clause, "better") or (_has(clause, "make") and _has(clause, "praise"))
    return judged and _fits(VAGUE, clause)


def _targets(clause: str) -> set[Action]:
    keys = {
        Action.EXPORT: "export|send",
        Action.UPLOAD: "upload",
        Action.STATE: "status|tracks",
        Action.CREDITS: "credits|balance",
    }
    return {action for action, classes in keys.items() if _has(clause, classes)}


def _clauses(text: str) -> list[str]:
    """The clauses of a sentence, each a string of class letters, empty ones left out."""
    lexicon, simplified = _lexicon()
    plain = unicodedata.normalize("NFKC", text).lower().translate(simplified)
    whole = _pattern(_QUOTE).fullmatch(plain.strip())
    plain = plain.strip()[1:-1] if whole and len(plain) > 2 else _pattern(_QUOTE).sub("\x00", plain)
    plain = plain.replace("’", "'")
    clauses: list[str] = []
    run: list[str] = []
    for token in _pattern(_UNIT).finditer(plain):
        if token.lastgroup == "stop":
            clauses += _classify(run, lexicon)
            run = []
        else:
            run.append("\x01" if token.lastgroup == "url" else _mend(token[0], lexicon))
    clauses += _classify(run, lexicon)
    return [_fold(clause) for clause in clauses if clause]


def _classify(run: list[str], lexicon: dict[str, str]) -> list[str]:
    """Words → class letters, the longest phrase first, cut at connectives."""
    letters, at = "", 0
    while at < len(run):
        for size in range(min(_PHRASE, len(run) - at), 0, -1):
            letter = lexicon.get(" ".join(run[at : at + size]))
            if letter is not None:
                break
        letters += _letters("unknown") if letter is None else letter
        at += size
    return letters.split(_BREAK)


def _mend(word: str, lexicon: dict[str, str]) -> str:
    if len(word) < 5 or word in lexicon:
        return word
    return next((keyword for keyword in MENDABLE if _one_slip(word, keyword)), word)


def _one_slip(word: str, keyword: str) -> bool:
    """Whether one letter added, left out, changed or swapped with its neighbour makes the difference."""
    if abs(len(word) - len(keyword)) > 1:
        return False
    pairs = zip(word, keyword, strict=False)
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(word), len(keyword)))
    rest, right = word[at:], keyword[at:]
    return (
        rest[1:] == right[1:]
        or rest[1:] == right
        or rest == right[1:]
        or (rest[:2] == right[:2][::-1] and rest[2:] == right[2:])
    )


# -- classes as letters, so that a shape is a small regular expression

_BREAK = " "
_PHRASE = 6
_SPECIAL = "unknown", "quote", "url"
_LETTER = {name: chr(0x100 + i) for i, name in enumerate([*WORDS, *_SPECIAL])}


@cache
def _lexicon() -> tuple[dict[str, str], dict[int, str]]:
    """Phrase → class letter ("" for a filler), and the table that simplifies characters."""
    phrases = [
        (REAL_WORDS, _LETTER["unknown"]),
        (CONNECTIVE, _BREAK),
        (FILLER, ""),
        *((w, _LETTER[n]) for n, w in WORDS.items()),
    ]
    lexicon = {"\x00": _LETTER["quote"], "\x01": _LETTER["url"]}
    for words, letter in phrases:
        for phrase in words.split("|"):
            units = phrase if phrase[0] > "\u2e80" else phrase.split()
            lexicon[" ".join(units)] = letter
    return lexicon, {ord(t): s for t, s in zip(TRADITIONAL[::2], TRADITIONAL[1::2], strict=True)}


@cache
def _letters(shape: str) -> str:
    """A shape in class names as a regular expression over class letters."""
    forbidden = _LETTER["neg"] + _LETTER["text"] + _LETTER["no"]
    coded = re.sub(r"\w+", lambda m: f"[^{forbidden}]" if m[0] == "rest" else _LETTER[m[0]], shape)
    return re.sub(
        r"\(([^()\[\]]+)\)", lambda m: f"[{m[1].replace('|', '')}]", coded.replace(" ", "")
    )


@cache
def _compiled(shape: str) -> re.Pattern[str]:
    return re.compile(_letters(shape))


@cache
def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


@cache
def _needed(shape: str) -> str:
    """The classes without which a shape cannot fit: looked for first, most shapes are never compiled."""
    return re.sub(r"\[[^\]]*\][*+?]?|.[*?]", "", _letters(shape)).replace("+", "")


def _fits(shape: str, clause: str) -> bool:
    return _compiled(shape).fullmatch(clause) is not None


def _has(clause: str, classes: str) -> bool:
    return any(_LETTER[name] in clause for name in classes.split("|"))


def _rule(clause: str) -> Rule | None:
    for rule in RULES:
        if all(letter in clause for letter in _needed(rule.shape)) and _fits(rule.shape, clause):
            return rule
    return None


def _fold(clause: str) -> str:
    for shape, folded in FOLDS:
        clause = _compiled(shape).sub(_letters(folded), clause)
    return clause
