"""The `AccessBook` of a ledger: each step of changing access is one transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select

from csp_receivables.access_ports import NotNow, Said
from csp_receivables.adapters.ledger import outbox
from csp_receivables.adapters.ledger.access_answers import keep_answer, newest_approval
from csp_receivables.adapters.ledger.access_changes import (
    changes_where,
    coming_back_to,
    customers_taken_from,
    say,
    taken_from,
)
from csp_receivables.adapters.ledger.access_evidence import Charges, evidence_of, suspended_by_others
from csp_receivables.adapters.ledger.access_load import load_of
from csp_receivables.adapters.ledger.access_tables import access_change, access_proposal, access_release
from csp_receivables.adapters.ledger.access_undo import is_given_back, is_ordered
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing, moment_text
from csp_receivables.adapters.ledger.fetch_book import keep_one
from csp_receivables.adapters.ledger.outbox_book import CLAIM_LASTS, OthersWrote
from csp_receivables.adapters.ledger.outbox_tables import action, action_state
from csp_receivables.adapters.ledger.tables import finding
from csp_receivables.domain.access.approvals import Approval, Approver
from csp_receivables.domain.access.breaker import AccessLoad, check_releaser
from csp_receivables.domain.access.changes import Change, ChangeEvent, Standing
from csp_receivables.domain.access.proposal import Evidence, Proposal, document_of
from csp_receivables.domain.collections.account_letters import AccountLetter
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.findings import Finding, findings_table
from csp_receivables.domain.microsoft.subscriptions import Subscription
from csp_receivables.domain.outbox.actions import Action, action_of, action_of_letter
from csp_receivables.domain.outbox.states import State
from csp_receivables.outbox_ports import Claim

RUN = "access"  # in the place of a run's id: what the last look asked for between two decisions


@dataclass(frozen=True, slots=True)
class LedgerAccessBook:
    """Implements access_ports.AccessBook on the ledger. `others`: shared with the outbox of the same worker."""

    ledger: Ledger
    charges: Charges
    zone: ZoneInfo  # of the partner
    others: OthersWrote = field(default_factory=OthersWrote)

    @contextmanager
    def _writing(self) -> Iterator[Writing]:
        with self.ledger.writing() as writing:
            self.others.saw(writing)
            yield writing

    def evidence(self, customer_id: str, receivable_ids: Sequence[str]) -> Evidence:
        with self.ledger.reading() as connection:
            return evidence_of(connection, self.charges, customer_id, receivable_ids)

    def keep_proposal(self, proposal: Proposal) -> bool:
        row = {"action_id": proposal.action_id, "customer_id": proposal.customer_id, "digest": proposal.digest}
        with self._writing() as writing:
            if newest_digest(writing.connection, proposal.action_id) == proposal.digest:
                return False
            told = row | {"document": document_of(proposal), "recorded_at": writing.recorded_at}
            writing.connection.execute(insert(access_proposal).values(**told))
            return True

    def approval(self, action_id: str) -> Approval | None:
        with self.ledger.reading() as connection:
            return newest_approval(connection, action_id)

    def answer(self, approval: Approval, customer_id: str) -> None:
        with self._writing() as writing:
            asked = newest_digest(writing.connection, approval.action_id)
            keep_answer(writing, approval, customer_id, asked, self.ledger.clock().astimezone(self.zone).date())

    def changes(self, action_id: str) -> Sequence[Standing]:
        with self.ledger.reading() as connection:
            return changes_where(connection, access_change.c.action_id == action_id)

    def taken(self, customer_id: str) -> Sequence[Standing]:
        with self.ledger.reading() as connection:
            return taken_from(connection, customer_id)

    def coming_back(self, customer_id: str) -> frozenset[str]:
        with self.ledger.reading() as connection:
            return coming_back_to(connection, customer_id)

    def is_given_back(self, action_id: str) -> bool:
        with self.ledger.reading() as connection:
            return is_given_back(connection, action_id)

    def is_ordered(self, action_id: str) -> bool:
        with self.ledger.reading() as connection:
            return is_ordered(connection, action_id)

    def is_busy(self, customer_id: str, kind: Answer) -> bool:
        mine = (action.c.customer_id == customer_id, action.c.kind == kind.value)
        at_it = select(action.c.action_id).join(action_state, action_state.c.action_id == action.c.action_id)
        with self.ledger.reading() as connection:
            claimed = at_it.where(*mine, action_state.c.state == State.CLAIMED.value)
            return connection.execute(claimed).first() is not None

    def suspended(self) -> Sequence[str]:
        with self.ledger.reading() as connection:
            return customers_taken_from(connection)

    def suspended_by_others(self) -> Sequence[tuple[str, Subscription]]:
        with self.ledger.reading() as connection:
            return suspended_by_others(connection)

    def prepare(self, claim: Claim, changes: Sequence[Change]) -> bool:
        with self._writing() as writing:
            if not outbox.still_claimed(writing, claim.action_id, claim.token, self._until()):
                return False
            for change in changes:
                _prepare(writing, change)
            return True

    def begin(self, claim: Claim, change: Change, still_wanted: Callable[[], str]) -> str:
        with self.ledger.writing() as writing:
            # Nobody else writes now: what the last look reads, beside this transaction, is all there is.
            why_not = still_wanted()
            self.others.saw(writing)
            if why_not:
                return why_not
            if stop := outbox.stop_in_force(writing.connection):
                raise NotNow(f"everything is stopped since {stop.recorded_at[:16]}")
            if not outbox.still_claimed(writing, claim.action_id, claim.token, self._until()):
                raise NotNow("another worker has the claim by now")
            say(writing, change.change_id, Said(event=ChangeEvent.BEGAN), by=claim.token)
            return ""

    def say(self, change: Change, said: Said) -> None:
        with self._writing() as writing:
            say(writing, change.change_id, said)
            _record(writing, said.found)

    def saw(self, subscription: Subscription) -> None:
        with self._writing() as writing:
            keep_one(writing, subscription)

    def load(self, today: date, wanted: int, value: Mapping[str, int]) -> AccessLoad:
        with self.ledger.reading() as connection:
            return load_of(connection, today, wanted, value, self.zone)

    def released(self, action_id: str) -> Sequence[str]:
        with self.ledger.reading() as connection:
            answered = newest_approval(connection, action_id)
            query = select(access_release.c.digest).where(access_release.c.action_id == action_id)
            query = query.where(access_release.c.recorded_at > (answered.recorded_at if answered else ""))
            return list(connection.execute(query.order_by(access_release.c.recorded_at)).scalars())

    def release(self, waiting: Mapping[str, str], who: Approver, why: str) -> None:
        with self._writing() as writing:
            approvals = [newest_approval(writing.connection, action_id) for action_id in sorted(waiting)]
            check_releaser(who, [each.who for each in approvals if each])
            person = {"person_id": who.id, "person_name": who.name, "auth_manager": who.auth_manager, "why": why}
            for action_id, digest in sorted(waiting.items()):
                row = {"action_id": action_id, "digest": digest, "recorded_at": writing.recorded_at}
                writing.connection.execute(insert(access_release).values(**row | person))

    def propose(self, decisions: Iterable[Decision]) -> None:
        self._propose([action for each in decisions if (action := action_of(each, RUN))])

    def propose_letters(self, letters: Iterable[AccountLetter]) -> None:
        self._propose([action_of_letter(each, RUN) for each in letters])

    def _propose(self, wanted: Sequence[Action]) -> None:
        if wanted:
            with self._writing() as writing:
                outbox.propose(writing, wanted)

    def look_anew(self) -> None:
        self.others.or_ourselves()

    def record(self, findings: Iterable[Finding]) -> None:
        with self._writing() as writing:
            _record(writing, findings)

    def _until(self) -> str:
        return moment_text(self.ledger.clock() + CLAIM_LASTS)


def _record(writing: Writing, findings: Iterable[Finding]) -> None:
    rows = findings_table(findings)
    insert_new(writing.connection, finding, rows, recorded_at=writing.recorded_at, file_digest="")


def newest_digest(connection: Connection, action_id: str) -> str:
    """The digest of the proposal that was asked last; "" for none."""
    c = access_proposal.c
    query = select(c.digest).where(c.action_id == action_id).order_by(c.recorded_at.desc()).limit(1)
    return str(connection.execute(query).scalar_one_or_none() or "")


def _prepare(writing: Writing, change: Change) -> None:
    """Keep a change, once, and the snapshot from which it begins now."""
    known = select(access_change.c.change_id).where(access_change.c.change_id == change.change_id)
    if not writing.connection.execute(known).first():
        row: dict[str, Any] = {
            "change_id": change.change_id,
            "action_id": change.action_id,
            "customer_id": change.customer_id,
            "tenant_id": change.tenant_id,
            "subscription_id": change.subscription_id,
            "direction": change.direction.value,
        }
        writing.connection.execute(insert(access_change).values(**row, recorded_at=writing.recorded_at))
    say(writing, change.change_id, Said(event=ChangeEvent.PREPARED, shown=change.snapshot))
