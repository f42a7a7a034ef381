"""Those who judge a skill before it is let in: the validator of the Agent Skills format and a
security scanner (its static analysers, which need no account and no network)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.conftest import ROOT, Machine, needs

if TYPE_CHECKING:
    from pathlib import Path

SEVERE = ("HIGH", "CRITICAL")


@needs("agentskills")
def test_the_validator_has_nothing_to_say_but_that_it_knows_no_version(
    bundle: Path, machine: Machine
) -> None:
    """ClawHub and the listings ask for a version at the top; the format has no such field."""
    complaints = machine.run("agentskills", "validate", bundle, expect=1).stderr
    [complaint] = re.findall(r"^  - (.*)", complaints, re.M)
    assert complaint.startswith("Unexpected fields in frontmatter: version. Only ")


@pytest.fixture
def findings(bundle: Path, machine: Machine) -> set[tuple[str, str]]:
    """Rule and file of all that the scanner finds severe."""
    options = ("--use-behavioral", "--format", "json")
    report: Any = json.loads(machine.run("skill-scanner", "scan", bundle, *options).stdout)
    assert report["findings_count"]
    return {
        (finding["rule_id"], finding["file_path"] or "several files")
        for finding in report["findings"]
        if finding["severity"] in SEVERE
    }


@needs("skill-scanner")
def test_every_severe_finding_has_its_reason_in_security_md(
    findings: set[tuple[str, str]],
) -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    explained = {
        (rule, place.strip("`"))
        for rule, place, reason in re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+) \|$", text, re.M)
        if len(reason) > 40
    }
    assert explained == findings
