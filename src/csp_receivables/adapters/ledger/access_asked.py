"""When people were asked last: a question that still waits is not asked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from csp_receivables.adapters.ledger.access_tables import access_proposal
from csp_receivables.adapters.ledger.connection import Ledger
from csp_receivables.domain.access.asking import Asked
from csp_receivables.domain.access.proposal import Proposal, document_of


@dataclass(frozen=True, slots=True)
class LedgerAskedQuestions:
    """The questions that were asked, by action."""

    ledger: Ledger

    def asked(self) -> Mapping[str, Asked]:
        """The newest question about each action."""
        c = access_proposal.c
        with self.ledger.reading() as connection:
            query = select(c.action_id, c.digest, c.asked_in, c.recorded_at).order_by(c.recorded_at)
            return {row.action_id: _asked(row) for row in connection.execute(query)}

    def ask(self, proposal: Proposal, waits: Callable[[Asked | None], bool], where: str) -> bool:
        """Keep that it is asked now, also where the same was asked before. False: by now the newest question `waits`,
        which another run asked, and nothing is kept. `where`: the run and task that ask.
        """
        row = {"action_id": proposal.action_id, "customer_id": proposal.customer_id, "digest": proposal.digest}
        row |= {"asked_in": where}
        c = access_proposal.c
        newest = select(c.digest, c.asked_in, c.recorded_at).where(c.action_id == proposal.action_id)
        with self.ledger.writing() as writing:
            last = writing.connection.execute(newest.order_by(c.recorded_at.desc()).limit(1)).first()
            if waits(_asked(last) if last else None):
                return False
            told = row | {"document": document_of(proposal), "recorded_at": writing.recorded_at}
            writing.connection.execute(insert(access_proposal).values(**told))
            return True


def _asked(row: Any) -> Asked:
    return Asked(digest=row.digest, at=datetime.fromisoformat(row.recorded_at), where=row.asked_in)
