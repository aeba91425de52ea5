"""Rule 5: the payer is known, and of their open receivables exactly one has the amount, and no other payment wants it.

Counted as of the day of the payment: a receivable that was issued later may still be meant, paid in advance, but does
not compete with the one that was there; nor does a payment for which there was another. So months that come in at once
are matched as they would have been day by day, the oldest first, a month a pass.

Credit notes look for their receivable the same way. Licence prices repeat: where several receivables or payments fit,
where the account is shared, and where only a part of a payment is left, a person decides.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.doubts import COMPETITORS_NAMED_MAX, NAMED_COMPETITORS, know_wanted
from csp_receivables.domain.matching.misgivings import know_misgivings
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching.rule import Rule, propose_nothing
from csp_receivables.domain.matching.stock import count
from csp_receivables.domain.relations import keep

SUGGESTED_MAX = COMPETITORS_NAMED_MAX

# Money and debt of one customer, currency and amount stand in two queues, the oldest first.
_OWED = """
    SELECT r, customer_id, currency, open_amount AS amount, due_on, issued_on, receivable_id,
        row_number() OVER (PARTITION BY customer_id, currency, open_amount ORDER BY due_on, issued_on, receivable_id)
            AS place,
        count(*) OVER (PARTITION BY customer_id, currency, open_amount ORDER BY issued_on) AS issued_until
    FROM matching.receivable_left SEMI JOIN matching.payer USING (customer_id)
"""
_PAYING = """
    SELECT payer.*, row_number() OVER (PARTITION BY payer.customer_id, payer.currency, payer.amount
            ORDER BY booked_on, payment_id) AS turn,
        coalesce(issued_until, 0) AS issued, r AS last_issued
    FROM (
        SELECT p, payer.customer_id, standing, evidence, is_rest, currency, amount, booked_on, payment_id
        FROM (FROM matching.payer WHERE standing <> 'doubted') payer JOIN matching.payment_left USING (p)
    ) payer
    ASOF LEFT JOIN matching.owed owed ON owed.customer_id = payer.customer_id AND owed.currency = payer.currency
        AND owed.amount = payer.amount AND owed.issued_on <= payer.booked_on
"""
_ALIKE = f"""
    SELECT * FROM (SELECT customer_id, currency, amount, count(*) AS fits FROM matching.owed GROUP BY ALL)
    JOIN (
        SELECT customer_id, currency, amount, count(*) AS wanted, count(*) FILTER (issued <= 1) AS without_another,
            list(payment_id ORDER BY turn)[:{COMPETITORS_NAMED_MAX} + 1] AS wanted_by
        FROM matching.paying GROUP BY ALL
    ) USING (customer_id, currency, amount)
"""
# Of several payments for several receivables the first in line is shown the oldest first, the second the next. One that
# is alone is shown first the receivable whose due day is nearest: an older one waits for something else, as a rule.
_CANDIDATES = f"""
    SELECT p, r, standing, evidence, is_rest, turned.currency, turned.amount, booked_on, issued_on, receivable_id,
        fits_together AS fits, wanted + coalesce(doubtful.payments, 0) AS wanted,
        [one FOR one IN list_concat(wanted_by, doubtful.named) IF one <> payment_id][:{COMPETITORS_NAMED_MAX}]
            AS wanted_by,
        row_number() OVER (PARTITION BY p ORDER BY
            CASE turned.wanted WHEN 1 THEN abs(date_diff('day', due_on, booked_on)) ELSE lag END, due_on, issued_on,
            receivable_id) AS option
    FROM (
        SELECT *, sum(fits) OVER (PARTITION BY p) AS fits_together, unnest(range(least(fits, {SUGGESTED_MAX}))) AS lag
        FROM matching.paying JOIN matching.alike USING (customer_id, currency, amount)
    ) turned
    JOIN matching.owed owed ON owed.customer_id = turned.customer_id AND owed.currency = turned.currency
        AND owed.amount = turned.amount AND place = (turn - 1 + lag) % fits + 1
    LEFT JOIN matching.wanted_in_doubt doubtful USING (r)
    QUALIFY option <= {SUGGESTED_MAX}
"""
# The receivables of a line that are issued by a day are the first few: payments without another want the same one.
_SOLE = """
    SELECT p, r, currency, paying.amount, booked_on, issued_on, receivable_id, evidence, is_rest, fits, 1 AS wanted,
        1 AS option
    FROM (FROM matching.paying WHERE standing = 'known' AND NOT is_rest AND issued = 1) paying
    JOIN matching.alike USING (customer_id, currency, amount)
    JOIN (SELECT r, issued_on, receivable_id FROM matching.owed) owed ON r = last_issued
    ANTI JOIN matching.wanted_in_doubt USING (r)
    WHERE without_another = 1
"""
_JUDGED = """
    SELECT *, true AS sure FROM matching.sole
    UNION ALL BY NAME
    SELECT *, false AS sure, list(receivable_id ORDER BY option) OVER (PARTITION BY p ROWS BETWEEN UNBOUNDED PRECEDING
        AND UNBOUNDED FOLLOWING) AS rivals
    FROM matching.candidate
"""
# Of what speaks against a receivable that fits alone, the first is told; then all that fit are shown.
_MINDFUL = """
    SELECT judged.*, why FROM matching.judged judged
    LEFT JOIN (SELECT p, arg_min(why, (place, why)) AS why FROM matching.misgiving GROUP BY p) USING (p)
    QUALIFY sure = (why IS NULL AND bool_or(sure) OVER (PARTITION BY p))
"""
_PROPOSAL = f"""
    SELECT p, r, amount, 0::BIGINT AS difference, CASE WHEN sure THEN 'full' ELSE '' END AS outcome, sure AS books,
        option, evidence || ', and receivable ' || receivable_id || ' is ' || CASE
            WHEN sure THEN 'their only open one of '
            WHEN fits > 1 THEN 'one of ' || fits || ' open ones of '
            ELSE 'open with ' END || amount_text(amount, currency) || ' ' || currency
        || CASE WHEN sure AND fits > 1 THEN ' that was issued by then'
            WHEN fits > 1 THEN ': ' || {NAMED_COMPETITORS.format(named="rivals", all="fits")} ELSE '' END
        || CASE WHEN wanted > 1 THEN '; it is also the amount of '
            || {NAMED_COMPETITORS.format(named="wanted_by", all="(wanted - 1)")} ELSE '' END
        || CASE WHEN is_rest THEN '; the rest of the payment went elsewhere' ELSE '' END
        || CASE WHEN issued_on > booked_on THEN '; it was issued on ' || issued_on || ', after the payment'
            ELSE '' END
        || CASE WHEN why IS NULL THEN '' ELSE '; but ' || why END AS because
    FROM matching.minded
"""


def _propose(connection: duckdb.DuckDBPyConnection, _policy: MatchingPolicy) -> None:
    keep(connection, "matching.owed", _OWED)
    keep(connection, "matching.paying", _PAYING)
    keep(connection, "matching.alike", _ALIKE)
    if not count(connection, "matching.alike"):
        propose_nothing(connection)
        return
    know_wanted(connection)
    keep(connection, "matching.candidate", _CANDIDATES)
    keep(connection, "matching.sole", _SOLE)
    keep(connection, "matching.judged", _JUDGED)
    know_misgivings(connection)
    keep(connection, "matching.minded", _MINDFUL)
    keep(connection, "matching.proposal", _PROPOSAL)


KNOWN_PAYER = Rule(name="known_payer", propose=_propose, concerned="matching.payer")
