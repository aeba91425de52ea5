"""Bank files in the ledger: each stored once, whole or not at all, in one writing transaction.

The fast path: lines of an account and day that the ledger knew nothing of all count, and nothing is judged in Python.
Only days that were told of before are judged anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, delete, insert, select, update

from csp_receivables.adapters.ledger.bank_amounts import stored_amount
from csp_receivables.adapters.ledger.bank_days import (
    AccountDay,
    days_between,
    days_of_statement,
    has_lines,
    judge_day,
    stated_by,
)
from csp_receivables.adapters.ledger.bank_pages import equals_before
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.tables import finding as finding_rows
from csp_receivables.adapters.ledger.tables import (
    imported_file,
    payment,
    payment_sighting,
    statement,
    statement_acceptance,
)
from csp_receivables.domain.bank_files import BankFile, BankFileRefused
from csp_receivables.domain.booked_money import FAMILIES, PROVING_FAMILIES
from csp_receivables.domain.findings import Finding, findings_table
from csp_receivables.domain.imports import FileReport, Outcome
from csp_receivables.domain.payment_ids import EqualsBefore
from csp_receivables.domain.statements import BankReport, NoSuchStatement, State, Statement, StoredStatement
from csp_receivables.ports import BankFilePart

Read = Callable[[EqualsBefore], Iterator[BankFilePart]]
FINDINGS_AT_ONCE = 1_000


class LedgerBankBook:
    """See `ports.BankBook`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def import_file(self, file: BankFile, read: Read) -> BankReport:
        with self._ledger.writing() as writing:
            if _is_imported(writing.connection, file.digest):
                return _read_again(writing.connection, file, read)
            storing = _Storing(writing, file)
            for part in read(partial(equals_before, writing.connection)):
                storing.take(part)
            return storing.finish()

    def refuse_file(self, file: BankFile, refusal: BankFileRefused) -> BankReport:
        finding = refusal.finding(file.name)
        report = FileReport(
            name=file.name,
            digest=file.digest,
            outcome=Outcome.REFUSED,
            taken_for=file.taken_for or refusal.taken_for,
            because=f"{refusal.found} {refusal.remedy}",
            findings=(finding,),
        )
        with self._ledger.writing() as writing:
            _keep_findings(writing, file, [finding])
            _keep_file(writing, file, report, findings=1)
        return BankReport(file=report)

    def accept(self, statement_id: str, *, by: str, why: str) -> int:
        with self._ledger.writing() as writing:
            held = _held(writing.connection, statement_id)
            row = {"statement_id": statement_id, "accepted_by": by, "why": why, "recorded_at": writing.recorded_at}
            writing.connection.execute(insert(statement_acceptance).values(**row))
            days = days_of_statement(writing.connection, statement_id)
            if held.from_on and held.until_on:
                days |= days_between(writing.connection, held.account, held.from_on, held.until_on)
            for account, day in sorted(days):
                judge_day(writing, account, day, frozenset())
            query = select(payment.c.payment_id).where(payment.c.statement_id == statement_id)
            return len(writing.connection.execute(query.where(payment.c.status == "booked")).all())


@dataclass(slots=True)
class _Storing:
    """One file on its way into the ledger."""

    writing: Writing
    file: BankFile
    statements: list[Statement] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    facts: int = 0
    new_facts: int = 0
    told_by: dict[AccountDay, set[str]] = field(default_factory=dict)  # the file's days, and which statements tell them
    known_days: set[AccountDay] = field(default_factory=set)  # of these, the ones that the ledger knew before

    def take(self, part: BankFilePart) -> None:
        if isinstance(part, Finding):
            self.findings.append(part)
        elif isinstance(part, Statement):
            self.statements.append(part)
            self._insert_statement(part)
        else:
            self._insert_lines(part)

    def finish(self) -> BankReport:
        held = [each.statement_id for each in self.statements if each.state is State.HELD]
        if held:
            ours = payment.c.statement_id.in_(held)
            self.writing.connection.execute(update(payment).where(ours).values(counts=False))
        new_statements = frozenset(each.statement_id for each in self.statements)
        for account, day in sorted(self._days_to_judge()):
            self.findings += judge_day(self.writing, account, day, new_statements)
        report = FileReport(
            name=self.file.name,
            digest=self.file.digest,
            outcome=Outcome.IMPORTED,
            taken_for=self.file.taken_for,
            facts=self.facts,
            new_facts=self.new_facts,
            findings=tuple(self.findings),
        )
        _keep_findings(self.writing, self.file, self.findings)
        _keep_file(self.writing, self.file, report, findings=len(self.findings))
        return BankReport(
            file=report, statements=tuple(StoredStatement(statement=s, state=s.state) for s in self.statements)
        )

    def _insert_lines(self, lines: pa.RecordBatch) -> None:
        table = pa.Table.from_batches([lines])
        self._note_days(table)
        table = table.append_column("counts", pc.equal(table["status"], "booked"))
        new = insert_new(self.writing.connection, payment, table, recorded_at=self.writing.recorded_at)
        if new < table.num_rows:
            self._note_sightings(table)
        self.facts += table.num_rows
        self.new_facts += new

    def _note_days(self, table: pa.Table) -> None:
        told = table.group_by(["account", "booked_on", "statement_id"]).aggregate([]).to_pylist()
        for row in told:
            day = (row["account"], row["booked_on"])
            if day not in self.told_by:
                self.told_by[day] = set()
                if has_lines(self.writing.connection, *day):
                    self.known_days.add(day)
            self.told_by[day].add(row["statement_id"])

    def _note_sightings(self, table: pa.Table) -> None:
        """Lines that an earlier statement told of: this one vouches for them as well."""
        first: dict[tuple[str, str], str] = {}
        days = {(row["account"], row["booked_on"]) for row in table.select(["account", "booked_on"]).to_pylist()}
        for account, day in days:
            query = select(payment.c.payment_id, payment.c.family, payment.c.statement_id)
            query = query.where(payment.c.account == account, payment.c.booked_on == day)
            first |= {(row[0], row[1]): row[2] for row in self.writing.connection.execute(query)}
        seen = table.select(["payment_id", "family", "statement_id"])
        again = [row for row in seen.to_pylist() if first[row["payment_id"], row["family"]] != row["statement_id"]]
        rows = pa.Table.from_pylist(again, schema=seen.schema)
        insert_new(self.writing.connection, payment_sighting, rows, recorded_at=self.writing.recorded_at)

    def _days_to_judge(self) -> set[AccountDay]:
        """Days told before or twice, days a statement of this file covers, days that are already covered."""
        judged = self.known_days | {day for day, told_by in self.told_by.items() if len(told_by) > 1}
        for each in self.statements:
            if each.family in PROVING_FAMILIES and each.from_on and each.until_on:
                covered = days_between(self.writing.connection, each.account, each.from_on, each.until_on)
                judged |= covered - set(self.told_by)
        outranked = {each.statement_id: each.family for each in self.statements if each.family != FAMILIES[0]}
        for day, told_by in self.told_by.items():
            own = {outranked[statement_id] for statement_id in told_by & outranked.keys()}
            if own and stated_by(self.writing.connection, *day) - own:
                judged.add(day)
        return judged

    def _insert_statement(self, read: Statement) -> None:
        row: dict[str, Any] = {
            "statement_id": read.statement_id,
            "file_digest": read.file_digest,
            "statement_key": read.page_key,
            "family": read.family,
            "account": read.account,
            "currency": read.currency or "",
            "number": read.number,
            "state": read.state.value,
            "ordinal": read.ordinal,
            "entries": read.entries,
            "details": read.details,
            "from_on": read.from_on,
            "until_on": read.until_on,
            "reconciles": read.reconciles,
            "recorded_at": self.writing.recorded_at,
        }
        for name in ("opening", "closing", "credits", "debits"):
            row[name] = stored_amount(getattr(read, name), read.currency)
        self.writing.connection.execute(insert(statement).values(**row))


def _read_again(connection: Connection, file: BankFile, read: Read) -> BankReport:
    """What a file that is already imported says, with its statements' states as the ledger has them now."""
    parts = [part for part in read(lambda _: {}) if not isinstance(part, pa.RecordBatch)]
    states = _states(connection, file.digest)
    report = FileReport(
        name=file.name,
        digest=file.digest,
        outcome=Outcome.ALREADY_KNOWN,
        taken_for=file.taken_for,
        facts=connection.execute(select(imported_file.c.facts).filter_by(digest=file.digest)).scalar_one(),
        because="the same bytes were imported before",
        findings=tuple(part for part in parts if isinstance(part, Finding)),
    )
    statements = (part for part in parts if isinstance(part, Statement))
    return BankReport(
        file=report,
        statements=tuple(StoredStatement(statement=s, state=states.get(s.statement_id, s.state)) for s in statements),
    )


def _states(connection: Connection, digest: str) -> dict[str, State]:
    accepted = statement_acceptance.c.statement_id == statement.c.statement_id
    query = select(statement.c.statement_id, statement.c.state, statement_acceptance.c.statement_id.label("by_person"))
    rows = connection.execute(query.outerjoin(statement_acceptance, accepted).where(statement.c.file_digest == digest))
    return {row.statement_id: State.ACCEPTED if row.by_person else State(row.state) for row in rows}


def _held(connection: Connection, statement_id: str) -> Any:
    row = connection.execute(select(statement).filter_by(statement_id=statement_id)).one_or_none()
    if row is None:
        raise NoSuchStatement(f"there is no statement {statement_id!r}; `csp import bank FILE --json` shows their ids")
    if row.state != State.HELD.value:
        raise NoSuchStatement(f"statement {statement_id} is not held: it counts already")
    accepted = connection.execute(select(statement_acceptance).filter_by(statement_id=statement_id)).one_or_none()
    if accepted is not None:
        raise NoSuchStatement(f"statement {statement_id} was accepted by {accepted.accepted_by}: {accepted.why}")
    return row


def _is_imported(connection: Connection, digest: str) -> bool:
    query = select(imported_file.c.outcome).where(imported_file.c.digest == digest)
    return connection.execute(query).scalar_one_or_none() == Outcome.IMPORTED.value


def _keep_findings(writing: Writing, file: BankFile, findings: list[Finding]) -> None:
    for start in range(0, len(findings), FINDINGS_AT_ONCE):
        rows = findings_table(findings[start : start + FINDINGS_AT_ONCE])
        insert_new(writing.connection, finding_rows, rows, file_digest=file.digest, recorded_at=writing.recorded_at)


def _keep_file(writing: Writing, file: BankFile, report: FileReport, *, findings: int) -> None:
    """The file's row. A refusal that these bytes met earlier gives way to how they fared now, an import never does."""
    if _is_imported(writing.connection, file.digest):
        return
    writing.connection.execute(delete(imported_file).where(imported_file.c.digest == file.digest))
    row = {
        "digest": file.digest,
        "purpose": "bank",
        "name": file.name,
        "outcome": report.outcome.value,
        "because": report.because,
        "bytes": file.size,
        "facts": report.facts,
        "findings": findings,
        "recorded_at": writing.recorded_at,
    }
    writing.connection.execute(insert(imported_file).values(**row))
