"""`csp escalation agency`: what an agency gets, to the cent; once; and never while something is open."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update

from csp_receivables.adapters.escalation.agency_files import AgencyFiles
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger import tables as t
from csp_receivables.adapters.ledger.agency_book import LedgerAgencyBook
from csp_receivables.adapters.ledger.escalation_tables import agency_handover
from csp_receivables.domain.escalation.account import Person
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone
from csp_receivables.domain.matching_by_hand.requests import person as by_hand
from tests.conftest import StandingClock
from tests.csp_command import Csp, csp_on, told
from tests.ledgers_with_debtors import DUE, feed, owe, pay, receivable, rows_of

WHO = ("--by", "Ada Lund", "--why", "nothing helped")
TO = ("--to", "Inkasso AB")
TODAY = date(2026, 11, 1)  # of the tests' clock


@pytest.fixture
def debts(new_ledger: Callable[[], Ledger]) -> Ledger:
    """C1 owes 100.00, of which 30.00 came, and 50.00; C1 is a German company."""
    ledger = new_ledger()
    owe(ledger, receivable("C1", "100"), receivable("C1", "=SUM(1)", 5_000, DUE + timedelta(days=2)))
    pay(ledger, "100", 3_000, DUE + timedelta(days=10))
    feed(ledger, TODAY - timedelta(days=1))
    with ledger.writing() as writing:
        writing.connection.execute(update(t.customer).values(org_number="HRB 4711", name="C1 <GmbH>"))
    return ledger


@pytest.fixture
def csp(
    debts: Ledger,
    clock: StandingClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Csp:
    url = debts.engine.url.render_as_string(hide_password=False)
    return csp_on(url, tmp_path / "home", clock.now, monkeypatch, capsys)


def _hand_over(csp: Csp, *more: str) -> Any:
    return csp("escalation", "agency", "hand-over", "C1", *TO, *more, *WHO)


def test_an_agency_gets_every_fact_to_the_cent_in_both_files(csp: Csp) -> None:
    handed = told(_hand_over(csp, "--json"))
    kept, table = (Path(each) for each in handed["files"])
    document = json.loads(kept.read_text(encoding="utf-8"))
    first, second = document["receivables"]

    assert document["handover"] == {
        "id": "A-000001", "agency": "Inkasso AB", "on": "2026-11-01", "by": "Ada Lund", "why": "nothing helped",
    }  # fmt: skip
    assert document["debtor"]["org_number"] == "HRB 4711"
    assert document["contacts"] == [{"name": "", "role": "", "email": "C1@customer.example"}]
    assert (first["amount"], first["paid"], first["principal"], first["due_on"]) == (
        "100.00",
        "30.00",
        "70.00",
        str(DUE),
    )
    assert first["payments"] == [{"on": str(DUE + timedelta(days=10)), "amount": "30.00"}]
    assert (second["principal"], second["payments"], second["disputed"]) == ("50.00", [], False)
    total = document["totals"][0]
    assert total["principal"] == "120.00"
    cents = [round(float(total[name]) * 100) for name in ("principal", "interest", "fixed_sum", "total")]
    assert sum(cents[:3]) == cents[3] == sum(round(float(each["total"]) * 100) for each in document["receivables"])

    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))))
    assert [row["number"] for row in rows] == ["100", "'=SUM(1)"], "no cell is a formula"
    for row, debt in zip(rows, document["receivables"], strict=True):
        for name in ("amount", "paid", "credited", "written_off", "principal", "interest", "fixed_sum", "total"):
            assert row[name] == debt[name]
        assert (row["debtor"], row["disputed"], row["contacts"]) == ("C1 <GmbH>", "no", "C1@customer.example")


def test_a_debt_is_handed_over_once_and_our_own_notices_stop(csp: Csp, debts: Ledger) -> None:
    assert _hand_over(csp, "--receivable", "100")[0] == 0
    code, _, err = _hand_over(csp, "--receivable", "100")

    assert (code, "handed over to Inkasso AB as A-000001" in err) == (2, True)
    holds = told(csp("hold", "list", "--json"))["holds"]
    assert [(each["kind"], each["receivable"]) for each in holds] == [("legal", "partner/100")]
    assert _hand_over(csp, "--receivable", "=SUM(1)")[0] == 0, "the rest may follow"
    assert [row[0] for row in rows_of(debts, agency_handover, "handover_id")] == ["A-000001", "A-000002"]
    assert [each["handover"]["by"] for each in told(csp("escalation", "agency", "list", "--json"))["handovers"]] == [
        "Ada Lund", "Ada Lund",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["dispute", "manual", "insolvency"])
@pytest.mark.parametrize("on", [(), ("--receivable", "100")])
def test_nothing_is_handed_over_while_a_hold_of_this_very_morning_is_open(
    csp: Csp, debts: Ledger, kind: str, on: tuple[str, ...]
) -> None:
    csp("hold", "add", "C1", "--kind", kind, *on, "--by", "Bo Ek", "--why", "they say it is wrong")
    code, _, err = _hand_over(csp)

    assert code == 2
    assert f"a {kind} hold is on {'100' if on else 'the customer'}: they say it is wrong" in err
    assert rows_of(debts, agency_handover, "handover_id") == []
    assert (_hand_over(csp, "--receivable", "=SUM(1)")[0] == 0) is bool(on)


def test_keeping_a_handover_is_the_same_on_every_database(ledger: Ledger) -> None:
    owe(ledger, receivable("C1", "100"))
    account = SimpleNamespace(customer_id="C1")
    claim: Any = SimpleNamespace(account=account, debts=[SimpleNamespace(receivable_id="partner/100")])
    asked: list[int] = []
    book, ada = LedgerAgencyBook(ledger), by_hand("Ada Lund", "nothing helped")

    book.hand_over(claim, {"x": "å"}, "Inkasso AB", ada, TODAY, lambda holds: asked.append(len(holds)))
    with pytest.raises(AlreadyDone):
        book.hand_over(claim, {"x": "å"}, "Inkasso AB", ada, TODAY, _refused_by)

    assert asked == [0]
    assert book.document("A-000001")["x"] == "å"
    assert len(book.documents()) == 1


def _refused_by(holds: Any) -> None:
    if holds:
        raise AlreadyDone("a legal hold is on")


def test_what_could_make_the_claim_wrong_is_refused_all_at_once(csp: Csp, debts: Ledger) -> None:
    with debts.writing() as writing:
        writing.connection.execute(update(t.customer).values(org_number="", country=""))
    code, _, err = _hand_over(csp)

    assert code == 2
    assert "its country is not known" in err
    assert "its org_number is not known" in err
    assert "nothing is overdue of '7'" in _hand_over(csp, "--receivable", "7")[2]
    assert "no customer 'C9'" in csp("escalation", "agency", "hand-over", "C9", *TO, *WHO)[2]
    assert rows_of(debts, agency_handover, "handover_id") == []


def test_a_crash_before_the_files_leaves_them_to_be_written_again(
    csp: Csp, debts: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: AgencyFiles, data: object, people: list[Person]) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(AgencyFiles, "write", crash)
        assert _hand_over(csp)[0] != 0
    code, out, _ = csp("escalation", "agency", "write", "A-000001")
    first = [Path(line).read_bytes() for line in out.split()]
    csp("escalation", "agency", "write", "A-000001")

    assert code == 0
    assert [Path(line).read_bytes() for line in out.split()] == first
    with debts.reading() as connection:
        document = connection.execute(select(agency_handover.c.document)).scalar_one()
    assert "customer.example" not in document, "people are not kept with the handover"
