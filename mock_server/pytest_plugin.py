"""Fixtures for tests of anything that talks to the NemoVideo backend.

    def test_the_message_is_sent_once(nemo_url, nemo_backend):
        my_skill.make_video("cat.jpg", api=nemo_url)
        nemo_backend.journal.assert_once("message")

Loaded in every run of pytest where the package is installed, so nothing is imported until a fixture
is asked for. Needs the `testing` extra.
"""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import respx

    from mock_server import Backend, Server

INI = {
    "nemo_dialect": ("typed", "how the mock backend writes its streams: typed or adk"),
    "nemo_pace": ("0", "multiplies every delay of the mock backend; 0 is none at all"),
    "nemo_max_requests": (
        "300",
        "so many requests of a test are answered; then connections are reset, so that it ends",
    ),
    "nemo_seed": ("0", "the mock backend's seed: the same gives the same answers"),
    "nemo_scenario": ("", "a scenario that is on in every test, by its name"),
    "nemo_renderer": ("instant", "instant: one dark frame for any draft; real: the real video"),
}
MARKER = (
    "nemo(scenario=None, scenarios=None, renderer='instant', **settings): how the mock backend of "
    "this test is: a scenario by name or as a mapping (or a list of them), the renderer, and what mock_server.Backend "
    "takes. With scenarios=('stream-*', …) the test runs once in each that is meant."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, (default, told) in INI.items():
        parser.addini(name, told, default=default)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with `nemo(scenarios=…)` once in each scenario that one of the patterns means."""
    patterns = _marked(metafunc.definition).get("scenarios")
    if patterns is None or "nemo_backend" not in metafunc.fixturenames:
        return
    from mock_server.scenarios import names

    patterns = [patterns] if isinstance(patterns, str) else patterns
    ready = [scenario.name for scenario in names()]
    for pattern in patterns:
        if not fnmatch.filter(ready, pattern):
            raise pytest.UsageError(f"no scenario is {pattern!r}; there are {', '.join(ready)}")
    meant = [name for name in ready if any(fnmatch.fnmatch(name, one) for one in patterns)]
    metafunc.parametrize("nemo_backend", meant, indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show in the report of a test that failed what its backend was asked."""
    report = yield
    backend = item.stash.get(_BACKEND, None)
    if backend is not None and report.failed:
        report.sections.append(
            ("NemoVideo mock: what was asked", str(backend.journal) or "nothing")
        )
    return report


@pytest.fixture
def nemo_backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """A backend with nothing in it yet: arm its faults, read its journal, move its clock."""
    backend = _made(request)
    request.node.stash[_BACKEND] = backend
    yield backend
    backend.close()


@pytest.fixture
def nemo_server(nemo_backend: Backend) -> Iterator[Server]:
    """This backend on a free port of this machine."""
    from mock_server import Server

    with Server(nemo_backend) as server:
        yield server


@pytest.fixture
def nemo_url(nemo_server: Server) -> str:
    """Where it listens: what NEMO_API_URL is to be."""
    return nemo_server.url


@pytest.fixture
def nemo_environment(nemo_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """NEMO_API_URL set to it and no NEMO_TOKEN, also for the programs that a test starts."""
    monkeypatch.setenv("NEMO_API_URL", nemo_url)
    monkeypatch.delenv("NEMO_TOKEN", raising=False)
    return nemo_url


@pytest.fixture
def nemo_production(nemo_backend: Backend) -> Iterator[respx.MockRouter]:
    """What httpx sends to the production host is answered by this backend, without a socket; a
    router of respx for other hosts."""
    from mock_server.in_process import production

    with production(nemo_backend) as router:
        yield router


_BACKEND: pytest.StashKey[Backend] = pytest.StashKey()


def _marked(node: pytest.Item) -> dict[str, Any]:
    """What the markers of a test say, the nearest above all."""
    markers = reversed(list(node.iter_markers("nemo")))
    return {name: value for marker in markers for name, value in marker.kwargs.items()}


def _made(request: pytest.FixtureRequest) -> Backend:
    try:
        from mock_server import Backend
    except ImportError as error:
        pytest.fail(
            f"The mock backend's packages are not installed ({error.name} is missing): "
            "install image-to-video-skill with its extra [testing]",
            pytrace=False,
        )
    if any(marker.args for marker in request.node.iter_markers("nemo")):
        pytest.fail("nemo takes its settings by name: nemo(scenario='no-credits')", pytrace=False)
    ini = request.config.getini
    settings: dict[str, Any] = {
        "dialect": ini("nemo_dialect"),
        "pace": float(ini("nemo_pace")),
        "max_requests": int(ini("nemo_max_requests")),
        "seed": int(ini("nemo_seed")),
        "renderer": ini("nemo_renderer"),
        "scenario": ini("nemo_scenario") or None,
    }
    settings |= _marked(request.node)
    settings.pop("scenarios", None)
    scenario = settings.pop("scenario")
    scenario = getattr(request, "param", scenario)  # one of `scenarios`
    backend = Backend(**settings)
    for one in scenario if isinstance(scenario, list | tuple) else [scenario]:
        if one is not None:
            backend.scenarios.on(one)
    return backend
