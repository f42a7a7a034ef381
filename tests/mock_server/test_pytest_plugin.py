"""The fixtures, as those have them who installed the package: each in a pytest of its own."""

import subprocess
import sys

import pytest

from mock_server.scenarios import names

pytest_plugins = ["pytester"]

SCENARIOS = len(names())
"""Counted here: what is first imported within a test of pytester's, as YAML's C part would be, is
forgotten after it, and cannot be imported twice."""

ASK = """
import httpx

PATH = "/api/credits/balance/simple"
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> "Run":
    return Run(pytester)


class Run:
    """Runs a test module and gives what pytest said of it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def __call__(self, test: str, *options: str, ini: str = "") -> pytest.RunResult:
        self.pytester.makeini(f"[pytest]\nfilterwarnings = error\n{ini}\n")
        self.pytester.makepyfile(ASK + test)
        without = ("-p", "no:cacheprovider", "-p", "no:schemathesis")
        return self.pytester.runpytest_subprocess(*without, *options)


def test_each_test_has_a_backend_with_nothing_in_it(run: Run) -> None:
    done = run("""
import pytest

@pytest.mark.parametrize("time", [1, 2])
def test_it(nemo_url, nemo_backend, nemo_server, time):
    assert nemo_server.url == nemo_url
    assert len(nemo_backend.journal) == 0
    headers = {"X-Client-Id": "me"}
    answer = httpx.post(nemo_url + "/api/auth/anonymous-token", headers=headers).json()
    assert answer["code"] == 0
    nemo_backend.fail("credits", code=4002)
    bearer = {"Authorization": "Bearer " + answer["data"]["token"]}
    assert httpx.get(nemo_url + PATH, headers=bearer).json()["code"] == 4002
    nemo_backend.clock.advance(days=7)
    assert httpx.get(nemo_url + PATH, headers=bearer).json()["code"] == 1001
    nemo_backend.journal.assert_order("token", "credits", "credits")
""")
    done.assert_outcomes(passed=2)


def test_what_the_backend_was_asked_is_in_the_report_of_a_test_that_failed(run: Run) -> None:
    done = run("""
def test_it(nemo_url, nemo_backend):
    httpx.get(nemo_url + PATH)
    httpx.get(nemo_url + PATH)
    nemo_backend.journal.assert_once("credits")
""")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "E*AssertionError: credits was asked 2 times, not once:",
            "*NemoVideo mock: what was asked*",
            "#1 credits: GET /api/credits/balance/simple → 200 code 1001",
        ]
    )


def test_the_environment_is_for_programs_too(run: Run) -> None:
    done = run(
        """
import os, subprocess, sys

def test_it(nemo_environment, nemo_backend):
    code = "import httpx, os; httpx.get(os.environ['NEMO_API_URL'] + '/api/credits/balance/simple')"
    subprocess.run([sys.executable, "-c", code], check=True)
    nemo_backend.journal.assert_once("credits")
    assert "NEMO_TOKEN" not in os.environ
"""
    )
    done.assert_outcomes(passed=1)


def test_the_production_host_is_answered(run: Run) -> None:
    done = run("""
def test_it(nemo_production, nemo_backend):
    httpx.get("https://mega-api-prod.nemovideo.ai" + PATH)
    nemo_backend.journal.assert_once("credits")
    nemo_production.get("https://example.com/").respond(204)
    assert httpx.get("https://example.com/").status_code == 204
""")
    done.assert_outcomes(passed=1)


def test_settings_come_from_the_ini_file_and_markers_have_their_way(run: Run) -> None:
    done = run(
        """
import pytest

def test_ini(nemo_backend):
    assert (nemo_backend.settings.dialect, nemo_backend.settings.seed, nemo_backend.settings.pace) == ("adk", 7, 0)
    assert nemo_backend.scenarios.active == ["no-credits"]

@pytest.mark.nemo(seed=8, silent_rate=1.0)
class TestMarked:
    @pytest.mark.nemo(seed=9, scenario=None, dialect="typed")
    def test_marker(self, nemo_backend):
        assert (nemo_backend.settings.dialect, nemo_backend.settings.seed) == ("typed", 9)
        assert nemo_backend.settings.silent_rate == 1.0
        assert nemo_backend.scenarios.active == []
""",
        "--strict-markers",
        "--strict-config",
        ini="nemo_dialect = adk\nnemo_seed = 7\nnemo_scenario = no-credits",
    )
    done.assert_outcomes(passed=2)


def test_a_test_runs_once_in_each_scenario_that_is_meant(run: Run) -> None:
    done = run(
        """
import pytest
from mock_server.scenarios import names

@pytest.mark.nemo(scenarios=("stream-cut*", "no-credits"), seed=3)
class TestThem:
    def test_it(self, nemo_url, nemo_backend, request):
        (name,) = nemo_backend.scenarios.active
        assert f"[{name}]" in request.node.name and nemo_backend.settings.seed == 3

    def test_without_a_backend(self):
        pass

@pytest.mark.nemo(scenarios="*")
def test_all(nemo_backend):
    assert nemo_backend.scenarios.active[0] in [scenario.name for scenario in names()]
""",
        "-v",
    )
    done.assert_outcomes(passed=5 + 1 + SCENARIOS)
    done.stdout.fnmatch_lines(["*::TestThem::test_it?stream-cut-mid-event? PASSED*"])


def test_a_client_that_asks_for_ever_comes_to_an_end(run: Run) -> None:
    done = run("""
def test_it(nemo_url):
    with httpx.Client() as client:
        while True:
            client.get(nemo_url + PATH)
""")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "*#1 credits: GET *",
            "*298 more of these",
            "*#300 credits: GET *",
            "*#301 credits: GET * no answer, cut (fault: reset=True)",
            "*more than 300 requests: no further one is answered",
        ]
    )


def test_a_marker_is_a_list_of_scenarios_too_and_no_bare_word(run: Run) -> None:
    done = run("""
import pytest

@pytest.mark.nemo(scenario=["no-credits", {"name": "mine"}])
def test_both(nemo_backend):
    assert nemo_backend.scenarios.active == ["no-credits", "mine"]
    assert len(nemo_backend.prepare("my-token", photos=2)) == 32

@pytest.mark.nemo("no-credits")
def test_bare(nemo_backend):
    pass
""")
    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(["*nemo takes its settings by name: nemo(scenario='no-credits')*"])


def test_a_pattern_that_means_no_scenario_is_told(run: Run) -> None:
    done = run("""
import pytest

@pytest.mark.nemo(scenarios="streams-*")
def test_it(nemo_backend):
    pass
""")
    done.stdout.fnmatch_lines(["*no scenario is 'streams-?'; there are free-plan, *"])


def test_a_backend_without_fixtures_needs_no_renderer_either(run: Run) -> None:
    done = run("""
import sys
from mock_server import Backend, Server

def test_it():
    for heavy in ("av", "cv2", "numpy"):
        sys.modules[heavy] = None  # as if it were not installed
    with Server(Backend(pace=0)) as server, httpx.Client(base_url=server.url) as http:
        answer = http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "me"})
        http.headers["Authorization"] = "Bearer " + answer.json()["data"]["token"]
        body = {"task_name": "project"}
        answer = http.post("/api/tasks/me/with-session/nemo_agent", json=body)
        session = answer.json()["data"]["session_id"]
        words = {"parts": [{"text": "make a video of the sea"}]}  # of pictures that are drawn
        http.post("/run_sse", json={"app_name": "nemo_agent", "user_id": "me",
                                    "session_id": session, "new_message": words})
        state = http.get(f"/api/state/nemo_agent/me/{session}/latest").json()["data"]["state"]
        assert state["generated_media"] and state["draft"]["t"]
""")
    done.assert_outcomes(passed=1)


def test_an_export_is_a_real_video_and_needs_no_renderer(run: Run) -> None:
    done = run("""
import sys

def test_it(nemo_url, tmp_path):
    for heavy in ("av", "cv2", "numpy"):
        sys.modules[heavy] = None  # as if it were not installed
    names = ("X-Skill-Source", "X-Skill-Version", "X-Skill-Platform")
    with httpx.Client(base_url=nemo_url, headers=dict.fromkeys(names, "x")) as http:
        answer = http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "me"})
        http.headers["Authorization"] = "Bearer " + answer.json()["data"]["token"]
        body = {"task_name": "project"}
        answer = http.post("/api/tasks/me/with-session/nemo_agent", json=body)
        session = answer.json()["data"]["session_id"]
        from PIL import Image
        photo = tmp_path / "cat.jpg"
        Image.new("RGB", (96, 64)).save(photo)
        files = {"files": ("cat.jpg", photo.read_bytes())}
        (file,) = http.post(f"/api/upload-video/nemo_agent/me/{session}", files=files).json()[
            "data"]["files"]
        assert (file["file_type"], file["width"], file["height"]) == ("image", 96, 64)
        refused = http.post(f"/api/upload-video/nemo_agent/me/{session}",
                            files={"files": ("cat.jpg", b"no picture at all")})
        assert refused.json()["code"] == 4001
        words = {"parts": [{"text": "turn my photos into a short video clip"}]}
        http.post("/run_sse", json={"app_name": "nemo_agent", "user_id": "me",
                                    "session_id": session, "new_message": words})
        state = http.get(f"/api/state/nemo_agent/me/{session}/latest").json()["data"]["state"]
        render = {"id": "render_1", "sessionId": session, "draft": state["draft"],
                  "output": {"format": "mp4", "quality": "high"}}
        http.post("/api/render/proxy/lambda", json=render)
        for _ in range(10_000):
            done = http.get("/api/render/proxy/lambda/render_1").json()
            if done["status"] == "completed":
                break
        assert done["output"]["duration"] == state["draft"]["d"] / 1000
        video = httpx.get(done["output"]["url"]).content
    for heavy in ("av", "cv2", "numpy"):
        del sys.modules[heavy]
    import av, io
    with av.open(io.BytesIO(video)) as container:
        assert len(list(container.decode(video=0))) == 1
        assert container.duration == state["draft"]["d"] * 1000
""")
    done.assert_outcomes(passed=1)


def test_who_lacks_the_packages_is_told_what_to_install(run: Run) -> None:
    done = run("""
import sys
sys.modules["anyio"] = None

def test_it(nemo_backend):
    pass
""")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*anyio is missing*its extra ?testing?*"])


def test_a_run_that_asks_for_no_fixture_loads_nothing_for_it() -> None:
    code = """
import sys, pytest
before = set(sys.modules)
import mock_server.pytest_plugin
print(*sorted(set(sys.modules) - before))
"""
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert loaded == ["mock_server", "mock_server.pytest_plugin"]
