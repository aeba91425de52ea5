"""Which allocations a day books: returns undone, named credit notes applied, the ladder of matching, then refunds."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow as pa

from csp_receivables.domain.allocation_ids import name_allocations
from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.credit_notes import apply_named_credits
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.findings import findings_table
from csp_receivables.domain.matching.ladder import Knowledge, LeftOver, allocate
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.not_customer_money import take_out
from csp_receivables.domain.payer_aliases import keep_aliases
from csp_receivables.domain.positions import count_in, keep_positions
from csp_receivables.domain.records import ALLOCATION, NEW_ALLOCATION, OPEN_PAYMENT, OPEN_RECEIVABLE, empty
from csp_receivables.domain.refunds import book_refunds, unclear_refunds
from csp_receivables.domain.relations import ask, keep, load
from csp_receivables.domain.returned_payments import undo_returned

_OPEN_RECEIVABLES = """
    SELECT receivable_id, customer_id, number, kind, issued_on, due_on, currency, amount, open_amount, reference
      FROM invoice_positions WHERE open_amount > 0
    UNION ALL BY NAME
    SELECT receivable_id, customer_id, number, kind, issued_on, due_on, currency, amount, left_amount AS open_amount,
           '' AS reference
      FROM credit_positions WHERE left_amount > 0
     ORDER BY receivable_id
"""
_OPEN_PAYMENTS = """
    SELECT payment_id, booked_on, currency, left_amount AS amount, payer_name, payer_account, reference, text,
           customer_id
      FROM payment_positions WHERE kind = 'payment' AND left_amount > 0 ORDER BY payment_id
"""
_MATCHED = """
    SELECT 'payment' AS source_kind, m.payment_id AS source_id,
           CASE WHEN m.currency = r.currency THEN m.receivable_id ELSE '' END AS receivable_id, m.amount, m.difference,
           m.currency, m.rule, m.outcome, m.because, greatest(p.booked_on, r.issued_on) AS effective_on, '' AS reverses
      FROM matched m JOIN open_payments p USING (payment_id) JOIN open_receivables r USING (receivable_id)
    UNION ALL BY NAME
    SELECT 'exchange' AS source_kind, e.payment_id AS source_id, e.receivable_id, e.amount, e.difference, e.currency,
           m.rule, m.outcome, m.because, greatest(p.booked_on, r.issued_on) AS effective_on, '' AS reverses
      FROM exchanged e JOIN matched m USING (payment_id, receivable_id) JOIN open_payments p USING (payment_id)
      JOIN open_receivables r USING (receivable_id)
    UNION ALL BY NAME
    SELECT 'credit_note' AS source_kind, m.credit_id AS source_id, m.receivable_id, m.amount, 0::BIGINT AS difference,
           m.currency, m.rule, m.outcome, m.because, greatest(c.issued_on, r.issued_on) AS effective_on, '' AS reverses
      FROM credited m JOIN open_receivables c ON c.receivable_id = m.credit_id
      JOIN open_receivables r ON r.receivable_id = m.receivable_id
     ORDER BY source_kind, source_id, receivable_id
"""
_INSTRUCTED = """
    SELECT payment_id, instructed_currency, instructed_amount FROM payment_positions
     WHERE instructed_amount > 0 AND kind = 'payment' AND left_amount = amount
"""
# In a view, so that it costs nothing on the many days on which no payment is left that names anything.
_CLOSED = """
    CREATE OR REPLACE TEMP VIEW closed_receivables AS
    SELECT receivable_id, customer_id, number, currency, reference,
           coalesce(replace(source_kind, '_', ' ') || ' ' || source_id, 'nothing') AS payers
      FROM invoice_positions LEFT JOIN (SELECT receivable_id, source_kind, source_id FROM allocations
                                         WHERE amount > 0) USING (receivable_id)
     WHERE open_amount <= 0
"""
_PAID = """
    CREATE OR REPLACE TEMP VIEW paid_invoices AS
    SELECT customer_id, currency, i.amount, due_on, paid_on
      FROM invoice_positions i JOIN (SELECT receivable_id, max(effective_on) AS paid_on FROM allocations
                                      WHERE amount > 0 GROUP BY receivable_id) USING (receivable_id)
     WHERE open_amount <= 0
"""
# What was returned stands at nothing: that it comes again is no second payment.
_CAME = """
    CREATE OR REPLACE TEMP VIEW payments_that_came AS
    SELECT payment_id, booked_on, currency, amount, payer_account FROM payment_positions
     WHERE kind = 'payment' AND payer_account <> ''
       AND payment_id NOT IN (
            SELECT root.source_id FROM allocations root
              JOIN allocations entry ON entry.reverses = root.allocation_id
             WHERE root.source_kind = 'payment' AND entry.rule = 'returned_payment')
"""
_RESTS = "SELECT payment_id FROM payment_positions WHERE allocated <> 0"
_KNOWN_PAYERS = """
    UPDATE payment_positions SET customer_id = told.customer_id
      FROM unapplied_told told
     WHERE told.payment_id = payment_positions.payment_id AND payment_positions.customer_id = ''
"""

FEW_OF_ALL = 10  # to count in less than a tenth of the payments one by one is cheaper than to sum everything anew
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
    *,
    told: bool = True,
) -> Booking:
    """Everything that can be allocated on the facts' day. Leaves the positions in `connection` as after booking.

    Passes are made until one books nothing, so that a second run finds nothing either, and what is said of the rest is
    true of the ledger as it is left. A pass books an amount or undoes a return, so there is an end to them. Refunds
    wait for that end: what a receivable can still use is not given back.

    `told=False` is for who reads no sentence: the same allocations, and the same suggestions but for `because`; what
    the rest is left for (`unapplied`, `findings`) may be said as it was before the last allocations. The ladder, which
    books nothing of what it has left itself, is then not climbed again only to say so.
    """
    facts.load(connection)
    unsure = take_out(connection, lines, facts.as_of)
    keep_positions(connection)
    booked = [empty(ALLOCATION)]
    left: LeftOver | None = None
    while True:
        pass_booked, left = _one_pass(connection, facts, booked, policy, None if told else left)
        booked += pass_booked
        if any(newly.num_rows for newly in pass_booked):
            continue
        refunded = _book(connection, facts, booked, book_refunds(connection))
        if not refunded.num_rows:
            break
        booked.append(refunded)
        left = None
    # What the rules learnt of a payer counts for their standing; only allocations may say so within the passes.
    load(connection, "unapplied_told", left.unapplied.select(["payment_id", "customer_id"]))
    connection.execute(_KNOWN_PAYERS)
    return Booking(
        allocations=pa.concat_tables(booked).sort_by("allocation_id"),
        suggestions=left.suggestions,
        unapplied=left.unapplied,
        findings=pa.concat_tables([left.findings, findings_table([*unsure, *unclear_refunds(connection)])]),
    )


def _one_pass(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    booked: list[pa.Table],
    policy: MatchingPolicy,
    standing: LeftOver | None,
) -> tuple[list[pa.Table], LeftOver]:
    """Returns, then named credit notes, then the ladder; each sees what the one before left.

    `standing`: what the ladder said, where nothing but its own allocations was booked since.
    """
    undone = _book(connection, facts, booked, undo_returned(connection))
    credited = _book(connection, facts, [*booked, undone], apply_named_credits(connection))
    if standing is not None and not undone.num_rows and not credited.num_rows:
        return [undone, credited], standing
    load(connection, "open_receivables", ask(connection, _OPEN_RECEIVABLES, OPEN_RECEIVABLE))
    load(connection, "open_payments", ask(connection, _OPEN_PAYMENTS, OPEN_PAYMENT))
    left = allocate(connection, "open_receivables", "open_payments", policy, _knowledge(connection))
    paid = _book(connection, facts, [*booked, undone, credited], ask(connection, _MATCHED, NEW_ALLOCATION))
    return [undone, credited, paid], left


def _knowledge(connection: duckdb.DuckDBPyConnection) -> Knowledge:
    """What the facts say beside what is open."""
    keep_aliases(connection)
    keep(connection, "payment_rests", _RESTS)
    keep(connection, "instructed", _INSTRUCTED)
    connection.execute("; ".join((_CLOSED, _PAID, _CAME)))
    return Knowledge(
        closed="closed_receivables",
        payers="payer_aliases",
        names="customers",
        declined="declined",
        instructed="instructed",
        rates="exchange_rates",
        rests="payment_rests",
        paid="paid_invoices",
        came="payments_that_came",
    )


def _book(connection: duckdb.DuckDBPyConnection, facts: Facts, before: list[pa.Table], newly: pa.Table) -> pa.Table:
    """Name the new allocations and count them in, so that the next rule sees what is left."""
    if not newly.num_rows:
        return empty(ALLOCATION)
    named = name_allocations(connection, newly)
    if named.num_rows * FEW_OF_ALL > facts.payments.num_rows:
        load(connection, "allocations", pa.concat_tables([facts.allocations, *before, named]))
        keep_positions(connection)
    else:
        count_in(connection, named)
    return named
