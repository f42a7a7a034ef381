"""Checks of who may come in, and of what an account has."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mock_server.contract import facts as rules
from mock_server.contract.client import Bearer
from mock_server.contract.model import Catalogue, Kind, UnusableError

if TYPE_CHECKING:
    from mock_server.contract.context import Visit

checks = Catalogue()
_BAD = Bearer("nmv_usr_no_such_token")


@checks.check("client-id", "a token is not given without a client id", "Codes 400", needs=())
async def client_id(visit: Visit) -> None:
    await visit.refuse(400, "token", anonymous=True)


@checks.check(
    "token",
    "an anonymous token is given, without a bearer",
    "Endpoints 1",
    kind=Kind.MOCK,
    needs=(),
)
async def token(visit: Visit) -> None:
    visit.client_id = f"contract-check-{uuid.uuid4()}"
    data = await visit.ask("token", anonymous=True, headers={"X-Client-Id": visit.client_id})
    text = data.get("token")
    if not isinstance(text, str) or not text.isascii() or not text.isprintable():
        raise UnusableError("there is no token in the answer")
    visit.caller.auth = Bearer(text)
    visit.compare("data.credits", data.get("credits"), 100)
    try:
        expires = datetime.fromisoformat(str(data.get("expires_at")))
    except ValueError:
        return  # the form says so
    if expires.tzinfo is not None and expires - datetime.now(expires.tzinfo) < timedelta(days=6):
        visit.warning("data.expires_at", f"is {expires.isoformat()}: a token lives for 7 days")


@checks.check("token-again", "a client gets one token in 7 days", "Codes 429", kind=Kind.MOCK)
async def token_again(visit: Visit) -> None:
    headers = {"X-Client-Id": visit.client_id}
    await visit.refuse(429, "token", anonymous=True, headers=headers)


@checks.check(
    "client-id-length", "a client id has at most 64 characters", "Where and who", kind=Kind.MOCK
)
async def client_id_length(visit: Visit) -> None:
    await visit.refuse(400, "token", anonymous=True, headers={"X-Client-Id": "c" * 65})


@checks.check("credits", "available and frozen make the total", "Endpoints 5")
async def credits(visit: Visit) -> None:
    data = await visit.ask("credits")
    for place, said in rules.balance(data):
        visit.critical(place, said)


@checks.check("envelope", "a success is code 0, a message and data", "Envelope")
async def envelope(visit: Visit) -> None:
    answer = await visit.caller.call("credits")
    visit.compare("status", answer.status, 200)
    value = answer.json
    if not isinstance(value, dict):
        raise UnusableError("the answer holds no JSON object")
    visit.compare("code", value.get("code"), 0)
    if not isinstance(value.get("message"), str):
        visit.critical("message", "must be a string")
    if not isinstance(value.get("data"), dict):
        visit.critical("data", "must be an object")


@checks.check("bearer-wrong", "an unknown token is refused", "Codes 1001", needs=())
async def bearer_wrong(visit: Visit) -> None:
    await visit.refuse(1001, "credits", auth=_BAD)


@checks.check("bearer-missing", "a request without a token is refused", "Codes 1001", needs=())
async def bearer_missing(visit: Visit) -> None:
    await visit.refuse(1001, "credits", anonymous=True)


@checks.check("bearer-expired", "an expired token is refused", "Codes 1001", kind=Kind.MOCK)
async def bearer_expired(visit: Visit) -> None:
    someone = await visit.someone(expire=True)
    await visit.refuse(1001, "credits", auth=someone)
