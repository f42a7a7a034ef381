"""What of a value is not as a JSON Schema has it, and where: the part of 2020-12 that the two
documents here use, the contract (openapi.yaml) and the scenarios (scenarios/schema.json).

A schema is walked, so that each difference is told in words that name its place.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

Severity = Literal["critical", "warning", "info"]
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """Where a value is not as its schema has it.

    severity: critical is a field that is missing or of the wrong type, warning a value outside of
              what is known (an enum, a range, a format), info a field the schema does not know.
    place:    "data.files[0].hash"; the value itself is "".
    """

    severity: Severity
    place: str
    said: str

    def __str__(self) -> str:
        return f"{self.place} {self.said}".strip()


@dataclass(frozen=True)
class Schemas:
    """The schemas of a document. `root` is all of it, to which its references point; `unknown`
    says of a field that is not among the known ones what is to be said of it. `whole`: a number
    with a point is no integer, not even 1.0."""

    root: Schema
    unknown: Callable[[list[str]], str]
    whole: bool = False

    def resolve(self, node: Schema) -> Schema:
        """A part of the document, or what its `$ref` stands for."""
        while "$ref" in node:
            target: Any = self.root
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    def differences(self, schema: Schema, value: Any, place: str = "") -> Iterator[Difference]:
        """In the order of an object's properties; fields it does not know are last of each."""
        schema = self.resolve(schema)
        if "oneOf" in schema:
            yield from self._nearest(schema["oneOf"], value, place)
            return
        types = schema.get("type", [])
        names = [types] if isinstance(types, str) else types
        if names and not any(self._is(name, value) for name in names):
            wanted = " or ".join(_TYPES[name][0] for name in names)
            yield Difference("critical", place, f"must be {wanted}")
        elif "const" in schema and value != schema["const"]:
            yield Difference("critical", place, f"must be {_quoted(schema['const'])}")
        elif "enum" in schema and value not in schema["enum"]:
            known = ", ".join(_quoted(item) for item in schema["enum"])
            yield Difference("warning", place, f"is {_quoted(value)}, which is none of {known}")
        elif isinstance(value, str):
            yield from _of_text(schema, value, place)
        elif isinstance(value, Mapping):
            yield from self._of_object(schema, value, place)
        elif isinstance(value, list):
            yield from self._of_list(schema, value, place)
        elif _is_number(value):
            if self.whole and abs(value) > LARGEST_WHOLE_NUMBER:
                yield Difference(
                    "warning", place, f"is more than {LARGEST_WHOLE_NUMBER}, whatever its sign"
                )
            yield from _of_number(schema, value, place)

    def _is(self, kind: str, value: Any) -> bool:
        return _TYPES[kind][1](value) and not (
            self.whole and kind == "integer" and isinstance(value, float)
        )

    def _of_object(
        self, schema: Schema, value: Mapping[str, Any], place: str
    ) -> Iterator[Difference]:
        prefix = f"{place}." if place else ""
        required, known = schema.get("required", []), schema.get("properties", {})
        others = schema.get("additionalProperties", not known)
        allowed = schema.get("propertyNames", {}).get("enum", [] if others else list(known))
        # As they are required, then as they are described, then as they come.
        for name in dict.fromkeys([*required, *known]):
            if name in value:
                yield from self.differences(known.get(name, {}), value[name], f"{prefix}{name}")
            elif name in required:
                yield Difference("critical", f"{prefix}{name}", "is missing")
        for name in value:
            if name in known:
                continue
            if allowed and name not in allowed:
                yield Difference("info", f"{prefix}{name}", self.unknown(allowed))
            elif isinstance(others, Mapping):
                yield from self.differences(others, value[name], f"{prefix}{name}")

    def _of_list(self, schema: Schema, value: list[Any], place: str) -> Iterator[Difference]:
        limit = schema.get("maxItems", len(value))
        if len(value) < schema.get("minItems", 0):
            yield Difference("warning", place, "is empty")
            return
        if len(value) > limit:
            yield Difference("warning", place, f"has more than {limit} entries")
        for number, item in enumerate(value):
            yield from self.differences(schema.get("items", {}), item, f"{place}[{number}]")
        if "contains" in schema and not any(
            all(found.severity == "info" for found in self.differences(schema["contains"], item))
            for item in value
        ):
            yield Difference("warning", place, f"must hold {schema['contains']['description']}")

    def _nearest(self, branches: list[Schema], value: Any, place: str) -> list[Difference]:
        """The differences from the branch that is meant: the one whose fixed fields (a `type`, a
        `status`, `code` 0) are right, else the one that knows most of the fields."""

        def far(branch: Schema, found: list[Difference]) -> tuple[int, ...]:
            fixed = self._fixed(branch)
            fields = value if isinstance(value, Mapping) else {}
            right = sum(
                name in fields and not list(self.differences(fixed[name], fields[name]))
                for name in fixed
            )
            unknown = sum(item.severity == "info" for item in found)
            critical = sum(item.severity == "critical" for item in found)
            return len(fixed) - right, -right, unknown, critical, len(found)

        told = [
            (branch, list(self.differences(branch, value, place)))
            for branch in self._flat(branches)
        ]
        return min(told, key=lambda pair: far(*pair))[1]

    def _flat(self, branches: list[Schema]) -> Iterator[Schema]:
        for branch in map(self.resolve, branches):
            if "oneOf" in branch:
                yield from self._flat(branch["oneOf"])
            else:
                yield branch

    def _fixed(self, branch: Schema) -> dict[str, Schema]:
        known = branch.get("properties", {}).items()
        properties = {name: self.resolve(item) for name, item in known}
        return {
            name: item for name, item in properties.items() if "const" in item or "enum" in item
        }


def _of_text(schema: Schema, value: str, place: str) -> Iterator[Difference]:
    pattern, limit = schema.get("pattern"), schema.get("maxLength", len(value))
    if len(value) < schema.get("minLength", 0) or (
        pattern == r"\S" and not re.search(pattern, value)
    ):
        yield Difference("warning", place, "is empty")
    elif pattern and not re.search(pattern, value):
        yield Difference("warning", place, f"does not match {pattern}")
    if len(value) > limit:
        yield Difference("warning", place, f"is longer than {limit} characters")
    if "format" in schema and not STRING_FORMATS[schema["format"]](value):
        yield Difference("warning", place, f"is no {schema['format']}")


def _of_number(schema: Schema, value: float, place: str) -> Iterator[Difference]:
    if value < schema.get("minimum", value):
        yield Difference("warning", place, f"is less than {schema['minimum']}")
    if value > schema.get("maximum", value):
        yield Difference("warning", place, f"is more than {schema['maximum']}")
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield Difference("warning", place, f"must be more than {schema['exclusiveMinimum']}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


LARGEST_WHOLE_NUMBER = 2**53 - 1
"""The largest number that a scenario or a control route takes: up to there every language counts alike."""
_TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "object": ("an object", lambda value: isinstance(value, Mapping)),
    "array": ("a list", lambda value: isinstance(value, list)),
    "string": ("a string", lambda value: isinstance(value, str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "null": ("null", lambda value: value is None),
    "integer": ("a whole number", lambda value: _is_number(value) and value % 1 == 0),
    "number": ("a number", _is_number),
}


def _is_time(value: str) -> bool:
    try:
        return "T" in value and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc) and not re.search(r"\s", value)


def _is_regex(value: str) -> bool:
    try:
        re.compile(value)
    except re.error:
        return False
    return True


STRING_FORMATS: dict[str, Callable[[str], bool]] = {
    "binary": lambda value: True,
    "date-time": _is_time,
    "regex": _is_regex,
    "uri": _is_address,
}


def _quoted(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 80 else text[:80] + "…"
