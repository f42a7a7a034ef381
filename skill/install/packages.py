"""The packages of a skill folder: installed when they are first needed, by hash, outside the folder.

A folder that an agent's tool installed holds no packages and may be read-only, so they lie in the
user's cache, in a folder named after the lock file: skills with the same lock share it, and a
version with another lock gets its own. Those of `local` hold those of `base`. They are code that sees
the user's token: nothing is taken from a place that somebody else can write to. Where there is no
lock file beside the code (a wheel that pip installed), packages are the installer's business.
"""

from __future__ import annotations

import importlib
import os
import re
import stat
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from skill import interpreter
from skill.errors import NetworkError, UsageError
from skill.i18n import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skill.events import Tell

Group = Literal["base", "local"]

LOCKS: dict[Group, str] = {"base": "requirements.lock", "local": "requirements-local.lock"}
_BASE = (
    "anyio",
    "certifi",
    "filetype",
    "frontmatter",
    "httpx",
    "PIL",
    "platformdirs",
    "socksio",
    "truststore",
)
RENDERER = ("av", "cv2", "numpy", "regex", "uharfbuzz")
NEEDED: dict[Group, tuple[str, ...]] = {
    "base": _BASE,
    "local": (
        *_BASE,
        *RENDERER,
        "fastjsonschema",
        "python_multipart",
        "starlette",
        "uvicorn",
    ),
}
_GLANCE = 0.2  # s between two looks at the installer
_QUIET = 25.0  # s without a word
_SAID_LAST = 6  # lines of uv's that hold its reason: both hashes, where they differ
_UNUSED = 60 * 86_400.0  # s after which a set of packages is taken for an old version's


def missing(group: Group) -> list[str]:
    """The modules of a group that cannot be imported, once what was installed for this folder is
    on the path."""
    absent = _absent(group)
    if absent and (lock := _lock(group)) is not None:
        folder = _folder(lock)
        if folder.is_dir() and str(folder) not in sys.path and _is_trusted(folder):
            interpreter.add(folder)
            with suppress(OSError):  # it came with the machine, and is root's
                os.utime(folder)
            absent = _absent(group)
    return absent


def provide(group: Group, tell: Tell) -> None:
    """Have a group's packages there to be imported. Takes up to minutes the first time, and tells
    of it. Where there is no lock file, what `local` has beyond `base` is left to whoever needs it.

    Raises NetworkError where they could not be fetched, UsageError where they cannot be put down,
    or not where nobody else can change them, or there is nothing to fetch them with.
    """
    if not missing(group):
        return
    lock = _lock(group)
    if lock is None:
        if absent := _absent("base"):
            raise _incomplete(absent)
        return
    folder = _folder(lock)
    try:
        _make_own(folder.parent)
        _install(group, lock, folder, tell)
    except OSError as error:
        raise UsageError(
            say(
                "The packages cannot be put into {folder}: {reason}.",
                folder=folder.parent,
                reason=error.strerror or error,
            ),
            hint=say("Set XDG_CACHE_HOME to a folder that can be written, and run it again."),
        ) from error
    if absent := missing(group):
        raise _incomplete(absent)


def brought_along(group: Group) -> bool:
    """Whether this folder has a lock file to install a group by."""
    return _lock(group) is not None


def _incomplete(absent: list[str]) -> UsageError:
    return UsageError(
        say("Packages are missing: {names}.", names=say(", ").join(absent)),
        hint=say("Install the skill again, with what it needs."),
    )


def _absent(group: Group) -> list[str]:
    return [name for name in NEEDED[group] if not _is_whole(name)]


def _is_whole(name: str) -> bool:
    """Whether a module is there; a folder whose files were cleared away is none."""
    spec = find_spec(name)
    return spec is not None and spec.origin is not None


def _lock(group: Group) -> Path | None:
    lock = interpreter.ROOT / LOCKS[group]
    return lock if lock.is_file() else None


def cache(environ: Mapping[str, str] = os.environ) -> Path:
    """Where sets of packages lie. (platformdirs is one of them, and so of no help here.) Raises
    UsageError where that is left open and this user has no home."""
    named = Path(environ.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():  # the XDG Base Directory Specification ignores others
        return named / "image-to-video" / "packages"
    try:
        home = Path.home()
    except RuntimeError:
        home = Path()
    if not home.is_absolute():
        raise UsageError(
            say(
                "There is no folder to keep packages in: HOME is not set, and this user has no home."
            ),
            hint=say("Set HOME, or XDG_CACHE_HOME, to a folder that can be written."),
        )
    if sys.platform == "win32":
        base = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = home / ".cache"
    return base / "image-to-video" / "packages"


def _folder(lock: Path) -> Path:
    """The place of the packages a lock file names, for this Python on this machine."""
    import hashlib
    import sysconfig
    from importlib.machinery import EXTENSION_SUFFIXES

    # A suffix tells builds of one version apart: with and without the global lock, glibc and musl.
    tag = f"{sys.implementation.cache_tag}-{sysconfig.get_platform()}-{EXTENSION_SUFFIXES[0]}"
    digest = hashlib.sha256(lock.read_bytes() + tag.encode())
    return cache() / digest.hexdigest()[:20]


def _open_to_others(sets: Path) -> Path | None:
    """The folder, of the one sets lie in and those around it, that somebody else can write to."""
    base = sets.parents[1]
    if sys.platform != "win32":  # there a profile's folder is its user's
        mode = base.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            return base
    return next((folder for folder in (sets.parent, sets) if not _is_own(folder)), None)


def _is_trusted(folder: Path) -> bool:
    return _is_own(folder) and _open_to_others(folder.parent) is None


def _is_own(folder: Path) -> bool:
    """Whether this user alone, or root, can have put something into a folder."""
    if sys.platform == "win32":
        return True
    found = folder.stat()
    owners = {found.st_uid, folder.lstat().st_uid}
    return owners <= {0, os.geteuid()} and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _make_own(sets: Path) -> None:
    """Make the folder sets lie in, for this user alone. Raises UsageError where it is not."""
    sets.parents[1].mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in (sets.parent, sets):
        folder.mkdir(mode=0o700, exist_ok=True)
    if found := _open_to_others(sets):
        raise UsageError(
            say("Others can write to {folder}: no packages are run from there.", folder=found),
            hint=say("Set XDG_CACHE_HOME to a folder of your own, and run it again."),
        )


def _install(group: Group, lock: Path, folder: Path, tell: Tell) -> None:
    """Fill `folder` at one stroke; of several that want to at once, one does."""
    import shutil
    import tempfile

    from skill.events import Notice, Stage
    from skill.file_lock import Lock

    held = Lock(folder.with_suffix(".lock"))
    waiting = False
    while not held.take():
        if not waiting:
            tell(Notice(say("Another command is setting things up; waiting for it.")))
        waiting = True
        time.sleep(_GLANCE)
    try:
        if not missing(group):
            return
        # Something was taken out of it; or whoever was at it was killed, and its uv may go on.
        for left in folder.parent.glob(f"{folder.name}*"):
            if left.is_dir():
                _remove(left)
        _forget_old(folder.parent)
        count = len(re.findall(r"^[A-Za-z0-9]", lock.read_text("utf-8"), re.MULTILINE))
        tell(
            Stage(
                "setup",
                say("Setting things up, this once: {count} packages are fetched...", count=count),
            )
        )
        new = Path(tempfile.mkdtemp(".new", f"{folder.name}-", folder.parent))
        try:
            _run(_installer(lock, new), new, tell)
            new.replace(folder)
            importlib.invalidate_caches()
        finally:
            shutil.rmtree(new, ignore_errors=True)
    finally:
        held.release()


def _installer(lock: Path, folder: Path) -> list[str]:
    """The command that puts what `lock` names into `folder`: built packages of just these hashes,
    so that nothing is run to install them. By uv, which says where it is to what it starts
    (https://docs.astral.sh/uv/reference/environment/), else by pip."""
    import shutil

    words = ["--target", str(folder), "--require-hashes", "--no-deps", "-r", str(lock)]
    if uv := shutil.which(os.environ.get("UV", "")) or shutil.which("uv"):
        return [
            *(str(Path(uv).absolute()), "pip", "install", "--quiet", "--python", sys.executable),
            *("--only-binary", ":all:", *words),
        ]
    if find_spec("pip") is not None:
        return [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-user", "--only-binary", ":all:", *words),
        ]
    raise UsageError(
        say("The packages this skill needs are not installed, and there is no uv to fetch them."),
        hint=say("Install uv, then run it again: https://docs.astral.sh/uv/"),
    )


def _run(command: list[str], folder: Path, tell: Tell) -> None:
    """Run the installer in `folder`: where the user works may be a project that sets uv up its own
    way."""
    import tempfile

    from skill.child_process import ChildProcess
    from skill.events import Notice

    with tempfile.TemporaryFile() as said:
        try:
            installer = ChildProcess(command, output=said, cwd=folder)
        except OSError as error:
            raise _not_installed(f"{command[0]}: {error.strerror}") from error
        told = time.monotonic()
        with installer:
            while (code := installer.exit_code()) is None:
                time.sleep(_GLANCE)
                if time.monotonic() - told > _QUIET:
                    told = time.monotonic()
                    tell(Notice(say("Still setting things up: the packages are being fetched.")))
        if code == 0:
            return
        said.seek(0)
        lines = list(filter(str.strip, said.read().decode("utf-8", "replace").splitlines()))
    raise _not_installed(_without_user(" ".join(lines[-_SAID_LAST:])))


def _not_installed(reason: str) -> NetworkError:
    from skill.sanitize import clean_line
    from skill.token import hide

    return NetworkError(
        say("The packages could not be installed: {reason}", reason=clean_line(hide(reason), 400)),
        hint=say("Check the network and the disk, then run it again; nothing was sent."),
    )


def _without_user(text: str) -> str:
    """Addresses without the names and passwords that may stand in them."""
    return re.sub(r"://[^/\s@]*@", "://", text)


def _forget_old(sets: Path) -> None:
    for folder in sets.iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > _UNUSED:
            _remove(folder)


def _remove(folder: Path) -> None:
    """At one stroke: what is half removed is never taken for whole."""
    import shutil

    gone = folder.with_name(f"{folder.name}.gone")
    shutil.rmtree(gone, ignore_errors=True)
    with suppress(OSError):
        shutil.rmtree(folder.replace(gone), ignore_errors=True)
