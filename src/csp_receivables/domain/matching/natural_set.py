"""Rule 6: the payer is known, and the amount is a natural set of what they have open: everything, everything overdue,
one month, or a run from the oldest; everything also net of their credit notes.

Two different sets that add up are a suggestion each. A set that is less than everything is sure only when no other
receivables of the payer add up to the same.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.open_items import lay_out_items, propose_sets
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching.rule import Rule, propose_nothing
from csp_receivables.domain.matching.subsets import adding_up
from csp_receivables.domain.relations import keep

TRIED_AMONG_MAX = 12  # items of which every subset is tried before a set is sure

_CREDITS = """
    SELECT credit.customer_id, credit.currency, sum(amount)::BIGINT AS credited
    FROM matching_credit credit JOIN (SELECT p, amount FROM matching_payment_left) USING (p) GROUP BY ALL
"""
_SETS = f"""
    SELECT p, 1 AS rank, 'everything they have open' AS name, r FROM matching_item WHERE all_open = amount
    UNION ALL
    SELECT p, 2, 'everything they have open less their credit notes', r
    FROM matching_item JOIN ({_CREDITS}) USING (customer_id, currency) WHERE all_open - credited = amount
    UNION ALL
    SELECT p, 3, 'everything overdue on ' || booked_on, r FROM matching_item WHERE due_on < booked_on
    QUALIFY sum(open_amount) OVER (PARTITION BY p) = amount
    UNION ALL
    SELECT p, 4, 'everything issued in ' || strftime(issued_on, '%Y-%m'), r FROM matching_item
    QUALIFY sum(open_amount) OVER (PARTITION BY p, date_trunc('month', issued_on)) = amount
    UNION ALL
    SELECT p, 5, 'the oldest of what they have open', r FROM matching_item
    QUALIFY list_contains(list(run) OVER (PARTITION BY p), amount) AND run <= amount
"""
# The same receivables under two names are one set, called by the first.
_DISTINCT = """
    SELECT p, row_number() OVER (PARTITION BY p ORDER BY rank, members) AS option, rank, name, unnest(members) AS r
    FROM (
        SELECT p, members, net, min(rank) AS rank, arg_min(name, rank) AS name
        FROM (SELECT p, rank, name, rank = 2 AS net, list(r ORDER BY r) AS members FROM matching_natural GROUP BY ALL
              HAVING count(*) > 1 OR rank = 2)
        GROUP BY p, members, net
    )
"""
_TRIED = f"""
    SELECT p, any_value(amount), list(open_amount ORDER BY place) FROM matching_item
    WHERE p IN (SELECT p FROM matching_distinct WHERE rank > 2) AND items <= {TRIED_AMONG_MAX} GROUP BY p ORDER BY p
"""
_SET = "SELECT p, option, name, r, rank <= 2 OR list_contains($only, p) AS certain FROM matching_distinct"
_NET_OF = """
    SELECT DISTINCT chosen.p, credit.p AS c
    FROM (SELECT DISTINCT p FROM matching_distinct WHERE rank = 2) chosen
    JOIN (SELECT DISTINCT p, customer_id, currency FROM matching_item) USING (p)
    JOIN (matching_credit SEMI JOIN matching_payment_left USING (p)) credit USING (customer_id, currency)
"""


def _propose(connection: duckdb.DuckDBPyConnection, _policy: MatchingPolicy) -> None:
    if not lay_out_items(connection):
        propose_nothing(connection)
        return
    keep(connection, "matching_natural", _SETS)
    keep(connection, "matching_distinct", _DISTINCT)
    tried = connection.execute(_TRIED).fetchall()
    only = [payment for payment, amount, items in tried if len(adding_up(items, amount, most=2)) == 1]
    keep(connection, "matching_set", _SET, only=only)
    keep(connection, "matching_set_credit", _NET_OF)
    propose_sets(connection)


NATURAL_SET = Rule(name="natural_set", propose=_propose, concerned="matching_payer")
