"""The books as a person's decision finds them: payments, receivables and allocations by what the person calls them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused
from csp_receivables.domain.money import to_text
from csp_receivables.domain.not_customer_money import take_out
from csp_receivables.domain.positions import keep_positions
from csp_receivables.domain.relations import load
from csp_receivables.domain.returned_payments import undo_returned

PREFIX_LENGTH_MIN = 6  # a shorter beginning of an id is rather a slip of the key
NAMED_MAX = 5

_PAYMENT = """
    SELECT payment_id, p.kind, currency, left_amount, booked_on, coalesce(s.because, '') AS because
      FROM payment_positions p LEFT JOIN set_aside s USING (payment_id) WHERE payment_id = $id
"""
_RECEIVABLES = """
    SELECT receivable_id, r.kind, r.currency, r.issued_on, i.open_amount
      FROM receivables r LEFT JOIN invoice_positions i USING (receivable_id)
     WHERE receivable_id = $given OR r.number = $given ORDER BY receivable_id = $given DESC, receivable_id
"""
_STANDING = """
    SELECT a.allocation_id, a.source_kind, a.source_id, a.receivable_id, a.rule, a.currency, a.because,
           (a.amount + coalesce(u.amount, 0))::BIGINT AS amount,
           (a.difference + coalesce(u.difference, 0))::BIGINT AS difference,
           greatest(a.effective_on, u.effective_on) AS effective_on
      FROM allocations a
      LEFT JOIN (SELECT reverses, sum(amount) AS amount, sum(difference) AS difference,
                        max(effective_on) AS effective_on
                   FROM allocations WHERE reverses <> '' GROUP BY reverses) u ON u.reverses = a.allocation_id
     WHERE a.reverses = '' AND {which} ORDER BY a.receivable_id, a.allocation_id
"""
_GOING_BACK = """
    SELECT max(because) FROM going_back
     WHERE (reverses = '' AND source_id = $id)
        OR reverses IN (SELECT allocation_id FROM allocations WHERE source_id = $id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment that a person may allocate; `left` in minor units."""

    payment_id: str
    currency: str
    left: int
    booked_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice that a person may allocate to; `open` in minor units."""

    receivable_id: str
    currency: str
    open: int
    issued_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An allocation and what is left of it after everything that took back from it."""

    allocation_id: str
    source_kind: str
    source_id: str
    receivable_id: str
    rule: str
    currency: str
    because: str
    amount: int
    difference: int
    effective_on: date  # of the latest of the entries that make it up

    def __str__(self) -> str:
        return f"{to_text(self.amount, self.currency)} {self.currency} to {self.receivable_id} ({self.rule})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a decision is taken on: the facts of the moment and the policies that the rules go by."""

    facts: Facts
    policy: MatchingPolicy
    lines: BankLinePolicy


def lay_out(connection: duckdb.DuckDBPyConnection, situation: Situation) -> None:
    """Make the positions as the ledger has them, without what the rules would book; and `going_back`: open returns."""
    situation.facts.load(connection)
    take_out(connection, situation.lines, situation.facts.as_of)
    keep_positions(connection)
    load(connection, "going_back", undo_returned(connection))


def payment_id_of(connection: duckdb.DuckDBPyConnection, given: str) -> str:
    """The payment's whole id. Raises ByHandRefused."""
    found = _ids(connection, "SELECT DISTINCT payment_id AS id FROM payments", given)
    return _only(
        found,
        f"payment {given!r}",
        "the sheets Unapplied and Suggestions name them; one of a held statement does not count until it is accepted",
    )


def source_id_of(connection: duckdb.DuckDBPyConnection, given: str) -> str:
    """The whole id of a payment or credit note that something is or was allocated of. Raises ByHandRefused."""
    found = _ids(connection, "SELECT DISTINCT source_id AS id FROM allocations", given)
    return _only(found, f"allocation of payment {given!r}", "the sheet Allocations names them")


def allocation_id_of(connection: duckdb.DuckDBPyConnection, given: str) -> str:
    """The allocation's whole id. Raises ByHandRefused."""
    found = _ids(connection, "SELECT allocation_id AS id FROM allocations", given)
    return _only(found, f"allocation {given!r}", "the sheet Allocations names them")


def payment(connection: duckdb.DuckDBPyConnection, payment_id: str) -> Payment:
    """A payment that may be allocated. Raises ByHandRefused for what the bank has not booked or took back, and for what
    is not customers' money.
    """
    rows = _rows(connection, _PAYMENT, id=payment_id)
    if not rows:
        raise ByHandRefused(f"the bank has not booked {payment_id} yet; wait for the statement that does")
    row = rows[0]
    if row["kind"] == "return":
        raise ByHandRefused(
            f"{payment_id} is money that the bank took back; it undoes a payment and pays nothing. Where it undid "
            "none, unallocate the payment it belongs to"
        )
    if row["kind"] != "payment":
        because = row["because"] or "the bank does not book it as a payment"
        raise ByHandRefused(
            f"{payment_id} is not customers' money: {because}. If it is, correct include/policies/bank_lines.yaml"
        )
    ((going_back,),) = connection.execute(_GOING_BACK, {"id": payment_id}).fetchall()
    if going_back:
        raise ByHandRefused(f"{payment_id} is going back: {going_back}. Let the next run book that, then look again")
    return Payment(payment_id=payment_id, currency=row["currency"], left=row["left_amount"], booked_on=row["booked_on"])


def invoice(connection: duckdb.DuckDBPyConnection, given: str) -> Invoice:
    """The invoice with the id or number `given`. Raises ByHandRefused.

    No beginning of an id is enough: invoice numbers continue one another, and the next in line is another customer's.
    """
    rows = _rows(connection, _RECEIVABLES, given=given)
    if rows and rows[0]["receivable_id"] == given:
        rows = rows[:1]
    receivable_id = _only(
        [row["receivable_id"] for row in rows], f"receivable {given!r}", "give its whole id or its number"
    )
    row = rows[0]
    if row["kind"] != "invoice":
        raise ByHandRefused(f"{receivable_id} is a credit note; a payment pays invoices")
    return Invoice(
        receivable_id=receivable_id, currency=row["currency"], open=row["open_amount"], issued_on=row["issued_on"]
    )


def standing_of(connection: duckdb.DuckDBPyConnection, source_id: str, receivable_id: str = "") -> list[Standing]:
    """What is allocated of a payment or credit note (to one receivable), also what was taken back since.

    Without a receivable, the payment's own entry beside an exchange is there too.
    """
    which = "a.source_id = $source AND " + (
        "a.receivable_id = $to" if receivable_id else "(a.receivable_id <> '' OR a.rule = 'foreign_currency')"
    )
    values = {"source": source_id, **({"to": receivable_id} if receivable_id else {})}
    return [Standing(**row) for row in _rows(connection, _STANDING.format(which=which), **values)]


def standing(connection: duckdb.DuckDBPyConnection, allocation_id: str) -> Standing | None:
    """One allocation; None for an entry that takes another back."""
    rows = _rows(connection, _STANDING.format(which="a.allocation_id = $id"), id=allocation_id)
    return Standing(**rows[0]) if rows else None


def was_decided(connection: duckdb.DuckDBPyConnection, payment_id: str, receivable_id: str = "") -> bool:
    """Has a person declined something of the payment (with the receivable) before?"""
    query = "SELECT 1 FROM declined WHERE payment_id = $payment" + (" AND receivable_id = $to" if receivable_id else "")
    values = {"payment": payment_id, **({"to": receivable_id} if receivable_id else {})}
    return bool(connection.execute(f"{query} LIMIT 1", values).fetchall())


def _ids(connection: duckdb.DuckDBPyConnection, ids: str, given: str) -> list[str]:
    """The id `given`, else those that begin with it, in their order and no more than a person reads."""
    exact = connection.execute(f"SELECT id FROM ({ids}) WHERE id = $given", {"given": given}).fetchall()
    if exact or len(given) < PREFIX_LENGTH_MIN:
        return [row[0] for row in exact]
    begin = f"SELECT id FROM ({ids}) WHERE starts_with(id, $given) ORDER BY id LIMIT {NAMED_MAX + 1}"
    return [row[0] for row in connection.execute(begin, {"given": given}).fetchall()]


def _only(found: list[str], what: str, remedy: str) -> str:
    if len(found) == 1:
        return found[0]
    if not found:
        raise ByHandRefused(f"no {what} is known; {remedy}")
    named = ", ".join(found[:NAMED_MAX]) + (" and more" if len(found) > NAMED_MAX else "")
    raise ByHandRefused(f"{what} may be {named}; give the whole id")


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, **values: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = connection.sql(sql, params=values or None).to_arrow_table().to_pylist()
    return rows
