"""Everybody's decision on one day: cases are gathered as tables, made into values, and each is decided by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import Any

import duckdb
import pyarrow as pa

from csp_receivables.domain.collections.account_letters import AccountLetter, is_statement_wanted, letters_for
from csp_receivables.domain.collections.case_tables import asked_for, keep_case_tables, received_of
from csp_receivables.domain.collections.cases import Case, Debt, Hold, HoldKind
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.facts import CollectionsFacts
from csp_receivables.domain.collections.feed_age import FeedAge
from csp_receivables.domain.collections.nothing_due import decide_where_nothing_is_due
from csp_receivables.domain.collections.policy import CollectionsPolicy, Letters
from csp_receivables.domain.collections.settled_rounds import settled_rounds
from csp_receivables.domain.collections.shown_interest import NO_PAYMENTS, Payments
from csp_receivables.domain.made_by_the_million import maker_of
from csp_receivables.domain.relations import keep

CONCERNED, OTHERS = "concerned", "others"
_case, _debt = maker_of(Case), maker_of(Debt)
_OTHERS = f"""
SELECT DISTINCT customer_id FROM open_debts WHERE customer_id NOT IN (SELECT customer_id FROM {CONCERNED})
"""
_APPLIED = """
SELECT a.receivable_id, a.effective_on, sum(a.amount)::BIGINT
  FROM allocations a JOIN open_debts o USING (receivable_id) JOIN known_customers k USING (customer_id)
 WHERE list_contains($countries, k.country)
 GROUP BY a.receivable_id, a.effective_on ORDER BY a.receivable_id, a.effective_on
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Every customer's decision, by customer id; and the cases of those that were looked at."""

    on: date
    policy: CollectionsPolicy
    decisions: tuple[Decision, ...]
    cases: Mapping[str, Case]  # of those whom something concerns
    letters: tuple[AccountLetter, ...] = ()  # those beside the ladder, by customer id
    applied: Payments = field(default_factory=lambda: NO_PAYMENTS)  # to what is open, where interest on it is shown

    def acts(self) -> list[Decision]:
        """The decisions that ask for something."""
        return [decision for decision in self.decisions if decision.action_id]


def decide_caseload(
    connection: duckdb.DuckDBPyConnection,
    suggestions: pa.Table,
    known: CollectionsFacts,
    policy: CollectionsPolicy,
    *,
    on: date,
    feed: FeedAge,
    also: Collection[str] = (),
) -> Decided:
    """Decide every customer. Needs the positions of `decide_booking`; `suggestions` are those that it left to people.

    A customer with open rounds is decided under the policy that they pin. One customer's trouble is theirs alone.
    `also`: customers whose cases are wanted although nothing may concern them.
    """
    keep_case_tables(connection, suggestions, on)
    settled = decide_where_nothing_is_due(connection, CONCERNED, known, policy, on=on, feed=feed)
    cases = {case.customer_id: case for case in cases_of(connection, known, feed)}
    looked_at = (decide(case, policy_of(case, known, policy), on) for case in cases.values())
    decisions = sorted((*settled, *looked_at), key=attrgetter("customer_id"))
    if also or is_statement_wanted(policy, on):
        _keep_others_who_owe(connection, None if is_statement_wanted(policy, on) else also)
        cases |= {case.customer_id: case for case in cases_of(connection, known, feed, OTHERS)}
    return Decided(
        on=on,
        policy=policy,
        decisions=tuple(decisions),
        cases=cases,
        letters=tuple(_letters(connection, cases, decisions, policy, on)),
        applied=_applied(connection, policy, known),
    )


def _keep_others_who_owe(connection: duckdb.DuckDBPyConnection, these: Collection[str] | None) -> None:
    """Make the relation `others`: who owes something and is not looked at yet; of `these`, unless None."""
    asked = _OTHERS if these is None else f"{_OTHERS} AND list_contains($these, customer_id)"
    keep(connection, OTHERS, asked, **({} if these is None else {"these": sorted(these)}))


def _letters(
    connection: duckdb.DuckDBPyConnection,
    cases: Mapping[str, Case],
    decisions: Sequence[Decision],
    policy: CollectionsPolicy,
    on: date,
) -> Iterator[AccountLetter]:
    if policy.letters == Letters():  # then only who lost access, or got it back, is written to
        cases = {who: case for who, case in cases.items() if case.suspension or case.given_back}
    decided = {decision.customer_id: decision for decision in decisions}
    settled = settled_rounds(connection, cases, decided, on) if policy.letters.payment_received else {}
    for customer_id, case in sorted(cases.items()):
        yield from letters_for(case, decided[customer_id], policy, settled.get(customer_id, ()))


def _applied(
    connection: duckdb.DuckDBPyConnection, policy: CollectionsPolicy, known: CollectionsFacts
) -> dict[str, list[tuple[date, int]]]:
    """What was applied to each open receivable, and when: interest counts a part payment from its day."""
    countries = sorted({c for each in (policy, *known.policies.values()) for c in each.interest_in})
    applied: dict[str, list[tuple[date, int]]] = {}
    rows = connection.execute(_APPLIED, {"countries": countries}).fetchall() if countries else ()
    for receivable_id, day, amount in rows:
        applied.setdefault(receivable_id, []).append((day, amount))
    return applied


def policy_of(case: Case, known: CollectionsFacts, policy: CollectionsPolicy) -> CollectionsPolicy:
    """The policy that the customer's open rounds pin; else the one in force."""
    pinned = next((r.policy_version for r in case.rounds if r.closed_on is None), policy.version)
    return known.policies.get(pinned, policy)


def cases_of(
    connection: duckdb.DuckDBPyConnection, known: CollectionsFacts, feed: FeedAge, whose: str = CONCERNED
) -> Iterator[Case]:
    """The cases of the customers in the relation `whose`, by id."""
    tables = asked_for(connection, whose)
    debts = _debts(tables["debts"])
    waiting, doubts = (_by_customer(tables[name]) for name in ("waiting", "doubts"))
    judged = [customer for customer, holds in known.holds.items() if _is_judged(holds)]
    received = _by_customer(received_of(connection, judged)) if judged else {}
    for who in _rows(tables["who"]):
        customer_id = who["customer_id"]
        money = waiting.get(customer_id, ())
        yield _case(
            **who,
            tags=known.tags.get(customer_id, frozenset()),
            debts=tuple(debts.get(customer_id, ())),
            unapplied={row["currency"]: row["unapplied"] for row in money if row["unapplied"]},
            credit_left={row["currency"]: row["credit_left"] for row in money if row["credit_left"]},
            received=tuple((r["day"], r["currency"], r["amount"]) for r in received.get(customer_id, ())),
            holds=known.holds.get(customer_id, ()),
            notices=known.notices.get(customer_id, ()),
            rounds=known.rounds.get(customer_id, ()),
            suspension=known.suspensions.get(customer_id),
            given_back=known.given_back.get(customer_id),
            has_address=known.reachable is None or customer_id in known.reachable,
            doubts=tuple(row["doubt"] for row in doubts.get(customer_id, ())),
            feed_stale=feed.stale,
            feed_until=feed.until,
            feed_hours=feed.hours,
        )


def _is_judged(holds: Sequence[Hold]) -> bool:
    return any(hold.kind in (HoldKind.PROMISE, HoldKind.PLAN) for hold in holds)


def _debts(table: pa.Table) -> dict[str, list[Debt]]:
    """Debts (schema DEBT) by customer; straight from the columns, since there are many."""
    by_customer: dict[str, list[Debt]] = defaultdict(list)
    for who, receivable_id, number, issued_on, due_on, currency, amount, open_amount, part, reopened in zip(
        *(_values(column) for column in table.columns), strict=True
    ):
        by_customer[who].append(
            _debt(
                receivable_id=receivable_id,
                number=number,
                issued_on=issued_on,
                due_on=due_on,
                currency=currency,
                amount=amount,
                open_amount=open_amount,
                part_paid_on=part,
                reopened_on=reopened,
            )
        )
    return by_customer


def _values(column: pa.ChunkedArray) -> list[Any]:
    """The column as Python values; measured, six times faster than `to_pylist` for text and days."""
    if pa.types.is_string(column.type):
        values: list[Any] = column.to_numpy(zero_copy_only=False).tolist()
        return values
    if pa.types.is_date(column.type):  # few days, many times: each is made once
        coded = column.combine_chunks().dictionary_encode()
        days = [*coded.dictionary.to_pylist(), None]
        return [days[place] for place in coded.indices.fill_null(len(days) - 1).to_pylist()]
    plain: list[Any] = column.to_pylist()
    return plain


def _rows(table: pa.Table) -> Iterable[dict[str, Any]]:
    """Rows as dictionaries; by columns, which is several times faster than row by row."""
    columns = [_values(column) for column in table.columns]
    names = table.column_names
    return (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))


def _by_customer(table: pa.Table) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(table):
        grouped[row["customer_id"]].append(row)
    return grouped
