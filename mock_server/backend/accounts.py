"""Who may come in: anonymous and registered accounts, their tokens, credits and plans."""

import secrets
from datetime import UTC, datetime
from typing import Any

from mock_server import errors
from mock_server.backend.models import (
    ANONYMOUS_CREDITS,
    TOKEN_DAYS,
    Account,
    AccountPlan,
    World,
    fingerprint,
)
from mock_server.backend.store import Store
from mock_server.clock import DAY, Clock
from mock_server.errors import ApiError


class Accounts:
    """The accounts of a backend. Of a token only the fingerprint is kept."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._forced: tuple[int | None, AccountPlan | None] = (None, None)
        self._before: dict[str, tuple[int, AccountPlan]] = {}
        """By account: the credits it has fewer and the plan it had before they were forced."""

    def issue(self, client_id: str) -> dict[str, Any]:
        """An anonymous token for a client, which gets one in seven days (else ApiError 429).

        The user stays the same when a client comes again after the expiry: its sessions are still
        its own, with fresh credits. Renders belong to the token that asked for them.
        """
        token = f"nmv_usr_{secrets.token_hex(20)}"
        now = self._clock.now()
        with self._store.change() as world:
            for account in world.accounts.values():
                if account.client_id == client_id and not expired(account, now):
                    raise ApiError(
                        errors.RATE_LIMITED,
                        f"Rate limit: one token per client in {TOKEN_DAYS} days. "
                        "Use the one you have.",
                    )
            account = Account(
                key=fingerprint(token),
                user_id=f"anon_{fingerprint(client_id)[:16]}",
                credits=ANONYMOUS_CREDITS,
                client_id=client_id,
                expires_at=now + TOKEN_DAYS * DAY,
            )
            self._force(account)
            world.accounts[account.key] = account
        return {
            "token": token,
            "user_id": account.user_id,
            "credits": account.credits,
            "expires_at": iso(now + TOKEN_DAYS * DAY),
        }

    def add(
        self,
        token: str,
        *,
        credits: int = 1000,
        plan: AccountPlan = AccountPlan.PRO,
        user_id: str | None = None,
    ) -> None:
        """Know a token of a registered user, as one would set it in NEMO_TOKEN."""
        key = fingerprint(token)
        with self._store.change() as world:
            user = user_id or f"user_{key[:16]}"
            world.accounts[key] = Account(key, user, credits, plan=plan)

    def change(
        self,
        token: str | None = None,
        *,
        account: str | None = None,
        credits: int | None = None,
        grant: int = 0,
        plan: AccountPlan | None = None,
        registered: bool | None = None,
        expire: bool = False,
    ) -> int:
        """Change the account of a token, or the one whose key begins with `account`, or all.
        Returns how many there were.

        `credits` is the new balance, `grant` comes on top (or is taken, down to none); `expire`
        ends the token now.
        """
        key = None if token is None else fingerprint(token)
        with self._store.change() as world:
            chosen = [
                item
                for item in world.accounts.values()
                if key in (None, item.key) and item.key.startswith(account or "")
            ]
            for item in chosen:
                if credits is not None:
                    item.credits = credits
                if grant:
                    item.credits = max(item.credits + grant, 0)
                if plan is not None:
                    item.plan = plan
                if registered is not None and registered != item.registered:
                    _rename(world, item, "user" if registered else "anon")
                if expire:
                    item.expires_at = self._clock.now()
        return len(chosen)

    def force(self, *, credits: int | None = None, plan: AccountPlan | None = None) -> None:
        """Give every account this balance and plan, also one that is issued later, until a call that
        says otherwise. That one takes them back first; what was spent meanwhile stays spent."""
        if (credits, plan) == self._forced:
            return
        with self._store.change() as world:
            for key, (fewer, before) in self._before.items():
                if key in world.accounts:
                    world.accounts[key].credits += fewer
                    world.accounts[key].plan = before
            self._before.clear()
            self._forced = (credits, plan)
            for account in world.accounts.values():
                self._force(account)

    def _force(self, account: Account) -> None:
        credits, plan = self._forced
        if credits is None and plan is None:
            return
        fewer = 0 if credits is None else account.credits - credits
        self._before[account.key] = fewer, account.plan
        account.credits -= fewer
        account.plan = plan or account.plan

    def knows(self, token: str) -> bool:
        """Whether a token is somebody's, be it expired."""
        return fingerprint(token) in self._store.read().accounts

    def authenticate(self, token: str | None) -> Account:
        """The account of a bearer, not to be edited. Raises ApiError 1001 if there is none or it
        has expired."""
        account = self._store.read().accounts.get(fingerprint(token)) if token else None
        if account is None or expired(account, self._clock.now()):
            raise ApiError(errors.BAD_TOKEN, "Invalid or expired token")
        return account

    def credits(self, key: str) -> int:
        """What an account has, held or not; nothing if it is gone."""
        account = self._store.read().accounts.get(key)
        return account.credits if account else 0

    def spend(self, key: str, credits: int) -> None:
        with self._store.change() as world:
            if key in world.accounts:
                world.accounts[key].credits -= credits


def expired(account: Account, now: float) -> bool:
    return account.expires_at is not None and account.expires_at <= now


def iso(time: float) -> str:
    """Unix seconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _rename(world: World, account: Account, prefix: str) -> None:
    old = account.user_id
    account.user_id = f"{prefix}_{old.partition('_')[2]}"
    for session in world.sessions.values():
        if session.user_id == old:
            session.user_id = account.user_id
