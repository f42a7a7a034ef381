"""Whether what --json printed is what `image-to-video schema` says, with nothing beside it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from skill.cli.json_schema import schemas


def complaints(answer: object, command: str | None = None) -> list[str]:
    """What is wrong with the object on stdout."""
    return _told(_validators(command)["answer"], answer)


def complaints_of_event(event: object) -> list[str]:
    """What is wrong with a line on stderr."""
    return _told(_validators(None)["event"], event)


def check(out: str, err: str) -> None:
    """That a command's output is one object and lines of JSON, each as its schema says."""
    answer = json.loads(out)
    assert complaints(answer, answer["command"] or None) == [], answer
    for line in err.splitlines():
        assert complaints_of_event(json.loads(line)) == [], line


def _told(validator: Draft202012Validator, value: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


@cache
def _validators(command: str | None) -> dict[str, Draft202012Validator]:
    return {
        name: Draft202012Validator(
            _closed(schema), format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        for name, schema in schemas(command).items()
    }


def _closed(schema: Any) -> Any:
    """The same, with no property but those that are named: ours are all to be written down."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if isinstance(closed.get("properties"), dict) and closed["properties"]:
        closed.setdefault("additionalProperties", False)
    return closed
