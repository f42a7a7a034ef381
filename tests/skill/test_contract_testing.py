"""The page on contract testing: its script and its tests are run as they stand, and what it says of
the script's bug is what pytest says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PAGE = (Path(__file__).parents[2] / "docs" / "contract-testing.md").read_text("utf-8")


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
