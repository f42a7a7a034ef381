"""What a check is, what it finds, and what all of them come to."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mock_server.contract.context import Context
    from mock_server.openapi.json_schema import Difference

    Work = Callable[[Context], Awaitable[None]]


class Kind(StrEnum):
    """Where a check may be run."""

    FREE = "free"  # everywhere
    COSTS = "costs"  # at a mock, or where the user agreed to the price
    MOCK = "mock"  # at a mock alone: it would use up or harm a real account


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Check:
    """One sentence of the contract. `part` is where it stands there, `needs` the checks whose
    result it goes on from, `limit` the seconds it may take."""

    id: str
    title: str
    part: str
    kind: Kind
    needs: tuple[str, ...]
    limit: float
    work: Work = field(repr=False)


@dataclass(frozen=True)
class Result:
    """What became of a check. `reason` is the sentence that says why it was skipped; `of` stands
    in it where `{of}` does."""

    check: Check
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    of: str = ""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.check.id,
            "title": self.check.title,
            "part": self.check.part,
            "kind": self.check.kind.value,
            "outcome": self.outcome.value,
            "reason": self.reason.format(of=self.of),
            "seconds": round(self.seconds, 3),
            "differences": [asdict(difference) for difference in self.differences],
        }


@dataclass(frozen=True)
class Report:
    """What all checks came to, in their order. `dialect` and `shape` are what was heard of the
    backend's two ways to stream and to tell of a render; `spent` is by how many credits the
    balance fell. None where it is not known."""

    url: str
    mock: bool
    results: tuple[Result, ...]
    dialect: str | None = None
    shape: str | None = None
    spent: float | None = None
    left_out: float = 0.0
    """Credits that the checks left out for their price would have cost."""

    @property
    def failures(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.outcome is Outcome.FAILED)

    @property
    def passed(self) -> bool:
        """Whether nothing critical was found."""
        return not self.failures

    def count(self, what: str) -> int:
        """How many checks have an outcome, or how many differences a severity."""
        return self._counts[what]

    @property
    def _counts(self) -> Counter[str]:
        told = Counter(result.outcome.value for result in self.results)
        told.update(one.severity for result in self.results for one in result.differences)
        return told

    def to_json(self) -> dict[str, Any]:
        names = (*Outcome, "critical", "warning", "info")
        return {
            "backend": self.url,
            "mock": self.mock,
            "keeps": self.passed,
            "counts": {str(name): self.count(str(name)) for name in names},
            "dialect": self.dialect,
            "render_shape": self.shape,
            "credits_spent": self.spent,
            "credits_left_out": self.left_out,
            "checks": [result.to_json() for result in self.results],
        }


class Catalogue(list[Check]):
    """Checks in the order in which they are made."""

    def check(
        self,
        id_: str,
        title: str,
        part: str,
        *,
        kind: Kind = Kind.FREE,
        needs: tuple[str, ...] = ("token",),
        limit: float = 60.0,
    ) -> Callable[[Work], Work]:
        """Enter a function among the checks."""

        def enter(work: Work) -> Work:
            self.append(Check(id_, title, part, kind, needs, limit, work))
            return work

        return enter


class DoesNotApplyError(Exception):
    """The check has nothing to look at here. `reason` is a sentence, in which `{of}` stands for
    what is particular."""

    def __init__(self, reason: str, of: str = "") -> None:
        super().__init__(reason, of)
        self.reason = reason
        self.of = of
