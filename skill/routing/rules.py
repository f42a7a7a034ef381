"""The shapes a clause may have, in the word classes of `skill.routing.words`. Data only.

A shape is a small regular expression over classes: `x?` perhaps, `x*` any number, `x+` at least one,
`(x|y)` either. A clause has a shape only if the shape explains all of it. Besides the classes there are
`unknown` (a word nobody taught us), `quote` (what stands in quotation marks), `url`, `number`, and
`rest`: any class but `neg`, `no` and `text`, which turn a question into a wish.
"""

from __future__ import annotations

from typing import NamedTuple

from skill.routing.action import Action


class Rule(NamedTuple):
    """A clause of this shape asks for this action, because of this."""

    action: Action
    shape: str
    reason: str


# Folded before the rules are asked, in this order: (what, into what). So "my birthday video" and
# "the video of the beach" are "the video", "12 holiday photos" are "some photos".
FOLDS = (
    # Whose credits they are says what they are; "show my credits in gold" is the end of a film all the same.
    ("^(ask|check|want|have)+ my credits (unknown|left|ask|have|the|it|thing)*$", "the credits"),
    ("my", "the"),
    ("check", "see"),
    ("points", "howmuch credits"),
    ("before the? daytime", ""),
    ("ask (the|it|thing|left)* exporting (the|it|thing)*$", "ask working"),
    ("exporting", "export"),
    ("praise cutting", "praise"),
    ("the cutting", "the thing"),
    ("cutting (send|export)", "thing export"),
    ("outcome praise", "praise"),
    ("outcome", "make"),
    ("number (credits|credit)", "the credits"),
    ("number a? unknown? unknown? (media|asset)", "a media"),
    ("upload the part media", "upload the media"),
    ("a unknown unknown? media", "a media"),
    ("the unknown unknown? media", "the media"),
    ("the (unknown|of) (unknown|of)? unknown? unknown? unknown? (thing|file)", "the thing"),
    ("the (done|exported) (thing|file)", "the thing"),
    ("first$", ""),
    ("^it? the media the unknown unknown?$", "the media"),
    ("the thing of the? unknown unknown? unknown? unknown?", "the thing"),
)

# What every export has or may have: the video, its format, its quality, where it is kept.
OBJECT = "the|a|thing|link|it|file|container|quality|place"

EXPORT = (
    Rule(
        Action.EXPORT,
        f"(where|failed|retry|redo|want|press|have|ask|see|send|{OBJECT})* export"
        f" (export|failed|retry|redo|quote|send|ask|where|of|{OBJECT})*",
        "an export or download, with nothing else asked for",
    ),
    Rule(
        Action.EXPORT,
        f"(where|want|see|have|send) ({OBJECT}|ask)* link (of|{OBJECT})*",
        "the link leads to the file",
    ),
    Rule(
        Action.EXPORT,
        f"export ({OBJECT})* when (the|thing|it|ask|itis)* done",
        "an export as soon as it is ready",
    ),
    Rule(
        Action.EXPORT,
        f"(want|have|send|see) ({OBJECT})* exported ({OBJECT})*",
        "the exported video is asked for",
    ),
    Rule(
        Action.EXPORT, "(press|where|see|ask)+ the* export button", "the button meant is the export"
    ),
    Rule(Action.EXPORT, "where ask? send (the|thing|link|it|file)+", "where the video is fetched"),
    Rule(
        Action.EXPORT,
        "(want|have)? send (the|thing|link|it|file|container|quality|place)*",
        "the video is asked for",
    ),
    Rule(
        Action.EXPORT,
        "(where|have|want|the|it|file|container|quality)* (thing|it|file|container)+ send"
        " (the|a|thing|it|file|place|container)*",
        "the video is asked for",
    ),
    Rule(
        Action.EXPORT,
        "want (want|have|quality|container)* the (the|quality|container)* (thing|file)"
        " (thing|file|a|container|quality|place)*",
        "“the video”, unlike “a video”, is the one that exists",
    ),
    Rule(
        Action.EXPORT,
        "(want|have|send|the|a|quality)* container (quality|file|thing)*",
        "a format asks for the file",
    ),
    Rule(
        Action.EXPORT,
        "(send|want)* see (the|send)* (thing|it|file) (the|thing|send)*",
        "seeing the video needs the file",
    ),
)

CREDITS = (
    Rule(
        Action.CREDITS,
        "(see|have|ask|want|left|the|a|howmuch|account|enough|where|list)* (credits|balance)"
        " (left|account|have|howmuch|enough|the|see|cost|ask|credits|balance|where|status)*",
        "credits or balance of the account, and of nothing else",
    ),
    Rule(Action.CREDITS, "(see|ask|where)+ the* account (the|status)*", "the account is asked for"),
    Rule(
        Action.CREDITS,
        "(see|ask|have|the|left)* howmuch (the|left|have)* credit (have|left|ask|the|account|of)*",
        "an amount of credit is asked for",
    ),
    Rule(
        Action.CREDITS,
        "(ask|see|have|the|a|left|more)* credit (have|left|account|status)+",
        "an amount of credit is asked for",
    ),
    Rule(
        Action.CREDITS,
        "(make|the|a|thing|export|spend|part|number|ask|have|of)* howmuch (the|left|have|more)*"
        " (credits|credit) rest*",
        "a price or amount; “show how many credits each course has” is a wish",
    ),
    Rule(
        Action.CREDITS,
        "(see|ask)* howmuch (have|the|ask|account)* left (have|spend|the|account|more)*",
        "an amount",
    ),
    Rule(
        Action.CREDITS,
        "(ask|have|the|see|left|it)* enough (credits|credit|balance) rest*",
        "whether the credits are enough",
    ),
    Rule(
        Action.CREDITS,
        "(the|see|have)* (credits|balance) (the|have|ask)* enough rest*",
        "whether the credits are enough",
    ),
    Rule(
        Action.CREDITS,
        "(ask|have|it|the|see|thing|export|a|howmuch|make)* cost"
        " (the|it|thing|export|a|ask|howmuch|make)*",
        "a price is asked for: the balance is free to show, a message is not",
    ),
    Rule(
        Action.CREDITS,
        "(see|make|thing|a|export)* howmuch (ask|the|it|thing|export|a)* spend"
        " (the|thing|export|make)*",
        "a price is asked for: the balance is free to show, a message is not",
    ),
    Rule(
        Action.CREDITS,
        "(ask|have) (the|thing|it|export|a|unknown|part|upload|make)* (left|out|spend|cost)+"
        " (the|a|it|howmuch)* (credits|credit|balance)",
        "whether something has used up the credits",
    ),
    Rule(Action.CREDITS, "(see)* howmuch ask (the|a|it)* (thing|export)", "a price is asked for"),
    Rule(
        Action.CREDITS, "(want|where|have|see)* buy (account|more)*", "only credits are bought here"
    ),
    Rule(
        Action.CREDITS,
        "(want|where|have|see)* (buy|more|send) (buy|the|more|a)* (credits|balance) (account|the)*",
        "credits are bought on the account, not from the agent",
    ),
    Rule(
        Action.CREDITS,
        "(see|ask|have|the)* out (the)* (credits|credit|balance)",
        "the account has run out",
    ),
    Rule(
        Action.CREDITS, "(the|account|ask|have)* (credits|balance) out", "the account has run out"
    ),
)

STATE = (
    Rule(
        Action.STATE,
        "(see|send|want|have|ask|where|a|the|thing|it|export|upload|file|tracks)* status"
        " (of|thing|it|the|export|upload|ask|see|send|status|file|have)*",
        "how far the work is",
    ),
    Rule(
        Action.STATE,
        "(see|send|list|want|have|ask|the|thing|it)* tracks (of|the|what|see|thing|have|ask)*",
        "what the timeline holds",
    ),
    Rule(
        Action.STATE,
        "(see|have|ask|the|it|thing|tracks|media)* what (of|the|it|thing|tracks|what|have|media)*",
        "what the project holds",
    ),
    Rule(Action.STATE, "ask? (the|it)? (thing|it|export) coming", "how far the work is"),
    Rule(
        Action.STATE,
        "list (the|a|it|media|asset|tracks|thing|of|have|send)*",
        "a list is made from the project",
    ),
    Rule(
        Action.STATE,
        "which (the|media|asset|tracks|it|thing|of|have|ask|uploaded|send)+",
        "what the project holds",
    ),
    Rule(
        Action.STATE,
        "ask (the|thing|it|tracks)+ look",
        "what the video looks like: the summary tells",
    ),
    Rule(
        Action.STATE,
        "(see|ask|the|thing|it)* howlong (the|thing|it|ask|of|left)*",
        "the length stands in the summary",
    ),
    Rule(
        Action.STATE,
        "(see|the|thing|it|file|ask|have)* when"
        " (the|thing|it|export|upload|file|ask|have|done|left|spend|send|more|status|itis)*",
        "when it will be ready: nobody knows better than the state",
    ),
    Rule(
        Action.STATE,
        "(ask|have|see)+ (the|it|thing|export|upload|file|media|have|ask|left)* done"
        " (the|export|upload|thing|media|file|it)*",
        "whether it is ready, or has come through",
    ),
    Rule(
        Action.STATE,
        "(ask|have|left|the|thing|it|export|upload)* working (the|thing|it|export|upload|ask)*",
        "whether work is going on",
    ),
    Rule(
        Action.STATE,
        "(ask|have)+ (the|it|thing|file|media|a|ask|have)* (exported|uploaded)",
        "whether it has been done: a question, not an order",
    ),
    Rule(Action.STATE, "ask (have|send) (the|a)* media", "whether the photos have come"),
    Rule(
        Action.STATE,
        "(the|it|thing|export|upload|file|ask|media|make)* isdone",
        "whether it is ready",
    ),
    Rule(Action.STATE, "where (the|thing|it|file|ask)+", "where the video is: the state tells"),
    Rule(Action.STATE, "(the|it)* (thing|file) where", "where the video is: the state tells"),
    Rule(
        Action.STATE,
        "(see|have|want|send|a|the|thing)* preview (the|it|thing|of|tracks|see)*",
        "a preview is the summary of the timeline",
    ),
)

UPLOAD = (
    Rule(
        Action.UPLOAD,
        "(await|want|where|have|see|a|the|media|asset|thing|file|it|more|ask|howmuch|failed|quality)* upload"
        " (the|a|media|asset|thing|file|it|more|quote|url|place|here|of|container|format|number)*",
        "files are to be sent, and nothing else",
    ),
    Rule(
        Action.UPLOAD,
        "(await|want|have)* upload a unknown unknown? unknown? unknown?",
        "one thing is to be sent",
    ),
    Rule(
        Action.UPLOAD,
        "(send|the|a|have|media|asset|file|thing)* (media|asset|file|thing) toyou",
        "files are announced",
    ),
    Rule(Action.UPLOAD, "here (the|a|file)* media (the|file|media)*", "files are announced"),
)

RULES = EXPORT + CREDITS + STATE + UPLOAD

# A clause that asks for nothing: "looks good", "it's ready", "the link died, try again".
CONTEXT = "(the|it|itis|thing|link|ask|done|praise|look|have|retry|failed)*"

# "don't export", "no upload": a free action that is refused.
REFUSAL = (
    "(neg|wait|no|make|it|the|thing|a|file|media|asset|export|exported|upload|uploaded|send|see|list|credits"
    "|balance|status|tracks|have|want|done|ask|failed|button|press|more)*"
)

# With files beside them, words that only hand the files over.
# But "give it music" is a wish, and so is "show the logo".
HANDOVER = (
    "(here|upload|toyou|await|the|a|it|more|media|asset|file|praise|done|ask|itis|quote)*"
    "|(send|have|upload|toyou|the|a|it|media|file|praise|done|ask|itis|quote)*"
)

# A wish to be pleased, and not a word about how. A part of the video named, or a quality, is a word about it.
VAGUE = "(make|better|itis|praise|look|neg|outcome|it|the|thing|cutting|a|more|media|ask|see|want|have)*"
