"""Rule 9: nobody knows the payer, but their name is like one customer's, who has a receivable of that amount open.

Always a suggestion; it teaches nothing. Names are compared word by word in any order, by `rapidfuzz`.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from csp_receivables.domain.matching.names import LIKENESS_MIN, alike
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching.rule import Rule
from csp_receivables.domain.relations import ask, keep, load

LEAD_MIN = 5  # over the next customer of that amount; closer ones are both shown
RIVALS_LOOKED_AT_MAX = 50  # receivables of one amount; a name must not have to choose among more
SUGGESTED_MAX = 3

# A name without letters is like any other such name.
_UNKNOWN = r"""
    SELECT p, payment_left.currency, payment_left.amount, booked_on, said FROM matching.payment_left payment_left
    JOIN matching.payer_name USING (payment_id) ANTI JOIN matching.payer USING (p)
    ANTI JOIN matching.paid_before USING (p)
    WHERE regexp_matches(said, '[\p{L}\p{N}]')
"""
_RIVALS = f"""
    SELECT r, currency, open_amount AS amount, customer_id FROM matching.receivable_left
    SEMI JOIN matching.unknown ON matching.unknown.currency = matching.receivable_left.currency
        AND matching.unknown.amount = open_amount
    QUALIFY count(*) OVER (PARTITION BY currency, open_amount) <= {RIVALS_LOOKED_AT_MAX}
"""
_PAIRS = """
    SELECT p, customer_id, said, name FROM (
        SELECT DISTINCT p, customer_id, said FROM matching.unknown JOIN matching.rival USING (currency, amount))
    JOIN matching.customer_name USING (customer_id) ORDER BY ALL
"""
_LIKE = f"""
    SELECT p, customer_id, arg_min(name, (-likeness, name)) AS name, max(likeness) AS likeness
    FROM matching.likeness WHERE likeness >= {LIKENESS_MIN} GROUP BY p, customer_id
    QUALIFY max(likeness) >= max(max(likeness)) OVER (PARTITION BY p) - {LEAD_MIN}
"""
_PROPOSAL = f"""
    SELECT p, r, rival.amount, 0::BIGINT AS difference, '' AS outcome, false AS books,
        row_number() OVER (PARTITION BY p ORDER BY likeness DESC, abs(date_diff('day', due_on, booked_on)),
            due_on, receivable_id) AS option,
        'payer ' || said || ' is called like customer ' || customer_id || ', ' || name || ' ('
            || round(likeness)::INTEGER || ' of 100), and receivable ' || receivable_id || ' is open with '
            || amount_text(rival.amount, currency) || ' ' || currency AS because
    FROM matching.like JOIN matching.unknown USING (p) JOIN matching.rival rival USING (customer_id, currency, amount)
    JOIN (SELECT r, receivable_id, due_on FROM matching.receivable_left) USING (r)
    QUALIFY option <= {SUGGESTED_MAX}
"""
_PAIR = pa.schema([("p", pa.int64()), ("customer_id", pa.string()), ("said", pa.string()), ("name", pa.string())])


def _propose(connection: duckdb.DuckDBPyConnection, _policy: MatchingPolicy) -> None:
    keep(connection, "matching.unknown", _UNKNOWN)
    keep(connection, "matching.rival", _RIVALS)
    pairs = ask(connection, _PAIRS, _PAIR)
    likenesses = alike(pairs["said"].to_pylist(), pairs["name"].to_pylist())
    load(connection, "matching.likeness", pairs.append_column("likeness", likenesses))
    keep(connection, "matching.like", _LIKE)
    keep(connection, "matching.proposal", _PROPOSAL)


NAME_LIKENESS = Rule(
    name="name_likeness",
    propose=_propose,
    concerned="matching.payment_left SEMI JOIN matching.payer_name USING (payment_id) "
    "ANTI JOIN matching.payer USING (p)",
    only_suggests=True,
)
