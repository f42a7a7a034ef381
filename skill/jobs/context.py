"""What every step of a job works with: the connection, and the notes of how far the job has come.

A note is on disk when it returns. It is made in a thread, also where the task is cancelled
meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from skill.errors import SkillError, UsageError
from skill.events import Detail, Notice
from skill.jobs.job import StoredSession
from skill.jobs.suggestions import next_wishes
from skill.jobs.threads import run_blocking
from skill.timeline import Timeline

if TYPE_CHECKING:
    from skill.api.models import Credits, State
    from skill.jobs.connection import Connection
    from skill.jobs.job import Job, Step
    from skill.screentalk import GuiAction


class JobContext:
    """A job that is held, at work over one connection. `resuming`: it was begun by another process,
    so what that did last is looked up before anything is done again. `actions`: what the screen
    that the backend speaks of stands for."""

    def __init__(self, connection: Connection, job: Job, *, resuming: bool = False) -> None:
        self.connection = connection
        self.config = connection.config
        self.client = connection.client
        self.vault = connection.vault
        self.tell = connection.tell
        self.job = job
        self.resuming = resuming
        self.actions: tuple[GuiAction, ...] = ()
        self.before: Credits | None = None  # the message, where it was asked for at the uploads
        self.cost_told = False

    async def save(self, *, only_from: Step | None = None) -> None:
        """Write the job down as it is now; `only_from` as for `Vault.save`."""
        await run_blocking(self.vault.save, self.job, only_from=only_from)

    async def advance(self, step: Step, *, only_from: Step | None = None) -> None:
        """Write down that the job has come to a step; where that fails it has not."""
        before, self.job.step = self.job.step, step
        try:
            await self.save(only_from=only_from)
        except BaseException:
            self.job.step = before
            raise

    async def note(self, step: Step) -> None:
        """Advance a job whose clip stands, also where that cannot be written down: `delivered` tells
        `resume`."""
        try:
            await self.advance(step)
        except UsageError as error:
            self.tell(Notice(error.message))
            self.job.step = step

    def see(self, state: State) -> None:
        """Note the timeline, so that what was done can be told without asking again."""
        timeline = Timeline.from_draft(state.draft)
        self.job.summary, self.job.ready = timeline.summary(), timeline.ready
        self.job.wishes = list(next_wishes(timeline))

    async def keep_project(self) -> None:
        """Make the job's project the one that further commands mean."""
        await run_blocking(self._keep_project)

    def _keep_project(self) -> None:
        job, projects = self.job, self.connection.projects
        before = projects.current
        laid_out = before is not None and before.session_id == job.session_id and before.laid_out
        projects.keep(
            StoredSession(
                job.session_id,
                job.task_id,
                job.user_id,
                job.language,
                touched=True,
                laid_out=job.ready or laid_out,
            )
        )

    async def note_cost(self) -> None:
        """Have the balance after the message in the job, where it can be had at once."""
        if self.job.credits.before is None:
            return
        balance = await self.connection.balance_at_once()
        self.job.credits.after = balance.available if balance is not None else None

    async def balance(self) -> Credits | None:
        """The account's balance; None where the backend does not say."""
        try:
            return await self.connection.read(self.client.credits)
        except SkillError as error:
            self.tell(Detail(error.message))
            return None
