"""A mock server on a real socket, with whatever backend a test asks for."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from mock_server.backend.backend import Backend
from mock_server.server import Server
from tests.mock_server.api import ATTRIBUTION, Api, FakeRenderer, inspector
from tests.waiting import HANGS

Serve = Callable[..., Api]


@pytest.fixture
def renderer() -> FakeRenderer:
    fake = FakeRenderer()
    fake.gate.set()
    return fake


@pytest.fixture
def serve(renderer: FakeRenderer) -> Iterator[Serve]:
    """Start a server: `serve(seed=7)`. Instant, never silent, and with fakes, unless told otherwise."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Api:
            fakes = {"renderer": renderer, "inspector": inspector}
            backend = Backend(**{"pace": 0.0, "silent_rate": 0.0, **fakes, **settings})
            server = stack.enter_context(Server(backend))
            http = stack.enter_context(
                httpx.Client(
                    base_url=server.url,
                    headers=ATTRIBUTION,
                    trust_env=False,
                    timeout=HANGS,
                    verify=False,  # no certificates are read for plain HTTP
                )
            )
            return Api(backend, server, http)

        yield start


@pytest.fixture
def api(serve: Serve) -> Api:
    return serve()
