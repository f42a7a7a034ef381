"""Whether the user's words speak of a video's length, size, music or look: then no default is added. Pure."""

from __future__ import annotations

import re
from typing import Literal

Subject = Literal["resolution", "duration", "music", "look"]

_NUMBER = (
    r"(?:\d{1,3}(?:\.\d+)?|[零一二三四五六七八九十两半百几]+|\b(?:one|two|three|four|five|six|seven|eight|nine|ten"
    r"|eleven|twelve|fifteen|twenty|thirty|forty|sixty|ninety|half|few))"
)
_TIME = rf"{_NUMBER}\s*-?\s*(?:s|secs?|seconds?|mins?|minutes?)\b|\ba minute\b|{_NUMBER}\s*(?:个|来|多)?\s*(?:秒|分钟)"
_ITS_OWN = r"transitions?|cross-?fades?|fad(?:es?|ing)|dissolves?|titles?|captions?|转场|过渡|淡入|淡出|叠化|标题|字幕"
_SPOKEN_OF: dict[Subject, str] = {
    "resolution": r"\d{3,4}\s*p\b|\b[248]k\b|\bu?hd\b|\d{3,4}\s*[x×*]\s*\d{3,4}|\bresolution\b"
    r"|分辨率|高清|超清|标清|画质|清晰度",
    # The time of a transition or a title is not that of the video.
    "duration": rf"(?<!\w)(?:{_TIME})(?![ -]*(?:long )?的?(?:{_ITS_OWN}))"
    r"|\b(?:duration|lengths?|how long|as long as)\b|时长|多长|长度",
    "music": r"\b(?:music|musical|bgm|soundtracks?|songs?|tunes?|audio|sounds?|silen(?:t|ce)|muted?|melod(?:y|ies)|beats?"
    r"|piano|guitar|orchestra\w*|jazz|lo-?fi|mp3|wav)\b|音乐|配乐|歌|曲|音效|声音|静音|无声|卡点|踩点|节拍|钢琴|吉他",
    "look": r"\b(?:warm(?:er|th|ly)?|golden|co[sz](?:y|ier)|cold(?:er)?|cool(?:er)?|icy|bluish|b ?& ?w|b/w|noir|sepia"
    r"|monochrom\w*|gr[ae]y ?scale|vintage|retro|pastel|vivid|muted|moody|filters?|unfiltered|graded?|grading|colou?rs?"
    r"|tones?|tints?|hues?|black[ -](?:and|&|n)[ -]white)\b"
    r"|\blooks?\b(?! (?:at|like|for|into|back|forward|great|good|happy|nice))"
    r"|色|滤镜|暖|冷|黑白|复古|胶片|温馨|灰度",
}


def speaks_of(subject: Subject, words: str) -> bool:
    """Whether the words, in English or Chinese, say something of it."""
    return re.search(_SPOKEN_OF[subject], words, re.IGNORECASE | re.ASCII) is not None
