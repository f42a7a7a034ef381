"""JSON that another version of the skill may have written, read by the kinds its values have to be of."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection
    from enum import StrEnum

    E = TypeVar("E", bound=StrEnum)

_REQUIRED: Any = object()


class DamagedRecordError(ValueError):
    """A record is not what any version has written; bears what is wrong with it."""


class NewerRecordError(ValueError):
    """A record holds a step, goal or the like that only a newer version knows; bears its name."""


class Fields:
    """A JSON object whose values are taken out by the kind they have to be of. A key that is
    missing stands for the default; without one, and for another kind, DamagedRecordError."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise DamagedRecordError("no object")
        self._fields: dict[str, Any] = value

    @classmethod
    def parse(cls, text: object) -> Fields:
        """The JSON object in a text."""
        try:
            return cls(json.loads(text))  # type: ignore[arg-type]
        except (ValueError, TypeError, RecursionError) as error:
            raise DamagedRecordError("no JSON object") from error

    @property
    def all(self) -> dict[str, Any]:
        """The object as it is."""
        return self._fields

    def __contains__(self, key: str) -> bool:
        return key in self._fields

    def _take(self, key: str, kind: type | tuple[type, ...], default: Any) -> Any:
        value = self._fields.get(key, default)
        if value is _REQUIRED or not isinstance(value, kind):
            raise DamagedRecordError(key)
        if isinstance(value, bool) and kind is not bool:
            raise DamagedRecordError(key)
        return value

    def text(self, key: str, default: str = "") -> str:
        value: str = self._take(key, str, default)
        return value

    def needed(self, key: str) -> str:
        """A text that has to be there."""
        value: str = self._take(key, str, _REQUIRED)
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        value: bool = self._take(key, bool, default)
        return value

    def count(self, key: str) -> int:
        value: int = self._take(key, int, 0)
        return value

    def whole(self, key: str) -> int | None:
        value: int | None = self._take(key, (int, type(None)), None)
        return value

    def number(self, key: str) -> float | None:
        value: float | None = self._take(key, (int, float, type(None)), None)
        return value

    def optional_text(self, key: str) -> str | None:
        value: str | None = self._take(key, (str, type(None)), None)
        return value

    def json(self, key: str) -> dict[str, Any] | None:
        """An object that is none of ours."""
        value: dict[str, Any] | None = self._take(key, (dict, type(None)), None)
        return value

    def texts(self, key: str) -> list[str]:
        texts = self._take(key, list, [])
        if not all(isinstance(text, str) for text in texts):
            raise DamagedRecordError(key)
        return list(texts)

    def mapping(self, key: str, known: Collection[str]) -> dict[str, str]:
        """Texts by names that have to be `known` ones."""
        texts = self._take(key, dict, {})
        if not all(isinstance(text, str) for text in texts.values()):
            raise DamagedRecordError(key)
        for name in texts:
            if name not in known:
                raise NewerRecordError(name)
        return dict(texts)

    def object(self, key: str) -> Fields:
        return Fields(self._fields.get(key, {}))

    def objects(self, key: str) -> list[Fields]:
        return [Fields(value) for value in self._take(key, list, [])]

    def date(self, key: str) -> datetime:
        return date_of(self.needed(key))

    def choice(self, key: str, kind: type[E]) -> E:
        return _choice(self.needed(key), kind)

    def choices(self, key: str, kind: type[E]) -> tuple[E, ...]:
        return tuple(_choice(text, kind) for text in self.texts(key))


def _choice(text: str, kind: type[E]) -> E:
    try:
        return kind(text)
    except ValueError:
        raise NewerRecordError(text) from None


def date_of(text: object) -> datetime:
    """A date in ISO 8601; one without an offset is in UTC. Raises DamagedRecordError."""
    try:
        date = datetime.fromisoformat(text)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        raise DamagedRecordError("date") from None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)


_OBJECTS = ("files", "media", "left_out", "failure")


def with_unknown(record: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """`record`, with what stands in the one `before` it that this version does not know: keys,
    also of those _OBJECTS in it that have not changed."""
    unknown = {key: value for key, value in before.items() if key not in record}
    objects = {
        key: _as_it_stood(record[key], before[key])
        for key in _OBJECTS
        if key in record and key in before
    }
    return {**record, **objects, **unknown}


def _as_it_stood(value: Any, before: Any) -> Any:
    """What is there already, where it holds all of `value`."""
    if isinstance(value, list) and isinstance(before, list):
        return [next((old for old in before if _holds(old, one)), one) for one in value]
    return before if _holds(before, value) else value


def _holds(before: Any, value: Any) -> bool:
    if isinstance(value, dict) and isinstance(before, dict):
        return all(key in before and _holds(before[key], one) for key, one in value.items())
    return bool(before == value)
