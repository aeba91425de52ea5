"""Payments of receivables in another currency: a reference or number names one, and a rate says what was paid of it.

What the bank itself states to have exchanged counts as paid, against the receivable's own tolerance. A stored reference
rate only tells what the payment is worth: it books within the policy's tolerance for exchange, else it suggests.
The allocation is two entries, one in each currency, and the rate stands in the sentence.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.exchange import RATE_DAYS_MAX, know_rates
from csp_receivables.domain.matching.knowledge import Knowledge
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching.rule import Rule, propose_nothing
from csp_receivables.domain.matching.stock import count
from csp_receivables.domain.matching.tolerances import keep_tolerances
from csp_receivables.domain.relations import keep

KEY_LENGTH_MIN = 4  # as for numbers in text

_NO_RATES = "SELECT '' AS source, NULL::DATE AS rated_on, '' AS base, '' AS quote, '0' AS rate WHERE false"
_NO_INSTRUCTIONS = "SELECT '' AS payment_id, '' AS instructed_currency, 0::BIGINT AS instructed_amount WHERE false"
_SAID = f"""
    SELECT DISTINCT p, key FROM (
        SELECT p, reference_key AS key FROM matching.payment_left WHERE reference_key <> ''
        UNION ALL
        SELECT p, matching_text_key(unnest(regexp_extract_all(upper(text), '[0-9A-Z]*[0-9][0-9A-Z]*')))
        FROM matching.payment_left WHERE text <> ''
    )
    WHERE len(key) >= {KEY_LENGTH_MIN}
"""
_NAMED = """
    SELECT p, r FROM (
        SELECT p, payment.currency, r, count(*) OVER (PARTITION BY p) AS named
        FROM matching.foreign_said JOIN matching.payment_left payment USING (p)
        JOIN (
            SELECT reference_key AS key, r, currency FROM matching.receivable_left WHERE reference_key <> ''
            UNION SELECT matching_key(number), r, currency FROM matching.receivable_left
        ) keyed ON keyed.key = matching.foreign_said.key AND keyed.currency <> payment.currency
        GROUP BY p, payment.currency, r
    )
    WHERE named = 1
"""
# The bank's own word first, then the newest rate of the days before.
_WORTH = f"""
    SELECT p, r, payment.payment_id, payment.booked_on, payment.amount AS paid, payment.currency AS paid_currency,
        receivable.receivable_id, receivable.currency, receivable.open_amount,
        coalesce(instructed_amount, exchanged(payment.amount, payment.currency, sold_scaled, receivable.currency,
            bought_scaled)) AS worth,
        instructed_amount IS NOT NULL AS is_banks, source, rated_on,
        exchanged(receivable.open_amount, receivable.currency, bought_scaled, payment.currency, sold_scaled) AS by_rate
    FROM matching.foreign_named JOIN matching.payment_left payment USING (p)
    JOIN matching.receivable_left receivable USING (r)
    LEFT JOIN (SELECT payment_id, instructed_currency, instructed_amount FROM matching.instructed) instructed
        ON instructed.payment_id = payment.payment_id AND instructed_currency = receivable.currency
    LEFT JOIN exchange_pair ON sold = payment.currency AND bought = receivable.currency
        AND rated_on BETWEEN payment.booked_on - {RATE_DAYS_MAX} AND payment.booked_on
    QUALIFY worth IS NOT NULL AND row_number() OVER (PARTITION BY p ORDER BY rated_on DESC NULLS LAST, source) = 1
"""
_JUDGED = """
    SELECT *, greatest(open_amount - worth, 0) AS short,
        CASE WHEN is_banks THEN worth <= open_amount
                AND open_amount - worth <= greatest(coalesce(fixed, 0), open_amount * coalesce(per_mille, 0) // 1000)
            ELSE abs(open_amount - worth) <= open_amount * $exchange_per_mille // 1000 AND $exchange_per_mille > 0
        END AND row_number() OVER (PARTITION BY r ORDER BY booked_on, payment_id) = 1 AS sure
    FROM matching.worth LEFT JOIN matching.tolerance USING (currency)
"""
_PROPOSAL = """
    SELECT p, r, paid AS amount, 0::BIGINT AS difference,
        CASE WHEN NOT sure THEN '' WHEN short > 0 THEN 'with_difference' ELSE 'full' END AS outcome, sure AS books,
        1::BIGINT AS option,
        'the payment names receivable ' || receivable_id || ' in ' || currency || ': '
            || amount_text(paid, paid_currency) || ' ' || paid_currency
            || CASE WHEN is_banks THEN ' came, exchanged by the bank from ' ELSE ' came, worth ' END
            || amount_text(worth, currency) || ' ' || currency || CASE WHEN worth = open_amount THEN ', amount equal'
                ELSE ', and ' || amount_text(open_amount, currency) || ' ' || currency || ' is open' END
            || CASE WHEN rated_on IS NULL THEN '' ELSE '; by ' || source || '''s rate of ' || rated_on
                || ' what is open is ' || amount_text(by_rate, paid_currency) || ' ' || paid_currency
                || ', a difference of ' || amount_text(paid - by_rate, paid_currency) || ' ' || paid_currency END
            AS because
    FROM matching.foreign
"""
_REMEMBERED = """
INSERT INTO matching.exchanged
    SELECT p, r, least(worth, open_amount) AS amount, short AS difference, currency FROM matching.foreign WHERE sure
"""
_EXCHANGED_TABLE = """
CREATE OR REPLACE TABLE matching.exchanged (
    p BIGINT, r BIGINT, amount BIGINT, difference BIGINT, currency VARCHAR)
"""


def know_exchange(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge) -> None:
    """Make what the rule goes by: `matching.instructed`, the rates, and the empty `matching.exchanged`."""
    instructed = f"FROM {knowledge.instructed}" if knowledge.instructed else _NO_INSTRUCTIONS
    keep(connection, "matching.instructed", instructed)
    know_rates(connection, knowledge.rates or f"({_NO_RATES})")
    connection.execute(_EXCHANGED_TABLE)


def _propose(connection: duckdb.DuckDBPyConnection, policy: MatchingPolicy) -> None:
    keep(connection, "matching.foreign_said", _SAID)
    keep(connection, "matching.foreign_named", _NAMED)
    if not count(connection, "matching.foreign_named"):
        propose_nothing(connection)
        return
    keep_tolerances(connection, policy)
    keep(connection, "matching.worth", _WORTH)
    keep(connection, "matching.foreign", _JUDGED, exchange_per_mille=policy.exchange_per_mille)
    keep(connection, "matching.proposal", _PROPOSAL)
    connection.execute(_REMEMBERED)


FOREIGN_CURRENCY = Rule(
    name="foreign_currency",
    propose=_propose,
    concerned="matching.payment_left WHERE currency IN (SELECT sold FROM exchange_pair) "
    "OR payment_id IN (SELECT payment_id FROM matching.instructed)",
)
