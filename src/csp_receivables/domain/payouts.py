"""Payouts of payment providers: the bank's line and the clearing account's are the same money and cancel out.

A bank line is looked at when its texts have the payout's id, or when a rule of the policy knows it by its name. It is a
payout only when the provider's report has one of exactly that amount at about that day; else it stays a payment, with
a finding.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import TypeAlias

import duckdb
import pyarrow as pa

from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.money import to_text
from csp_receivables.domain.relations import load

# Families whose account is a provider's, each with how its payout ids begin.
PROVIDERS: Mapping[str, str] = MappingProxyType({"stripe": "po_"})
# The bank books a payout on the day it takes effect or within these days: a week has two days off, holidays are more.
ARRIVES_WITHIN_DAYS = 7
# The provider's day is that of UTC; the bank's may be the one before.
ARRIVES_BEFORE_DAYS = 1

_SET_ASIDE = pa.schema([("payment_id", pa.string()), ("because", pa.string())])
_PAYOUTS = """
    SELECT payment_id, booked_on, currency, amount, end_to_end AS payout_id, account FROM payments
     WHERE status = 'booked' AND kind = 'other' AND family = $family AND starts_with(end_to_end, $prefix)
     ORDER BY booked_on, payment_id
"""
_LINES = """
    SELECT payment_id, booked_on, currency, amount, concat_ws(' ', reference, end_to_end, text) AS texts, account
      FROM payments LEFT JOIN (SELECT payment_id, place FROM by_rule) ruled USING (payment_id)
      ANTI JOIN set_aside USING (payment_id)
     WHERE status = 'booked' AND kind IN ('payment', 'other') AND NOT list_contains($families, family)
       AND (list_contains($places, ruled.place) OR contains(reference || end_to_end || text, $prefix))
     ORDER BY booked_on, payment_id
"""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a bank or of a clearing account; `texts` holds payout ids."""

    payment_id: str
    booked_on: date
    currency: str
    amount: int
    texts: str
    account: str


_Pairs: TypeAlias = dict[str, _Line]  # payout by the bank line's payment_id


def keep_payouts(connection: duckdb.DuckDBPyConnection, places: Sequence[int], as_of: date) -> list[Finding]:
    """Add payouts, both sides, to `set_aside`; `places` are those of the rules for payouts in `by_rule`."""
    findings: list[Finding] = []
    for family, prefix in PROVIDERS.items():
        payouts = _asked(connection, _PAYOUTS, family=family, prefix=prefix)
        lines = _asked(connection, _LINES, families=list(PROVIDERS), places=list(places), prefix=prefix)
        pairs = _paired(lines, payouts, prefix)
        _set_aside(connection, [(line, pairs[line.payment_id]) for line in lines if line.payment_id in pairs])
        arrived = {payout.payment_id for payout in pairs.values()}
        waiting = [payout for payout in payouts if payout.payment_id not in arrived]
        findings += [_unclear(line, waiting) for line in lines if line.amount > 0 and line.payment_id not in pairs]
        due = as_of - timedelta(days=ARRIVES_WITHIN_DAYS)
        findings += [_missing(payout) for payout in waiting if payout.booked_on < due and payout.amount < 0]
    return findings


def _asked(connection: duckdb.DuckDBPyConnection, sql: str, **values: object) -> list[_Line]:
    return [_Line(*row) for row in connection.execute(sql, values).fetchall()]


def _paired(lines: Sequence[_Line], payouts: Sequence[_Line], prefix: str) -> _Pairs:
    """Each line with its payout: by the id that it names, else the first of its amount that could arrive that day.

    Payouts of one amount are alike; in the order of their days, what is paired stays paired when later ones come.
    """
    by_amount: dict[tuple[str, int], list[_Line]] = defaultdict(list)
    for payout in payouts:
        by_amount[payout.currency, -payout.amount].append(payout)
    pairs: _Pairs = {}
    taken: set[str] = set()
    for names_it in (True, False):
        for line in lines:
            ids = set(re.findall(rf"{prefix}\w+", line.texts))
            if line.payment_id in pairs or bool(ids) is not names_it:
                continue
            for payout in by_amount[line.currency, line.amount]:
                fits = payout.texts in ids if names_it else _may_arrive(payout, line)
                if fits and payout.payment_id not in taken:
                    pairs[line.payment_id] = payout
                    taken.add(payout.payment_id)
                    break
    return pairs


def _may_arrive(payout: _Line, line: _Line) -> bool:
    return -ARRIVES_BEFORE_DAYS <= (line.booked_on - payout.booked_on).days <= ARRIVES_WITHIN_DAYS


def _set_aside(connection: duckdb.DuckDBPyConnection, pairs: Sequence[tuple[_Line, _Line]]) -> None:
    rows = []
    for line, payout in pairs:
        told = f"{payout.account} paid out {payout.texts} on {payout.booked_on}"
        because = f"{told}; the customers' payments behind it are on that account"
        arrived = f"payout {payout.texts}, booked on {line.account} on {line.booked_on}"
        rows.append({"payment_id": line.payment_id, "because": because})
        rows.append({"payment_id": payout.payment_id, "because": arrived})
    load(connection, "paired_payouts", pa.Table.from_pylist(rows, schema=_SET_ASIDE))
    connection.execute("INSERT INTO set_aside SELECT payment_id, 'provider_payout', because FROM paired_payouts")


def _unclear(line: _Line, waiting: Sequence[_Line]) -> Finding:
    """The nearest payout of the days around helps to see what differs."""
    alike = [payout for payout in waiting if payout.currency == line.currency]
    near = [payout for payout in alike if payout.texts in line.texts] or [p for p in alike if _may_arrive(p, line)]
    nearest = min(near, key=lambda payout: (abs(payout.amount + line.amount), payout.payment_id), default=None)
    found = f"{to_text(line.amount, line.currency)} {line.currency} of {line.booked_on} looks like a provider's payout"
    if nearest:
        paid, off = (to_text(n, line.currency) for n in (-nearest.amount, abs(nearest.amount + line.amount)))
        found += f", but {nearest.texts} of {nearest.booked_on} is {paid} {line.currency}, {off} off"
    else:
        found += ", but no report has a payout of that amount at about that day"
    return Finding(
        code="payment.payout_unclear",
        severity=Severity.WARNING,
        found=found,
        remedy="Import the provider's report of that payout; until both agree it stays an unapplied payment.",
        subject=line.payment_id,
        amount=line.amount,
        currency=line.currency,
    )


def _missing(payout: _Line) -> Finding:
    paid = f"{to_text(-payout.amount, payout.currency)} {payout.currency} on {payout.booked_on}"
    return Finding(
        code="payment.payout_missing",
        severity=Severity.WARNING,
        found=f"{payout.account} paid out {payout.texts} of {paid}, and no bank line has it",
        remedy="Look for it on the account that the provider pays to, and import that account's statements.",
        subject=payout.payment_id,
        amount=-payout.amount,
        currency=payout.currency,
    )
