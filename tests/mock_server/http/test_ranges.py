"""A file, or the part of it that is asked for: by the public address and by the download."""

from collections.abc import Callable

import httpx
import pytest

from tests.mock_server.api import Api

CLIP = bytes(range(250)) * 4

Get = Callable[..., httpx.Response]


@pytest.fixture(params=["file", "render_download"])
def endpoint(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def get(api: Api, endpoint: str) -> Get:
    """Ask for a finished clip, with headers."""
    api.made()
    api.render()
    url = api.wait()["output"]["url"]
    path = "/api/render/proxy/render_1/download" if endpoint == "render_download" else url

    def get(**headers: str) -> httpx.Response:
        return api.http.get(path, headers={n.replace("_", "-"): t for n, t in headers.items()})

    return get


def test_a_part_of_it(api: Api, endpoint: str, get: Get) -> None:
    whole = get()
    assert (whole.status_code, whole.content) == (200, CLIP)
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["etag"].startswith('"')
    for validator in (whole.headers["etag"], whole.headers["last-modified"]):
        part = get(range="bytes=300-", if_range=validator)
        assert (part.status_code, part.content) == (206, CLIP[300:])
        assert part.headers["content-range"] == "bytes 300-999/1000"
        assert part.headers["etag"] == whole.headers["etag"]
    entries = api.backend.journal.calls(endpoint)
    assert [entry.status for entry in entries] == [200, 206, 206]
    assert [entry.sent for entry in entries] == [1000, 700, 700]
    assert [entry.headers.get("range") for entry in entries] == [None, *["bytes=300-"] * 2]


def test_a_part_of_another_file_is_the_whole_of_this(get: Get) -> None:
    answer = get(range="bytes=300-", if_range='"another"')
    assert (answer.status_code, answer.content) == (200, CLIP)


def test_what_lies_beyond_its_end(api: Api, endpoint: str, get: Get) -> None:
    answer = get(range="bytes=1000-")
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */1000")
    assert [entry.status for entry in api.backend.journal.calls(endpoint)] == [416]


@pytest.mark.parametrize("reset", [False, True])
def test_a_part_is_cut_off_too(api: Api, endpoint: str, get: Get, reset: bool) -> None:
    api.backend.fail(endpoint, cut_after_bytes=100, reset=reset)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        get(range="bytes=300-")
    (entry,) = api.backend.journal.calls(endpoint)
    assert (entry.status, entry.sent, entry.ended) == (206, 100, "cut")
