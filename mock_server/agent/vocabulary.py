"""The words that are understood: regular expressions over lower-cased text, English and Chinese.

Tables go from what is meant to the words for it; the earliest match in a clause counts.
"""

_NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_NUMBERS += ["eleven", "twelve"]
NUMBER_WORDS = {word: number for number, word in enumerate(_NUMBERS)}
NUMBER_WORDS |= {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "sixty": 60, "ninety": 90}
NUMBER = rf"\d+(?:\.\d+)?|{'|'.join(NUMBER_WORDS)}|[零一二三四五六七八九十两半百]+"
TIME = rf"(?:{NUMBER})\s*-?\s*(?:seconds?|secs?|s(?![a-z])|minutes?|mins?(?![a-z])|秒钟?|分钟)"
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "last": -1}
ORDINAL = rf"(?:{'|'.join(ORDINALS)}|\d+(?:st|nd|rd|th))"

MUSIC_WORDS = {
    "lofi": r"lo-?\s?fi|chill\w*|hip[ -]?hop|jazz\w*|blues|r&b|relaxed|laid[ -]?back|轻松|爵士|慵懒|低保真",
    "ambient": r"ambient|calm\w*|relaxing|peaceful|soft|gentle|piano|meditat\w+|atmospheric|dreamy|slow"
    r"|氛围|安静|舒缓|平静|钢琴|柔和|梦幻",
    "upbeat": r"upbeat|happy|energetic|pop|dance|electronic|edm|techno|house|rock|funk\w*|joyful|fun|fast"
    r"|cheerful|lively|欢快|动感|快乐|活泼|流行|电子|摇滚|有节奏感?|节奏感?强",
    "cinematic": r"cinematic|epic|orchestral|dramatic|movie|film|trailer|classical|inspiring|emotional"
    r"|电影感?|史诗|大气|震撼|古典|管弦",
}
NEAREST = {r"jazz\w*|爵士": "jazz", r"hip[ -]?hop": "hip-hop", r"rock|摇滚": "rock"}
NEAREST |= {r"piano|钢琴": "piano", r"classical|古典": "classical", r"blues": "blues"}
"""Styles there are not, which the nearest one stands in for: it is said when it does."""

ASPECT_WORDS = {
    "9:16": r"9\s*[:x比]\s*16|\bvertical\b|\bportrait\b(?!\s+(?:photos?|pictures?|of))|tik\s?tok"
    r"|\breels?\b|\bshorts\b|竖屏|竖版|竖着",
    "16:9": r"16\s*[:x比]\s*9|\bhorizontal\b|\bwide\s?screen\b|youtube(?!\s+shorts)"
    r"|\blandscape\b(?!\s+(?:photos?|pictures?|images?|paintings?|shots?|of))|横屏|横版",
    "1:1": r"\b1\s*[:x比]\s*1\b|\bsquare\b|方形|正方形|方屏",
    "4:5": r"\b4\s*[:x比]\s*5\b",
}
TRANSITION = r"\btransitions?\b|转场|过渡|切换"
JOINT = rf"{TRANSITION}|\bbetween (?:the |my |all |every )*(?:clips?|photos?|pictures?|images?|shots?|scenes?|slides)\b"
"""What marks a clause as one about transitions: there the short names count too."""
TRANSITION_WORDS = {
    "crossfade": r"cross-?\s?fad\w*|dissolv\w*|\bfades?\b(?!\s*(?:in|out|to (?:black|white)|from))|叠化|淡入淡出|溶解|渐变|交叉淡|淡化",
    "dip": r"\bdips?\b|fades? to (?:black|white)|\bflash(?:es)? (?:of |to )?white|white flash(?:es)?|[闪过]黑|[闪过]白|黑场|白场",
    "cut": r"(?:hard|straight|jump|simple) cuts?|(?:no|without|remove|delete|drop|get rid of) (?:(?:all|any|the) )*transitions?|硬切"
    r"|(?:不要|没有|去掉|无)转场|直接切",
    "slide": r"\bslid(?:e|ing) in\b|\bslide-ins?\b|滑[动入出]",
    "push": r"\bpushes\b|推[移入]|推拉",
    "wipe": r"\bwip(?:es?|ing)\b|擦除|擦拭|划像|划变",
}
TRANSITION_NAMES = TRANSITION_WORDS | {
    "slide": r"\bslid(?:e|ing)\b(?! ?show)|滑",
    "push": r"\bpush(?:es|ing)?\b|推",
    "wipe": r"\bwip(?:e|es|ing)\b|擦|划",
    "zoom": r"\bzoom(?:s|ing)?\b|缩放|变焦|放大",
    "mixed": r"\bmix(?:ed)?\b|\bdifferent\b|\bvari(?:ed|ous|ety)\b|\bvary\b|\brandom\b|\ball (?:kinds|sorts)\b"
    r"|\bdiverse\b|混合|不同|各种|随机|多样|多种|丰富|花样",
}
_JOIN = "|".join([TRANSITION, *(TRANSITION_WORDS[name] for name in ("crossfade", "dip", "wipe"))])
_WHOLE = r"videos?\b|slide\s?show|movie|film|reel|视频|短片|影片|幻灯|相册"
TRANSITION_TIME = (
    rf"{TIME}(?:[ -]long)?(?: \w+|的?\w{{0,4}}?)?\s*(?:{_JOIN})(?!\w{{0,6}}\s*(?:{_WHOLE}))"
    rf"|(?:{_JOIN})(?:(?!{_WHOLE})\D){{0,24}}?{TIME}"
)
"""A time beside the name of a transition is its own, and not that of the whole."""
LONGER_JOINT = r"\bslower\b|\blonger\b|慢一?[点些]|长一?[点些]|更[慢长]"
SHORTER_JOINT = r"\bfaster\b|\bquicker\b|\bshorter\b|快一?[点些]|短一?[点些]|更[快短]"
WHITE = r"\bwhite\b|白"
SIDE_WORDS = {
    "left": r"from (?:the )?left|(?:from )?left[- ]to[- ]right|to the right|\brightwards?\b|从左|由左|自左|向右|往右",
    "right": r"from (?:the )?right|(?:from )?right[- ]to[- ]left|to the left|\bleftwards?\b|从右|由右|自右|向左|往左",
    "top": r"from (?:the )?(?:top|above)|(?:from )?top[- ]to[- ]bottom|\bdown(?:wards?)?\b|从上|从顶|由上|自上|向下|往下",
    "bottom": r"from (?:the )?(?:bottom|below)|(?:from )?bottom[- ]to[- ]top|\bup(?:wards?)?\b|从下|从底|由下|自下|向上|往上",
}
"""The side a new picture comes from."""
SIDE_ALONE = rf"(?:go(?:ing)?|com(?:e|ing)|mov(?:e|ing))? ?(?:{'|'.join(SIDE_WORDS.values())})(?:到?[左右上下])?(?: please)?"
FADE_IN = r"\bfade[- ]?ins?\b|\bfad(?:e|es|ing) (?:\w+ ){0,3}(?:in\b|from black)|\bfade from black|\bfades?\b(?=.*\bat the (?:very )?(?:start|beginning)\b)|(?<!淡出)淡入(?!淡出)|渐显|渐入|从黑"
FADE_OUT = (
    r"\bfade[- ]?outs?\b|\bfad(?:e|es|ing) (?:\w+ ){0,3}(?:out\b|to black\b(?=.*\b(?:end|ending|close)\b))"
    r"|\b(?:end|ending|ends|finish|close)\b.*\b(?:fad(?:e|es|ing)|to black)\b|\bin and out\b|\bfades?\b(?=.*\bat the (?:very )?end\b)"
    r"|(?<!淡入)淡出|渐隐|渐黑|(?:结尾|片尾|最后)(?:变|渐|淡).{0,3}黑"
)
CLIP_SOUND = (
    r"\b(?:original|own|native|camera|live|source|recorded)\b.{0,12}\b(?:audio|sounds?|noise|voices?)\b"
    r"|\b(?:sounds?|audio) (?:of|in|from) (?:the |my )?(?:original |own )?(?:clips?|videos?|footage)\b"
    r"|\b(?:clips?|videos?|footage)(?:'s|’s|s'|s’)? (?:own |original )?(?:audio|sounds?)\b"
    r"|\b(?:un)?mute (?:the |all |my |every )*(?:original|clips?|footage|video clips?)\b|原声|原音|(?:视频|片段)的?(?:声音|音频|音轨)"
    r"|(?:视频|片段)(?:都|全部)?静音|静音(?:视频|片段)"
)
NOT_THIS = r"\b(?:instead of|rather than) (?:the |any )?[\w-]+|而不是\w+"
BECOMES = r"\b(?:with|by|to|for|into)\b|[换改变][成为]"
"""What stands before it goes, and what stands after it comes."""
_SEEN = (
    r"(?:looks?|colou?rs?|tones?|toned|tints?|hues?|palette|filters?|grad(?:e|ing)|light(?:ing)?|glow|feel(?:ing)?"
    r"|mood|vibes?|atmosphere|temperature|style|videos?|film|movie|clip|slide ?show|reel)"
)
_ALL_OF_IT = r"(?:it|them|this|these|everything|all|(?:the|my|all|whole) (?:whole )?(?:videos?|film|clips?|photos?|pictures?|colou?rs?|images?))"
_BECOMES = r"(?: (?:look|feel|be|is|are|a|bit|little|much|more|all|into|to|in|of))*"
_WARM, _COLD = (
    r"(?:warm(?:er|ly)?|golden|co[sz](?:y|ier))",
    r"(?:cold(?:er)?|icy|chilly|wintry|bluish)",
)
_MONO = r"(?:black[ -](?:and|&|n)[ -]white|b ?& ?w|b/w|monochrom(?:e|atic)|gr[ae]y ?scale|noir)"


def _look(kind: str) -> str:
    """The words for a look, and not those for a golden retriever or a cold day."""
    return rf"\b{kind}[ ,-]+(?:[\w-]+ ){{0,2}}?{_SEEN}\b|\b{_ALL_OF_IT}{_BECOMES} {kind}\b|^(?:an? |more |in )?{kind}$"


LOOK_WORDS = {
    "warm": rf"{_look(_WARM)}|\bwarmer\b(?! \w)|\bwarm(?:s|ing)? (?:{_ALL_OF_IT} )?up\b|\bwarmth\b"
    r"|暖[色调光黄金]|[更偏再]暖|暖一?[点些]|暖洋洋|温[暖馨]|金[色黄]的?(?:[色调光]|滤镜|画面)",
    "cool": rf"{_look(_COLD)}|\bcool(?:er)?[ ,-]+(?:looks?|(?:colou?r )?t(?:ones?|emperature|ints?)|colou?rs?|light|hues?|palette)\b|冷[色调光]|[更偏再]冷|冷一?[点些]|清冷|偏蓝",
    "mono": rf"{_look(_MONO)}|\b(?:in|into|to|as|make \w+) {_MONO}\b(?! (?:photos?|pictures?|images?)\b)|黑白(?!照|相|图)|单色|灰度",
    "none": r"\b(?:natural|original|true|normal|neutral|real|plain)[ ,-]+(?:\w+ ){0,1}?(?:colou?rs?|tones?|look)\b"
    r"|\bun(?:filtered|graded)\b|\bcolou?rs? (?:as (?:they|it) (?:are|is)|natural)\b|\b(?:back )?(?:in|to) colou?r\b"
    r"|原[本来]?的?(?:色|颜色|色彩)|自然的?(?:色|颜色|色彩|色调)|本色|无滤镜",
}
"""The looks, "none" being the colours as they are."""
LOOK = r"\bfilters?\b|\bcolou?r[- ]?(?:grad(?:e|ing)|look)\b|\bgrading\b|\blook\b|\btint\b|滤镜|调色|色调"
"""What can only be taken away without a name."""
SILENT = r"\bsilent video\b|\bmake (?:it|everything|the video) silent\b|\bmute\b|静音|无声"
SOUND = r"\b(?:sounds?|audio)\b(?! effects?)|声音"
BEAT = r"\b(?:on|to|with|match\w*|hit\w*) (?:the |its )?(?:beats?|rhythm)\b|\bbeat[- ]?(?:sync\w*|match\w*)|卡点|踩点|[跟合随]着?(?:音乐|节奏|节拍)"
SPOKEN_RATE = (
    rf"({NUMBER})\s*-?\s*(?:fps(?![a-z])|frames? ?(?:per|a|/|every) ?s(?:ec(?:onds?)?)?\b|帧)"
    rf"|(?:frame ?rate|帧率)\D{{0,12}}(\d+)|每秒({NUMBER})帧"
)
PIXELS = r"(?<!\d)(\d{3,4})\s*[x×*]\s*(\d{3,4})(?!\d)"
PACE_WORDS = {
    "upbeat": r"\bupbeat\b|\benerget\w+|\bdynamic\b|\bsnapp\w+|\bpunchy\b|\blivel(?:y|ier)\b|\bfast(?:er|-paced)?\b"
    r"|speed (?:it |this )?up|quicker|快一?点|加快|更快|动感|快节奏|节奏快",
    "smooth": r"\bsmooth\w*|\bslow(?:er|ly)?\b|slow (?:it |this )?down|\bcalm\w*|\bgent(?:le|ly)\b|慢一?点|放慢|更慢"
    r"|舒缓|平滑|流畅",
    "still": r"\bstill\b(?!\s+(?:images?|photos?|pictures?))|\bstatic\b(?!\s+(?:images?|photos?|pictures?))"
    r"|no (?:motion|movement)|without (?:motion|movement)|静止|不要动",
}
FASTER = r"fast(?:er|-paced)|speed (?:it |this )?up|quicker|snappier|快一?点|加快|更快"
SLOWER = r"slower|slow (?:it |this )?down|慢一?点|放慢|更慢"
MUSIC = r"\b(?:music|bgm|soundtrack|songs?|tune|audio|score|beats?)\b|音乐|配乐|bgm|歌曲?|背景乐"
OWN_MUSIC = (
    r"\b(?:my|our|own|uploaded)\b.{0,12}\b(?:music|songs?|tracks?|tune|mp3|wav|m4a|aac)\b"
    r"|(?:我|自己|上传)的?.{0,3}(?:音乐|歌曲?|曲子|配乐|mp3)"
)
TITLE = r"\b(?:titles?|headline|heading|titled)\b|标题|片名"
CAPTION = r"\b(?:captions?|subtitles?|sub-?titles?)\b|字幕"
TEXT_NOUN = r"\b(?:text|words)\b|文字"
CLIP = r"(?:clips?|photos?|pictures?|images?|shots?|scenes?|segments?|slides?|frames?)"
CLIP_ZH = r"(?:张|个|段|幅)(?:照片|图片|图|片段|镜头|画面)?"
PLACE_WORDS = {
    "top": r"\b(?:top|up|higher)\b|顶部|顶端|上面|上方|最上|上边",
    "bottom": r"\b(?:bottom|down|lower)\b|底部|底端|底下|下面|下方|最下|下边",
    "center": r"\bcent(?:er|re)(?:ed)?\b|\bmiddle\b|中间|中央|居中|正中",
}
OPENING = r"\b(?:start|beginning|opening)\b|开头|片头|开始"
ENDING = r"\bat the (?:very )?end\b|\b(?:ending|closing)\b|\bin the last\b|\blast (?:\w+ )?seconds?\b|结尾|片尾|末尾|最后"
SWAP = r"\bswap\b|\bswitch\b|\bexchange\b|\btrade\b|交换|对调|互换|调换|换一?下|换个?位置"
EVERY = r"\b(?:all|every|each|everything)\b(?! but| except)|所有|全部|全都"
REMOVE = r"\b(?:remove|delete|drop|take out|cut out|get rid of|lose|without|no)\b|删除|删掉|去掉|移除|不要|去除"
EXTEND = r"\bextend(?:s|ed|ing)?\b|\bprolong(?:s|ed|ing)?\b|延长|延续"
GO_ON = r"\b(?:go(?:es|ing)?|carr(?:y|ies|ying)|keep(?:s|ing)?) on\b|\bkeep going\b|\bcontinu(?:e|es|ing)\b|继续"
FROM_LAST_FRAME = (
    r"\b(?:from|after|where) (?:(?:the|its|that|this|my|our) )?(?:(?:video|clip)(?:'s|’s)? )?(?:very )?(?:last|final) frame\b"
    r"|(?:从|接着?).{0,6}最后一(?:帧|个画面)"
)
UNTIL = r"\b(?:in)?to\b|\buntil\b|\bup to\b|[到至为成]"
NOT = r"\b(?:don'?t|do not|never|not)\b|别|不要|不用"
ADD = r"\b(?:add|append|include|insert|put in|also)\b|\buse (?:the new|th(?:is|ese|em)|it)\b|加上|加入|添加|加进|加个|加一|也用|插入"
BACK = r"\b(?:bring|put|get|take)\b.*\bback\b|\brestore\b|恢复|加回|放回"
REPLACE = r"\b(?:replace|swap out|substitute|exchange)\b|\bchange\b(?=.*\b(?:with|to|for)\b)|替换|换成|更换"
CREATE = (
    r"\b(?:turn(?! off| on| up| down)|make|create|generate|produce|convert|transform|animate|extend|build|craft)\b"
    r".*\b(?:videos?|clips?|movies?|slide\s?shows?|reels?|films?|animations?|montages?|mp4)\b"
    r"|(?:做|生成|制作|创建|变|转|剪|来).*(?:视频|短片|影片|动画|片子|相册|幻灯片)"
)
AGAIN = (
    rf"\b(?:show|use|repeat|put|play|bring)\s+(?:the\s+)?{CLIP}\s*#?(\d+)\s+(?:once more|again)\s+(?:as|at)\s+"
    rf"(?:{CLIP}|number|position|place)\s*#?(\d+)\b"
    rf"|第\s*(\d+)\s*{CLIP_ZH}(?:照片|图片|图)?再次?(?:作为|用作|放在|出现在)第\s*(\d+)\s*(?:{CLIP_ZH}|个|位)"
)
OVER = r"\bstart (?:over|again|afresh)\b|\bfrom scratch\b|\bregenerate\b|\bredo\b|重新(?:生成|做|来|开始|制作)"
QUESTION = (
    r"^(?:what|how|who|why|when|where|which|is|are|do|does|did|hi|hello|hey|thanks?|thank you|help)\b"
    r"|[?]\s*$|吗|什么|怎么|如何|为什么|^你好|谢谢|^帮助"
)
KEEP = r"\b(?:don'?t|do not|never|keep|leave)\b|别|保持|不要(?:改|换|删|延|动(?=.))|保留"
POLITE = r"^(?:(?:please|pls|can you|could you|would you|will you|can we|i want(?: you)? to|i'd like(?: you)? to|请|麻烦|帮我|能不能|可以|我想|我要)[\s,]*)+"
VERB = (
    r"(?:please\s+)?(?:make (?=it\b|the\b|every|all\b)|(?:add|remove|delete|drop|change|set|put|move|use|turn|swap|switch|replace|cut|trim"
    r"|slow|speed|zoom|give|keep|don'?t|shorten|extend|lower|raise|mute|crop|rotate|blur|brighten|darken|fade"
    r"|apply|reverse|translate|show|place|bring|insert|include|resize|sharpen|highlight|flip|split|loop|undo"
    r"|focus|pan|increase|decrease|reduce|mirror|colou?r|animate|write)\b)"
    r"|请?(?:[把将给让用配再]|加[上入个一]|删|去掉|换|改|调|不要|放大|缩小|翻译|旋转|裁)"
)
"""How a request begins, also one that is not understood."""
CHATTER = (
    r"(?:ok(?:ay)?|yes|no|great|cool|nice|perfect|good|wow|now|too|also|again|as well|instead|for me|please|so"
    r"|and|hi|hello|hey|thanks?|thank you|well|actually|maybe|首先|谢谢|好的?|你好|另外|还有|请|麻烦|吧|了|一下)"
    r"(?:[\s,]+(?:ok|you|very|so|much|job|work|please|again|now|too|a lot|all))*"
    r"|(?:i|we) (?:really )?(?:like|love|think|hope)\b.*"
    r"|(?:it|that|this|the \w+)(?:'s| is| looks?| was)\b(?!.*\btoo\b).*|looks? .*|(?:for|because|since|so that|while)\b.*"
)
"""A clause of nothing but this asks for nothing."""
OF_PHOTOS = rf"\b{CLIP}\b|\b(?:this|these|it|them|here|another|one|ones|more|new|upload\w*)\b|照片|图|这|新|上传"
"""How one speaks of photos just sent."""
