"""A return undoes exactly the payment it belongs to, wholly or in part, and reopens what that had paid.

What of the payment is still unapplied goes first: the return offsets it by a pair of entries without a receivable, one
of the payment and one of the return, which come to zero. The rest undoes allocations, newest first, unless one has
exactly that amount. A tolerated difference is undone whole as soon as its allocation is touched. Chargebacks and
refunds of a payment provider are returns on its clearing account like any other.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from csp_receivables.domain.allocation_ids import allocation_id
from csp_receivables.domain.money_sql import define_money
from csp_receivables.domain.records import NEW_ALLOCATION, empty
from csp_receivables.domain.relations import ask, keep

CANDIDATES_NAMED_MAX = 5

_OPEN_RETURNS = """
    SELECT payment_id AS return_id, booked_on AS returned_on, account, currency, (-left_amount)::BIGINT AS asked,
           CASE WHEN end_to_end IN ('NOTPROVIDED', 'NONREF') THEN '' ELSE end_to_end END AS end_to_end, reference,
           payer_account
      FROM payment_positions WHERE kind = 'return' AND left_amount < 0
"""
# What return and payment have in common, the surest first. Each is a join of its own: an OR would compare all with all.
_EVIDENCE = (
    ("end_to_end", "the same end-to-end id", ""),
    ("reference", "the same reference", ""),
    ("payer_account", "the same account and amount", "AND paid.amount = back.asked"),
)
_AGREED = " UNION ALL ".join(
    f"""
    SELECT back.*, {strength} AS strength, '{words} ' || back.{trait} AS evidence, paid.payment_id,
           paid.booked_on AS paid_on, paid.amount AS paid_amount, paid.left_amount,
           (paid.end_to_end NOT IN ('', 'NOTPROVIDED', 'NONREF') AND back.end_to_end NOT IN ('', paid.end_to_end))
           OR ({strength} > 2 AND paid.reference <> '' AND back.reference NOT IN ('', paid.reference))
           AS is_contradicted
      FROM open_returns back JOIN payment_positions paid USING (account, currency, {trait})
     WHERE paid.kind = 'payment' AND back.{trait} <> '' AND paid.booked_on <= back.returned_on {condition}
    """
    for strength, (trait, words, condition) in enumerate(_EVIDENCE, start=1)
)
# What is left of each allocation of these payments, after everything that took back from it.
_STANDING_ALLOCATIONS = """
    SELECT a.allocation_id, a.source_id AS payment_id, a.receivable_id, a.effective_on,
           (a.amount + coalesce(u.amount, 0))::BIGINT AS amount,
           (a.difference + coalesce(u.difference, 0))::BIGINT AS difference
      FROM allocations a
      LEFT JOIN (SELECT reverses, sum(amount) AS amount, sum(difference) AS difference
                   FROM allocations WHERE reverses <> '' GROUP BY reverses) u ON u.reverses = a.allocation_id
     WHERE a.source_kind = 'payment' AND a.reverses = '' AND (a.receivable_id <> '' OR a.rule = 'foreign_currency')
       AND a.source_id IN (SELECT payment_id FROM return_agreed) AND a.amount + coalesce(u.amount, 0) > 0
"""
# Weaker evidence is not asked when stronger speaks, even if what that names was returned already: licence prices
# repeat, so that the same account and amount is soon another month's payment. Of several, the one whose whole amount
# comes back is meant.
_CANDIDATES = """
WITH standing AS (SELECT payment_id, sum(amount)::BIGINT AS allocated FROM standing_allocations GROUP BY payment_id),
judged AS (
    SELECT agreed.*, (left_amount + coalesce(standing.allocated, 0))::BIGINT AS returnable
      FROM return_agreed agreed LEFT JOIN standing USING (payment_id)
     WHERE NOT is_contradicted
   QUALIFY strength = min(strength) OVER (PARTITION BY return_id)
),
fitting AS (
    SELECT *, paid_amount = asked AND returnable = asked AS is_whole FROM judged WHERE returnable >= asked
),
meant AS (SELECT * FROM fitting QUALIFY is_whole = bool_or(is_whole) OVER (PARTITION BY return_id))
SELECT *, count(*) OVER (PARTITION BY return_id) AS candidates FROM meant
"""
# One return of a payment at a time: what it leaves is what the next one finds.
_OFFSET_PLACE = """1 + (SELECT count(*) FROM allocations a WHERE a.source_kind = 'payment'
        AND a.source_id = c.payment_id AND a.receivable_id = '' AND a.reverses = '')"""
_OFFSET_ID = allocation_id("'payment'", "c.payment_id", "''", "''", _OFFSET_PLACE)
_CERTAIN = f"""
    SELECT c.*, {_OFFSET_ID} AS offset_id, least(asked, left_amount)::BIGINT AS from_rest,
           amount_text(asked, currency) || CASE WHEN is_whole THEN '' ELSE ' of ' || amount_text(paid_amount, currency)
               END || ' ' || currency || ' on ' || returned_on || ' (' || evidence || ')' AS what
      FROM return_candidates c WHERE candidates = 1
   QUALIFY row_number() OVER (PARTITION BY payment_id ORDER BY returned_on, return_id) = 1
"""
_OFFSETS = """
    SELECT 'payment' AS source_kind, unnest([c.payment_id, c.return_id]) AS source_id, '' AS receivable_id,
           unnest([c.from_rest, -c.from_rest]) AS amount, 0::BIGINT AS difference, c.currency,
           'returned_payment' AS rule, 'returned' AS outcome,
           'the bank returned ' || c.what || ': ' || amount_text(c.from_rest, c.currency)
           || ' of it was not applied to anything' AS because,
           c.returned_on AS effective_on, unnest(['', c.offset_id]) AS reverses
      FROM certain_returns c WHERE c.from_rest > 0
"""
_ORDERED = """
    SELECT c.return_id, c.returned_on, c.currency, c.what, c.is_whole, c.asked - c.from_rest AS asked, s.*,
           s.amount = c.asked - c.from_rest AS is_exact, c.asked - c.from_rest - coalesce(sum(s.amount) OVER (
               PARTITION BY c.return_id
               ORDER BY s.amount = c.asked - c.from_rest DESC, s.effective_on DESC, r.due_on DESC, r.number DESC,
                        s.allocation_id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS wanted
      FROM certain_returns c JOIN standing_allocations s USING (payment_id)
      JOIN receivables r USING (receivable_id)
     WHERE c.asked > c.from_rest AND s.receivable_id <> ''
"""
_UNDONE = f"""
    SELECT 'payment' AS source_kind, return_id AS source_id, receivable_id, -least(amount, wanted)::BIGINT AS amount,
           -difference AS difference, currency, 'returned_payment' AS rule, 'reversed' AS outcome,
           'the bank returned ' || what || '; '
           || CASE WHEN is_whole THEN 'its allocation is undone'
                   WHEN is_exact THEN 'the allocation of exactly that amount is undone'
                   WHEN amount <= wanted THEN 'newest allocation first: this one is undone'
                   ELSE 'newest allocation first: ' || amount_text(wanted::BIGINT, currency) || ' of '
                        || amount_text(amount, currency) || ' of this one is undone' END
           || CASE WHEN difference = 0 THEN ''
                   ELSE ', and its difference of ' || amount_text(difference, currency) || ' whole' END AS because,
           greatest(effective_on, returned_on) AS effective_on, allocation_id AS reverses
      FROM ({_ORDERED}) WHERE wanted > 0
"""
# Of an allocation across currencies both entries are undone, and only as a whole: a part of it has no rate of its own.
_EXCHANGE_UNDONE = """
    SELECT a.source_kind, c.return_id AS source_id, a.receivable_id, -a.amount AS amount, -a.difference AS difference,
           a.currency, 'returned_payment' AS rule, 'reversed' AS outcome,
           'the bank returned ' || c.what || '; its allocation is undone in both currencies' AS because,
           greatest(a.effective_on, c.returned_on) AS effective_on, a.allocation_id AS reverses
      FROM certain_returns c JOIN allocations a ON a.source_id = c.payment_id AND a.reverses = ''
     WHERE c.is_whole AND a.rule = 'foreign_currency'
       AND a.allocation_id NOT IN (SELECT reverses FROM allocations WHERE reverses <> '')
"""
_UNDOING = f"""
    SELECT * FROM ({_OFFSETS} UNION ALL BY NAME {_UNDONE} UNION ALL BY NAME {_EXCHANGE_UNDONE})
     ORDER BY source_id, receivable_id, reverses
"""
_WHY_LEFT = f"""
WITH candidate AS (
    SELECT return_id, payment_id || ' (' || amount_text(paid_amount, currency) || ' of ' || paid_on || ', ' || evidence
           || CASE WHEN is_contradicted THEN ', but another id' ELSE '' END || ')' AS words, paid_on, payment_id
      FROM return_agreed QUALIFY row_number() OVER (PARTITION BY return_id, payment_id ORDER BY strength) = 1
)
SELECT return_id AS payment_id, CASE WHEN count(c.payment_id) = 0 THEN 'no payment of ours fits it'
       ELSE 'it may belong to ' || array_to_string(list(c.words ORDER BY c.paid_on DESC, c.payment_id)
                [:{CANDIDATES_NAMED_MAX}], '; ')
            || CASE WHEN count(*) > {CANDIDATES_NAMED_MAX}
                    THEN ' and ' || (count(*) - {CANDIDATES_NAMED_MAX}) || ' more' ELSE '' END
       END AS because
  FROM open_returns LEFT JOIN candidate c USING (return_id) GROUP BY return_id
"""
_NOTHING_LEFT = "SELECT '' AS payment_id, '' AS because LIMIT 0"


def undo_returned(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Allocations (NEW_ALLOCATION) that undo what was returned, one return of each payment; needs the positions.

    A return that no payment or more than one fits undoes nothing. After it `returns_because (payment_id, because)` says
    of each return what it may belong to.
    """
    keep(connection, "open_returns", _OPEN_RETURNS)
    if not connection.execute("SELECT 1 FROM open_returns LIMIT 1").fetchall():
        keep(connection, "returns_because", _NOTHING_LEFT)
        return empty(NEW_ALLOCATION)
    define_money(connection)
    keep(connection, "return_agreed", _AGREED)
    keep(connection, "standing_allocations", _STANDING_ALLOCATIONS)
    keep(connection, "return_candidates", _CANDIDATES)
    keep(connection, "certain_returns", _CERTAIN)
    keep(connection, "returns_because", _WHY_LEFT)
    return ask(connection, _UNDOING, NEW_ALLOCATION)
