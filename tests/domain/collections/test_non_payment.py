"""The list that finance works from: everybody who is late, the longest first, with what comes next."""

from __future__ import annotations

from csp_receivables.domain.collections.caseload import Decided
from csp_receivables.domain.collections.cases import Case, Suspension
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.non_payment import non_payment_table, unreachable_findings
from tests.debtors import POLICY, case, chased, day, debt, sent, settled

TAKEN = Suspension(round_id="1.1", on=day(31), receivable_ids=frozenset({"A"}))


def _decided(*cases: Case) -> Decided:
    on = day(10)
    return Decided(
        on=on,
        policy=POLICY,
        decisions=tuple(decide(one, POLICY, on) for one in cases),
        cases={one.customer_id: one for one in cases},
    )


def test_who_is_late_stands_on_it_with_amount_age_stage_and_next_step() -> None:
    (row,) = non_payment_table(_decided(chased(sent("reminder", 6)))).to_pylist()

    assert ("C1", 10_000, 10, "reminder", "wait", "final notice", day(20), "works") == tuple(
        row[name]
        for name in (
            *("customer_id", "overdue", "days_overdue", "stage", "decision", "next_stage", "next_on", "contact"),
        )
    )
    assert "2026-03-08 reminder accepted" == row["history"]


def test_each_currency_has_its_row_and_the_longest_overdue_stands_first() -> None:
    rows = non_payment_table(
        _decided(
            case(debt("A", due=5), customer_id="C1"),
            case(debt("B"), debt("C", currency="SEK", due=8), customer_id="C2"),
        )
    ).to_pylist()

    assert [("C2", "EUR"), ("C1", "EUR"), ("C2", "SEK")] == [(row["customer_id"], row["currency"]) for row in rows]


def test_who_is_not_late_stands_on_it_only_when_something_is_to_be_done() -> None:
    rows = non_payment_table(
        _decided(case(debt(due=60), customer_id="C1"), settled(customer_id="C2", suspension=TAKEN))
    ).to_pylist()

    assert [("C2", 0, "give access back")] == [(row["customer_id"], row["overdue"], row["decision"]) for row in rows]


def test_who_can_not_be_reached_is_a_finding_on_the_day_they_become_late() -> None:
    due_today, late = case(debt(due=10), customer_id="C1", has_address=False), case(has_address=False, customer_id="C2")

    (finding,) = unreachable_findings(_decided(due_today, late))

    assert ("collections.no_address", "C2", 10_000) == (finding.code, finding.customer_id, finding.amount)
