"""Renders: one at a time for each session, the rest wait; a pool of threads does the work."""

import errno
import os
import secrets
import threading
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from mock_server.backend import instant_renderer
from mock_server.backend.models import Render, Status
from mock_server.backend.store import Store
from mock_server.clock import Clock
from mock_server.errors import (
    DISK_FULL,
    NOT_FOUND,
    ApiError,
    BreachError,
    bad_request,
    os_error,
)

QUEUE_DELAY = 0.2
"""Seconds a render stays pending although nothing is before it, times the backend's pace."""


class RenderedVideo(Protocol):
    """What a renderer hands back: pixels, seconds, bytes."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def duration(self) -> float: ...
    @property
    def size(self) -> int: ...


class Renderer(Protocol):
    """Draft and media (by hash) → a video at `target`. Blocks; anything it raises is a failure.

    `progress` is told 0 to 1; `cancelled` is asked now and then.
    """

    def __call__(
        self,
        draft: dict[str, Any],
        media: Mapping[str, Path],
        target: Path,
        *,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> RenderedVideo: ...


@dataclass
class _Job:
    render_id: str
    session_id: str
    draft: dict[str, Any]
    media: dict[str, Path]
    outcome: Literal["failed", "stuck"] | None
    cancel: threading.Event = field(default_factory=threading.Event)
    progress: float = 0.0


class Renders:
    """The render queue. Every public method may be called from any thread."""

    def __init__(
        self, store: Store, clock: Clock, renderer: Renderer, *, pace: Callable[[], float]
    ) -> None:
        self._store = store
        self._clock = clock
        self._renderer = renderer
        self._pace = pace
        self._worker = secrets.token_hex(8)
        mark = store.claim(self._worker)
        self._unmark = weakref.finalize(self, mark.close) if mark is not None else None
        self._pool = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="mock-render")
        self._lock = threading.RLock()
        self._jobs: dict[str, _Job] = {}
        self._waiting: dict[str, deque[_Job]] = {}
        self._running: dict[str, _Job] = {}
        self._closed = False

    def fail_orphans(self) -> None:
        """Renders whose process is gone will never finish: say so."""
        with self._store.change() as world:
            for render in world.renders.values():
                if not render.status.final and not self._store.claimed(render.worker):
                    render.status = Status.FAILED
                    render.error = "The backend was restarted while this was being rendered."

    def submit(
        self,
        render_id: str,
        session_id: str,
        account: str,
        draft: dict[str, Any],
        media: dict[str, Path],
        outcome: Literal["failed", "stuck"] | None = None,
    ) -> Render:
        """Queue a render. Raises ApiError 400 if the id was used before."""
        render = Render(render_id, session_id, account, self._clock.now(), self._worker)
        render.key = secrets.token_hex(16)
        answer = replace(render)
        with self._store.change() as world:
            if render_id in world.renders:
                raise BreachError(f"render id already used: {render_id}")
            world.renders[render_id] = render
        job = _Job(render_id, session_id, draft, media, outcome)
        with self._lock:
            self._jobs[render_id] = job
            self._waiting.setdefault(session_id, deque()).append(job)
            self._start_next(session_id)
        return answer

    def status(self, render_id: str, account: str) -> Render:
        """How a render stands. Raises ApiError 404 if this account has no such render."""
        render = self._store.read().renders.get(render_id)
        if render is None or render.account != account:
            raise ApiError(NOT_FOUND, f"Render not found: {render_id}")
        return replace(render, progress=self.progress(render))

    def cancel(self, render_id: str, account: str) -> Render:
        """Stop a render, waiting or running. Raises ApiError 400 if it has ended already."""
        render = self.status(render_id, account)
        if render.status.final:
            raise bad_request(f"render {render_id} is {render.status} and cannot be cancelled")
        self._end(render_id, Status.CANCELLED)
        return self.status(render_id, account)

    def complete(self, render_id: str) -> None:
        """Be done with a render at once, however it stands: its video is `instant_renderer.render`'s.
        Raises ApiError 404 if there is none, 400 if it has ended already."""
        job = self._unfinished(render_id)
        target = self._store.root / "renders" / f"{secrets.token_hex(16)}.mp4"
        made = instant_renderer.render(job.draft, job.media, target)
        facts = {"width": made.width, "height": made.height, "duration": made.duration}
        self._end(
            render_id,
            Status.COMPLETED,
            progress=100.0,
            path=target.name,
            size=made.size,
            **facts,
        )

    def fail(self, render_id: str, message: str = "The render was made to fail.") -> None:
        """Let a render fail at once, however it stands. Raises ApiError as `complete` does."""
        self._unfinished(render_id)
        self._end(render_id, Status.FAILED, error=message)

    def unfinished(self) -> list[str]:
        """The ids of those that wait or are under way here."""
        renders = self._store.read().renders
        return [key for key in self._jobs if key in renders and not renders[key].status.final]

    def progress(self, render: Render) -> float:
        """How far a render is, of 100."""
        job = self._jobs.get(render.id)
        under_way = job is not None and render.status is Status.PROCESSING
        return job.progress if job is not None and under_way else render.progress

    def _unfinished(self, render_id: str) -> _Job:
        render = self._store.read().renders.get(render_id)
        job = self._jobs.get(render_id)
        if render is None or job is None:
            raise ApiError(NOT_FOUND, f"Render not found: {render_id}")
        if render.status.final:
            raise bad_request(f"render {render_id} is {render.status} already")
        return job

    def _end(self, render_id: str, status: Status, **changes: Any) -> None:
        """Take a render, waiting or running, out of the renderer's hands."""
        with self._lock:
            job = self._jobs.get(render_id)
            if job is None:
                raise bad_request(f"render {render_id} belongs to another process")
            job.cancel.set()
            waiting = self._waiting.get(job.session_id, deque())
            idle = job in waiting or job.outcome == "stuck"
            if job in waiting:
                waiting.remove(job)
            self._settle(job, status, **changes)
            if idle and self._running.get(job.session_id) is job:
                self._leave(job)

    def forget(self) -> None:
        """Cancel everything and wait for none of it."""
        with self._lock:
            for job in self._jobs.values():
                job.cancel.set()
            self._jobs.clear()
            self._waiting.clear()

    def close(self) -> None:
        """Stop all renders and their threads. What was unfinished is failed."""
        with self._lock:
            self._closed = True
            for job in self._jobs.values():
                job.cancel.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        try:
            if self.unfinished():
                self._fail_unfinished()
        finally:
            if self._unmark is not None:
                self._unmark()
                self._unmark = None
                self._store.forget_claim(self._worker)

    def _fail_unfinished(self) -> None:
        with self._store.change() as world:
            for render_id in self.unfinished():
                render = world.renders[render_id]
                render.status = Status.FAILED
                render.error = "The backend was stopped while this was being rendered."

    def _start_next(self, session_id: str) -> None:
        waiting = self._waiting.get(session_id)
        if self._closed or not waiting or session_id in self._running:
            return
        job = waiting.popleft()
        self._running[session_id] = job
        if job.outcome == "stuck":
            self._settle(job, Status.PROCESSING)
        else:
            self._pool.submit(self._run, job)

    def _leave(self, job: _Job) -> None:
        with self._lock:
            if self._running.get(job.session_id) is job:
                del self._running[job.session_id]
            self._start_next(job.session_id)

    def _run(self, job: _Job) -> None:
        try:
            job.cancel.wait(QUEUE_DELAY * self._pace())
            if not job.cancel.is_set() and self._settle(job, Status.PROCESSING):
                self._render(job)
        finally:
            self._leave(job)

    def _render(self, job: _Job) -> None:
        render = self._store.read().renders.get(job.render_id)
        if render is None or self._jobs.get(job.render_id) is not job:
            return  # forgotten
        target = self._store.root / "renders" / f"{render.key}.mp4"

        def progress(share: float) -> None:
            job.progress = min(max(share * 100, job.progress), 99.0)

        try:
            if job.outcome == "failed":
                raise RuntimeError("The render node ran out of memory.")
            made = self._renderer(
                job.draft, job.media, target, progress=progress, cancelled=job.cancel.is_set
            )
        except Exception as error:
            # The boundary to the renderer: whatever it raises ends this render, not the backend.
            target.unlink(missing_ok=True)
            reason = os_error(error)
            if reason is not None and reason.errno in (*DISK_FULL, errno.EROFS):
                self._store.failure = error
            if not job.cancel.is_set():
                self._settle(job, Status.FAILED, error=str(error) or type(error).__name__)
            return
        done = {"width": made.width, "height": made.height, "duration": made.duration}
        facts = {"path": target.name, "size": made.size, **done}
        if not self._settle(job, Status.COMPLETED, progress=100.0, **facts):
            target.unlink(missing_ok=True)

    def _settle(self, job: _Job, status: Status, **changes: Any) -> bool:
        """Move a render on; False if it had ended already, or was forgotten: another may have its
        id by now."""
        with self._store.change() as world:
            render = world.renders.get(job.render_id)
            forgotten = self._jobs.get(job.render_id) is not job
            if render is None or render.status.final or forgotten:
                return False
            render.status = status
            for name, value in changes.items():
                setattr(render, name, value)
            if status is Status.COMPLETED:
                render.completed_at = self._clock.now()
            elif status is Status.FAILED:
                render.progress = job.progress
        return True
