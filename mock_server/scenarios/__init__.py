"""Faults and settings under one name, and those that are on. Knows faults, and no backend.

A scenario is a mapping as `schema.json` beside this file has it; ready-made ones lie there too,
several to a file:

    name: rainy-day
    settings: {seed: 7, plan: free}
    faults:
      message:
        - {cut_after_events: 2}  # the first
        - {}                     # the second is answered as usual
        - {code: 2001}
"""

import json
import threading
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Never

from mock_server.faults import Fault, Faults
from mock_server.faults.fault_schema import mistakes, schema
from mock_server.strict_json import DEEPEST

HERE = Path(__file__).parent
MAX_FILE_BYTES = 2**20
"""Bytes of a scenario's file."""


class ScenarioError(ValueError):
    """No scenario, or none that can be played: one line for each mistake."""

    def __init__(self, source: str, wrong: list[str]) -> None:
        super().__init__("\n".join(f"{source}: {line}" for line in wrong))
        self.mistakes = wrong


@dataclass(frozen=True)
class Scenario:
    """What goes wrong (`faults`, in the order in which they hit) and what is otherwise
    (`settings`, as in the schema)."""

    name: str
    description: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def names() -> list[Scenario]:
    """The ready-made scenarios, by name."""
    return list(_ready_made().values())


def load(source: str | Path | Mapping[str, Any]) -> Scenario:
    """A ready-made scenario by its name, one from a file of YAML or JSON, or one as a mapping.

    Raises ScenarioError with one line for each mistake, which says where it is and what is allowed;
    and OSError for a file that cannot be read.
    """
    if isinstance(source, Mapping):
        return _scenario(source, str(source.get("name", "scenario")))
    if isinstance(source, Path):
        return _scenario(_parsed(source), source.name)
    if source not in _ready_made():
        raise ScenarioError(source, [f"no such scenario; there are {', '.join(_ready_made())}"])
    return _ready_made()[source]


@cache
def _ready_made() -> dict[str, Scenario]:
    found = [
        _scenario(item, file.name) for file in sorted(HERE.glob("*.yaml")) for item in _parsed(file)
    ]
    return {scenario.name: scenario for scenario in found}


def _parsed(file: Path) -> Any:
    import yaml

    with file.open("rb") as opened:
        raw = opened.read(MAX_FILE_BYTES + 1)
    if len(raw) > MAX_FILE_BYTES:
        raise ScenarioError(file.name, [f"is larger than {MAX_FILE_BYTES // 2**20} MiB"])
    try:
        return json.loads(json.dumps(_plain(raw.decode("utf-8-sig"))))
    except UnicodeDecodeError as error:
        raise ScenarioError(file.name, [f"is no text in UTF-8: {error.reason}"]) from error
    except (TypeError, ValueError) as error:  # a date, a set
        raise ScenarioError(file.name, [f"holds what JSON does not know: {error}"]) from error
    except (AttributeError, LookupError) as error:  # PyYAML, of a `!!` that its value is not
        raise ScenarioError(file.name, [f"a tag and its value do not fit: {error}"]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        said = getattr(error, "problem", None) or "cannot be read"
        raise ScenarioError(file.name, [f"{place}no YAML: {said}"]) from error


def _plain(text: str) -> Any:
    """The value that a YAML text holds. Raises yaml.YAMLError, also for an alias, with which a few
    lines can stand for millions, for a key that stands twice, and for what is nested too deep."""
    import yaml

    def refuse(said: str, where: Any) -> Never:
        raise yaml.MarkedYAMLError(problem=said, problem_mark=where.start_mark)

    kind = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    levels = 0
    for event in yaml.parse(text, kind):
        levels += isinstance(event, yaml.CollectionStartEvent)
        levels -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            refuse("a scenario has no aliases", event)
        if levels > DEEPEST:
            refuse(f"nested more than {DEEPEST} levels deep", event)
    loader = kind(text)
    try:
        node = loader.get_single_node()
        nodes = [node] if node is not None else []
        while nodes:
            inner = nodes.pop()
            if isinstance(inner, yaml.MappingNode):
                keys = set()
                for key, item in inner.value:
                    nodes.append(item)
                    if isinstance(key, yaml.ScalarNode) and key.value in keys:
                        refuse(f"{key.value} stands there twice", key)
                    keys.add(key.value if isinstance(key, yaml.ScalarNode) else None)
            elif isinstance(inner, yaml.SequenceNode):
                nodes += inner.value
        return None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _scenario(value: Any, source: str) -> Scenario:
    if wrong := mistakes(schema(), value):
        raise ScenarioError(source, wrong)
    faults = []
    for endpoint, items in value.get("faults", {}).items():
        for number, item in enumerate(items):
            try:
                faults.append(Fault(endpoint, **item))
            except ValueError as error:
                place = f"faults.{endpoint}[{number}]"
                wrong += [f"{place}: {line}" for line in str(error).splitlines()]
    if wrong:
        raise ScenarioError(source, wrong)
    return Scenario(
        value["name"], value.get("description", ""), value.get("settings", {}), tuple(faults)
    )


class Scenarios:
    """The scenarios that are on. Their faults are armed among `faults`; `changed` is called after
    one was turned on or off, so that their settings can be laid over others: of two that disagree
    the one that was turned on later has its way."""

    def __init__(self, faults: Faults, changed: Callable[[], None]) -> None:
        self._faults = faults
        self._changed = changed
        self._on: dict[str, Scenario] = {}
        self._lock = threading.Lock()

    @property
    def active(self) -> list[str]:
        """Their names, in the order in which they were turned on."""
        return list(self._on)

    @property
    def playing(self) -> list[Scenario]:
        """Those that are on, in the order in which they were turned on."""
        return list(self._on.values())

    def listed(self) -> list[dict[str, Any]]:
        """The ready-made ones, and what else is on: name, description, and whether it is on."""
        known = {scenario.name: scenario for scenario in [*names(), *self.playing]}
        return [
            {"name": name, "description": scenario.description, "active": name in self._on}
            for name, scenario in known.items()
        ]

    def on(self, source: Scenario | str | Path | Mapping[str, Any]) -> Scenario:
        """Turn a scenario on (see `load`), or on anew: its faults are armed again."""
        scenario = source if isinstance(source, Scenario) else load(source)
        # Copies: the same scenario may be on in two backends, or twice one after the other.
        scenario = replace(scenario, faults=tuple(map(copy, scenario.faults)))
        with self._lock:
            self._drop(scenario.name)
            self._on[scenario.name] = scenario
            for fault in scenario.faults:
                self._faults.add(fault)
            self._changed()
        return scenario

    def off(self, name: str) -> None:
        """Raises KeyError if it is not on."""
        with self._lock:
            if name not in self._on:
                raise KeyError(name)
            self._drop(name)
            self._changed()

    def clear(self) -> None:
        """Turn all of them off."""
        with self._lock:
            for name in list(self._on):
                self._drop(name)
            self._changed()

    def _drop(self, name: str) -> None:
        scenario = self._on.pop(name, None)
        if scenario is not None:
            self._faults.remove(scenario.faults)
