"""How fresh the bank feed of each receiving account is: no one is chased on the strength of a stale one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from itertools import groupby, pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from csp_receivables.domain.account_names import name_key
from csp_receivables.domain.booked_money import PROVING_FAMILIES
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.findings import Severity
from csp_receivables.domain.records import FEED
from csp_receivables.domain.working_days import banking_day_after, banking_day_by

FRESH, STALE, HELD, BROKEN, UNPROVEN = "fresh", "stale", "held", "broken chain", "no statement"
MISSING = "missing day"


def feeds_table(facts: Facts, daily: Collection[str] = ()) -> pa.Table:
    """One row (schema FEED) for each account and currency that any bank file named.

    `daily`: accounts of which each banking day has a statement, so that one that moved nothing in all is missed too. Of
    these a row is there whether a file named it or not.
    """
    booked = facts.payments.filter(pc.equal(facts.payments["status"], "booked"))
    newest = booked.group_by(["account", "currency"]).aggregate([("booked_on", "max")]).to_pylist()
    newest_booking = {(row["account"], row["currency"]): row["booked_on_max"] for row in newest}
    statements = sorted(facts.statements.to_pylist(), key=_place)
    by_account = {key: list(rows) for key, rows in groupby(statements, key=lambda s: (s["account"], s["currency"]))}
    # A notification may not say its account's currency: its money is listed under the money's own.
    named = {key for key in by_account if key[1]} | set(newest_booking)
    told, expected = {name_key(key[0]) for key in named}, {name_key(account) for account in daily}
    keys = sorted(named | {(account, "") for account in daily if name_key(account) not in told})
    rows = [
        _feed(key, by_account.get(key, []), newest_booking.get(key), facts.as_of, is_daily=name_key(key[0]) in expected)
        for key in keys
    ]
    return pa.Table.from_pylist(rows, schema=FEED)


def findings_that_stand(facts: Facts) -> pa.Table:
    """What imports found, less what held a statement that a person accepted since, or that came again and proves."""
    statements = facts.statements.to_pylist()
    over = [s["statement_id"] for s in statements if not s["held"] or any(_replaces(other, s) for other in statements)]
    holds = pc.equal(facts.findings["severity"], Severity.HELD.value)
    is_over = pc.is_in(facts.findings["subject"], value_set=pa.array(over, pa.string()))
    return facts.findings.filter(pc.invert(pc.and_(holds, is_over)))


def _place(statement: dict[str, Any]) -> tuple[str, str, date, date, str]:
    until, start = statement["until_on"] or date.min, statement["from_on"] or date.min
    return (statement["account"], statement["currency"], until, start, statement["statement_id"])


def _feed(
    key: tuple[str, str],
    statements: list[dict[str, Any]],
    newest_booking: date | None,
    as_of: date,
    *,
    is_daily: bool,
) -> dict[str, Any]:
    stated = [s for s in statements if s["family"] in PROVING_FAMILIES and s["until_on"] is not None]
    proving = [s for s in stated if not s["held"] or not any(_replaces(other, s) for other in stated)]
    last, country = proving[-1] if proving else None, key[0][:2]
    skips = is_daily and any(_skips_a_day(before, after, country) for before, after in pairwise(proving))
    return {
        "account": key[0],
        "currency": key[1],
        "newest_booking_on": newest_booking,
        "newest_statement_until": last["until_on"] if last else None,
        "closing": last["closing"] if last else None,
        "state": _state(proving, banking_day_by(as_of, country), skips=skips),
    }


def _state(proving: list[dict[str, Any]], expected_until: date, *, skips: bool) -> str:
    if not proving:
        return UNPROVEN
    if any(statement["held"] for statement in proving):
        return HELD
    if any(not _continues(before, after) for before, after in pairwise(proving)):
        return BROKEN
    if skips:
        return MISSING
    return FRESH if proving[-1]["until_on"] >= expected_until else STALE


def _replaces(other: dict[str, Any], held: dict[str, Any]) -> bool:
    """Is `other`, which counts, the held statement made again?

    Then it tells of more days, or of the same from or to the same balance: another page of those days has neither.
    """
    same = all(other[name] == held[name] for name in ("account", "currency"))
    if not same or other["held"] or other["family"] not in PROVING_FAMILIES:
        return False
    if None in (other["from_on"], other["until_on"], held["from_on"], held["until_on"]):
        return False
    days, wanted = (other["from_on"], other["until_on"]), (held["from_on"], held["until_on"])
    ends = [name for name in ("opening", "closing") if other[name] is not None and other[name] == held[name]]
    return days[0] <= wanted[0] and wanted[1] <= days[1] and (days != wanted or bool(ends))


def _continues(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Does the second statement open where the first closed? Overlapping exports say nothing about the chain."""
    overlaps = after["from_on"] is None or after["from_on"] <= before["until_on"]
    unknown = before["closing"] is None or after["opening"] is None
    return overlaps or unknown or before["closing"] == after["opening"]


def _skips_a_day(before: dict[str, Any], after: dict[str, Any], country: str) -> bool:
    """Lies a banking day between the two? One that doesn't say from when it speaks, speaks for its last day."""
    begins = after["from_on"] or after["until_on"]
    return bool(banking_day_after(before["until_on"], 1, country) < begins)
