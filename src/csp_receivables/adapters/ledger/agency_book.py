"""Debts that were handed to a collection agency: kept once, with the hold that stops our own notices."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select

from csp_receivables.adapters.ledger.collections_facts import read_holds
from csp_receivables.adapters.ledger.connection import Ledger
from csp_receivables.adapters.ledger.escalation_tables import agency_handover
from csp_receivables.adapters.ledger.hold_book import place_hold
from csp_receivables.domain.collections.cases import Hold, HoldKind
from csp_receivables.domain.collections.hold_requests import HoldRequest, hold_of
from csp_receivables.domain.escalation.agency import AgencyClaim
from csp_receivables.domain.matching_by_hand.requests import ByHandRefused, Person
from csp_receivables.domain.outbox.actions import canonical


@dataclass(frozen=True, slots=True)
class LedgerAgencyBook:
    """Keeps and reads handovers."""

    ledger: Ledger

    def hand_over(  # noqa: PLR0917 - what a handover is made of
        self,
        claim: AgencyClaim,
        data: Mapping[str, Any],
        agency: str,
        who: Person,
        today: date,
        refuse: Callable[[Sequence[Hold]], None],
    ) -> dict[str, Any]:
        """Keep the handover and a hold on each receivable, in one transaction; what is written to files.

        `refuse` is asked about the holds that are on at this moment. Raises ByHandRefused, AlreadyDone.
        """
        with self.ledger.writing() as writing:
            customer_id = claim.account.customer_id
            refuse(read_holds(writing.connection, today, writing.recorded_at).get(customer_id, ()))
            count = writing.connection.execute(select(func.count()).select_from(agency_handover)).scalar_one()
            handover_id = f"A-{count + 1:06}"
            held = Person(name=who.name, why=f"handed over to {agency} as {handover_id}")
            for debt in claim.debts:
                request = HoldRequest(customer_id=customer_id, kind=HoldKind.LEGAL, receivable_id=debt.receivable_id)
                place_hold(writing, hold_of(request, held, today))
            handed = {"id": handover_id, "agency": agency, "on": today.isoformat(), "by": who.name, "why": who.why}
            document = {**data, "handover": handed}
            row = {"handover_id": handover_id, "customer_id": customer_id, "agency": agency, "handed_on": today}
            said = {"handed_by": who.name, "why": who.why, "document": canonical(document)}
            writing.connection.execute(insert(agency_handover).values(**row, **said, recorded_at=writing.recorded_at))
            return document

    def document(self, handover_id: str) -> dict[str, Any]:
        """What was handed over, without people. Raises ByHandRefused for an unknown one."""
        query = select(agency_handover.c.document).where(agency_handover.c.handover_id == handover_id)
        with self.ledger.reading() as connection:
            found = connection.execute(query).scalar_one_or_none()
        if found is None:
            raise ByHandRefused(f"no handover {handover_id!r} is known; csp escalation agency list names them")
        told = json.loads(found)
        assert isinstance(told, dict)
        return told

    def documents(self) -> list[dict[str, Any]]:
        """Every handover, the oldest first."""
        query = select(agency_handover.c.document).order_by(agency_handover.c.handover_id)
        with self.ledger.reading() as connection:
            return [json.loads(each) for each in connection.execute(query).scalars()]
