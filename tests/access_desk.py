"""A desk from which access is changed in tests: a real ledger, the real actor, the real emulator; decisions as set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from csp_receivables.access_wiring import door_of
from csp_receivables.adapters.charged_subscriptions import LakeCharges
from csp_receivables.adapters.ledger import Ledger, outbox, tables
from csp_receivables.adapters.ledger.access_book import LedgerAccessBook
from csp_receivables.adapters.ledger.access_tables import access_change, access_event
from csp_receivables.adapters.ledger.fetch_book import LedgerSubscriptionBook
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.adapters.ledger.outbox_tables import action_event, action_state
from csp_receivables.adapters.partner_center.actor import Actor, open_actor
from csp_receivables.adapters.partner_center.manners import Manners
from csp_receivables.domain.access.approvals import Approval, Approver, Word
from csp_receivables.domain.access.policy import AccessPolicy
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.collections.policy import Breaker, CollectionsPolicy
from csp_receivables.domain.outbox.actions import action_of
from csp_receivables.settings import Settings
from csp_receivables.steps.change_access.changing import Changer
from csp_receivables.steps.change_access.ended import Performed
from csp_receivables.steps.change_access.performing import AccessPerformer
from csp_receivables.steps.change_access.proposing import Due, Proposer
from csp_receivables.steps.change_access.restoring import AccessRestorer, Restored
from emulator.portfolio import add_subscription
from emulator.server import Emulator
from emulator.state import Customer, Json
from tests.conftest import StandingClock
from tests.emulator.serving import empty_world
from tests.letters import STOCKHOLM
from tests.microsoft_server import identity
from tests.outbox_desk import POLICY, Decided, decided, owe_something

TUESDAY = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)  # ten o'clock in Stockholm, a working day
ADA = Approver(id="ada", name="Ada Lund", auth_manager="test")
BEA = Approver(id="bea", name="Bea Ek", auth_manager="test")
BUSINESS = "CFQ7TTC0LCHC:0002:CFQ7TTC0K59W"


def due_to_suspend(customer: str, **given: Any) -> Decision:
    """The decision that a suspension is to be proposed."""
    return decided(customer, "suspension", answer=Answer.PROPOSE_SUSPENSION, days_overdue=40, **given)


def settled(customer: str) -> Decision:
    """The decision that access is to be given back."""
    return decided(customer, "suspension", answer=Answer.REINSTATE, open=0, overdue=0)


def document(own: str, **given: Any) -> Json:
    """A new-commerce subscription as Partner Center shows it."""
    made: Json = {
        "id": own,
        "offerId": BUSINESS,
        "offerName": "Microsoft 365 Business Premium",
        "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
        "quantity": 10,
        "unitType": "Licenses",
        "creationDate": "2026-03-10T08:00:00Z",
        "effectiveStartDate": "2026-03-10T00:00:00Z",
        "commitmentEndDate": "2027-03-09T00:00:00Z",
        "commitmentEndDateTime": "2027-03-09T23:59:59Z",
        "status": "active",
        "autoRenewEnabled": True,
        "isTrial": False,
        "billingType": "license",
        "billingCycle": "monthly",
        "termDuration": "P1Y",
        "contractType": "subscription",
        "attributes": {"objectType": "Subscription"},
        "scheduledNextTermInstructions": {"product": {"termDuration": "P1Y", "billingCycle": "monthly"}, "quantity": 8},
    }
    return {name: value for name, value in (made | given).items() if value is not None}


def legacy(own: str, **given: Any) -> Json:
    """A legacy subscription: no product type, an ETag."""
    etag = {"objectType": "Subscription", "etag": "v1"}
    plain = {
        "productType": None,
        "scheduledNextTermInstructions": None,
        "offerId": "031C9E47-4802-4248-838E",
        "attributes": etag,
    }
    return document(own, **(plain | given))


@dataclass
class AccessDesk:
    """What a test needs to take access away and give it back, and to see what became of it."""

    ledger: Ledger
    emulator: Emulator
    clock: StandingClock
    folder: Path
    actor: Actor
    decided: Decided = field(default_factory=Decided)
    policy: AccessPolicy = field(default_factory=AccessPolicy)
    token: str = "worker"
    waited: Callable[[], None] | None = None

    def customer(self, customer: str, *documents: Json, covered: Sequence[str] | None = None) -> str:
        """A customer with a tenant, these subscriptions and an unpaid receivable that covers them (or `covered`)."""
        tenant = f"{customer.lower()}-tenant"
        world = self.emulator.world
        world.customers[tenant] = Customer(tenant_id=tenant, name=customer, domain=f"{customer.lower()}.example")
        for each in documents:
            add_subscription(world, tenant, each)
        named = [each["id"] for each in documents] if covered is None else covered
        with self.ledger.writing() as writing:
            at = {"recorded_at": writing.recorded_at}
            mapping = {"tenant_id": tenant, "customer_id": customer, "mapped": True}
            writing.connection.execute(insert(tables.customer_tenant).values(**mapping | at))
            row = {"customer_id": customer, "name": customer, "org_number": "", "country": "SE", "language": "sv"}
            writing.connection.execute(insert(tables.customer).values(**row | at, party_kind="company"))
            for number, own in enumerate(named, start=1):
                line = {"receivable_id": f"partner/{customer}-1", "line_no": number, "description": "", "net": 100}
                line |= {"tax_rate": "0.25", "tax": 25, "vendor_invoice": "", "subscription_id": own}
                writing.connection.execute(insert(tables.receivable_line).values(**line | at))
        self.sync(tenant)
        return self.decide(due_to_suspend(customer))

    def owing(self, customers: int) -> None:
        """So many customers owe 1,000.00 each, as the newest live reconciliation saw it."""
        owe_something(self.ledger, customers, TUESDAY.date(), 100_000)

    def sync(self, tenant: str) -> None:
        """Read the tenant's subscriptions into the ledger, as the reader does."""
        names = self.emulator.world.subscriptions_of[tenant]
        LedgerSubscriptionBook(self.ledger).keep(
            tenant, [self.actor.subscriptions.read(tenant, each) for each in names]
        )

    def decide(self, decision: Decision) -> str:
        """What the last look answers from now on; its action waits."""
        self.decided.decisions[decision.customer_id] = decision
        action = action_of(decision, "run-1")
        if action is None:
            return ""
        with self.ledger.writing() as writing:
            outbox.propose(writing, [action])
        return action.action_id

    def pays(self, customer: str) -> None:
        """A payment is imported: the last look sees it at once; no decision of the day was made yet."""
        self.decided.decisions[customer] = settled(customer)

    @property
    def book(self) -> LedgerAccessBook:
        return self.proposer()[0]

    def proposer(self) -> tuple[LedgerAccessBook, Proposer]:
        made = LedgerOutbox(self.ledger)
        charges = LakeCharges(root=self.folder / "lake", spill=self.folder / "spill")
        book = LedgerAccessBook(ledger=self.ledger, charges=charges, zone=STOCKHOLM, others=made.others)
        return book, Proposer(
            outbox=made,
            book=book,
            look=self.decided,
            policy=self.policy,
            clock=self.clock,
            zone=STOCKHOLM,
        )

    def questions(self) -> Sequence[Due]:
        return self.proposer()[1].questions()

    def approve(self, who: Approver = ADA, word: Word = Word.SUSPEND, **given: Any) -> list[str]:
        """Answer everything that is asked. Returns the actions."""
        asked = self.questions()
        for due in asked:
            made = Approval(
                action_id=due.action_id,
                digest=due.proposal.digest,
                word=word,
                who=who,
                why="they were told",
                asked_in="test",
            )
            self.book.answer(replace(made, **given), due.decision.customer_id)
        return [due.action_id for due in asked]

    def changer(self, book: LedgerAccessBook, historical: str = "") -> Changer:
        settings = Settings.from_environment({"CSP_HOME": str(self.folder)})
        return Changer(
            book=book,
            microsoft=self.actor.subscriptions,
            policy=self.policy,
            clock=self.clock,
            wait=self.wait,
            door=door_of(settings, self.ledger, self.actor.identity, historical),
        )

    def performer(self, **given: Any) -> AccessPerformer:
        book, proposer = self.proposer()
        return AccessPerformer(proposer=proposer, changer=self.changer(book, **given), token=self.token, **given)

    def perform(self, **given: Any) -> Performed:
        return self.performer(**given).perform()

    def restore(self, **given: Any) -> Restored:
        book, proposer = self.proposer()
        return AccessRestorer(
            outbox=proposer.outbox,
            book=book,
            look=self.decided,
            changer=self.changer(book, **given),
            clock=self.clock,
            token=self.token,
            **given,
        ).restore()

    def wait(self, pause: timedelta) -> None:
        """Time passes here and at Microsoft; `waited` happens meanwhile."""
        self.clock.now += pause
        if self.waited:
            self.waited()
        self.emulator.world.clock.set(self.clock.now)

    def beside(self, token: str) -> AccessDesk:
        """Another worker on the same ledger, with an actor of its own; for it time stands still."""
        actor = actor_at(self.emulator.url, self.clock)
        seen = replace(self.decided, decisions=dict(self.decided.decisions), looks=[])
        return replace(self, token=token, actor=actor, decided=seen)

    def later(self, **by: int) -> None:
        self.wait(timedelta(**by))

    def at_microsoft(self, own: str) -> Json:
        """The subscription as Partner Center would show it now."""
        tenant = self.emulator.world.subscriptions[own.lower()].tenant_id
        self.actor.subscriptions.read(tenant, own)  # lets time work on it
        return self.emulator.world.subscriptions[own.lower()].document

    def is_alone(self) -> None:
        """A desk in a process of its own: Microsoft's clock is not its to move."""
        object.__setattr__(self, "wait", lambda _: None)
        self.decided.policy = unlimited()

    def changes_at(self, own: str) -> int:
        """How often a change of this subscription had an effect at Microsoft."""
        return sum(
            each.effect != "" and own in each.path for each in self.emulator.world.log.entries if each.method == "PATCH"
        )

    def state(self, action_id: str) -> str:
        with self.ledger.reading() as connection:
            query = select(action_state.c.state).where(action_state.c.action_id == action_id)
            return str(connection.execute(query).scalar_one())

    def why(self, action_id: str) -> str:
        """Why the action is where it is."""
        with self.ledger.reading() as connection:
            query = select(action_event.c.why).where(action_event.c.action_id == action_id)
            return str(connection.execute(query.order_by(action_event.c.event_no.desc())).scalars().first())

    def story(self, own: str, direction: str = "suspend") -> list[str]:
        """The events of the newest change of a subscription."""
        mine = (access_change.c.subscription_id == own, access_change.c.direction == direction)
        query = select(access_event.c.event).join(access_change, access_change.c.change_id == access_event.c.change_id)
        with self.ledger.reading() as connection:
            return list(connection.execute(query.where(*mine).order_by(access_event.c.recorded_at)).scalars())

    def findings(self) -> list[str]:
        with self.ledger.reading() as connection:
            query = select(tables.finding.c.code).where(tables.finding.c.code.startswith("access."))
            return sorted(connection.execute(query).scalars())


def unlimited() -> CollectionsPolicy:
    """A policy without a breaker to speak of."""
    return replace(POLICY, suspensions=Breaker(number_max=1000, share_per_mille_max=1000, canary=1000))


def actor_at(url: str, clock: StandingClock) -> Actor:
    """An actor for which waiting takes no time."""
    return open_actor(
        identity(url), Manners(clock=clock, elapsed=lambda: 0.0, sleep=lambda _: None, chance=lambda: 0.5)
    )


@contextmanager
def access_desk(
    ledger: Ledger, emulator: Emulator, clock: StandingClock, folder: Path, **given: Any
) -> Iterator[AccessDesk]:
    """A desk whose emulator knows nobody yet, on a Tuesday morning."""
    clock.now = TUESDAY
    emulator.world = empty_world(TUESDAY)
    made: list[AccessDesk] = []

    def slept(seconds: float) -> None:
        made[0].later(seconds=int(seconds) + 1)

    def seconds() -> float:
        return (clock.now - TUESDAY).total_seconds()

    manners = Manners(clock=clock, elapsed=seconds, sleep=slept, chance=lambda: 0.5)
    actor = open_actor(identity(emulator.url), manners)
    desk = AccessDesk(ledger=ledger, emulator=emulator, clock=clock, folder=folder, actor=actor, **given)
    desk.decided.policy = unlimited()
    made.append(desk)
    try:
        yield desk
    finally:
        actor.close()


def approved(desk: AccessDesk, customer: str = "C1", *documents: Any) -> str:
    """The action of a customer whose suspension a person approved."""
    action = desk.customer(customer, *(documents or (document(f"{customer.lower()}-1"),)))
    desk.approve()
    return action


def an_answer(desk: AccessDesk, action: str) -> Approval:
    """What was answered."""
    found = desk.book.approval(action)
    assert found is not None
    return found


def retry_at(desk: AccessDesk, action: str) -> datetime:
    """When an action waits for its next try."""
    with desk.ledger.reading() as connection:
        query = select(action_state.c.retry_at).where(action_state.c.action_id == action)
        return datetime.fromisoformat(connection.execute(query).scalar_one())


def half_done(desk: AccessDesk, settle_seconds: int = 0) -> str:
    """One of two subscriptions is suspended, or will be seen to be by and by, and the process died."""
    action = approved(desk, "C1", document("c1-1"), document("c1-2"))
    world = desk.emulator.world
    world.behaviour = replace(world.behaviour, slow_share=min(settle_seconds, 1), settle_seconds=settle_seconds)

    class Died(BaseException):
        pass

    def dies() -> None:
        if desk.changes_at("c1-1"):
            raise Died

    desk.decided.after = desk.waited = dies
    with pytest.raises(Died):
        desk.perform()
    desk.decided.after = desk.waited = None
    desk.later(minutes=16)  # until the claim of the dead lapses
    return action
