"""A backend's settings: how they are told, what is laid over them."""

from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from mock_server import Backend, Plan
from mock_server.backend.credits import Prices
from mock_server.backend.settings import Settings, SettingsChanges
from mock_server.faults.fault_schema import schema


def test_whatever_is_a_setting_can_be_told_by_name() -> None:
    assert get_type_hints(SettingsChanges) == get_type_hints(Settings)


def test_a_scenario_sets_nothing_that_is_no_setting() -> None:
    wanted = schema()["$defs"]["settings"]["properties"]
    assert set(wanted) <= {item.name for item in fields(Settings)}
    assert list(wanted["prices"]["properties"]) == [item.name for item in fields(Prices)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"dialect": "latin"}, "no dialect 'latin'; there are typed, adk"),
        ({"render_shape": "round"}, "no render shape 'round'; there are bare, wrapped"),
    ],
)
def test_a_setting_of_no_known_kind_is_refused_at_once_and_later(
    wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Backend(**wrong)
    backend = Backend(seed=7)
    with pytest.raises(ValueError, match=said):
        backend.configure(**wrong)
    assert backend.settings == Settings(seed=7)
    backend.close()


def test_a_setting_there_is_not_is_refused() -> None:
    unknown: dict[str, Any] = {"colour": "red"}
    with pytest.raises(TypeError, match="colour"):
        Backend(**unknown)


def test_what_is_laid_over_leaves_the_settings_below_alone() -> None:
    below = Settings(prices=Prices(edit=9))
    above = below.overlaid({"plan": "free", "prices": {"question": 1}})
    assert above == Settings(plan=Plan.FREE, prices=Prices(edit=9, question=1))
    assert below == Settings(prices=Prices(edit=9))


def test_a_reset_gives_back_those_it_was_made_with() -> None:
    backend = Backend(pace=0, silent_rate=0.5)
    backend.configure(pace=1, seed=3, credits=5)
    backend.reset()
    assert backend.settings == Settings(pace=0, silent_rate=0.5)
    backend.close()
