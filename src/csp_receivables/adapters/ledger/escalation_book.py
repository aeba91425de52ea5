"""Escalation reports in the ledger: what they are compiled from, the reports themselves, and their letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, and_, func, insert, or_, select

from csp_receivables.adapters.ledger import collections_tables as ct
from csp_receivables.adapters.ledger import outbox
from csp_receivables.adapters.ledger.access_restorations import restorations
from csp_receivables.adapters.ledger.connection import Ledger, Writing, moment_text
from csp_receivables.adapters.ledger.decision_book import facts_with_collections
from csp_receivables.adapters.ledger.escalation_tables import escalation_report
from csp_receivables.adapters.ledger.outbox_tables import action, action_event
from csp_receivables.adapters.ledger.support_book import read_cases
from csp_receivables.adapters.ledger.tables import finding
from csp_receivables.domain.collections.decisions import Answer
from csp_receivables.domain.day import Mode
from csp_receivables.domain.escalation.compiling import ActionStanding, Known
from csp_receivables.domain.escalation.items import ReportKind
from csp_receivables.domain.escalation.letters import HandedOver, pack_letter, report_letter
from csp_receivables.domain.escalation.policy import Reader
from csp_receivables.domain.escalation.report import EscalationReport, from_json, to_json
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.outbox.states import TRANSITIONS, Event, State
from csp_receivables.domain.run_plan import RunPlan

_TROUBLED = tuple(event for event in Event if TRANSITIONS[event].after in (State.FAILED, State.IN_DOUBT))
_WAITS = tuple(event for event in Event if TRANSITIONS[event].after in (State.PROPOSED, State.APPROVED, State.HELD))


@dataclass(frozen=True, slots=True)
class LedgerEscalationBook:
    """Implements support_ports.EscalationBook on the ledger. `zone`: the partner's."""

    ledger: Ledger
    zone: ZoneInfo

    def is_demo(self) -> bool:
        return self.ledger.kind() == "demo"

    def read(self, kind: ReportKind, plan: RunPlan) -> tuple[Facts, Known]:
        """What a report is compiled from. Actions and findings are seen as they stood in the morning after the day."""
        known_at = moment_text(plan.known_at) if plan.known_at else self.ledger.everything_known()
        seen = known_at if plan.known_at or plan.mode is Mode.LIVE else min(known_at, self._morning_after(plan.as_of))
        with self.ledger.reading() as connection:
            facts = facts_with_collections(connection, plan.as_of, known_at, self.zone)
            known = Known(
                actions=tuple(_actions(connection, plan.as_of, seen, self.zone)),
                found_on=_found_on(connection, known_at, self.zone),
                restored=tuple(restorations(connection, seen, self.zone)),
                before=_before(connection, kind, plan.as_of, known_at),
                cases=read_cases(connection, seen),
                seen_at=seen,
            )
        return facts, known

    def keep(self, report: EscalationReport, readers: Sequence[Reader]) -> tuple[str, int]:
        """Keep the report under the name of what it says; live, propose its letters in the same transaction."""
        transaction = self.ledger.writing if report.mode is Mode.LIVE else self.ledger.noting
        run_id = run_name(report)
        with transaction() as writing:
            _insert(writing, report, run_id)
            proposed = outbox.propose(writing, [report_letter(report, reader, run_id) for reader in readers])
        return run_id, len(proposed.new)

    def propose_packs(self, as_of: date, readers: Sequence[Reader]) -> int:
        """Propose the packs of whom the day's live decisions hand over; how many letters were not known before."""
        with self.ledger.writing() as writing:
            handed = _handed_over(writing.connection, as_of)
            return len(outbox.propose(writing, [pack_letter(each, one) for each in handed for one in readers]).new)

    def kept(self, run_id: str) -> EscalationReport | None:
        """The report of that run; None when there is none."""
        query = select(escalation_report.c.document).where(escalation_report.c.run_id == run_id)
        with self.ledger.reading() as connection:
            document = connection.execute(query).scalar_one_or_none()
        return from_json(document) if document else None

    def newest(self, kind: ReportKind) -> date | None:
        """The day of the newest live report of its kind."""
        own = escalation_report.c.kind == kind.value, escalation_report.c.mode == Mode.LIVE.value
        with self.ledger.reading() as connection:
            return connection.execute(select(func.max(escalation_report.c.as_of)).where(*own)).scalar_one_or_none()

    def _morning_after(self, as_of: date) -> str:
        return moment_text(datetime.combine(as_of + timedelta(days=2), time.min, self.zone))


def run_name(report: EscalationReport) -> str:
    """A report is known by its kind, mode, day and content: made again, it has the same name."""
    known = "" if report.mode is Mode.LIVE else f"@{report.known_at}"
    return f"{report.kind.value}:{report.mode.value}:{report.as_of}{known}:{report.digest[:16]}"


def _insert(writing: Writing, report: EscalationReport, run_id: str) -> None:
    if writing.connection.execute(select(escalation_report).where(escalation_report.c.run_id == run_id)).first():
        return
    row = {"run_id": run_id, "kind": report.kind.value, "mode": report.mode.value, "as_of": report.as_of}
    told = {"known_at": report.known_at, "content_digest": report.digest, "document": to_json(report)}
    writing.connection.execute(insert(escalation_report).values(**row, **told, recorded_at=writing.recorded_at))


def _before(connection: Connection, kind: ReportKind, as_of: date, known_at: str) -> EscalationReport | None:
    """The live report of this kind on the nearest day before, the last that was known of that day."""
    query = (
        select(escalation_report.c.document)
        .where(escalation_report.c.kind == kind.value, escalation_report.c.mode == Mode.LIVE.value)
        .where(escalation_report.c.as_of < as_of, escalation_report.c.recorded_at <= known_at)
        .order_by(escalation_report.c.as_of.desc(), escalation_report.c.recorded_at.desc())
        .limit(1)
    )
    document = connection.execute(query).scalar_one_or_none()
    return from_json(document) if document else None


def _actions(connection: Connection, as_of: date, known_at: str, zone: ZoneInfo) -> Iterator[ActionStanding]:
    """Suspensions that wait, and whatever failed or is in doubt, as they stood then."""
    place = func.row_number().over(partition_by=action_event.c.action_id, order_by=action_event.c.event_no.desc())
    newest = select(action_event, place.label("place")).where(action_event.c.recorded_at <= known_at).subquery()
    is_suspension = action.c.kind == Answer.PROPOSE_SUSPENSION.value
    waits = and_(is_suspension, newest.c.event.in_([event.value for event in _WAITS]))
    query = (
        select(action, newest.c.event, newest.c.why, newest.c.retry_at, newest.c.recorded_at.label("since"))
        .join(newest, and_(newest.c.action_id == action.c.action_id, newest.c.place == 1))
        .where(action.c.decided_on <= as_of)
        .where(or_(waits, newest.c.event.in_([event.value for event in _TROUBLED])))
        .order_by(action.c.action_id)
    )
    return (_standing(row, zone) for row in connection.execute(query))


def _standing(row: Row[Any], zone: ZoneInfo) -> ActionStanding:
    return ActionStanding(
        action_id=row.action_id,
        kind=row.kind,
        customer_id=row.customer_id,
        stage=row.stage,
        state=TRANSITIONS[Event(row.event)].after,
        since=_day(row.since, zone),
        why=row.why,
        payload=row.payload,
        is_retried=bool(row.retry_at),
    )


def _handed_over(connection: Connection, as_of: date) -> list[HandedOver]:
    """By the newest live decisions of the day; none where they ran dry."""
    run, made = ct.decision_run, ct.decision
    query = select(run).where(run.c.as_of == as_of, run.c.mode == Mode.LIVE.value).order_by(run.c.recorded_at.desc())
    newest = connection.execute(query.limit(1)).first()
    if newest is None or newest.dry:
        return []
    own = (made.c.run_id == newest.run_id, made.c.answer == Answer.ESCALATE.value)
    return [
        HandedOver(customer_id=row.customer_id, round_id=row.round_id, stage=row.stage, decided_on=as_of)
        for row in connection.execute(select(made).where(*own).order_by(made.c.customer_id))
    ]


def _found_on(connection: Connection, known_at: str, zone: ZoneInfo) -> Mapping[str, date]:
    query = select(finding.c.finding_id, finding.c.recorded_at).where(finding.c.recorded_at <= known_at)
    return {row.finding_id: _day(row.recorded_at, zone) for row in connection.execute(query)}


def _day(moment: str, zone: ZoneInfo) -> date:
    return datetime.fromisoformat(moment).astimezone(zone).date()
