"""Which files of a legacy invoice are there, in the ledger: what was imported, and what a person says is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy import Connection, select

from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.microsoft_tables import invoice_part
from csp_receivables.domain.charge_data import ChargeKind
from csp_receivables.domain.matching_by_hand.requests import Person
from csp_receivables.domain.money_records import INVOICE_PART


@dataclass(frozen=True, slots=True)
class LedgerInvoiceParts:
    """Implements `money_ports.InvoiceParts`."""

    ledger: Ledger

    def parts(self, invoice_id: str) -> frozenset[str]:
        """The kinds of its files that are imported, or that a person says there are not."""
        with self.ledger.reading() as connection:
            return read_parts(connection).get(invoice_id, frozenset())

    def say_none(self, invoice_id: str, kind: ChargeKind, who: Person) -> None:
        """Keep a person's word that the invoice has no file of this kind; said again it changes nothing."""
        with self.ledger.writing() as writing:
            _keep(writing, [(invoice_id, kind.value)], said_by=who.name, why=who.why)


def keep_imported_parts(writing: Writing, parts: Iterable[tuple[str, str]]) -> None:
    """Keep that files were imported: (invoice, kind)."""
    _keep(writing, parts)


def read_parts(connection: Connection, known_at: str = "") -> Mapping[str, frozenset[str]]:
    """The kinds that are not missed any more, by invoice; of what was recorded by `known_at` where it is given."""
    query = select(invoice_part.c.invoice_id, invoice_part.c.kind)
    kinds: dict[str, set[str]] = defaultdict(set)
    for invoice_id, kind in connection.execute(
        query.where(invoice_part.c.recorded_at <= known_at) if known_at else query
    ):
        kinds[invoice_id].add(kind)
    return {invoice_id: frozenset(found) for invoice_id, found in sorted(kinds.items())}


def _keep(writing: Writing, parts: Iterable[tuple[str, str]], *, said_by: str = "", why: str = "") -> None:
    rows = [{"invoice_id": invoice_id, "kind": kind, "said_by": said_by, "why": why} for invoice_id, kind in parts]
    table = pa.Table.from_pylist(rows, schema=INVOICE_PART)
    insert_new(writing.connection, invoice_part, table, recorded_at=writing.recorded_at)
