"""A refund is money we paid back to a customer: it takes the unapplied rest of the payment that it gives back.

Only what is certain is booked: one payment with a rest that covers it, and the money went to the account it came from
(or the refund repeats the payment's reference and either account is not told). It is a pair of entries without a
receivable, one of the payment and one of the bank line, which come to zero.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from csp_receivables.domain.allocation_ids import allocation_id
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.payouts import PROVIDERS
from csp_receivables.domain.records import NEW_ALLOCATION, empty
from csp_receivables.domain.relations import ask, keep

CANDIDATES_NAMED_MAX = 5

# Lines that a rule knows as something else are no refunds, nor are payouts and fees on a provider's account; what a
# provider gives back to a payer is a return there.
_OPEN_DEBITS = """
    SELECT payment_id AS refund_id, booked_on AS refunded_on, currency, (-left_amount)::BIGINT AS asked,
           CASE WHEN end_to_end IN ('NOTPROVIDED', 'NONREF') THEN '' ELSE end_to_end END AS end_to_end, reference,
           payer_account
      FROM payment_positions ANTI JOIN set_aside USING (payment_id)
     WHERE kind = 'other' AND left_amount < 0 AND NOT list_contains($providers, family)
       AND (payer_account <> '' OR reference <> '' OR end_to_end <> '')
"""
# Each trait is a join of its own: an OR would compare all with all.
_TRAITS = ("payer_account", "reference", "end_to_end")
_AGREED = " UNION ALL ".join(
    f"""
    SELECT debit.*, paid.payment_id, paid.booked_on AS paid_on, paid.amount AS paid_amount, paid.left_amount,
           debit.payer_account <> '' AND paid.payer_account NOT IN ('', debit.payer_account) AS is_elsewhere
      FROM open_debits debit JOIN payment_positions paid USING (currency, {trait})
     WHERE paid.kind = 'payment' AND debit.{trait} <> '' AND paid.booked_on <= debit.refunded_on
       AND (paid.left_amount >= debit.asked OR paid.amount = debit.asked)
    """
    for trait in _TRAITS
)
# Of several payments with a rest, the one whose rest is exactly what went back is meant.
_CANDIDATES = """
WITH covering AS (
    SELECT DISTINCT *, left_amount = asked AS is_exact FROM refund_agreed
     WHERE left_amount >= asked AND NOT is_elsewhere
),
meant AS (SELECT * FROM covering QUALIFY is_exact = bool_or(is_exact) OVER (PARTITION BY refund_id))
SELECT *, count(*) OVER (PARTITION BY refund_id) AS candidates FROM meant
"""
_OFFSET_PLACE = """1 + (SELECT count(*) FROM allocations a WHERE a.source_kind = 'payment'
        AND a.source_id = c.payment_id AND a.receivable_id = '' AND a.reverses = '')"""
_OFFSET_ID = allocation_id("'payment'", "c.payment_id", "''", "''", _OFFSET_PLACE)
_CERTAIN = f"""
    SELECT c.*, {_OFFSET_ID} AS offset_id FROM refund_candidates c WHERE candidates = 1
   QUALIFY row_number() OVER (PARTITION BY payment_id ORDER BY refunded_on, refund_id) = 1
"""
_OFFSETS = """
    SELECT 'payment' AS source_kind, unnest([payment_id, refund_id]) AS source_id, '' AS receivable_id,
           unnest([asked, -asked]) AS amount, 0::BIGINT AS difference, currency, 'refund' AS rule,
           'refunded' AS outcome,
           'paid back on ' || refunded_on || ': ' || amount_text(asked, currency) || ' of the unapplied '
           || amount_text(left_amount, currency) || ' ' || currency || ' of the payment of ' || paid_on AS because,
           refunded_on AS effective_on, unnest(['', offset_id]) AS reverses
      FROM certain_refunds ORDER BY source_id, reverses
"""
_UNCLEAR = f"""
WITH named AS (
    SELECT DISTINCT refund_id, payment_id, paid_on, payment_id || ' (' || amount_text(paid_amount, currency) || ' of '
           || paid_on || ', ' || amount_text(left_amount, currency) || ' of it unapplied'
           || CASE WHEN is_elsewhere THEN ', from another account' ELSE '' END || ')' AS words
      FROM refund_agreed
)
SELECT d.refund_id, d.refunded_on, d.currency, d.asked,
       array_to_string(list(n.words ORDER BY n.paid_on DESC, n.payment_id)[:{CANDIDATES_NAMED_MAX}], '; ')
       || CASE WHEN count(*) > {CANDIDATES_NAMED_MAX} THEN ' and ' || (count(*) - {CANDIDATES_NAMED_MAX}) || ' more'
               ELSE '' END
  FROM open_debits d JOIN named n USING (refund_id) GROUP BY ALL ORDER BY refund_id
"""


def book_refunds(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Allocations (NEW_ALLOCATION) that take what was paid back, one refund of each payment.

    Needs the positions and `set_aside`. To be asked after the ladder, which has the first word on what is unapplied.
    """
    keep(connection, "open_debits", _OPEN_DEBITS, providers=list(PROVIDERS))
    if not connection.execute("SELECT 1 FROM open_debits LIMIT 1").fetchall():
        return empty(NEW_ALLOCATION)
    keep(connection, "refund_agreed", _AGREED)
    keep(connection, "refund_candidates", _CANDIDATES)
    keep(connection, "certain_refunds", _CERTAIN)
    return ask(connection, _OFFSETS, NEW_ALLOCATION)


def unclear_refunds(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Money that went to a payer of ours and gives back no single unapplied payment; asked after `book_refunds`."""
    if not connection.execute("SELECT 1 FROM open_debits LIMIT 1").fetchall():
        return []
    return [
        Finding(
            code="payment.refund_unclear",
            severity=Severity.WARNING,
            found=f"money that went out on {day} looks like the refund of {payments}",
            remedy="Say which payment it gives back; if that is allocated, undo its allocation first. "
            "If it is no refund, name it in include/policies/bank_lines.yaml.",
            subject=refund_id,
            amount=asked,
            currency=currency,
        )
        for refund_id, day, currency, asked, payments in connection.execute(_UNCLEAR).fetchall()
    ]
