"""What is new, as server-sent events: the page shows it as it happens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from mock_server.backend.backend import Backend
from mock_server.http.summary import summary
from mock_server.journal import Entry

TICK = 0.2
"""Seconds between two looks at the backend, while a page is open."""
SHARE = 0.05
"""The most of its time that the server spends on looking: of a large backend a page hears later."""
NEWEST = 25
"""Accounts and sessions that a page shows."""
WORDS = 200
"""Characters of a message that its line in the list shows."""
BATCH = 200
"""Requests in one event."""


class Feed:
    """What one open page has been told. It looks at the backend five times a second and writes
    only what has changed; of an idle backend a few bytes each second, by which a page knows that
    it is still there."""

    def __init__(self, backend: Backend, run: str, since: int) -> None:
        """`since` is the journal's version that the page has, of this `run` of the server."""
        self._backend = backend
        self._run = run
        self._since = since
        self._told: dict[str, str] = {}

    async def lines(self) -> AsyncIterator[str]:
        """The events, each a JSON object with what has changed; ends with the connection."""
        yield _event({"run": self._run})
        while True:
            began = time.thread_time()
            news = self._news()
            took = time.thread_time() - began
            for one in news:
                yield _event(one)
            await asyncio.sleep(max(TICK, took / SHARE))

    def _news(self) -> list[dict[str, Any]]:
        backend = self._backend
        kept = list(backend.journal)
        fresh = [entry for entry in kept if entry.changed > self._since]
        self._since = max([self._since, *(entry.changed for entry in fresh)])
        news: list[dict[str, Any]] = []
        news += self._changed("oldest", kept[0].number if kept else None)
        for start in range(0, len(fresh), BATCH):
            lines = [line(entry) for entry in fresh[start : start + BATCH]]
            news.append({"requests": lines, "version": self._since})
        state = summary(backend, lambda key, name: f"media/{key}", newest=NEWEST)
        clock = state.pop("clock")
        news += self._changed("now", clock["now"])
        news += self._changed("scenarios", backend.scenarios.listed())
        news += self._changed("state", backend.journal.secrets.clean(state))
        return news

    def _changed(self, name: str, value: Any) -> list[dict[str, Any]]:
        text = json.dumps(value)
        if self._told.get(name) == text:
            return []
        self._told[name] = text
        return [{name: value}]


def line(entry: Entry) -> dict[str, Any]:
    """A request in the list: all of it but its headers, its body and its answer."""
    words = entry.text or ""
    return {
        "number": entry.number,
        "endpoint": entry.endpoint,
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "started": entry.started,
        "session": entry.session,
        "status": entry.status,
        "code": entry.code,
        "fault": entry.fault,
        "type": entry.type,
        "sent": entry.sent,
        "duration": entry.duration,
        "ended": entry.ended,
        "violations": entry.violations,
        "unknown": entry.unknown,
        "words": words[:WORDS],
        "changed": entry.changed,
    }


def _event(news: dict[str, Any]) -> str:
    return f"data: {json.dumps(news)}\n\n"
