"""One round of checks at a backend: what is known by now, and what the check at work has found."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mock_server import openapi
from mock_server.contract.client import Bearer, UnusableAnswerError
from mock_server.openapi.json_schema import Difference, Severity

if TYPE_CHECKING:
    from mock_server.contract.client import Answer, Client
    from mock_server.contract.facts import FetchedFile, RenderSnapshot
    from mock_server.contract.stream import Heard
    from mock_server.contract.target import Target

_STATUSES = {1001: 401, 1002: 404, 2001: 402, 4001: 415, 4002: 413}
"""The HTTP status that says as much as a code, where it comes alone."""
_TOKEN = re.compile(r"(nmv_usr_|clm_)[\w-]+")


@dataclass
class Context:
    """What the checks share. Facts are set by the check that learns them, and read by those that
    need it."""

    target: Target
    client: Client
    found: list[Difference] = field(default_factory=list)
    going_on: bool = False
    """Whether the check at work came to its end, so that others can go on from it."""

    client_id: str = ""
    session: str = ""
    task: str = ""
    user: str = ""
    media: list[dict[str, Any]] = field(default_factory=list)
    sent: bool = False
    before: float | None = None
    """Credits in all before the message; None until they are known."""
    held: float = 0.0
    """The most that was seen held while the message was being answered."""
    after: float | None = None
    heard: Heard | None = None
    draft: dict[str, Any] = field(default_factory=dict)
    render: str = ""
    snapshots: list[RenderSnapshot] = field(default_factory=list)
    output: dict[str, Any] = field(default_factory=dict)
    shape: str | None = None
    clip: FetchedFile | None = None

    # ------------------------------------------------------------ what is found

    def critical(self, place: str, said: str) -> None:
        self._note("critical", place, said)

    def warning(self, place: str, said: str) -> None:
        self._note("warning", place, said)

    def _note(self, severity: Severity, place: str, said: str) -> None:
        hide = self.target.hide
        self.found.append(Difference(severity, _shown(hide(place)), _shown(hide(said))))

    def compare(self, place: str, value: object, expected: object) -> None:
        """A value that has to be this one."""
        if value != expected:
            self.critical(place, f"is {value!r}, not {expected!r}")

    def hold(self, schema: str, value: Any, *, under: str = "") -> None:
        """Note where a value is not as its schema in the document has it."""
        for one in openapi.differences(schema, value):
            place = f"{under}.{one.place}" if under and one.place else under or one.place
            self._note(one.severity, place, one.said)

    # ------------------------------------------------------------ what is asked

    async def someone(self, **account: Any) -> Bearer:
        """Another account of the mock's, made for one check: `credits`, `plan`, `expire` as its
        control route takes them."""
        token = f"nmv_usr_{uuid.uuid4().hex}"
        await self.client.control("accounts", {"token": token, "create": True, **account})
        return Bearer(token)

    async def ask(self, operation: str, **request: Any) -> Any:
        """Make a request that has to succeed, hold its answer to the document, and return what it
        holds: `data`, or the whole of one without envelope. Raises UnusableError."""
        return self.take(await self.client.call(operation, **request))

    def take(self, answer: Answer) -> Any:
        """Hold an answer to the document and return what it holds. Raises UnusableError."""
        value = answer.json
        self._is_json(answer)
        refused = answer.code not in (0, None)
        schema = openapi.operations()[answer.operation].answers[200].get("application/json")
        if not refused and schema is not None:
            self.hold(schema, value)
        if refused or answer.status != 200:
            self.critical("code", f"refused: {_told(answer)}")
            raise UnusableAnswerError(_shown(f"refused: {_told(answer)}"))
        enveloped = "code" in value or "success" in value
        data = value.get("data") if enveloped else value
        if not isinstance(data, dict):
            raise UnusableAnswerError("there is no data in the answer")
        return data

    async def refuse(self, code: int | None, operation: str, **request: Any) -> None:
        """Make a request that has to be refused with that code; None is any code. It may come as
        an HTTP status, inside a 200, or as both."""
        self.refused(code, await self.client.call(operation, **request))

    def refused(self, code: int | None, answer: Answer) -> None:
        """Note where an answer is no refusal, or one with another code."""
        self._is_json(answer)
        if answer.code in (0, None):
            self.critical("code", "it was not refused")
            return
        if "code" not in answer.json and answer.status == _STATUSES.get(code or 0, code):
            self.warning("code", f"is missing: HTTP {answer.status} alone says it")
            return
        self.hold("Refusal", answer.json)
        if code is not None and answer.code != code:
            self.critical("code", f"is not {code}: {_told(answer)}")
        if answer.status != 200 and answer.status < 400:
            self.critical("status", f"HTTP {answer.status} is no refusal")
        if answer.status >= 500:
            self.critical("status", f"the backend failed: HTTP {answer.status}")

    def _is_json(self, answer: Answer) -> None:
        if 300 <= answer.status < 400:
            self.critical("status", f"redirects elsewhere (HTTP {answer.status}); not followed")
            raise UnusableAnswerError(f"HTTP {answer.status}")
        if not isinstance(answer.json, dict):
            self.critical("", f"HTTP {answer.status} holds no JSON object but {_kind(answer)}")
            raise UnusableAnswerError(f"HTTP {answer.status} holds no JSON object")
        if answer.type != "application/json":
            self.warning("content-type", f"is {answer.type or 'missing'}, not application/json")


def _told(answer: Answer) -> str:
    message = answer.json.get("message") if isinstance(answer.json, dict) else None
    return f"HTTP {answer.status}, code {answer.code}" + (f", {message!r}" if message else "")


def _kind(answer: Answer) -> str:
    return f"{len(answer.body)} bytes of {answer.type or 'no type'}"


def _shown(text: str) -> str:
    """Text from outside as it may be shown: one line of printable characters, no token."""
    plain = "".join(char if char.isprintable() else "�" for char in text)
    return _TOKEN.sub("[token]", plain)[:300]
