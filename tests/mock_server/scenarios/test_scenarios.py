"""Scenarios: how they are told, what is refused, what turning one on and off does."""

import json
from dataclasses import fields, replace
from itertools import permutations
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mock_server.backend.credits import Prices
from mock_server.backend.settings import Settings
from mock_server.faults import ANY, Fault
from mock_server.faults.fault_schema import fault_fields, schema
from mock_server.http.summary import summary
from mock_server.journal import ENDPOINTS
from mock_server.scenarios import ScenarioError, load, names
from mock_server.strict_json import DEEPEST
from tests.mock_server.api import Api

RAINY = """\
name: rainy-day
description: The first message is cut, the second is not, the third costs too much.
settings: {seed: 7, silent_rate: 0}
faults:
  message:
    - {cut_after_events: 2}
    - {}
    - {code: 2001}
"""


def balance(api: Api) -> int:
    code: int = api.http.get("/api/credits/balance/simple").json()["code"]
    return code


class TestLoading:
    def test_from_yaml_from_json_and_from_a_mapping_it_is_the_same(self, tmp_path: Path) -> None:
        yaml = tmp_path / "rainy.yaml"
        yaml.write_text(RAINY, "utf-8")
        scenario = load(yaml)
        assert scenario.name == "rainy-day"
        assert [fault.told for fault in scenario.faults] == [
            {"cut_after_events": 2},
            {},
            {"code": 2001},
        ]
        value = {
            "name": scenario.name,
            "description": scenario.description,
            "settings": dict(scenario.settings),
            "faults": {"message": [fault.told for fault in scenario.faults]},
        }
        (tmp_path / "rainy.json").write_text(json.dumps(value), "utf-8")
        assert load(tmp_path / "rainy.json") == load(value) == scenario

    @pytest.mark.parametrize(
        ("value", "lines"),
        [
            ({}, ["name is missing"]),
            (["name"], ["must be an object"]),
            ({"name": "Rainy Day"}, ["name does not match ^[a-z0-9][a-z0-9-]*$"]),
            (
                {"name": "a", "colour": 1},
                ["colour is unknown; there are name, description, settings, faults"],
            ),
            ({"name": "a", "settings": {"plan": "gold"}}, ["settings.plan is 'gold', which is none of 'trial', 'free', 'pro'"]),
            ({"name": "a", "settings": {"seed": "x"}}, ["settings.seed must be a whole number"]),
            ({"name": "a", "settings": {"seed": 7.0}}, ["settings.seed must be a whole number"]),
            ({"name": "a", "settings": {"credits": -1}}, ["settings.credits is less than 0"]),
            ({"name": "a", "settings": {"silent_rate": 2}}, ["settings.silent_rate is more than 1"]),
            ({"name": "a", "faults": {"state": [{"drip": 0}]}}, ["faults.state[0].drip must be more than 0"]),
            (
                {"name": "a", "faults": {"nowhere": []}},
                [f"faults.nowhere is unknown; there are {', '.join((*ENDPOINTS, ANY))}"],
            ),
            (
                {"name": "a", "faults": {"state": [{}, {"times": 0, "status": 99}]}},
                ["faults.state[1].times is less than 1", "faults.state[1].status is less than 200"],
            ),
            (
                {"name": "a", "faults": {"message": [{"match": {"regex": "("}}]}},
                ["faults.message[0].match.regex is no regex"],
            ),
            (
                {"name": "a", "faults": {"state": [{"outcome": "failed"}, {"stop_work": True}]}},
                [
                    "faults.state[0]: outcome is for render, not state",
                    "faults.state[1]: stop_work is for message, not state",
                    "faults.state[1]: stop_work needs cut_after_bytes or cut_after_events",
                ],
            ),
            (
                {"name": "a", "faults": {"message": [{"stall": "never"}, {"mid_event": True}]}},
                ["faults.message[0].stall does not match ^forever$"],
            ),
        ],
    )  # fmt: skip
    def test_each_mistake_is_told_in_a_line_of_its_own(
        self, value: Any, lines: list[str], tmp_path: Path
    ) -> None:
        file = tmp_path / "mine.json"
        file.write_text(json.dumps(value), "utf-8")
        with pytest.raises(ScenarioError) as caught:
            load(file)
        assert caught.value.mistakes == lines
        assert str(caught.value) == "\n".join(f"mine.json: {line}" for line in lines)

    def test_what_is_no_yaml_is_told_with_its_line(self, tmp_path: Path) -> None:
        file = tmp_path / "mine.yaml"
        file.write_text("name: a\nfaults: [\n", "utf-8")
        with pytest.raises(ScenarioError, match=r"^mine\.yaml: line 3: no YAML: .+"):
            load(file)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("a: &a [1, 1]\nb: [*a, *a]\n", "line 2: no YAML: a scenario has no aliases"),
            (
                "faults:\n  state: [{}]\n  state: [{}]\n",
                "line 3: no YAML: state stands there twice",
            ),
            # What is nested too deep, by PyYAML's own limit or by ours.
            ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "line 1: no YAML: "),
            ("[" * 200_000, "line 1: no YAML: "),
            ("name: !!timestamp x\n", "a tag and its value do not fit"),
            ("name: !!int ''\n", "a tag and its value do not fit"),
            ("name: !!bool x\n", "a tag and its value do not fit"),
            ("name: !!python/name:os.system\n", "line 1: no YAML: "),
            (
                "name: a\nsettings: {credits: 99999999999999999999}",
                "settings.credits is more",
            ),
            (
                "name: a\nfaults: {state: [{delay: .inf}]}",
                r"faults.state\[0\].delay is more",
            ),
            (b"\xff\xfe\x00", "is no text in UTF-8: invalid start byte"),
            (b"#" * (2**20 + 1), "is larger than 1 MiB"),
        ],
        ids=lambda value: None if isinstance(value, str) and len(value) < 99 else "file",
    )
    def test_a_hostile_or_clumsy_file_is_refused_in_a_line(
        self, content: str | bytes, said: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "mine.yaml"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        with pytest.raises(ScenarioError, match=rf"^mine\.yaml: {said}.*$"):
            load(file)

    @pytest.mark.parametrize("body", ["{at: 2026-01-01}", "!!set {a}"])
    def test_yaml_that_is_no_json_is_refused(self, body: str, tmp_path: Path) -> None:
        file = tmp_path / "mine.yaml"
        file.write_text(f"name: a\nfaults: {{state: [{{body: {body}}}]}}\n", "utf-8")
        with pytest.raises(ScenarioError, match=r"^mine\.yaml: holds what JSON does not know: .+"):
            load(file)

    def test_a_name_there_is_not_is_told_with_those_there_are(self) -> None:
        with pytest.raises(ScenarioError, match=r"no such scenario; there are .*stream-cut, .*"):
            load("stream-cuts")


class TestTheSchema:
    def test_it_is_one_and_it_knows_the_fields_and_endpoints_of_a_fault(self) -> None:
        jsonschema.Draft202012Validator.check_schema(schema())
        assert ["endpoint", *fault_fields()] == list(Fault(ANY).to_json())
        parts = list(dict.fromkeys(rule["part"] for rule in fault_fields().values()))
        for part, held in zip(parts, fields(Fault)[1:], strict=True):
            told = [name for name, rule in fault_fields().items() if rule["part"] == part]
            assert told == list(vars(getattr(Fault(ANY), held.name))), part
        known = schema()["properties"]["faults"]["propertyNames"]["enum"]
        assert known == [*ENDPOINTS, ANY]

    def test_the_ready_made_ones_keep_it(self) -> None:
        for scenario in names():
            faults: dict[str, list[Any]] = {}
            for fault in scenario.faults:
                faults.setdefault(fault.endpoint, []).append(fault.told)
            value = {"name": scenario.name, "settings": dict(scenario.settings), "faults": faults}
            jsonschema.validate(value, schema())
            assert scenario.description.endswith("."), scenario.name


class TestOnAndOff:
    def test_the_faults_of_a_list_hit_in_order(self, api: Api) -> None:
        api.start()
        faults = [{"code": 2001}, {}, {"status": 503}]
        api.backend.scenarios.on({"name": "mine", "faults": {"credits": faults}})
        assert [balance(api) for _ in range(4)] == [2001, 0, 503, 0]

    def test_off_takes_the_faults_back_and_leaves_others(self, api: Api) -> None:
        api.start()
        api.backend.scenarios.on(
            {"name": "mine", "faults": {"credits": [{"code": 2001, "times": None}]}}
        )
        api.backend.fail("credits", code=4999)
        assert balance(api) == 2001
        api.backend.scenarios.off("mine")
        assert [balance(api) for _ in range(2)] == [4999, 0]
        with pytest.raises(KeyError):
            api.backend.scenarios.off("mine")

    def test_on_again_arms_it_anew(self, api: Api) -> None:
        api.start()
        for _ in range(2):
            api.backend.scenarios.on("code-1001-in-200")
            assert [balance(api) for _ in range(2)] == [1001, 0]
        assert api.backend.scenarios.active == ["code-1001-in-200"]

    def test_settings_come_and_go_and_the_last_has_its_way(self, api: Api) -> None:
        backend = api.backend
        before = backend.settings
        one = {"seed": 7, "dialect": "adk", "max_upload": 10, "prices": {"edit": 9}}
        backend.scenarios.on({"name": "one", "settings": one})
        backend.scenarios.on({"name": "two", "settings": {"seed": 8, "render_shape": "wrapped"}})
        first = replace(before, seed=7, dialect="adk", max_upload=10, prices=Prices(edit=9))
        assert backend.settings == replace(first, seed=8, render_shape="wrapped")
        backend.scenarios.off("two")
        assert backend.settings == first
        backend.scenarios.off("one")
        assert backend.settings == before

    @pytest.mark.parametrize("order", list(permutations(["one", "two", "three"])))
    def test_turned_off_in_any_order_they_leave_what_the_others_say(
        self, api: Api, order: tuple[str, ...]
    ) -> None:
        wanted: dict[str, dict[str, Any]] = {
            "one": {"seed": 1, "prices": {"edit": 1}, "plan": "free"},
            "two": {"seed": 2, "prices": {"question": 2}},
            "three": {"seed": 3, "silent_rate": 1, "plan": "pro", "credits": 3},
        }
        api.start()
        for name, settings in wanted.items():
            api.backend.scenarios.on({"name": name, "settings": settings})
        api.backend.configure(pace=0.5, seed=9)
        for name in order:
            api.backend.scenarios.off(name)
            del wanted[name]
            said: dict[str, Any] = {"seed": 9, "pace": 0.5, "plan": None, "credits": None}
            for settings in wanted.values():
                prices = said.get("prices", {}) | settings.get("prices", {})
                said |= settings | {"prices": prices}
            prices = Prices(**said.pop("prices", {}))
            assert api.backend.settings == Settings(
                silent_rate=said.pop("silent_rate", 0.0), prices=prices, **said
            )
            (account,) = summary(api.backend)["accounts"]
            credits = 100 if said["credits"] is None else said["credits"]
            assert (account["plan"], account["credits"]) == (said["plan"] or "trial", credits)

    def test_an_unrelated_scenario_gives_no_credits_back(self, api: Api) -> None:
        api.made()
        api.backend.scenarios.on({"name": "few", "settings": {"credits": 20}})
        api.say("make it 5 seconds")
        api.backend.scenarios.on({"name": "other", "settings": {"seed": 2}})
        api.backend.scenarios.off("other")
        assert api.credits()["total"] == 15

    def test_credits_and_plan_are_forced_and_given_back_less_what_was_spent(self, api: Api) -> None:
        api.made()
        api.backend.scenarios.on({"name": "mine", "settings": {"credits": 20, "plan": "free"}})
        assert (api.credits()["total"], api.render().json()["code"]) == (20, 402)
        api.say("make it 5 seconds")
        assert api.credits()["total"] == 15
        issued = api.token("client-2")["data"]
        assert issued["credits"] == 20
        api.backend.scenarios.off("mine")
        assert api.credits()["total"] == 100
        accounts = summary(api.backend)["accounts"]
        assert [(one["credits"], one["plan"]) for one in accounts] == [
            (45, "trial"),
            (100, "trial"),
        ]

    def test_a_reset_turns_them_off(self, api: Api) -> None:
        api.backend.scenarios.on("no-credits")
        api.backend.scenarios.on("slow")
        api.backend.reset()
        assert (api.backend.scenarios.active, api.backend.faults.armed()) == ([], [])
        assert api.token()["data"]["credits"] == 100


class TestRoutes:
    def test_one_is_turned_on_listed_and_turned_off(self, api: Api) -> None:
        def active() -> list[str]:
            rows = api.http.get("/__mock__/scenarios").json()["data"]
            assert all(row["description"] for row in rows if row["name"] != "mine")
            return [row["name"] for row in rows if row["active"]]

        api.start()
        assert active() == []
        assert api.http.post("/__mock__/scenarios", json={"name": "no-credits"}).status_code == 200
        mine = {"name": "mine", "faults": {"credits": [{"code": 4999}]}}
        answer = api.http.post("/__mock__/scenarios", json=mine).json()["data"]
        assert answer == {"name": "mine", "active": ["no-credits", "mine"]}
        assert active() == ["no-credits", "mine"]
        assert [balance(api) for _ in range(2)] == [4999, 0]
        assert api.credits()["total"] == 0
        assert api.http.delete("/__mock__/scenarios/no-credits").status_code == 200
        assert (active(), api.credits()["total"]) == (["mine"], 100)
        assert api.http.delete("/__mock__/scenarios/no-credits").status_code == 404
        api.http.delete("/__mock__/scenarios")
        assert active() == []

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ({"name": "stream-cuts"}, "no such scenario; there are"),
            ({"name": 7}, "name must be a text"),
            ({"name": "mine", "faults": {"state": [{"cut": 1}]}}, "faults.state[0].cut is unknown; there are times, "),
            ({}, "name is missing"),
        ],
    )  # fmt: skip
    def test_what_makes_no_sense_is_400(self, api: Api, body: dict[str, Any], said: str) -> None:
        answer = api.http.post("/__mock__/scenarios", json=body)
        assert answer.status_code == 400
        assert said in answer.json()["message"]

    def test_a_file_of_the_servers_cannot_be_named(self, api: Api, tmp_path: Path) -> None:
        file = tmp_path / "mine.yaml"
        file.write_text(RAINY, "utf-8")
        answer = api.http.post("/__mock__/scenarios", json={"name": str(file)})
        assert answer.status_code == 400

    def test_the_armed_faults_can_be_read_and_disarmed(self, api: Api) -> None:
        api.http.post("/__mock__/faults", json={"endpoint": "state", "code": 1002})
        (fault,) = api.http.get("/__mock__/faults").json()["data"]
        assert (fault["endpoint"], fault["code"], fault["times"]) == ("state", 1002, 1)
        api.http.delete("/__mock__/faults")
        assert api.http.get("/__mock__/faults").json()["data"] == []
