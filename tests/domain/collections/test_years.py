"""Years of random facts: whatever happens, the invariants that decisions must keep hold on every day."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from csp_receivables.domain.collections.cases import Case, Delivery, Notice, Suspension
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.collections.guards import above_minimum
from csp_receivables.domain.collections.holds import standing_of
from csp_receivables.domain.collections.open_items import look
from csp_receivables.domain.collections.policy import CollectionsPolicy, Condition, Minimum, Override
from csp_receivables.domain.collections.rounds import is_due_round
from csp_receivables.domain.collections.simulated_customer import SimulatedCustomer
from csp_receivables.domain.collections.timeline import Event, TimelineRefused, Verb
from tests.debtors import POLICY, minor, policy, with_stage

BEGIN = date(2025, 1, 6)
WARNING = POLICY.stage("suspension").warned_by
LENIENT = policy(
    part_payment_pause_days=7,
    grace_days=2,
    reinstate_below=minor(EUR=1_000),
    minimum={"EUR": Minimum(amount=500)},
    overrides=(Override(tags=frozenset({"key"}), stage_days={"reminder": 9}, because="key account"),),
)
POLICIES = [
    POLICY,
    LENIENT,
    with_stage("suspension", when=Condition(days_min=31, amount_min=minor(EUR=15_000))),
    with_stage("reminder", when=Condition(any_of=(Condition(days_min=5), Condition(receivables_min=3)))),
]
AMOUNTS = st.sampled_from(["3.00", "10.00", "60.00", "100.00", "250.00"])
OUTCOMES = st.sampled_from([*[Delivery.ACCEPTED] * 5, Delivery.BOUNCED, Delivery.IN_DOUBT, Delivery.FAILED, None])


class Years(RuleBasedStateMachine):
    """One customer, day after day; what is decided is performed, or not, as it may happen."""

    @initialize(under=st.sampled_from(POLICIES), country=st.sampled_from(["", "SE", "DE"]))
    def begin(self, under: CollectionsPolicy, country: str) -> None:
        self.policy, self.on, self.number = under, BEGIN, 0
        self.customer = SimulatedCustomer(customer_id="C1", country=country)
        self.stale, self.doubts, self.reachable = "", (), True

    def _hear(self, do: Verb, **fields: object) -> None:
        with suppress(TimelineRefused):  # it can't happen now
            self.customer.hear(Event(line=1, on=self.on, do=do, customer="C1", **fields))

    @rule(days=st.sampled_from([1, 1, 2, 5, 11, 30]))
    def days_pass(self, days: int) -> None:
        self.on += timedelta(days=days)

    @rule(amount=AMOUNTS, currency=st.sampled_from(["EUR", "EUR", "SEK"]), term=st.sampled_from([0, 10, 30]))
    def bill(self, amount: str, currency: str, term: int) -> None:
        self.number += 1
        due_on = self.on + timedelta(days=term)
        self._hear(Verb.INVOICE, number=f"N{self.number}", amount=Decimal(amount), currency=currency, due_on=due_on)

    @precondition(lambda self: self.number > 0)
    @rule(which=st.integers(0, 5), amount=AMOUNTS, what=st.sampled_from([Verb.PAYMENT, Verb.PAYMENT, Verb.CREDIT]))
    def pay(self, which: int, amount: str, what: Verb) -> None:
        number = f"N{max(1, self.number - which)}"
        self._hear(what, number=number, amount=Decimal(amount))

    @rule(amount=AMOUNTS, what=st.sampled_from([Verb.PAYMENT, Verb.CREDIT]))
    def pay_without_a_number(self, amount: str, what: Verb) -> None:
        self._hear(what, amount=Decimal(amount), currency="EUR")

    @precondition(lambda self: self.number > 0)
    @rule(which=st.integers(0, 5))
    def take_back(self, which: int) -> None:
        self._hear(Verb.CHARGEBACK, number=f"N{max(1, self.number - which)}")

    @precondition(lambda self: self.number > 0)
    @rule(
        kind=st.sampled_from(["dispute", "manual", "promise", "insolvency"]),
        which=st.integers(-3, 3),
        days=st.sampled_from([3, 20]),
    )
    def hold(self, kind: str, which: int, days: int) -> None:
        number = f"N{max(1, self.number - which)}" if which >= 0 else ""
        until = self.on + timedelta(days=days)
        self._hear(Verb.HOLD, kind=kind, number=number, until=until, amount=Decimal(50), currency="EUR")

    @rule()
    def release(self) -> None:
        self._hear(Verb.RELEASE)

    @rule(stale=st.booleans(), doubtful=st.booleans(), reachable=st.sampled_from([True, True, False]))
    def hear_of_doubts(self, stale: bool, doubtful: bool, reachable: bool) -> None:
        self.stale, self.doubts = "old" if stale else "", ("a suggestion",) if doubtful else ()
        self.reachable = reachable

    @rule(outcome=OUTCOMES, agreed=st.booleans(), seed=st.integers(0, 9))
    def decide_and_act(self, outcome: Delivery | None, agreed: bool, seed: int) -> None:
        case = self._case()
        decision = decide(case, self.policy, self.on)
        event(decision.answer.value)
        assert decision == decide(_shuffled(case, seed), self.policy, self.on), "I6: the order of facts decides nothing"
        _check_suspension(case, decision, self.policy)
        _check_in_doubt(case, decision)
        _check_once(case, decision)
        _check_held(case, decision)
        _check_nobody_is_lost(case, decision, self.policy)
        self._perform(decision, outcome, agreed)

    @rule(days=st.sampled_from([6, 12, 30]))
    def ordinary_days_pass(self, days: int) -> None:
        """Every day is decided, every notice accepted, every suspension agreed to."""
        for _ in range(days):
            self.on += timedelta(days=1)
            self.decide_and_act(Delivery.ACCEPTED, agreed=True, seed=0)

    def _case(self) -> Case:
        case = self.customer.case(self.stale)
        return replace(case, doubts=self.doubts, has_address=self.reachable)

    def _perform(self, decision: Decision, outcome: Delivery | None, agreed: bool) -> None:
        customer = self.customer
        for place, each in enumerate(customer.rounds):
            if each.round_id in decision.closes:
                customer.rounds[place] = replace(each, closed_on=self.on)
        if decision.opens:
            assert decision.opens.round_id not in [each.round_id for each in customer.rounds]
            customer.rounds.append(decision.opens)
        named = frozenset(decision.receivable_ids)
        done = Notice(
            stage=decision.stage,
            round_id=decision.round_id,
            on=self.on,
            delivery=outcome or Delivery.ACCEPTED,
            receivable_ids=named,
        )
        if decision.answer is Answer.SEND_NOTICE and outcome:
            earlier = (decision.round_id, decision.stage)
            customer.notices = [n for n in customer.notices if (n.round_id, n.stage) != earlier]
            customer.notices.append(done)
        elif decision.answer is Answer.PROPOSE_SUSPENSION and agreed:
            customer.suspension = Suspension(round_id=decision.round_id, on=self.on, receivable_ids=named)
            customer.notices.append(replace(done, delivery=Delivery.ACCEPTED))
        elif decision.answer is Answer.ESCALATE:
            customer.notices.append(replace(done, delivery=Delivery.ACCEPTED))
        elif decision.answer is Answer.REINSTATE:
            customer.suspension = None

    @rule()
    def settle_doubtful_notices(self) -> None:
        self.customer.notices = [
            replace(n, delivery=Delivery.ACCEPTED) if n.delivery is Delivery.IN_DOUBT else n
            for n in self.customer.notices
        ]


def _shuffled(case: Case, seed: int) -> Case:
    chance = Random(seed)

    def mixed(several: tuple) -> tuple:
        return tuple(chance.sample(several, len(several)))

    return replace(
        case,
        debts=mixed(case.debts),
        holds=mixed(case.holds),
        rounds=mixed(case.rounds),
        notices=mixed(case.notices),
        received=mixed(case.received),
        doubts=mixed(case.doubts),
    )


def _check_suspension(case: Case, decision: Decision, under: CollectionsPolicy) -> None:
    """I1, and I2 as far as money and holds go."""
    if decision.answer is not Answer.PROPOSE_SUSPENSION:
        return
    assert WARNING
    warnings = [
        n
        for n in case.notices
        if n.round_id == decision.round_id and n.stage == WARNING.stage and n.delivery is Delivery.ACCEPTED
    ]
    ages = [(decision.on - n.on).days for n in warnings]
    assert any(WARNING.days_min <= age <= WARNING.days_max for age in ages), "I1: no warning in time"
    assert set(decision.receivable_ids) <= set().union(*(n.receivable_ids for n in warnings)), "I1: not named"
    open_now = {debt.receivable_id: debt for debt in case.debts}
    assert set(decision.receivable_ids) <= open_now.keys(), "I1: what causes it is still open"
    assert not case.doubts and not case.feed_stale and case.suspension is None
    held = {h.hold.receivable_id for h in (standing_of(hold, case, decision.on) for hold in case.holds) if h.holds}
    assert "" not in held and not held & set(decision.receivable_ids), "I9"
    free = [d for d in case.debts if d.receivable_id not in held and d.currency == decision.currency]
    money = case.unapplied.get(decision.currency, 0) + case.credit_left.get(decision.currency, 0)
    assert money < sum(d.open_amount for d in free), "I2: money covers the debt"


def _check_in_doubt(case: Case, decision: Decision) -> None:
    """I2: a stale feed stops final notices too."""
    if case.feed_stale and decision.answer is Answer.SEND_NOTICE:
        assert decision.stage != "final_notice"


def _check_once(case: Case, decision: Decision) -> None:
    """I4: one accepted notice for each round and stage, ever; none while one is in doubt."""
    if decision.answer is not Answer.SEND_NOTICE:
        return
    same = [n for n in case.notices if (n.round_id, n.stage) == (decision.round_id, decision.stage)]
    assert all(n.delivery in (Delivery.BOUNCED, Delivery.FAILED) for n in same)


def _check_held(case: Case, decision: Decision) -> None:
    """I9: a hold of the whole customer leaves them alone; only access comes back."""
    holds = [standing_of(hold, case, decision.on) for hold in case.holds]
    if any(each.holds and not each.hold.receivable_id for each in holds):
        assert decision.answer in (Answer.WAIT, Answer.REINSTATE)


def _check_nobody_is_lost(case: Case, decision: Decision, under: CollectionsPolicy) -> None:
    """Who is late enough for the first stage is in a stage, about to be, or kept back with a reason."""
    situation = look(case, under, decision.on)
    overdue, _ = above_minimum((i for i in situation.chased if i.is_overdue), situation)
    late = [item for item in overdue if item.days >= 9]
    if decision.answer is Answer.WAIT and late and not any(h.holds for h in situation.holds):
        kept_back = {"notice_in_doubt", "address", "bank_feed", "doubt"}
        assert decision.stage != "clear" or kept_back & {reason.rule for reason in decision.because}
    assert decision.because, "every answer has a reason"
    belongs = [r for r in case.rounds if not is_due_round(r.round_id) and r.closed_on is None]
    assert set(decision.closes) <= {r.round_id for r in belongs}


Years.TestCase.settings = settings(
    max_examples=30, stateful_step_count=40, suppress_health_check=[HealthCheck.too_slow], deadline=None
)
TestYears = Years.TestCase
