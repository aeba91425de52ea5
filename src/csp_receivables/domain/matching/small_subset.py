"""Rule 7: the payer is known, and of their few open items only one subset of at most three adds up to the payment.

Licence prices repeat, so a second answer makes it a suggestion. What adds up only with a credit note is one, too.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.open_items import lay_out_items, propose_sets
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching.rule import Rule, propose_nothing
from csp_receivables.domain.relations import keep

ITEMS_MAX = 10

_FEW = (
    f"SELECT p, place, r, amount, open_amount FROM matching.item WHERE items <= {ITEMS_MAX} AND open_amount <= amount"
)
# A single one is rule 5's to find; where that is off, it is an answer like any other.
_ADDING_UP = """
    SELECT p, [place] AS places, [r] AS members FROM matching.few WHERE open_amount = amount
    UNION ALL
    SELECT one.p, [one.place, two.place], [one.r, two.r]
    FROM matching.few one JOIN matching.few two ON two.p = one.p AND two.place > one.place
    WHERE one.open_amount + two.open_amount = one.amount
    UNION ALL
    SELECT one.p, [one.place, two.place, three.place], [one.r, two.r, three.r]
    FROM matching.few one JOIN matching.few two ON two.p = one.p AND two.place > one.place
    JOIN matching.few three ON three.p = one.p AND three.place > two.place
    WHERE one.open_amount + two.open_amount + three.open_amount = one.amount
"""
_LESS_A_CREDIT = f"""
    SELECT item.p, place, r, credit_id FROM matching.item item JOIN matching.item_credit credit USING (p)
    WHERE items <= {ITEMS_MAX} AND open_amount - credit.amount = item.amount
"""
_SETS = f"""
    SELECT p, row_number() OVER (PARTITION BY p ORDER BY credit_id, places) AS option, credit_id = '' AS certain,
        CASE WHEN credit_id <> '' THEN 'one of their open receivables less credit note ' || credit_id
            WHEN count(*) OVER (PARTITION BY p) = 1
                THEN 'the only set of up to three of their open receivables that fits'
            ELSE 'a set of their open receivables' END AS name, unnest(members) AS r
    FROM (
        SELECT p, places, members, '' AS credit_id FROM matching.adding_up
        UNION ALL
        SELECT p, [place], [r], credit_id FROM ({_LESS_A_CREDIT})
    )
"""
_NO_CREDITS = "SELECT NULL::BIGINT AS p, NULL::BIGINT AS c WHERE false"


def _propose(connection: duckdb.DuckDBPyConnection, _policy: MatchingPolicy) -> None:
    if not lay_out_items(connection):
        propose_nothing(connection)
        return
    keep(connection, "matching.few", _FEW)
    keep(connection, "matching.adding_up", _ADDING_UP)
    keep(connection, "matching.set", _SETS)
    keep(connection, "matching.set_credit", _NO_CREDITS)
    propose_sets(connection)


SMALL_SUBSET = Rule(name="small_subset", propose=_propose, concerned="matching.payer")
