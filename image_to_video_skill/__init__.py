"""The program `image-to-video`: the skill that lies beside this package, and no other of that name.

uv and pip make a command of `run`. What PYTHONPATH names comes before what they installed, and
`skill` is a name that others use too; this package's is not.
"""

from __future__ import annotations

import sys
from pathlib import Path


def run() -> None:
    """Run one command as a process of its own."""
    folder = str(_folder(Path(__file__).resolve().parents[1]))
    sys.path.insert(0, folder)
    from skill import __main__ as program

    sys.path.remove(folder)  # it may hold more than the skill
    program.run()


def _folder(here: Path) -> Path:
    """Where the skill lies: `here` or, where its code alone was copied out of its folder
    (UV_NO_EDITABLE), that folder, which holds its SKILL.md and its lock files."""
    if (here / "SKILL.md").is_file() or (here / "skill" / "SKILL.md").is_file():
        return here
    # https://packaging.python.org/en/latest/specifications/direct-url/
    for record in here.glob("image_to_video_skill-*.dist-info/direct_url.json"):
        import json
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        url = json.loads(record.read_text("utf-8"))["url"]
        folder = Path(url2pathname(urlsplit(url).path))
        if (folder / "SKILL.md").is_file():
            return folder
    return here
