"""Customers in the ledger: a row for each version of them, and one whenever a tenant is mapped or its mapping ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Table, func, select, tuple_

from csp_receivables.adapters.ledger.accounting_imports import Stored, import_once, refuse_file
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.contacts import keep_contacts
from csp_receivables.adapters.ledger.tables import customer, customer_tenant
from csp_receivables.domain.accounting import AccountingFile, CustomerBatch
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.records import CUSTOMER, CUSTOMER_TENANT

KEYS_PER_QUERY = 10_000  # below what one statement may bind: 32 766 on SQLite, 65 535 on PostgreSQL
_MAPPING = pa.schema([*CUSTOMER_TENANT, pa.field("mapped", pa.bool_(), nullable=False)])


@dataclass(frozen=True, slots=True)
class LedgerCustomerBook:
    """The `CustomerBook` of a ledger."""

    ledger: Ledger

    def import_file(self, file: AccountingFile, batches: Iterable[CustomerBatch]) -> FileReport:
        """Store what is new, in one transaction; see `ports.CustomerBook`."""
        return import_once(self.ledger, file, batches, _store, doubly_mapped)

    def refuse_file(self, file: AccountingFile, findings: Sequence[Finding]) -> FileReport:
        """Keep why nothing of the file counts."""
        return refuse_file(self.ledger, file, findings)


def _store(writing: Writing, batch: CustomerBatch) -> Stored:
    ids = batch.customers.column("customer_id").to_pylist()
    changed = _keep_versions(writing, batch.customers, ids)
    if batch.states_tenants:
        changed |= _keep_mappings(writing, batch.tenants, ids)
    if batch.states_contacts:
        changed |= keep_contacts(writing, batch.contacts, ids)
    return Stored(facts=len(ids), new_facts=len(changed))


def _keep_versions(writing: Writing, rows: pa.Table, ids: Sequence[str]) -> set[str]:
    """A new version where anything changed. Returns the customers that have one."""
    before = {row["customer_id"]: row for row in _newest(writing.connection, customer, CUSTOMER.names, ids)}
    news = [row for row in rows.to_pylist() if row != before.get(row["customer_id"])]
    insert_new(
        writing.connection, customer, pa.Table.from_pylist(news, schema=CUSTOMER), recorded_at=writing.recorded_at
    )
    return {row["customer_id"] for row in news}


def _keep_mappings(writing: Writing, rows: pa.Table, ids: Sequence[str]) -> set[str]:
    """Maps the tenants that the file gives a customer, and ends the mappings it no longer names."""
    names = ["tenant_id", "customer_id", "mapped"]
    before = {
        (row["tenant_id"], row["customer_id"]): row["mapped"]
        for row in _newest(writing.connection, customer_tenant, names, ids)
    }
    stated = {(row["tenant_id"], row["customer_id"]) for row in rows.to_pylist()}
    starting = {pair for pair in stated if not before.get(pair, False)}
    ending = {pair for pair, mapped in before.items() if mapped and pair not in stated}
    news = [
        {"tenant_id": tenant, "customer_id": owner, "mapped": (tenant, owner) in starting}
        for tenant, owner in sorted(starting | ending)
    ]
    insert_new(
        writing.connection,
        customer_tenant,
        pa.Table.from_pylist(news, schema=_MAPPING),
        recorded_at=writing.recorded_at,
    )
    return {owner for _, owner in starting | ending}


def doubly_mapped(connection: Connection) -> Iterator[Finding]:
    """A finding for each tenant that is now mapped to several customers: its charges are billed to nobody."""
    owners: dict[str, list[str]] = {}
    names = ["tenant_id", "customer_id", "mapped"]
    for row in _newest(connection, customer_tenant, names):
        if row["mapped"]:
            owners.setdefault(row["tenant_id"], []).append(row["customer_id"])
    for tenant, several in sorted(owners.items()):
        if len(several) > 1:
            yield Finding(
                code="tenant.doubly_mapped",
                severity=Severity.HELD,
                found=f"tenant {tenant} belongs to {' and '.join(several)}",
                remedy="Leave it to one of them in the customers file; until then its charges are billed to nobody",
                field="tenants",
                subject=tenant,
            )


def _newest(
    connection: Connection, table: Table, names: Sequence[str], ids: Sequence[str] | None = None
) -> Iterator[dict[str, Any]]:
    """The newest row of each identity in a table of versions, in the order of its key."""
    identity = [column for column in table.primary_key.columns if column.name != "recorded_at"]
    for some in _parts(ids) if ids is not None else [None]:
        wanted = [] if some is None else [table.c.customer_id.in_(some)]
        newest = select(*identity, func.max(table.c.recorded_at)).where(*wanted).group_by(*identity)
        query = select(*(table.c[name] for name in names)).where(
            *wanted, tuple_(*identity, table.c.recorded_at).in_(newest)
        )
        for row in connection.execute(query.order_by(*identity)).mappings():
            yield dict(row)


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), KEYS_PER_QUERY):
        yield keys[start : start + KEYS_PER_QUERY]
