"""What the books teach about payers' bank accounts: derived anew from allocations and people's words, never stored.

A payment that named a receivable, and a person who confirmed one, teach whose account it came from. An allocation that
went by the account and was taken back by a person contradicts it. People's words outrank both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import duckdb
import pyarrow as pa

from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.ladder import PAYER_RULES
from csp_receivables.domain.matching.payers import TEACHING_RULES, define_account_key, keep_standings
from csp_receivables.domain.records import ALIAS
from csp_receivables.domain.relations import ask, keep

TAKEN_BACK = "unallocated"  # the rule of an allocation by which a person undoes another

_ALIASES = f"""
    WITH named AS (
        SELECT allocation_id, source_id AS payment_id, r.customer_id, p.payer_account,
            rule IN {TEACHING_RULES} AS teaches
        FROM allocations a JOIN receivables r USING (receivable_id)
        JOIN (SELECT payment_id, payer_account FROM payments WHERE status = 'booked') p ON p.payment_id = a.source_id
        WHERE source_kind <> 'credit_note' AND reverses = '' AND payer_account <> ''
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
_TAUGHT = """
    SELECT matching_account_key(payer_account) AS account, customer_id, confirmed, contradicted, decided
    FROM payer_aliases
"""
_LISTED = """
    SELECT account AS payer_account, customer_id, coalesce(name, '') AS customer_name,
        CASE WHEN standing IS NOT NULL THEN standing WHEN lesson.decided = 'forgotten' THEN 'forgotten'
            WHEN times = 0 AND lesson.decided = '' THEN 'unproven' ELSE 'overruled' END AS standing,
        lesson.times AS confirmed, lesson.contradicted, lesson.decided
    FROM payer_lesson lesson LEFT JOIN (SELECT account, customer_id, standing FROM payer_standing)
        USING (account, customer_id)
    LEFT JOIN customers USING (customer_id)
    ORDER BY payer_account, customer_id
"""


class Word(StrEnum):
    """What a person can say of an account and a customer."""

    KNOWN = "known"  # it is this customer's alone
    SHARED = "shared"  # it pays for several: never automatic
    FORGOTTEN = "forgotten"  # it is not this customer's, whatever the books teach


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasWord:
    """A person's word, and when it was recorded."""

    word: str
    said_by: str
    why: str
    recorded_at: str


def account_key(account: str) -> str:
    """An account by its letters and digits alone: what a person types and what banks write are then the same."""
    return re.sub(r"[^0-9A-Z]", "", account.upper())


def aliases_table(connection: duckdb.DuckDBPyConnection, facts: Facts) -> pa.Table:
    """Every account and customer that the books or people brought together (ALIAS), by account."""
    facts.load(connection)
    keep_aliases(connection)
    define_account_key(connection)
    keep_standings(connection, _TAUGHT)
    return ask(connection, _LISTED, ALIAS)


def keep_aliases(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `payer_aliases` (schema PAYER) from the facts `allocations`, `payments`, `receivables`, `alias_words`."""
    keep(connection, "payer_aliases", _ALIASES)
