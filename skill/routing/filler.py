"""The words around a wish, which never decide anything, and those between two wishes. Data only."""

from __future__ import annotations

from skill.routing.words import WordClass

FILLER = WordClass(
    "politeness and function words",
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
    "|i'm ready to|that would be|would be|why not|every time|into|onto|everyone|with me|with us|so i can|so we can|it up|a bit"
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
    " 感谢 谢啦 好 好的 行 那 那么 把 将 出来 到 去 来 都 还 还有 还能 有 是 啦 哈 哦 噢 嗯 喂 你好 您好 请问 怎么 怎样才 才能 什么 啥 过 上 里"
    " 里面 请帮我 请你 请您 辛苦 辛苦了 亲 快点 尽快 赶紧 赶快 也 只 只要 只需 为 以 成 成为 让我 今天 待会 回来 唔该 唔该晒 帮手"
    " 啲 咗 如果可以 如果可以的话 可以的话 方便的话 有空的话 的话 一次 次 呗 喔 囉 咯 哟 完 好了 完成 完成了 共 总共 应该 大概 到底"
    " 究竟 已经 自己 一共 一声 对 最 一点 点儿 看起来 更 再 又 用 起来 由 之 行吗 好吗 可以吗 我现在 不好意思 打扰 打扰了 打扰一下"
    " 打搅 抱歉 您看 你看 能帮我 能帮忙 得空 有空 劳烦 谢了 感激 感恩 哥 姐 师傅 老师 客服 小助手 亲爱的 哈喽 嗨 早上好 晚上好"
    " 等 啦啦 嘞 喇 㗎 咩 嘢 喺 系 系咪 有冇 可唔可以 得唔得 得未 得冇 点呀 点啊 点样 点解 而家 依家 宜家 仲 未 晒 吓 哋 住 刚刚好 手上 做到"
    " 顺便 帮帮 帮帮忙 就好 就行 即可 呀呀 这边 那边 目前为止 此刻 眼下 不知道 是多少 嗱 其实 然后呢 这样 那样",
)  # fmt: skip

# Clauses are cut here, besides punctuation.
CONNECTIVE = WordClass(
    "between clauses",
    "and|then|but|plus|also|after that|afterwards|so|because|cause|since",
    "然后 接着 并且 并 之后 随后 再然后 同时 以及 和 但是 但 跟 同 不过 同埋 跟住",
)
