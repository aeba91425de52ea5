"""Rule 7: the payer is known, and of their few open items only one subset of at most three adds up to the payment.

Licence prices repeat, so a second answer makes it a suggestion. So is what adds up only with a credit note.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.open_items import lay_out_items, propose_sets
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching.rule import Rule, propose_nothing
from csp_receivables.domain.relations import keep

ITEMS_MAX = 10

_FEW = f"SELECT p, place, r, amount, open_amount FROM matching_item WHERE items <= {ITEMS_MAX} AND open_amount <= amount"
_ADDING_UP = """
    SELECT one.p, [one.r, two.r] AS members
    FROM matching_few one JOIN matching_few two ON two.p = one.p AND two.place > one.place
    WHERE one.open_amount + two.open_amount = one.amount
    UNION ALL
    SELECT one.p, [one.r, two.r, three.r]
    FROM matching_few one JOIN matching_few two ON two.p = one.p AND two.place > one.place
    JOIN matching_few three ON three.p = one.p AND three.place > two.place
    WHERE one.open_amount + two.open_amount + three.open_amount = one.amount
"""
_LESS_A_CREDIT = f"""
    SELECT item.p, r, credit.payment_id AS credit_id
    FROM matching_item item JOIN matching_credit USING (customer_id, currency)
    JOIN matching_payment_left credit ON credit.p = matching_credit.p AND open_amount - credit.amount = item.amount
    WHERE items <= {ITEMS_MAX}
"""
_SETS = f"""
    SELECT p, row_number() OVER (PARTITION BY p ORDER BY credit_id, members) AS option, credit_id = '' AS certain,
        CASE credit_id WHEN '' THEN 'the only set of their open receivables that fits'
            ELSE 'one of their open receivables less credit note ' || credit_id END AS name, unnest(members) AS r
    FROM (
        SELECT p, members, '' AS credit_id FROM matching_adding_up
        UNION ALL
        SELECT p, [r], credit_id FROM ({_LESS_A_CREDIT})
    )
"""
_NO_CREDITS = "SELECT NULL::BIGINT AS p, NULL::BIGINT AS c WHERE false"


def _propose(connection: duckdb.DuckDBPyConnection, _policy: MatchingPolicy) -> None:
    if not lay_out_items(connection):
        propose_nothing(connection)
        return
    keep(connection, "matching_few", _FEW)
    keep(connection, "matching_adding_up", _ADDING_UP)
    keep(connection, "matching_set", _SETS)
    keep(connection, "matching_set_credit", _NO_CREDITS)
    propose_sets(connection)


SMALL_SUBSET = Rule(name="small_subset", propose=_propose, concerned="matching_payer")
