"""The page on contract testing: its script and its tests are run as they stand, and what it says of
the script's bug is what pytest says."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.waiting import HANGS

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "contract-testing.md").read_text("utf-8")


def _block(first_line: str, language: str = "py") -> str:
    found = re.search(
        rf"^```{language}\n({re.escape(first_line)}\n.*?)^```$", PAGE, re.DOTALL | re.M
    )
    assert found is not None, first_line
    return found[1]


@pytest.fixture
def folder(pytester: pytest.Pytester) -> pytest.Pytester:
    (pytester.path / "make_clip.py").write_text(_block("# make_clip.py"), "utf-8")
    (pytester.path / "test_make_clip.py").write_text(_block("# test_make_clip.py"), "utf-8")
    return pytester


def test_the_bug_is_found(folder: pytest.Pytester) -> None:
    done = folder.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(passed=1, failed=1)
    told = _block("AssertionError: the same message was sent again:", "output")
    said = [line[8:] for line in done.outlines if line.startswith("E   ")]
    assert said == told.splitlines()


def test_mended_the_script_passes(folder: pytest.Pytester) -> None:
    script = folder.path / "make_clip.py"
    before, _, _ = script.read_text("utf-8").partition("def say(")
    script.write_text(before + _block("# make_clip.py, mended"), "utf-8")
    tests = folder.path / "test_make_clip.py"
    more = _block("# test_make_clip.py, one more")
    tests.write_text(f"{tests.read_text('utf-8')}\n\n{more}", "utf-8")
    folder.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=5)


@pytest.mark.skipif(not (shutil.which("curl") and os.name == "posix"), reason="needs sh and curl")
def test_the_lines_for_other_languages_work_as_they_stand(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    mock = f'exec {shlex.quote(sys.executable)} -m skill "$@"'
    skill = "curl -s $NEMO_API_URL/api/credits/balance/simple"
    for name, line in (("image-to-video", mock), ("my-skill", skill)):
        (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    script = _block("image-to-video mock --port 8123 --seed 7 --dialect adk &", "sh")
    script = script.replace("8123", port).replace("endpoint=message", "endpoint=credits")
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path,
        env={**os.environ, **path},
        stdout=subprocess.PIPE,
        text=True,
        timeout=HANGS,
        check=True,
    )
    armed, refused, asked, wrong, reset = _answers(done.stdout)
    assert armed["data"]["cut_after_events"] == 2
    assert refused["code"] == 1001
    assert [entry["number"] for entry in asked["data"]] == [1]
    assert wrong["data"] == asked["data"]  # it has no headers
    assert reset == {"code": 0, "message": "success", "data": None}


def _answers(printed: str) -> Iterator[dict[str, Any]]:
    """The JSON that curl printed, one behind the other, after what the mock said as it began."""
    while (start := printed.find('{"code"')) >= 0:
        answer, end = json.JSONDecoder().raw_decode(printed, start)
        printed = printed[end:]
        yield answer
