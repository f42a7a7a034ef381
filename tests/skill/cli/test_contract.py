"""`contract`: which backend it looks at and with whose token, what it may cost, and how it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from mock_server import Backend, Server
from mock_server.contract import CHECKS
from skill.cli import runner
from skill.cli.json_schema import schemas
from skill.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mock_server.backend.render_queue import Renderer
    from tests.skill.conftest import Ran

MINE = "nmv_usr_0123456789abcdef"


@pytest.fixture
def mock(reluctant: Renderer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A mock that runs already."""
    monkeypatch.setenv("IMAGE_TO_VIDEO_PACE", "0.01")
    monkeypatch.setenv("NEMO_API_URL", "http://127.0.0.1:1")
    with Server(Backend(pace=0.02, renderer=reluctant)) as server:
        yield server


@pytest.fixture
def real(mock: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A backend that does not say that it is a mock."""
    with Server(mock.backend, control=False) as server:
        monkeypatch.setenv("NEMO_API_URL", server.url)
        yield server


def outcomes(ran: Ran) -> dict[str, str]:
    answer = ran.answer
    return {check["id"]: check["outcome"] for check in answer["data"]["checks"]}


def test_a_mock_of_its_own_keeps_the_contract(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_TOKEN", "what is no token")  # which is of no use to it
    home = tmp_path / "state"
    ran = run("contract", "--json", "--home", home, "--junit", "report.xml")
    data = ran.answer["data"]
    assert ran.code == 0
    assert data["keeps"]
    assert data["counts"] == {
        "passed": len(CHECKS) - 1,
        "failed": 0,
        "skipped": 1,
        "critical": 0,
        "warning": 0,
        "info": 0,
    }
    assert data["backend"].startswith("http://127.0.0.1:")
    suite = ET.parse("report.xml").getroot()[0]
    assert [case.get("name") for case in suite.findall("testcase")] == list(outcomes(ran))


def test_a_line_for_each_check_and_a_summary(mock: Server, run: Callable[..., Ran]) -> None:
    mock.backend.fail("claim", times=None, status=500)
    ran = run("contract", "--against", mock.url)
    lines = ran.out.splitlines()
    marked = [line for line in lines if line.startswith(("✓", "✗", "–"))]
    assert [line.split()[1] for line in marked] == [check.id for check in CHECKS]
    (claim,) = (line for line in marked if line.startswith("✗ claim"))
    assert "Endpoints 11" in claim
    assert "    critical: code refused: HTTP 500, code 500, 'Fault: 500'" in lines
    assert lines[-1].startswith(f"{len(CHECKS) - 4} passed, 2 failed, 2 skipped.")
    assert ran.err.endswith(
        "error: The backend does not keep the contract: 2 checks failed.\n"
        "Each names its part of the contract, and what is not so.\n"
    )
    assert ran.code == 10


def test_with_json_what_failed_is_told_beside_the_error(
    mock: Server, run: Callable[..., Ran]
) -> None:
    mock.backend.fail("credits", times=None, body={"code": 0, "message": "", "data": {}})
    ran = run("contract", "--against", mock.url, "--json")
    answer = ran.answer
    assert (ran.code, answer["ok"], answer["error"]["code"]) == (10, False, "backend_failed")
    assert not answer["data"]["keeps"]
    assert outcomes(ran)["credits"] == "failed"
    failure = schemas("contract")["answer"]["anyOf"][-1]
    assert failure["properties"]["data"]["properties"]["keeps"]["type"] == "boolean"


def test_a_backend_that_is_no_mock_is_asked_for_what_is_free(
    real: Server, run: Callable[..., Ran]
) -> None:
    ran = run("contract", "--against", real.url, "--json")
    data = ran.answer["data"]
    assert ran.code == 0
    assert (data["mock"], data["credits_spent"], data["credits_left_out"]) == (False, 0, 100)
    assert {check["kind"] for check in data["checks"] if check["outcome"] == "passed"} == {"free"}
    assert "--spend" in run("contract", "--against", real.url).out
    assert real.backend.journal.messages() == []


def test_an_anonymous_token_is_taken_once_and_kept(real: Server, run: Callable[..., Ran]) -> None:
    for _ in range(2):
        assert run("contract", "--against", real.url).code == 0
    assert run("credits").code == 0
    given = [entry for entry in real.backend.journal.calls("token") if entry.status == 200]
    assert len(given) == 1


def test_spending_is_told_before_and_is_one_message(real: Server, run: Callable[..., Ran]) -> None:
    ran = run("contract", "--against", real.url, "--spend")
    assert ran.code == 0
    assert (
        "One message is going to be sent, once. It costs about 100 credits; you have 100."
        in ran.err
    )
    assert len(real.backend.journal.messages()) == 1
    assert "50 credits were spent." in ran.out
    again = run("contract", "--against", real.url, "--spend", "--json")
    assert len(real.backend.journal.messages()) == 1, "50 are left: too few"
    (message,) = (one for one in again.answer["data"]["checks"] if one["id"] == "message")
    assert message["reason"] == "there are not enough credits: 50"


def test_who_stops_it_is_told_that_a_message_may_have_been_charged(
    real: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    to_the_end = runner.run

    def stopped(*args: Any) -> None:
        to_the_end(*args)
        raise StoppedError(2)

    monkeypatch.setattr(runner, "run", stopped)
    ran = run("contract", "--against", real.url, "--spend")
    assert ran.code == 130
    assert "may have been sent, and charged: image-to-video credits" in ran.err
    assert "Nothing is lost" in run("contract", "--against", real.url).err


def test_what_may_have_been_paid_for_is_not_paid_for_again_unasked(
    mock: Server, renderer: Renderer, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Server(Backend(pace=0.02, renderer=renderer), control=False)
    spend = ("contract", "--against", real.url, "--spend")

    with real:

        def killed(*_: Any) -> None:
            raise KeyboardInterrupt  # after the last check, before a word of it was told

        with monkeypatch.context() as patch:
            patch.setattr("skill.cli.contract._answer", killed)
            run(*spend)
        assert len(real.backend.journal.messages()) == 1
        real.backend.accounts.change(credits=100)
        refused = run(*spend)
        assert refused.code == 2
        assert "its message may have been charged" in refused.err
        assert run("contract", "--against", real.url).code == 0  # what is free is
        assert len(real.backend.journal.messages()) == 1
        assert run(*spend, "--force").code == 0
        assert len(real.backend.journal.messages()) == 2
        real.backend.accounts.change(credits=100)
        assert run(*spend).code == 0  # for the one before was told
        assert len(real.backend.journal.messages()) == 3


def test_a_token_of_the_users_own_goes_to_its_own_backend_alone(
    real: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real.backend.accounts.add(MINE)
    monkeypatch.setenv("NEMO_TOKEN", MINE)
    mine = run("contract", "--against", real.url)
    assert mine.code == 0
    assert "NEMO_TOKEN" not in mine.err
    assert [entry for entry in real.backend.journal.calls("token") if entry.status == 200] == []
    monkeypatch.setenv("NEMO_API_URL", "https://example.com")
    with Server(Backend(), control=False) as other:
        elsewhere = run("contract", "--against", other.url, "--junit", "report.xml")
        sent = [entry.headers.get("authorization") for entry in other.backend.journal]
    assert "NEMO_TOKEN is not sent there" in elsewhere.err
    (known,) = {entry.headers["authorization"] for entry in real.backend.journal.calls("state")}
    assert known not in sent


def test_a_token_that_is_not_accepted_is_told_as_everywhere(
    real: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_TOKEN", MINE)
    assert run("contract", "--against", real.url).code == 3


def test_no_token_is_told_whatever_the_backend_says(
    real: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = "a-token-of-another-form"
    real.backend.accounts.add(own)
    monkeypatch.setenv("NEMO_TOKEN", own)
    real.backend.fail(
        "claim", times=None, body={"code": 1002, "message": f"{own} {MINE}\x1b[31m", "data": None}
    )
    report = tmp_path / "report.xml"
    for more in ((), ("--json",), ("--verbose",)):
        ran = run("contract", "--against", real.url, "--junit", report, *more)
        assert ran.code == 10
        told = ran.out + ran.err + report.read_text("utf-8")
        assert "[token]" in told
        assert own not in told
        assert MINE not in told
        assert "\x1b" not in told


@pytest.mark.parametrize("endpoint", ["claim", "message"])
def test_nor_is_a_half_of_it_where_what_is_told_is_cut(
    endpoint: str,
    real: Server,
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    own = "a-token-of-another-form" + "x" * 150
    real.backend.accounts.add(own)
    monkeypatch.setenv("NEMO_TOKEN", own)
    many = " ".join([own] * 30)
    body = many if endpoint == "message" else {"code": 1002, "message": many, "data": None}
    real.backend.fail(endpoint, times=None, body=body)
    report = tmp_path / "report.xml"
    ran = run("contract", "--against", real.url, "--spend", "--junit", report)
    told = ran.out + ran.err + report.read_text("utf-8")
    assert "[token]" in told
    assert own[:9] not in told


def test_a_limit_of_time_holds_before_the_first_check_too(
    real: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_TOKEN", MINE)
    real.backend.accounts.add(MINE)
    real.backend.fail("credits", stall="forever", times=None)
    ran = run("contract", "--against", real.url, "--spend", "--timeout", "0.5")
    assert ran.code == 9


def test_where_nobody_listens_it_is_a_matter_of_the_network(run: Callable[..., Ran]) -> None:
    with Server(Backend()) as gone:
        url = gone.url
    ran = run("contract", "--against", url, "--json")
    assert (ran.code, ran.answer["error"]["code"]) == (9, "network")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--against", "ftp://example.com"), "--against must be an https address"),
        (("--against", "http://example.com"), "--against must be an https address"),
        (("--against", "https://me@example.com"), "--against must be an https address"),
        (("--local", "--against", "http://127.0.0.1:1"), "two backends"),
        (("--against", "https://example.com", "--pace", "0.1"), "--pace"),
        (("--junit", "photo.jpg"), "something else is there"),
        (("--junit", "nowhere/report.xml"), "no such folder"),
    ],
)
def test_words_that_are_wrong_send_nothing(
    run: Callable[..., Ran], tmp_path: Path, words: tuple[str, ...], what: str
) -> None:
    (tmp_path / "work" / "photo.jpg").write_bytes(b"\xff\xd8 a photo")
    ran = run("contract", *words)
    assert (ran.code, ran.out) == (2, "")
    assert what in ran.err
    assert (tmp_path / "work" / "photo.jpg").read_bytes() == b"\xff\xd8 a photo"


def test_a_report_takes_the_place_of_the_one_before(
    mock: Server, run: Callable[..., Ran], tmp_path: Path
) -> None:
    report = tmp_path / "report.xml"
    report.write_text('<?xml version="1.0" encoding="utf-8"?>\n<testsuites />\n', "utf-8")
    assert run("contract", "--against", mock.url, "--junit", report).code == 0
    assert len(list(ET.parse(report).getroot().iter("testcase"))) == len(CHECKS)


def test_a_report_that_cannot_be_written_is_told_with_what_was_found(
    mock: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skill.cli.contract._check_place", lambda file: None)
    ran = run("contract", "--against", mock.url, "--junit", "nowhere/report.xml", "--json")
    assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")
    assert ran.answer["data"]["keeps"]


def test_a_limit_of_time_leaves_a_report(mock: Server, run: Callable[..., Ran]) -> None:
    mock.backend.fail("state", delay=60 / mock.backend.settings.pace)
    ran = run("contract", "--against", mock.url, "--timeout", "1", "--json")
    assert ran.code == 10
    assert outcomes(ran)["state"] == "failed"
    assert outcomes(ran)["cancel"] == "skipped"


def test_a_long_wait_is_told_as_everywhere(
    mock: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE_TO_VIDEO_PACE", "0.001")  # two minutes are 0.12 s
    mock.backend.fail("message", heartbeats_for=15)  # 0.3 s at the mock's pace
    ran = run("contract", "--against", mock.url)
    assert "⏳ Still working..." in ran.err
    assert ran.code == 0


def test_it_speaks_chinese(mock: Server, run: Callable[..., Ran]) -> None:
    ran = run("contract", "--against", mock.url, "--language", "zh")
    assert "消息以事件流回复" in ran.out
    assert "事件流是另一种格式：typed" in ran.out
