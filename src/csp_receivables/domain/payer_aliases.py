"""What the books teach about payers' bank accounts: derived anew from allocations and people's words, never stored.

A payment that named a receivable, and a person who confirmed one, teach whose account it came from. An allocation that
went by the account and was taken back by a person contradicts it. People's words outrank both.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.ladder import PAYER_RULES
from csp_receivables.domain.matching.payers import TEACHING_RULES
from csp_receivables.domain.relations import keep

TAKEN_BACK = "unallocated"  # the rule of an allocation by which a person undoes another

_ALIASES = f"""
    WITH named AS (
        SELECT allocation_id, source_id AS payment_id, r.customer_id, p.payer_account, rule IN {TEACHING_RULES} AS teaches
        FROM allocations a JOIN receivables r USING (receivable_id)
        JOIN (SELECT payment_id, payer_account FROM payments WHERE status = 'booked') p ON p.payment_id = a.source_id
        WHERE source_kind = 'payment' AND reverses = '' AND payer_account <> ''
          AND (rule IN {TEACHING_RULES} OR rule IN {tuple(rule.name for rule in PAYER_RULES)})
    ),
    taken_back AS (SELECT DISTINCT reverses AS allocation_id FROM allocations WHERE rule = '{TAKEN_BACK}'),
    learnt AS (
        SELECT payer_account, customer_id,
            count(DISTINCT payment_id) FILTER (teaches AND taken_back.allocation_id IS NULL) AS confirmed,
            count(DISTINCT payment_id) FILTER (taken_back.allocation_id IS NOT NULL) AS contradicted
        FROM named LEFT JOIN taken_back USING (allocation_id) GROUP BY ALL
    )
    SELECT payer_account, customer_id, coalesce(confirmed, 0) AS confirmed, coalesce(contradicted, 0) AS contradicted,
        coalesce(word, '') AS decided
    FROM learnt FULL JOIN alias_words USING (payer_account, customer_id)
    ORDER BY payer_account, customer_id
"""


def keep_aliases(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `payer_aliases` (schema PAYER) from the facts `allocations`, `payments`, `receivables`, `alias_words`."""
    keep(connection, "payer_aliases", _ALIASES)
