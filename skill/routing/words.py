"""The words a sentence is read with: classes, politeness, connectives, characters. Data only.

A class is `name: (what it is, English, Chinese)`. English phrases stand between bars, Chinese ones,
in Simplified characters, between blanks. A phrase stands in one class only, and the longest phrase
that fits wins. An apostrophe may be left out by whoever writes ("whats", "dont").
"""

from __future__ import annotations

# -- the keywords of the listings, and what people say for them
KEYWORDS = {
    "export": (
        "the order for the file",
        "export|exports|render it out|render out|download|downloads|render",
        "导出 汇出 下载 输出 渲染 导出来 下载下来 发给我 传给我 寄给我 发我 传我 发过来 传过来 发来 出片 到出 道出",
    ),
    "exporting": ("an export under way, or politely asked for", "exporting|downloading|rendering", ""),
    "exported": ("that it has been given", "exported|downloaded|rendered", ""),
    "credits": (
        "what the account holds, by a name that means little else",
        "credits|credit balance|credits balance",
        "积分 余额 点数 额度 积份 馀额 没有积分 没积分 没余额 没有余额",
    ),
    "points": ("an amount of credits", "", "多少点 几多点 多少点数 几多点数"),
    "balance": ("what the account holds, or a setting of sound and colour", "balance", ""),
    "credit": ("money, or praise", "credit", ""),
    "status": (
        "how far the work is",
        "status|state|situation|progress|going on|happening|going|any update|any updates|any news|an update"
        "|update me|status update|status report|where are we|where are you|where are we at|where do we stand"
        "|how's it going|how is it going|how's that going|how far|how far along|coming along|getting on",
        "状态 进度 进展 情况 做到哪 做到哪里 做到哪儿 做到哪步 做到哪一步 到哪一步 到哪步 到哪了 怎么样 怎样 如何 壮态 状况 点样",
    ),
    "working": (
        "that it is at work",
        "working|working on|processing|running|still going|in progress|on it",
        "还在做 还在处理 处理中 生成中 进行中",
    ),
    "upload": (
        "files on their way to us",
        "upload|uploads|uploading|import|importing|send you|give you|send over|attach|send you over",
        "上传 上载 导入 发给你 传给你 发你 传上去 传上来 上传上去 补 补充 补传 再传",
    ),
    "uploaded": ("files that have come", "uploaded|imported", ""),
}

# -- verbs that are an action only with the right object
VERBS = {
    "send": (
        "to hand something over",
        "send|give|get|save|share|deliver|fetch|grab|hand|hand over|email|mail|pass|give back|gimme|let me have|whatsapp me|text me|dm me|airdrop me|message me|forward me|shoot me|drop me|slide me|forward",
        "给我 给 保存 储存 存 拿 取 分享 发送 传送 交给我 发 传 寄 拿到 得到 俾我 俾",
    ),
    "see": (
        "to look at something, or to be told",
        "show|see|view|watch|display|look at|have a look at|take a look at|play|print",
        "看 看看 看下 看一看 看一下 显示 播放 睇 睇下 睇睇",
    ),
    "check": (
        "to be told",
        "check|check on|look up|look into|tell|know|remind|find out|confirm|verify|check out",
        "查 查看 查下 查查 查询 查一下 告诉 知道 检查 话我知 俾我知 确认",
    ),
    "list": ("to count up what is there", "list|list out|list up", "列出 列一下 罗列"),
    "which": ("to ask what is there",
        "which|which of|what photos|what pictures|what pics|what images|what files|what clips|what songs|what music",
        "哪些 哪几个 哪几张"),
    "want": ("to want", "want|need|require|i'd like|would like|can i have|could i have|may i have|can we have|could we have|can i possibly have|can i please have|could i please have|can i get", ""),
    "have": ("to have", "have|has|had|got|i've|we've|you've|having", ""),
    "buy": (
        "to get more credits",
        "buy|purchase|top up|topup|top-up|recharge|refill|earn|refund",
        "充值 购买 买 储值 加值 充",
    ),
    "press": ("a step with the mouse", "click|press|tap|hit", "点击 按 点"),
    "preview": ("a look at the timeline", "preview|previews", "预览 效果"),
    "retry": ("once more, after a failure", "retry|try", "重试 再试"),
    "redo": ("once more: the export, or the work", "redo|repeat", "重新"),
    "here": (
        "files are handed over",
        "here are|here is|here's|here you go|here you are|here they are|here it is|here goes|see attached|please see attached|please find attached|find attached|these are|this is"
        "|attached|they are|that's all of",
        "这是 这些是 这里是 这里有 这就是 呢啲系",
    ),
    "toyou": ("to us", "", "给你 给您 传你 俾你"),
    "await": ("what comes is first to be waited for", "", "等我"),
}

# -- things
THINGS = {
    "the": (
        "the one there is, unlike any one",
        "the|this|these|that|those|final|final version of|current|latest|whole|entire|full|your|ur|own"
        "|that we made|that you made|you made|you just made|we made|we just made|rest of|last one|last batch of",
        "这个 这 那个 这些 这几张 这几个 这段 这条 这支 这部 这张 那段 那些 条 最终 最终版 最新 当前 目前 刚才 刚刚"
        " 整个 整条 整段 昨天 做好 做完 做好的 做完的 完整 最后 嘅 做的 剪的 弄的 生成的 制作的 剪好 剪好的 弄好 弄好的 生成好的"
        " 已完成 呢个 呢条 呢啲 嗰个 嗰条 其余",
    ),
    "my": ("the one of the user", "my|our", "我的 我们的 我嘅 我哋"),
    "a": (
        "any one, or some",
        "a|an|one|some|another|two|three|four|five|six|several|2|3|4|5|new|few|a few|couple|couple of|other",
        "一首 两张 三张 四张 五张 一个 一段 一条 一张 一支 一部 几个 几张 些 一些 个 张 新 几 幅 多",
    ),
    "thing": (
        "the video and what it is called",
        "thing|video|videos|clip|movie|film|project|result|results|output|slideshow|montage|reel|animation"
        "|version|creation|final cut|vid|a copy|copy|footage of",
        "视频 影片 短片 片子 片 成片 项目 专案 作品 版 版本 结果 成品 动画 一份 一条片",
    ),
    "link": ("where the file can be fetched", "link|download link|url", "链接 连结 下载链接 下载地址 网址"),
    "cutting": ("the video, or an edit of it", "cut|edit|work|short|loop|draft", ""),
    "it": ("what was talked of", "it|them|mine|everything|anything|all|all of it", "它 全部 所有 佢"),
    "file": ("a file of any kind", "file|files", "文件 档案 档"),
    "media": (
        "what the video is made of",
        "photo|photos|picture|pictures|pic|pics|image|images|clips|footage|media|material|materials|batch"
        "|snapshots|selfie|selfies|screenshots|shots|rest|others|ones",
        "照片 相片 图片 图 图像 素材 原图 相",
    ),
    "asset": (
        "a part of the video that may come as a file",
        "music|soundtrack|song|songs|logo|logos|voiceover",
        "音乐 歌 歌曲 录音",
    ),
    "tracks": (
        "what the project holds",
        "tracks|track list|timeline|segments|layers|storyboard|clip list",
        "轨道 时间线 时间轴 片段列表 分镜 片段",
    ),
    "container": ("a file format", "mp4|mov|gif|webm|avi|mkv|mpeg", ""),
    "quality": (
        "what every export has or may ask for",
        "1080p|720p|480p|2160p|4k|2k|8k|hd|full hd|uhd|high|highest|best|quality|resolution|format|30fps"
        "|60fps|24fps|25fps",
        "高清 高清版 超清 最高 画质 清晰度 格式 质量 原画 高质量 分辨率 最好 蓝光",
    ),
    "place": (
        "where a file is kept",
        "phone|computer|laptop|desktop|pc|mac|disk|device|drive|gallery|camera roll|folder|downloads folder"
        "|locally|hard drive|ipad|tablet|iphone",
        "手机 电脑 本地 相册 桌面 硬盘 文件夹 本机 平板",
    ),
    "account": ("the account", "account|wallet", "账户 账号 帐户 帐号 钱包 账上 帐上"),
    "button": ("a thing of the interface, or of the video", "button", "按钮 键"),
    "of": ("a belonging", "of|about|regarding", "关于"),
}

# -- questions
QUESTIONS = {
    "howmuch": (
        "an amount",
        "how many|how much|how many more",
        "多少 几多 还剩 剩 剩下 余下 仲有 剩余 多少个 仲剩 净返 剩返 剩低",
    ),
    "howlong": (
        "the length of the video",
        "how long is|how much time|how long are|duration|length|running time",
        "多长 时长 长度 多少秒 几长",
    ),
    "when": (
        "the time it takes",
        "when|when will|when can|how long will|how long until|how long till|how long before|how much longer|eta"
        "|how soon|how long does|how long do|how much longer till|how much longer until|how long to go",
        "多久 要多久 还要多久 等多久 什么时候 几时 啥时候 还要等多久",
    ),
    "what": (
        "what there is, or what has changed",
        "what's on|what is on|what's in|what is in|what's inside|what do we have|what have we got|what do i have"
        "|what do you have|what have you got|what have you done|what changed|what has changed|what's changed"
        "|what have you made|what have we done|so far|what did you change|what have you changed|what did you do"
        "|what does it look like|what have we made",
        "有什么 有哪些 有啥 改了什么 做了什么 改了哪些 里面有什么 改了啥 到目前为止 做了哪些 是什么样 有咩",
    ),
    "where": ("a place", "where|where's", "在哪 在哪里 哪里 哪儿 在哪儿 去哪 边度 喺边 系边度"),
    "ask": (
        "a question",
        "is|are|was|were|did|does|do|isn't|aren't|hasn't|am|being|been|haven't",
        "",
    ),
    "look": ("an appearance", "look like|looks like|look", ""),
    "done": (
        "ready",
        "done|ready|finished|complete|completed|finish|worked|successful|succeeded|succeed|go through|gone through"
        "|went through|came through|come through|arrived|arrive|received|receive|out yet",
        "",
    ),
    "isdone": (
        "whether it is ready",
        "are you done|have you finished|are you finished|all done|done yet|ready yet|finished yet|done now",
        "好了吗 好了没 好了没有 完成了吗 完成了没 完成没 好了么 好没 完成没有 做好了吗 做好了没 做好了没有 做好没 做好没有 做完了吗"
        " 做完了没 做完了没有 做完没 弄好了吗 弄好了没 完成了么 结束了吗 好未 搞定了吗 搞定了没 成功了吗 成功了没 完了吗 做好未"
        " 整好未 完成未 成功没 搞掂未 好了没呢 完成了没有 弄好没 成功没有 完了没 完了没有 完没 完未 好咗未 完成咗未 得咗未",
    ),
    "enough": ("whether it will do", "enough|sufficient", "够 足够 够不够 够用"),
    "left": (
        "kept or gone",
        "left|remaining|used|spent|remain|available|consumed|still|left over|use up|used up|eat up|gone down|gone up|go down|went down|dropped|changed|increased|refilled|renewed|reset|updated",
        "可用 用了 用掉 花了 消耗 扣了 用掉了 消耗了",
    ),
    "out": (
        "gone",
        "out of|run out of|ran out of|run out|ran out|running low on|low on|running out of|not enough"
        "|don't have any|don't have enough|no more",
        "用完 用光 不足 不够 没有了 没了 用尽 花光 耗尽 用完了 不够了 快用完 快用完了 快没了 快没 快用光 快不够",
    ),
    "cost": (
        "a price",
        "cost|costs|charge|charged|price|pricing|what does it cost",
        "价格 费用 多少钱 收费 花费 消费 几钱 几多钱",
    ),
    "spend": ("to use up", "take|takes|spend|took", "需要 要花 花 要用 扣 花掉 扣掉"),
    "failed": (
        "that it did not work",
        "failed|broke|broken|didn't work|doesn't work|does not work|isn't working|not working|expired|crashed"
        "|stuck|can't|cannot|couldn't|unable to|died|dead|timed out|lost|deleted|closed|missed|by accident|accidentally",
        "失败 失败了 打不开 过期 过期了 失效 不能 不了 无法 唔到",
    ),
    "more": ("in addition", "more|extra|additional", "更多"),
}

# -- what makes a wish of a sentence
WISHES = {
    "neg": (
        "not to be done",
        "don't|do not|not|never|without|stop|cancel|won't|hold off|no need to|abort|skip|instead of|rather than"
        "|didn't|never mind|forget",
        "别 不要 先别 先不 不想 取消 停止 暂停 不需要 没 无需 勿 唔好 暂不 不急着 咪 唔使",
    ),
    "wait": (
        "something is to come first",
        "wait|hold on|hang on|pause|one sec|one moment|just a moment|just a sec|one minute|one second",
        "等一下 等等 等会 稍等 等下 等阵",
    ),
    "no": ("a refusal", "no|nope|nah", "不 不用 不用了 没有 不必 唔 冇"),
    "make": (
        "to change or to create",
        "make|create|generate|do something|change",
        "弄 做 搞 改 修 让 变 剪 编辑 整 生成 制作 创建 变得",
    ),
    "outcome": ("how it was made, or is to be", "", "搞得 弄得 做得 改得 剪得 整得"),
    "better": (
        "better, and nothing said of how",
        "better|nicer|cooler|improve|enhance|polish|fix|beautify|optimize|optimise|prettier|fancier|refine"
        "|surprise me|something cool|something nice|something special|interesting|professional|more fun|exciting"
        "|engaging|attractive|look good|look great|look nice|do your magic|work your magic|do your thing|impressive"
        "|wow|spice up|spice it up|jazz it up|spruce it up|make it pop|be creative|epic|catchy",
        "好看 更好 漂亮 优化 美化 高级 高级感 炫酷 酷 酷炫 专业 精彩 有趣 好一点 好点 改进 提升 改善 吸引人 随便 有意思 完善 润色"
        " 好玩 更棒 惊艳 弄好看 做好看 搞好看 改好看 弄好看点 做好看点 好看点 好看一点 靓 靓啲 有创意",
    ),
    "text": (
        "words that are to be seen or heard",
        "title|titles|text|caption|captions|says|saying|say|subtitle|subtitles|word|words|write",
        "标题 字幕 文字 写 写着 写上 字 文案 题目 片头 片尾 说",
    ),
    "first": ("first of all, or the first one", "first", ""),
    "part": (
        "a part or a quality of the video",
        "second|third|last|half|part|seconds|only|frame|audio|sound|voice|intro|outro|end|ending|opening|closing"
        "|beginning|white|color|colour|faster|slower|shorter|longer|brighter|darker|louder|quieter|vertical"
        "|portrait|landscape|square|horizontal|muted|silent|cropped|trimmed|tutorial",
        "之后的 以后的 之前 以前 音频 声音 第一 第二 第三 开头 结尾 竖屏 横屏 竖版 横版 方形 快 慢 亮 暗 短 长 白 教程",
    ),
    "itis": ("that something is", "it's|that's|i'm|we're|you're|they're", ""),
    "before": ("by a time", "before|by|until|till", ""),
    "daytime": (
        "a time that no video has to do with",
        "lunch|dinner|tomorrow|tonight|noon|the weekend|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
        "|the meeting|my meeting|tomorrow morning|the end of the day|the deadline",
        "明天 今晚 下班前 中午前 明早 晚上前",
    ),
    "praise": (
        "that it is liked",
        "good|great|perfect|fine|nice|cool|awesome|beautiful|love|like|happy|satisfied|excellent|amazing|looks"
        "|wonderful|lovely|brilliant|works|fantastic|super|looking|happy with|satisfied with|pleased with|fine with|good with|ok with|okay with|no problem|no worries"
        "|no changes|no more changes|nothing else|that's all|that's it|don't worry|approved|pleased|sweet|wicked"
        "|stunning|gorgeous|spot on",
        "不错 完美 满意 很好 太好 太棒 棒 喜欢 可以了 没问题 很满意 很棒 挺好 赞 不用改了 不改了 就这样 就这样吧 太好了 就这个"
        " 几好 好正 好靓 很好看 挺好看",
    ),
}

WORDS = KEYWORDS | VERBS | THINGS | QUESTIONS | WISHES

# Politeness and function words: they never decide anything.
FILLER = (
    "please|pls|plz|kindly|could|would|can|may|might|will|shall|should|you|u|me|i|us|we|for|to|now|just|ok|okay|k|yes"
    "|yeah|yep|yup|ya|sure|alright|all right|right|hey|hi|hello|yo|thanks|thank|thx|ty|cheers|well|let|let's|go|ahead"
    "|again|asap|quickly|already|really|actually|maybe|perhaps|yet|be|in|as|at|from|the way|by the way|oh|um|uh|er|hmm"
    "|so can|able|possible|possibly|at all|at all possible|there|on|how's|how do i|how can i|how would i|how|how come|what"
    "|what's|exactly|currently|like to|love to|i'd like to|would like to|i'd love to|help|very|much|so much|too|time"
    "|immediately|straight away|right away|right now|when it's done|when done|when ready|once it's ready|we'll|i'd|i'll"
    "|once it's done|when it's ready|if it's ready|as soon as it's ready|once it is done|when it is done|when you're done"
    "|real quick|quick|real|gonna|wanna|gotta|soon|today|this time|for free|i was wondering if|wondering|if|i think"
    "|i guess|hope|a way|there a way|is there a way|is it possible|would it be possible|any chance|is there any chance|any"
    "|greetings|team|next|finally|once|once more|one more time|want to|need to|i want to|wish to|ready to|going to|i'm going to|about to|i'm about to|planning to|trying to|have to"
    "|i'm ready to|that would be|would be|why not|every time|into|everyone|with me|with us|so i can|so we can|it up|a bit"
    "|a little|bit|little|most|i mean|you know|basically|like i said|ideally|obviously|somehow"
    "|anyway|anyways|by now|as of now|at this point|at the moment|up to now|until now|at present|this very"
    # courtesy
    "|ing|when you get a chance|when you get a sec|when you get a moment|when you have a moment|when you have time|if you have time"
    "|when you can|whenever you can|whenever you're ready|at your convenience|at your earliest convenience|if you don't mind"
    "|if that's ok|if that's okay|if it's ok|if possible|if you can|if you could|do me a favor|do me a favour|be so kind as to"
    "|be so kind|would you mind|do you mind|mind|many thanks|thanks a lot|thanks a bunch|thanks a million|thanks so much|in advance"
    "|thanks in advance|much appreciated|appreciated|appreciate it|i'd appreciate it|grateful|i'd be grateful|sorry|sorry to bother you|sorry to bother"
    "|excuse me|pardon me|bother you|to bother|apologies|too much trouble|it isn't too much trouble|it's not too much trouble|it's no trouble"
    "|quick question|a quick question|i have a question|question|one question|one more thing|carry on|before we carry on|before we go on|before i go|before we continue|before we start|no rush|take your time|you're the best|good morning|good evening|good afternoon|good job|nice job|nice work|well done|great job"
    "|great work|have a nice day|sir|madam|buddy|dude|bro|man|mate|friend|dear|folks|guys|nemo|assistant|bot",
    "请 麻烦 麻烦你 麻烦您 劳驾 拜托 帮 帮我 帮忙 帮个忙 替我 给我们 可以 能 能不能 能否 可不可以 可否 是否 要不要 是不是 有没有 好不好"
    " 行不行 吗 嘛 么 呢 吧 啊 呀 了 的 地 得 一下 下 你 您 你们 我 我们 想 要 想要 我想 我要 现在 马上 立刻 立即 直接 就 先 谢谢 多谢"
    " 感谢 谢啦 好 好的 行 那 那么 把 将 出来 到 去 来 都 还 还有 还能 有 是 啦 哈 哦 噢 嗯 喂 你好 您好 请问 怎么 什么 啥 过 上 里"
    " 里面 请帮我 请你 请您 辛苦 辛苦了 亲 快点 尽快 赶紧 赶快 也 只 只要 只需 为 以 成 成为 让我 今天 待会 回来 唔该 唔该晒 帮手"
    " 啲 咗 如果可以 如果可以的话 可以的话 方便的话 有空的话 的话 一次 次 呗 喔 囉 咯 哟 完 好了 完成 完成了 共 总共 应该 大概 到底"
    " 究竟 已经 自己 一共 一声 对 最 一点 点儿 看起来 更 再 又 用 起来 由 之 行吗 好吗 可以吗 我现在 不好意思 打扰 打扰了 打扰一下"
    " 打搅 抱歉 您看 你看 能帮我 能帮忙 得空 有空 劳烦 谢了 感激 感恩 哥 姐 师傅 老师 客服 小助手 亲爱的 哈喽 嗨 早上好 晚上好"
    " 等 啦啦 嘞 喇 㗎 咩 嘢 喺 系 系咪 有冇 可唔可以 得唔得 得未 得冇 点呀 点啊 点解 而家 依家 宜家 仲 未 晒 吓 哋 住 刚刚好 手上 做到"
    " 顺便 帮帮 帮帮忙 就好 就行 即可 呀呀 这边 那边 目前为止 此刻 眼下 不知道 是多少 嗱 其实 然后呢 这样 那样",
)  # fmt: skip

# Clauses are cut here, besides punctuation.
CONNECTIVE = (
    "and|then|but|plus|also|after that|afterwards|so|because|cause|since",
    "然后 接着 并且 并 之后 随后 再然后 同时 以及 和 但是 但 跟 同 不过 同埋 跟住"
)

# In these one wrong letter is mended …
MENDABLE = ("export", "download", "credits", "balance", "status", "upload")
# … unless the word exists.
REAL_WORDS = (
    "expert|exert|extort|expo|expat|credo|edits|credible|balanced|balances|balancer|valance|statue|statues|stats|static"
    "|statutes|unload|uploader|downloader|exporter|upped|credited|creditor"
)

# Pairs, Traditional then Simplified, for the characters the words above are made of.
TRADITIONAL = (
    "導导匯汇輸输載载儲储餘余額额點点數数狀状態态進进時时間间軸轴線线軌轨傳传發发給给檔档視视頻频項项專专結结連连鏈链"
    "幫帮請请煩烦麼么嗎吗還还個个張张條条這这們们樣样開开錄录圖图聲声樂乐頭头號号帳帐賬账戶户錢钱買买過过來来"
    "讓让變变調调輯辑標标題题寫写優优級级業业為为後后並并隨随對对謝谢應应該该總总夠够當当現现馬马誰谁費费價价沒没"
    "無无須须預预覽览製制質质畫画機机電电腦脑夾夹鍵键單单裡里裏里嚟来畀俾聽听說说動动檢检詢询顯显長长麗丽儘尽於于幾几"
    "麵面從从與与東东擊击種种處处準准備备劃划轉转編编換换關关閉闭壞坏"
    "問问積积冊册會会兒儿別别創创剛刚壯壮驚惊橫横潤润盤盘豎竖豔艳訴诉購购鈕钮錯错鏡镜駕驾況况兩两話话經经終终將将贊赞讚赞滿满歡欢勞劳託托貯贮網网緊紧趕赶辦办講讲誤误敗败試试邊边鐘钟難难類类體体測测歲岁岀出"
    "啟启場场實实認认識识頁页風风簡简聯联飛飞愛爱紅红藍蓝綠绿黃黄蓋盖層层屬属斷断續续補补親亲諮咨證证護护讀读雙双靜静響响"
    "淨净係系曬晒陣阵攪搅擾扰師师順顺靚靓羅罗"
)
