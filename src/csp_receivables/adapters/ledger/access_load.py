"""What the breaker of suspensions compares a run with: days before, what all customers owe, how well payments match."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, distinct, func, select

from csp_receivables.adapters.ledger.access_changes import began_taking
from csp_receivables.adapters.ledger.access_evidence import EVERYTHING
from csp_receivables.adapters.ledger.access_tables import access_change, access_event
from csp_receivables.adapters.ledger.outbox_book import USUAL_DAYS, customers_that_owe, newest_live_run
from csp_receivables.adapters.ledger.tables import allocation, daily_standing, payment
from csp_receivables.domain.access.breaker import AccessLoad, MatchRate
from csp_receivables.domain.access.changes import ChangeEvent, Direction
from csp_receivables.domain.matching.payers import CONFIRMED_BY_A_PERSON
from csp_receivables.domain.outbox.breaker import Load

LATELY_DAYS = 4  # a long weekend's payments and no more: one bank file that matches nothing must show


def load_of(connection: Connection, today: date, wanted: int, value: Mapping[str, int], zone: ZoneInfo) -> AccessLoad:
    """Today's load; `value`: what those owe that are wanted."""
    taken = _began_by_day(connection, today - timedelta(days=USUAL_DAYS), zone)
    usual = [len(customers) for day, customers in taken.items() if day != today]
    done_today = len(taken.get(today, ()))
    lately = today - timedelta(days=LATELY_DAYS)
    return AccessLoad(
        load=Load(wanted=wanted, done_today=done_today, owing=customers_that_owe(connection), usual=usual),
        value=_together(value, _owed_by(connection, taken.get(today, set()))),
        open=_open(connection),
        verified_today=_verified(connection, today, zone),
        lately=_matched(connection, lately, today),
        usually=_matched(connection, lately - timedelta(days=USUAL_DAYS), lately - timedelta(days=1)),
    )


def _began_by_day(connection: Connection, since: date, zone: ZoneInfo) -> dict[date, set[str]]:
    """Who may have lost access, by the partner's day on which their suspension began, from its first byte on."""
    seen: dict[date, set[str]] = {}
    for row in began_taking(connection, EVERYTHING):
        day = datetime.fromisoformat(row.began_at).astimezone(zone).date()
        if day >= since:
            seen.setdefault(day, set()).add(row.customer_id)
    return seen


def _verified(connection: Connection, today: date, zone: ZoneInfo) -> int:
    """Customers of whom a reading showed today that access is away."""
    query = (
        select(access_change.c.customer_id, access_event.c.recorded_at)
        .join(access_event, access_event.c.change_id == access_change.c.change_id)
        .where(access_change.c.direction == Direction.SUSPEND.value, access_event.c.event == ChangeEvent.VERIFIED.value)
        .where(access_event.c.recorded_at >= f"{today - timedelta(days=1)}")
        .order_by(access_event.c.recorded_at, access_change.c.customer_id)
    )
    rows = connection.execute(query).all()
    days = ((row.customer_id, datetime.fromisoformat(row.recorded_at).astimezone(zone).date()) for row in rows)
    return len({customer for customer, day in days if day == today})


def _open(connection: Connection) -> dict[str, int]:
    """What all customers owe, as the newest live reconciliation saw it."""
    run = newest_live_run(connection)
    if run is None:
        return {}
    query = select(daily_standing.c.currency, func.sum(daily_standing.c.open)).where(
        daily_standing.c.run_id == run.run_id
    )
    rows = connection.execute(query.group_by(daily_standing.c.currency).order_by(daily_standing.c.currency))
    return {currency: int(total) for currency, total in rows}


def _owed_by(connection: Connection, customers: set[str]) -> dict[str, int]:
    run = newest_live_run(connection)
    if run is None or not customers:
        return {}
    mine = (daily_standing.c.run_id == run.run_id, daily_standing.c.customer_id.in_(sorted(customers)))
    query = select(daily_standing.c.currency, func.sum(daily_standing.c.overdue)).where(*mine)
    rows = connection.execute(query.group_by(daily_standing.c.currency).order_by(daily_standing.c.currency))
    return {currency: int(total) for currency, total in rows}


def _together(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {currency: one.get(currency, 0) + other.get(currency, 0) for currency in sorted({*one, *other})}


def _matched(connection: Connection, first: date, last: date) -> MatchRate:
    """Of the payments that were booked on these days, those that a rule allocated."""
    by_rule = and_(
        allocation.c.source_kind == "payment",
        allocation.c.source_id == payment.c.payment_id,
        allocation.c.rule != CONFIRMED_BY_A_PERSON,
        allocation.c.amount > 0,
    )
    counted = (func.count(distinct(payment.c.payment_id)), func.count(distinct(allocation.c.source_id)))
    query = select(*counted).select_from(payment.outerjoin(allocation, by_rule))
    booked = (payment.c.status == "booked", payment.c.counts, payment.c.amount > 0)
    row = connection.execute(query.where(payment.c.booked_on.between(first, last), *booked)).one()
    return MatchRate(matched=int(row[1]), payments=int(row[0]))
