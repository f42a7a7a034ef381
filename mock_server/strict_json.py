"""JSON in the strict sense: what Python reads beyond RFC 8259 (NaN, Infinity) or writes as such (a
number beyond all bounds) is none, so that all that is read can be handed on."""

import json
import math
from typing import Any, Never

DEEPEST = 100
"""Levels of lists and objects that are taken, kept and shown."""


def loads(text: str | bytes) -> Any:
    """Raises ValueError for what is no JSON, or nested without end."""
    try:
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def loads_or_none(text: str | bytes) -> Any:
    """None for what is no JSON."""
    try:
        return loads(text)
    except ValueError:
        return None


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is too large a number")
    return value
