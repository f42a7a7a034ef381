"""The control routes for what is to go wrong: faults, one by one, and scenarios."""

from collections.abc import Callable
from typing import Any

from mock_server.backend.backend import Backend
from mock_server.errors import NOT_FOUND, ApiError, bad_request
from mock_server.scenarios import ScenarioError


def fault_actions() -> list[tuple[str, str, Callable[[Backend, dict[str, Any]], Any]]]:
    """Method, path and what is done, for `control_routes`."""
    return [
        ("GET", "/faults", _armed),
        ("POST", "/faults", _arm),
        ("DELETE", "/faults", _disarm),
        ("GET", "/scenarios", lambda backend, query: backend.scenarios.listed()),
        ("POST", "/scenarios", _on),
        ("DELETE", "/scenarios", _all_off),
        ("DELETE", "/scenarios/{name}", _off),
    ]


def _armed(backend: Backend, query: dict[str, Any]) -> Any:
    return [fault.to_json() for fault in backend.faults.armed()]


def _arm(backend: Backend, body: dict[str, Any]) -> Any:
    if not isinstance(body.get("endpoint"), str):
        raise bad_request("endpoint is missing or no text")
    try:
        return backend.fail(body.pop("endpoint"), **body).to_json()
    except (TypeError, ValueError) as error:
        raise bad_request(str(error)) from error


def _disarm(backend: Backend, query: dict[str, Any]) -> Any:
    backend.faults.clear()


def _on(backend: Backend, body: dict[str, Any]) -> Any:
    """`{"name": …}` alone is a ready-made one; anything else is a whole scenario."""
    source = body["name"] if body.keys() == {"name"} else body
    if not isinstance(source, str | dict):
        raise bad_request("name must be a text")
    try:
        scenario = backend.scenarios.on(source)
    except ScenarioError as error:
        raise bad_request(str(error)) from error
    return {"name": scenario.name, "active": backend.scenarios.active}


def _off(backend: Backend, query: dict[str, Any]) -> Any:
    try:
        backend.scenarios.off(query["name"])
    except KeyError as error:
        raise ApiError(NOT_FOUND, f"{query['name']} is not on") from error


def _all_off(backend: Backend, query: dict[str, Any]) -> Any:
    backend.scenarios.clear()
