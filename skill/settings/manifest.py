"""SKILL.md → Manifest: who this install is, and from where it was installed.

Name and version stand in the frontmatter of the SKILL.md that was installed and are read
at run time; the backend refuses exports whose attribution headers are missing (402).
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from skill.errors import UsageError
from skill.i18n import say
from skill.settings.listings import Listing, listing_for

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_VERSION = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MAX_BYTES = 1024 * 1024

# Folder below the user's home → install platform (the listings' rule).
_PLATFORMS: tuple[tuple[tuple[str, ...], str], ...] = (
    ((".clawhub",), "clawhub"),
    ((".cursor", "skills"), "cursor"),
)


@dataclass(frozen=True)
class Manifest:
    """A skill as its SKILL.md tells it. `path` is the SKILL.md, resolved."""

    name: str
    version: str
    description: str
    path: Path
    platform: str

    @property
    def headers(self) -> dict[str, str]:
        """The three attribution headers, to be sent with every request."""
        return {
            "X-Skill-Source": self.name,
            "X-Skill-Version": self.version,
            "X-Skill-Platform": self.platform,
        }

    @property
    def listing(self) -> Listing:
        """What this listing promises: limits, formats, its example."""
        return listing_for(self.name)

    @classmethod
    def load(
        cls,
        folder: str | os.PathLike[str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Manifest:
        """Read the SKILL.md of `folder`, else the installed one.

        Raises UsageError naming the file and the field that is missing or wrong.
        """
        environ = os.environ if environ is None else environ
        path = find_skill_md(folder)
        fields = _frontmatter(path)
        metadata = fields.get("metadata")
        nested = metadata.get("version") if isinstance(metadata, dict) else None
        version = _field(path, "version", fields.get("version", nested), _VERSION, "1.2.3")
        name = _field(path, "name", fields.get("name"), _NAME, "image-to-video-in-free")
        if len(name) > 64:
            raise UsageError(
                say("{path}: the field `name` is longer than 64 characters.", path=path)
            )
        description = fields.get("description")
        return cls(
            name=name,
            version=version,
            description=description.strip() if isinstance(description, str) else "",
            path=path,
            platform=detect_platform(
                path,
                home=_home(environ),
                source=environ.get("SKILL_SOURCE"),
                from_clawhub=_has_clawhub_origin(path.parent),
            ),
        )


def find_skill_md(folder: str | os.PathLike[str] | None = None) -> Path:
    """Where the SKILL.md lies: in `folder`; else above this package (a skill folder or a
    checkout); else the copy inside this package (an installed wheel)."""
    package = Path(__file__).resolve().parents[1]
    places = (
        [Path(folder) / "SKILL.md"]
        if folder
        else [package.parent / "SKILL.md", package / "SKILL.md"]
    )
    for place in places:
        try:
            if place.is_file():
                return place.resolve()
        except (OSError, RuntimeError) as error:
            raise UsageError(
                say("{place}: cannot be read ({error}).", place=place, error=error)
            ) from error
    raise UsageError(
        say("{place}: there is no SKILL.md here.", place=places[0]),
        hint=say("Point --skill at the folder that holds SKILL.md, or install the skill again."),
    )


def detect_platform(
    skill_md: PurePath, *, home: PurePath | None, source: str | None, from_clawhub: bool
) -> str:
    """The value of X-Skill-Platform.

    First match: SKILL_SOURCE; the folder below the user's home; the mark that ClawHub's
    installer leaves in the skill's folder; else "unknown". Paths are compared by component
    (and, for Windows paths, without regard to case), so `~/.clawhub-old` is not ClawHub.
    """
    if source:
        if not _SOURCE.fullmatch(source):
            raise UsageError(
                say("SKILL_SOURCE is not a platform's name."),
                hint=say(
                    "Use letters, digits, dots, dashes and underscores, at most 64, or unset it."
                ),
            )
        return source
    if home is not None:
        for folders, platform in _PLATFORMS:
            if skill_md.is_relative_to(home.joinpath(*folders)):
                return platform
    return "clawhub" if from_clawhub else "unknown"


def _home(environ: Mapping[str, str]) -> Path | None:
    home = environ.get("USERPROFILE" if os.name == "nt" else "HOME")
    try:
        return Path(home).resolve() if home else Path.home().resolve()
    except (OSError, RuntimeError):
        return None


def _has_clawhub_origin(folder: Path) -> bool:
    """Whether `clawhub install` wrote its `.clawhub/origin.json` into this folder."""
    try:
        origin = json.loads((folder / ".clawhub" / "origin.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(origin, dict)


def _frontmatter(path: Path) -> dict[str, Any]:
    import frontmatter
    import yaml

    try:
        raw = path.read_bytes()
        if len(raw) > _MAX_BYTES:
            raise UsageError(say("{path}: larger than 1 MiB, this is no SKILL.md.", path=path))
        fields = frontmatter.loads(raw.decode("utf-8-sig")).metadata
    except OSError as error:
        raise UsageError(
            say("{path}: cannot be read ({reason}).", path=path, reason=error.strerror or error)
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(say("{path}: is not UTF-8 text.", path=path)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = say(" in line {line}", line=mark.line + 1) if mark is not None else ""
        raise UsageError(
            say("{path}: the frontmatter is not valid YAML{where}.", path=path, where=where),
            hint=say("The part between the two --- lines must be YAML with `name` and `version`."),
        ) from error
    if not isinstance(fields, dict) or not fields:
        raise UsageError(
            say("{path}: has no frontmatter.", path=path),
            hint=say("The file must begin with --- and hold the fields `name` and `version`."),
        )
    return fields


def _field(path: Path, field: str, value: object, form: re.Pattern[str], example: str) -> str:
    if value is None or value == "":
        raise UsageError(
            say("{path}: the field `{field}` is missing.", path=path, field=field),
            hint=say("For example {field}: {example}", field=field, example=example),
        )
    if not isinstance(value, str) or not form.fullmatch(value):
        raise UsageError(
            say(
                "{path}: the field `{field}` is not of the form {example}.",
                path=path,
                field=field,
                example=example,
            ),
            hint=say("For example {field}: {example}", field=field, example=example),
        )
    return value
