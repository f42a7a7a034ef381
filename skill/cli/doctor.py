"""What is set up, what is missing, what to do. Looks at this machine only; sends nothing."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skill.errors import SkillError
from skill.i18n import say

if TYPE_CHECKING:
    from skill.settings.config import Settings


@dataclass(frozen=True)
class Check:
    """One thing looked at. `remedy` says what to do; empty where nothing need be."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def examine(settings: Settings) -> list[Check]:
    """All checks, in the order a command would meet them."""
    from skill.jobs.store import Vault
    from skill.local import require
    from skill.settings.config import Config

    python = ".".join(str(part) for part in sys.version_info[:3])
    checks = [Check("python", sys.version_info >= (3, 11), python)]
    try:
        config = Config.resolve(**settings)
    except SkillError as error:
        return [*checks, Check("settings", False, error.message, error.hint)]
    manifest = config.manifest
    checks += [
        Check(
            "skill",
            True,
            say(
                "{name} {version}, platform {platform}",
                name=manifest.name,
                version=manifest.version,
                platform=manifest.platform,
            ),
        ),
        Check("backend", True, say("built in (--local)") if config.local else config.api_url),
    ]
    try:
        vault = Vault.open(config.home)
        try:
            checks.append(
                Check(
                    "state",
                    True,
                    say(
                        "{folder} ({count} unfinished)",
                        folder=config.home,
                        count=len(vault.unfinished()),
                    ),
                )
            )
            stored = vault.token(config.backend, config.client_id or vault.client_id())
        finally:
            vault.close()
        if config.token is not None:
            checks.append(Check("token", True, say("your own, from NEMO_TOKEN")))
        elif stored is not None:
            kept = (
                say("anonymous, kept until {day:%Y-%m-%d}", day=stored.expires_at)
                if stored.expires_at
                else say("anonymous, kept in the state folder")
            )
            checks.append(Check("token", True, kept))
        else:
            checks.append(
                Check("token", True, say("none yet: a free anonymous one is taken when needed"))
            )
    except SkillError as error:
        checks.append(Check("state", False, error.message, error.hint))
    try:
        require()
        checks.append(Check("local renderer", True, say("installed")))
    except SkillError as error:
        checks.append(Check("local renderer", not config.local, error.message, error.hint))
    uv = shutil.which("uv", path=os.environ.get("PATH"))
    checks.append(
        Check(
            "uv",
            True,
            say("found")
            if uv
            else say("not found (only needed where an agent starts the skill with it)"),
        )
    )
    return checks
