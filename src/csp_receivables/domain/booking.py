"""Which allocations a day books: returns undone, named credit notes applied, the ladder of matching, then refunds."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow as pa

from csp_receivables.domain.allocation_ids import allocation_id
from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.credit_notes import apply_named_credits
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.findings import findings_table
from csp_receivables.domain.matching.ladder import Matched, match
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.not_customer_money import take_out
from csp_receivables.domain.positions import keep_positions
from csp_receivables.domain.records import ALLOCATION, NEW_ALLOCATION, OPEN_PAYMENT, OPEN_RECEIVABLE
from csp_receivables.domain.refunds import book_refunds, unclear_refunds
from csp_receivables.domain.relations import ask, load
from csp_receivables.domain.returned_payments import undo_returned

_OPEN_RECEIVABLES = """
    SELECT receivable_id, customer_id, number, kind, issued_on, due_on, currency, amount, open_amount, reference
      FROM invoice_positions WHERE open_amount > 0 ORDER BY receivable_id
"""
_OPEN_PAYMENTS = """
    SELECT payment_id, booked_on, currency, left_amount AS amount, payer_name, payer_account, reference, text,
           customer_id
      FROM payment_positions WHERE kind = 'payment' AND left_amount > 0 ORDER BY payment_id
"""
_MATCHED = """
    SELECT 'payment' AS source_kind, m.payment_id AS source_id, m.receivable_id, m.amount, m.difference, m.currency,
           m.rule, m.outcome, m.because, greatest(p.booked_on, r.issued_on) AS effective_on, '' AS reverses
      FROM matched m JOIN open_payments p USING (payment_id) JOIN open_receivables r USING (receivable_id)
     ORDER BY source_id, receivable_id
"""
# The place among equals makes the id differ when a pair is allocated again after it was undone.
_PLACE = """coalesce(e.earlier, 0) + row_number() OVER (PARTITION BY n.source_kind, n.source_id, n.receivable_id,
                n.reverses ORDER BY n.amount)"""
_ID = allocation_id("n.source_kind", "n.source_id", "n.receivable_id", "n.reverses", _PLACE)
_NAMED = f"""
    SELECT {_ID} AS allocation_id, n.*
      FROM newly n
      LEFT JOIN (SELECT source_kind, source_id, receivable_id, reverses, count(*) AS earlier
                   FROM allocations GROUP BY ALL) e USING (source_kind, source_id, receivable_id, reverses)
     ORDER BY allocation_id
"""


NO_LINE_RULES = BankLinePolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """`allocations` to book (ALLOCATION), what a person is shown (SUGGESTION), why the rest is left (UNAPPLIED)."""

    allocations: pa.Table
    suggestions: pa.Table
    unapplied: pa.Table
    findings: pa.Table


def decide_booking(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    policy: MatchingPolicy,
    lines: BankLinePolicy = NO_LINE_RULES,
) -> Booking:
    """Everything that can be allocated on the facts' day. Leaves the positions in `connection` as after booking.

    Passes are made until one books nothing, so that a second run finds nothing either, and what is said of the rest is
    true of the ledger as it is left. A pass books an amount or undoes a return, so there is an end to them. Refunds
    wait for that end: what a receivable can still use is not given back.
    """
    facts.load(connection)
    unsure = take_out(connection, lines, facts.as_of)
    keep_positions(connection)
    booked = [ALLOCATION.empty_table()]
    while True:
        pass_booked, matched = _one_pass(connection, facts, booked, policy)
        booked += pass_booked
        if any(newly.num_rows for newly in pass_booked):
            continue
        refunded = _book(connection, facts, booked, book_refunds(connection))
        if not refunded.num_rows:
            break
        booked.append(refunded)
    return Booking(
        allocations=pa.concat_tables(booked).sort_by("allocation_id"),
        suggestions=matched.suggestions,
        unapplied=matched.unapplied,
        findings=pa.concat_tables([matched.findings, findings_table([*unsure, *unclear_refunds(connection)])]),
    )


def _one_pass(
    connection: duckdb.DuckDBPyConnection, facts: Facts, booked: list[pa.Table], policy: MatchingPolicy
) -> tuple[list[pa.Table], Matched]:
    """Returns, then named credit notes, then the ladder; each sees what the one before left."""
    undone = _book(connection, facts, booked, undo_returned(connection))
    credited = _book(connection, facts, [*booked, undone], apply_named_credits(connection))
    load(connection, "open_receivables", ask(connection, _OPEN_RECEIVABLES, OPEN_RECEIVABLE))
    load(connection, "open_payments", ask(connection, _OPEN_PAYMENTS, OPEN_PAYMENT))
    matched = match(connection, "open_receivables", "open_payments", policy)
    load(connection, "matched", matched.allocations)
    paid = _book(connection, facts, [*booked, undone, credited], ask(connection, _MATCHED, NEW_ALLOCATION))
    return [undone, credited, paid], matched


def _book(connection: duckdb.DuckDBPyConnection, facts: Facts, before: list[pa.Table], newly: pa.Table) -> pa.Table:
    """Name the new allocations and count them in, so that the next rule sees what is left."""
    load(connection, "newly", newly)
    named = ask(connection, _NAMED, ALLOCATION)
    if named.num_rows:
        load(connection, "allocations", pa.concat_tables([facts.allocations, *before, named]))
        keep_positions(connection)
    return named
