"""The contract as a document (openapi.yaml), and what a value has that is not so. Imports no other wing.

A value is held to a schema in two ways that agree: compiled, which is fast and says no more than
yes or no, and by walking the schema, which says what is where.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

from mock_server.openapi.json_schema import STRING_FORMATS, Difference, Schema, Schemas

ATTRIBUTION = ("X-Skill-Source", "X-Skill-Version", "X-Skill-Platform")
"""The headers that every request carries, so that it is known for whom it is."""
NOT_IN_CONTRACT = "is not in the contract"
WALKS = 10
"""How often a value is held to a schema before that is compiled: the first costs some 20 us each
time, the second some 2 ms once and 2 us from then on."""


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
    return list(schemas().differences({"$ref": f"#/components/schemas/{schema}"}, value))


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
                found += schemas().differences(header.schema, value, place)
    for name in headers:
        if name.startswith("x-skill-") and name not in known:
            found.append(Difference("info", f"header.{name.title()}", NOT_IN_CONTRACT))
    return found


def answer_differences(
    operation: Operation, status: int, kind: str, value: Any
) -> list[Difference]:
    """The same for an answer: its status, its content type without parameters, and its `value`,
    where it is JSON."""
    answers = operation.answers.get(status)
    if answers is None:
        return [Difference("warning", "status", f"{status} {NOT_IN_CONTRACT}")]
    if kind not in answers:
        return [Difference("critical", "header.Content-Type", f"must be {' or '.join(answers)}")]
    schema = answers[kind]
    return [] if schema is None else differences(schema, value)


@cache
def schemas() -> Schemas:
    """The schemas of the document, to hold a value to."""
    return Schemas(document(), unknown=lambda known: NOT_IN_CONTRACT)


def _operation(path: str, method: str, item: Schema) -> Operation:
    parameters = [schemas().resolve(parameter) for parameter in item.get("parameters", [])]
    answers = {
        int(status): schemas().resolve(response)["content"]
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
        event=_name(schemas().resolve(stream["schema"])["properties"]["data"]["contentSchema"])
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
            return next(schemas().differences(self._schema, value), None) is None
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
            closed, formats=STRING_FORMATS, use_default=False, detailed_exceptions=False
        )
        return validate


def _closed(schema: Schema, *, part: bool = False) -> dict[str, Any]:
    """A schema without references that refuses fields it does not know. `part`: it is one that
    only some of the fields are told of, and stays open. The first of `oneOf` is enough."""
    schema = schemas().resolve(schema)
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


KEYWORDS = frozenset(
    (
        *("type", "const", "enum", "required", "pattern", "format"),
        *("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"),
    )
)
"""The keywords, beside those that hold schemas, that the document may use."""
