"""Everything that can go wrong, as one tree.

SkillError
├── InternalError          exit 1    internal        our own bug
├── UsageError             exit 2    usage           wrong words, bad local input
│   ├── ElsewhereError     exit 2    usage           with --local forgotten, or too much
│   └── TakenError         exit 2    usage           a target that must not be written over
├── AuthError              exit 3    auth            1001 that a new token did not mend
├── NotFoundError          exit 4    not_found       1002, no project yet
├── NoCreditsError         exit 5    no_credits      2001
├── FileRefusedError       exit 6    file_refused    4001, 4002
├── ExportBlockedError     exit 7    export_blocked  402: the plan, not the credits
├── RateLimitedError       exit 8    rate_limited    429
├── NetworkError           exit 9    network         network, time-out, an answer that is none
├── BackendFailedError     exit 10   backend_failed  the backend failed at the job
├── UnfinishedError        exit 11   unfinished      `resume` goes on
│   └── BusyError          exit 11   unfinished      another process is at it
└── StoppedError           exit 130  unfinished      Ctrl-C (143: SIGTERM)

Each error is one line of what is wrong (`message`) and one of what to do next (`hint`).
"""

from __future__ import annotations

from typing import Any, ClassVar

from skill.i18n import say


class SkillError(Exception):
    """What every error is: one line of what is wrong (`message`, also its `str`) and one of what
    to do (`hint`, may be empty).

    `code` and `exit_code` are its name and number on the command line; `job` names the work that
    `resume` goes on with, if any; `backend_code` is the contract's code or HTTP status it was made
    from. No token ever stands in it, nor in the variables of its traceback that are ours.
    """

    code: ClassVar[str] = "internal"
    exit_code: int = 1
    passing: ClassVar[bool] = False
    backend_code: int | None = None
    final: bool = False  # nothing is gained by one more try: work has ended, or a setting is wrong
    instead: tuple[str, ...] = ()  # a command that comes to the same another way
    data: dict[str, Any] | None = None  # what was found out all the same: --json tells it

    def __init__(self, message: str, *, hint: str = "", job: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self._hint = ""
        self.hint = hint
        self.job = job

    @property
    def hint(self) -> str:
        """What to do; a traceback shows it under the message."""
        return self._hint

    @hint.setter
    def hint(self, hint: str) -> None:
        notes: list[str] = getattr(self, "__notes__", [])
        self._hint, before = hint, self._hint
        self.__notes__ = [*filter(None, [hint]), *(note for note in notes if note != before)]

    @property
    def retryable(self) -> bool:
        """Whether the same command may simply be run again: where it left a job, it is the
        job that has to be resumed, since the command would begin (and pay) anew."""
        return self.passing and self.job is None and not self.final

    @property
    def record(self) -> dict[str, str]:
        """What a job keeps of it."""
        return {"code": self.code, "message": self.message, "hint": self.hint}


class InternalError(SkillError):
    """A bug of ours."""


class UsageError(SkillError):
    """The command's words, a local file or a setting is wrong; nothing was sent."""

    code = "usage"
    exit_code = 2


class ElsewhereError(UsageError):
    """The newest project is on this machine (`local`), or at the account: not where it is looked for."""

    local = False


class TakenError(UsageError):
    """What stands under the name of the video has to stay: another name would do."""


class AuthError(SkillError):
    """The token was not accepted (1001)."""

    code = "auth"
    exit_code = 3


class NotFoundError(SkillError):
    """The session, project or render is not known (1002)."""

    code = "not_found"
    exit_code = 4


class NoCreditsError(SkillError):
    """Not enough credits (2001)."""

    code = "no_credits"
    exit_code = 5


class FileRefusedError(SkillError):
    """A file of a kind (4001) or size (4002) that is not taken."""

    code = "file_refused"
    exit_code = 6


class ExportBlockedError(SkillError):
    """The plan does not include export (402)."""

    code = "export_blocked"
    exit_code = 7


class StoppedError(SkillError):
    """A signal stopped the command; what was begun is kept. Exit 130 or 143, as shells have it."""

    code = "unfinished"

    def __init__(self, number: int, job: str | None = None, *, given_up: bool = False) -> None:
        hint = say("Go on with resume: nothing is sent again.") if job else say("Nothing is lost.")
        message = (
            say("Stopped by another command, which gave up the job.")
            if given_up
            else say("Stopped.")
        )
        super().__init__(message, hint=hint, job=job)
        self.exit_code = 128 + number


class RateLimitedError(SkillError):
    """Too many requests (429). `retry_after` is the wait the backend asked for, in seconds."""

    code = "rate_limited"
    exit_code = 8
    passing = True

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        job: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, job=job)
        self.retry_after = retry_after


class NetworkError(SkillError):
    """No answer, or one that cannot be read.

    `unsent` is true only where the request provably never left: the sole case in which
    a request that costs something may be made again. `retry_after` is in seconds.
    """

    code = "network"
    exit_code = 9
    passing = True

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        job: str | None = None,
        unsent: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, job=job)
        self.unsent = unsent
        self.retry_after = retry_after


class BackendFailedError(SkillError):
    """The backend took the job and failed at it."""

    code = "backend_failed"
    exit_code = 10


class UnfinishedError(SkillError):
    """Work is under way or half done; `resume` goes on with it and pays nothing again."""

    code = "unfinished"
    exit_code = 11
    passing = True


class BusyError(UnfinishedError):
    """Another process works on the job."""


def from_record(record: dict[str, str]) -> SkillError:
    """The error that `SkillError.record` was made of."""
    kinds: tuple[type[SkillError], ...] = (
        UsageError,
        AuthError,
        NotFoundError,
        NoCreditsError,
        FileRefusedError,
        ExportBlockedError,
        RateLimitedError,
        NetworkError,
        BackendFailedError,
        UnfinishedError,
    )
    kind = {kind.code: kind for kind in kinds}.get(record["code"], InternalError)
    return kind(record["message"], hint=record["hint"])


ACCEPTED_FORMATS = "mp4 mov avi webm mkv · jpg png gif webp · mp3 wav m4a aac"
_TAKEN = f"Formats that are taken: {ACCEPTED_FORMATS}."

# The contract's table of codes, with the HTTP statuses that mean the same.
# code → (class, what is wrong, what to do)
CODES: dict[int, tuple[type[SkillError], str, str]] = {
    1001: (
        AuthError,
        "The token was not accepted: it is wrong or has expired.",
        "Check NEMO_TOKEN, or unset it to go on with a free anonymous token.",
    ),
    1002: (
        NotFoundError,
        "The backend does not know this project any more.",
        "Start a new one: image-to-video connect, then upload the photos again.",
    ),
    2001: (
        NoCreditsError,
        "Not enough credits for this.",
        "Top up credits in your account, or make the video on this machine with --local.",
    ),
    4001: (FileRefusedError, "The backend does not take this kind of file.", _TAKEN),
    4002: (
        FileRefusedError,
        "The file is too large.",
        "Compress or trim it, or make the picture smaller, and try again.",
    ),
    400: (
        BackendFailedError,
        "The backend refused the request.",
        "Say it in other words; if that does not help, update the skill.",
    ),
    401: (
        AuthError,
        "The token was not accepted.",
        "Check NEMO_TOKEN, or unset it to go on with a free anonymous token.",
    ),
    402: (
        ExportBlockedError,
        "Export is not part of this plan (credits are not the reason).",
        "Register or upgrade your plan to unlock export.",
    ),
    403: (
        AuthError,
        "The token is not allowed to do this.",
        "Use a token with the scopes read, write, upload and render.",
    ),
    404: (
        NotFoundError,
        "The backend does not know this project or render.",
        "See what there is: image-to-video status",
    ),
    408: (NetworkError, "The backend took too long.", "Try again in a moment."),
    409: (
        UnfinishedError,
        "The project is still busy with the message before.",
        "Wait a minute, then look: image-to-video status",
    ),
    413: (
        FileRefusedError,
        "The file is too large.",
        "Compress or trim it, or make the picture smaller, and try again.",
    ),
    415: (FileRefusedError, "The backend does not take this kind of file.", _TAKEN),
    429: (
        RateLimitedError,
        "Too many requests: the backend asks for a pause.",
        "Wait a little, then try again.",
    ),
}


def error_for(
    code: int, message: str = "", *, retry_after: float | None = None, unread: bool = False
) -> SkillError:
    """The error for a backend code or an HTTP status.

    `message` is the backend's own word (already cleaned) and is added to ours.
    `unread` says that the body was not the contract's envelope (a proxy's page).
    """
    said = say(" The backend said: {message}", message=message) if message else ""
    if retry_after is not None and retry_after >= 1:
        said += say(" It asks for a wait of {wait}.", wait=_duration(retry_after))
    error = _error_for(code, said, retry_after, unread)
    error.backend_code = code
    return error


def _duration(seconds: float) -> str:
    for unit, sentence in (
        (86_400, "{number:.0f} days"),
        (3600, "{number:.0f} hours"),
        (60, "{number:.0f} minutes"),
    ):
        if seconds >= 2 * unit:
            return say(sentence, number=seconds / unit)
    return say("{number:.0f} s", number=seconds)


def _error_for(code: int, said: str, retry_after: float | None, unread: bool) -> SkillError:
    kind, what, hint = CODES.get(code, (None, "", ""))
    if kind is None or unread:
        if 500 <= code < 600:
            return NetworkError(
                say("The backend answered with HTTP {code}.", code=code) + said,
                hint=say("It is likely to pass: try again in a moment."),
                retry_after=retry_after,
            )
        if unread:
            return NetworkError(
                say("The backend's answer (HTTP {code}) could not be read.", code=code) + said,
                hint=say("Check the network and NEMO_API_URL, then try again."),
            )
        return BackendFailedError(
            say("The backend refused with code {code}.", code=code) + said,
            hint=say("This skill does not know the code: try again later, or update the skill."),
        )
    what, hint = say(what), say(hint)
    if kind is RateLimitedError:
        return RateLimitedError(what + said, hint=hint, retry_after=retry_after)
    if kind is NetworkError:
        return NetworkError(what + said, hint=hint, retry_after=retry_after)
    return kind(what + said, hint=hint)
