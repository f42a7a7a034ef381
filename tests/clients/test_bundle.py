"""A bundle as an installer lays it down: wherever that is, it sets itself up and works."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from skill.media.mp4 import probe
from tests.clients.conftest import CLIENTS, Machine, needs

pytestmark = needs("uv", "packages")

SETTING_UP = "Setting things up, this once: "


def said(machine: Machine, folder: Path, *words: str | Path) -> tuple[Any, str]:
    """`data` of a command of the skill in `folder`, and what it told meanwhile."""
    done = machine.skill(folder, *words, "--json")
    return json.loads(done.stdout)["data"], done.stderr


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_says_what_it_does_when_it_is_first_started_and_not_again(
    machine: Machine, bundle: Path
) -> None:
    folder = shutil.copytree(bundle, machine.home / "skill")
    _, first = said(machine, folder, "headers")
    assert SETTING_UP in first
    _, second = said(machine, folder, "headers")
    assert second == ""


def test_once_set_up_it_needs_no_network(machine: Machine, bundle: Path) -> None:
    """Its packages are in the user's cache by then: uv's own may be gone."""
    folder = shutil.copytree(bundle, machine.home / "skill")
    said(machine, folder, "headers")
    machine.environ["UV_CACHE_DIR"] = str(machine.home / "an empty one")
    data, _ = said(machine, folder, "headers")
    assert data["X-Skill-Source"] == bundle.name


def test_the_next_command_that_it_names_runs_as_it_stands(machine: Machine, bundle: Path) -> None:
    folder = shutil.copytree(bundle, machine.home / "a skill")
    done = machine.skill(folder, "make", "nothing.jpg", "--json", expect=2)
    assert json.loads(done.stdout)["error"]["message"] == "nothing.jpg is not there."
    hint = machine.skill(folder, "open", "--json", expect=4).stdout
    named = json.loads(hint)["error"]["hint"].partition(": ")[2]
    program = shlex.split(named)[:5]
    assert program == ["uv", "run", "--project", str(folder), "image-to-video"]
    machine.run(CLIENTS.bin / "uv", *program[1:], "jobs")


def test_two_that_start_at_once_set_it_up_once(machine: Machine, bundle: Path) -> None:
    folder = shutil.copytree(bundle, machine.home / "skill")
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: said(machine, folder, "headers")[1], range(4)))
    assert sum(SETTING_UP in each for each in told) == 1


def test_listings_share_what_they_have_in_common(
    machine: Machine, bundles: dict[str, Path]
) -> None:
    told = [said(machine, folder, "headers")[1] for folder in bundles.values()]
    assert [SETTING_UP in each for each in told] == [True, False, False, False]


def _as_read_only(folder: Path) -> list[str | Path]:
    """What a command is put behind, so that it cannot write into `folder`. Root may write
    anywhere, but not where the file system is mounted to be read."""
    if os.geteuid() != 0:
        for path in (folder, *folder.rglob("*")):
            path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
        return []
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    prefix: list[str | Path] = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", mount, folder]
    tried = subprocess.run([*prefix, "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {tried.stderr.strip()}")
    return prefix


def test_from_a_folder_that_cannot_be_written_whatever_its_name(
    machine: Machine, bundle: Path
) -> None:
    """The environment lies elsewhere then, where UV_PROJECT_ENVIRONMENT says."""
    folder = shutil.copytree(bundle, machine.home / "技能 und Vidéo's" / bundle.name)
    before = tree(folder)
    machine.environ["UV_PROJECT_ENVIRONMENT"] = str(machine.home / "environment")
    command = [*_as_read_only(folder), CLIENTS.bin / "uv", "run", "-q", "--project", folder]
    done = machine.run(
        Path(command[0]), *command[1:], "image-to-video", "doctor", "--offline", "--json"
    )
    assert json.loads(done.stdout)["data"]["healthy"]
    assert tree(folder) == before


def test_it_makes_a_video_on_this_machine_without_any_network(
    machine: Machine, bundles: dict[str, Path]
) -> None:
    folder = bundles["image-to-video-low-vram"]
    photo = machine.home / "a photo.bmp"
    Image.linear_gradient("L").resize((320, 180)).save(photo)
    data, told = said(
        machine, folder, "make", "--local", photo, "--resolution", "480p", "-o", "x.mp4"
    )
    assert told.count(SETTING_UP) == 1  # the renderer's packages, its own among them
    video = probe(Path(data["file"]))
    assert (video.width, video.height) == (854, 480)
    assert video.duration == pytest.approx(5, abs=0.1)
