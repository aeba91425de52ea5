"""`csp decide` and `csp why`: what follows from being late, for everybody on a day, and for one in words."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Annotated, Any

import typer

from csp_receivables import collections_wiring, wiring
from csp_receivables.cli.output import JsonOption, Refused, emit_json, show_table
from csp_receivables.domain.collections.account_letters import AccountLetter
from csp_receivables.domain.collections.decision_words import in_words
from csp_receivables.domain.collections.decisions import Answer, Decision, Reason
from csp_receivables.domain.collections.holds import standing_of
from csp_receivables.domain.money import to_text
from csp_receivables.domain.run_plan import Known, NoDay, RunPlan, plan_run
from csp_receivables.settings import Settings, parse_moment

AS_OF = typer.Option(formats=["%Y-%m-%d"], help="The day to speak for (its end). Default: yesterday.")
KNOWN_AT = typer.Option(help="Use only what was known at this moment (ISO 8601 with offset).")


def decide(
    as_of: Annotated[datetime | None, AS_OF] = None,
    known_at: Annotated[str, KNOWN_AT] = "",
    historical: Annotated[bool, typer.Option("--historical", help="Only look; propose nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Decide every customer, keep the decisions, and propose what they ask for once the policy is live.

    Yesterday is live. Any other day, or --known-at, is historical: its decisions are kept under a name of their own.
    """
    settings = Settings.from_environment()
    plan = plan_of_day(settings, as_of, known_at, historical=historical)
    try:
        run = collections_wiring.decider(settings, wiring.open_ledger(settings)).decide(plan)
    except collections_wiring.NotLiveAnyMore as refused:
        raise Refused(str(refused)) from None
    acts = run.decided.acts()
    if as_json:
        emit_json(
            {
                "run_id": run.run_id,
                "as_of": plan.as_of,
                "mode": run.mode.value,
                "dry": run.dry,
                "customers": len(run.decided.decisions),
                "answers": dict(sorted(Counter(d.answer.value for d in run.decided.decisions).items())),
                "proposed": run.proposed,
                "decisions": [decision_json(each) for each in acts],
                "letters": [_letter_json(each) for each in run.decided.letters],
            }
        )
        return
    title = f"{len(run.decided.decisions)} customers decided as of {plan.as_of} ({run.mode.value}); "
    title += f"nothing is proposed: {run.dry}" if run.dry else f"{run.proposed} proposed"
    columns = ("customer", "answer", "stage", "overdue", "days", "because", "next")
    letters = [_letter_row(each) for each in run.decided.letters]
    show_table(title, columns, [*map(_row, acts), *letters], right=("overdue", "days"))


def why(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Its customer_id in the customers file.")],
    as_of: Annotated[datetime | None, AS_OF] = None,
    as_json: JsonOption = False,
) -> None:
    """Say in words what is decided for CUSTOMER, why, on how old data, what comes next, and what came before."""
    settings = Settings.from_environment()
    plan, ledger = plan_of_day(settings, as_of, "", historical=True), wiring.open_ledger(settings)
    decided = collections_wiring.decider(settings, ledger).look(plan)
    decision = next((d for d in decided.decisions if d.customer_id == customer), None)
    if decision is None:
        raise Refused(f"no customer {customer!r} is known; use the customer_id of the customers file")
    history = collections_wiring.hold_book(ledger).history(customer, plan.as_of)
    case = decided.cases.get(customer)
    holds = [standing_of(hold, case, plan.as_of) for hold in case.holds] if case else []
    notices = case.notices if case else ()
    if as_json:
        emit_json(
            decision_json(decision)
            | {
                "words": in_words(decision),
                "holds": [{"hold_id": h.hold.hold_id, "state": h.state.value} for h in holds],
                "notices": [{"on": n.on, "stage": n.stage, "delivery": n.delivery.value} for n in notices],
                "history": [_past_json(row) for row in history],
            }
        )
        return
    print(f"{customer} as of {plan.as_of}, under version {decision.policy_version} of the policy")
    for line in in_words(decision):
        print(f"  {line}")
    for notice in notices:
        print(f"  {notice.on}: {notice.stage.replace('_', ' ')} {notice.delivery.value}")
    for standing in holds:
        print(f"  hold {standing.hold.hold_id} {standing.state.value}: {standing.hold.reason}")
    for row in history:
        print(f"  {row['as_of']}: decided {row['answer'].replace('_', ' ')} ({row['stage']})")


def plan_of_day(settings: Settings, as_of: datetime | None, known_at: str, *, historical: bool) -> RunPlan:
    """What a command means by its day and moment. Raises Refused."""
    try:
        return plan_run(
            now=settings.clock(),
            zone=settings.time_zone,
            as_of=as_of.date() if as_of else settings.yesterday(),
            known=Known.NOW,
            known_at=parse_moment(known_at, "--known-at") if known_at else None,
            historical=historical,
        )
    except NoDay as problem:
        raise Refused(str(problem)) from None


def decision_json(decision: Decision) -> dict[str, Any]:
    """A decision as the JSON answers show it; amounts are decimal text."""
    return {
        "customer": decision.customer_id,
        "on": decision.on,
        "decision": decision.answer.value,
        "stage": decision.stage,
        "currency": decision.currency,
        "open": _amount(decision.open, decision.currency),
        "overdue": _amount(decision.overdue, decision.currency),
        "days_overdue": decision.days_overdue,
        "because": [_reason(each) for each in decision.because],
        "outranked": [_reason(each) for each in decision.outranked],
        "round": decision.round_id,
        "receivables": list(decision.receivable_ids),
        "next_stage": decision.next_stage,
        "next_on": decision.next_on,
        "policy_version": decision.policy_version,
    }


def _letter_json(letter: AccountLetter) -> dict[str, Any]:
    because = [_reason(each) for each in letter.because]
    return {"customer": letter.customer_id, "letter": letter.kind, "about": letter.about, "because": because}


def _letter_row(letter: AccountLetter) -> tuple[str, ...]:
    return letter.customer_id, "letter", letter.kind, "", "", "; ".join(map(str, letter.because)), ""


def _reason(reason: Reason) -> dict[str, str]:
    return {"rule": reason.rule, "threshold": reason.threshold, "actual": reason.actual}


def _past_json(row: dict[str, Any]) -> dict[str, Any]:
    as_of: date = row["as_of"]
    overdue = _amount(row["overdue"], row["currency"])
    return {"as_of": as_of, "decision": row["answer"], "stage": row["stage"], "overdue": overdue, "dry": row["dry"]}


def _amount(minor: int, currency: str) -> str:
    return to_text(minor, currency) if currency else "0"


def _row(decision: Decision) -> tuple[str, ...]:
    coming = f"{decision.next_stage} {decision.next_on or ''}".strip()
    named = "" if decision.answer is Answer.REINSTATE else decision.stage
    overdue = f"{_amount(decision.overdue, decision.currency)} {decision.currency}"
    reason = "; ".join(map(str, decision.because[:2]))
    return decision.customer_id, decision.answer.value, named, overdue, str(decision.days_overdue), reason, coming
