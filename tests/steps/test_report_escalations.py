"""The escalation report: what is in it, that it is the same again, and that each reader is told once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader
from sqlalchemy import func, select

from csp_receivables.adapters.escalation import files
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger import tables as t
from csp_receivables.adapters.ledger.escalation_tables import escalation_report
from csp_receivables.adapters.ledger.outbox_tables import action, action_state
from csp_receivables.domain.escalation.items import ReportKind, Section
from csp_receivables.domain.escalation.report import from_json, to_json
from csp_receivables.domain.outbox.gate import House
from csp_receivables.steps.report_escalations import NotTheDayAnyMore
from tests.conftest import StandingClock
from tests.escalation_desk import EscalationDesk
from tests.ledgers_with_debtors import DUE, YESTERDAY, feed, historical, live, owe, pay, receivable, rows_of
from tests.letters import mail
from tests.mail_server import ACCEPT_AND_DROP, MailServer, mail_server

LATER = YESTERDAY + timedelta(days=1)


@pytest.fixture
def desk(desk_that_writes: EscalationDesk, monkeypatch: pytest.MonkeyPatch) -> EscalationDesk:
    """The same for all that is no matter of files: laying out a PDF takes as long as everything else in a report."""
    monkeypatch.setattr(files, "as_pdf", lambda *_: b"%PDF-")
    return desk_that_writes


@pytest.fixture
def desk_that_writes(ledger: Ledger, tmp_path: Path) -> EscalationDesk:
    """C1 is 26 days late with 150.00, C2 not at all; money of nobody's came on the 20th."""
    owe(ledger, receivable("C1", "A1"), receivable("C1", "A2", 5_000), receivable("C2", "B1", due_on=LATER))
    pay(ledger, "X", 777, date(2026, 10, 20), applied=False)
    feed(ledger, YESTERDAY)
    return EscalationDesk(ledger, tmp_path)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def states(ledger: Ledger) -> list[str]:
    return [row[0] for row in rows_of(ledger, action_state, "state")]


def count(ledger: Ledger, table: object) -> int:
    with ledger.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


def test_a_debt_that_left_the_ladder_has_age_amount_owner_and_next_step(desk: EscalationDesk) -> None:
    item = desk.report(YESTERDAY).report.of(Section.LEFT_THE_LADDER)[0]

    assert (item.customer_id, item.customer_name, item.amount, item.currency) == ("C1", "C1 AB", 15_000, "EUR")
    assert (item.since, item.age_days) == (DUE, 26)
    assert item.owner == "head of finance"
    assert "csp escalation pack C1" in item.next_step


def test_money_not_applied_is_told_by_age_and_only_once(desk: EscalationDesk) -> None:
    report = desk.report(YESTERDAY).report

    assert [(i.amount, i.age_days) for i in report.of(Section.UNAPPLIED)] == [(777, 11)]
    assert "payment.unapplied" not in [i.key for i in report.of(Section.FINDINGS)]


def test_ageing_and_measures_are_those_of_the_ledger(desk: EscalationDesk) -> None:
    report = desk.report(YESTERDAY).report
    values = {(each.name, each.currency): each.value for each in report.measures}

    assert [(a.currency, a.not_due, a.days_1_30, a.open) for a in report.ageing] == [("EUR", 10_000, 15_000, 25_000)]
    assert values[("days_of_sales_outstanding", "EUR")] == 900, "everything billed in 90 days is open"
    assert values[("collection_effectiveness", "EUR")] == 0, "nothing was collected"
    assert values[("automatic_match_rate", "")] == 0
    assert values[("promise_kept_rate", "")] is None


def test_the_same_day_again_is_the_same_report_and_proposes_nothing_more(desk: EscalationDesk) -> None:
    first, again = desk.report(YESTERDAY), desk.report(YESTERDAY)

    assert (first.proposed, again.proposed) == (2, 0)
    assert first.run_id == again.run_id
    assert first.report.digest == again.report.digest
    assert count(desk.ledger, escalation_report) == 1
    assert count(desk.ledger, action) == 2


def test_the_files_of_the_same_report_are_the_same_bytes(desk_that_writes: EscalationDesk, tmp_path: Path) -> None:
    desk = desk_that_writes
    report = desk.report(YESTERDAY).report
    other = replace(desk.files, outputs=tmp_path / "other")

    assert [p.read_bytes() for p in desk.files.write(report)] == [p.read_bytes() for p in other.write(report)]


def test_a_report_survives_being_kept(desk: EscalationDesk) -> None:
    made = desk.report(YESTERDAY)
    kept = desk.book.kept(made.run_id)

    assert kept == made.report
    assert from_json(to_json(made.report)) == made.report


def test_what_changed_is_told_against_the_report_before(desk: EscalationDesk, clock: StandingClock) -> None:
    desk.report(YESTERDAY)
    pay(desk.ledger, "A1", 10_000, LATER)
    pay(desk.ledger, "A2", 5_000, LATER)
    pay(desk.ledger, "Y", 888, LATER, applied=False)
    feed(desk.ledger, LATER)
    clock.now += timedelta(days=1)

    changed = desk.report(LATER).report.changed

    assert changed.since == YESTERDAY
    assert [i.customer_id for i in changed.gone if i.section is Section.LEFT_THE_LADDER] == ["C1"]
    assert [i.amount for i in changed.new if i.section is Section.UNAPPLIED] == [888]


def test_a_past_day_can_be_made_again_as_it_was_known_and_as_it_is_known_now(
    desk: EscalationDesk, clock: StandingClock
) -> None:
    was = desk.report(YESTERDAY)
    then = datetime.fromisoformat(desk.ledger.everything_known())
    clock.now += timedelta(days=3)
    pay(desk.ledger, "A1", 10_000, YESTERDAY)  # it had come, and was learnt late

    as_known_then = desk.report(historical(known_at=then))
    as_known_now = desk.report(historical())

    assert as_known_then.report.items == was.report.items
    assert as_known_now.report.of(Section.LEFT_THE_LADDER)[0].amount == 5_000
    assert (as_known_then.proposed, as_known_now.proposed) == (0, 0)
    assert count(desk.ledger, action) == 2, "a historical run tells nobody"
    assert as_known_then.files[0].parent != was.files[0].parent


def test_a_live_plan_whose_day_has_passed_is_refused(desk: EscalationDesk) -> None:
    desk.is_live = False

    with pytest.raises(NotTheDayAnyMore):
        desk.report(live())
    assert count(desk.ledger, escalation_report) == 0


def test_each_reader_is_told_once_with_workbook_and_pdf(desk_that_writes: EscalationDesk, server: MailServer) -> None:
    desk = desk_that_writes
    desk.report(YESTERDAY)

    for _ in range(2):
        sent = desk.send(mail(server.port))
        assert not sent.waits, sent

    assert sorted(each.recipients[0] for each in server.accepted) == ["ceo@partner.example", "finance@partner.example"]
    parts = {part.get_filename(): part for part in server.accepted[0].mail.iter_attachments()}
    assert set(parts) == {"escalation-daily-2026-10-31.xlsx", "escalation-daily-2026-10-31.pdf"}
    book = openpyxl.load_workbook(io.BytesIO(parts["escalation-daily-2026-10-31.xlsx"].get_content()))
    assert book.sheetnames == ["Waiting", "Gone", "Measures", "Ageing"]
    assert len(PdfReader(io.BytesIO(parts["escalation-daily-2026-10-31.pdf"].get_content())).pages) >= 1
    assert states(desk.ledger) == ["done", "done"]


def test_outside_production_it_goes_to_the_catch_all_or_nowhere(desk: EscalationDesk, server: MailServer) -> None:
    desk.report(YESTERDAY)
    desk.house = House(is_production=False)

    assert sum(desk.send(mail(server.port)).waits.values()) == 2
    assert server.accepted == []

    desk.house = House(is_production=False, catch_all="all@test.example")
    desk.send(mail(server.port))
    assert {each.recipients[0] for each in server.accepted} == {"all@test.example"}


def test_a_letter_that_may_have_arrived_is_never_sent_again(desk: EscalationDesk, server: MailServer) -> None:
    desk.report(YESTERDAY)
    server.replies["CONTENT"] = [ACCEPT_AND_DROP]

    for _ in range(3):
        desk.send(mail(server.port))

    assert sorted(states(desk.ledger)) == ["done", "in_doubt"]
    assert len(server.accepted) == 2


def test_a_report_that_a_newer_one_overtook_is_not_sent(
    desk: EscalationDesk, server: MailServer, clock: StandingClock
) -> None:
    desk.report(YESTERDAY)
    clock.now += timedelta(days=1)
    desk.report(LATER)

    sent = desk.send(mail(server.port))

    assert (sent.ended["accepted"], sent.ended["superseded"]) == (2, 2)
    assert all("2026-11-01" in str(each.mail["Subject"]) for each in server.accepted)


def test_the_weekly_report_has_readers_of_its_own_and_compares_with_the_week_before(
    desk: EscalationDesk, clock: StandingClock
) -> None:
    desk.report(YESTERDAY)
    weekly = desk.report(YESTERDAY, ReportKind.WEEKLY)
    clock.now += timedelta(days=7)
    next_week = desk.report(YESTERDAY + timedelta(days=7), ReportKind.WEEKLY)

    assert weekly.proposed == 1
    assert weekly.report.changed.since is None
    assert next_week.report.changed.since == YESTERDAY


def test_a_customer_with_a_hostile_name_breaks_nothing(ledger: Ledger, tmp_path: Path) -> None:
    owe(ledger, receivable("C1", "A1"))
    with ledger.writing() as writing:
        row = {"customer_id": "C1", "name": "=cmd|'/c'!A1\r\n<script>\u202e", "recorded_at": writing.recorded_at}
        writing.connection.execute(t.customer.insert().values(**row, country="DE", party_kind="company"))
    feed(ledger, YESTERDAY)

    reported = EscalationDesk(ledger, tmp_path).report(YESTERDAY)

    page = reported.files[0].read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "\u202e" not in page
    book = openpyxl.load_workbook(reported.files[2])
    assert {cell.data_type for row in book["Waiting"].iter_rows(min_row=2) for cell in row} <= {
        "s",
        "n",
        "d",
        "inlineStr",
    }
