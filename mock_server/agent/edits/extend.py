"""A video that goes on: new footage behind the last frame, and a cut of the user's own clips for it."""

from collections.abc import Sequence
from dataclasses import replace

from mock_server.agent.edits.change import Change, Note, seconds
from mock_server.agent.intent import Intent
from mock_server.agent.montage import MAX_MS, Montage, MontageShot

LONGEST = 3840
"""Pixels of the longer side."""
MORE_MS = 10_000
"""New footage where no length is named, nor one by the listing."""


def go_on(intent: Intent, montage: Montage) -> tuple[Montage, list[Change]]:
    """The video made longer, as far as it may be, and nothing before its last frame otherwise."""
    before = montage.ms
    asked = intent.ms if intent.ms is not None else before + (intent.by_ms or MORE_MS)
    longer = longer_by(montage, min(asked, MAX_MS) - before)
    changes = []
    if asked > MAX_MS:
        most = seconds(MAX_MS)
        note = Note(f"{most} seconds is the most I can make.", f"视频最长{most}秒。")
        changes.append(Change(note))
    more = longer.ms - before
    if not more:
        is_long = Note(
            f"The video is {seconds(before)} seconds long already.",
            f"视频已经有{seconds(before)}秒了。",
        )
        return montage, [*changes, Change(is_long)]
    note = Note(
        f"The video goes on from its last frame for {seconds(more)} seconds: it is "
        f"{seconds(longer.ms)} seconds long now (it was {seconds(before)}).",
        f"视频从最后一帧继续了{seconds(more)}秒：现在{seconds(longer.ms)}秒（原为{seconds(before)}秒）。",
    )
    return longer, [*changes, Change(note, "extend_video", {"by_ms": more})]


def longer_by(montage: Montage, ms: int) -> Montage:
    """The cut with so much new footage behind it; the same cut for 0 and below. Titles and captions
    stay when they were, but for those that last to the end."""
    if ms <= 0 or not montage.shots:
        return montage
    laid_out = Montage.from_draft(montage.to_draft())
    words = tuple(
        replace(item, start=max(laid_out.ms + item.start, 0) if item.start < 0 else item.start)
        for item in (replace(item, fitted=False) for item in laid_out.words)
    )
    last = laid_out.shots[-1]
    shots = (*laid_out.shots[:-1], replace(last, more=last.more + ms))
    return replace(laid_out, shots=shots, words=words)


def whole(shots: Sequence[MontageShot], width: int, height: int, fps: int, *, most: int) -> Montage:
    """The user's own clips as they are, one after the other, in the shape of (width, height), and
    as large, up to `most` pixels of the shorter side: no music is put under them, and there is no
    fade at the end."""
    factor = min(1, most / min(width, height), LONGEST / max(width, height))
    cut = Montage(fps=fps, shots=tuple(shots), closes=False)
    return cut.sized(round(width * factor), round(height * factor))
