"""Customers who are settled as a set get the very answers that they would get one by one."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from csp_receivables.domain.collections.case_tables import DEBT, DOUBT, WAITING, WHO
from csp_receivables.domain.collections.caseload import CONCERNED, cases_of
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.facts import CollectionsFacts
from csp_receivables.domain.collections.feed_age import FeedAge
from csp_receivables.domain.collections.nothing_due import decide_where_nothing_is_due
from csp_receivables.domain.collections.policy import Anchor, CollectionsPolicy, Condition, Minimum, Override
from csp_receivables.domain.relations import keep, load
from tests.debtors import POLICY, hold, minor, policy, with_stage

ON = date(2026, 3, 2)
FEED = FeedAge(until=ON)
POLICIES = [
    POLICY,
    policy(grace_days=4, minimum={"EUR": Minimum(amount=500, receivables=2)}),
    policy(anchor=Anchor.ISSUE_DATE, stages=POLICY.stages[1:]),
    policy(stages=POLICY.stages[1:]),
    policy(stages=with_stage("reminder", when=Condition(days_min=5, amount_min=minor(EUR=500))).stages[1:]),
    policy(
        overrides=(
            Override(countries=frozenset({"SE"}), grace_days=9, stage_days={"coming_due": -15}),
            Override(customers=frozenset({"C2"}), exempt=True, because="ours"),
            Override(receivables=frozenset({"C3/0"}), exempt=True, because="agreed"),
        )
    ),
]
DEBTS = st.lists(
    st.tuples(st.integers(-40, 40), st.sampled_from(["EUR", "SEK"]), st.sampled_from([1, 499, 500, 100_000])),
    max_size=4,
)
CUSTOMERS = st.lists(
    st.tuples(st.sampled_from(["", "DE", "SE"]), DEBTS, st.sampled_from(["", "money", "held"])), min_size=4, max_size=9
)


@settings(max_examples=25)
@given(CUSTOMERS, st.sampled_from(POLICIES))
def test_a_set_is_decided_as_each_of_it_would_be(
    customers: list[tuple[str, list[tuple[int, str, int]], str]], under: CollectionsPolicy
) -> None:
    known = CollectionsFacts(
        holds={f"C{n}": (hold(customer_id=f"C{n}"),) for n, (_, _, what) in enumerate(customers) if what == "held"}
    )
    with duckdb.connect() as connection:
        _load(connection, customers)
        by_set = decide_where_nothing_is_due(connection, CONCERNED, known, under, on=ON, feed=FEED)
        one_by_one = [decide(case, under, ON) for case in cases_of(connection, known, FEED)]
        keep(connection, CONCERNED, "SELECT customer_id FROM known_customers")
        expected = [decide(case, under, ON) for case in cases_of(connection, known, FEED)]

    assert _by_id(expected) == _by_id([*by_set, *one_by_one])


def test_most_customers_are_decided_as_a_set() -> None:
    customers = [("DE", [(30, "EUR", 100)], "") for _ in range(9)] + [("DE", [(-9, "EUR", 100)], "")]
    with duckdb.connect() as connection:
        _load(connection, customers)
        by_set = decide_where_nothing_is_due(connection, CONCERNED, CollectionsFacts(), POLICY, on=ON, feed=FEED)

    assert 9 == len(by_set)


def _by_id(decisions: list[Decision]) -> list[Decision]:
    return sorted(decisions, key=lambda decision: decision.customer_id)


def _load(connection: duckdb.DuckDBPyConnection, customers: list[tuple[str, list[tuple[int, str, int]], str]]) -> None:
    debts = [
        {
            "customer_id": f"C{who}",
            "receivable_id": f"C{who}/{n}",
            "number": str(n),
            "issued_on": ON + timedelta(days=days - 30),
            "due_on": ON + timedelta(days=days),
            "currency": currency,
            "amount": amount,
            "open_amount": amount,
        }
        for who, (_, several, _) in enumerate(customers)
        for n, (days, currency, amount) in enumerate(several)
    ]
    waiting = [
        {"customer_id": f"C{who}", "currency": "EUR", "unapplied": 300, "credit_left": 0}
        for who, (_, _, what) in enumerate(customers)
        if what == "money"
    ]
    who_is_who = [
        {"customer_id": f"C{who}", "name": f"C{who}", "country": country, "party_kind": "company"}
        for who, (country, _, _) in enumerate(customers)
    ]
    for name, rows, schema in (
        ("open_debts", debts, DEBT),
        ("waiting_money", waiting, WAITING),
        ("doubtful", [], DOUBT),
        ("known_customers", who_is_who, WHO),
    ):
        load(connection, name, pa.Table.from_pylist(rows, schema=schema) if rows else schema.empty_table())
