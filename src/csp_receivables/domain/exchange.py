"""What money of one currency is worth in another, by the newest stored rate of a day: exact, rounded once.

Rates are units of `quote` for one of `base`, as their source published them; two currencies with the same base are
exchanged through it. No float: rates are scaled integers.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.relations import keep

RATE_DIGITS = 8  # decimals of a rate that count; central banks publish four to six
RATE_DAYS_MAX = 7  # an older rate says nothing: over Easter and New Year none is published for five days

_RATES = f"""
    SELECT source, rated_on, base, quote, (rate::DECIMAL(20, {RATE_DIGITS}) * 10 ** {RATE_DIGITS})::BIGINT AS scaled
    FROM {{rates}} WHERE rate::DECIMAL(20, {RATE_DIGITS}) > 0
    UNION
    SELECT DISTINCT source, rated_on, base, base, (10 ** {RATE_DIGITS})::BIGINT FROM {{rates}}
"""
_PAIRS = """
    SELECT source, rated_on, one.quote AS sold, other.quote AS bought, one.scaled AS sold_scaled,
        other.scaled AS bought_scaled
    FROM exchange_scaled one JOIN exchange_scaled other USING (source, rated_on, base) WHERE one.quote <> other.quote
"""
# Half a unit is rounded up, as banks do.
_EXCHANGED = """
CREATE OR REPLACE TEMP MACRO exchanged(amount, sold, sold_scaled, bought, bought_scaled) AS
    ((2 * amount::HUGEINT * bought_scaled * (10 ** minor_digits(bought))::BIGINT
        + sold_scaled::HUGEINT * (10 ** minor_digits(sold))::BIGINT)
        // (2 * sold_scaled::HUGEINT * (10 ** minor_digits(sold))::BIGINT))::BIGINT
"""


def know_rates(connection: duckdb.DuckDBPyConnection, rates: str) -> None:
    """Make `exchange_pair (source, rated_on, sold, bought, sold_scaled, bought_scaled)` of `rates` (EXCHANGE_RATE), and
    the macro `exchanged(amount, sold, sold_scaled, bought, bought_scaled)`: minor units to minor units."""
    keep(connection, "exchange_scaled", _RATES.format(rates=rates))
    keep(connection, "exchange_pair", _PAIRS)
    connection.execute(_EXCHANGED)
