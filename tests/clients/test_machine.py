"""The clients reach this machine and nothing else."""

from __future__ import annotations

from tests.clients.conftest import CLIENTS, Machine, needs

FETCH = "fetch(process.argv[1]).then(() => console.log('in'), (e) => console.log(String(e.cause)))"


@needs("node")
def test_a_client_cannot_leave_this_machine(machine: Machine) -> None:
    node = CLIENTS.bin / "node"
    for address in ("http://192.0.2.1/", "http://example.invalid/"):
        said = machine.run(node, "-e", FETCH, address).stdout
        assert "a test tried to reach" in said
