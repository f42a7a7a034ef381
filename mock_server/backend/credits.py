"""What messages cost: a price is held while a message is answered, and spent when it is done."""

import threading
from dataclasses import dataclass
from typing import Any

from mock_server import errors
from mock_server.agent.director import TurnKind
from mock_server.backend.accounts import Accounts
from mock_server.backend.models import Account
from mock_server.errors import ApiError


@dataclass(frozen=True)
class Prices:
    """Credits for each kind of turn. The contract: a generation about 100, a session of edits 50."""

    first_cut: int = 50
    generation: int = 100
    edit: int = 5
    question: int = 0

    def of(self, kind: TurnKind) -> int:
        return int(getattr(self, kind.value))


@dataclass(frozen=True)
class _Hold:
    account: str
    credits: int


class Credits:
    """The credits that messages hold of their accounts, by session, and those that they have spent."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._holds: dict[str, _Hold] = {}
        self._lock = threading.Lock()
        self.spent = 0
        """Of all accounts together."""

    def balance(self, account: Account) -> dict[str, Any]:
        """What endpoint 5 answers."""
        total, frozen = self._accounts.credits(account.key), self.frozen(account.key)
        return {"available": total - frozen, "frozen": frozen, "total": total}

    def frozen(self, account: str) -> int:
        """How many credits of the account with that key are held."""
        holds = list(self._holds.values())
        return sum(hold.credits for hold in holds if hold.account == account)

    def hold(self, session_id: str, account: str, price: int, *, unlimited: bool) -> None:
        """Hold a price until the session's message is answered. Raises ApiError 2001 where there is
        not enough; if `unlimited`, what there is is held instead."""
        with self._lock:
            available = self._accounts.credits(account) - self.frozen(account)
            if price > available and not unlimited:
                raise ApiError(
                    errors.NO_CREDITS, f"Not enough credits: {price} needed, {available} left."
                )
            self._holds[session_id] = _Hold(account, min(price, available))

    def release(self, session_id: str, *, spend: bool) -> None:
        """Spend what a session's message holds, or give it back. Does nothing if it holds nothing."""
        hold = self._holds.pop(session_id, None)
        if hold is not None and spend and hold.credits:
            self._accounts.spend(hold.account, hold.credits)
            self.spent += hold.credits
