"""An iterator run ahead in a thread that never outlives its context."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING

import pytest

from mock_server.render.prefetch import prefetched
from tests.waiting import HANGS

if TYPE_CHECKING:
    from collections.abc import Generator


def running() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name == "render-frames"]


def test_items_come_in_order_and_the_thread_is_gone_after_the_last() -> None:
    with prefetched((n for n in range(100)), 4) as items:
        assert list(items) == list(range(100))
    assert not running()


def test_they_are_made_in_the_context_of_whoever_wants_them() -> None:
    user = ContextVar("user", default="nobody")
    user.set("Ana")
    with prefetched((user.get() for _ in range(2)), 1) as items:
        assert list(items) == ["Ana", "Ana"]


def test_left_early_with_everything_full_it_ends_at_once_and_closes_its_source() -> None:
    full, closed = threading.Event(), threading.Event()

    def endless() -> Generator[int]:
        try:
            n = 0
            while True:
                if n == 3:  # one was taken, two wait, one is in hand
                    full.set()
                yield n
                n += 1
        finally:
            closed.set()

    with prefetched(endless(), 2) as items:
        assert next(items) == 0
        assert full.wait(HANGS)
    assert closed.is_set()
    assert not running()


def test_an_error_is_raised_where_its_item_would_have_come() -> None:
    def breaking() -> Generator[int]:
        yield 1
        raise ValueError("two")

    with prefetched(breaking(), 5) as items:
        assert next(items) == 1
        with pytest.raises(ValueError, match="two"):
            next(items)
    assert not running()
