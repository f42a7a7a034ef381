"""Catches what libraries and the interpreter would write to stderr, which is for lines of ours alone."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from skill.events import Detail, Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skill.events import Tell


@contextmanager
def caught(tell: Tell) -> Iterator[None]:
    """Tell warnings, log records and exceptions that nothing handles as events. They are details,
    which `--verbose` shows; what the mock backend logs is a notice."""
    handler = _Handler(tell)
    before = sys.unraisablehook, threading.excepthook, warnings.showwarning

    def show_warning(
        message: Warning | str, category: type[Warning], *place: object, **line: object
    ) -> None:
        tell(Detail(f"{category.__name__}: {message}"))

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_type is not SystemExit:
            tell(Detail(_trace(args.exc_value)))

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        tell(Detail(_trace(args.exc_value)))

    sys.unraisablehook, threading.excepthook = unraisable, in_thread
    warnings.showwarning = show_warning
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        sys.unraisablehook, threading.excepthook, warnings.showwarning = before


class _Handler(logging.Handler):
    def __init__(self, tell: Tell) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "told", False):  # in the user's words (skill.local)
            return
        text = self.format(record)
        own = record.name.partition(".")[0] == "mock_server"
        self._tell(Notice(text) if own else Detail(text))


def _trace(error: BaseException | None) -> str:
    return "" if error is None else "".join(traceback.format_exception(error))
