"""What speaks against the only receivable that fits by payer and amount: then a person decides.

passed over    it is overdue, and a later one of the same amount was paid before the payment came: it waits for
               something else, and the payment may be the next month's, paid in advance
sent twice     the same account paid the same amount within half a month before, for something else
like-named     money of the same amount lies there, of a payer nobody knows who is called like the customer
names another  the payment bears a sound reference, or a number like the receivable's own, and neither is its own:
               the receivable that it means may not be there yet
"""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from csp_receivables.domain.matching.knowledge import Knowledge
from csp_receivables.domain.matching.names import alike
from csp_receivables.domain.matching.stock import count, view
from csp_receivables.domain.references import Kind, readings
from csp_receivables.domain.relations import ask, keep, load

# Licences are billed by the month: two on time are further apart, an order that was sent twice comes within days.
SENT_TWICE_DAYS = 14

_ASKED = """
    SELECT p, r, judged.currency, judged.amount, booked_on, judged.issued_on, receivable.due_on, receivable.customer_id,
        receivable.reference_key, matching_key(receivable.number) AS number_key
    FROM (FROM matching.judged WHERE sure AND p >= 0) judged JOIN matching.receivable receivable USING (r)
"""
_NOTHING = "CREATE OR REPLACE TABLE matching.misgiving (p BIGINT, place INTEGER, why VARCHAR)"
_NOTHING_PAID = """(SELECT '' AS customer_id, '' AS currency, 0 AS amount, NULL::DATE AS due_on, NULL::DATE AS paid_on
    WHERE false)"""
_NOTHING_CAME = """(SELECT '' AS payment_id, NULL::DATE AS booked_on, '' AS currency, 0 AS amount, '' AS payer_account
    WHERE false)"""
_PAID = """
    FROM matching.paid_earlier UNION ALL
    SELECT customer_id, currency, open_amount AS amount, due_on, booked_on AS paid_on
    FROM (SELECT rowid AS r, customer_id, currency, open_amount, due_on FROM matching.receivable_stored) JOIN (
        SELECT r, booked_on FROM matching.at_once JOIN matching.payment_stored USING (payment_id)
        UNION ALL
        SELECT r, booked_on FROM matching.taken ANTI JOIN matching.receivable_left USING (r)
        JOIN matching.payment USING (p)
    ) USING (r)
"""
_PASSED_OVER = f"""
INSERT INTO matching.misgiving
    SELECT p, 1, 'it was passed over: another of that amount, due on ' || min(paid.due_on) || ', was paid before'
    FROM matching.asked asked JOIN ({_PAID}) paid ON paid.customer_id = asked.customer_id
        AND paid.currency = asked.currency AND paid.amount = asked.amount
        AND paid.due_on > asked.due_on AND paid.paid_on <= asked.booked_on
    WHERE asked.due_on < asked.booked_on GROUP BY p
"""
_SENT_TWICE = f"""
INSERT INTO matching.misgiving
    SELECT asked.p, 2, 'the same account paid as much on ' || max(other.booked_on) || ' (' ||
        arg_max(other.payment_id, (other.booked_on, other.payment_id)) || '): it may have been sent twice'
    FROM (SELECT asked.*, payment_id, account FROM matching.asked asked
          JOIN (SELECT p, payment_id FROM matching.payment) USING (p)
          JOIN (SELECT p, account FROM matching.account WHERE account <> '') USING (p)) asked
    JOIN matching.came other ON other.currency = asked.currency AND other.amount = asked.amount
        AND matching_account_key(other.payer_account) = asked.account
        AND other.payment_id <> asked.payment_id
        AND other.booked_on BETWEEN asked.booked_on - {SENT_TWICE_DAYS} AND asked.booked_on
    GROUP BY asked.p
"""
# Whom a person has declined for this receivable is no rival.
_LIKE_NAMED = """
    SELECT DISTINCT asked.p, payment_id, said, name
    FROM matching.asked asked
    JOIN (SELECT p, payment_id, currency, amount, booked_on
          FROM matching.payment_left ANTI JOIN matching.payer USING (p)) other
        ON other.currency = asked.currency AND other.amount = asked.amount AND other.booked_on >= asked.issued_on
    JOIN matching.payer_name USING (payment_id)
    JOIN matching.customer_name called ON called.customer_id = asked.customer_id
    WHERE (other.p, asked.r) NOT IN (SELECT (p, r) FROM matching.declined) ORDER BY ALL
"""
_LIKE_NAMED_PAIR = pa.schema([("p", pa.int64())] + [(name, pa.string()) for name in ("payment_id", "said", "name")])
_REFERENCES = """
    SELECT p, reference, asked.reference_key FROM matching.asked asked
    JOIN (SELECT p, reference, reference_key AS said FROM matching.payment) USING (p)
    WHERE said <> '' AND asked.reference_key <> '' AND said <> asked.reference_key ORDER BY p
"""
# The numbers of one seller look alike: as long, begun alike, with letters and digits in the same places.
_LOOKS = "regexp_replace({key}, '[0-9]', '9', 'g')"
_ANOTHER_NUMBER = f"""
INSERT INTO matching.misgiving
    SELECT p, 4, 'the payment says ' || min(said.key) || ', which looks like the number of another receivable'
    FROM matching.asked asked JOIN matching.said_asking said USING (p)
    WHERE said.key NOT IN (number_key, reference_key) AND len(said.key) = len(number_key)
        AND left(said.key, 2) = left(number_key, 2)
        AND {_LOOKS.format(key="said.key")} = {_LOOKS.format(key="number_key")}
    GROUP BY p
"""
_WHY = pa.schema([("p", pa.int64()), ("place", pa.int32()), ("why", pa.string())])


def begin_minding(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge) -> None:
    """Views of what was paid before this run (`matching.paid_earlier`) and of what came (`matching.came`)."""
    paid, came = knowledge.paid or _NOTHING_PAID, knowledge.came or _NOTHING_CAME
    view(connection, "matching.paid_earlier", f"SELECT customer_id, currency, amount, due_on, paid_on FROM {paid}")
    view(connection, "matching.came", f"SELECT payment_id, booked_on, currency, amount, payer_account FROM {came}")


def know_misgivings(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `matching.misgiving (p, place, why)` for the sure rows of `matching.judged`, some for each payment."""
    connection.execute(_NOTHING)
    keep(connection, "matching.asked", _ASKED)
    if not count(connection, "matching.asked"):
        return
    for misgiving in (_PASSED_OVER, _SENT_TWICE, _ANOTHER_NUMBER):
        connection.execute(misgiving)
    found = [*_like_named(connection), *_named_another(connection)]
    if found:
        load(connection, "matching.found_misgiving", pa.Table.from_pylist(found, schema=_WHY))
        connection.execute("INSERT INTO matching.misgiving FROM matching.found_misgiving")


def _like_named(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    pairs = ask(connection, _LIKE_NAMED, _LIKE_NAMED_PAIR)
    likenesses = alike(pairs["said"].to_pylist(), pairs["name"].to_pylist())
    return [
        {"p": pair["p"], "place": 3, "why": f"payment {pair['payment_id']} of {pair['said']} is as much, too"}
        for pair in pairs.filter(pc.greater(likenesses, 0)).to_pylist()
    ]


def _named_another(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """A reference whose check digits are right is not a slip of the pen: it was given to something else."""
    return [
        {"p": payment, "place": 4, "why": f"reference {said} is sound, and another than the receivable's"}
        for payment, said, printed in connection.execute(_REFERENCES).fetchall()
        if (kinds := _kinds(said)) and kinds & _kinds(printed)
    ]


def _kinds(reference: str) -> set[Kind]:
    return {reading.kind for reading in readings(reference)}
