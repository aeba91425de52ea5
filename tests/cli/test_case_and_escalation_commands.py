"""`csp case` and `csp escalation` as people meet them, each with the role that they have."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from csp_receivables.adapters.ledger import Ledger
from tests.conftest import StandingClock
from tests.csp_command import Csp, csp_on, told
from tests.ledgers_with_debtors import YESTERDAY, feed, owe, receivable
from tests.live_policy import live_include
from tests.mail_server import MailServer, mail_server

WHY = ("--why", "they asked")
ADMIN, HELPDESK, SALES, BILLING = ("--by", "Ada"), ("--by", "Hal"), ("--by", "Siri"), ("--by", "Bo")
PEOPLE = """people:
  Ada: {roles: [admin_agent]}
  Hal: {roles: [helpdesk_agent]}
  Siri: {roles: [sales_agent], customers: [C1]}
  Bo: {roles: [billing_admin]}
"""


@pytest.fixture(scope="module")
def server() -> MailServer:  # type: ignore[misc]
    with mail_server() as running:
        yield running  # type: ignore[misc]


@pytest.fixture
def csp(
    new_ledger: Callable[[], Ledger],
    clock: StandingClock,
    tmp_path: Path,
    server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Csp:
    """C1 and C2 are late; people have roles; the demonstration's mail goes to a catch-all address."""
    ledger = new_ledger()
    owe(ledger, receivable("C1", "INV-100"), receivable("C2", "INV-200", 7_000))
    feed(ledger, YESTERDAY)
    include = live_include(tmp_path)
    roles = include / "policies" / "roles.yaml"
    roles.write_text(roles.read_text(encoding="utf-8").replace("people: {}\n", PEOPLE), encoding="utf-8")
    more = {"CSP_INCLUDE": str(include), "CSP_SMTP_URL": f"smtp+plain://127.0.0.1:{server.port}"}
    more |= {"CSP_MAIL_FROM": "Partner <accounts@partner.example>", "CSP_CATCH_ALL": "trial@partner.example"}
    url = ledger.engine.url.render_as_string(hide_password=False)
    return csp_on(url, tmp_path / "home", clock.now + timedelta(hours=1), monkeypatch, capsys, **more)


def test_a_case_from_the_telephone_to_the_answer_by_people_with_their_roles(csp: Csp, server: MailServer) -> None:
    asked = ("--customer", "C1", "--from", "c1@customer.example", "--subject", "Invoice INV-100", "--text", "Why?")
    assert csp("case", "open", *asked, *SALES)[0] == 2, "a sales agent answers nobody"
    assert told(csp("case", "open", *asked, *HELPDESK, "--json"))["opened"] == ["S-000001"]

    listed = told(csp("case", "list", *HELPDESK, "--json"))["cases"]
    assert [(each["case"], each["customer"], each["topic"], each["state"]) for each in listed] == [
        ("S-000001", "C1", "invoice", "open")
    ]
    shown = told(csp("case", "show", "S-000001", *BILLING, "--json"))
    assert (shown["provider"], shown["letters"]) == ("Exempel Molnpartner AB", {})
    assert "INV-100" in csp("case", "draft", "S-000001", *HELPDESK)[1]
    assert csp("case", "draft", "S-000001", *BILLING)[0] == 2
    assert "Provided" not in csp("case", "terms", "C1")[1]

    code, _, err = csp("case", "reply", "S-000001", "--text", " ", *HELPDESK, *WHY)
    assert (code, "needs a text" in err) == (2, True)
    assert csp("case", "reply", "S-000001", "--text", "Because.", *HELPDESK, *WHY)[0] == 0
    sent = told(csp("case", "send", "--json"))
    assert sent["ended"] == {"accepted": 1}, sent
    assert server.accepted[-1].recipients == ["trial@partner.example"], "outside production"

    refused = csp("case", "escalated", "S-000001", "--number", "123", *HELPDESK, *WHY)
    assert (refused[0], "that is for admin agent" in refused[2]) == (2, True)
    assert "Title: Invoice INV-100" in csp("case", "request", "S-000001", *ADMIN)[1]
    assert csp("case", "escalated", "S-000001", "--number", "12 34", *ADMIN, *WHY)[0] == 2
    assert csp("case", "escalated", "S-000001", "--number", "6151014", *ADMIN, *WHY)[0] == 0
    assert csp("case", "close", "S-000001", *HELPDESK, *WHY)[0] == 0
    assert told(csp("case", "list", "--state", "closed", *HELPDESK, "--json"))["cases"][0]["number"] == "6151014"
    for command in ("show", "close", "reply", "hand-on", "request", "draft"):
        more = () if command in ("show", "request", "draft") else WHY
        text = ("--text", "x") if command == "reply" else ()
        assert "csp case list names them" in csp("case", command, "S-000009", *text, *ADMIN, *more)[2]


def test_requests_come_in_by_file_and_go_to_nobody_outside_by_default(csp: Csp, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "inbox" / "support"
    folder.mkdir(parents=True)
    (folder / "requests.jsonl").write_text(
        json.dumps({"id": 1, "sender": "c2@customer.example", "subject": "Outage"}) + "\n", encoding="utf-8"
    )

    assert told(csp("case", "intake", "--json")) == {"files": 1, "requests": 1}
    refused = csp("case", "hand-on", "S-000001", *HELPDESK, *WHY)
    assert (refused[0], "takes no requests" in refused[2]) == (2, True)
    assert told(csp("case", "list", "--late", *ADMIN, "--json"))["cases"] == []


def test_the_report_and_packs_by_people_with_their_roles(csp: Csp) -> None:
    assert csp("escalation", "report", *HELPDESK)[0] == 2
    assert "who asks?" in csp("escalation", "report")[2]
    whole = told(csp("escalation", "report", "--send", *BILLING, "--json"))
    assert {path.rsplit(".", 1)[1] for path in whole["files"]} >= {"html", "pdf", "xlsx"}
    assert whole["sent"]["ended"] == {"accepted": whole["proposed"]}
    own = told(csp("escalation", "report", *SALES, "--json"))
    assert own["files"] == [], "they tell of everybody"
    assert {each["customer"] for each in own["items"]} <= {"C1"}
    assert told(csp("escalation", "report", "--kind", "weekly", "--historical", *ADMIN, "--json"))["proposed"] == 0

    assert len(told(csp("escalation", "pack", "C1", *SALES, "--json"))["files"]) == 3
    refused = csp("escalation", "pack", "C2", *SALES)
    assert (refused[0], "their own customers only" in refused[2]) == (2, True)
    assert "no customer 'C9'" in csp("escalation", "pack", "C9", *ADMIN)[2]
    assert told(csp("escalation", "packs", "--json"))["proposed"] == 0, "nothing was decided"


def test_debts_leave_by_people_with_their_roles(csp: Csp) -> None:
    propose = ("escalation", "write-off", "propose", "C1")
    assert csp(*propose, *SALES, *WHY)[0] == 2
    assert told(csp(*propose, *BILLING, *WHY, "--json"))["receivables"][0]["amount"] == "100.00"
    for by, code in ((HELPDESK, 2), (SALES, 2), (BILLING, 0)):
        assert csp("escalation", "write-off", "book", "W-000001", *by, *WHY)[0] == code
    assert csp("escalation", "write-off", "decline", "W-000001", *ADMIN, *WHY)[0] == 2, "it is booked"
    assert [each["state"] for each in told(csp("escalation", "write-off", "list", *ADMIN, "--json"))["write_offs"]] == [
        "booked"
    ]
    assert "W-000001" in csp("escalation", "write-off", "list", *ADMIN)[1]

    over = ("escalation", "agency", "hand-over", "C2", "--to", "Inkasso AB")
    refused = csp(*over, *HELPDESK, *WHY)
    assert (refused[0], "that is for admin agent, billing admin" in refused[2]) == (2, True)
    assert "org_number is not known" in csp(*over, *BILLING, *WHY)[2]
    assert "0 handovers" in csp("escalation", "agency", "list", *ADMIN)[1]
    assert csp("escalation", "agency", "list", *SALES)[0] == 2
