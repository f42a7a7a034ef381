"""What the backend refuses, and how it says so; and what is refused to it."""

import errno

BAD_REQUEST = 400
NOT_FOUND = 404
EXPORT_BLOCKED = 402
NO_METHOD = 405
BUSY = 409
RATE_LIMITED = 429
FAILED = 500
BAD_TOKEN = 1001
NO_SESSION = 1002
NO_CREDITS = 2001
UNSUPPORTED_FILE = 4001
FILE_TOO_LARGE = 4002

UPLOAD_FORMATS = (
    "mp4",
    "mov",
    "avi",
    "webm",
    "mkv",
    "jpg",
    "png",
    "gif",
    "webp",
    "mp3",
    "wav",
    "m4a",
    "aac",
)
"""The contract's: videos, pictures, sounds. A jpeg counts as jpg."""


class ApiError(Exception):
    """A refusal: `code` goes into the envelope, `status` is the HTTP status it travels under.

    Codes of four digits are the backend's own and come inside a 200; codes of three digits are HTTP
    statuses and come as both.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        return self.code if 400 <= self.code < 600 else 200


class BreachError(ApiError):
    """A refusal of what is not as the contract has it, where its schemas cannot say so."""

    def __init__(self, message: str) -> None:
        super().__init__(BAD_REQUEST, message)


class StorageError(Exception):
    """The storage folder cannot be used: damaged, of a newer version, or not writable."""


DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""The numbers of an OSError that says so, of the disk or of what this user may have of it."""


def os_error(error: BaseException | None) -> OSError | None:
    """The OSError that another error comes of, or is; None if it comes of none."""
    while error is not None and not (isinstance(error, OSError) and error.errno):
        error = error.__cause__
    return error


def bad_request(message: str) -> ApiError:
    return ApiError(BAD_REQUEST, message)


def unsupported_file(name: str, reason: str = "") -> ApiError:
    why = f" ({reason})" if reason else ""
    return ApiError(
        UNSUPPORTED_FILE, f"Unsupported file: {name}{why}. Supported: {', '.join(UPLOAD_FORMATS)}."
    )


def file_too_large(name: str, limit: int) -> ApiError:
    return ApiError(FILE_TOO_LARGE, f"File too large: {name}. The limit is {limit // 2**20} MB.")
