"""HTTP as every endpoint needs it: proxies and certificates, limits, answers as JSON.

Every error of httpx becomes one of `skill.errors`, raised "from None": what httpx quotes of an
answer, and the variables of its frames, may hold the token.
"""

from __future__ import annotations

import json
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio.to_thread
import httpx

from skill.api.models import envelope, retry_after
from skill.errors import NetworkError, UsageError
from skill.i18n import say
from skill.sanitize import clean_line
from skill.token import hide

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from ssl import SSLContext
    from typing import BinaryIO

MAX_ANSWER_BYTES = 16 * 1024 * 1024
# httpx logs reason phrases, httpcore all headers of an answer.
_LOGS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "proxy", "socks")))


def http_client(**options: Any) -> httpx.AsyncClient:
    """Make an httpx client that follows no redirect. Raises UsageError where the environment
    names a proxy that cannot be used."""
    try:
        return httpx.AsyncClient(follow_redirects=False, **options)
    except (ImportError, ValueError) as error:  # a SOCKS proxy; a scheme that is unknown
        raise UsageError(
            say(
                "The proxy that the environment names cannot be used: {reason}",
                reason=reason(error),
            ),
            hint=say("Unset ALL_PROXY and HTTPS_PROXY, or name an http proxy there."),
        ) from error


def certificates(url: str) -> SSLContext | bool:
    """The certificates to check a URL's server by. They are read (20 ms) for https only."""
    return httpx.create_ssl_context() if urlsplit(url).scheme == "https" else False


def hide_tokens_in_logs() -> None:
    """Have the loggers of httpx and httpcore hide the token in whatever they log."""
    for name in _LOGS:
        logging.getLogger(name).addFilter(_hide_token)


def _hide_token(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    if (hidden := hide(message)) != message:
        record.msg, record.args = hidden, ()
    return True


def reason(error: Exception) -> str:
    """What an error says, on one line."""
    return clean_line(str(error), 200) or type(error).__name__


async def send(
    http: httpx.AsyncClient,
    request: httpx.Request,
    log: Callable[[str], None],
    *,
    redirects: bool = False,
) -> httpx.Response:
    """Send a request and return its answer, of which the body is still to be read. With
    `redirects`, one that redirects is an answer too.

    Raises NetworkError; its `unsent` is true where no connection came to stand.
    """
    log(f"{request.method} {request.url.copy_with(query=None)}")
    try:
        response = await http.send(request, stream=True)
    except httpx.HTTPError as error:
        raise NetworkError(
            say(
                "{host} did not answer ({reason}).",
                host=request.url.netloc.decode(),
                reason=reason(error),
            ),
            hint=say("Check the network and NEMO_API_URL, then run the command again."),
            unsent=isinstance(error, httpx.ConnectError | httpx.ConnectTimeout),
        ) from None
    log(f"→ {response.status_code}")
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", ""):
        await response.aclose()
        raise NetworkError(say("The answer came packed in a way that was not asked for."))
    if response.is_redirect and not redirects:
        await response.aclose()
        raise NetworkError(
            say(
                "{host} redirects elsewhere (HTTP {status}); not followed.",
                host=request.url.host,
                status=response.status_code,
            ),
            hint=say("Set NEMO_API_URL to the backend's own address."),
        )
    return response


class LargeReads:
    """A file that is read 512 KiB at a time: httpx asks for 64, which takes it twice as long
    (benchmarks/upload.py)."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        return self._file.read(max(size, 512 * 1024))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class ThreadedBody(httpx.AsyncByteStream):
    """A request's body whose chunks are read in a worker thread, so that no file stalls the
    event loop. `after_chunk` is called, in the loop, after each."""

    def __init__(self, chunks: Iterable[bytes], after_chunk: Callable[[], None]) -> None:
        self._chunks = chunks
        self._after_chunk = after_chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = iter(self._chunks)
        while chunk := await anyio.to_thread.run_sync(next, chunks, b""):
            self._after_chunk()
            yield chunk


@asynccontextmanager
async def downloading(response: httpx.Response) -> AsyncIterator[httpx.Response]:
    """Close the answer at the end; where its body breaks off, raise NetworkError."""
    try:
        yield response
    except httpx.HTTPError as error:
        raise NetworkError(
            say("The download broke off ({reason}).", reason=reason(error))
        ) from None
    finally:
        await response.aclose()


def encode_json(body: object) -> bytes:
    """Raises NetworkError for what JSON cannot hold: it came from the backend."""
    try:
        return json.dumps(body, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise NetworkError(say("The project's draft holds what cannot be sent back.")) from error


async def read_answer(response: httpx.Response, *, bare: bool = False) -> dict[str, Any]:
    """Read an answer's `data`, or raise its error. A token in it is hidden, unless the answer
    is to a request without one (`bare`), which may bring it."""
    body = await _text(response, bare=bare)
    if isinstance(body, NetworkError):
        raise body
    return envelope(response.status_code, retry_after(response.headers.get("retry-after")), body)


async def _text(response: httpx.Response, *, bare: bool) -> str | NetworkError:
    """The body, of at most MAX_ANSWER_BYTES. The error is returned, not raised, so that no
    traceback has this frame, in which the token may stand."""
    body = bytearray()
    try:
        async for piece in response.aiter_bytes(65536):
            body += piece
            if len(body) > MAX_ANSWER_BYTES:
                return NetworkError(say("The backend's answer is larger than any it should give."))
        text = body.decode("utf-8-sig", "surrogatepass")
    except httpx.HTTPError as error:
        return NetworkError(say("The answer broke off ({reason}).", reason=reason(error)))
    except UnicodeDecodeError:
        return ""
    return text if bare else hide(text)
