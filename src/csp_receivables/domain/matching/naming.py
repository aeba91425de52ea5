"""Which open receivables the structured references of each payment name.

Makes `matching.named (p, part, r, amount, open_amount, elsewhere, rivals, together)`, one row for each pair:
`elsewhere`: the payment's customer is known and is not the receivable's; `rivals`: how many open receivables the
reference fits (1: it is unique); `together`: how many receivables the payment names one by one. After each rule
`stock.take` leaves in it what the payments named that are left, and what is then open (0: closed since).
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.stock import count
from csp_receivables.domain.relations import keep

# A text such as "n/a" printed as the reference of a thousand receivables must not make a thousand pairs a payment.
RIVALS_LOOKED_AT_MAX = 20

_WHOLE = """
    SELECT p, 0 AS part, reference_key AS key, currency, amount, customer_id FROM matching.asking
"""
_PARTS = """
    SELECT p, min(part) AS part, key, currency, amount, customer_id
    FROM (SELECT p, generate_subscripts(parts, 1) AS part, matching_key(unnest(parts)) AS key, currency, amount,
        customer_id
          FROM (SELECT *, string_split(reference, ' ') AS parts FROM matching.asking
              WHERE contains(reference, ' '))
          ANTI JOIN matching.named USING (p))
    WHERE key <> '' GROUP BY ALL
"""
_BY_REFERENCE = """
    SELECT r, reference_key AS key, currency, open_amount, customer_id, receivable_id
    FROM {receivables} WHERE reference_key <> ''
"""
# No key is longer than its number: references are longer than numbers as a rule, so that few keys have to be made.
_BY_NUMBER = """
    SELECT r, matching_key(number) AS key, currency, open_amount, customer_id, receivable_id
    FROM matching.receivable_left WHERE len(number) >= (SELECT min(len(key)) FROM matching.wanted)
"""
_SHARED = "SELECT key, currency, count(*) AS rivals FROM ({keyed}) GROUP BY ALL HAVING count(*) > 1"
_PAIRS = """
    SELECT wanted.p, wanted.part, keyed.r, wanted.amount, keyed.open_amount,
        wanted.customer_id <> '' AND wanted.customer_id <> keyed.customer_id AS elsewhere, {rivals} AS rivals,
        1 AS together
    FROM ({wanted}) wanted JOIN ({keyed}) keyed USING (key, currency)
"""
_UNIQUE = "FROM ({keyed}) ANTI JOIN matching.shared USING (key, currency)"
_FIRST_RIVALS = f"""
    SELECT keyed.*, rivals FROM ({{keyed}}) keyed JOIN matching.shared USING (key, currency)
    QUALIFY row_number() OVER (PARTITION BY key, currency ORDER BY receivable_id) <= {RIVALS_LOOKED_AT_MAX}
"""
_PARTS_TOGETHER = """
    SELECT p, r, any_value(amount) AS amount, any_value(open_amount) AS open_amount, any_value(elsewhere) AS elsewhere,
        max(rivals) AS rivals, count(*) OVER (PARTITION BY p) AS together
    FROM matching.part GROUP BY p, r
"""
_NAMED = """
CREATE OR REPLACE TABLE {name} (p BIGINT, part BIGINT, r BIGINT, amount BIGINT, open_amount BIGINT, elsewhere BOOLEAN,
    rivals BIGINT, together BIGINT)
"""


def name_receivables(connection: duckdb.DuckDBPyConnection) -> None:
    """Look up the references of `matching.asking`, each as a whole; where that names nothing, its parts."""
    connection.execute(_NAMED.format(name="matching.named"))
    if not count(connection, "matching.asking"):
        return
    _look_up(connection, "matching.named", _WHOLE, _BY_REFERENCE.format(receivables="matching.referred"))
    if keep(connection, "matching.parts_wanted", _PARTS):
        connection.execute(_NAMED.format(name="matching.part"))
        by_reference = _BY_REFERENCE.format(receivables="matching.receivable_left")
        _look_up(connection, "matching.part", "FROM matching.parts_wanted", by_reference)
        connection.execute(f"INSERT INTO matching.named BY NAME {_PARTS_TOGETHER}")


def _look_up(connection: duckdb.DuckDBPyConnection, into: str, wanted: str, by_reference: str) -> None:
    """Add the pairs for the keys in `wanted`: by the reference on the receivable or, failing that, by its number."""
    _add_pairs(connection, into, wanted, by_reference)
    if keep(connection, "matching.wanted", f"FROM ({wanted}) ANTI JOIN {into} USING (p, part)"):
        _add_pairs(connection, into, "FROM matching.wanted", _BY_NUMBER)


def _add_pairs(connection: duckdb.DuckDBPyConnection, into: str, wanted: str, keyed: str) -> None:
    """Add the pairs: each key with its only receivable, and a shared key with the first few that share it."""
    if not keep(connection, "matching.wanted_keyed", f"FROM ({keyed}) SEMI JOIN ({wanted}) USING (key, currency)"):
        return
    keyed = "FROM matching.wanted_keyed"
    if not keep(connection, "matching.shared", _SHARED.format(keyed=keyed)):
        pairs = _PAIRS.format(wanted=wanted, keyed=keyed, rivals="1::BIGINT")
    else:
        unique, first_rivals = _UNIQUE.format(keyed=keyed), _FIRST_RIVALS.format(keyed=keyed)
        pairs = (
            _PAIRS.format(wanted=wanted, keyed=unique, rivals="1::BIGINT")
            + "UNION ALL"
            + _PAIRS.format(wanted=wanted, keyed=first_rivals, rivals="rivals")
        )
    connection.execute(f"INSERT INTO {into} BY NAME {pairs}")
