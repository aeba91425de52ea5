"""What the ledger knows of one account's day at the bank, and the change of which lines count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, and_, delete, insert, or_, select, union, update

from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Writing
from csp_receivables.adapters.ledger.tables import (
    allocation,
    payment,
    payment_sighting,
    payment_state,
    statement,
    statement_acceptance,
)
from csp_receivables.adapters.ledger.tables import finding as finding_rows
from csp_receivables.domain.booked_money import PROVING_FAMILIES, Judgement, LineKey, ReportedLine, judge, stopped
from csp_receivables.domain.findings import Finding, findings_table
from csp_receivables.domain.statements import State, digest_of

AccountDay = tuple[str, date]
_IDS_PER_QUERY = 500  # SQLite takes some thousands of bound values at most


@dataclass(frozen=True, slots=True)
class _StoredDay:
    """The booked lines of an account and day, and which of them count now."""

    lines: tuple[ReportedLine, ...]
    counting: frozenset[LineKey]
    first_told_by: Mapping[LineKey, str]  # statement_id


def judge_day(writing: Writing, account: str, day: date, new_statements: frozenset[str]) -> tuple[Finding, ...]:
    """Judge the day anew and write what changed. Lines that `new_statements` brought are judged for the first time."""
    stored = _stored_day(writing.connection, account, day)
    judgement = judge(account, day, stored.lines, stated_by=stated_by(writing.connection, account, day))
    changed = stored.counting ^ judgement.counts
    first = [key for key in changed if stored.first_told_by[key] in new_statements]
    later = sorted(changed - set(first))
    _write_first_word(writing, first, judgement)
    _write_later_word(writing, later, judgement)
    gone = stopped(stored.counting, judgement.counts)
    reverse_allocations(writing, gone, f"the money is told by {judgement.source or 'no accepted statement'} otherwise")
    rows = findings_table(judgement.findings)
    insert_new(writing.connection, finding_rows, rows, recorded_at=writing.recorded_at, file_digest="")
    return judgement.findings


def stated_by(connection: Connection, account: str, day: date) -> frozenset[str]:
    """The families whose accepted statements speak for the account's day, with or without entries on it."""
    query = (
        _accepted_statements()
        .with_only_columns(statement.c.family)
        .distinct()
        .where(statement.c.account == account, statement.c.family.in_(PROVING_FAMILIES))
        .where(statement.c.from_on <= day, statement.c.until_on >= day)
    )
    return frozenset(connection.execute(query).scalars())


def has_lines(connection: Connection, account: str, day: date) -> bool:
    """Does the ledger know any line, counting or not, on the account's day?"""
    query = select(payment.c.payment_id).where(payment.c.account == account, payment.c.booked_on == day)
    return connection.execute(query.limit(1)).first() is not None


def days_between(connection: Connection, account: str, first: date, last: date) -> set[AccountDay]:
    """The account's days from `first` to `last` on which the ledger knows a line."""
    query = select(payment.c.booked_on).distinct().where(payment.c.account == account)
    rows = connection.execute(query.where(payment.c.booked_on.between(first, last)))
    return {(account, day) for (day,) in rows}


def days_of_statement(connection: Connection, statement_id: str) -> set[AccountDay]:
    """The days of every line that the statement told of, first or again."""
    told = select(payment.c.account, payment.c.booked_on).distinct()
    again = and_(payment_sighting.c.payment_id == payment.c.payment_id, payment_sighting.c.family == payment.c.family)
    first = told.where(payment.c.statement_id == statement_id)
    later = told.join(payment_sighting, again).where(payment_sighting.c.statement_id == statement_id)
    return {(account, day) for query in (first, later) for account, day in connection.execute(query)}


def reverse_allocations(writing: Writing, payment_ids: Iterable[str], because: str) -> int:
    """Undo, by further entries, what payments and returns that no longer count had done. Returns how many.

    A payment's own allocations go, and so does what others did to them; a return or refund lets go of what it undid,
    and of the payment's side of the pair that offset its rest.
    """
    reversals = 0
    for ids in _in_parts(sorted(payment_ids)):
        own = select(allocation.c.allocation_id).where(allocation.c.reverses == "")
        touched = select(allocation.c.reverses).where(allocation.c.reverses != "")
        theirs = and_(allocation.c.source_kind == "payment", allocation.c.source_id.in_(ids))
        roots = union(own.where(theirs), touched.where(theirs)).subquery()
        found = or_(*(column.in_(select(roots)) for column in (allocation.c.allocation_id, allocation.c.reverses)))
        query = select(allocation).where(found).order_by(allocation.c.allocation_id)
        rows = _taken_back(list(writing.connection.execute(query).mappings()), frozenset(ids))
        if rows:
            told = {"rule": "absorbed", "because": because, "run_id": "", "recorded_at": writing.recorded_at}
            writing.connection.execute(insert(allocation), [row | told for row in rows])
        reversals += len(rows)
    return reversals


def _taken_back(rows: Sequence[RowMapping], stopped_ids: frozenset[str]) -> list[dict[str, Any]]:
    """For each allocation and each payment or return that acted on it: the entry that brings its effect to zero."""
    roots = {row["allocation_id"]: row for row in rows if not row["reverses"]}
    acted: dict[tuple[str, str], list[RowMapping]] = defaultdict(list)
    for row in rows:
        acted[row["reverses"] or row["allocation_id"], row["source_id"]].append(row)
    taken_back = []
    for (root_id, source_id), done in acted.items():
        amount, difference = (sum(row[name] for row in done) for name in ("amount", "difference"))
        root = roots[root_id]
        goes = {source_id, root["source_id"]} & stopped_ids or not root["receivable_id"]
        if goes and (amount or difference):
            entry = {
                "allocation_id": digest_of("absorbed", root_id, source_id, str(len(done))),
                "amount": -amount,
                "difference": -difference,
                "effective_on": max(row["effective_on"] for row in done),
                "reverses": root_id,
            }
            taken_back.append(dict(done[-1]) | entry)
    return taken_back


def _accepted_statements() -> Any:
    accepted = statement_acceptance.c.statement_id == statement.c.statement_id
    query = select(statement.c.statement_id).outerjoin(statement_acceptance, accepted)
    return query.where(or_(statement.c.state == State.ACCEPTED.value, statement_acceptance.c.statement_id.is_not(None)))


def _stored_day(connection: Connection, account: str, day: date) -> _StoredDay:
    on_the_day = and_(payment.c.account == account, payment.c.booked_on == day, payment.c.status == "booked")
    rows = connection.execute(select(payment).where(on_the_day)).all()
    states = _later_words(connection, on_the_day)
    told_by = _told_by(connection, on_the_day, rows)
    accepted = _accepted(connection, set().union(*told_by.values()))
    return _StoredDay(
        lines=tuple(_reported(row, told_by[row.payment_id, row.family] & accepted) for row in rows),
        counting=frozenset(
            (row.payment_id, row.family) for row in rows if states.get((row.payment_id, row.family), row.counts)
        ),
        first_told_by={(row.payment_id, row.family): row.statement_id for row in rows},
    )


def _later_words(connection: Connection, on_the_day: Any) -> dict[LineKey, bool]:
    same = and_(payment_state.c.payment_id == payment.c.payment_id, payment_state.c.family == payment.c.family)
    query = select(payment_state).join(payment, same).where(on_the_day).order_by(payment_state.c.recorded_at)
    return {(row.payment_id, row.family): row.counts for row in connection.execute(query)}


def _told_by(connection: Connection, on_the_day: Any, rows: Sequence[Row[Any]]) -> dict[LineKey, set[str]]:
    told: dict[LineKey, set[str]] = defaultdict(set)
    for row in rows:
        told[row.payment_id, row.family].add(row.statement_id)
    same = and_(payment_sighting.c.payment_id == payment.c.payment_id, payment_sighting.c.family == payment.c.family)
    for row in connection.execute(select(payment_sighting).join(payment, same).where(on_the_day)):
        told[row.payment_id, row.family].add(row.statement_id)
    return told


def _accepted(connection: Connection, statement_ids: set[str]) -> frozenset[str]:
    found: set[str] = set()
    for ids in _in_parts(sorted(statement_ids)):
        found.update(connection.execute(_accepted_statements().where(statement.c.statement_id.in_(ids))).scalars())
    return frozenset(found)


def _reported(row: Row[Any], accepted: set[str]) -> ReportedLine:
    return ReportedLine(
        payment_id=row.payment_id,
        family=row.family,
        entry_id=row.entry_id,
        detail_no=row.detail_no,
        currency=row.currency,
        amount=row.amount,
        end_to_end=row.end_to_end,
        text=row.text,
        statements=frozenset(accepted),
    )


def _write_first_word(writing: Writing, keys: Iterable[LineKey], judgement: Judgement) -> None:
    """Lines of this very transaction: nobody has seen them, so their own row says whether they count."""
    for payment_id, family in sorted(keys):
        which = and_(payment.c.payment_id == payment_id, payment.c.family == family)
        counts = (payment_id, family) in judgement.counts
        writing.connection.execute(update(payment).where(which).values(counts=counts))


def _write_later_word(writing: Writing, keys: Iterable[LineKey], judgement: Judgement) -> None:
    """A change of what was known: another row. Two changes at one moment are one, the later."""
    for payment_id, family in keys:
        counts = (payment_id, family) in judgement.counts
        told = judgement.source or "no accepted statement"
        because = f"the day is told by {told}" if counts else f"{told} tells the same money, or does not have it"
        key = {"payment_id": payment_id, "family": family, "recorded_at": writing.recorded_at}
        writing.connection.execute(delete(payment_state).filter_by(**key))
        writing.connection.execute(insert(payment_state).values(**key, counts=counts, because=because))


def _in_parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _IDS_PER_QUERY] for start in range(0, len(ids), _IDS_PER_QUERY))
