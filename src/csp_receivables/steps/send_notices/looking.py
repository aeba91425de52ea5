"""The last look: everybody decided anew on what is known by now, as often as somebody else wrote to the ledger.

It speaks for the day of the live decisions, the partner's yesterday, and sees what came in since: a payment that was
imported this morning counts, while neither the days of a debt nor the age of the bank feed run ahead of the decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from csp_receivables.domain.collections.account_letters import AccountLetter
from csp_receivables.domain.collections.caseload import Decided, policy_of
from csp_receivables.domain.collections.cases import Case, Hold
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.facts import CollectionsFacts
from csp_receivables.domain.collections.interest import LateInterestRules
from csp_receivables.domain.collections.notice_content import Particulars, notice_of
from csp_receivables.domain.collections.particulars import particulars_of
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.day import Mode
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.outbox_ports import Fresh
from csp_receivables.ports import DecisionBook


@dataclass(slots=True)
class _Look:
    """One look at everybody."""

    decided: Decided
    facts: Facts
    decisions: Mapping[str, Decision]
    people: Mapping[str, Mapping[str, str]]  # rows of `customers`, by id
    letters: Mapping[str, Sequence[AccountLetter]]  # those beside the ladder, by customer


@dataclass(frozen=True, slots=True, kw_only=True)
class LastLooks:
    """Implements outbox_ports.LastLook by the decisions of the ledger.

    `has_changed`: did anybody else write to the ledger since it was last asked? `languages`: those of the templates.
    """

    book: DecisionBook
    decide: Callable[[Facts], Decided]
    today: Callable[[], date]
    approved: Callable[[], frozenset[str]]
    has_changed: Callable[[], bool]
    zones_of: Callable[[str], tuple[ZoneInfo, ...]]
    languages: Sequence[str]
    interest: LateInterestRules
    _kept: list[_Look] = field(default_factory=list, init=False)

    def look(self, customer_ids: Sequence[str]) -> Mapping[str, Fresh]:
        """The fresh decision of each; a customer that nothing is known of any more is left out."""
        if self.has_changed() or not self._kept or self._kept[0].decided.on != self._yesterday():
            self._kept[:] = [self._look()]
        now, approved = self._kept[0], self.approved()
        return {
            customer_id: replace(
                self._fresh(now, now.decisions[customer_id], approved),
                letters={
                    letter.action_id: self._fresh(now, now.decisions[customer_id], approved, letter)
                    for letter in now.letters.get(customer_id, ())
                },
            )
            for customer_id in customer_ids
            if customer_id in now.decisions
        }

    def _yesterday(self) -> date:
        return self.today() - timedelta(days=1)

    def _look(self) -> _Look:
        today, read = self.today(), list[Facts]()

        def decide(facts: Facts) -> Decided:
            yesterday = self._yesterday()
            read.append(replace(facts, as_of=yesterday, collections=_holding_already(facts.collections, yesterday)))
            return self.decide(read[0])

        plan = RunPlan(as_of=today, known_at=None, mode=Mode.HISTORICAL, because="the last look")
        decided = self.book.look(plan, decide)
        people = {row["customer_id"]: row for row in read[0].customers.to_pylist()}
        decisions = {decision.customer_id: decision for decision in decided.decisions}
        letters: dict[str, list[AccountLetter]] = {}
        for letter in decided.letters:
            letters.setdefault(letter.customer_id, []).append(letter)
        return _Look(decided=decided, facts=read[0], decisions=decisions, people=people, letters=letters)

    def _fresh(
        self, now: _Look, decision: Decision, approved: frozenset[str], letter: AccountLetter | None = None
    ) -> Fresh:
        """The look at the decision, or at a letter beside the ladder, which goes by the policy in force."""
        case, policy = now.decided.cases.get(decision.customer_id), now.decided.policy
        if case and letter is None:
            policy = policy_of(case, now.facts.collections, policy)
        kind = letter.kind if letter else notice_of(decision, policy)
        person = now.people.get(decision.customer_id, {})
        country = person.get("country", "")
        return Fresh(
            decision=decision,
            policy=policy,
            policy_approved=policy.version in approved,
            country=country,
            zones=self.zones_of(country),
            case=case,
            particulars=self._particulars(now, case, person, kind, policy) if kind and case else None,
            letter=letter,
        )

    def _particulars(
        self, now: _Look, case: Case, person: Mapping[str, str], kind: str, policy: CollectionsPolicy
    ) -> Particulars:
        customers = person.get("language", "")
        wanted = (customers, customers.partition("-")[0], *policy.languages, *self.languages)
        return particulars_of(
            case,
            kind,
            policy,
            now.decided,
            now.facts,
            interest=self.interest,
            language=next(each for each in wanted if each in self.languages),
            org_number=person.get("org_number", ""),
            written_on=self.today(),  # the decision speaks for yesterday, the letter for the day it leaves
        )


def _holding_already(known: CollectionsFacts, on: date) -> CollectionsFacts:
    """What is known, with the holds placed after `on` holding on `on` already: a person's word counts at once."""

    def already(hold: Hold) -> Hold:
        return replace(hold, holds_from=on) if hold.placed_on > on else hold

    return replace(known, holds={who: tuple(map(already, several)) for who, several in known.holds.items()})
