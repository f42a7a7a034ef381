"""How a sentence with a step is taken apart: whose step it is, where its clauses part, which of them
can stand alone. Regular expressions alone; the words of the interface are in `skill.screentalk.phrases`.
"""

from __future__ import annotations

# -- what a verb does

OPENING = (
    r"open|go|head|navigat|switch|visit|jump|return|enter|expand"
    r"|打开|展开|进入|前往|切换|转到|跳转|回到|来到|开启|访问"
)
"""Verbs that look into a place whatever it is called: its state is read."""
CHOOSING = r"select|choos|pick|set\b|选"
"""Verbs that do nothing by themselves; whatever else is clicked is an edit."""

OFFER = r"\byou can\b(?:\W+\w+){0,2}?\W+(?:export|download) (?:it|the|your)|可以(?:直接|随时)?导出"
"""True without a screen too: the sentence stays, and it is an export."""
PURPOSE = r"\s(?:to|so|in order|and)\s|即可|就能|就可以|来|以便"
"""Where the name of a thing ends and what it is good for begins."""
CHOSEN = r"\s(?:from|in|on|under|to|so|and)\s|来|以便"
"""Where the name of what is chosen ends."""

# -- whose step it is

LEAD = (
    r"(?:(?:please|just|simply|now|then|next|finally|first|second|lastly|also|and|or|so|but|go ahead|feel free to|to"
    r"|make sure|be sure|remember|don't forget|try|let's|you|you'll|you'd|you're|can|could|may|might|should|will|would"
    r"|need|want|have|like|must|either|always|again|when|whenever|if|once|ready|happy|done|satisfied|by|after|before"
    r"|i suggest|i recommend|i'd suggest|i'd recommend|consider|which|that|where|here|there|it|all|do|is|with it|able|easily|directly|instead"
    r"|step \d+|alternatively|afterwards|quickly|great|ok|okay|for|up|free|be|begin|start|way|simplest|the|easiest|wish"
    r"|finish|done with|manually|yourself|though|otherwise|quick|as well|back|still|remember to|right|looks?|good)\b\W*)*"
)
"""All that may stand before the verb if the user is the one who does it."""
LEAD_ZH = (
    r"(?:请|您|你|可以|可|也|还|需要|只需|只要|就|再|然后|接着|最后|首先|其次|现在|直接|先|并|或者|或|即可|能|想|要|如果|若"
    r"|如需|通过|建议|尝试|试试|后|完成|随时|方便|继续|下一步|之后|接下来|去|来|使用|用|将|把|它|一下|的话|那么|满意|依次|快|赶紧|不妨|自己|自行|手动|随意|任意|立即|马上|一键|轻松|仍然?|进一步|重新|再次|逐个|分别|稍后|记得|别忘了|务必|\W"
    r"|(?:将|把)[^，。；]{1,10}|(?:在|从|于|到)[^，。；]{1,14}?(?:里|中|上|下|内|角|侧|处|方|面板|菜单|时|页面|位置))*"
)
USER = (
    r"\byou(?:'ll|'ve)?(?:\W+(?:can|could|may|might|should|need|want|have|to|now|also|just|simply|always|then|will))*\W*$"
    r"|\byou (?:can|could|may|might)\b[^,;:]{0,60}\b(?:by|via|through)\W*$"
)
"""… or what ends right before it: "(…) you can …", "you can mute it by …"."""
DEPENDENT = r"(?:to|when|once|if|after|before|for|in|from|on|at|under|inside|using|with)\b"
"""How a clause begins that goes before a step: "to change the font, select …"."""
OPENED = r"opened|switched|expanded"
PAST = r"(?:i|we|i've|we've|i have|we have|i'll|just|now|also|already|and|gone ahead and|\W)*"
PAST_ZH = r"(?:我|们|已经?|为|帮|替|你|您|刚|并|也|已|\W)*"
"""The backend says it opened a panel: as good as a step. "I opened the scene" has no place in it."""
STORY = (
    r"\b(?:he|she|they|who|m[ae]n|wom[ae]n|girls?|boys?|persons?|people|characters?|child|kids?|actors?|camera"
    r"|hands?|fingers?|says?|reads?|reading|scene|shot|shows)\b"
    r"|\b(?:i|we|i've|we've|i have)\b.{0,40}?\b(?:add|plac|put|creat|insert|dr[ae]w|design|animat|overlaid|made|includ|g[ai]ve)"
)
"""Someone in the picture does it, or it was put into the picture: content."""

# -- clauses

SEPARATOR = (
    r"[,;:]\s{1,3}(?:(?:and then|and|or|then|but|so)\s+)?|[，；：](?:然后|接着|并且|并|或者|或)?|\s{1,3}[-–—]{1,3}\s+|—"
    r"|(?<!\bdrag)\s{1,3}(?:and then|and|or|then|but|so)\s+|\s{1,3}(?:so that|that|which)\s+(?=you\s+(?:can|could|may)\b)"
    r"|(?:并|然后|再|接着)(?=点击|单击|打开|拖|选择|预览|导出|切换|进入|查看)"
)
FORWARD = (
    r"(?:if|when|whenever|once|after|before|to|for|in|from|on|at|under|with|as soon as|until|unless|while)\b"
    r"|(?:now|next|then|finally|first|second|third|lastly|also|alternatively|step \d+|option \d+|(?:pro )?tips?|note|hint"
    r"|next steps?|preview|export|reminder|important|please|here's how|how to \w+|instructions?|otherwise|or)\W*$"
    r"|(?:\W|please|just|then|first)*(?:select|hold|grab|highlight|mark|pick|choose|type|locate|head|go|navigate)\b(?! me\b)"
    r"|(?!我|视频|影片|标题|音乐|字幕|已)[^，。；]{1,16}(?:后|时|的话|之前)$"
    r"|(?:请|先|再|您|可以)*(?:按住|选[中择]|输入|先)|(?:如果|若|如需|当|等|想要?|要|为了|在|从|首先|最后|然后|接下来|现在|请|完成后|满意后|下一步|提示|注意|步骤|操作|另外|或者)"
)
"""How a clause begins, or all of it, that cannot stand without the step that follows it."""
TRAILS = r"with\b"
"""… unless something is before it that it belongs to: "20 seconds, with captions"."""
STANDS = (
    r"(?:(?:otherwise|or|but|and|alternatively)\W+)?(?:i|i'm|i've|i'll|it|it's|we|they|this|there|let me|tell me|just tell|ask me|both|everything|nothing)\b"
    r"|(?:the|your|all)\s+(?:[\w-]+\s+){1,3}?(?:is|are|has|have|was|were|will|now|can|starts?|ends?|runs?|lasts?|takes?)\b"
    r"|(?:而|但|不过|另外)?(?:我|视频|影片|标题|音乐|字幕|画面|片段|目前|告诉我|直接告诉我|总时长|时长|新的)"
)
"""How a clause begins that can stand on its own after a step that was taken out."""
REPORTER = r"(?:i|we)(?:'ve|’ve| have)?(?: also| just)?\b|我们?(?:已经|已|刚刚|刚|也)*"
"""Who tells what was done: "I opened the Audio panel and set the music to 30%"."""
REPORTED = (
    r"(?:then\s+|also\s+)?(?:\w+ed|set|put|made|cut|gave|took|kept|let|chose|brought|built|wrote|sped|split|found)\b"
    r"|(?:把|将|给|为)|[^，。；]{1,20}了"
)
"""How what was done goes on after a step that was taken out: it is kept, with who did it."""
ASIDE = r"\s?[(（][^()（）]{0,200}[)）]|\s[—–-]{1,2}\s[^—–\n]{1,200}?\s[—–-]{1,2}(?=\s)"
"""What is said in between: goes with its brackets or dashes."""
QUOTATION = (
    r"\"[^\"\n]{1,200}\"|“[^“”\n]{1,200}”|「[^「」\n]{1,200}」|『[^『』\n]{1,200}』|《[^《》\n]{1,200}》"
    r"|‘[^‘’\n]{1,200}’(?!\w)|(?<!\w)'[^'\n]{1,200}'(?!\w)|https?://\S{1,300}"
)
HAN = r"[\u3400-\u9fff]"
TO_SIMPLIFIED = str.maketrans(
    "點擊開啟選單頁檔設線軸預覽導匯載帳關閉標籤時間鈕視窗軌進動請從後裡將擇輸儲滾轉換訂閱餘額賬戶還繼續對話彈編輯欄會樂畫",
    "点击开启选单页档设线轴预览导导载账关闭标签时间钮视窗轨进动请从后里将择输储滚转换订阅余额账户还继续对话弹编辑栏会乐画",
)
