"""What came of the work, or would, as the console shows it: facts for programs, lines for people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from skill.i18n import say, size_in_words

if TYPE_CHECKING:
    from skill.api.models import Credits
    from skill.cli.console import Console
    from skill.jobs.job import Job
    from skill.jobs.results import Charged, Reply, Video
    from skill.settings.config import Config


def show_outcome(console: Console, made: Video | Reply) -> None:
    """What a job came to."""
    from skill.jobs.results import Video

    if isinstance(made, Video):
        show_video(console, made)
    else:
        show_reply(console, made)


def show_video(console: Console, video: Video, extra: dict[str, Any] | None = None) -> None:
    """A finished clip; `extra` are further facts of it."""
    made = [place for place in (video.preview, video.poster, video.sheet) if place is not None]
    data = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in (vars(video) | (extra or {})).items()
    }
    notices = data["notices"] = [console.runnable(notice) for notice in video.notices]
    next_ = [*(console.next("chat", wish) for wish in data.pop("wishes")), console.next("export")]
    console.suggest(next_)
    lines = [
        video.summary,
        say(
            "{width}x{height}, {seconds:.1f} s, {size}",
            width=video.width,
            height=video.height,
            seconds=video.duration,
            size=size_in_words(video.bytes),
        ),
    ]
    media = [f"MEDIA:{place}" for place in (*made, video.file)]
    console.answer(data, [*lines, *_cost_line(video), *notices, *media], next_)


def show_reply(console: Console, reply: Reply) -> None:
    """What an action said and did; its clip, where it made one."""
    data: dict[str, Any] = {
        "action": reply.action.value,
        "text": reply.text,
        "changes": list(reply.changes),
        "summary": reply.summary,
        **(reply.data or {}),
    }
    if reply.credits_before is not None:
        data |= {"credits_before": reply.credits_before, "credits_after": reply.credits_after}
    if reply.video is not None:
        show_video(console, reply.video, data)
        return
    next_ = [console.next(*offer) for offer in reply.offers]
    lines = [reply.text]
    if not reply.tells_changes:
        lines += [say("Changed: {change}", change=change) for change in reply.changes]
    console.answer(data, [*lines, *_cost_line(reply)], next_)
    console.suggest(next_)


def _cost_line(done: Charged) -> list[str]:
    if done.cost is None:
        return []
    return [
        say("Cost: {cost:g} credits; {left:g} are left.", cost=done.cost, left=done.credits_after)
    ]


def show_plan(
    console: Console, config: Config, job: Job, balance: Credits | None, under_way: Job | None
) -> None:
    """What would be sent for `make` or `extend`, and what it costs. `balance`: None where it is not
    known; `under_way`: the unfinished job that does the same, for which nothing would be sent."""
    from skill.jobs.pricing import ANONYMOUS_CREDITS, expected_credits
    from skill.media.prepared import told

    cost = 0 if config.local else expected_credits(job.goal, laid_out=False)
    names = [file.name for file in job.uploads]
    data = {
        "message": job.message,
        "files": [
            {
                "file": str(file.path),
                "name": file.name,
                "bytes": file.size,
                "changes": list(file.changes),
            }
            for file in job.uploads
        ],
        "left_out": [vars(item) for item in job.left_out],
        "target": job.target,
        "expected_credits": cost,
        "approximate": True,
        "balance": vars(balance) if balance else None,
        "enough": balance.available >= cost if balance else None,
        "under_way": under_way.id if under_way else None,
        "backend": config.backend,
    }
    if balance is not None:
        left = (
            say("Balance: {available:g} credits.", available=balance.available)
            if balance.available >= cost
            else say(
                "Balance: {available:g} credits, which may not be enough.",
                available=balance.available,
            )
        )
    elif config.local:
        left = say("Work on this machine (--local) is free: no credits are used.")
    else:
        left = say(
            "Balance: not known yet; a new anonymous account has {credits}.",
            credits=ANONYMOUS_CREDITS,
        )
    lines = [
        *([say("Would upload: {names}", names=say(", ").join(names))] if names else []),
        *(say("Left out: {reason}", reason=item.reason) for item in job.left_out),
        *(say("Would make ready: {file}", file=sentence) for sentence in told(job.uploads)),
        say("Would say: {message}", message=job.message),
        say("Expected cost: about {cost} credits; export is free. Nothing was sent.", cost=cost),
        left,
    ]
    next_ = []
    if under_way is not None:
        lines.append(
            say("{job} does the same already: it would not be sent again.", job=under_way.id)
        )
        next_.append(console.next("resume", under_way.id))
    console.answer(data, lines, next_)
    console.suggest(next_)
