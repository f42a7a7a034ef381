"""What reading a sentence costs: the router, plain keywords beside it, and the GUI translation.

    python benchmarks/words.py

Every labelled sentence of the tests, each timed by itself, and the best of a few runs of each kept, so
that what else the machine does is not counted. Then words made to be slow, of full length and far over.
Needs nothing but the skill.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

from skill.routing import detect_language, route
from skill.routing.reading import MAX_ROUTED
from skill.screentalk import translate

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).resolve().parents[1] / "tests" / "skill" / "data"
KEYWORDS = (
    ("export", "导出", "download", "send me the video"),
    ("credits", "积分", "balance", "余额"),
    ("status", "状态", "show tracks"),
    ("upload", "上传"),
)
RUNS = 7
BRIEF = "please make a warm video of our summer by the sea, with a slow zoom on each photo. " * 6

# Full length (400 characters are still read), and then far over it.
HOSTILE = {
    "'a ' × 200": "a " * 200,
    "'the ' × 100": "the " * 100,
    "'export ' × 57": "export " * 57,
    "'导出' × 200": "导出" * 200,
    "'credits how many ' × 23": "credits how many " * 23,
    "'my beach ' × 44": "my beach " * 44,
    "'“' × 400": "“" * 400,
    "'\"' × 399": '"' * 399,
    "quotes in quotes": "“「『\"'" * 40 + "'\"』」”" * 40,
    "one unknown letter × 400": "a" * 400,
    "'在' × 400": "在" * 400,
    "100 kB of 'a '": "a " * 50_000,
    "100 kB of 'export '": "export " * 14_286,
    "100 kB of '“'": "“" * 33_334,
    "100 kB of one word": "a" * 100_000,
}


def main() -> None:
    sentences = labelled()
    print(f"{len(sentences)} labelled sentences; µs each")
    print(f"{'':28}{'median':>9}{'p99':>9}{'worst':>9}")
    readers: dict[str, Callable[[str], object]] = {
        "route": route,
        "detect_language": detect_language,
        "plain keywords": keywords,
        "translate (skill.screentalk)": translate,
    }
    for name, read in readers.items():
        took = sorted(best(read, words) for words in sentences)
        p99 = took[int(len(took) * 0.99)]
        print(f"{name:28}{statistics.median(took):9.1f}{p99:9.1f}{took[-1]:9.1f}")
    print(f"\nlong and hostile words; µs each, {MAX_ROUTED} characters are read")
    print(f"{'':28}{'route':>9}{'language':>9}")
    for name, words in {f"a brief of {len(BRIEF)}": BRIEF, **HOSTILE}.items():
        print(f"{name:28}{best(route, words):9.1f}{best(detect_language, words):9.1f}")


def labelled() -> list[str]:
    lines = [
        line
        for file in sorted(DATA.glob("routing*.tsv"))
        for line in file.read_text("utf-8").splitlines()
    ]
    return [line.split("\t")[2] for line in lines if line and not line.startswith("#")]


def keywords(words: str) -> int:
    low = words.lower()
    return next((i for i, keys in enumerate(KEYWORDS) if any(k in low for k in keys)), -1)


def best(read: Callable[[str], object], words: str) -> float:
    """The shortest of a few runs, in µs, after one that fills the caches."""
    read(words)
    took = []
    for _ in range(RUNS):
        began = time.perf_counter_ns()
        read(words)
        took.append(time.perf_counter_ns() - began)
    return min(took) / 1000


if __name__ == "__main__":
    main()
