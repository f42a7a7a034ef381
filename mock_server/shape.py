"""What a fault and a scenario may hold (`scenarios/schema.json`), and what a value does not keep of it.

The part of JSON Schema that the file uses, so that each mistake is told in one line that says where
it is and what is allowed there.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

LARGEST = 2**53 - 1
"""The largest number that makes sense: up to there every language counts alike."""
_TYPES: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "string": ("a text", str),
    "integer": ("a whole number", int),
    "number": ("a number", (int, float)),
    "boolean": ("true or false", bool),
    "array": ("a list", list),
    "object": ("a mapping", Mapping),
    "null": ("null", type(None)),
}


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a scenario. Besides what the standard knows, a field of a fault bears its
    `part` (what it is about) and `endpoints` (where it can happen; everywhere, if there is none)."""
    file = Path(__file__).parent / "scenarios" / "schema.json"
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def fault_fields() -> dict[str, dict[str, Any]]:
    """The schemas of the fields of a fault, by name."""
    fields: dict[str, dict[str, Any]] = schema()["$defs"]["fault"]["properties"]
    return fields


def mistakes(rule: Mapping[str, Any], value: Any, place: str = "") -> Iterator[str]:
    """One line for each thing in `value` that is not as the schema `rule` has it."""
    if not rule:
        return
    if "$ref" in rule:
        rule = schema()["$defs"][rule["$ref"].rpartition("/")[2]]
    at = f"{place}: " if place else ""
    kinds = rule.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(kind, value) for kind in kinds):
        yield f"{at}{_shown(value)} is not {_either(_TYPES[kind][0] for kind in kinds)}"
        return
    if "enum" in rule and value not in rule["enum"]:
        yield f"{at}{_shown(value)} is not {_either(map(_name, rule['enum']))}"
    if isinstance(value, str):
        yield from (f"{at}{said}" for said in _text(rule, value))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from (f"{at}{said}" for said in _number(rule, value))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from mistakes(rule.get("items", {}), item, f"{place}[{number}]")
    elif isinstance(value, Mapping):
        yield from _mapping(rule, value, place)


def _mapping(rule: Mapping[str, Any], value: Mapping[Any, Any], place: str) -> Iterator[str]:
    at, dot = (f"{place}: ", f"{place}.") if place else ("", "")
    known, others = rule.get("properties", {}), rule.get("additionalProperties", {})
    allowed = known if others is False else rule.get("propertyNames", {}).get("enum")
    for name in rule.get("required", ()):
        if name not in value:
            yield f"{at}{name} is missing"
    for name, item in value.items():
        if allowed is not None and name not in allowed:
            yield f"{at}there is no {name}; there are {', '.join(allowed)}"
        else:
            yield from mistakes(known.get(name, others), item, f"{dot}{name}")


def _text(rule: Mapping[str, Any], value: str) -> Iterator[str]:
    if "pattern" in rule and not re.search(rule["pattern"], value):
        yield f"{_shown(value)} is not {rule['pattern'].strip('^$')}"
    if rule.get("format") == "regex":
        try:
            re.compile(value)
        except re.error as error:
            yield f"{_shown(value)} is no regular expression: {error}"


def _number(rule: Mapping[str, Any], value: float) -> Iterator[str]:
    if abs(value) > LARGEST:
        yield f"{_shown(value)} is more than {LARGEST}, with either sign"
    if value < rule.get("minimum", value):
        yield f"{value} is less than {rule['minimum']}"
    if value > rule.get("maximum", value):
        yield f"{value} is more than {rule['maximum']}"
    if "exclusiveMinimum" in rule and value <= rule["exclusiveMinimum"]:
        yield f"{value} is not more than {rule['exclusiveMinimum']}"


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "number" and value != value:  # not a number
        return False
    return isinstance(value, _TYPES[kind][1])


def _shown(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = str(value)
    return text if len(text) <= 60 else text[:60] + "…"


def _name(value: Any) -> str:
    return "null" if value is None else str(value)


def _either(names: Any) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else str(last)
