"""HTTP as every endpoint needs it: what went wrong on the way, limits, answers as JSON.

Every error of httpx becomes one of `skill.errors`, raised "from None": what httpx quotes of an
answer, and the variables of its frames, may hold the token.
"""

from __future__ import annotations

import json
import logging
import math
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import httpx

from skill.api.environment import certificate_places
from skill.api.models import envelope, retry_after
from skill.errors import NetworkError
from skill.i18n import say
from skill.sanitize import clean_line
from skill.token import hide

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from ssl import SSLCertVerificationError, SSLContext
    from typing import BinaryIO

    from skill.api.environment import Proxy

_TUNNEL_WITHIN = 20.0  # s: httpcore has no limit for what a SOCKS proxy says
_OUT_OF_DATE = (9, 10)  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
MAX_ANSWER_BYTES = 16 * 1024 * 1024
# httpx logs reason phrases, httpcore all headers of an answer.
_LOGS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "proxy", "socks")))


def http_client(
    proxy: Proxy | None, *, verify: SSLContext | bool, **options: Any
) -> httpx.AsyncClient:
    """Make an httpx client that follows no redirect and sends everything through `proxy`, if any."""
    return httpx.AsyncClient(
        follow_redirects=False,
        trust_env=False,  # what it says of this host is known already
        proxy=proxy.for_httpx(verify) if proxy else None,
        verify=verify,
        **options,
    )


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
    proxy: Proxy | None = None,
    *,
    redirects: bool = False,
) -> httpx.Response:
    """Send a request and return its answer, of which the body is still to be read. `proxy`: the
    one the client goes through. With `redirects`, one that redirects is an answer too.

    Raises NetworkError; its `unsent` is true where no connection came to stand.
    """
    log(f"{request.method} {request.url.copy_with(query=None)}")
    try:
        if proxy is None:
            response = await http.send(request, stream=True)
        else:
            response = await _send_through(proxy, http, request)
    except httpx.HTTPError as error:
        raise _unanswered(request, error) from None
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


async def _send_through(
    proxy: Proxy, http: httpx.AsyncClient, request: httpx.Request
) -> httpx.Response:
    """Send a request through a proxy. Raises NetworkError, which names the proxy, where it lets no
    connection come to stand; nothing was sent then."""
    opened: list[Any] = []
    with anyio.CancelScope(deadline=anyio.current_time() + _TUNNEL_WITHIN) as scope:

        async def trace(event: str, info: dict[str, Any]) -> None:
            if event == "socks.connect_tcp.complete":
                opened.append(info["return_value"])
            begins = event == "http11.send_request_headers.started"
            if begins and info["request"].method != b"CONNECT":
                scope.deadline = math.inf  # it stands

        # https://www.encode.io/httpcore/extensions/#trace
        request.extensions["trace"] = trace
        try:
            return await http.send(request, stream=True)
        except Exception as error:  # a SOCKS proxy that is none fails in many ways
            if scope.deadline == math.inf or _distrust(error):
                raise
            why = reason(error)
    if scope.cancelled_caught:
        why = say("no answer")
    for stream in opened:  # which httpcore leaves open then
        await stream.aclose()
    raise _refused_by(proxy, request, why) from None


def _refused_by(proxy: Proxy, request: httpx.Request, why: str) -> NetworkError:
    names = {"proxy": proxy.shown, "name": proxy.source, "host": clean_line(request.url.host, 100)}
    if why.startswith("407"):
        error = NetworkError(
            say("The proxy {proxy} wants another user and password (HTTP 407).", **names),
            hint=say("Set {name} to http://USER:PASSWORD@HOST:PORT of the proxy.", **names),
            unsent=True,
        )
    else:
        error = NetworkError(
            say("The proxy {proxy} gives no way to {host} ({reason}).", reason=why, **names),
            hint=say(
                "It is named by {name}: have it let {host} through, name another one there, or add {host} to NO_PROXY if it can be reached without.",
                **names,
            ),
            unsent=True,
        )
    error.final = why.startswith(("403", "407"))
    return error


def _unanswered(request: httpx.Request, error: httpx.HTTPError) -> NetworkError:
    """The error of a request that no answer came to."""
    host = request.url.netloc.decode()
    if distrust := _distrust(error):
        return _untrusted(host, distrust)
    return NetworkError(
        say("{host} did not answer ({reason}).", host=host, reason=reason(error)),
        hint=say("Check the network and NEMO_API_URL, then run the command again."),
        unsent=isinstance(error, httpx.ConnectError | httpx.ConnectTimeout),
    )


def _distrust(error: BaseException | None) -> SSLCertVerificationError | None:
    """Why a server's certificate was not taken, where an error comes of that."""
    import ssl

    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error


def _untrusted(host: str, error: SSLCertVerificationError) -> NetworkError:
    names = list(dict.fromkeys(name for name, _ in certificate_places()))
    if error.verify_code in _OUT_OF_DATE:
        hint = say("Check the clock of this machine.")
    elif names:
        hint = say(
            "Only what {name} names is trusted: put the certificate of who signed it there, or unset {name}.",
            name=" / ".join(names),
        )
    else:
        hint = say(
            "If a company's proxy stands between, set SSL_CERT_FILE to the file of its certificates (PEM)."
        )
    told = NetworkError(
        say(
            "{host} shows a certificate that is not trusted ({reason}).",
            host=host,
            reason=clean_line(error.verify_message, 200),
        ),
        hint=hint,
        unsent=True,
    )
    told.final = True
    return told


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
