"""A token's text appears in nothing that is printed."""

from __future__ import annotations

import pickle
import traceback

import pytest

from skill.errors import UsageError
from skill.token import Token

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
