"""Customers whom nothing concerns today are decided as sets: an example of each kind is decided, and speaks for all.

Two kinds: who owes nothing, and whose receivables all fall due later than any stage begins. For the second a kind is
all that `decide` looks at there: country, currency and the nearest due day. Everybody else is decided one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pyarrow as pa

from csp_receivables.domain.collections.cases import Case, Debt
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.facts import CollectionsFacts
from csp_receivables.domain.collections.feed_age import FeedAge
from csp_receivables.domain.collections.policy import Anchor, CollectionsPolicy, Condition, Minimum
from csp_receivables.domain.made_by_the_million import maker_of
from csp_receivables.domain.relations import keep, load

_decision = maker_of(Decision)
# Of somebody here more is known than receivables, or an override names them: they are looked at.
_LOOKED_AT = """
SELECT customer_id FROM named
UNION SELECT customer_id FROM waiting_money
UNION SELECT customer_id FROM open_debts WHERE receivable_id IN (SELECT receivable_id FROM overridden)
"""
_FAR = """
WITH owing AS (
    SELECT customer_id, min(currency) AS currency, min(due_on) AS nearest, sum(open_amount)::BIGINT AS open
      FROM open_debts WHERE customer_id NOT IN (SELECT customer_id FROM looked_at)
     GROUP BY customer_id HAVING min(due_on) > $horizon AND count(DISTINCT currency) = 1
),
first_due AS (
    SELECT customer_id, sum(open_amount)::BIGINT AS amount, count(*) AS receivables
      FROM open_debts JOIN owing USING (customer_id) WHERE due_on = nearest GROUP BY customer_id
)
SELECT o.customer_id, k.country, o.currency, o.nearest, o.open
  FROM owing o JOIN first_due f USING (customer_id) JOIN known_customers k USING (customer_id)
  LEFT JOIN least l ON l.currency = o.currency
 WHERE f.amount >= coalesce(l.amount, $amount) AND f.receivables >= coalesce(l.receivables, $receivables)
 ORDER BY k.country, o.currency, o.nearest, o.customer_id
"""
_CONCERNED = """
SELECT customer_id FROM known_customers
 WHERE customer_id NOT IN (SELECT customer_id FROM far)
   AND (customer_id IN (SELECT customer_id FROM open_debts) OR customer_id IN (SELECT customer_id FROM looked_at))
"""
_WITHOUT_DEBT = """
SELECT customer_id FROM known_customers
 WHERE customer_id NOT IN (SELECT customer_id FROM concerned) AND customer_id NOT IN (SELECT customer_id FROM far)
"""


def decide_where_nothing_is_due(
    connection: duckdb.DuckDBPyConnection,
    concerned: str,
    known: CollectionsFacts,
    policy: CollectionsPolicy,
    *,
    on: date,
    feed: FeedAge,
) -> list[Decision]:
    """Decisions of those whom nothing concerns; makes the relation `concerned` of all others."""
    _keep_who_is_looked_at(connection, known, policy)
    keep(
        connection,
        "far",
        _FAR,
        horizon=_horizon(policy, on),
        amount=Minimum().amount,
        receivables=Minimum().receivables,
    )
    keep(connection, concerned, _CONCERNED)
    clear = decide(_example(feed), policy, on)
    ids = (row[0] for row in connection.execute(_WITHOUT_DEBT).fetchall())
    return [*(_spoken_for(clear, customer_id, 0) for customer_id in ids), *_far(connection, policy, on, feed)]


def _keep_who_is_looked_at(
    connection: duckdb.DuckDBPyConnection, known: CollectionsFacts, policy: CollectionsPolicy
) -> None:
    customers = {customer for o in policy.overrides for customer in o.customers} | known.named()
    receivables = {each for o in policy.overrides for each in o.receivables}
    load(connection, "named", pa.table({"customer_id": pa.array(sorted(customers), pa.string())}))
    load(connection, "overridden", pa.table({"receivable_id": pa.array(sorted(receivables), pa.string())}))
    load(connection, "least", _least(policy))
    keep(connection, "looked_at", _LOOKED_AT)


def _least(policy: CollectionsPolicy) -> pa.Table:
    """By currency the largest minimum that any rule or override sets: who is above it is above all of them."""
    largest: dict[str, tuple[int, int]] = {}
    for minimums in (policy.minimum, *(o.minimum for o in policy.overrides if o.minimum)):
        for currency, minimum in minimums.items():
            before = largest.get(currency, (0, 0))
            largest[currency] = (max(before[0], minimum.amount), max(before[1], minimum.receivables))
    columns = {
        "currency": pa.array(sorted(largest), pa.string()),
        "amount": pa.array([largest[c][0] for c in sorted(largest)], pa.int64()),
        "receivables": pa.array([largest[c][1] for c in sorted(largest)], pa.int64()),
    }
    return pa.table(columns)


def _horizon(policy: CollectionsPolicy, on: date) -> date:
    """The last due day of which any stage might speak today; date.max where an example can't speak for others."""
    if policy.anchor is not Anchor.DUE_DATE or _next_step_asks_for_amounts(policy):
        return date.max
    days = [s.when.days_min or 0 for s in policy.stages if s.is_before_due]
    days += [d for o in policy.overrides for d in o.stage_days.values()]
    grace = [policy.grace_days, *(o.grace_days or 0 for o in policy.overrides)]
    return on + timedelta(days=max(0, -min([0, *days])) + max(0, -min(grace)))


def _next_step_asks_for_amounts(policy: CollectionsPolicy) -> bool:
    """Does what comes next for who is not late depend on amounts? Not where a stage announces what falls due to all."""
    announcing = [s.when for s in policy.stages if s.is_before_due]
    to_all = any(not (when.tags or when.without_tags) for when in announcing)
    return not to_all and any(_asks_for_amounts(s.when) for s in policy.stages if not s.is_before_due)


def _asks_for_amounts(when: Condition) -> bool:
    own = bool(when.amount_min) or when.receivables_min is not None
    return own or any(_asks_for_amounts(part) for part in when.any_of)


def _far(
    connection: duckdb.DuckDBPyConnection, policy: CollectionsPolicy, on: date, feed: FeedAge
) -> Iterator[Decision]:
    kind: tuple[str, str, date] | None = None
    example: Decision | None = None
    for customer_id, country, currency, nearest, owed in connection.execute("SELECT * FROM far").fetchall():
        if (country, currency, nearest) != kind or example is None:
            kind = (country, currency, nearest)
            debt = Debt(
                receivable_id="",
                number="",
                issued_on=on,
                due_on=nearest,
                currency=currency,
                amount=2**53,  # above every minimum, as those are for whom it speaks
                open_amount=2**53,
            )
            example = decide(_example(feed, country, tuple(debt for _ in range(_count(policy)))), policy, on)
        yield _spoken_for(example, customer_id, owed)


def _count(policy: CollectionsPolicy) -> int:
    """So many receivables that no minimum is above them."""
    minimums = (policy.minimum, *(o.minimum for o in policy.overrides if o.minimum))
    return max((m.receivables for by_currency in minimums for m in by_currency.values()), default=1)


def _spoken_for(example: Decision, customer_id: str, owed: int) -> Decision:
    return _decision(
        customer_id=customer_id,
        on=example.on,
        answer=example.answer,
        stage=example.stage,
        currency=example.currency,
        open=owed,
        overdue=example.overdue,
        days_overdue=example.days_overdue,
        because=example.because,
        outranked=example.outranked,
        next_stage=example.next_stage,
        next_on=example.next_on,
        policy_version=example.policy_version,
    )


def _example(feed: FeedAge, country: str = "", debts: tuple[Debt, ...] = ()) -> Case:
    return Case(
        customer_id="",
        name="",
        country=country,
        party_kind="unknown",
        debts=debts,
        feed_stale=feed.stale,
        feed_until=feed.until,
        feed_hours=feed.hours,
    )
