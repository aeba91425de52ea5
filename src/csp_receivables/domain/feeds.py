"""How fresh the bank feed of each receiving account is: no one is chased on the strength of a stale one."""

from __future__ import annotations

from datetime import date
from itertools import groupby, pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from csp_receivables.domain.booked_money import PROVING_FAMILIES
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.records import FEED
from csp_receivables.domain.working_days import banking_day_by

FRESH, STALE, HELD, BROKEN, UNPROVEN = "fresh", "stale", "held", "broken chain", "no statement"


def feeds_table(facts: Facts) -> pa.Table:
    """One row (schema FEED) for each account and currency that any bank file named."""
    booked = facts.payments.filter(pc.equal(facts.payments["status"], "booked"))
    newest = booked.group_by(["account", "currency"]).aggregate([("booked_on", "max")]).to_pylist()
    newest_booking = {(row["account"], row["currency"]): row["booked_on_max"] for row in newest}
    statements = sorted(facts.statements.to_pylist(), key=_place)
    by_account = {key: list(rows) for key, rows in groupby(statements, key=lambda s: (s["account"], s["currency"]))}
    # A notification may not say its account's currency: its money is listed under the money's own.
    keys = sorted({key for key in by_account if key[1]} | set(newest_booking))
    rows = [_feed(key, by_account.get(key, []), newest_booking.get(key), facts.as_of) for key in keys]
    return pa.Table.from_pylist(rows, schema=FEED)


def _place(statement: dict[str, Any]) -> tuple[str, str, date, date, str]:
    until, start = statement["until_on"] or date.min, statement["from_on"] or date.min
    return (statement["account"], statement["currency"], until, start, statement["statement_id"])


def _feed(
    key: tuple[str, str], statements: list[dict[str, Any]], newest_booking: date | None, as_of: date
) -> dict[str, Any]:
    stated = [s for s in statements if s["family"] in PROVING_FAMILIES and s["until_on"] is not None]
    proving = [s for s in stated if not s["held"] or not any(_replaces(other, s) for other in stated)]
    last = proving[-1] if proving else None
    return {
        "account": key[0],
        "currency": key[1],
        "newest_booking_on": newest_booking,
        "newest_statement_until": last["until_on"] if last else None,
        "closing": last["closing"] if last else None,
        "state": _state(proving, banking_day_by(as_of, key[0][:2])),
    }


def _state(proving: list[dict[str, Any]], expected_until: date) -> str:
    if not proving:
        return UNPROVEN
    if any(statement["held"] for statement in proving):
        return HELD
    if any(not _continues(before, after) for before, after in pairwise(proving)):
        return BROKEN
    return FRESH if proving[-1]["until_on"] >= expected_until else STALE


def _replaces(other: dict[str, Any], held: dict[str, Any]) -> bool:
    """Is `other`, which counts, the held statement made again?

    Then it tells of more days, or of the same from or to the same balance: another page of those days has neither.
    """
    if other["held"] or None in (other["from_on"], held["from_on"]):
        return False
    days, wanted = (other["from_on"], other["until_on"]), (held["from_on"], held["until_on"])
    ends = [name for name in ("opening", "closing") if other[name] is not None and other[name] == held[name]]
    return days[0] <= wanted[0] and wanted[1] <= days[1] and (days != wanted or bool(ends))


def _continues(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Does the second statement open where the first closed? Overlapping exports say nothing about the chain."""
    overlaps = after["from_on"] is None or after["from_on"] <= before["until_on"]
    unknown = before["closing"] is None or after["opening"] is None
    return overlaps or unknown or before["closing"] == after["opening"]
