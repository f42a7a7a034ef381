"""The words a sentence is read with, in classes that mean the same. Data only.

English phrases stand between bars, Chinese ones, in Simplified characters, between blanks. A phrase
stands in one class only, and the longest phrase that fits wins. An apostrophe may be left out by
whoever writes ("whats", "dont").
"""

from __future__ import annotations

from typing import NamedTuple


class WordClass(NamedTuple):
    """Words that are read as the same."""

    meaning: str
    english: str
    chinese: str = ""


# -- the keywords of the listings, and what people say for them
KEYWORDS = {
    "export": WordClass(
        "the order for the file",
        "export|exports|render it out|render out|download|downloads|render",
        "导出 汇出 下载 输出 渲染 导出来 下载下来 发给我 传给我 寄给我 发我 传我 发过来 传过来 发来 出片 到出 道出",
    ),
    "exporting": WordClass(
        "an export under way, or politely asked for",
        "exporting|downloading|rendering",
        "",
    ),
    "exported": WordClass("that it has been given", "exported|downloaded|rendered", ""),
    "credits": WordClass(
        "what the account holds, by a name that means little else",
        "credits|credit balance|credits balance",
        "积分 余额 点数 额度 积份 馀额 没有积分 没积分 没余额 没有余额",
    ),
    "points": WordClass("an amount of credits", "", "多少点 几多点 多少点数 几多点数"),
    "balance": WordClass("what the account holds, or a setting of sound and colour", "balance", ""),
    "credit": WordClass("money, or praise", "credit", ""),
    "status": WordClass(
        "how far the work is",
        "status|state|situation|progress|going on|happening|going|any update|any updates|any news|an update"
        "|update me|status update|status report|where are we|where are you|where are we at|where do we stand"
        "|how's it going|how is it going|how's that going|how far|how far along|coming along|getting on",
        "状态 进度 进展 情况 做到哪 做到哪里 做到哪儿 做到哪步 做到哪一步 到哪一步 到哪步 到哪了 怎么样 怎样 如何 壮态 状况",
    ),
    "coming": WordClass("that it goes on", "coming|coming on|shaping up|turning out"),
    "working": WordClass(
        "that it is at work",
        "working|working on|processing|still running|still going|in progress|on it",
        "还在做 还在处理 处理中 生成中 进行中",
    ),
    "upload": WordClass(
        "files on their way to us",
        "upload|uploads|uploading|import|importing|send you|give you|send over|attach|send you over",
        "上传 上载 导入 发给你 传给你 发你 传上去 传上来 上传上去 补 补充 补传 再传",
    ),
    "uploaded": WordClass("files that have come", "uploaded|imported", ""),
}

# -- verbs that are an action only with the right object
VERBS = {
    "send": WordClass(
        "to hand something over",
        "send|give|get|save|share|deliver|fetch|grab|hand|hand over|email|mail|pass|give back|gimme|let me have|whatsapp me|text me|dm me|airdrop me|message me|forward me|shoot me|drop me|slide me|forward",
        "给我 给 保存 储存 存 拿 取 分享 发送 传送 交给我 发 传 寄 拿到 得到 俾我 俾",
    ),
    "see": WordClass(
        "to look at something, or to be told",
        "show|see|view|watch|display|look at|have a look at|take a look at|play|print",
        "看 看看 看下 看一看 看一下 显示 播放 睇 睇下 睇睇",
    ),
    "check": WordClass(
        "to be told",
        "check|check on|look up|look into|tell|know|remind|find out|confirm|verify|check out",
        "查 查看 查下 查查 查询 查一下 告诉 知道 检查 话我知 俾我知 确认",
    ),
    "list": WordClass("to count up what is there", "list|list out|list up", "列出 列一下 罗列"),
    "which": WordClass(
        "to ask what is there",
        "which|which of|what photos|what pictures|what pics|what images|what files|what clips|what songs|what music",
        "哪些 哪几个 哪几张",
    ),
    "want": WordClass(
        "to want",
        "want|need|require|i'd like|would like|can i have|could i have|may i have|can we have|could we have|can i possibly have|can i please have|could i please have|can i get",
        "",
    ),
    "have": WordClass("to have", "have|has|had|got|i've|we've|you've|having", ""),
    "buy": WordClass(
        "to get more credits",
        "buy|purchase|top up|topup|top-up|recharge|refill|earn|refund",
        "充值 购买 买 储值 加值 充",
    ),
    "press": WordClass("a step with the mouse", "click|press|tap|hit", "点击 按 点"),
    "preview": WordClass("a look at the timeline", "preview|previews", "预览 效果"),
    "retry": WordClass("once more, after a failure", "retry|try", "重试 再试"),
    "redo": WordClass("once more: the export, or the work", "redo|repeat", "重新"),
    "here": WordClass(
        "files are handed over",
        "here are|here is|here's|here you go|here you are|here they are|here it is|here goes|see attached|please see attached|please find attached|find attached|these are|this is"
        "|attached|they are|that's all of",
        "这是 这些是 这里是 这里有 这就是 呢啲系",
    ),
    "toyou": WordClass("to us", "", "给你 给您 传你 俾你"),
    "await": WordClass("what comes is first to be waited for", "", "等我"),
}

# -- things
THINGS = {
    "the": WordClass(
        "the one there is, unlike any one",
        "the|this|these|that|those|final|final version of|current|latest|whole|entire|full|your|ur|own"
        "|that we made|that you made|you made|you just made|we made|we just made|rest of|last one|last batch of",
        "这个 这 那个 这些 这几张 这几个 这段 这条 这支 这部 这张 那段 那些 条 最终 最终版 最新 当前 目前 刚才 刚刚"
        " 整个 整条 整段 昨天 做好 做完 做好的 做完的 完整 最后 嘅 做的 剪的 弄的 生成的 制作的 剪好 剪好的 弄好 弄好的 生成好的"
        " 已完成 呢个 呢条 呢啲 嗰个 嗰条 其余",
    ),
    "my": WordClass("the one of the user", "my|our", "我的 我们的 我嘅 我哋"),
    "a": WordClass(
        "any one, or some",
        "a|an|one|some|another|two|three|four|five|six|several|2|3|4|5|new|few|a few|couple|couple of|other",
        "一首 两张 三张 四张 五张 一个 一段 一条 一张 一支 一部 几个 几张 些 一些 个 张 新 几 幅 多",
    ),
    "thing": WordClass(
        "the video and what it is called",
        "thing|bad boy|video|videos|clip|movie|film|project|result|results|output|slideshow|montage|reel|animation"
        "|version|creation|final cut|vid|a copy|copy|footage of",
        "视频 影片 短片 片子 片 成片 项目 专案 作品 版 版本 结果 成品 动画 一份 一条片",
    ),
    "link": WordClass(
        "where the file can be fetched",
        "link|download link|url",
        "链接 连结 下载链接 下载地址 网址",
    ),
    "cutting": WordClass("the video, or an edit of it", "cut|edit|work|short|loop|draft", ""),
    "it": WordClass(
        "what was talked of",
        "it|them|mine|everything|anything|all|all of it",
        "它 全部 所有 佢",
    ),
    "file": WordClass("a file of any kind", "file|files", "文件 档案 档"),
    "media": WordClass(
        "what the video is made of",
        "photo|photos|picture|pictures|pic|pics|image|images|clips|footage|media|material|materials|batch"
        "|snapshots|selfie|selfies|screenshots|shots|rest|others|ones",
        "照片 相片 图片 图 图像 素材 原图 相",
    ),
    "asset": WordClass(
        "a part of the video that may come as a file",
        "music|soundtrack|song|songs|logo|logos|voiceover",
        "音乐 歌 歌曲 录音",
    ),
    "tracks": WordClass(
        "what the project holds",
        "tracks|track list|timeline|segments|layers|storyboard|clip list",
        "轨道 时间线 时间轴 片段列表 分镜 片段",
    ),
    "container": WordClass("a file format", "mp4|mov|gif|webm|avi|mkv|mpeg", ""),
    "format": WordClass("what may be sent", "png|jpg|jpeg|webp|mp3|wav|m4a|heic"),
    "quality": WordClass(
        "what every export has or may ask for",
        "1080p|720p|480p|2160p|4k|2k|8k|hd|full hd|uhd|high|highest|best|quality|resolution|format|30fps"
        "|60fps|24fps|25fps",
        "高清 高清版 高清版本 超清 最高 画质 清晰度 格式 质量 原画 高质量 分辨率 最好 蓝光",
    ),
    "place": WordClass(
        "where a file is kept",
        "phone|computer|laptop|desktop|pc|mac|disk|device|drive|gallery|camera roll|folder|downloads folder"
        "|locally|hard drive|ipad|tablet|iphone",
        "手机 电脑 本地 相册 桌面 硬盘 文件夹 本机 平板",
    ),
    "account": WordClass("the account", "account|wallet", "账户 账号 帐户 帐号 钱包 账上 帐上"),
    "button": WordClass("a thing of the interface, or of the video", "button", "按钮 键"),
    "of": WordClass("a belonging", "of|about|regarding", "关于"),
}

# -- questions
QUESTIONS = {
    "howmuch": WordClass(
        "an amount",
        "how many|how much|how many more",
        "多少 几多 还剩 剩 剩下 余下 仲有 剩余 多少个 仲剩 净返 剩返 剩低",
    ),
    "howlong": WordClass(
        "the length of the video",
        "how long is|how much time|how long are|duration|length|running time",
        "多长 时长 长度 多少秒 几长",
    ),
    "when": WordClass(
        "the time it takes",
        "when|when will|when can|how long will|how long until|how long till|how long before|how much longer|eta"
        "|how soon|how long does|how long do|how much longer till|how much longer until|how long to go",
        "多久 要多久 还要多久 等多久 什么时候 几时 啥时候 还要等多久",
    ),
    "what": WordClass(
        "what there is, or what has changed",
        "what's on|what is on|what's in|what is in|what's inside|what do we have|what have we got|what do i have"
        "|what do you have|what have you got|what have you done|what changed|what has changed|what's changed"
        "|what have you made|what have we done|so far|what did you change|what have you changed|what did you do"
        "|what does it look like|what have we made",
        "有什么 有哪些 有啥 改了什么 做了什么 改了哪些 里面有什么 改了啥 到目前为止 做了哪些 是什么样 有咩",
    ),
    "where": WordClass(
        "a place", "where|where's", "在哪 在哪里 哪里 哪儿 在哪儿 去哪 边度 喺边 系边度"
    ),
    "ask": WordClass(
        "a question",
        "is|are|was|were|did|does|do|isn't|aren't|hasn't|am|being|been|haven't",
        "",
    ),
    "look": WordClass("an appearance", "look like|looks like|look", ""),
    "done": WordClass(
        "ready",
        "done|ready|finished|complete|completed|finish|worked|successful|succeeded|succeed|go through|gone through"
        "|went through|came through|come through|arrived|arrive|received|receive|out yet",
        "",
    ),
    "isdone": WordClass(
        "whether it is ready",
        "are you done|have you finished|are you finished|all done|are we there yet|there yet|done yet|ready yet|finished yet|done now",
        "好了吗 还没好吗 还没好么 还没做好吗 还没完吗 好了没 好了没有 完成了吗 完成了没 完成没 好了么 好没 完成没有 做好了吗 做好了没 做好了没有 做好没 做好没有 做完了吗"
        " 做完了没 做完了没有 做完没 弄好了吗 弄好了没 完成了么 结束了吗 好未 搞定了吗 搞定了没 成功了吗 成功了没 完了吗 做好未"
        " 整好未 完成未 成功没 搞掂未 好了没呢 完成了没有 弄好没 成功没有 完了没 完了没有 完没 完未 好咗未 完成咗未 得咗未",
    ),
    "enough": WordClass("whether it will do", "enough|sufficient", "够 足够 够不够 够用"),
    "left": WordClass(
        "kept or gone",
        "left|remaining|used|spent|remain|available|consumed|still|left over|use up|used up|use|eat up|gone down|gone up|go down|went down|dropped|changed|increased|refilled|renewed|reset|updated",
        "可用 用了 用掉 花了 消耗 扣了 用掉了 消耗了",
    ),
    "out": WordClass(
        "gone",
        "out of|run out of|ran out of|run out|ran out|running low on|low on|running out of|not enough"
        "|don't have any|don't have enough|no more",
        "用完 用光 不足 不够 没有了 没了 用尽 花光 耗尽 用完了 不够了 快用完 快用完了 快没了 快没 快用光 快不够",
    ),
    "cost": WordClass(
        "a price",
        "cost|costs|charge|charged|price|pricing|what does it cost",
        "价格 费用 点收费 多少钱 收费 花费 消费 几钱 几多钱",
    ),
    "spend": WordClass("to use up", "take|takes|spend|took", "需要 要花 花 要用 扣 花掉 扣掉"),
    "failed": WordClass(
        "that it did not work",
        "failed|broke|broken|didn't work|doesn't work|does not work|isn't working|not working|expired|crashed"
        "|stuck|can't|cannot|couldn't|unable to|died|dead|timed out|lost|deleted|closed|missed|by accident|accidentally",
        "失败 失败了 打不开 过期 过期了 失效 不能 不了 无法 唔到",
    ),
    "more": WordClass("in addition", "more|extra|additional", "更多"),
}

# -- what makes a wish of a sentence
WISHES = {
    "neg": WordClass(
        "not to be done",
        "don't|do not|not|never|without|stop|cancel|won't|hold off|no need to|abort|skip|instead of|rather than"
        "|didn't|never mind|forget",
        "别 不要 先别 先不 不想 取消 停止 暂停 不需要 没 无需 勿 唔好 暂不 不急着 咪 唔使",
    ),
    "wait": WordClass(
        "something is to come first",
        "wait|hold on|hang on|pause|one sec|one moment|just a moment|just a sec|one minute|one second",
        "等一下 等等 等会 稍等 等下 等阵",
    ),
    "no": WordClass("a refusal", "no|nope|nah", "不 不用 不用了 没有 不必 唔 冇"),
    "make": WordClass(
        "to change or to create",
        "make|create|generate|do something|change",
        "弄 做 搞 改 修 让 变 剪 编辑 整 生成 制作 创建 变得",
    ),
    "outcome": WordClass("how it was made, or is to be", "", "搞得 弄得 做得 改得 剪得 整得"),
    "better": WordClass(
        "better, and nothing said of how",
        "better|nicer|cooler|improve|enhance|polish|fix|beautify|optimize|optimise|prettier|fancier|refine"
        "|surprise me|something cool|something nice|something special|interesting|professional|more fun|exciting"
        "|engaging|attractive|look good|look great|look nice|do your magic|work your magic|do your thing|impressive"
        "|wow|spice up|spice it up|jazz it up|spruce it up|make it pop|be creative|epic|catchy",
        "好看 更好 漂亮 优化 美化 高级 高级感 炫酷 酷 酷炫 专业 精彩 有趣 好一点 好点 改进 提升 改善 吸引人 随便 有意思 完善 润色"
        " 好玩 更棒 惊艳 弄好看 做好看 搞好看 改好看 弄好看点 做好看点 好看点 好看一点 靓 靓啲 有创意",
    ),
    "text": WordClass(
        "words that are to be seen or heard",
        "title|titles|text|caption|captions|says|saying|say|subtitle|subtitles|word|words|write",
        "标题 字幕 文字 写 写着 写上 字 文案 题目 片头 片尾 说",
    ),
    "first": WordClass("first of all, or the first one", "first", ""),
    "part": WordClass(
        "a part or a quality of the video",
        "second|third|last|half|part|seconds|only|frame|audio|sound|voice|intro|outro|end|ending|opening|closing"
        "|beginning|white|color|colour|faster|slower|shorter|longer|brighter|darker|louder|quieter|vertical"
        "|portrait|landscape|square|horizontal|muted|silent|cropped|trimmed|tutorial",
        "之后的 以后的 之前 以前 音频 声音 第一 第二 第三 开头 结尾 竖屏 横屏 竖版 横版 方形 快 慢 亮 暗 短 长 白 教程",
    ),
    "itis": WordClass("that something is", "it's|that's|i'm|we're|you're|they're", ""),
    "before": WordClass("by a time", "before|by|until|till", ""),
    "daytime": WordClass(
        "a time that no video has to do with",
        "lunch|dinner|tomorrow|tonight|noon|the weekend|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
        "|the meeting|my meeting|tomorrow morning|the end of the day|the deadline",
        "明天 今晚 下班前 中午前 明早 晚上前",
    ),
    "praise": WordClass(
        "that it is liked",
        "good|great|perfect|fine|nice|cool|awesome|beautiful|love|like|happy|satisfied|excellent|amazing|looks"
        "|wonderful|lovely|brilliant|works|fantastic|super|looking|happy with"
        "|satisfied with|pleased with|fine with|good with|ok with|okay with|no problem|no worries"
        "|no changes|no more changes|nothing else|that's all|that's it|don't worry|approved|pleased|sweet|wicked"
        "|stunning|gorgeous|spot on|nice one|good one",
        "不错 完美 满意 很好 太好 太棒 棒 喜欢 可以了 没问题 很满意 很棒 挺好 赞 不用改了 不改了 就这样 就这样吧 太好了 就这个"
        " 几好 好正 好靓 很好看 挺好看",
    ),
}

WORDS = KEYWORDS | VERBS | THINGS | QUESTIONS | WISHES
