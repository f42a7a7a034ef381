"""How a backend behaves: what it was made with, and what scenarios lay over it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypedDict

from mock_server.agent.sse import DIALECTS
from mock_server.backend.credits import Prices
from mock_server.backend.models import AccountPlan

UPLOAD_LIMIT = 200 * 1024 * 1024


@dataclass(frozen=True)
class Settings:
    """Raises ValueError for a dialect or a render shape that there is not.

    seed:        what is drawn, is drawn from it.
    unlimited:   credits are shown but never spent.
    dialect:     how streams are written: typed or adk.
    pace:        multiplies every delay the backend makes; 0 is none at all.
    silent_rate: the share of edits whose stream closes without text, decided by `seed`.
    max_upload:  bytes of the largest file that is taken.
    max_requests: further ones have their connection reset, so that who asks for ever comes to an end.
    render_shape: bare, or wrapped in {"success": true, "data": …}.
    prices:      credits for each kind of turn.
    validate:    whether its own answers are held to the contract (openapi.yaml), as requests always
                 are; what is not so is noted in the journal and logged.
    plan, credits: those of every account, also of one that is issued later; None leaves them alone.
    """

    seed: int = 0
    unlimited: bool = False
    dialect: str = "typed"
    pace: float = 1.0
    silent_rate: float = 0.3
    max_upload: int = UPLOAD_LIMIT
    max_requests: int | None = None
    render_shape: Literal["bare", "wrapped"] = "bare"
    prices: Prices = field(default_factory=Prices)
    validate: bool = True
    plan: AccountPlan | None = None
    credits: int | None = None

    def __post_init__(self) -> None:
        if self.dialect not in DIALECTS:
            raise ValueError(f"no dialect {self.dialect!r}; there are {', '.join(DIALECTS)}")
        if self.render_shape not in ("bare", "wrapped"):
            raise ValueError(f"no render shape {self.render_shape!r}; there are bare, wrapped")

    def overlaid(self, scenario: Mapping[str, Any]) -> "Settings":
        """These settings with a scenario's laid over them, which are as `scenarios/schema.json` has
        them: prices that are not among them stay."""
        changes = dict(scenario)
        if "prices" in changes:
            changes["prices"] = replace(self.prices, **changes["prices"])
        if "plan" in changes:
            changes["plan"] = AccountPlan(changes["plan"])
        return replace(self, **changes)


class SettingsChanges(TypedDict, total=False):
    """Fields of `Settings`, by name, for who sets some of them."""

    seed: int
    unlimited: bool
    dialect: str
    pace: float
    silent_rate: float
    max_upload: int
    max_requests: int | None
    render_shape: Literal["bare", "wrapped"]
    prices: Prices
    validate: bool
    plan: AccountPlan | None
    credits: int | None
