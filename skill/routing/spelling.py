"""How people write a word → the word itself: width, case, characters, quotation marks, slips. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

QUOTE = (
    r"“[^“”]*”|„[^„“”]*[“”]|\"[^\"]*\"|「[^「」]*」|『[^『』]*』|《[^《》]*》|〈[^〈〉]*〉|«[^«»]*»|‹[^‹›]*›"
    r"|‘[^‘’]*’(?!\w)|(?<!\w)'[^'\n]*'(?!\w)|`[^`\n]*`|[“„\"「『《«][^”\"」』》»]*$"
)
"""What stands in quotation marks, of any kind; a mark never closed quotes the rest."""

MARKS = "“„\"「『《〈«‹‘'`"
"""With which a quotation begins."""

QUOTED = "\x00"
"""What stands for a quotation in a plain text: one is talked about, not said."""

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


def plain(text: str) -> str:
    """One width, one case, Simplified for the characters known here; a quotation is one token.

    Words that are nothing but one quotation are read as if they stood without the marks.
    """
    folded = unicodedata.normalize("NFKC", text).lower().translate(_simplified()).strip()
    if any(mark in folded for mark in MARKS):
        whole = _quotation().fullmatch(folded) and len(folded) > 2
        folded = folded[1:-1] if whole else _quotation().sub(QUOTED, folded)
    return folded.replace("’", "'")


def mend(word: str, known: Container[str]) -> str:
    """A keyword with one letter wrong → the keyword; any other word as it is."""
    if len(word) < 5 or word in known:
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


@cache
def _simplified() -> dict[int, str]:
    return {ord(t): s for t, s in zip(TRADITIONAL[::2], TRADITIONAL[1::2], strict=True)}


@cache
def _quotation() -> re.Pattern[str]:
    return re.compile(QUOTE)
