"""What the ledger says of one customer beside the day's facts: letters with their proof, subscriptions, contacts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from csp_receivables.adapters.ledger.access_changes import changes_where, taken_from
from csp_receivables.adapters.ledger.access_tables import access_change
from csp_receivables.adapters.ledger.connection import Ledger
from csp_receivables.adapters.ledger.fetch_book import LedgerSubscriptionBook
from csp_receivables.adapters.ledger.outbox_book import contacts_of
from csp_receivables.adapters.ledger.outbox_messages import delivery_of, latest_events
from csp_receivables.adapters.ledger.outbox_tables import action, message
from csp_receivables.adapters.ledger.support_book import tenants_of
from csp_receivables.domain.escalation.account import AccessOf, LedgerSays, Person, Told
from csp_receivables.domain.outbox.actions import NOT_TO_THE_CUSTOMER
from csp_receivables.domain.outbox.recipients import in_order

_LAST_DAY = date.max


@dataclass(frozen=True, slots=True)
class LedgerAccounts:
    """Reads them."""

    ledger: Ledger

    def says(self, customer_id: str, known_at: str) -> LedgerSays:
        """Of that customer, letters as known then; subscriptions, contacts and access as known now."""
        with self.ledger.reading() as connection:
            tenants = tenants_of(connection, customer_id)
            letters = _letters(connection, customer_id, known_at)
            access = _access(connection, customer_id)
            people = in_order(contacts_of(connection, customer_id))
        book = LedgerSubscriptionBook(self.ledger)
        return LedgerSays(
            letters=letters,
            access=access,
            subscriptions=tuple(each for tenant in tenants for each in book.known(tenant)),
            people=tuple(Person(name=each.name, role=each.role, email=each.email) for each in people),
        )


def _access(connection: Connection, customer_id: str) -> tuple[AccessOf, ...]:
    """From the history of access, not from what was decided: a reading says what became of it."""
    taken = frozenset(each.change.change_id for each in taken_from(connection, customer_id))
    known = changes_where(connection, access_change.c.customer_id == customer_id)
    return tuple(
        AccessOf(
            subscription=each.change.snapshot.name or each.subscription_id,
            what=each.change.direction.value,
            event=each.event.value,
            on=each.at.date(),
            is_taken=each.change.change_id in taken,
        )
        for each in sorted(known, key=lambda one: (one.at, one.change.change_id))
    )


def _letters(connection: Connection, customer_id: str, known_at: str) -> tuple[Told, ...]:
    theirs = (action.c.customer_id == customer_id, action.c.kind.not_in(NOT_TO_THE_CUSTOMER))
    own = message.c.action_id.in_(select(action.c.action_id).where(*theirs))
    last = latest_events(_LAST_DAY, known_at, among=own).subquery()
    query = (
        select(last, action.c.stage)
        .join(action, action.c.action_id == last.c.action_id)
        .order_by(last.c.on, last.c.message_id)
    )
    return tuple(
        Told(
            on=row.on,
            what=row.stage,
            delivery=delivery.value if (delivery := delivery_of(row.event)) else row.event,
            proof=" ".join(part for part in (row.code, row.said, f"<{row.message_id}>") if part),
        )
        for row in connection.execute(query)
    )
