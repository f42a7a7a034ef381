"""Schemathesis, a stranger to this project, reads the contract and tries the mock against it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mock_server import openapi
from tests.mock_server.api import ATTRIBUTION, MAKE, Api
from tests.mock_server.conftest import Serve
from tests.waiting import HANGS

TOKEN = "nmv_usr_schemathesis"
HOOKS = """
from itertools import count
import schemathesis

IDS = {{"session_id": {session!r}, "sessionId": {session!r}, "task_id": {task!r}}}
numbers = count()

@schemathesis.hook
def before_call(ctx, case, kwargs):
    # Well-formed ids and addresses become those of what there is.
    if "session" in case.path_parameters:
        case.path_parameters["session"] = {session!r}
    if "render" in case.path_parameters:
        cancel = case.path.endswith("/cancel")
        case.path_parameters["render"] = "render_stuck" if cancel else "render_done"
    if isinstance(case.body, dict):
        for name, real in IDS.items():
            if well_formed(case.body.get(name), 200):
                case.body[name] = real
        if "sessionId" in case.body and well_formed(case.body.get("id"), 128):
            case.body["id"] = f"render_{{next(numbers)}}"
        urls = case.body.get("urls")
        if isinstance(urls, list) and all(isinstance(url, str) for url in urls):
            case.body["urls"] = [{url!r}] * len(urls)

def well_formed(given, limit):
    return isinstance(given, str) and given.strip() and len(given) <= limit
"""
CONFIG = """
[checks]
# A bad token is code 1001 inside a 200, not a 401.
ignored_auth.enabled = false
# Attribution is missed in the journal, and refused for an export.
missing_required_header.enabled = false

[[operations]]
include-operation-id = "render_cancel"
# The second time it is cancelled already.
checks.positive_data_acceptance.enabled = false
"""


@pytest.mark.parametrize(("render_shape", "dialect"), [("bare", "typed"), ("wrapped", "adk")])
def test_finds_nothing(serve: Serve, tmp_path: Path, render_shape: str, dialect: str) -> None:
    api = serve(render_shape=render_shape, dialect=dialect)
    code, said = schemathesis(prepared(api), tmp_path)
    assert code == 0, said
    assert re.search(r"Tested: 11\b", said), said
    journal = api.backend.journal
    for name in openapi.operations():
        assert any(entry.status == 200 and entry.code == 0 for entry in journal.calls(name)), name


@pytest.mark.parametrize(
    ("balance", "found"),
    [
        ({"available": "100", "frozen": 0, "total": 100}, "Response violates schema"),
        (None, "Server error"),
    ],
)
def test_finds_what_is_wrong(
    serve: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    breaches: list[str],
    balance: object,
    found: str,
) -> None:
    api = prepared(serve())
    monkeypatch.setattr(api.backend.credits, "balance", lambda account: balance or 1 / 0)
    code, said = schemathesis(api, tmp_path, "--include-operation-id", "credits")
    assert code == 1
    assert found in said
    breaches.clear()


def prepared(api: Api) -> Api:
    """A project with a first cut, a render that is done and one that never will be."""
    api.backend.accounts.add(TOKEN, credits=10**9)
    api.http.headers["Authorization"] = f"Bearer {TOKEN}"
    path = "/api/tasks/me/with-session/nemo_agent"
    data = api.http.post(path, json={"task_name": "project"}).json()["data"]
    api.session, api.task = data["session_id"], data["task_id"]
    api.upload("beach.png")
    api.say(MAKE)
    api.render("render_done")
    api.wait("render_done")
    api.backend.fail("render", outcome="stuck")
    api.render("render_stuck")
    api.backend.journal.clear()
    return api


def schemathesis(api: Api, folder: Path, *options: str) -> tuple[int, str]:
    """Exit code and output of its command line."""
    url = api.state()["video_infos"][0]["cdn_url"]
    (folder / "hooks.py").write_text(HOOKS.format(session=api.session, task=api.task, url=url))
    (folder / "schemathesis.toml").write_text(CONFIG)
    headers = {"Authorization": f"Bearer {TOKEN}", **ATTRIBUTION}
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{api.server.url}/openapi.json"]
    command += ["--url", api.server.url, "--generation-deterministic", "--max-examples", "20"]
    command += [word for pair in headers.items() for word in ("-H", ": ".join(pair))]
    ran = subprocess.run(
        [*command, *options],
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(folder)},
        capture_output=True,
        encoding="utf-8",
        timeout=HANGS,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr
