"""Gathering one customer with everything in hand, at the end of a day. Nothing is decided, kept or sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import duckdb
import pyarrow.compute as pc

from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.collections.caseload import Decided, decide_caseload, policy_of
from csp_receivables.domain.collections.cases import Case
from csp_receivables.domain.collections.feed_age import feed_age
from csp_receivables.domain.collections.holds import standing_of
from csp_receivables.domain.collections.interest import LateInterestRules
from csp_receivables.domain.collections.policy import Act, CollectionsPolicy
from csp_receivables.domain.collections.shown_interest import ShownInterest, shown_interest
from csp_receivables.domain.daily import compute_day
from csp_receivables.domain.day import Mode
from csp_receivables.domain.escalation.account import CustomerAccount, LedgerSays, bills_of, charged_of, payments_of
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.money_sql import define_money
from csp_receivables.domain.relations import load
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.ports import Books


class NoSuchCustomer(LookupError):
    """No customers file and no receivable names this customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerLook:
    """What looking needs: the books, what the ledger says beside them, a connection to compute in, the policies."""

    books: Books
    says: Callable[[str, str], LedgerSays]  # of a customer, as known at a moment
    engine: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    collections: CollectionsPolicy
    matching: MatchingPolicy
    lines: BankLinePolicy
    interest: LateInterestRules

    def account(self, plan: RunPlan, customer_id: str) -> CustomerAccount:
        """The customer's account at the end of the plan's day. Raises NoSuchCustomer."""
        return self.accounts(plan, [customer_id])[0]

    def accounts(self, plan: RunPlan, customer_ids: Sequence[str]) -> list[CustomerAccount]:
        """Several customers' accounts; the day is computed once. Raises NoSuchCustomer for the first unknown one."""
        facts = self.books.facts(plan)
        with self.engine() as connection:
            day, booking = compute_day(
                connection, facts, self.matching, self.lines, mode=Mode.HISTORICAL, is_demo=self.books.is_demo()
            )
            define_money(connection)
            load(connection, "reconciliation", day.reconciliation)
            feed = feed_age(day.feeds, self.collections.feed_hours_max, facts.as_of)
            decided = decide_caseload(
                connection,
                booking.suggestions,
                facts.collections,
                self.collections,
                on=facts.as_of,
                feed=feed,
                also=customer_ids,
            )
            return [self._account(connection, facts, decided, each) for each in customer_ids]

    def _account(
        self, connection: duckdb.DuckDBPyConnection, facts: Facts, decided: Decided, customer_id: str
    ) -> CustomerAccount:
        bills = bills_of(connection, customer_id)
        who = _known(facts, customer_id)
        if not bills and who is None:
            raise NoSuchCustomer(f"no customer {customer_id!r} is known; use the customer_id of the customers file")
        who = who or {"name": "", "org_number": "", "country": "", "language": "", "party_kind": "unknown"}
        name, country, party_kind = (who[each] for each in ("name", "country", "party_kind"))
        unconcerned = Case(customer_id=customer_id, name=name, country=country, party_kind=party_kind)
        case = decided.cases.get(customer_id, unconcerned)
        policy = policy_of(case, facts.collections, self.collections)
        return CustomerAccount(
            customer_id=customer_id,
            name=name,
            country=country,
            party_kind=party_kind,
            org_number=who["org_number"],
            language=who["language"],
            on=facts.as_of,
            known_at=facts.known_at,
            is_demo=self.books.is_demo(),
            bills=bills,
            payments=payments_of(connection, customer_id),
            charged=charged_of(connection, customer_id),
            holds=tuple(standing_of(hold, case, facts.as_of) for hold in case.holds),
            says=self.says(customer_id, facts.known_at),
            case=case,
            decision=next((each for each in decided.decisions if each.customer_id == customer_id), None),
            owner=next((stage.owner for stage in policy.stages if stage.act is Act.ESCALATE), ""),
            interest=self._interest(case, policy, decided),
        )

    def _interest(self, case: Case, policy: CollectionsPolicy, decided: Decided) -> ShownInterest:
        """What the law allows, whether or not the policy shows it to the customer."""
        allowed = replace(policy, interest_in=frozenset({case.country}))
        return shown_interest(allowed, self.interest, case, decided.on, decided.applied)


def _known(facts: Facts, customer_id: str) -> dict[str, str] | None:
    rows = facts.customers.filter(pc.equal(facts.customers["customer_id"], customer_id)).to_pylist()
    return rows[0] if rows else None
