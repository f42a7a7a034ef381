"""Which bytes of a clip an answer brings, and whether they are of the same one."""

from __future__ import annotations

from email.utils import formatdate

import httpx
import pytest

from skill.api.byte_ranges import ByteRange, range_of, validator_of
from skill.api.public_address import RefusedError
from skill.errors import NetworkError


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"etag": '"a-1"'}, '"a-1"'),
        ({"etag": 'W/"a-1"'}, ""),
        ({"etag": "a-1"}, ""),
        ({"etag": '"a"b"'}, ""),
        ({"etag": '"é"'}, ""),
        ({"etag": f'"{"a" * 300}"'}, ""),
        ({"last-modified": formatdate(1e9, usegmt=True)}, ""),
        ({"last-modified": "yesterday", "date": formatdate(2e9, usegmt=True)}, ""),
        ({"last-modified": "Sat, 01 Jan 99999 00:00:00 GMT", "date": "x"}, ""),
        ({}, ""),
    ],
)
def test_by_what_a_clip_is_known_to_be_the_same(headers: dict[str, str], validator: str) -> None:
    assert validator_of(headers) == validator


def test_what_an_answer_holds() -> None:
    def at(status: int, have: int = 0, **headers: str) -> ByteRange | None:
        lines = {name.replace("_", "-"): text for name, text in headers.items()}
        return range_of(status, lines, have, '"one"' if have else "", None)

    assert at(200, content_length="7") == ByteRange(0, 7, 7)
    assert at(200, have=5, content_length="7") == ByteRange(0, 7, 7)
    for length in ("", "-7", "7.0", "٧", "9" * 30):
        assert at(200, content_length=length) == ByteRange(0, None, None)
    assert at(206, have=5, content_range="bytes 5-6/7") == ByteRange(5, 7, 7)
    assert at(206, have=5, content_range="Bytes  5-6/*") == ByteRange(5, 7, None)
    assert at(206, have=5, content_range="bytes 5-6/7", etag='"one"') == ByteRange(5, 7, 7)
    assert at(206, have=5, content_range="bytes 5-6/7", etag='W/"one"') is None
    assert at(416, have=5) is None
    for status, have in ((206, 0), (416, 0), (204, 5), (304, 5), (404, 5)):
        with pytest.raises(RefusedError, match=f"HTTP {status}"):
            at(status, have)
    for status in (408, 429, 500, 503):
        with pytest.raises(NetworkError, match=f"HTTP {status}") as caught:
            at(status, 5)
        assert not isinstance(caught.value, RefusedError)


def test_that_is_how_httpx_has_headers() -> None:
    headers = httpx.Headers({"Content-Range": "bytes 5-6/7", "ETag": '"one"'})
    assert range_of(206, headers, 5, '"one"', 7) == ByteRange(5, 7, 7)
    assert validator_of(headers) == '"one"'
