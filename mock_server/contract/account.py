"""Checks of who may come in, and of what an account has."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mock_server.contract import facts
from mock_server.contract.client import Bearer, UnusableAnswerError
from mock_server.contract.model import Catalogue, Kind

if TYPE_CHECKING:
    from mock_server.contract.context import Context

checks = Catalogue()
_BAD = Bearer("nmv_usr_no_such_token")


@checks.check("client-id", "a token is not given without a client id", "Codes 400", needs=())
async def client_id(context: Context) -> None:
    await context.refuse(400, "token", anonymous=True)


@checks.check(
    "token",
    "an anonymous token is given, without a bearer",
    "Endpoints 1",
    kind=Kind.MOCK,
    needs=(),
)
async def token(context: Context) -> None:
    context.client_id = f"contract-check-{uuid.uuid4()}"
    data = await context.ask("token", anonymous=True, headers={"X-Client-Id": context.client_id})
    text = data.get("token")
    if not isinstance(text, str) or not text.isascii() or not text.isprintable():
        raise UnusableAnswerError("there is no token in the answer")
    context.client.auth = Bearer(text)
    context.compare("data.credits", data.get("credits"), 100)
    try:
        expires = datetime.fromisoformat(str(data.get("expires_at")))
    except ValueError:
        return  # the form says so
    if expires.tzinfo is not None and expires - datetime.now(expires.tzinfo) < timedelta(days=6):
        context.warning("data.expires_at", f"is {expires.isoformat()}: a token lives for 7 days")


@checks.check("token-again", "a client gets one token in 7 days", "Codes 429", kind=Kind.MOCK)
async def token_again(context: Context) -> None:
    headers = {"X-Client-Id": context.client_id}
    await context.refuse(429, "token", anonymous=True, headers=headers)


@checks.check(
    "client-id-length", "a client id has at most 64 characters", "Where and who", kind=Kind.MOCK
)
async def client_id_length(context: Context) -> None:
    await context.refuse(400, "token", anonymous=True, headers={"X-Client-Id": "c" * 65})


@checks.check("credits", "available and frozen make the total", "Endpoints 5")
async def credits(context: Context) -> None:
    data = await context.ask("credits")
    for place, said in facts.balance(data):
        context.critical(place, said)


@checks.check("envelope", "a success is code 0, a message and data", "Envelope")
async def envelope(context: Context) -> None:
    answer = await context.client.call("credits")
    context.compare("status", answer.status, 200)
    value = answer.json
    if not isinstance(value, dict):
        raise UnusableAnswerError("the answer holds no JSON object")
    context.compare("code", value.get("code"), 0)
    if not isinstance(value.get("message"), str):
        context.critical("message", "must be a string")
    if not isinstance(value.get("data"), dict):
        context.critical("data", "must be an object")


@checks.check("bearer-wrong", "an unknown token is refused", "Codes 1001", needs=())
async def bearer_wrong(context: Context) -> None:
    await context.refuse(1001, "credits", auth=_BAD)


@checks.check("bearer-missing", "a request without a token is refused", "Codes 1001", needs=())
async def bearer_missing(context: Context) -> None:
    await context.refuse(1001, "credits", anonymous=True)


@checks.check("bearer-expired", "an expired token is refused", "Codes 1001", kind=Kind.MOCK)
async def bearer_expired(context: Context) -> None:
    someone = await context.someone(expire=True)
    await context.refuse(1001, "credits", auth=someone)
