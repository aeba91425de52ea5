"""A notice as a customer would read it on a day, from what the ledger knows. Nothing is decided, kept or sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow.compute as pc

from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.collections.cases import Case, Debt
from csp_receivables.domain.collections.notice_content import (
    FINAL_NOTICE,
    PAYMENT_RECEIVED,
    REINSTATEMENT,
    NoticeContent,
    NoticeRefused,
    Particulars,
    ReceivedPayment,
    notice,
)
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.collections.seller import Seller
from csp_receivables.domain.daily import compute_day
from csp_receivables.domain.day import Mode
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.ports import Books

_DEBTS = """
SELECT receivable_id, number, issued_on, due_on, currency, amount, open_amount, reference
  FROM invoice_positions WHERE customer_id = $customer AND open_amount > 0
 ORDER BY due_on, receivable_id
"""
_LAST_PAYMENT = """
SELECT p.booked_on, p.currency, p.amount, i.number, sum(a.amount)::BIGINT AS applied
  FROM allocations a JOIN payment_positions p ON a.source_kind = 'payment' AND a.source_id = p.payment_id
  JOIN receivables i ON i.receivable_id = a.receivable_id AND i.currency = p.currency
 WHERE i.customer_id = $customer AND p.kind = 'payment'
 GROUP BY p.payment_id, p.booked_on, p.currency, p.amount, i.number
HAVING sum(a.amount) > 0
 QUALIFY dense_rank() OVER (ORDER BY p.booked_on DESC, p.payment_id) = 1
 ORDER BY i.number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePreview:
    """What a preview needs: the books, a connection to compute in, the policies, who writes, and the languages."""

    books: Books
    engine: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    matching: MatchingPolicy
    lines: BankLinePolicy
    policy: CollectionsPolicy
    seller: Seller
    languages: Sequence[str]

    def content(self, plan: RunPlan, customer_id: str, stage: str, language: str = "") -> NoticeContent:
        """The notice of `stage` (of the policy, or a notice's own name) to a customer at the end of the plan's day.

        `language`: else the customer's, else the policy's first. NoticeRefused where there is nothing to write.
        """
        facts = self.books.facts(plan)
        who = facts.customers.filter(pc.equal(facts.customers["customer_id"], customer_id)).to_pylist()
        customer = who[0] if who else {"name": customer_id, "country": "", "language": "", "party_kind": "unknown"}
        with self.engine() as connection:
            day, _ = compute_day(
                connection, facts, self.matching, self.lines, mode=Mode.HISTORICAL, is_demo=self.books.is_demo()
            )
            debts = _rows(connection, _DEBTS, customer_id)
            paid = _rows(connection, _LAST_PAYMENT, customer_id)
        mine = day.standings.filter(pc.equal(day.standings["customer_id"], customer_id)).to_pylist()
        case = Case(
            customer_id=customer_id,
            name=customer["name"],
            country=customer["country"],
            party_kind=customer["party_kind"],
            debts=tuple(Debt(**{name: row[name] for name in row if name != "reference"}) for row in debts),
            unapplied={row["currency"]: row["unapplied"] for row in mine if row["unapplied"]},
            credit_left={row["currency"]: row["credit_left"] for row in mine if row["credit_left"]},
        )
        particulars = Particulars(
            language=self._language(language, customer["language"]),
            payments_until=facts.as_of,
            org_number=customer.get("org_number", ""),
            references={row["receivable_id"]: row["reference"] for row in debts if row["reference"]},
        )
        return self._notice(case, particulars, stage, facts.as_of, _payment(paid))

    def _notice(
        self, case: Case, particulars: Particulars, stage: str, dated: date, payment: ReceivedPayment | None
    ) -> NoticeContent:
        found = next((each for each in self.policy.stages if each.name == stage), None)
        kind = found.template if found and found.template else stage
        is_early = found.is_before_due if found else False
        return notice(
            kind,
            case,
            [] if kind == REINSTATEMENT else [d.receivable_id for d in case.debts if (d.due_on >= dated) == is_early],
            self.seller,
            particulars,
            policy=self.policy,
            dated=dated,
            access_on=self._access_on(stage, dated) if kind == FINAL_NOTICE else None,
            payment=payment if kind == PAYMENT_RECEIVED else None,
        )

    def _access_on(self, stage: str, dated: date) -> date | None:
        """The earliest day on which the policy could suspend after a notice of this day."""
        for each in self.policy.stages:
            if each.warned_by is not None and each.warned_by.stage in (stage, FINAL_NOTICE):
                return dated + timedelta(days=each.warned_by.days_min)
        return None

    def _language(self, asked: str, customers: str) -> str:
        if asked and asked not in self.languages:
            there = ", ".join(self.languages) or "none"
            raise NoticeRefused(f"there are no notices in {asked!r}; there are: {there}")
        for each in (asked, customers, customers.partition("-")[0], *self.policy.languages):
            if each in self.languages:
                return each
        raise NoticeRefused("there are no notices in any language of the policy")


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, customer_id: str) -> list[dict[str, Any]]:
    found = connection.execute(sql, {"customer": customer_id})
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _payment(rows: list[dict[str, Any]]) -> ReceivedPayment | None:
    if not rows:
        return None
    first = rows[0]
    return ReceivedPayment(
        received_on=first["booked_on"],
        currency=first["currency"],
        amount=first["amount"],
        applied=tuple((row["number"], row["applied"]) for row in rows),
    )
