"""Rule 6: the payer is known, and the amount is a natural set of what they have open: everything, everything overdue,
one month, or a run from the oldest; everything also net of their credit notes.

Two different sets that add up are a suggestion each. A set that is less than everything is sure only when it was tried
that no other receivables of the payer add up to the same; those that do are suggested beside it.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from csp_receivables.domain.matching.open_items import SUGGESTED_MAX, lay_out_items, propose_sets
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching.rule import Rule, propose_nothing
from csp_receivables.domain.matching.subsets import adding_up
from csp_receivables.domain.relations import keep, load

TRIED_AMONG_MAX = 12  # items of which every subset is tried before a set is sure

_NET_OF = """
    SELECT p, sum(amount)::BIGINT AS credited, string_agg(credit_id, ', ' ORDER BY credit_id) AS credits
    FROM matching.item_credit GROUP BY p
"""
_SETS = f"""
    SELECT p, 1 AS rank, 'everything they have open' AS name, r FROM matching.item WHERE all_open = amount
    UNION ALL
    SELECT p, 2, 'everything they have open less credit note ' || credits, r
    FROM matching.item JOIN ({_NET_OF}) USING (p) WHERE all_open - credited = amount
    UNION ALL
    SELECT p, 3, 'everything overdue on ' || booked_on, r FROM matching.item WHERE due_on < booked_on
    QUALIFY sum(open_amount) OVER (PARTITION BY p) = amount
    UNION ALL
    SELECT p, 4, 'everything issued in ' || strftime(issued_on, '%Y-%m'), r FROM matching.item
    QUALIFY sum(open_amount) OVER (PARTITION BY p, date_trunc('month', issued_on)) = amount
    UNION ALL
    SELECT p, 5, 'the oldest of what they have open', r FROM matching.item
    QUALIFY list_contains(list(run) OVER (PARTITION BY p), amount) AND run <= amount
"""
_TRIED = f"""
    SELECT p, any_value(amount), list(open_amount ORDER BY place) FROM matching.item
    WHERE p IN (SELECT p FROM matching.natural WHERE rank > 1) AND items <= {TRIED_AMONG_MAX} GROUP BY p ORDER BY p
"""
_OTHERS = """
INSERT INTO matching.natural
    SELECT p, nth, 'some of what they have open', r FROM matching.tried JOIN matching.item USING (p, place)
"""
OTHERS_RANK = 6  # the first that was found by trying; the next are 7, 8 …
# The same receivables under two names are one set, called by the first.
_SET = f"""
    SELECT p, row_number() OVER (PARTITION BY p ORDER BY rank, name) AS option, rank, name, unnest(members) AS r,
        rank = 1 OR p IN (SELECT p FROM matching.item WHERE items <= {TRIED_AMONG_MAX}) AS certain
    FROM (
        SELECT p, members, net, min(rank) AS rank, arg_min(name, rank) AS name
        FROM (SELECT p, rank, name, rank = 2 AS net, list(r ORDER BY r) AS members FROM matching.natural GROUP BY ALL
              HAVING count(*) > 1 OR rank = 2 OR rank >= {OTHERS_RANK})
        GROUP BY p, members, net
    )
"""
_SET_CREDIT = "SELECT p, c FROM matching.item_credit WHERE p IN (SELECT p FROM matching.set WHERE rank = 2)"
_SUBSET = pa.schema([("p", pa.int64()), ("nth", pa.int32()), ("place", pa.int64())])


def _propose(connection: duckdb.DuckDBPyConnection, _policy: MatchingPolicy) -> None:
    if not lay_out_items(connection):
        propose_nothing(connection)
        return
    keep(connection, "matching.natural", _SETS)
    _try_others(connection)
    keep(connection, "matching.set", _SET)
    keep(connection, "matching.set_credit", _SET_CREDIT)
    propose_sets(connection)


def _try_others(connection: duckdb.DuckDBPyConnection) -> None:
    """Add what else adds up, among few enough items to try, to the sets in `matching.natural`."""
    others = [
        {"p": payment, "nth": nth, "place": place + 1}
        for payment, amount, items in connection.execute(_TRIED).fetchall()
        for nth, places in enumerate(adding_up(items, amount, most=SUGGESTED_MAX + 1), start=OTHERS_RANK)
        for place in places
    ]
    if others:
        load(connection, "matching.tried", pa.Table.from_pylist(others, schema=_SUBSET))
        connection.execute(_OTHERS)


NATURAL_SET = Rule(
    name="natural_set", propose=_propose, concerned="matching.payer", net_of="SELECT p, c FROM matching.set_credit"
)
