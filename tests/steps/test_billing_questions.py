"""The twenty questions of docs/SUPPORT.md, on a generated partner: each figure against the ledger's own rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow as pa
import pytest
import yaml
from sqlalchemy import func, insert, select

from csp_receivables import collections_wiring, support_wiring, wiring, worlds_wiring
from csp_receivables.adapters.escalation.pack import PackFiles
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.adapters.ledger import collections_tables as ct
from csp_receivables.adapters.ledger import outbox_tables as ot
from csp_receivables.adapters.ledger import tables as t
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.microsoft_tables import subscription
from csp_receivables.adapters.notices.locales import Manner, locale_of
from csp_receivables.adapters.seller import read_seller
from csp_receivables.adapters.support_drafts import DraftWriter, sentences
from csp_receivables.adapters.worlds import WorldFolder
from csp_receivables.domain import records
from csp_receivables.domain.day import Mode
from csp_receivables.domain.escalation.account import CustomerAccount
from csp_receivables.domain.money import Money
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.domain.support.diagnosis import ASKED, QUESTIONS, Sentence
from csp_receivables.settings import Settings
from csp_receivables.steps.look_at_customer import NoSuchCustomer
from tests.domain.support.test_vehicles import POLICY
from tests.escalation_desk import INCLUDE
from tests.ledgers_with_debtors import receivable

CUSTOMERS = 25
LANGUAGES = ("en", "sv", "de")
SELLER = read_seller(INCLUDE / "policies" / "seller.yaml")
TENANT = "99999999-8888-7777-6666-555555555555"


@dataclass
class Partner:
    """A generated partner, reconciled on its last day, and every customer's account on it."""

    settings: Settings
    ledger: Ledger
    on: date
    accounts: dict[str, CustomerAccount]

    def rows(self, query: Any) -> list[Any]:
        with self.ledger.reading() as connection:
            return list(connection.execute(query))

    def told(self, question: str, customer_id: str) -> list[Sentence]:
        return list(QUESTIONS[question](self.accounts[customer_id], SELLER))


@pytest.fixture(scope="module")
def partner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partner]:
    folder = tmp_path_factory.mktemp("partner")
    worlds_wiring.generate_world(folder / "world", customers=CUSTOMERS, months=3, seed=7)
    settings = Settings(
        home=folder / "home",
        ledger_url=f"sqlite:///{folder}/home/ledger.db",
        time_zone=ZoneInfo("Europe/Stockholm"),
        fixed_clock=datetime(2030, 1, 1, tzinfo=UTC),
        include=INCLUDE,
    )
    ledger = wiring.open_ledger(settings)
    worlds_wiring.import_world(
        replace(settings, include=folder / "world" / "include"), ledger, WorldFolder(folder / "world")
    )
    with ledger.reading() as connection:
        on = connection.execute(select(func.max(t.payment.c.booked_on))).scalar_one()
        ids = list(connection.execute(select(t.customer.c.customer_id).distinct().order_by("customer_id")).scalars())
    now = replace(settings, fixed_clock=datetime.combine(on + timedelta(days=1), time(6), UTC))
    plan = RunPlan(as_of=on, known_at=None, mode=Mode.LIVE, because="its last day")
    wiring.reconciler(now, ledger).reconcile(plan)
    _add_what_worlds_lack(ledger, ids[0], on)
    _add_credit(ledger, ids[1], on)
    look = support_wiring.customer_look(now, ledger)
    historical = replace(plan, mode=Mode.HISTORICAL)
    yield Partner(now, ledger, on, {each.customer_id: each for each in look.accounts(historical, ids)})
    ledger.engine.dispose()


def _add_what_worlds_lack(ledger: Ledger, customer_id: str, on: date) -> None:
    """A dispute, a promise, a suspension, a subscription and an accepted notice of one customer."""
    with ledger.writing() as writing:
        connection, recorded = writing.connection, {"recorded_at": writing.recorded_at}
        owed = list(
            connection.execute(
                select(t.receivable.c.receivable_id).where(t.receivable.c.customer_id == customer_id)
            ).scalars()
        )
        same = {"customer_id": customer_id, "reason": "said so", "placed_by": "Ada", "placed_on": on} | recorded
        connection.execute(insert(ct.hold).values(hold_id="H1", kind="dispute", **same))
        connection.execute(insert(ct.hold).values(hold_id="H2", kind="promise", currency="SEK", **same))
        part = {"hold_id": "H2", "ordinal": 1, "due_on": on + timedelta(days=9), "amount": 12_345}
        connection.execute(insert(ct.hold_instalment).values(**part, **recorded))
        tenant = {"tenant_id": TENANT, "customer_id": customer_id, "mapped": True}
        connection.execute(insert(t.customer_tenant).values(**tenant, **recorded))
        owned = {"tenant_id": TENANT, "subscription_id": "s1", "listed": True, "offer_name": "Microsoft 365 E3"}
        owned |= {"family": "microsoft_365", "status": "active", "suspension_reasons": "[]", "quantity": 7}
        owned |= {"is_trial": False, "commitment_ends_at": "2031-05-06T00:00:00.000000Z", "document": "{}"}
        connection.execute(insert(subscription).values(**owned, **recorded))
        payload = json.dumps({"receivable_ids": owed})
        for action_id, kind, stage in (("a", "propose_suspension", "suspension"), ("b", "send_notice", "reminder")):
            row = {"action_id": action_id, "kind": kind, "stage": stage, "payload": payload, "decided_on": on}
            connection.execute(insert(ot.action).values(**row, customer_id=customer_id, round_id="1.1", **recorded))
            done = {"action_id": action_id, "event_no": 1, "event": "done", "recorded_at": f"{on}T10:00:00.000000Z"}
            connection.execute(insert(ot.action_event).values(**done))
        sent = {"message_id": "m@x", "attempt": 1, "action_id": "b", "ordinal": 1, "receivable_ids": json.dumps(owed)}
        connection.execute(insert(ot.message).values(**sent, **recorded))
        for number, event in enumerate(("handing_over", "accepted"), start=1):
            word = {"message_id": "m@x", "event_no": number, "attempt": 1, "event": event, "effective_on": on}
            connection.execute(insert(ot.message_event).values(**word, code="250", said="2.0.0 OK", **recorded))


def _add_credit(ledger: Ledger, customer_id: str, on: date) -> None:
    """A credit note of one customer that names no invoice, and covers a part of nothing."""
    note = receivable(customer_id, "CREDIT-1", 4_321, on, kind="credit_note", currency="SEK")
    with ledger.writing() as writing:
        rows = pa.Table.from_pylist([note], records.RECEIVABLE)
        insert_new(writing.connection, t.receivable, rows, file_digest="", recorded_at=writing.recorded_at)


def open_in_ledger(partner: Partner, customer_id: str) -> dict[str, tuple[str, int, date]]:
    """number -> currency, open, due: invoices less the allocations that name them, straight from the tables."""
    taken = (
        select(t.allocation.c.receivable_id, func.sum(t.allocation.c.amount + t.allocation.c.difference).label("taken"))
        .group_by(t.allocation.c.receivable_id)
        .subquery()
    )
    query = (
        select(t.receivable, func.coalesce(taken.c.taken, 0).label("taken"))
        .outerjoin(taken, taken.c.receivable_id == t.receivable.c.receivable_id)
        .where(t.receivable.c.customer_id == customer_id, t.receivable.c.kind == "invoice")
    )
    return {r.number: (r.currency, r.amount - r.taken, r.due_on) for r in partner.rows(query) if r.amount != r.taken}


def sums(amounts: Iterator[tuple[str, int]] | list[tuple[str, int]]) -> set[Money]:
    found: dict[str, int] = {}
    for currency, minor in amounts:
        found[currency] = found.get(currency, 0) + minor
    return {Money(minor, currency) for currency, minor in found.items()}


def test_there_are_twenty_questions_and_the_page_lists_them() -> None:
    page = (INCLUDE.parent / "docs" / "SUPPORT.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\d+\. .*\(`(\w+)`\)", page, re.M)

    assert listed == list(QUESTIONS)
    assert len(listed) == 20
    assert {question for asked in ASKED.values() for question in asked} == set(QUESTIONS)
    assert set(ASKED) <= {topic.name for topic in POLICY.topics}


def test_balance_overdue_and_references_are_those_of_the_ledger(partner: Partner) -> None:
    for customer_id in partner.accounts:
        ours = open_in_ledger(partner, customer_id)
        late = {number: row for number, row in ours.items() if row[2] < partner.on}
        balance, overdue = partner.told("balance", customer_id)[0], partner.told("overdue", customer_id)

        assert set(balance.values.get("open", ())) == sums([row[:2] for row in ours.values()])
        assert {each.values["number"] for each in overdue[1:]} == set(late)
        for each in overdue[1:]:
            currency, minor, due_on = late[str(each.values["number"])]
            assert (each.values["open"], each.values["due_on"]) == (Money(minor, currency), due_on)
            assert each.values["days"] == (partner.on - due_on).days
        references = partner.told("reference", customer_id)
        assert {each.values["number"] for each in references if each.key == "reference"} == set(ours)
        coming = sorted(row[2] for row in ours.values() if row[2] >= partner.on)
        assert [partner.told("next_due", customer_id)[0].values.get("due_on")] == (coming[:1] or [None])


def test_invoices_and_their_lines_are_those_of_the_ledger(partner: Partner) -> None:
    newest = select(t.receivable).where(t.receivable.c.kind == "invoice").order_by(t.receivable.c.issued_on)
    by_customer: dict[str, list[Any]] = {}
    for row in partner.rows(newest.order_by(t.receivable.c.number)):
        by_customer.setdefault(row.customer_id, []).append(row)
    for customer_id, bills in by_customer.items():
        last = bills[-1]
        lines = partner.rows(select(t.receivable_line).where(t.receivable_line.c.receivable_id == last.receivable_id))
        told = partner.told("invoice_lines", customer_id)

        assert told[0].values["number"] == last.number
        assert told[0].values["amount"] == Money(last.amount, last.currency)
        assert (
            sum(each.values["net"].minor for each in told[1:] if each.key == "invoice_line")
            == sum(  # type: ignore[union-attr]
                line.net for line in lines[:10]
            )
        )
        status = partner.told("invoice_status", customer_id)[0].values
        assert status["amount"].minor >= status["paid"].minor + status["credited"].minor + status["open"].minor  # type: ignore[union-attr]
        before = [bill for bill in bills[:-1] if bill.currency == last.currency]
        if before:
            more = partner.told("increase", customer_id)[0].values
            assert more["more"] == Money(last.amount - before[-1].amount, last.currency)
            assert (more["number"], more["other"]) == (last.number, before[-1].number)


def test_payments_and_where_they_went_are_those_of_the_ledger(partner: Partner) -> None:
    allocated = (
        select(t.allocation.c.source_id, t.receivable.c.customer_id, t.receivable.c.number, t.allocation.c.amount)
        .join(t.receivable, t.receivable.c.receivable_id == t.allocation.c.receivable_id)
        .where(t.allocation.c.source_kind == "payment")
    )
    ours: dict[str, dict[str, dict[str, int]]] = {}
    for row in partner.rows(allocated):
        went = ours.setdefault(row.customer_id, {}).setdefault(row.source_id, {})
        went[row.number] = went.get(row.number, 0) + row.amount
    checked = 0
    for customer_id, account in partner.accounts.items():
        for paid in account.payments:
            went = {n: amount for n, amount in ours.get(customer_id, {}).get(paid.payment_id, {}).items() if amount}
            if went:
                assert dict(paid.applied) == went
                checked += 1
        told = partner.told("applied", customer_id)
        if account.payments:
            newest = max(paid.booked_on for paid in account.payments)
            assert {each.values["booked_on"] for each in told} <= {newest}
    assert checked > CUSTOMERS


def test_what_we_received_and_where_it_went_is_said_as_the_ledger_has_it(partner: Partner) -> None:
    """Questions 7, 8 and 9: each amount, day and number against the rows of payments and allocations."""
    paid = {row.payment_id: row for row in partner.rows(select(t.payment).where(t.payment.c.kind == "payment"))}
    joined = select(t.allocation, t.receivable.c.customer_id, t.receivable.c.number).join(
        t.receivable, t.receivable.c.receivable_id == t.allocation.c.receivable_id
    )
    went: dict[tuple[str, str], dict[str, int]] = {}
    for row in partner.rows(joined.where(t.allocation.c.source_kind == "payment")):
        parts = went.setdefault((row.customer_id, row.source_id), {})
        parts[row.number] = parts.get(row.number, 0) + row.amount
    said = {"payment": 0, "applied": 0, "applied_left": 0}
    for customer_id, account in partner.accounts.items():
        own = {payment_id for (who, payment_id), parts in went.items() if who == customer_id and any(parts.values())}
        told = [each for each in partner.told("payments", customer_id) if each.key == "payment"]
        days = sorted((paid[payment_id].booked_on for payment_id in own), reverse=True)
        assert own <= {each.payment_id for each in account.payments}
        if not account.unapplied():
            assert [each.values["booked_on"] for each in told] == days[: len(told)], "the newest first"
            assert bool(told) == bool(own)
        of_theirs = {(Money(row.amount, row.currency), row.booked_on) for row in paid.values()}
        assert {(each.values["amount"], each.values["booked_on"]) for each in told} <= of_theirs
        said["payment"] += len(told)
        if not account.payments:
            continue
        newest = account.payments[0]
        row, parts = paid[newest.payment_id], went.get((customer_id, newest.payment_id), {})
        answers = partner.told("applied", customer_id)
        applied = {str(e.values["number"]): e.values["amount"] for e in answers if e.key == "applied"}
        assert applied == {number: Money(minor, row.currency) for number, minor in parts.items() if minor}
        left = [each.values["left"] for each in answers if each.key == "applied_left"]
        everybody_s = sum(sum(each.values()) for (_, who), each in went.items() if who == newest.payment_id)
        assert left == ([Money(row.amount - everybody_s, row.currency)] if newest.left > 0 else [])
        said["applied"] += len(applied)
        said["applied_left"] += len(left)
    assert said["payment"] > CUSTOMERS
    assert said["applied"] > CUSTOMERS // 2


def test_credit_left_is_that_of_the_ledger(partner: Partner) -> None:
    """Question 10: credit notes less what allocations of kind credit_note took of them."""
    used = (
        select(t.allocation.c.source_id, func.sum(t.allocation.c.amount).label("used"))
        .where(t.allocation.c.source_kind == "credit_note")
        .group_by(t.allocation.c.source_id)
        .subquery()
    )
    query = select(t.receivable, func.coalesce(used.c.used, 0).label("used")).outerjoin(
        used, used.c.source_id == t.receivable.c.receivable_id
    )
    notes = partner.rows(query.where(t.receivable.c.kind == "credit_note"))
    for customer_id in partner.accounts:
        ours = {
            (row.number, Money(row.amount - row.used, row.currency), row.issued_on)
            for row in notes
            if row.customer_id == customer_id and row.amount != row.used
        }
        told = [each.values for each in partner.told("credits", customer_id) if each.key == "credit"]

        assert {(each["number"], each["open"], each["issued_on"]) for each in told} == ours
        if not ours:
            assert [each.key for each in partner.told("credits", customer_id)] == ["credit_none"]
    assert notes, "the generated partner has credit notes"


def test_the_next_stage_is_that_of_the_day_s_decision(partner: Partner) -> None:
    """Question 15: what the collections policy decided on this very day, from the table of decisions."""
    decided = collections_wiring.decider(partner.settings, partner.ledger).decide(
        RunPlan(as_of=partner.on, known_at=None, mode=Mode.HISTORICAL, because="to compare")
    )
    rows = {
        row.customer_id: row for row in partner.rows(select(ct.decision).where(ct.decision.c.run_id == decided.run_id))
    }
    coming = 0
    for customer_id in partner.accounts:
        told, row = partner.told("next_stage", customer_id)[0], rows.get(customer_id)
        if row is None or not row.next_stage or row.next_on is None:
            assert told.key == "next_stage_none"
            continue
        assert (told.values["what"], told.values["on"]) == (f"stage:{row.next_stage}", row.next_on)
        coming += 1
    assert coming > 0


def test_what_is_held_for_a_customer_adds_up(partner: Partner) -> None:
    for customer_id, account in partner.accounts.items():
        for paid in account.payments:
            assert sum(minor for _, minor in paid.applied) + paid.left <= paid.amount
        told = partner.told("unapplied", customer_id)[0]
        assert set(told.values.get("left", ())) == sums([(p.currency, p.left) for p in account.payments if p.left > 0])


def test_suspension_holds_promises_letters_and_subscriptions_are_told(partner: Partner) -> None:
    who = next(iter(partner.accounts))
    owed = sums([row[:2] for row in open_in_ledger(partner, who).values()])

    assert [each.key for each in partner.told("holds", who)] == ["hold"]
    assert partner.told("promises", who)[0].values["whole"] == Money(12_345, "SEK")
    assert [each.key for each in partner.told("suspended", who)] == ["suspended"]
    assert set(partner.told("restore", who)[0].values.get("open", ())) == owed
    assert partner.told("letters", who)[0].values == {"what": "stage:reminder", "on": partner.on}
    assert partner.told("subscriptions", who)[0].values["until"] == date(2031, 5, 6)


def test_whom_nothing_concerns_is_told_so(partner: Partner) -> None:
    other = next(each for each in partner.accounts if not partner.accounts[each].holds)

    assert [each.key for each in partner.told("suspended", other)] == ["suspended_none"]
    assert [each.key for each in partner.told("restore", other)] == ["restore_none"]
    assert [each.key for each in partner.told("promises", other)] == ["promise_none"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_can_be_said_in_every_language(partner: Partner, language: str) -> None:
    words = sentences(INCLUDE / "templates" / "support" / f"{language}.yaml")
    manner = Manner(locale_of(language, "", language))
    for customer_id in partner.accounts:
        for question in QUESTIONS:
            for each in partner.told(question, customer_id):
                said = DraftWriter.said(each, words, manner)
                assert said
                assert "{" not in said
                assert "stage:" not in said


def test_the_languages_have_the_same_sentences_with_the_same_figures() -> None:
    found = {
        name: yaml.safe_load((INCLUDE / "templates" / "support" / f"{name}.yaml").read_text()) for name in LANGUAGES
    }
    fields: Callable[[str], set[str | None]] = lambda text: {part[1] for part in Formatter().parse(text)} - {None}  # noqa: E731

    for name in LANGUAGES[1:]:
        assert set(found[name]) == set(found["en"])
        assert set(found[name]["stages"]) == set(found["en"]["stages"])
        for key, text in found["en"].items():
            if key != "stages":
                assert fields(found[name][key]) == fields(text), (name, key)


def test_an_unknown_customer_has_no_account(partner: Partner) -> None:
    plan = RunPlan(as_of=partner.on, known_at=None, mode=Mode.HISTORICAL, because="a slip of the key")

    with pytest.raises(NoSuchCustomer, match="customers file"):
        support_wiring.customer_look(partner.settings, partner.ledger).account(plan, "nobody")


def test_a_draft_answers_in_the_customer_s_language(partner: Partner) -> None:
    who = next(iter(partner.accounts))
    asked = support_wiring.support_intake(partner.settings, partner.ledger)
    request = _request(who, "Betalning", "Har ni fått vår betalning?")
    case_id = asked.from_requests([request]).opened[0]
    draft = support_wiring.case_draft(partner.settings, partner.ledger, case_id, "sv")

    assert draft.language == "sv"
    assert "Betalning" in draft.text
    assert "molnpartner" in draft.text


def test_a_pack_shows_the_same_figures(partner: Partner) -> None:
    who = max(partner.accounts, key=lambda each: sum(partner.accounts[each].overdue().values()))
    packs = PackFiles(outputs=partner.settings.outputs, include=INCLUDE, sender="Partner AB")

    files = packs.write(partner.accounts[who])
    again = [path.read_bytes() for path in files]

    rows = list(openpyxl.load_workbook(files[2])["Receivables"].iter_rows(min_row=2, values_only=True))
    shown = {row[0]: row[9] for row in rows if row[1] == "invoice" and row[9]}
    ours = open_in_ledger(partner, who)
    assert {number: round(amount * 100) for number, amount in shown.items()} == {n: row[1] for n, row in ours.items()}
    packs.write(partner.accounts[who])
    assert [path.read_bytes() for path in files] == again


def _request(customer_id: str, subject: str, text: str) -> Any:
    from csp_receivables.domain.support.requests import Channel, Request

    named = {"message_id": f"{customer_id}/{subject}", "sender": "someone@customer.example"}
    return Request(channel=Channel.PERSON, **named, subject=subject, text=text, customer_id=customer_id)
