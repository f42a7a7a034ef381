"""The steps of an interface in English. Data alone.

`{some}` and the like in a shape stand for the `PIECES`. `example` is tested to be taken out and to
leave the step's action.
"""

from __future__ import annotations

from skill.screentalk.phrases import CHAT, CREDITS, EXPORT, NONE, STATE, StepPattern

PIECES = {
    # Up to five words, as few as possible.
    "some": r"(?:[^\s,;:]+\s+){0,5}?",
    "the": r"(?:the|your|its|their|this|that|it|them|these|any|each|all)\b",
    # Things that are worked with the hand.
    "widget": r"(?:buttons?|icons?|sliders?|menus?|panels?|tabs?|handles?|drop-?downs?|toggles?|tool ?bars?"
    r"|space ?bar|(?:enter|space|delete) key)\b",
    # Things that are opened and looked into.
    "place": r"(?:buttons?|panels?|tabs?|menus?|dialogs?|pop-?ups?|modals?|side ?bars?|tool ?bars?|icons?|timeline"
    r"|library|inspector|properties|settings|preferences|editor|dashboard|workspace|canvas|player|layers|page"
    r"|storyboard|tracks?|(?:preview|export|settings|media|project) (?:window|view|area|section)|drawer|options?"
    r"|drop-?downs?|billing|account|subscription|pricing|▮+\W*section)\b",
    # Things of an interface and of nothing else, so that the verb matters less.
    "hard": r"(?:panels?|tabs?|side ?bars?|tool ?bars?|inspector|drop-?downs?|check ?box(?:es)?|playhead|sliders?|handles?"
    r"|(?:text|input|search|prompt) (?:box|field|bar)|(?:crop|trim|split|razor|blade|text|selection|cut) tool|colou?r (?:palette|picker|wheel)|media (?:library|bin|browser)"
    r"|(?:preview|media|export|settings|project) (?:window|area|section|menu|page)|section (?:on|at) the (?:left|right|top|bottom)"
    r"|(?:on|in|to|onto|from|along|inside|through) the (?:timeline|canvas|player|editor|workspace))\b",
    # What needs no "button" after it; ▮ is a masked quotation.
    "named": r"\W*(?-i:Export|Download|Render|Share|Play|Preview|Space|Enter|Delete|File|Settings|Billing|Account|▮)",
}
"""What may stand in a shape as `{name}`."""

STEPS = (
    StepPattern(
        r"(?:(?:left|right|double)[- ])?(?:click|tap)(?:p?ing|p?ed)?(?:\s+(?:{the}|on|here|a|an|to|and)\b|\s+{named}"
        r"|\s+\W*(?-i:[A-Z])|\W*$|\s+{some}{widget})",
        "Double-click the text layer to edit the wording.",
    ),
    StepPattern(
        r"(?:press|hit|push)(?:t?ing|ed)?\s+(?:{some}{widget}|{named}|the {named})",
        "Press Play to watch it.",
    ),
    StepPattern(
        r"(?:press|hit|click|tap)\s+play(?:\s+(?:to|and)\b|\W*$)",
        "Hit play to watch the draft.",
        STATE,
    ),
    StepPattern(
        r"us(?:e|ing)\s+(?:the|your)\s+mouse\b", "Use your mouse to pull the line down.", CHAT
    ),
    StepPattern(
        r"(?:use|using|find|locate|look for|see)\s+{some}{widget}",
        "Use the slider in the Audio panel to lower the music.",
    ),
    StepPattern(
        r"(?:select|choose|pick)\s+{some}\S+\s+(?:in|on|from|under)\s+(?:the|your)\s+(?:\S+\s+){0,2}?(?:{place}|list\b)",
        "Choose MP4 from the format menu.",
        NONE,
        guess=True,
    ),
    StepPattern(
        r"(?:open|opening|opened|(?:pull|bring|call) up|launch|access|reveal|go(?:ing)? (?:back )?to|head (?:back |over )?to|navigat(?:e|ing) to"
        r"|switch(?:ed|ing)? (?:over )?to|visit|jump to|return to|enter|expand(?:ed|ing)?|select(?:ing)?|choos(?:e|ing)|pick)"
        r"\s+(?:{some}(?:{place}|{hard})|(?!\W*▮){named})",
        "Open the Audio panel to adjust the volume.",
    ),
    StepPattern(
        r"select(?:ing)?\s+(?:the|your|any)\s+(?:\S+\s+){0,2}?(?:clip|title|segment|element|photo|image|layer)\b",
        "Select the title.",
        NONE,
        guess=True,
    ),
    StepPattern(
        r"drag(?:ging)?(?:[- ]and[- ]drop(?:ping)?|/drop)?\s+(?:and\s+drop\s+)?"
        r"(?:{the}|(?:a|an|handles?|edges?|onto|into|more)\b|▮|(?!rac(?:e|ing)\b|queens?\b|shows?\b)(?:\w+\s+)?(?:clip|scene|shot"
        r"|photo|image|file|title|text|track|card|layer|frame|corner)s?\b)",
        "Drag and drop the clips.",
        CHAT,
    ),
    StepPattern(
        r"drop(?:ping)?\s+(?:{the})[^,;:]{0,60}?\s(?:on|onto|into|in)\s+(?:the|your)\s+(?:\S+\s+){0,2}?{place}",
        "Drop the photos onto the timeline.",
        CHAT,
    ),
    StepPattern(
        r"(?:move|adjust|pull|slide|trim)(?:ing)?\s+{some}(?:sliders?|handles?|playhead)\b",
        "Move the playhead to 3s.",
        CHAT,
    ),
    StepPattern(
        r"(?:grab|pull|stretch)(?:ing)?\s+{some}(?:edges?|corners?|ends?)\b",
        "Pull the right edge of the clip to 6 seconds.",
        CHAT,
    ),
    StepPattern(
        r"(?:check|view|see|review|manage|track|monitor|find|update|upgrade|top up|recharge|(?:add|buy|purchase|get) (?:more )?credits)\b"
        r"[^,;:]{0,40}?\b(?:billing|account|subscription|pricing|plan page|credits page)\b",
        "Check your account's billing page.",
        CREDITS,
    ),
    StepPattern(
        r"preview(?:ing)?\s+(?:{the}|(?:how|everything|in|result|changes)\b)",
        "You can preview the result.",
        STATE,
    ),
    StepPattern(
        r"(?:watch|see|view|check|review|look at|play|find|inspect)(?:ing)?\s+{some}(?:\S+\s+)?(?:in|on|from|inside)"
        r"\s+(?:the|your)\s+(?:\S+\s+){0,2}?(?:{place}|preview\b)",
        "You'll see both halves in the timeline panel.",
        STATE,
    ),
    StepPattern(
        r"(?:check|view|see|review|play|(?:(?:take|have) a |)look at)(?:ing)?\s+(?:out\s+)?(?:the|your)\s+(?:\w+\s+){0,2}?"
        r"(?:timeline|preview|panel|tab|player)\b",
        "Take a look at the timeline on the right.",
        STATE,
    ),
    StepPattern(
        r"(?:clos(?:e|ing)|dismiss|minimi[sz]e|collapse|refresh(?:ing)?|reload(?:ing)?)\s+{some}"
        r"(?:dialog|pop-?up|window|panel|modal|tab|page|notification|menu|browser|sidebar|editor)\b",
        "Try refreshing the page.",
        NONE,
    ),
    StepPattern(
        r"(?:scroll\s+(?:up|down|to|through|left|right)|swipe\s+(?:up|down|left|right)|hover\s+(?:over|on)"
        r"|zoom (?:in|out) on the timeline)\b",
        "Scroll down to the end.",
        NONE,
        guess=True,
    ),
    StepPattern(
        r"(?:log ?in|sign (?:in|up))(?:\s+(?:to|again|with|first|here)\b|\W*$)",
        "Please log in again.",
        NONE,
    ),
    StepPattern(
        r"(?:press|hit|hold|use)(?:ing)?\s+(?:down\s+)?(?:the\s+)?(?:ctrl|cmd|command|control|alt|option|shift|⌘)\b\S*",
        "Press Ctrl+E to export the project.",
    ),
    StepPattern(
        r"(?:see|view|watch|look at|(?:take|have|give (?:it|them|this)) a (?:look|listen|watch|try)(?: at)?|glance at|review|inspect|browse"
        r"|compare|confirm|verify|scrub|skim|step|play back"
        r"|find|locate|listen to|explore|check)(?:ing)?\s+(?:[^\s,;:]+\s+){0,8}?{hard}",
        "Have a look at the Text layer in the Layers panel.",
        STATE,
    ),
    StepPattern(
        r"(?:press|hit|smash|grab|pull|slide|move|pick|select|choose|resize|rotate|scale|crop|toggle|turn (?:on|off)|enable|disable|tick|untick"
        r"|uncheck|type|enter|fill in|paste|set|adjust|change|tweak|edit|rename|rearrange|reorder|swap|stretch|shorten|extend"
        r"|trim|split|mute|use|import|place|drop|put|search|lower|raise|upload)(?:ing)?\s+(?:[^\s,;:]+\s+){0,8}?{hard}",
        "Resize it with the corner handles.",
    ),
)

FOLLOW = (
    StepPattern(
        r"(?:select|choose|pick|set)(?:ing)?\s+(?:it to\s+)?\S",
        'Click the menu and choose "Split".',
    ),
)
"""Steps only where the clause before was one: on its own "choose a song" is a question of content."""

NOUNS = (
    StepPattern(
        r"(?:export|download)\W+(?:button|option|menu|icon|arrow|link)\b",
        "The Export button is in the top-right corner.",
        EXPORT,
    ),
    StepPattern(
        r"(?:panel|dialog|tab)\s+(?:is|are|should be)\s+(?:now\s+|already\s+)?(?:open|on the (?:left|right)|at the)\b",
        "The Text panel is on the left.",
        STATE,
    ),
    StepPattern(
        r"(?-i:File|Settings|Menu|Preferences|Account|Profile|Tools|Export|Output|Share)\s*(?:>|→|›|»|➜|->)\s*[\w▮]",
        "File > Export > MP4",
    ),
    StepPattern(
        r"(?:shown|listed|displayed|found|visible|available|located|seen|viewed|previewed|adjusted|changed|edited|tweaked"
        r"|moved|resized|renamed|replaced|reordered|removed|saved|opened|reached|downloaded|exported|accessed|managed|set)"
        r"\s+(?:in|on|under|from|at|via|through|with)\s+(?:the|your)\s+"
        r"(?:\S+\s+){0,2}?(?:panel|tab|side ?bar|tool ?bar|inspector|drop-?down|timeline|player|sliders?|handles?"
        r"|(?:account|billing|export|settings|profile|audio|text|effects?|project|media)\s+(?:menu|page|section|settings|window))\b",
        "Your balance is shown on the billing page.",
    ),
    StepPattern(
        r"appears?(?:\s+[^\s,;:]+){0,5}?\s+(?:in|on)\s+(?:the|your)\s+timeline\b",
        "Each part appears as a block in your timeline.",
        STATE,
    ),
    StepPattern(
        r"(?:buttons?|sliders?|handles?|panel|tab|icon)\b[^,;:]{0,40}\b(?:lets?|allows?) you\b",
        "The slider in the Audio panel lets you lower the music.",
    ),
)
"""Told of the interface itself: gone without the user doing anything, unless it is part of a story."""
