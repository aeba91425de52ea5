"""Decisions in the ledger: facts, decision, rounds and intentions in one writing transaction, or none of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlalchemy import Connection, insert, select

from csp_receivables.adapters.ledger import collections_tables as t
from csp_receivables.adapters.ledger import outbox
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.collections_facts import read_collections
from csp_receivables.adapters.ledger.connection import Ledger, Writing, moment_text
from csp_receivables.adapters.ledger.facts import read_facts
from csp_receivables.adapters.ledger.outbox_people import approved_policies
from csp_receivables.domain.collections.caseload import Decided
from csp_receivables.domain.collections.decision_table import decision_run_name, decision_table, to_json
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.going_live import why_dry
from csp_receivables.domain.day import Mode
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.outbox.actions import action_of, action_of_letter
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.ports import DecisionRun

Decide = Callable[[Facts], Decided]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerDecisionBook:
    """Implements ports.DecisionBook on the ledger. `policy_text`: the policy's file, kept with its version."""

    ledger: Ledger
    zone: ZoneInfo  # of the partner
    policy_text: str

    def decide(self, as_of: date, decide: Decide) -> DecisionRun:
        """Read, decide, and keep decisions, rounds and (when the policy is live) intentions, in one transaction."""
        with self.ledger.writing() as writing:
            facts = facts_with_collections(writing.connection, as_of, writing.recorded_at, self.zone)
            decided = decide(facts)
            version = decided.policy.version
            is_approved = version in approved_policies(writing.connection)
            dry = why_dry(decided.policy, as_of, is_approved=is_approved)
            run = _keep(writing, decided, Mode.LIVE, writing.recorded_at, dry=dry)
            if dry:
                return run
            self._keep_policy(writing, decided)
            _keep_rounds(writing, decided.decisions, run.run_id)
            wanted = [action for each in decided.acts() if (action := action_of(each, run.run_id))]
            wanted += [action_of_letter(letter, run.run_id) for letter in decided.letters]
            proposed = outbox.propose(writing, wanted)
            return replace(run, proposed=len(proposed.new) + len(proposed.again))

    def record(self, plan: RunPlan, decide: Decide) -> DecisionRun:
        """Keep a historical run's decisions under its own name, and nothing else (I7)."""
        known_at = moment_text(plan.known_at) if plan.known_at else self.ledger.everything_known()
        with self.ledger.reading() as connection:
            decided = decide(facts_with_collections(connection, plan.as_of, known_at, self.zone))
        with self.ledger.noting() as writing:
            return _keep(writing, decided, Mode.HISTORICAL, known_at, dry=plan.because)

    def look(self, plan: RunPlan, decide: Decide) -> Decided:
        """The decisions as the plan sees them, without writing anything."""
        known_at = moment_text(plan.known_at) if plan.known_at else self.ledger.everything_known()
        with self.ledger.reading() as connection:
            return decide(facts_with_collections(connection, plan.as_of, known_at, self.zone))

    def _keep_policy(self, writing: Writing, decided: Decided) -> None:
        known = select(t.collections_policy.c.version).where(t.collections_policy.c.version == decided.policy.version)
        if writing.connection.execute(known).first() is None:
            row = {"version": decided.policy.version, "name": decided.policy.name, "content": self.policy_text}
            writing.connection.execute(insert(t.collections_policy).values(**row, recorded_at=writing.recorded_at))


def facts_with_collections(connection: Connection, as_of: date, known_at: str, zone: ZoneInfo) -> Facts:
    """The facts of the day, and what collections know beside them."""
    collections = read_collections(connection, as_of, known_at, zone)
    return replace(read_facts(connection, as_of, known_at), collections=collections)


def _keep(writing: Writing, decided: Decided, mode: Mode, known_at: str, *, dry: str) -> DecisionRun:
    table = decision_table(decided.decisions)
    run_id = decision_run_name(table, mode, decided.on, known_at)
    acts = len(decided.acts())
    row = {
        "run_id": run_id,
        "mode": mode.value,
        "as_of": decided.on,
        "known_at": known_at,
        "policy_version": decided.policy.version,
        "customers": table.num_rows,
        "acts": acts,
        "dry": bool(dry),
        "recorded_at": writing.recorded_at,
    }
    if writing.connection.execute(select(t.decision_run).where(t.decision_run.c.run_id == run_id)).first() is None:
        writing.connection.execute(insert(t.decision_run).values(**row))
        insert_new(writing.connection, t.decision, table, run_id=run_id, recorded_at=writing.recorded_at)
    return DecisionRun(run_id=run_id, mode=mode, decided=decided, dry=dry, proposed=0)


def _keep_rounds(writing: Writing, decisions: Sequence[Decision], run_id: str) -> None:
    """Rounds that open with today's notices, and those of which nothing is left."""
    same = {"run_id": run_id, "recorded_at": writing.recorded_at}
    opened = [
        {
            "customer_id": each.customer_id,
            "round_id": each.opens.round_id,
            "opened_on": each.opens.opened_on,
            "policy_version": each.opens.policy_version,
            "receivable_ids": to_json(sorted(each.opens.receivable_ids)),
        }
        for each in decisions
        if each.opens
    ]
    closed = [
        {"customer_id": each.customer_id, "round_id": round_id, "closed_on": each.on}
        for each in decisions
        for round_id in each.closes
    ]
    for table, rows in ((t.collections_round, opened), (t.round_closing, closed)):
        if rows:
            insert_new(writing.connection, table, pa.Table.from_pylist(rows), **same)
