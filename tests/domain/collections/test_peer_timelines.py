"""Timelines on which other systems fail, and what we decide instead; each difference is in docs/decisions/0012."""

from __future__ import annotations

from types import MappingProxyType

from csp_receivables.domain.collections.policy import (
    Act,
    Anchor,
    CollectionsPolicy,
    Condition,
    Forewarning,
    Minimum,
    Stage,
)
from tests.debtors import POLICY, policy, with_stage
from tests.timelines import accepted, along, ask, invoice, line, paid, short

WAIT, NOTICE, SUSPEND = "wait", "send_notice", "propose_suspension"


def _ladder(*days: int, anchor: Anchor = Anchor.DUE_DATE) -> CollectionsPolicy:
    """Warning, blocked and cancellation, as the peers' samples have them."""
    warning, blocked, cancelled = days
    warned = Forewarning(stage="warning", days_min=7, days_max=60)
    return CollectionsPolicy(
        name="three steps",
        version="v1",
        anchor=anchor,
        stages=(
            Stage(name="warning", act=Act.SEND_NOTICE, when=Condition(days_min=warning), template="reminder"),
            Stage(
                name="blocked",
                act=Act.PROPOSE_SUSPENSION,
                when=Condition(days_min=blocked),
                template="suspension",
                warned_by=warned,
            ),
            Stage(name="cancelled", act=Act.ESCALATE, when=Condition(days_min=cancelled), owner="Ada"),
        ),
    )


def test_kill_bill_days_may_count_from_the_invoice_date() -> None:
    lines = [
        invoice("2026-05-01", "A", due="2026-05-31"),
        *ask("2026-05-30", "2026-05-31"),
    ]

    assert [(WAIT, "clear"), (NOTICE, "warning")] == short(_ladder(30, 40, 50, anchor=Anchor.ISSUE_DATE), lines)


def test_kill_bill_2297_the_younger_invoice_gets_its_own_warning() -> None:
    """There the account went from CLEAR to BLOCKED: the queued checks were those of the invoice that had been paid."""
    lines = [
        invoice("2026-01-05", "old"),
        invoice("2026-01-20", "young"),
        *ask("2026-02-04"),
        accepted("2026-02-04", "warning", numbers=["old"]),
        paid("2026-02-06", "100.00", "old"),
        *ask("2026-02-10", "2026-02-19", "2026-03-01"),
        accepted("2026-03-01", "warning"),
        *ask("2026-03-07", "2026-03-08"),
    ]

    assert [
        (NOTICE, "warning"),
        (WAIT, "clear"),  # anchored anew on the younger invoice
        (NOTICE, "warning"),
        (NOTICE, "warning"),  # late enough to be blocked, and not warned: the missed check changes nothing
        (WAIT, "warning"),
        (SUSPEND, "blocked"),
    ] == short(_ladder(30, 40, 70), lines)


def test_kill_bill_jumps_straight_to_the_hardest_state_and_we_never_do() -> None:
    lines = [invoice("2026-01-05", "A"), *ask("2026-06-01")]

    assert [(NOTICE, "warning")] == short(_ladder(30, 40, 50), lines)


def test_kill_bill_counts_a_cent_and_here_the_policy_says() -> None:
    lines = [
        invoice("2026-01-05", "A"),
        paid("2026-01-20", "99.99", "A"),
        *ask("2026-02-10"),
    ]
    tolerant = policy(minimum=MappingProxyType({"EUR": Minimum(amount=10)}))

    assert [(NOTICE, "final_notice")] == short(POLICY, lines)
    assert [(WAIT, "clear")] == short(tolerant, lines)


def test_kill_bill_adds_currencies_up_and_we_keep_them_apart() -> None:
    lines = [
        invoice("2026-01-05", "A", "60.00"),
        line("2026-01-05", "invoice", number="B", amount="60.00", currency="SEK", due_on="2026-01-05"),
        *ask("2026-01-12"),
    ]
    hundred = MappingProxyType({"EUR": 10_000, "SEK": 10_000})

    assert [(WAIT, "clear")] == short(with_stage("reminder", when=Condition(days_min=5, amount_min=hundred)), lines)


def test_kill_bill_steps_back_on_a_part_payment_and_so_do_we_without_repeating_notices() -> None:
    fifty = with_stage("final_notice", when=Condition(days_min=20, amount_min=MappingProxyType({"EUR": 5_000})))
    lines = [
        invoice("2026-01-05", "A"),
        accepted("2026-01-12", "reminder"),
        accepted("2026-01-26", "final_notice"),
        paid("2026-01-27", "60.00", "A"),
        *ask("2026-01-28"),
    ]

    assert [(WAIT, "reminder")] == short(fifty, lines)


def test_kill_bill_472_a_payment_of_the_day_counts() -> None:
    lines = [
        invoice("2026-01-05", "A"),
        accepted("2026-01-26", "final_notice"),
        paid("2026-02-05", "100.00", "A"),
        *ask("2026-02-05"),
    ]

    assert [(WAIT, "clear")] == short(POLICY, lines)


def test_kill_bill_708_the_end_of_the_ladder_has_an_owner() -> None:
    lines = [
        invoice("2026-01-05", "A"),
        accepted("2026-01-26", "final_notice"),
        accepted("2026-02-05", "suspension"),
        *ask("2026-03-06"),
        accepted("2026-03-06", "escalation"),
        *ask("2026-06-01"),
    ]
    decided = along(POLICY, lines)

    assert [("escalate", "escalation"), (WAIT, "escalation")] == [(d.answer.value, d.stage) for d in decided]
    assert "credit@partner.example" == decided[0].because[-1].actual


def test_oca_a_notice_that_is_only_queued_is_no_progress() -> None:
    """OC-09: "to be sent" counts there."""
    lines = [invoice("2026-01-05", "A"), *ask("2026-01-12", "2026-01-13")]

    assert [(NOTICE, "reminder"), (NOTICE, "reminder")] == short(POLICY, lines)


def test_oca_a_notice_that_came_back_is_no_progress() -> None:
    """OC-10: an e-mail error counts there."""
    lines = [
        invoice("2026-01-05", "A"),
        accepted("2026-01-12", "reminder"),
        line("2026-01-13", "notice_bounced", stage="reminder"),
        *ask("2026-01-14"),
    ]

    assert [(NOTICE, "reminder")] == short(POLICY, lines)


def test_oca_moves_one_level_a_run_and_we_merge_notices_forward() -> None:
    lines = [
        invoice("2026-01-05", "A"),
        *ask("2026-03-20"),
        accepted("2026-03-20", "final_notice"),
        *ask("2026-03-21"),
    ]

    assert [(NOTICE, "final_notice"), (WAIT, "final_notice")] == short(POLICY, lines)


def test_oca_refuses_an_earlier_day_and_we_answer_it() -> None:
    until_the_15th = [invoice("2026-01-05", "A"), *ask("2026-01-15")]
    with_later_facts = [invoice("2026-01-05", "A"), *ask("2026-01-15"), accepted("2026-01-26", "final_notice")]

    assert short(POLICY, until_the_15th) == short(POLICY, with_later_facts)


def test_oca_a_tolerance_is_met_by_what_equals_it() -> None:
    lines = [invoice("2026-01-05", "A", "0.10"), invoice("2026-01-05", "B", "0.09", customer="C2"), *ask("2026-01-12")]
    tolerant = policy(minimum=MappingProxyType({"EUR": Minimum(amount=10)}))

    assert [(NOTICE, "reminder"), (WAIT, "clear")] == short(tolerant, lines)


def test_tryton_chases_who_has_paid_and_we_count_unapplied_cash() -> None:
    """There the customer is dunned and charged a fee, and only the letter is held back."""
    lines = [invoice("2026-01-05", "A"), paid("2026-01-10", "100.00"), *ask("2026-02-10")]
    (decision,) = along(POLICY, lines)

    assert (WAIT, ["unapplied"]) == (decision.answer.value, [reason.rule for reason in decision.because])


def test_tryton_gives_every_invoice_its_own_clock_and_we_chase_a_round_together() -> None:
    lines = [
        invoice("2026-01-05", "A"),
        invoice("2026-01-07", "B"),
        *ask("2026-01-12"),
        accepted("2026-01-12", "reminder"),
        *ask("2026-01-14"),
    ]
    first, second = along(POLICY, lines)

    assert ("A", "B") == first.receivable_ids
    assert (WAIT, "reminder") == (second.answer.value, second.stage)


def test_tryton_does_not_step_back_on_an_earlier_day_and_neither_do_facts() -> None:
    lines = [invoice("2026-01-05", "A"), accepted("2026-01-26", "final_notice"), *ask("2026-01-26")]

    assert [(WAIT, "final_notice")] == short(POLICY, lines)


def test_erpnext_resolves_by_the_last_row_and_we_by_every_receivable() -> None:
    lines = [
        invoice("2026-01-05", "A"),
        invoice("2026-01-05", "B"),
        accepted("2026-01-12", "reminder"),
        paid("2026-01-13", "100.00", "B"),
        *ask("2026-01-26"),
    ]
    (decision,) = along(POLICY, lines)

    assert ("final_notice", ("A",)) == (decision.stage, decision.receivable_ids)


def test_erpnext_a_credit_note_resolves_and_its_cancellation_reopens_with_a_new_round() -> None:
    lines = [
        invoice("2026-01-05", "A"),
        accepted("2026-01-12", "reminder"),
        line("2026-01-13", "credit", number="A", amount="100.00"),
        *ask("2026-01-14"),
        line("2026-01-20", "chargeback", number="A"),
        *ask("2026-01-20"),
    ]
    settled, reopened = along(POLICY, lines)

    assert (WAIT, "clear") == (settled.answer.value, settled.stage)
    assert ("send_notice", "reminder", "2.1") == (reopened.answer.value, reopened.stage, reopened.round_id)


def test_lago_an_attempt_without_an_accepted_mail_is_not_spent() -> None:
    """LG-07: the counter is raised there before the job is queued."""
    lines = [invoice("2026-01-05", "A"), *ask("2026-01-12", "2026-02-12")]

    assert [(NOTICE, "reminder"), (NOTICE, "final_notice")] == short(POLICY, lines)


def test_lago_compares_gross_totals_with_its_threshold_and_we_what_is_still_owed() -> None:
    hundred = with_stage("reminder", when=Condition(days_min=5, amount_min=MappingProxyType({"EUR": 10_000})))
    lines = [invoice("2026-01-05", "A"), paid("2026-01-06", "0.01", "A"), *ask("2026-01-12")]

    assert [(WAIT, "clear")] == short(hundred, lines)


def test_lago_needs_more_than_its_days_and_here_the_day_itself_is_enough() -> None:
    """LG-02: exactly 48 hours is too early there; days here are whole days."""
    lines = [
        invoice("2026-01-05", "A"),
        accepted("2026-01-19", "reminder"),
        *ask("2026-01-25", "2026-01-26"),
    ]

    assert [(WAIT, "reminder"), (NOTICE, "final_notice")] == short(POLICY, lines)


def test_invoice_ninja_loses_a_missed_day_and_we_make_it_good_once() -> None:
    lines = [
        invoice("2026-01-05", "A"),
        *ask("2026-01-09", "2026-01-12"),  # nothing ran on the 10th
        accepted("2026-01-12", "reminder"),
        *ask("2026-01-13"),
    ]

    assert [(WAIT, "clear"), (NOTICE, "reminder"), (WAIT, "reminder")] == short(POLICY, lines)


def test_cloudblue_lets_automation_win_over_a_hold_and_we_let_the_person() -> None:
    lines = [
        invoice("2026-01-05", "A"),
        accepted("2026-01-26", "final_notice"),
        line("2026-01-30", "hold", reason="we owe them an answer", by="Ada"),
        *ask("2026-02-10"),
        line("2026-02-11", "release"),
        *ask("2026-02-11"),
    ]

    assert [(WAIT, "final_notice"), (SUSPEND, "suspension")] == short(POLICY, lines)


def test_zuora_plans_do_not_stop_the_rest_and_ours_do_until_broken() -> None:
    lines = [
        invoice("2026-01-05", "A"),
        line(
            "2026-01-10",
            "hold",
            kind="plan",
            instalments=[{"due_on": "2026-02-02", "amount": "50.00"}, {"due_on": "2026-03-02", "amount": "50.00"}],
        ),
        *ask("2026-02-02"),
        paid("2026-02-02", "50.00", "A"),
        *ask("2026-02-03", "2026-03-03"),
    ]

    assert [(WAIT, "clear"), (WAIT, "clear"), (NOTICE, "final_notice")] == short(POLICY, lines)
