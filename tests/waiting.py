"""Waiting for what another thread or process is about to do, however busy the machine is."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HANGS = 300.0
"""Seconds after which what has not ended never will. No test may count on it."""


def until(condition: Callable[[], object]) -> None:
    """Wait until the condition is true; AssertionError where it never will be."""
    pause, end = threading.Event(), time.monotonic() + HANGS
    while not condition():
        assert time.monotonic() < end, "it never happened"
        pause.wait(0.002)
