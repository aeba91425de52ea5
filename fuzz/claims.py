"""What must hold of whatever a reader gave, beside that it gave it without an error."""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, localcontext

import pyarrow as pa

from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.findings import Finding, Severity, findings_table
from csp_receivables.domain.money import to_decimal
from csp_receivables.domain.records import BANK_LINE
from csp_receivables.domain.statements import State, Statement

DIGITS = 5_000  # sums are added exactly, whatever a file writes


class Broken(AssertionError):
    """Something was read that can't be right."""


def holds(condition: bool, claim: str) -> None:  # noqa: FBT001 - it is the claim
    """Raises Broken with the claim when it does not hold."""
    if not condition:
        raise Broken(claim)


def findings_say_where(findings: Iterable[Finding], source: str, prefix: str) -> None:
    """Each finding has its code, words, remedy and file, and a line from 1 on where it names one."""
    listed = list(findings)
    for each in listed:
        holds(each.code.startswith(prefix), f"{each.code} is named for its import")
        holds(bool(each.found and each.remedy), f"{each.code} says what was found and what to do")
        holds(each.source == source, f"{each.code} names the file")
        holds(each.line is None or each.line >= 1, f"{each.code} names line {each.line}")
        texts_can_be_kept([each.found, each.remedy, each.field, each.subject, each.customer_id])
    findings_table(listed)


def texts_can_be_kept(texts: Iterable[str | None]) -> None:
    """PostgreSQL keeps no zero character, and UTF-8 no half of a pair."""
    for text in filter(None, texts):
        holds("\x00" not in text, f"{text[:80]!r} has no zero character")
        holds(not any("\ud800" <= c <= "\udfff" for c in text), f"{text[:80]!r} can be written as UTF-8")


def table_can_be_kept(table: pa.Table, schema: pa.Schema) -> None:
    """Columns, types, nulls and texts are as the record says, and currencies exist."""
    holds(table.schema.equals(schema), f"the columns are {schema.names}")
    table.validate(full=True)
    for field in schema:
        column = table.column(field.name)
        holds(field.nullable or column.null_count == 0, f"{field.name} is never null")
        if pa.types.is_string(field.type):
            texts_can_be_kept(column.to_pylist())
        if pa.types.is_date(field.type):
            column.to_pylist()  # a day that Python's calendar has
    if "currency" in schema.names:
        unknown = set(table.column("currency").to_pylist()) - set(exponents())
        holds(not unknown, f"{unknown} are currencies")


def unique(values: Sequence[object], what: str) -> None:
    """No value comes twice."""
    twice = [value for value, times in Counter(values).items() if times > 1]
    holds(not twice, f"{what} is unique, but {twice[:3]} come more often")


def one_in_four(data: bytes) -> bool:
    """Is this input one of those that are read again, where reading is so slow that few would be read at all?"""
    return zlib.crc32(data) % 4 == 0


def same_again(first: object, second: object) -> None:
    """Reading twice gives the same."""
    holds(first == second, f"a second reading gives the same: {str(first)[:300]} / {str(second)[:300]}")


def statements_add_up(
    statements: Sequence[Statement], lines: pa.Table, findings: Sequence[Finding], digest: str
) -> None:
    """The statements' claims are those of their lines, and a held one says why."""
    table_can_be_kept(lines, BANK_LINE)
    rows = lines.to_pylist()
    unique([(row["statement_id"], row["payment_id"]) for row in rows], "payment_id within its statement")
    unique([statement.statement_id for statement in statements], "statement_id")
    ids = {statement.statement_id for statement in statements}
    strangers = {row["statement_id"] for row in rows} - ids
    holds(not strangers, "each line belongs to a statement that was given out")
    by_statement: Mapping[str, list[dict[str, object]]] = defaultdict(list)
    for row in rows:
        by_statement[row["statement_id"]].append(row)
    held = {each.subject for each in findings if each.severity is Severity.HELD and each.subject}
    for statement in statements:
        _one_statement(statement, by_statement[statement.statement_id], statement.statement_id in held, digest)
    holds(held <= ids, "a finding that holds a statement names one of the file")


def _one_statement(statement: Statement, rows: Sequence[Mapping[str, object]], held: bool, digest: str) -> None:  # noqa: FBT001
    texts_can_be_kept([statement.account, statement.number, statement.currency, statement.taken_for])
    holds(statement.file_digest == digest, "the statement names its file")
    holds(statement.ordinal >= 1, "statements are counted from 1")
    holds(statement.credits >= 0 and statement.debits >= 0, "sums of credits and debits are unsigned")
    holds(len({row["entry_id"] for row in rows}) <= max(statement.entries, statement.details), "entries are counted")
    holds((statement.state is State.HELD) == held, f"state {statement.state} and the findings say the same")
    currencies = {str(row["currency"]) for row in rows}
    if not statement.one_currency or len(currencies) > 1:
        return
    with localcontext(prec=DIGITS):
        booked = [int(str(row["amount"])) for row in rows if row["status"] == "booked"]
        received = to_decimal(sum(booked), currencies.pop()) if currencies else Decimal(0)
        holds(statement.booked == received, f"booked {statement.booked} is what its lines make, {received}")
        if statement.reconciles and statement.opening is not None and statement.closing is not None:
            made = statement.opening + received
            holds(made == statement.closing, f"it proves: {statement.opening} and {received} make {statement.closing}")
