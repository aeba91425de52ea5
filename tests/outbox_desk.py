"""A desk from which notices are sent in tests: a real ledger, a real mail server, the real gate; decisions as set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from csp_receivables.adapters.ledger import Ledger, outbox, tables
from csp_receivables.adapters.ledger.outbox_book import LedgerOutbox
from csp_receivables.adapters.ledger.outbox_messages import notices
from csp_receivables.adapters.ledger.outbox_tables import action_event, action_state, message_event
from csp_receivables.adapters.mail.gated import GatedMail, Pace
from csp_receivables.adapters.mail.kept import KeptMessages
from csp_receivables.domain.collections.decisions import Answer, Decision, Reason
from csp_receivables.domain.collections.policy import Breaker, CollectionsPolicy
from csp_receivables.domain.outbox.actions import action_of
from csp_receivables.domain.outbox.gate import House
from csp_receivables.domain.outbox.letters import Content
from csp_receivables.domain.outbox.recipients import Contact
from csp_receivables.mail_settings import MailSettings
from csp_receivables.outbox_ports import Fresh
from csp_receivables.steps.send_notices import Performer, SendNotices, Sent
from tests.conftest import StandingClock
from tests.letters import MONDAY, STOCKHOLM, mail

POLICY = CollectionsPolicy(
    name="standard",
    version="v1",
    stages=(),
    live_from=date(2026, 1, 1),
    notices=Breaker(number_max=1000, share_per_mille_max=1000, canary=2),
)
TODAY = date(2026, 11, 2)


def decided(customer: str, stage: str = "reminder", **given: Any) -> Decision:
    made = Decision(
        customer_id=customer,
        on=TODAY,
        answer=Answer.SEND_NOTICE,
        stage=stage,
        currency="SEK",
        open=11900,
        overdue=11900,
        days_overdue=16,
        because=(Reason(rule="days_overdue", threshold="14", actual="16"),),
        round_id="1.1",
        receivable_ids=(f"partner/{customer}-1",),
        policy_version="v1",
    )
    return replace(made, **given)


@dataclass
class Decided:
    """Implements outbox_ports.LastLook with what a test says. `looks` counts how often each customer was looked at."""

    decisions: dict[str, Decision] = field(default_factory=dict)
    policy: CollectionsPolicy = POLICY
    approved: bool = True
    looks: list[str] = field(default_factory=list)
    after: Callable[[], None] | None = None  # what happens right before a look

    def look(self, customer_ids: Sequence[str]) -> dict[str, Fresh]:
        self.looks += customer_ids
        if self.after:
            self.after()
        return {
            customer: Fresh(
                decision=self.decisions[customer],
                policy=self.policy,
                policy_approved=self.approved,
                country="SE",
                zones=(STOCKHOLM,),
            )
            for customer in customer_ids
            if customer in self.decisions
        }


class Words:
    """Implements outbox_ports.NoticeWriter: plain words, so that a letter tells whose it is."""

    def write(self, fresh: Fresh, contact: Contact) -> Content:
        decision = fresh.decision
        if decision.stage == "unwritable":
            raise ValueError("the template has no words for it")
        text = f"{decision.customer_id} {decision.stage}: {', '.join(decision.receivable_ids)}\n"
        return Content(
            subject=f"{decision.stage} {decision.customer_id}", text=text, html=f"<p>{text}</p>", language="en"
        )


@dataclass
class Desk:
    """What a test needs to send notices and see what became of them."""

    ledger: Ledger
    clock: StandingClock
    folder: Path
    mail: MailSettings
    house: House = field(default_factory=lambda: House(is_production=True))
    decided: Decided = field(default_factory=Decided)
    token: str = "worker"

    def __post_init__(self) -> None:
        self.clock.now = MONDAY

    def customer(self, customer: str, *emails: str, stage: str = "reminder") -> str:
        """A customer with contacts, for whom a notice is decided and proposed. Returns the action's id."""
        self.contacts(customer, *(emails or (f"billing@{customer.lower()}.example",)))
        return self.decide(decided(customer, stage))

    def contacts(self, customer: str, *emails: str) -> None:
        with self.ledger.writing() as writing:
            for place, email in enumerate(emails):
                row = {"customer_id": customer, "email": email, "name": "", "role": "billing" if not place else ""}
                writing.connection.execute(insert(tables.contact).values(**row, recorded_at=writing.recorded_at))

    def decide(self, decision: Decision) -> str:
        self.decided.decisions[decision.customer_id] = decision
        action = action_of(decision, "run-1")
        assert action is not None
        with self.ledger.writing() as writing:
            outbox.propose(writing, [action])
        return action.action_id

    def owing(self, customers: int) -> None:
        """So many customers owe something, as the newest live reconciliation saw it."""
        owe_something(self.ledger, customers, TODAY, 1)

    def sender(self, **given: Any) -> SendNotices:
        """Everything as it runs, with the answers of this desk."""
        gated = GatedMail(self.mail, self.asked, Pace(100_000, lambda: 0.0, lambda _: None))
        performer = Performer(
            outbox=LedgerOutbox(self.ledger),
            writer=Words(),
            mail=gated,
            store=KeptMessages(self.folder / "messages"),
            clock=self.clock,
            zone=STOCKHOLM,
            domain=self.mail.domain,
            token=self.token,
        )
        return SendNotices(performer=performer, look=self.decided, **given)

    def send(self, **given: Any) -> Sent:
        return self.sender(**given).send()

    def asked(self) -> House:
        """What the gate is told: the house of this desk, with the ledger's own stop."""
        with self.ledger.reading() as connection:
            stop = outbox.stop_in_force(connection)
        return replace(self.house, stop=self.house.stop or (f"stopped by {stop.said_by}: {stop.why}" if stop else ""))

    def stop(self, *, stopped: bool = True) -> None:
        with self.ledger.writing() as writing:
            outbox.say_stop(writing, stopped=stopped, by="Ada Lund", why="a wrong bank file")

    def later(self, **by: int) -> None:
        self.clock.now += timedelta(**by)

    def state(self, action_id: str) -> str:
        with self.ledger.reading() as connection:
            query = select(action_state.c.state).where(action_state.c.action_id == action_id)
            return str(connection.execute(query).scalar_one())

    def story(self, action_id: str) -> list[str]:
        with self.ledger.reading() as connection:
            query = select(action_event.c.event).where(action_event.c.action_id == action_id)
            return list(connection.execute(query.order_by(action_event.c.event_no)).scalars())

    def words(self) -> list[str]:
        """What was said of messages, in the order in which it was learnt."""
        with self.ledger.reading() as connection:
            return list(
                connection.execute(select(message_event.c.event).order_by(message_event.c.recorded_at)).scalars()
            )

    def delivered(self) -> dict[str, str]:
        """Delivery by customer, as decisions read it."""
        with self.ledger.reading() as connection:
            rows = notices(connection, self.clock.now.date(), "9").to_pylist()
        return {row["customer_id"]: row["delivery"] for row in rows}

    def findings(self) -> list[str]:
        with self.ledger.reading() as connection:
            return sorted(connection.execute(select(tables.finding.c.code)).scalars())


def desk_at(ledger: Ledger, clock: StandingClock, folder: Path, port: int | None, **given: Any) -> Desk:
    """A desk in production whose mail server listens at `port`."""
    return Desk(ledger=ledger, clock=clock, folder=folder, mail=mail(port), **given)


def moment(*numbers: int) -> Callable[[], datetime]:
    """A clock that stands at a moment in UTC."""
    return lambda: datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type,misc]


def owe_something(ledger: Ledger, customers: int, as_of: date, amount: int) -> None:
    """A live reconciliation that saw so many customers owe `amount` each."""
    amounts = dict.fromkeys(
        ["not_due", "days_1_30", "days_31_60", "days_61_90", "days_over_90", "unapplied", "credit_left"], 0
    )
    row = {"run_id": "r1", "currency": "SEK", "customer_name": "", "open": amount, "overdue": amount, "days_overdue": 1}
    with ledger.writing() as writing:
        recorded = {"recorded_at": writing.recorded_at}
        run = {"run_id": "r1", "mode": "live", "as_of": as_of, "allocations_booked": 0, "issued": True} | recorded
        writing.connection.execute(insert(tables.reconciliation_run), [run])
        rows = [row | amounts | recorded | {"customer_id": f"C{number}"} for number in range(customers)]
        writing.connection.execute(insert(tables.daily_standing), rows)
