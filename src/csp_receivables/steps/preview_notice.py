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
from csp_receivables.domain.booking import decide_booking
from csp_receivables.domain.collections.caseload import decide_caseload, policy_of
from csp_receivables.domain.collections.cases import Case
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.collections.feed_age import feed_age
from csp_receivables.domain.collections.interest import LateInterestRules
from csp_receivables.domain.collections.notice_content import (
    FINAL_NOTICE,
    PAYMENT_RECEIVED,
    PROMISE_BROKEN,
    REINSTATEMENT,
    NoticeContent,
    NoticeRefused,
    Particulars,
    ReceivedPayment,
    broken_promise,
    decided_notice,
    notice,
)
from csp_receivables.domain.collections.open_items import look
from csp_receivables.domain.collections.particulars import particulars_of
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.collections.seller import Seller
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.feeds import feeds_table
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.money_sql import define_money
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.ports import Books

_WRITES = (Answer.SEND_NOTICE, Answer.PROPOSE_SUSPENSION, Answer.REINSTATE)
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
    interest: LateInterestRules
    languages: Sequence[str]

    def content(self, plan: RunPlan, customer_id: str, stage: str, language: str = "") -> NoticeContent:
        """The notice of `stage` (of the policy, or a notice's own name) to a customer at the end of the plan's day.

        It is the very notice that the day's decision asks for where that is the stage; else what it would be.
        `language`: else the customer's, else the policy's first. NoticeRefused where there is nothing to write.
        """
        facts = self.books.facts(plan)
        feed = feed_age(feeds_table(facts, self.policy.daily_statements), self.policy.feed_hours_max, facts.as_of)
        with self.engine() as connection:
            booking = decide_booking(connection, facts, self.matching, self.lines)
            define_money(connection)
            decided = decide_caseload(
                connection,
                booking.suggestions,
                facts.collections,
                self.policy,
                on=facts.as_of,
                feed=feed,
                also=(customer_id,),
            )
            paid = _rows(connection, _LAST_PAYMENT, customer_id)
        customer = _customer(facts, customer_id)
        case = decided.cases.get(customer_id) or Case(
            customer_id=customer_id,
            name=customer["name"],
            country=customer["country"],
            party_kind=customer["party_kind"],
        )
        policy = policy_of(case, facts.collections, self.policy)
        named = next((each for each in policy.stages if each.name == stage), None)
        particulars = particulars_of(
            case,
            named.template if named and named.template else stage,
            policy,
            decided,
            facts,
            interest=self.interest,
            language=self._language(language, customer["language"]),
            org_number=customer["org_number"],
        )
        decision = next((each for each in decided.decisions if each.customer_id == customer_id), None)
        if decision is not None and decision.stage == stage and decision.answer in _WRITES:
            return decided_notice(case, decision, policy, self.seller, particulars)
        return self._would_be(case, policy, particulars, stage=stage, dated=facts.as_of, payment=_payment(paid))

    def _would_be(
        self,
        case: Case,
        policy: CollectionsPolicy,
        particulars: Particulars,
        *,
        stage: str,
        dated: date,
        payment: ReceivedPayment | None,
    ) -> NoticeContent:
        found = next((each for each in policy.stages if each.name == stage), None)
        kind = found.template if found and found.template else stage
        is_early = found.is_before_due if found else False
        chased = [item.debt for item in look(case, policy, dated).chased]
        return notice(
            kind,
            case,
            [] if kind == REINSTATEMENT else [d.receivable_id for d in chased if (d.due_on >= dated) == is_early],
            self.seller,
            particulars,
            policy=policy,
            dated=dated,
            access_on=self._access_on(stage, dated) if kind == FINAL_NOTICE else None,
            payment=payment if kind == PAYMENT_RECEIVED else None,
            promise=broken_promise(case, dated) if kind == PROMISE_BROKEN else None,
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


def _customer(facts: Facts, customer_id: str) -> dict[str, str]:
    known = facts.customers.filter(pc.equal(facts.customers["customer_id"], customer_id)).to_pylist()
    nobody = {"name": customer_id, "country": "", "language": "", "party_kind": "unknown", "org_number": ""}
    return known[0] if known else nobody


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
