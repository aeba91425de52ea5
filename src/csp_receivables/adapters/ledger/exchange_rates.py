"""Exchange rates in the ledger: a row for each rate as published, another when its source corrects it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy import select

from csp_receivables.adapters.ledger.accounting_imports import Stored, import_once, refuse_file
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.tables import exchange_rate
from csp_receivables.domain.accounting import AccountingFile, RateBatch
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.records import EXCHANGE_RATE


@dataclass(frozen=True, slots=True)
class LedgerRateBook:
    """Implements ports.RateBook."""

    ledger: Ledger

    def import_file(self, file: AccountingFile, batches: Iterable[RateBatch]) -> FileReport:
        """Store what is new, in one transaction."""
        return import_once(self.ledger, file, batches, _store, lambda _: ())

    def refuse_file(self, file: AccountingFile, findings: Sequence[Finding]) -> FileReport:
        """Keep why nothing of the file counts."""
        return refuse_file(self.ledger, file, findings)


def _store(writing: Writing, batch: RateBatch) -> Stored:
    days = sorted(set(batch.rates["rated_on"].to_pylist()))
    rate = exchange_rate
    known = select(*(rate.c[name] for name in EXCHANGE_RATE.names)).order_by(rate.c.recorded_at)
    if days:
        known = known.where(rate.c.rated_on.between(days[0], days[-1]))
    newest = {tuple(row[:4]): row[4] for row in writing.connection.execute(known)}
    news = {
        key: row
        for row in batch.rates.to_pylist()
        if newest.get(key := tuple(row[name] for name in EXCHANGE_RATE.names[:4])) != row["rate"]
    }
    rows = pa.Table.from_pylist(list(news.values()), schema=EXCHANGE_RATE)
    insert_new(writing.connection, rate, rows, recorded_at=writing.recorded_at)
    return Stored(facts=batch.rates.num_rows, new_facts=len(news))
