"""What a fault and a scenario may hold (`scenarios/schema.json`), and what a value does not keep of it."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mock_server.openapi.json_schema import Schemas


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a scenario. Besides what the standard knows, a field of a fault bears its
    `part` (what it is about) and `endpoints` (where it can happen; everywhere, if there is none)."""
    file = Path(__file__).parents[1] / "scenarios" / "schema.json"
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def fault_fields() -> dict[str, dict[str, Any]]:
    """The schemas of the fields of a fault, by name."""
    fields: dict[str, dict[str, Any]] = schema()["$defs"]["fault"]["properties"]
    return fields


def mistakes(rule: Mapping[str, Any], value: Any) -> list[str]:
    """One line for each thing in `value` that is not as the schema `rule` has it."""
    return [str(found) for found in _schemas().differences(rule, value)]


@cache
def _schemas() -> Schemas:
    def unknown(known: list[str]) -> str:
        return f"is unknown; there are {', '.join(known)}"

    return Schemas(schema(), unknown, whole=True)
