"""From a day and what the outbox knows to the rows of the report: pure, so the same inputs give the same report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from csp_receivables.domain.access.restorations import Restoration
from csp_receivables.domain.collections.caseload import Decided, policy_of
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.collections.facts import CollectionsFacts
from csp_receivables.domain.collections.policy import Act, CollectionsPolicy
from csp_receivables.domain.day import Day
from csp_receivables.domain.escalation.items import Item, ReportKind, Section, in_order
from csp_receivables.domain.escalation.measures import Measure
from csp_receivables.domain.escalation.policy import EscalationPolicy
from csp_receivables.domain.escalation.report import Ageing, EscalationReport, changes
from csp_receivables.domain.money import Money
from csp_receivables.domain.outbox.states import State
from csp_receivables.domain.payables.payables import PAYABLE, Payable
from csp_receivables.domain.support.cases import SupportCase, case_items
from csp_receivables.domain.support.policy import SupportPolicy

_WAITS = (State.PROPOSED, State.APPROVED, State.HELD)
_TOLD_ELSEWHERE = "payment.unapplied"  # each has a row of its own among the unapplied money
_AGEING = """
SELECT currency, sum(not_due)::BIGINT, sum(days_1_30)::BIGINT, sum(days_31_60)::BIGINT, sum(days_61_90)::BIGINT,
       sum(days_over_90)::BIGINT
  FROM standings WHERE open <> 0 GROUP BY currency ORDER BY currency
"""
_ACTION_STEPS = {
    State.IN_DOUBT: "Find out whether it happened, then: csp outbox settle",
    State.FAILED: "See why (csp outbox show), mend it, then: csp outbox release",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionStanding:
    """An action of the outbox as it stood at the moment asked about. `since`: the day it came to its state."""

    action_id: str
    kind: str
    customer_id: str
    stage: str
    state: State
    since: date
    why: str
    payload: str
    is_retried: bool = False  # it is tried again by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the ledger knows beside the books: actions, when findings were recorded, access given back, cases."""

    actions: Sequence[ActionStanding] = ()
    found_on: Mapping[str, date] = field(default_factory=dict)  # by finding id
    restored: Sequence[Restoration] = ()
    cases: Sequence[SupportCase] = ()
    seen_at: str = ""  # the moment as of which actions and cases are seen
    before: EscalationReport | None = None  # the live report of this kind before the day


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """The day that a report speaks of: its tables, everybody's decision, and the measures."""

    day: Day
    decided: Decided
    measures: tuple[Measure, ...]
    ageing: tuple[Ageing, ...]
    collections: CollectionsFacts
    payables: tuple[Payable, ...] = ()  # what is due to Microsoft, as `csp payables` has it


def compile_report(
    kind: ReportKind, compiled: Compiled, known: Known, policy: EscalationPolicy, support: SupportPolicy | None = None
) -> EscalationReport:
    """The report of the day. Without rules of support the clocks are not known: it leaves cases out, and says so."""
    day = compiled.day
    names = _names(compiled)
    maker = _Rows(compiled=compiled, known=known, policy=policy, names=names, support=support)
    items = in_order(list(maker.rows()))
    return EscalationReport(
        kind=kind,
        as_of=day.as_of,
        known_at=day.known_at,
        mode=day.mode,
        is_demo=day.is_demo,
        items=items,
        ageing=compiled.ageing,
        measures=compiled.measures,
        changed=changes(known.before, items),
        left_out=() if support else ("Support cases are left out: include/policies/support.yaml can't be used.",),
    )


def ageing_of(connection: duckdb.DuckDBPyConnection) -> tuple[Ageing, ...]:
    """What is open by age in each currency; needs the relation `standings`."""
    return tuple(
        Ageing(currency=c, not_due=n, days_1_30=a, days_31_60=b, days_61_90=d, days_over_90=e)
        for c, n, a, b, d, e in connection.execute(_AGEING).fetchall()
    )


def _names(compiled: Compiled) -> dict[str, str]:
    """Names of customers that a row may be about."""
    rows = compiled.day.standings.select(["customer_id", "customer_name"])
    return dict(zip(rows["customer_id"].to_pylist(), rows["customer_name"].to_pylist(), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Makes the rows, section by section."""

    compiled: Compiled
    known: Known
    policy: EscalationPolicy
    names: Mapping[str, str]
    support: SupportPolicy | None

    def rows(self) -> Iterator[Item]:
        yield from self._left_the_ladder()
        yield from self._own_dues()
        yield from self._suspensions()
        yield from self._blocked()
        yield from self._actions()
        yield from self._cases()
        yield from self._unapplied()
        yield from self._findings()

    def _item(self, section: Section, key: str, about: str, next_step: str, **given: Any) -> Item:
        since = given.pop("since", None) or self._today
        owner = given.pop("owner", "") or self.policy.owner(section)
        customer_id = given.get("customer_id", "")
        return Item(
            section=section,
            key=key,
            about=about,
            next_step=next_step,
            since=since,
            age_days=given.pop("age_days", (self._today - since).days),
            owner=owner,
            customer_name=self.names.get(customer_id, ""),
            **given,
        )

    @property
    def _today(self) -> date:
        return self.compiled.day.as_of

    def _left_the_ladder(self) -> Iterator[Item]:
        for decision, policy in self._decisions():
            stage = next((s for s in policy.stages if s.name == decision.stage and s.act is Act.ESCALATE), None)
            if stage is None or not decision.overdue:
                continue
            is_today = decision.answer is Answer.ESCALATE
            yield self._item(
                Section.LEFT_THE_LADDER,
                f"{decision.customer_id}/{decision.currency}",
                f"{len(decision.receivable_ids) or 'several'} overdue, the oldest {decision.days_overdue} days",
                f"Hand over to {stage.owner} with: csp escalation pack {decision.customer_id}"
                if is_today
                else "Decide: account manager, collection agency, court, or write off",
                customer_id=decision.customer_id,
                amount=decision.overdue,
                currency=decision.currency,
                since=self._oldest_due(decision),
                owner=stage.owner,
            )

    def _decisions(self) -> Iterator[tuple[Decision, CollectionsPolicy]]:
        decided = self.compiled.decided
        for decision in decided.decisions:
            case = decided.cases.get(decision.customer_id)
            if case is not None:
                yield decision, policy_of(case, self.compiled.collections, decided.policy)

    def _oldest_due(self, decision: Decision) -> date:
        case = self.compiled.decided.cases[decision.customer_id]
        due = [debt.due_on for debt in case.debts if debt.currency == decision.currency]
        return min(due, default=decision.on)

    def _own_dues(self) -> Iterator[Item]:
        """What Microsoft wants and customers have not paid enough for, or is late; and payments that pay nothing."""
        released = self.compiled.day.coverage.filter(self.compiled.day.coverage["released"])
        ties = frozenset(released["vendor_invoice"].to_pylist())
        owed = {one.invoice_id: one for one in self.compiled.payables if one.due > 0 and one.total > 0}
        for one in owed.values():
            covered, is_late = one.covered, one.days_to_due < 0
            if covered is not None and covered.missing == 0 and not is_late:
                continue
            when = f"past due since {one.due_on}" if is_late else f"due in {one.days_to_due} days, on {one.due_on}"
            missing = Money(covered.missing, one.currency) if covered else None
            told = (
                f"{covered.per_mille // 10} % collected, {missing} missing"
                if covered
                else "nothing known of its charges"
            )
            yield self._item(
                Section.OWN_DUES,
                one.invoice_id,
                f"{one.invoice_id}, {when}: {told}"
                + ("; its charges do not tie" if covered and one.invoice_id not in ties else ""),
                f"Pay Microsoft: {one.because}" if is_late else f"Have the money ready by {one.due_on}",
                amount=one.due,
                currency=one.currency,
                since=min(one.due_on, self._today),
                age_days=-one.days_to_due,  # below zero: so many days are left
            )
        for row in self._findings_of_payables():
            if row["subject"] not in owed:  # an invoice's row says it already
                yield self._item(
                    Section.OWN_DUES,
                    f"{row['code']}/{row['subject']}",
                    row["found"],
                    row["remedy"],
                    amount=row["amount"],
                    currency=row["currency"],
                    since=self.known.found_on.get(row["finding_id"], self._today),
                )

    def _findings_of_payables(self) -> list[dict[str, Any]]:
        rows = self.compiled.day.findings.to_pylist()
        return [row for row in rows if row["code"].startswith(f"{PAYABLE}.")]

    def _suspensions(self) -> Iterator[Item]:
        for action in self.known.actions:
            if action.kind == Answer.PROPOSE_SUSPENSION.value and action.state in _WAITS:
                held = f", held: {action.why}" if action.state is State.HELD else ""
                waits = "approved, not done yet" if action.state is State.APPROVED else "waits for an answer"
                step = "Answer it" if action.state is State.PROPOSED else "See what it waits for (csp outbox show)"
                yield self._of_action(Section.SUSPENSIONS, action, f"suspension {waits}{held}", step)

    def _blocked(self) -> Iterator[Item]:
        """Suspensions that are due by the policy and kept back by something that a person can settle."""
        for decision, _ in self._decisions():
            for reason in decision.outranked:
                if reason.threshold != Act.PROPOSE_SUSPENSION.value or reason.actual.startswith("suspended"):
                    continue
                yield self._item(
                    Section.SUSPENSIONS,
                    f"blocked/{decision.customer_id}/{decision.currency}",
                    f"suspension kept back: {reason.actual}",
                    f"Settle what keeps it back: csp why {decision.customer_id}",
                    customer_id=decision.customer_id,
                    amount=decision.overdue,
                    currency=decision.currency,
                    since=self._oldest_due(decision),
                )

    def _actions(self) -> Iterator[Item]:
        for action in self.known.actions:
            if action.state in _ACTION_STEPS and not action.is_retried:
                about = f"{action.kind.replace('_', ' ')} ({action.stage}) {action.state.value.replace('_', ' ')}"
                told = f"{about}: {action.why}" if action.why else about
                yield self._of_action(Section.ACTIONS, action, told, _ACTION_STEPS[action.state])

    def _of_action(self, section: Section, action: ActionStanding, about: str, next_step: str) -> Item:
        named = json.loads(action.payload) if action.payload else {}
        currency = named.get("currency", "")
        return self._item(
            section,
            action.action_id,
            about,
            next_step,
            customer_id=action.customer_id,
            amount=named.get("overdue") if currency else None,
            currency=currency,
            since=action.since,
        )

    def _cases(self) -> Iterator[Item]:
        if self.support is None or not self.known.cases:
            return
        now = datetime.fromisoformat(self.known.seen_at)
        for item in case_items(self.known.cases, self.support, now, self.policy.owner(Section.CASES_LATE)):
            yield replace(item, customer_name=self.names.get(item.customer_id, ""))

    def _unapplied(self) -> Iterator[Item]:
        rows = self.compiled.day.unapplied
        for row in rows.filter(pc.equal(rows["status"], "booked")).to_pylist():
            who = row["payer_name"] or row["payer_account"] or "an unnamed payer"
            yield self._item(
                Section.UNAPPLIED,
                row["payment_id"],
                f"payment of {row['booked_on']} by {who}: {row['because']}",
                "Find out what it pays: csp match",
                customer_id=row["customer_id"],
                amount=row["amount"],
                currency=row["currency"],
                since=row["booked_on"],
            )

    def _findings(self) -> Iterator[Item]:
        """One row for each kind of finding, as old as its oldest."""
        for code, rows in _by_code(self.compiled.day.findings).items():
            since = min(self.known.found_on.get(row["finding_id"], self._today) for row in rows)
            more = f" (and {len(rows) - 1} like it)" if len(rows) > 1 else ""
            yield self._item(Section.FINDINGS, code, f"{rows[0]['found']}{more}", rows[0]["remedy"], since=since)


def _by_code(findings: pa.Table) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in findings.select(["finding_id", "code", "found", "remedy"]).to_pylist():
        if row["code"] != _TOLD_ELSEWHERE and not row["code"].startswith(f"{PAYABLE}."):
            grouped.setdefault(row["code"], []).append(row)
    return grouped
