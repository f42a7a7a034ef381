"""A twin of the NemoVideo backend: stateful, truly streaming, and rendering real video.

Written from the published contract alone; it shares no code with the client, so that a mistake in
one is not repeated in the other.

    from mock_server import Backend, Server

    with Server(Backend(pace=0)) as server:
        ...  # point NEMO_API_URL at server.url
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_server.backend.backend import Backend
    from mock_server.backend.models import AccountPlan as Plan
    from mock_server.clock import Clock, ManualClock
    from mock_server.faults import Fault, Faults
    from mock_server.http.app import create_app
    from mock_server.journal import Entry, Journal
    from mock_server.server import Server

__all__ = [
    "Backend",
    "Clock",
    "Entry",
    "Fault",
    "Faults",
    "Journal",
    "ManualClock",
    "Plan",
    "Server",
    "create_app",
]

_HOMES = {
    "Backend": "backend.backend.Backend",
    "Clock": "clock.Clock",
    "Entry": "journal.Entry",
    "Fault": "faults.Fault",
    "Faults": "faults.Faults",
    "Journal": "journal.Journal",
    "ManualClock": "clock.ManualClock",
    "Plan": "backend.models.AccountPlan",
    "Server": "server.Server",
    "create_app": "http.app.create_app",
}


if not TYPE_CHECKING:  # for a type checker a name that is misspelt is to stay an error

    def __getattr__(name):
        """Import a public name when it is first asked for: starlette is slow to load."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, _, attribute = _HOMES[name].rpartition(".")
        return getattr(import_module(f"{__name__}.{module}"), attribute)
