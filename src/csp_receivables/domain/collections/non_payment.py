"""The daily list of non-payment: who is late, by how much and how long, where they stand, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa

from csp_receivables.domain.collections.caseload import Decided
from csp_receivables.domain.collections.cases import Case
from csp_receivables.domain.collections.decision_words import sentence
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.records import NON_PAYMENT, empty

HISTORY_SHOWN_MAX = 4  # of the newest notices in one cell
_DOES = {
    Answer.WAIT: "wait",
    Answer.SEND_NOTICE: "send {stage}",
    Answer.PROPOSE_SUSPENSION: "propose suspension",
    Answer.REINSTATE: "give access back",
    Answer.ESCALATE: "hand over",
}


def non_payment_table(decided: Decided | None) -> pa.Table:
    """One row (schema NON_PAYMENT) for each customer and currency overdue, and for whom something is to be done.

    The longest overdue first, then the largest amount, then the customer's id. None: nothing was decided, so no rows.
    """
    if decided is None:
        return empty(NON_PAYMENT)
    rows = [
        row
        for decision in decided.decisions
        if (case := decided.cases.get(decision.customer_id))
        for row in _rows(case, decision, decided.on)
    ]
    rows.sort(key=lambda r: (-r["days_overdue"], -r["overdue"], r["customer_id"], r["currency"]))
    return pa.Table.from_pylist(rows, schema=NON_PAYMENT) if rows else empty(NON_PAYMENT)


def _rows(case: Case, decision: Decision, on: date) -> Iterator[dict[str, Any]]:
    overdue: dict[str, list[tuple[date, int]]] = {}
    for debt in case.debts:
        if debt.due_on < on:
            overdue.setdefault(debt.currency, []).append((debt.due_on, debt.open_amount))
    if not overdue and decision.answer is not Answer.WAIT:
        overdue = {decision.currency: []}
    for currency, debts in sorted(overdue.items()):
        yield {
            "customer_id": case.customer_id,
            "customer_name": case.name,
            "currency": currency,
            "overdue": sum(amount for _, amount in debts),
            "days_overdue": max(((on - due_on).days for due_on, _ in debts), default=0),
            "stage": _words(decision.stage),
            "decision": _DOES[decision.answer].format(stage=_words(decision.stage)),
            "next_stage": _words(decision.next_stage),
            "next_on": decision.next_on,
            "because": " ".join(map(sentence, decision.because)),
            "contact": "works" if case.has_address else "none works",
            "history": _history(case),
        }


def _history(case: Case) -> str:
    """The newest notices with what became of them, the newest first."""
    newest = sorted(case.notices, key=lambda n: (n.on, n.stage), reverse=True)[:HISTORY_SHOWN_MAX]
    return "; ".join(f"{n.on} {_words(n.stage)} {n.delivery.value.replace('_', ' ')}" for n in newest)


def _words(name: str) -> str:
    return name.replace("_", " ")


def unreachable_findings(decided: Decided) -> list[Finding]:
    """Customers who are late and whom no notice can reach: told on the day they become late, not at the suspension."""
    found = []
    for customer_id, case in sorted(decided.cases.items()):
        late = [debt for debt in case.debts if debt.due_on < decided.on]
        if late and not case.has_address:
            oldest = late[0]
            found.append(
                Finding(
                    code="collections.no_address",
                    severity=Severity.WARNING,
                    found=f"{case.name or customer_id} is late since {oldest.due_on} and has no address that works",
                    remedy="Find an address and import it with the customers file; until then no notice reaches them.",
                    subject=customer_id,
                    customer_id=customer_id,
                    amount=sum(debt.open_amount for debt in late if debt.currency == oldest.currency),
                    currency=oldest.currency,
                )
            )
    return found
