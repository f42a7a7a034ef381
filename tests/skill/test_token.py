"""A token's text appears in nothing that is printed."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import traceback

import pytest

from skill.errors import UsageError
from skill.token import Token
from tests.skill.conftest import ROOT

CANARY = "nmv_usr_canary_0123456789"


def test_it_shows_itself_in_no_form() -> None:
    token = Token(CANARY)
    shown = [
        repr(token),
        str(token),
        f"{token}",
        f"{token:>30}",
        f"{token}",
        repr([token]),
        repr({"t": token}),
    ]
    assert not any("canary" in text for text in shown)
    assert token.reveal() == CANARY


def test_it_is_not_pickled_and_has_no_dict() -> None:
    token = Token(CANARY)
    with pytest.raises(TypeError):
        pickle.dumps(token)
    with pytest.raises(TypeError):
        vars(token)


@pytest.mark.parametrize(
    "text", ["", "canary with space", "canary\nX: y", "canary\x00", "canaryé", "c" * 5000]
)
def test_what_is_no_header_value_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Token(text)
    shown = "".join(traceback.format_exception(caught.value))
    assert "canary" not in caught.value.message + caught.value.hint
    assert f"{text!r}" not in shown or text == ""


def test_equal_tokens_are_equal() -> None:
    assert Token(CANARY) == Token(CANARY)
    assert Token(CANARY) != Token("another-one")
    assert len({Token(CANARY), Token(CANARY)}) == 1


# Tokens in cycles, as kept errors hold them: the collector frees them, at the first, the second,
# the third … allocation within `hide`. The interpreter fills what is freed with a pattern, so that
# whoever reads it falls over it.
_COLLECTED_MEANWHILE = """
import gc
from skill.token import Token, hide

def fail(text):
    token = Token(text)
    try:
        raise ValueError
    except ValueError as error:
        kept = error

first = Token("first-one")
for allocations in range(24):
    gc.collect()
    gc.set_threshold(1_000_000)
    for n in range(40):
        fail(f"token-{n}")
    last = Token("last-one")
    gc.set_threshold(gc.get_count()[0] + allocations)
    assert hide("first-one last-one") == "[token] [token]"
"""


def test_tokens_may_be_collected_while_a_text_is_cleaned() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _COLLECTED_MEANWHILE],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONMALLOC": "debug"},
    )
    assert (done.returncode, done.stderr) == (0, "")
