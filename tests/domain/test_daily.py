"""The day as a whole: what is booked, what is shown, and that everything ties to the cent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.daily import compute_day
from csp_receivables.domain.day import Day, Mode
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.money import AMOUNT_MAX
from tests.examples import examples
from tests.worlds import AS_OF, cost, customer, duck, line, payment, receivable, vendor_invoice, world


def day_of(facts: Facts) -> tuple[Day, pa.Table]:
    with duck() as connection:
        day, booking = compute_day(connection, facts, MatchingPolicy(), mode=Mode.LIVE, is_demo=False)
    return day, booking.allocations


def only(table: pa.Table, **wanted: Any) -> dict[str, Any]:
    """The one row of `table` in which the columns have the wanted values."""
    found = [row for row in table.to_pylist() if all(row[key] == value for key, value in wanted.items())]
    assert len(found) == 1, f"{len(found)} rows for {wanted}"
    return found[0]


def test_a_paid_invoice_covers_microsoft_with_its_net_only() -> None:
    """1,250.00 collected on a net of 1,000.00: the tax office's 250.00 cover nothing."""
    day, _ = day_of(
        world(
            customers=[customer("A")],
            tenants=[{"tenant_id": "t-a", "customer_id": "A"}],
            receivables=[receivable("1", "A", 100000, 25000, reference="1234566")],
            receivable_lines=[line("1", 1, 100000, 25000, "G1")],
            payments=[payment("p1", 125000, reference="1234566")],
            vendor_invoices=[vendor_invoice("G1", 90000)],
            customer_costs=[cost("G1", "t-a", 90000)],
        )
    )

    row = only(day.reconciliation, vendor_invoice="G1", customer_id="A")
    assert tuple(row[name] for name in ("cost", "billed_net", "tax", "billed_gross", "paid", "open")) == (
        90000,
        100000,
        25000,
        125000,
        125000,
        0,
    )
    assert (row["margin"], row["because"]) == (10000, "by line")
    coverage = only(day.coverage, vendor_invoice="G1")
    assert (coverage["collected_net"], coverage["missing"], coverage["covered_per_mille"]) == (100000, 0, 1000)


def test_a_charge_of_an_unmapped_tenant_is_billed_to_nobody_and_found() -> None:
    day, _ = day_of(world(vendor_invoices=[vendor_invoice("G1", 500)], customer_costs=[cost("G1", "t-x", 500)]))

    row = only(day.reconciliation, vendor_invoice="G1")
    assert (row["customer_id"], row["customer_name"], row["cost"], row["not_billed"]) == ("", "tenant t-x", 500, 500)
    assert only(day.findings, code="tenant.not_mapped")["subject"] == "t-x"


def test_a_doubly_mapped_tenant_is_never_guessed() -> None:
    day, _ = day_of(
        world(
            customers=[customer("A"), customer("B")],
            tenants=[{"tenant_id": "t", "customer_id": "A"}, {"tenant_id": "t", "customer_id": "B"}],
            vendor_invoices=[vendor_invoice("G1", 500)],
            customer_costs=[cost("G1", "t", 500)],
        )
    )

    assert only(day.reconciliation, vendor_invoice="G1")["customer_id"] == ""
    assert "A, B" in only(day.findings, code="tenant.doubly_mapped")["found"]


def test_a_charge_that_no_receivable_bills_is_leakage() -> None:
    day, _ = day_of(
        world(
            customers=[customer("A")],
            tenants=[{"tenant_id": "t-a", "customer_id": "A"}],
            vendor_invoices=[vendor_invoice("G1", 500)],
            customer_costs=[cost("G1", "t-a", 500)],
        )
    )

    assert only(day.reconciliation, vendor_invoice="G1")["not_billed"] == 500
    assert only(day.findings, code="charge.not_billed")["amount"] == 500


def test_a_receivable_without_lines_is_attributed_by_billing_month_and_says_so() -> None:
    day, _ = day_of(
        world(
            customers=[customer("A")],
            tenants=[{"tenant_id": "t-a", "customer_id": "A"}],
            receivables=[receivable("1", "A", 600)],
            vendor_invoices=[vendor_invoice("G1", 500)],
            customer_costs=[cost("G1", "t-a", 500)],
        )
    )

    row = only(day.reconciliation, vendor_invoice="G1")
    assert (row["because"], row["billed_net"], row["not_billed"]) == ("assumed by billing month", 600, 0)


def test_two_vendor_invoices_of_one_month_leave_the_receivable_unattributed() -> None:
    day, _ = day_of(
        world(
            customers=[customer("A")],
            tenants=[{"tenant_id": "t-a", "customer_id": "A"}],
            receivables=[receivable("1", "A", 600)],
            vendor_invoices=[vendor_invoice("G1", 500), vendor_invoice("G2", 70)],
            customer_costs=[cost("G1", "t-a", 500), cost("G2", "t-a", 70)],
        )
    )

    assert only(day.reconciliation, vendor_invoice="")["billed_net"] == 600


@pytest.mark.parametrize(
    ("due_on", "bucket", "days"),
    [
        (AS_OF, "not due", 0),
        (date(2026, 10, 30), "1-30", 1),
        (date(2026, 10, 1), "1-30", 30),
        (date(2026, 9, 30), "31-60", 31),
        (date(2026, 9, 1), "31-60", 60),
        (date(2026, 8, 31), "61-90", 61),
        (date(2026, 8, 2), "61-90", 90),
        (date(2026, 8, 1), "over 90", 91),
    ],
)
def test_buckets_begin_and_end_on_the_day_they_say(due_on: date, bucket: str, days: int) -> None:
    facts = world(receivables=[receivable("1", "A", 100, due_on=due_on, issued_on=date(2026, 7, 1))])

    standing = only(day_of(facts)[0].standings, customer_id="A")

    assert (bucket, days, 100) == (standing["bucket"], standing["days_overdue"], standing["open"])
    assert standing["overdue"] == (100 if days else 0)


def test_a_returned_payment_reopens_what_it_had_paid() -> None:
    first = world(
        receivables=[receivable("1", "A", 100, reference="1234566")],
        payments=[payment("p1", 100, reference="1234566", end_to_end="E1")],
    )
    _, booked = day_of(first)
    returned = payment("p2", -100, kind="return", end_to_end="E1", booked_on=date(2026, 10, 20))
    second = world(
        receivables=[receivable("1", "A", 100, reference="1234566")],
        payments=[payment("p1", 100, reference="1234566", end_to_end="E1"), returned],
    ).with_allocations(booked)

    day, undone = day_of(second)

    assert (-100, "returned_payment", booked["allocation_id"][0].as_py()) == (
        only(undone, source_id="p2")["amount"],
        only(undone, source_id="p2")["rule"],
        only(undone, source_id="p2")["reverses"],
    )
    assert only(day.standings, customer_id="A")["open"] == 100
    assert day.unapplied.num_rows == 0


def test_a_return_that_could_undo_two_payments_undoes_none() -> None:
    receivables = [receivable("1", "A", 100, reference="1234566"), receivable("2", "A", 100, reference="1234574")]
    paid = [
        payment("p1", 100, reference="1234566", payer_account="X"),
        payment("p2", 100, reference="1234574", payer_account="X"),
    ]
    _, booked = day_of(world(receivables=receivables, payments=paid))
    back = payment("p3", -100, kind="return", payer_account="X", booked_on=date(2026, 10, 20))

    day, undone = day_of(world(receivables=receivables, payments=[*paid, back]).with_allocations(booked))

    assert undone.num_rows == 0
    assert only(day.unapplied, payment_id="p3")["amount"] == -100
    assert only(day.findings, code="payment.return_without_payment")["subject"] == "p3"


def test_a_credit_note_pays_the_invoice_it_names_and_no_more() -> None:
    credit = receivable("C1", "A", 150, kind="credit_note", credits_number="1")

    day, booked = day_of(world(customers=[customer("A")], receivables=[receivable("1", "A", 100), credit]))

    assert only(booked, source_kind="credit_note")["amount"] == 100
    standing = only(day.standings, customer_id="A")
    assert (standing["open"], standing["unapplied"], standing["credit_left"]) == (0, 0, 50)


def test_cash_and_credit_notes_that_cover_nothing_are_told_apart_and_add_up() -> None:
    credit = receivable("C1", "A", 150, kind="credit_note", credits_number="1")
    paid_too_much = payment("p1", 130, reference="1234566", booked_on=date(2026, 10, 15))
    facts = world(customers=[customer("A")], payments=[paid_too_much, payment("p2", 7)],
                  receivables=[receivable("1", "A", 100), credit, receivable("2", "A", 110, reference="1234566"),
                               receivable("3", "A", 60)])  # fmt: skip

    day, _ = day_of(facts)

    standing, late = only(day.standings, customer_id="A"), only(day.late, customer_id="A")
    assert (standing["unapplied"], standing["credit_left"]) == (20, 50)
    assert (late["unapplied"], late["credit_left"]) == (20, 50)
    assert "unapplied money and credit cover it: look before chasing" in late["because"]
    head = {row["line"]: row["amount"] for row in day.summary.to_pylist()}
    assert head["credit left"] == sum(day.standings["credit_left"].to_pylist()) == 50
    assert head["unapplied"] == sum(day.unapplied["amount"].to_pylist()) == 27  # the 7 are nobody's yet


def test_what_accounting_says_is_open_is_compared_and_never_believed() -> None:
    stated = [{"receivable_id": "partner/1", "stated_on": AS_OF, "open_amount": 0}]

    day, _ = day_of(world(receivables=[receivable("1", "A", 100)], stated_open=stated))

    assert only(day.standings, customer_id="A")["open"] == 100
    finding = only(day.findings, code="receivable.accounting_disagrees")
    assert finding["amount"] == -100
    assert "says 0.00 SEK was open" in finding["found"]
    assert "the ledger says 1.00" in finding["found"]


def test_a_receivable_due_before_it_was_issued_counts_and_is_told() -> None:
    early = receivable("1", "A", 100, issued_on=date(2026, 9, 10), due_on=date(2026, 9, 9))
    same_day = receivable("2", "A", 100, issued_on=date(2026, 9, 10), due_on=date(2026, 9, 10))

    day, _ = day_of(world(receivables=[early, same_day]))

    assert only(day.standings, customer_id="A")["overdue"] == 200
    assert only(day.findings, code="receivable.due_before_issued")["subject"] == "partner/1"


def test_a_return_that_fits_no_payment_asks_for_the_payment() -> None:
    day, _ = day_of(world(payments=[payment("p1", -100, kind="return")]))

    finding = only(day.findings, code="payment.return_without_payment")
    assert finding["found"].startswith("return of 2026-10-15")
    assert "the payment it undoes" in finding["remedy"]


def test_a_customer_whose_unapplied_money_covers_the_debt_is_late_with_a_warning() -> None:
    """The overpayment of one invoice lies unapplied beside an overdue one of the same size."""
    receivables = [receivable("1", "A", 100, reference="1234566"), receivable("2", "A", 50)]

    day, _ = day_of(world(receivables=receivables, payments=[payment("p1", 150, reference="1234566")]))

    late = only(day.late, customer_id="A")
    assert (late["overdue"], late["unapplied"]) == (50, 50)
    assert "look before chasing" in late["because"]


def test_pending_money_is_shown_and_never_allocated() -> None:
    pending = payment("p1", 100, reference="1234566", status="pending")

    day, booked = day_of(world(receivables=[receivable("1", "A", 100, reference="1234566")], payments=[pending]))

    assert booked.num_rows == 0
    assert only(day.unapplied, payment_id="p1")["status"] == "pending"


@pytest.mark.parametrize(
    ("booked", "shown"),
    [
        ({"bank_ref": "B1"}, False),
        ({"end_to_end": "E1"}, False),
        ({"bank_ref": "B1", "booked_on": AS_OF - timedelta(days=2)}, True),  # booked before: another payment
        ({"bank_ref": "B2"}, True),
        ({"bank_ref": "B1", "account": "SE9999"}, True),
        ({"payer_account": "SE7777"}, False),  # no id is the same: the same payer and amount
        ({"payer_account": "SE7778"}, True),
    ],
)
def test_what_was_pending_is_shown_until_the_bank_books_it(booked: dict[str, Any], shown: bool) -> None:
    pending = payment("pending", 100, status="pending", bank_ref="B1", end_to_end="E1", booked_on=AS_OF - timedelta(1),
                      payer_account="SE7777")  # fmt: skip
    later = payment("booked", 100, **{"booked_on": AS_OF, **booked})

    day, _ = day_of(world(payments=[pending, later]))

    assert shown is ("pending" in day.unapplied["payment_id"].to_pylist())


def statement(until_on: date, **other: Any) -> dict[str, Any]:
    default = {"statement_id": f"s-{until_on}", "family": "camt.053", "account": ACCOUNT, "currency": "SEK"}
    return {**default, "from_on": until_on, "until_on": until_on, **other}


ACCOUNT = "SE4550000000058398257466"
PENDING_ON = date(2026, 10, 15)  # a Thursday; the fifth banking day after it is Thursday 22 October


@pytest.mark.parametrize(
    ("statements", "shown", "found"),
    [
        ([statement(date(2026, 10, 22))], True, 0),
        ([statement(date(2026, 10, 23))], False, 1),
        ([statement(date(2026, 10, 23)), statement(date(2026, 10, 30))], False, 1),
        ([statement(date(2026, 10, 23), held=True)], True, 0),
        ([statement(date(2026, 10, 23), family="bank_csv")], True, 0),  # it may be cut anywhere: it proves no day
        ([statement(date(2026, 10, 23), account="SE99")], True, 0),
        ([statement(date(2026, 10, 23), currency="EUR")], True, 0),
    ],
)
def test_pending_money_ends_as_a_finding_once_a_statement_proves_that_it_was_not_booked(
    statements: list[dict[str, Any]], shown: bool, found: int
) -> None:
    pending = [
        payment("p1", 12345, status="pending", booked_on=PENDING_ON, family=family) for family in ("camt.052", "mt942")
    ]

    day, _ = day_of(world(payments=pending, statements=statements))

    assert shown is bool(day.unapplied.num_rows)
    findings = [row for row in day.findings.to_pylist() if row["code"] == "bank.pending_never_booked"]
    assert found == len(findings)
    if found:
        assert (findings[0]["subject"], findings[0]["amount"], findings[0]["currency"]) == ("p1", 12345, "SEK")
        assert "123.45 SEK pending on 2026-10-15" in findings[0]["found"]
        assert "until 2026-10-23" in findings[0]["found"]


@pytest.mark.parametrize(("as_of", "found"), [(date(2026, 11, 23), 1), (date(2026, 11, 24), 0)])
def test_pending_money_that_was_never_booked_is_told_for_a_month(as_of: date, found: int) -> None:
    pending = payment("p1", 12345, status="pending", booked_on=PENDING_ON)

    day, _ = day_of(world(as_of, payments=[pending], statements=[statement(date(2026, 10, 23)), statement(as_of)]))

    assert (day.unapplied.num_rows, day.findings["code"].to_pylist().count("bank.pending_never_booked")) == (0, found)


AMOUNT = st.integers(1, 2000)


@st.composite
def worlds(draw: st.DrawFn) -> Facts:
    """Worlds in which everything happens at once: parts, credits, returns, two currencies, unmapped tenants."""
    currency = st.sampled_from(["SEK", "EUR"])
    customers = ["A", "B", "C"]
    heads, lines, payments = [], [], []
    for number in range(draw(st.integers(0, 6))):
        parts = draw(st.lists(st.tuples(st.integers(-300, 900), st.sampled_from(["", "G1", "G2", "G9"])), max_size=4))
        net = max(sum(part[0] for part in parts), 0) + draw(st.integers(0, 500))
        kind = draw(st.sampled_from(["invoice", "invoice", "credit_note"]))
        heads.append(
            receivable(str(number), draw(st.sampled_from(customers)), net, net // 4, kind=kind,
                       currency=draw(currency), reference=f"R{number % 4}",
                       due_on=draw(st.dates(date(2026, 6, 1), AS_OF)),
                       credits_number=str(draw(st.integers(0, 6))))
        )  # fmt: skip
        lines += [line(str(number), n + 1, p[0], p[0] // 4, p[1]) for n, p in enumerate(parts)]
    for number in range(draw(st.integers(0, 6))):
        amount = draw(AMOUNT)
        reference = draw(st.sampled_from(["", "R0", "R1", "R2", "R0 R1"]))
        payments.append(
            payment(f"p{number}", amount, reference=reference, currency=draw(currency), end_to_end=f"E{number}")
        )
        if draw(st.booleans()):
            payments.append(payment(f"r{number}", -amount, kind="return", end_to_end=f"E{number}",
                                    currency=payments[-1]["currency"], booked_on=date(2026, 10, 20)))  # fmt: skip
    costs = [cost(g, t, draw(AMOUNT)) for g in ("G1", "G2") for t in ("t-a", "t-b", "t-x")]
    invoices = [vendor_invoice(g, sum(c["pre_tax"] for c in costs if c["invoice_id"] == g)) for g in ("G1", "G2")]
    return world(
        customers=[customer(c) for c in customers],
        tenants=[{"tenant_id": "t-a", "customer_id": "A"}, {"tenant_id": "t-b", "customer_id": "B"}],
        receivables=heads, receivable_lines=lines, payments=payments, vendor_invoices=invoices, customer_costs=costs,
    )  # fmt: skip


@examples(4)
@given(facts=worlds())
def test_every_world_ties_to_the_cent_before_and_after_booking(facts: Facts) -> None:
    """I5 holds on whatever comes, and a second run over what the first booked books nothing and shows the same."""
    day, booked = day_of(facts)

    assert [0] * day.tie_out.num_rows == day.tie_out["difference"].to_pylist()
    again, more = day_of(facts.with_allocations(booked))
    assert more.num_rows == 0
    assert [] == [name for name, table in day.tables().items() if not again.tables()[name].equals(table)]


@examples(3)
@given(facts=worlds(), seed=st.randoms(use_true_random=False))
def test_the_order_in_which_facts_are_read_changes_nothing(facts: Facts, seed: Any) -> None:
    def shuffled(table: pa.Table) -> pa.Table:
        places = list(range(table.num_rows))
        seed.shuffle(places)
        return table.take(pa.array(places, pa.int64()))

    names = ("receivables", "receivable_lines", "payments", "vendor_invoices", "customer_costs", "tenants")
    other = Facts(**{
        field: shuffled(getattr(facts, field)) if field in names else getattr(facts, field)
        for field in Facts.__dataclass_fields__
    })  # fmt: skip

    one, two = day_of(facts)[0].tables(), day_of(other)[0].tables()
    assert [] == [name for name, table in one.items() if not two[name].equals(table)]


def test_a_day_of_the_largest_amounts_is_computed_like_any_other() -> None:
    """What an import lets in must not end the day for everybody by a sum that no column holds."""
    numbers = [str(number) for number in range(1001, 1101)]
    day, allocations = day_of(
        world(
            customers=[customer("A")],
            tenants=[{"tenant_id": "t-a", "customer_id": "A"}],
            receivables=[receivable(number, "A", AMOUNT_MAX, reference=number) for number in numbers],
            receivable_lines=[line(number, 1, AMOUNT_MAX, vendor_invoice="G1") for number in numbers],
            payments=[payment(number, AMOUNT_MAX, reference=number) for number in numbers[:50]],
            vendor_invoices=[vendor_invoice("G1", AMOUNT_MAX)],
            customer_costs=[cost("G1", "t-a", AMOUNT_MAX)],
        )
    )

    assert allocations.num_rows == 50
    assert not any(day.tie_out["difference"].to_pylist())
    assert only(day.standings, customer_id="A")["open"] == 50 * AMOUNT_MAX
