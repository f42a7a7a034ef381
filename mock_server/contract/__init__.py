"""The published contract as checks of any backend. Knows HTTP and the document, and no backend.

    target = Target("http://127.0.0.1:8123", ATTRIBUTION, mock=True)
    report = anyio.run(run, target)
    assert report.passed, report.failures

What is free is asked of every
backend; a message, which costs credits, is sent to a mock, or where `Target.spend` says so, and
then one alone.
"""

from mock_server.contract.junit import junit
from mock_server.contract.model import Check, Kind, Outcome, Report, Result
from mock_server.contract.runner import CHECKS, REASONS, run
from mock_server.contract.target import MESSAGE_CREDITS, Target, UnreachableError, is_mock

__all__ = [
    "CHECKS",
    "MESSAGE_CREDITS",
    "REASONS",
    "Check",
    "Kind",
    "Outcome",
    "Report",
    "Result",
    "Target",
    "UnreachableError",
    "is_mock",
    "junit",
    "run",
]
