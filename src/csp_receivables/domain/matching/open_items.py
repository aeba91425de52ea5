"""What a known payer has open beside a payment of theirs that no single receivable fits: rules 6 and 7 look for sets.

`lay_out_items` makes `matching.item (p, r, …, place, items, run, all_open)`: what was issued by the day of the payment,
the oldest first. A rule leaves in `matching.set (p, option, name, r, certain)` the sets that add up to the payment,
best first, and in `matching.set_credit (p, c)` the credit notes they are net of (of those in `matching.item_credit (p,
c, credit_id, amount)`); `propose_sets` books a set that is certain, the only one, and wanted by no other payment. All
others are suggestions.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.credits import spread
from csp_receivables.domain.matching.doubts import COMPETITORS_NAMED_MAX, NAMED_COMPETITORS, know_wanted
from csp_receivables.domain.matching.rule import propose_nothing
from csp_receivables.domain.matching.stock import count
from csp_receivables.domain.relations import keep

PAIRS_PER_CUSTOMER_MAX = 100_000  # payments times receivables of one customer; sets among more are for people
SUGGESTED_MAX = 3

_CROWDED = f"""
    SELECT customer_id FROM (SELECT customer_id, count(*) AS payments FROM matching.payer GROUP BY ALL)
    JOIN (SELECT customer_id, count(*) AS receivables FROM matching.receivable_left
          SEMI JOIN matching.payer USING (customer_id) GROUP BY ALL) USING (customer_id)
    WHERE payments * receivables > {PAIRS_PER_CUSTOMER_MAX}
"""
_ITEMS = """
    SELECT payer.p, r, payer.customer_id, payment.amount, payment.currency, payment.booked_on, open_amount, due_on,
        issued_on, row_number() OVER oldest_first AS place, sum(open_amount) OVER oldest_first AS run,
        count(*) OVER (PARTITION BY payer.p) AS items, sum(open_amount) OVER (PARTITION BY payer.p) AS all_open
    FROM (FROM matching.payer WHERE standing NOT IN ('shared', 'doubted') AND p >= 0) payer
    ANTI JOIN matching.crowded USING (customer_id)
    JOIN matching.payment_left payment USING (p)
    JOIN matching.receivable_left receivable ON receivable.customer_id = payer.customer_id
        AND receivable.currency = payment.currency AND issued_on <= booked_on
    WINDOW oldest_first AS (PARTITION BY payer.p ORDER BY due_on, issued_on, receivable_id)
    QUALIFY all_open >= payment.amount
"""
_CREDITS = """
    SELECT item.p, credit.p AS c, credit.payment_id AS credit_id, credit.amount
    FROM (SELECT DISTINCT p, customer_id, currency, booked_on FROM matching.item) item
    JOIN (FROM matching.payment_left WHERE p < 0) credit USING (customer_id, currency)
    WHERE credit.booked_on <= item.booked_on
"""
_WANTED = f"""
    SELECT r, list(DISTINCT payment_id ORDER BY payment_id)[:{COMPETITORS_NAMED_MAX} + 1] AS wanted_by
    FROM (
        SELECT r, payment_id FROM matching.set JOIN matching.payment USING (p)
        UNION ALL SELECT r, unnest(named) FROM matching.wanted_in_doubt
    ) GROUP BY r
"""
_CONTESTED = f"""
    SELECT p, list(DISTINCT rival ORDER BY rival)[:{COMPETITORS_NAMED_MAX}] AS rivals
    FROM (SELECT p, payment_id, unnest(wanted_by) AS rival FROM matching.set JOIN ({_WANTED}) USING (r)
          JOIN (SELECT p, payment_id FROM matching.payment) USING (p))
    WHERE rival <> payment_id GROUP BY p
"""
_TOLD = f"""
    SELECT p, option, name || ' (' || {NAMED_COMPETITORS.format(named="members", all="receivables")} || ')' AS told
    FROM (
        SELECT p, option, any_value(name) AS name, count(*) AS receivables,
            list(receivable_id ORDER BY due_on, issued_on, receivable_id)[:{COMPETITORS_NAMED_MAX}] AS members
        FROM matching.set JOIN matching.receivable USING (r) GROUP BY p, option
    )
"""
_JUDGED = f"""
    SELECT *, certain AND options = 1 AND rivals IS NULL AND standing = 'known' AND NOT is_rest AS sure
    FROM matching.set JOIN (
        SELECT p, option, told, count(*) OVER of_payment AS options,
            [other.told FOR other IN list({{'option': option, 'told': told}} ORDER BY option) OVER of_payment
                IF other.option <> option][:{SUGGESTED_MAX}] AS others
        FROM ({_TOLD}) WINDOW of_payment AS (PARTITION BY p)
    ) USING (p, option)
    JOIN (SELECT p, standing, evidence, is_rest FROM matching.payer) USING (p)
    LEFT JOIN matching.contested USING (p)
"""
_BECAUSE = f"""
    evidence || ', and ' || told || ' is ' || amount_text(payment.amount, payment.currency) || ' ' || payment.currency
        || CASE WHEN options > 1 THEN '; so is ' || {NAMED_COMPETITORS.format(named="others", all="(options - 1)")}
            WHEN NOT certain THEN '; others of their receivables may add up to it too' ELSE '' END
        || CASE WHEN rivals IS NOT NULL THEN '; some of it may be for ' || array_to_string(rivals, ', ') ELSE '' END
        || CASE WHEN is_rest THEN '; the rest of the payment went elsewhere' ELSE '' END
"""
_PROPOSAL = f"""
    WITH chosen AS (SELECT p, r FROM matching.judged WHERE sure),
    net AS (SELECT p, c FROM matching.set_credit SEMI JOIN chosen USING (p))
    SELECT source AS p, r, spread.amount, 0::BIGINT AS difference, spread.outcome, true AS books, 1::BIGINT AS option,
        {_BECAUSE} AS because
    FROM ({spread("chosen", "net")}) spread JOIN (FROM matching.judged WHERE sure) USING (p, r)
    JOIN matching.payment payment USING (p)
    UNION ALL BY NAME
    SELECT p, r, least(open_amount, payment.amount) AS amount, 0::BIGINT AS difference, '' AS outcome, false AS books,
        option, {_BECAUSE} AS because
    FROM matching.judged JOIN matching.payment_left payment USING (p)
        JOIN (SELECT r, open_amount FROM matching.receivable_left) USING (r)
    WHERE NOT sure AND option <= {SUGGESTED_MAX}
"""


def lay_out_items(connection: duckdb.DuckDBPyConnection) -> bool:
    """Make `matching.item` and `matching.item_credit` from who the payers are and what is left; is there any item?"""
    keep(connection, "matching.crowded", _CROWDED)
    keep(connection, "matching.item", _ITEMS)
    keep(connection, "matching.item_credit", _CREDITS)
    return count(connection, "matching.item") > 0


def propose_sets(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the proposal of a rule from its `matching.set` and `matching.set_credit`."""
    if not count(connection, "matching.set"):
        propose_nothing(connection)
        return
    know_wanted(connection)
    keep(connection, "matching.contested", _CONTESTED)
    keep(connection, "matching.judged", _JUDGED)
    keep(connection, "matching.proposal", _PROPOSAL)
