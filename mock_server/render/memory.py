"""Memory that is not used any more goes back to the system."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctypes import CDLL

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # mallopt(3)
_THP_DISABLE = 41  # prctl(2), PR_SET_THP_DISABLE
_LARGE = 8 << 20
"""Bytes from which a block is one of a photo, not of a frame: those come and go all the time."""


@cache
def keep_little() -> None:
    """For the rest of the process: large blocks are the system's own, and go back as soon as they
    are freed. The GNU C library learns to keep them, for each thread apart, when it has seen one
    freed; others need not be told."""
    if library := _library():
        library.mallopt(_MMAP_THRESHOLD, _LARGE)
        library.mallopt(_TRIM_THRESHOLD, _LARGE)
        library.mallopt(_ARENA_MAX, 2)  # threads share them: each keeps what it has freed


@cache
def small_pages() -> None:
    """For the rest of the process: no huge pages, which x264 asks for, half of each left empty."""
    if library := _library():
        library.prctl(_THP_DISABLE, 1, 0, 0, 0)


def give_back() -> None:
    """Smaller blocks that were freed: after work that needed many of them."""
    if library := _library():
        library.malloc_trim(0)


@cache
def _library() -> CDLL | None:
    """The C library, if it is one that has these."""
    if sys.platform != "linux":
        return None
    import ctypes

    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None
