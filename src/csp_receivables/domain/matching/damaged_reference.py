"""Rule 8: a reference that names nothing is one slip away from an open receivable's, and the amount is equal.

One digit wrong, missing, added, or two that changed places; the check digit must show the damage, else it is a good
reference of something else. Always a suggestion.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching.rule import Rule
from csp_receivables.domain.references import readings
from csp_receivables.domain.relations import keep

KEY_LENGTH_MIN = 6  # of shorter ones too many are a slip apart
SUGGESTED_MAX = 3

_SAID = f"""
    SELECT DISTINCT p, currency, amount, key FROM (
        SELECT p, currency, amount, reference_key AS key FROM matching.payment_left
        UNION ALL
        SELECT p, currency, amount, matching_key(unnest(string_split(reference, ' '))) FROM matching.payment_left
        WHERE contains(reference, ' ')
        UNION ALL
        SELECT p, currency, amount, matching_key(unnest(regexp_extract_all(upper(text), '\\b(?:RF)?[0-9]{{6,25}}\\b')))
        FROM matching.payment_left WHERE regexp_matches(text, '[0-9]{{6}}')
    )
    WHERE len(key) >= {KEY_LENGTH_MIN}
"""
_MEANT = f"""
    SELECT r, currency, open_amount AS amount, reference_key AS key FROM matching.receivable_left
    SEMI JOIN matching.misread misread ON misread.currency = matching.receivable_left.currency
        AND misread.amount = open_amount
    WHERE len(reference_key) >= {KEY_LENGTH_MIN}
"""
# Two texts that are one slip apart are equal once the right character is left out of one or both.
_LEFT_OUT = """
    SELECT *, unnest(list_distinct([key] || [key[:i - 1] || key[i + 1:] for i in range(1, len(key) + 1)])) AS rest
    FROM {keyed}
"""
_NEAR = f"""
    SELECT DISTINCT p, r, said.key AS said, meant.key AS meant
    FROM ({_LEFT_OUT.format(keyed="matching.misread")}) said JOIN ({_LEFT_OUT.format(keyed="matching.meant")}) meant
    USING (rest, currency, amount)
    WHERE damerau_levenshtein(said.key, meant.key) = 1
"""
_PROPOSAL = f"""
    SELECT p, r, open_amount AS amount, 0::BIGINT AS difference, '' AS outcome, false AS books,
        row_number() OVER (PARTITION BY p ORDER BY receivable_id) AS option,
        'reference ' || said || ' names nothing open and its check digit is wrong; it is one slip away from ' || meant
            || ', the reference of receivable ' || receivable_id || ', and the amount is equal'
            || CASE WHEN payment.customer_id IN ('', receivable.customer_id) THEN ''
                ELSE '; but it is customer ' || receivable.customer_id || '''s, and the payment is known to be '
                    || 'customer ' || payment.customer_id || '''s' END AS because
    FROM (SELECT p, r, min(said) AS said, any_value(meant) AS meant FROM matching.near
          WHERE list_contains($damaged, said || ' ' || meant) GROUP BY p, r)
    JOIN matching.payment payment USING (p) JOIN matching.receivable_left receivable USING (r)
    QUALIFY option <= {SUGGESTED_MAX}
"""


def _is_damaged(said: str, meant: str) -> bool:
    """Is `meant` a right reference of some kind, and `said` of none of its kinds? Else nothing shows a slip."""
    kinds = {reading.kind for reading in readings(meant)}
    return bool(kinds) and kinds.isdisjoint(reading.kind for reading in readings(said))


def _propose(connection: duckdb.DuckDBPyConnection, _policy: MatchingPolicy) -> None:
    keep(connection, "matching.misread", _SAID)
    keep(connection, "matching.meant", _MEANT)
    keep(connection, "matching.near", _NEAR)
    pairs = connection.execute("SELECT DISTINCT said, meant FROM matching.near ORDER BY ALL").fetchall()
    damaged = [f"{said} {meant}" for said, meant in pairs if _is_damaged(said, meant)]
    keep(connection, "matching.proposal", _PROPOSAL, damaged=damaged)


DAMAGED_REFERENCE = Rule(
    name="damaged_reference",
    propose=_propose,
    concerned="matching.payment_left WHERE reference_key <> '' OR regexp_matches(text, '[0-9]{6}')",
    only_suggests=True,
)
