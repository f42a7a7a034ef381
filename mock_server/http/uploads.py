"""Files on their way in: a multipart body or a loopback address, streamed to disk."""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

import httpx
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from mock_server import hosts
from mock_server.backend.media_library import Received
from mock_server.errors import (
    UPLOAD_FORMATS,
    ApiError,
    BreachError,
    bad_request,
    file_too_large,
    unsupported_file,
)

MAX_FILES = 50


def safe_name(name: str) -> str:
    """The last component of a name, without what could harm a path, a terminal or a header."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    name = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    name = name.strip(". ")
    stem, dot, suffix = name.rpartition(".")
    return f"{stem[:100]}{dot}{suffix[:10]}" if stem else name[:100] or "file"


def suffix_of(name: str) -> str:
    """The format a name claims, without the dot and with jpeg as jpg; empty if it claims none."""
    suffix = Path(name).suffix.lower().lstrip(".")
    return "jpg" if suffix == "jpeg" else suffix


class _Writer:
    """Writes one file, counting and hashing what passes."""

    def __init__(self, folder: Path, name: str, limit: int) -> None:
        self.name = safe_name(name)
        suffix = suffix_of(self.name)
        if suffix and suffix not in UPLOAD_FORMATS:
            raise unsupported_file(self.name)
        self._path = folder / (secrets.token_hex(16) + (f".{suffix}" if suffix else ""))
        self._file: IO[bytes] = self._path.open("xb")
        self._hash = hashlib.sha256()
        self._size = 0
        self._limit = limit

    def write(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._limit:
            raise file_too_large(self.name, self._limit)
        self._hash.update(data)
        self._file.write(data)

    def finish(self) -> Received:
        self._file.close()
        if not self._size:
            raise unsupported_file(self.name, "the file is empty")
        return Received(self.name, self._path, self._hash.hexdigest(), self._size)

    def discard(self) -> None:
        with suppress(OSError):  # a full disk does not take what is still to be written
            self._file.close()
        self._path.unlink(missing_ok=True)


@dataclass
class _Form:
    """The callbacks of python-multipart: collects the files of the field `files`."""

    folder: Path
    limit: int
    others: set[str]
    """The names of fields that are not looked at."""
    writers: list[_Writer] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    complete: bool = False
    _header: bytes = b""
    _value: bytes = b""
    _disposition: bytes = b""
    _writer: _Writer | None = None

    def on_part_begin(self) -> None:
        self._disposition = b""

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        label = options.get(b"name", b"").decode("utf-8", "replace")
        if label != "files":
            self.others.add(label)
            return
        if b"filename" not in options:
            raise BreachError("the field files must hold a file, with a filename")
        if len(self.writers) == MAX_FILES:
            raise BreachError(f"at most {MAX_FILES} files in one upload")
        name = options[b"filename"].decode("utf-8", "replace")
        for escaped, char in (("%22", '"'), ("%0D", "\r"), ("%0A", "\n")):
            name = name.replace(escaped, char)  # HTML standard, "multipart form data": only these
        self._writer = _Writer(self.folder, name, self.limit)
        self.writers.append(self._writer)

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._writer is not None:
            self._writer.write(data[start:end])

    def on_part_end(self) -> None:
        if self._writer is not None:
            self.received.append(self._writer.finish())
            self._writer = None

    def on_end(self) -> None:
        self.complete = True

    def discard(self) -> None:
        for writer in self.writers:
            writer.discard()

    def callbacks(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in dir(self) if name.startswith("on_")}


async def receive_files(
    content_type: str, chunks: AsyncIterator[bytes], folder: Path, limit: int, others: set[str]
) -> list[Received]:
    """Write the files of a multipart body into `folder`; all of them or, on an error, none. The
    names of fields that are not `files` go into `others`.

    A refused body is still read to its end (up to four times the limit), so that the sender gets
    to see the answer instead of a broken pipe.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise BreachError("the Content-Type of a multipart upload must name its boundary")
    form = _Form(folder, limit, others)
    with ExitStack() as undo:
        undo.callback(form.discard)
        error: ApiError | OSError | None = None
        try:
            parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
        except ValueError as problem:
            raise BreachError(f"the upload is not multipart/form-data: {problem}") from problem
        drained = 0
        async for chunk in chunks:
            if error is None:
                error = _feed(parser, chunk)
            else:
                drained += len(chunk)
                if drained > 4 * limit:
                    break
        if error is not None:
            raise error
        if not form.complete:
            raise BreachError("the multipart body ends before its last boundary")
        if not form.received:
            raise BreachError("the multipart field files is missing")
        undo.pop_all()
    return form.received


def _feed(parser: MultipartParser, chunk: bytes) -> ApiError | OSError | None:
    try:
        parser.write(chunk)
    except (ApiError, OSError) as problem:
        return problem
    except (MultipartParseError, UnicodeDecodeError) as problem:
        return BreachError(f"the upload is not multipart/form-data: {problem}")
    return None


async def fetch_files(urls: list[str], folder: Path, limit: int) -> list[Received]:
    """Fetch addresses into `folder`, all or none. This backend reaches nothing but loopback."""
    received: list[Received] = []
    with ExitStack() as undo:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            for url in urls:
                item = await _fetch(client, url, folder, limit)
                undo.callback(item.path.unlink, missing_ok=True)
                received.append(item)
        undo.pop_all()
    return received


async def _fetch(client: httpx.AsyncClient, url: str, folder: Path, limit: int) -> Received:
    try:
        parts = urlsplit(url)
        host, name = parts.hostname, unquote(parts.path)
    except ValueError as error:
        raise bad_request(f"urls: not a URL: {url[:200]}") from error
    if parts.scheme not in ("http", "https") or host not in hosts.NAMES:
        raise bad_request(
            f"urls: {url[:200]} cannot be fetched: this backend has no network and reaches only "
            "http addresses of this machine"
        )
    writer = _Writer(folder, name, limit)
    try:
        async with client.stream("GET", url) as response:
            if response.status_code != 200:
                raise bad_request(f"urls: {url[:200]} answered {response.status_code}")
            async for chunk in response.aiter_bytes():
                writer.write(chunk)
        return writer.finish()
    except httpx.HTTPError as error:
        writer.discard()
        raise bad_request(f"urls: {url[:200]} cannot be fetched: {error}") from error
    except BaseException:
        writer.discard()
        raise
