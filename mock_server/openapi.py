"""The contract as a document (openapi.yaml), and what a request or an answer has that is not so.

A value is held to a schema in two ways that agree: compiled, which is fast and says no more than
yes or no, and by walking the schema, which says what is where.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from importlib import resources
from typing import Any, Literal
from urllib.parse import urlsplit

Severity = Literal["critical", "warning", "info"]
Schema = Mapping[str, Any]

UNKNOWN = "is not in the contract"
WALKS = 10
"""How often a value is held to a schema before that is compiled: the first costs some 20 us each
time, the second some 2 ms once and 2 us from then on."""


@dataclass(frozen=True)
class Difference:
    """Where a value is not as its schema has it.

    severity: critical is a field that is missing or of the wrong type, warning a value outside of
              what is known (an enum, a range, a format), info a field the contract does not know.
    place:    "data.files[0].hash"; the value itself is "".
    """

    severity: Severity
    place: str
    said: str

    def __str__(self) -> str:
        return f"{self.place} {self.said}".strip()


@dataclass(frozen=True)
class Header:
    """A header an operation asks for; `key` is its name in lower case."""

    name: str
    key: str
    schema: Schema


@dataclass(frozen=True)
class Operation:
    """One endpoint as the document has it. Schemas are names in `#/components/schemas`.

    requests: by content type, what a body is; empty where none is sent.
    answers:  by status and content type, what the whole of it is; None where it is no JSON.
    event:    what the `data:` of an event of its stream holds.
    """

    name: str
    method: str
    path: str
    headers: tuple[Header, ...]
    query: frozenset[str]
    requests: Mapping[str, str]
    answers: Mapping[int, Mapping[str, str | None]]
    event: str | None

    @cached_property
    def header_keys(self) -> frozenset[str]:
        return frozenset(header.key for header in self.headers)


@cache
def document() -> dict[str, Any]:
    """The document, parsed once. Not to be changed."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the first is C, and not everywhere
    text = resources.files(__package__).joinpath("openapi.yaml").read_text("utf-8")
    parsed: dict[str, Any] = yaml.load(text, loader)  # noqa: S506 - both are safe
    return parsed


@cache
def as_json() -> bytes:
    """The document as JSON."""
    return json.dumps(document(), ensure_ascii=False).encode()


@cache
def operations() -> dict[str, Operation]:
    """The operations by their operationId."""
    return {
        item["operationId"]: _operation(path, method, item)
        for path, methods in document()["paths"].items()
        for method, item in methods.items()
    }


def holds(schema: str, value: Any) -> bool:
    """Whether there is no difference at all between a value and the schema of that name."""
    return _check(schema)(value)


def differences(schema: str, value: Any) -> list[Difference]:
    """What is not as the schema of that name has it, in the order of its properties, fields that
    are not in the contract last of each object."""
    if holds(schema, value):
        return []
    return list(_differ(document()["components"]["schemas"][schema], value, ""))


def header_differences(operation: Operation, headers: Mapping[str, str]) -> list[Difference]:
    """The same for headers, whose names are in lower case. Places are like header.X-Client-Id."""
    found: list[Difference] = []
    known = operation.header_keys
    if not _check_headers(operation.name)(headers):
        for header in operation.headers:
            place, value = f"header.{header.name}", headers.get(header.key)
            if value is None:
                found.append(Difference("critical", place, "is missing"))
            else:
                found += _differ(header.schema, value, place)
    for name in headers:
        if name.startswith("x-skill-") and name not in known:
            found.append(Difference("info", f"header.{name.title()}", UNKNOWN))
    return found


def answer_differences(
    operation: Operation, status: int, kind: str, value: Any
) -> list[Difference]:
    """The same for an answer: its status, its content type without parameters, and its `value`,
    where it is JSON."""
    answers = operation.answers.get(status)
    if answers is None:
        return [Difference("warning", "status", f"{status} {UNKNOWN}")]
    if kind not in answers:
        return [Difference("critical", "header.Content-Type", f"must be {' or '.join(answers)}")]
    schema = answers[kind]
    return [] if schema is None else differences(schema, value)


def resolve(node: Schema) -> Schema:
    """A part of the document, or what its `$ref` stands for."""
    while "$ref" in node:
        target: Any = document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def _operation(path: str, method: str, item: Schema) -> Operation:
    parameters = [resolve(parameter) for parameter in item.get("parameters", [])]
    answers = {
        int(status): resolve(response)["content"]
        for status, response in item["responses"].items()
        if status != "default"
    }
    stream = answers[200].get("text/event-stream")
    return Operation(
        name=item["operationId"],
        method=method.upper(),
        path=path,
        headers=tuple(
            Header(parameter["name"], parameter["name"].lower(), parameter["schema"])
            for parameter in parameters
            if parameter["in"] == "header"
        ),
        query=frozenset(
            parameter["name"] for parameter in parameters if parameter["in"] == "query"
        ),
        requests={
            kind: _name(media["schema"]) or ""
            for kind, media in item.get("requestBody", {}).get("content", {}).items()
        },
        answers={
            status: {
                kind: _name(media["schema"]) if kind == "application/json" else None
                for kind, media in content.items()
            }
            for status, content in answers.items()
        },
        event=_name(resolve(stream["schema"])["properties"]["data"]["contentSchema"])
        if stream
        else None,
    )


def _name(schema: Schema) -> str | None:
    return schema["$ref"].rpartition("/")[2] if "$ref" in schema else None


# Yes or no


@cache
def _check(schema: str) -> "_Check":
    return _Check(document()["components"]["schemas"][schema])


@cache
def _check_headers(operation: str) -> "_Check":
    headers = operations()[operation].headers
    return _Check(
        {
            "type": "object",
            "required": [header.key for header in headers],
            "properties": {header.key: header.schema for header in headers},
            "additionalProperties": True,
        }
    )


class _Check:
    """Whether a value has no difference from a schema: walked at first, and compiled once it has
    been asked so often that the milliseconds are worth it."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._asked = 0
        self._validate: Callable[[Any], Any] | None = None

    def __call__(self, value: Any) -> bool:
        self._asked += 1
        if self._asked < WALKS:
            return next(_differ(self._schema, value, ""), None) is None
        if self._validate is None:
            self._validate = self._compiled()
        try:
            self._validate(value)
        except ValueError:  # fastjsonschema's are
            return False
        return True

    def _compiled(self) -> Callable[[Any], Any]:
        import fastjsonschema

        closed = _closed(self._schema)
        validate: Callable[[Any], Any] = fastjsonschema.compile(
            closed, formats=_FORMATS, use_default=False, detailed_exceptions=False
        )
        return validate


def _closed(schema: Schema, *, part: bool = False) -> dict[str, Any]:
    """A schema without references that refuses fields it does not know. `part`: it is one that
    only some of the fields are told of, and stays open. The first of `oneOf` is enough."""
    schema = resolve(schema)
    closed = {key: value for key, value in schema.items() if key in KEYWORDS}
    if "const" in closed:
        # fastjsonschema 2.22 cannot compile a const without its detailed exceptions.
        closed["enum"] = [closed.pop("const")]
    if "properties" in schema:
        known = schema["properties"].items()
        closed["properties"] = {name: _closed(item, part=part) for name, item in known}
        closed["additionalProperties"] = part or schema.get("additionalProperties", False)
    if "items" in schema:
        closed["items"] = _closed(schema["items"], part=part)
    if "contains" in schema:
        closed["contains"] = _closed(schema["contains"], part=True)
    if "oneOf" in schema:
        closed["anyOf"] = [_closed(branch, part=part) for branch in schema["oneOf"]]
    return closed


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


_FORMATS: dict[str, Callable[[str], bool]] = {
    "binary": lambda value: True,
    "date-time": _is_time,
    "uri": _is_address,
}
KEYWORDS = frozenset(
    (
        *("type", "const", "enum", "required", "pattern", "format"),
        *("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"),
    )
)
"""The keywords, beside those that hold schemas, that the document may use."""


# What is where

_TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "object": ("an object", lambda value: isinstance(value, dict)),
    "array": ("a list", lambda value: isinstance(value, list)),
    "string": ("a string", lambda value: isinstance(value, str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "null": ("null", lambda value: value is None),
    "integer": ("a whole number", lambda value: _is_number(value) and float(value).is_integer()),
    "number": ("a number", lambda value: _is_number(value)),
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _differ(schema: Schema, value: Any, place: str) -> Iterator[Difference]:
    schema = resolve(schema)
    if "oneOf" in schema:
        yield from _nearest(schema["oneOf"], value, place)
        return
    types = schema.get("type", [])
    names = [types] if isinstance(types, str) else types
    if names and not any(_TYPES[name][1](value) for name in names):
        wanted = " or ".join(_TYPES[name][0] for name in names)
        yield Difference("critical", place, f"must be {wanted}")
    elif "const" in schema and value != schema["const"]:
        yield Difference("critical", place, f"must be {_quoted(schema['const'])}")
    elif "enum" in schema and value not in schema["enum"]:
        known = ", ".join(_quoted(item) for item in schema["enum"])
        yield Difference("warning", place, f"is {_quoted(value)}, which is none of {known}")
    elif isinstance(value, str):
        yield from _differ_string(schema, value, place)
    elif isinstance(value, dict):
        yield from _differ_object(schema, value, place)
    elif isinstance(value, list):
        yield from _differ_list(schema, value, place)
    elif _is_number(value):
        if value < schema.get("minimum", value):
            yield Difference("warning", place, f"is less than {schema['minimum']}")
        if value > schema.get("maximum", value):
            yield Difference("warning", place, f"is more than {schema['maximum']}")


def _differ_string(schema: Schema, value: str, place: str) -> Iterator[Difference]:
    pattern, limit = schema.get("pattern"), schema.get("maxLength", len(value))
    if len(value) < schema.get("minLength", 0) or (
        pattern == r"\S" and not re.search(pattern, value)
    ):
        yield Difference("warning", place, "is empty")
    elif pattern and not re.search(pattern, value):
        yield Difference("warning", place, f"does not match {pattern}")
    if len(value) > limit:
        yield Difference("warning", place, f"is longer than {limit} characters")
    if "format" in schema and not _FORMATS[schema["format"]](value):
        yield Difference("warning", place, f"is no {schema['format']}")


def _differ_object(schema: Schema, value: dict[str, Any], place: str) -> Iterator[Difference]:
    prefix = f"{place}." if place else ""
    required, known = schema.get("required", []), schema.get("properties", {})
    # As they are required, then as they are described.
    for name in dict.fromkeys([*required, *known]):
        if name in value:
            yield from _differ(known.get(name, {}), value[name], f"{prefix}{name}")
        elif name in required:
            yield Difference("critical", f"{prefix}{name}", "is missing")
    if known and not schema.get("additionalProperties", False):
        for name in value:
            if name not in known:
                yield Difference("info", f"{prefix}{name}", UNKNOWN)


def _differ_list(schema: Schema, value: list[Any], place: str) -> Iterator[Difference]:
    limit = schema.get("maxItems", len(value))
    if len(value) < schema.get("minItems", 0):
        yield Difference("warning", place, "is empty")
        return
    if len(value) > limit:
        yield Difference("warning", place, f"has more than {limit} entries")
    for number, item in enumerate(value):
        yield from _differ(schema.get("items", {}), item, f"{place}[{number}]")
    if "contains" in schema and not any(
        all(found.severity == "info" for found in _differ(schema["contains"], item, ""))
        for item in value
    ):
        yield Difference("warning", place, f"must hold {schema['contains']['description']}")


def _nearest(branches: list[Schema], value: Any, place: str) -> list[Difference]:
    """The differences from the branch that is meant: the one whose fixed fields (a `type`, a
    `status`, `code` 0) are right, else the one that knows most of the fields."""

    def far(branch: Schema, found: list[Difference]) -> tuple[int, ...]:
        fixed = _fixed(branch)
        fields = value if isinstance(value, dict) else {}
        right = sum(_is(fixed, name, fields) for name in fixed)
        unknown = sum(item.severity == "info" for item in found)
        critical = sum(item.severity == "critical" for item in found)
        return len(fixed) - right, -right, unknown, critical, len(found)

    told = [(branch, list(_differ(branch, value, place))) for branch in _flat(branches)]
    return min(told, key=lambda pair: far(*pair))[1]


def _flat(branches: list[Schema]) -> Iterator[Schema]:
    for branch in map(resolve, branches):
        if "oneOf" in branch:
            yield from _flat(branch["oneOf"])
        else:
            yield branch


def _fixed(branch: Schema) -> dict[str, Schema]:
    properties = {name: resolve(item) for name, item in branch.get("properties", {}).items()}
    return {name: item for name, item in properties.items() if "const" in item or "enum" in item}


def _is(fixed: Mapping[str, Schema], name: str, value: Mapping[str, Any]) -> bool:
    return name in value and not list(_differ(fixed[name], value[name], ""))


def _quoted(value: Any) -> str:
    return repr(value) if isinstance(value, str) else json.dumps(value)
