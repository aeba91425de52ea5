"""Money that the bank announced and has not booked: shown until it is, or until statements prove that it never was.

Once a statement proves a day that lies more than PENDING_BANKING_DAYS after the announcement, the money is pending no
longer: it is a finding, told for PENDING_TOLD_DAYS from that day on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import duckdb
import pyarrow as pa

from csp_receivables.domain.booked_money import PROVING_FAMILIES
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.relations import keep, load
from csp_receivables.domain.working_days import banking_day_after

PENDING_BANKING_DAYS = 5  # a transfer is booked within one or two; the longest hold that banks tell of is a week
PENDING_TOLD_DAYS = 31  # as long as what an import finds is shown

# Whatever day and id the bank books it under. Several formats may announce the same money: it is shown once.
_LEFT = """
SELECT DISTINCT ON (payment_id) * FROM payments pending
 WHERE status = 'pending' AND kind = 'payment' AND NOT EXISTS (
    SELECT 1 FROM payments booked
     WHERE booked.status = 'booked' AND booked.account = pending.account AND booked.currency = pending.currency
       AND booked.amount = pending.amount AND booked.booked_on >= pending.booked_on
       AND ((pending.bank_ref <> '' AND booked.bank_ref = pending.bank_ref)
         OR (pending.end_to_end NOT IN ('', 'NOTPROVIDED') AND booked.end_to_end = pending.end_to_end)
         OR (pending.reference <> '' AND booked.reference = pending.reference)
         OR (pending.payer_account <> '' AND booked.payer_account = pending.payer_account)))
 ORDER BY payment_id, family
"""
_JUDGED = f"""
SELECT left_over.*, lapsed_on, lapsed_on >= $as_of::DATE - {PENDING_TOLD_DAYS} AS is_told
  FROM ({_LEFT}) left_over LEFT JOIN pending_lapsed USING (account, currency, booked_on)
"""
_LAPSED = pa.schema(
    [("account", pa.string()), ("currency", pa.string()), ("booked_on", pa.date32()), ("lapsed_on", pa.date32())]
)
Day = tuple[str, str, date]  # account, currency, day


def keep_pending(connection: duckdb.DuckDBPyConnection, facts: Facts) -> None:
    """Make `pending_payments`: the columns of BANK_LINE, `lapsed_on` (NULL: still pending), and `is_told`."""
    asked = "SELECT DISTINCT account, currency, booked_on FROM payments WHERE status = 'pending' ORDER BY ALL"
    days: list[Day] = connection.sql(asked).fetchall()
    proved = _proved_days(facts)
    rows = [
        {"account": account, "currency": currency, "booked_on": day, "lapsed_on": lapsed}
        for account, currency, day in days
        if (lapsed := _lapsed_on(account, currency, day, proved))
    ]
    load(connection, "pending_lapsed", pa.Table.from_pylist(rows, schema=_LAPSED))
    keep(connection, "pending_payments", _JUDGED, as_of=facts.as_of)


def _proved_days(facts: Facts) -> Mapping[tuple[str, str], Sequence[date]]:
    """The last days of the statements that count, by account and currency ("": the statement does not say)."""
    proved: dict[tuple[str, str], list[date]] = {}
    for statement in facts.statements.to_pylist():
        if statement["family"] in PROVING_FAMILIES and not statement["held"] and statement["until_on"]:
            proved.setdefault((statement["account"], statement["currency"]), []).append(statement["until_on"])
    return proved


def _lapsed_on(account: str, currency: str, day: date, proved: Mapping[tuple[str, str], Sequence[date]]) -> date | None:
    """The first proved day by which the money should long have been booked."""
    known = [*proved.get((account, currency), ()), *proved.get((account, ""), ())]
    if not known or max(known) <= day + timedelta(days=PENDING_BANKING_DAYS):
        return None
    last_chance = banking_day_after(day, PENDING_BANKING_DAYS, account[:2])
    return min((until for until in known if until > last_chance), default=None)
