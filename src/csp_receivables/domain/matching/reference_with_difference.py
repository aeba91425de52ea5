"""Rule 2: a structured reference names one open receivable, and the amount differs from what is open.

Less, within the tolerance: closed, the difference is booked. Less: partial. More: closed, the rest stays with the
payment. Several payments of one receivable count in the order in which they were booked, each against what the earlier
ones left open.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.doubts import propose_doubts
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching.rule import Rule
from csp_receivables.domain.matching.tolerances import keep_tolerances
from csp_receivables.domain.relations import keep

# What earlier payments took is a plain running sum, because nothing closed the receivable before: the first row that
# closes it is the last that counts.
_RUNNING = """
    SELECT pair.p, pair.r, pair.amount::HUGEINT AS paid, payment.booked_on, payment.payment_id, payment.currency,
        pair.open_amount - coalesce(sum(pair.amount) OVER (PARTITION BY r ORDER BY payment.booked_on, payment.payment_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS left_open
    FROM matching.named pair JOIN matching.payment payment USING (p)
    WHERE together = 1 AND rivals = 1 AND NOT elsewhere AND pair.open_amount > 0
"""
_JUDGED = f"""
    SELECT *, count(*) FILTER (closes) OVER (PARTITION BY r ORDER BY booked_on, payment_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS closed_before
    FROM (
        SELECT running.*, tolerated, left_open - paid <= tolerated AS closes
        FROM (SELECT running.*, greatest(coalesce(fixed, 0), left_open * coalesce(per_mille, 0) // 1000) AS tolerated
              FROM ({_RUNNING}) running LEFT JOIN matching.tolerance USING (currency)) running
    )
"""
_IN_DOUBT = """
    SELECT * FROM matching.named WHERE open_amount > 0 AND together = 1 AND (rivals > 1 OR elsewhere)
"""
_PROPOSAL = f"""
    SELECT p, r, least(paid, left_open)::BIGINT AS amount,
        CASE WHEN closes THEN greatest(left_open - paid, 0) ELSE 0 END::BIGINT AS difference,
        CASE WHEN NOT closes THEN 'partial' WHEN paid < left_open THEN 'with_difference' ELSE 'full' END AS outcome,
        true AS books, 1::BIGINT AS option,
        'reference ' || payment.reference || ' names receivable ' || receivable.receivable_id || ': '
            || amount_text(paid, judged.currency) || ' paid, ' || amount_text(left_open, judged.currency) || ' '
            || judged.currency || ' open, ' || CASE
                WHEN NOT closes THEN amount_text(left_open - paid, judged.currency) || ' stays open'
                WHEN paid < left_open THEN amount_text(left_open - paid, judged.currency)
                    || ' short, within the tolerance of ' || amount_text(tolerated, judged.currency)
                WHEN paid > left_open THEN amount_text(paid - left_open, judged.currency) || ' too much'
                ELSE 'which closes it' END AS because
    FROM ({_JUDGED}) judged JOIN matching.payment payment USING (p) JOIN matching.receivable receivable USING (r)
    WHERE closed_before = 0
"""


def _propose(connection: duckdb.DuckDBPyConnection, policy: MatchingPolicy) -> None:
    keep_tolerances(connection, policy)
    keep(connection, "matching.proposal", _PROPOSAL)
    propose_doubts(connection, _IN_DOUBT)


REFERENCE_WITH_DIFFERENCE = Rule(
    name="reference_with_difference",
    propose=_propose,
    concerned="matching.named WHERE together = 1 AND open_amount > 0",
    leaves_rests=True,
)
