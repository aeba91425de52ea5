"""Small worlds of receivables and payments for the tests of matching, and a way to run the ladder over them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from random import Random
from typing import Any

import pyarrow as pa

from csp_receivables.domain.matching.ladder import Knowledge, Matched, MatchingPolicy, match
from csp_receivables.domain.records import CLOSED, DECLINED, OPEN_PAYMENT, OPEN_RECEIVABLE, PAYER
from csp_receivables.made_up.accounts import ACCOUNTS
from csp_receivables.made_up.customers import Customer, customers
from csp_receivables.made_up.payments import Payers, Payment
from csp_receivables.made_up.receivables import PRICE_LIST, Numbering, Receivable, bill, credit
from tests.worlds import duck

Row = dict[str, Any]
ACCOUNT = "SE45 5000 0000 0583 9825 7466"
_NAMES = pa.schema([("customer_id", pa.string()), ("name", pa.string())])
_INSTRUCTED = pa.schema(
    [("payment_id", pa.string()), ("instructed_currency", pa.string()), ("instructed_amount", pa.int64())]
)
_KINDS = {"amount": pa.int64(), "due_on": pa.date32(), "paid_on": pa.date32(), "booked_on": pa.date32()}
_PAID = pa.schema(
    [(name, _KINDS.get(name, pa.string())) for name in ("customer_id", "currency", "amount", "due_on", "paid_on")]
)
_CAME = pa.schema(
    [
        (name, _KINDS.get(name, pa.string()))
        for name in ("payment_id", "booked_on", "currency", "amount", "payer_account")
    ]
)
_RESTS = pa.schema([("payment_id", pa.string())])


def receivable(receivable_id: str, open_amount: int, **other: Any) -> Row:
    """An open invoice of customer C1 in EUR; its number is what stands behind the slash of its id."""
    return {
        "receivable_id": receivable_id,
        "customer_id": "C1",
        "number": receivable_id.rpartition("/")[2],
        "kind": "invoice",
        "issued_on": date(2026, 9, 1),
        "due_on": date(2026, 10, 1),
        "currency": "EUR",
        "amount": open_amount,
        "open_amount": open_amount,
        "reference": "",
        **other,
    }


def payment(payment_id: str, amount: int, **other: Any) -> Row:
    """A payment in EUR by nobody we know."""
    return {
        "payment_id": payment_id,
        "booked_on": date(2026, 10, 5),
        "currency": "EUR",
        "amount": amount,
        "payer_name": "",
        "payer_account": "",
        "reference": "",
        "text": "",
        "customer_id": "",
        **other,
    }


def credit_note(credit_id: str, open_amount: int, **other: Any) -> Row:
    """An open credit note of customer C1 in EUR."""
    return receivable(credit_id, open_amount, kind="credit_note", **other)


def payer(customer_id: str, account: str = ACCOUNT, **other: Any) -> Row:
    """What is known before the run: the account named a receivable of the customer once, and nobody objected."""
    return {
        "payer_account": account,
        "customer_id": customer_id,
        "confirmed": 1,
        "contradicted": 0,
        "decided": "",
        **other,
    }


def declined(payment_id: str, receivable_id: str, rule: str) -> Row:
    """A person's no."""
    return {"payment_id": payment_id, "receivable_id": receivable_id, "rule": rule}


def made_up(seed: int, people: int, months: int, *, says_who: bool = False) -> tuple[list[Row], list[Row]]:
    """Receivables and payments of a made-up partner, none of them matched yet.

    `says_who`: the payments say whose they are, and not what they pay.
    """
    random = Random(seed)
    numbering, payers = Numbering(), Payers(random)
    receivables: list[Row] = []
    payments: list[Row] = []
    everybody = list(customers(random, people, len(PRICE_LIST)))
    for month in [date(2025, month, 1) for month in range(1, months + 1)]:
        for customer in everybody:
            invoices = list(bill(random, numbering, customer, month))
            notes = [note for invoice in invoices if (note := credit(random, numbering, invoice))]
            receivables += [_open(customer, one) for one in [*invoices, *notes]]
            planned = [one for one in payers.plan(customer, invoices) if one.kind == "payment"]
            payments += [_paying(place, one, says_who=says_who) for place, one in enumerate(planned, len(payments))]
    return receivables, payments


def _open(customer: Customer, made: Receivable) -> Row:
    names = ("number", "kind", "issued_on", "due_on", "reference")
    whose = {"customer_id": customer.customer_id, "currency": customer.currency}
    return receivable(made.receivable_id, made.amount, **{name: getattr(made, name) for name in names}, **whose)


def _paying(place: int, made: Payment, *, says_who: bool) -> Row:
    what = {"reference": " ".join(made.references), "text": made.text}
    said = {"customer_id": made.customer_id} if says_who else what
    besides = {"booked_on": made.booked_on, "payer_account": made.payer_account}
    return payment(f"P{place:05}", made.amount, currency=ACCOUNTS[made.pays_to].account.currency, **besides, **said)


def run(
    receivables: Sequence[Row],
    payments: Sequence[Row],
    policy: MatchingPolicy | None = None,
    *,
    payers: Sequence[Row] = (),
    names: Mapping[str, str] | None = None,
    no: Sequence[Row] = (),
    rests: Collection[str] = (),
    instructed: Sequence[Row] = (),
    closed: Sequence[Row] = (),
    paid: Sequence[Row] = (),
    came: Sequence[Row] = (),
) -> Matched:
    """The ladder over both, in an engine of its own, and what is known besides; `no` is what people declined."""
    called = [{"customer_id": customer_id, "name": name} for customer_id, name in (names or {}).items()]
    with duck() as connection:
        connection.register("receivables", pa.Table.from_pylist(list(receivables), schema=OPEN_RECEIVABLE))
        connection.register("payments", pa.Table.from_pylist(list(payments), schema=OPEN_PAYMENT))
        connection.register("payers", pa.Table.from_pylist(list(payers), schema=PAYER))
        connection.register("names", pa.Table.from_pylist(called, schema=_NAMES))
        connection.register("no", pa.Table.from_pylist(list(no), schema=DECLINED))
        connection.register("rests", pa.Table.from_pylist([{"payment_id": one} for one in rests], schema=_RESTS))
        connection.register("instructed", pa.Table.from_pylist(list(instructed), schema=_INSTRUCTED))
        connection.register("closed", pa.Table.from_pylist(list(closed), schema=CLOSED))
        connection.register("paid", pa.Table.from_pylist(list(paid), schema=_PAID))
        connection.register("came", pa.Table.from_pylist(list(came), schema=_CAME))
        knowledge = Knowledge(
            payers="payers" if payers else "",
            names="names" if names else "",
            declined="no" if no else "",
            rests="rests" if rests else "",
            instructed="instructed" if instructed else "",
            closed="closed" if closed else "",
            paid="paid" if paid else "",
            came="came" if came else "",
        )
        return match(connection, "receivables", "payments", policy or MatchingPolicy(), knowledge)


def booked(matched: Matched) -> list[tuple[str, str, int, int, str, str]]:
    """(payment, receivable, amount, difference, rule, outcome) of each allocation, in the order given out."""
    names = ("payment_id", "receivable_id", "amount", "difference", "rule", "outcome")
    return [tuple(row[name] for name in names) for row in matched.allocations.to_pylist()]


def suggested(matched: Matched) -> list[tuple[str, str, int, str]]:
    """(payment, receivable, amount, rule) of each suggestion."""
    return [
        (row["payment_id"], row["receivable_id"], row["amount"], row["rule"]) for row in matched.suggestions.to_pylist()
    ]


def options(matched: Matched, payment_id: str) -> list[tuple[int, str]]:
    """(option, receivable) of what is suggested for one payment, best first."""
    rows = [row for row in matched.suggestions.to_pylist() if row["payment_id"] == payment_id]
    return sorted((row["option"], row["receivable_id"]) for row in rows)


def credited(matched: Matched) -> list[tuple[str, str, int, str, str]]:
    """(credit note, receivable, amount, rule, outcome) of each credit note that is applied."""
    names = ("credit_id", "receivable_id", "amount", "rule", "outcome")
    return [tuple(row[name] for name in names) for row in matched.credited.to_pylist()]


def because(matched: Matched, payment_id: str) -> str:
    """The one sentence said of a payment: of what is booked, else of what is suggested, else of what is left."""
    for table in (matched.allocations, matched.suggestions, matched.unapplied):
        said = [row["because"] for row in table.to_pylist() if row["payment_id"] == payment_id]
        if said:
            return str(said[0])
    raise LookupError(payment_id)


def left(matched: Matched) -> dict[str, int]:
    """What is unapplied of each payment."""
    return {row["payment_id"]: row["amount"] for row in matched.unapplied.to_pylist()}
