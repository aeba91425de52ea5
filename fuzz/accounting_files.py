"""Receivables and customers from accounting, in the canonical form and in those of the shipped profiles."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from csp_receivables.adapters.accounting_files.reading import AccountingFiles
from csp_receivables.domain.accounting import CustomerBatch, FileRefused, Purpose, ReceivableBatch
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.records import (
    CONTACT,
    CUSTOMER,
    CUSTOMER_TENANT,
    RECEIVABLE,
    RECEIVABLE_LINE,
    STATED_OPEN,
)
from fuzz import claims

PROFILES = Path(__file__).parents[1] / "include" / "accounting"
READER = AccountingFiles.with_profiles(PROFILES, "seller")
Batch = TypeVar("Batch", CustomerBatch, ReceivableBatch)
_FOLDER = tempfile.TemporaryDirectory(prefix="csp-fuzz-")
_PATH = Path(_FOLDER.name) / "fuzzed.csv"


def receivables(data: bytes) -> None:
    """Recognise the file and, when it holds receivables, read it twice."""
    if purpose_of(data) is Purpose.RECEIVABLES:
        claims.same_again(_receivables(), _receivables())


def customers(data: bytes) -> None:
    """Recognise the file and, when it holds customers, read it twice."""
    if purpose_of(data) is Purpose.CUSTOMERS:
        claims.same_again(_customers(), _customers())


def purpose_of(data: bytes) -> Purpose | None:
    """What the file is recognised as; None where it is refused."""
    _PATH.write_bytes(data)
    try:
        return READER.recognise(_PATH, READER.identify(_PATH)).purpose
    except FileRefused as refusal:
        claims.findings_say_where(refusal.findings, _PATH.name, "accounting.")
        return None


def _receivables() -> Sequence[Any]:
    batches, refused = _all_of(READER.receivables)
    table = _joined((batch.receivables for batch in batches), RECEIVABLE)
    lines = _joined((batch.lines for batch in batches), RECEIVABLE_LINE)
    stated = _joined((batch.stated_open for batch in batches), STATED_OPEN)
    if not refused:
        ids = table.column("receivable_id").to_pylist()
        claims.unique(ids, "receivable_id")
        claims.holds({*lines.column("receivable_id").to_pylist()} == {*ids}, "each receivable has lines, and only they")
        claims.holds({*stated.column("receivable_id").to_pylist()} <= {*ids}, "what is stated open is there")
        for name in ("net", "tax"):
            sums: Counter[str] = Counter()
            for key, amount in zip(lines["receivable_id"].to_pylist(), lines[name].to_pylist(), strict=True):
                sums[key] += amount
            claims.same_again([sums[key] for key in ids], table.column(name).to_pylist())
        for row in table.to_pylist():
            claims.holds(row["net"] + row["tax"] == row["amount"] >= 0, "net and tax make gross, which is not negative")
    return table, lines, stated, refused, [batch.findings for batch in batches]


def _customers() -> Sequence[Any]:
    batches, refused = _all_of(READER.customers)
    table = _joined((batch.customers for batch in batches), CUSTOMER)
    tenants = _joined((batch.tenants for batch in batches), CUSTOMER_TENANT)
    contacts = _joined((batch.contacts for batch in batches), CONTACT)
    ids = table.column("customer_id").to_pylist()
    claims.unique(ids, "customer_id")
    claims.holds(all(ids), "each customer has an id")
    for owned in (tenants, contacts):
        claims.holds({*owned.column("customer_id").to_pylist()} <= {*ids}, "tenants and contacts have their customer")
    return table, tenants, contacts, refused, [batch.findings for batch in batches]


def _all_of(read: Callable[[Path], Iterator[Batch]]) -> tuple[list[Batch], Sequence[Finding]]:
    """Every batch, and the findings of a refusal."""
    batches: list[Batch] = []
    refused: Sequence[Finding] = ()
    try:
        for batch in read(_PATH):
            batches.append(batch)
    except FileRefused as refusal:
        refused = refusal.findings
    for findings in (refused, *(batch.findings for batch in batches)):
        claims.findings_say_where(findings, _PATH.name, "")
    return batches, refused


def _joined(tables: Iterable[pa.Table], schema: pa.Schema) -> pa.Table:
    joined = pa.concat_tables([schema.empty_table(), *tables])
    claims.table_can_be_kept(joined, schema)
    return joined
