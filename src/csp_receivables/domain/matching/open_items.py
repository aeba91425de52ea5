"""What a known payer has open beside a payment of theirs that no single receivable fits: rules 6 and 7 look for sets.

`lay_out_items` makes `matching_item (p, r, …, place, items, run, all_open)`: what was issued by the day of the payment,
the oldest first. A rule leaves in `matching_set (p, option, name, r, certain)` the sets that add up to the payment, best
first, and in `matching_set_credit (p, c)` the credit notes they are net of; `propose_sets` books a set that is certain,
the only one, and wanted by no other payment. All others are suggestions.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.credits import spread
from csp_receivables.domain.matching.rule import propose_nothing
from csp_receivables.domain.matching.stock import count
from csp_receivables.domain.relations import keep

PAIRS_PER_CUSTOMER_MAX = 100_000  # payments times receivables of one customer; sets among more are for people
SUGGESTED_MAX = 3

_CROWDED = f"""
    SELECT customer_id FROM (SELECT customer_id, count(*) AS payments FROM matching_payer GROUP BY ALL)
    JOIN (SELECT customer_id, count(*) AS receivables FROM matching_receivable_left
          SEMI JOIN matching_payer USING (customer_id) GROUP BY ALL) USING (customer_id)
    WHERE payments * receivables > {PAIRS_PER_CUSTOMER_MAX}
"""
_ITEMS = """
    SELECT payer.p, r, payer.customer_id, payment.amount, payment.currency, payment.booked_on, open_amount, due_on,
        issued_on, row_number() OVER oldest_first AS place, sum(open_amount) OVER oldest_first AS run,
        count(*) OVER (PARTITION BY payer.p) AS items, sum(open_amount) OVER (PARTITION BY payer.p) AS all_open
    FROM (FROM matching_payer WHERE standing <> 'shared' AND p >= 0) payer
    ANTI JOIN matching_crowded USING (customer_id)
    JOIN matching_payment_left payment USING (p)
    JOIN matching_receivable_left receivable ON receivable.customer_id = payer.customer_id
        AND receivable.currency = payment.currency AND issued_on <= booked_on
    WINDOW oldest_first AS (PARTITION BY payer.p ORDER BY due_on, issued_on, receivable_id)
    QUALIFY all_open >= payment.amount
"""
_CONTESTED = """
    SELECT DISTINCT p FROM matching_set WHERE r IN (SELECT r FROM matching_set GROUP BY r HAVING count(DISTINCT p) > 1)
"""
_JUDGED = """
    SELECT *, certain AND options = 1 AND NOT wanted_twice AND standing = 'known' AND NOT is_rest AS sure
    FROM (
        SELECT chosen.*, max(option) OVER (PARTITION BY p) AS options,
            count(*) OVER (PARTITION BY p, option) AS receivables,
            p IN (FROM matching_contested) AS wanted_twice, evidence, is_rest, standing
        FROM matching_set chosen JOIN matching_payer USING (p)
    )
"""
_BECAUSE = """
    evidence || ', and ' || name || CASE receivables WHEN 1 THEN '' ELSE ' (' || receivables || ' receivables)' END || ' is '
        || amount_text(payment.amount, payment.currency) || ' ' || payment.currency
        || CASE receivables WHEN 1 THEN '' ELSE ' together' END || CASE WHEN sure THEN '' WHEN options > 1 THEN '; ' || options || ' sets do'
            WHEN wanted_twice THEN '; another payment fits some of them too'
            WHEN is_rest THEN '; the rest of the payment went elsewhere'
            WHEN NOT certain THEN '; others of their receivables may add up to it too' ELSE '' END
"""
_PROPOSAL = f"""
    WITH chosen AS (SELECT p, r FROM matching_judged WHERE sure),
    net AS (SELECT p, c FROM matching_set_credit SEMI JOIN chosen USING (p))
    SELECT source AS p, r, spread.amount, 0::BIGINT AS difference, spread.outcome, true AS books, 1::BIGINT AS option,
        {_BECAUSE} AS because
    FROM ({spread("chosen", "net")}) spread JOIN matching_judged USING (p, r) JOIN matching_payment payment USING (p)
    UNION ALL BY NAME
    SELECT p, r, least(open_amount, payment.amount) AS amount, 0::BIGINT AS difference, '' AS outcome, false AS books,
        option, {_BECAUSE} AS because
    FROM matching_judged JOIN matching_payment_left payment USING (p)
        JOIN (SELECT r, open_amount FROM matching_receivable_left) USING (r)
    WHERE NOT sure AND option <= {SUGGESTED_MAX}
"""


def lay_out_items(connection: duckdb.DuckDBPyConnection) -> bool:
    """Make `matching_item` from who the payers are and what is left; is there any?"""
    keep(connection, "matching_crowded", _CROWDED)
    keep(connection, "matching_item", _ITEMS)
    return count(connection, "matching_item") > 0


def propose_sets(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the proposal of a rule from its `matching_set` and `matching_set_credit`."""
    if not count(connection, "matching_set"):
        propose_nothing(connection)
        return
    keep(connection, "matching_contested", _CONTESTED)
    keep(connection, "matching_judged", _JUDGED)
    keep(connection, "matching_proposal", _PROPOSAL)
