"""A listing's SKILL.md, made of the body all share and the words of its own."""

from __future__ import annotations

import textwrap
import tomllib
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from skill.settings.config import ENVIRONMENT

if TYPE_CHECKING:
    from skill.settings.listings import Listing


def skill_md(listing: Listing, version: str) -> str:
    """The SKILL.md of a listing in a version, as its folder holds it."""
    folder = files("skill.settings.listings")
    words = tomllib.loads((folder / f"{listing.name}.toml").read_text("utf-8"))
    fields = {name: text.strip() for name, text in words.items()}
    fields["description"] = textwrap.fill(
        " ".join(fields["description"].split()),
        100,
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
    )
    variables = "\n".join(
        f"      - name: {name}\n        required: false\n        description: {what[:1].upper()}{what[1:]}."
        for name, what in ENVIRONMENT.items()
    )
    body = Template((folder / "body.md").read_text("utf-8"))
    text = body.substitute(fields, name=listing.name, version=version, variables=variables)
    while "\n\n\n" in text:  # a listing without a section of its own
        text = text.replace("\n\n\n", "\n\n")
    return text
