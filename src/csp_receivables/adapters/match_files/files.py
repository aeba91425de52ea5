"""The files of one stateless matching: read into an engine, results written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.match_files.reading import read_file
from csp_receivables.domain.match_files import PAYMENTS, RECEIVABLES, FileRefused
from csp_receivables.domain.matching.ladder import Matched
from csp_receivables.domain.money_sql import define_money
from csp_receivables.ports import OpenItems

RESULTS = {
    "allocations": "payment_id, receivable_id, {amount}, currency, rule, outcome, because",
    "credited": "credit_id, receivable_id, {amount}, currency, rule, outcome, because",
    "suggestions": "payment_id, receivable_id, {amount}, currency, option, rule, because",
    "unapplied": "payment_id, {amount}, currency, nullif(customer_id, '') AS customer_id, because",
    "findings": "code, severity, nullif(source, '') AS file, line, nullif(field, '') AS field, found, remedy, "
    "nullif(subject, '') AS subject, nullif(customer_id, '') AS customer_id, {amount}, "
    "nullif(currency, '') AS currency",
}
_AMOUNT = "CASE WHEN amount IS NOT NULL THEN amount_text(amount, currency) END AS amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchFiles:
    """`receivables` and `payments` are CSV or Parquet; the results are CSV files in the folder `out`."""

    receivables: Path
    payments: Path
    out: Path

    @contextmanager
    def opened(self) -> Iterator[OpenItems]:
        """Both files as relations of an engine of their own. Raises FileRefused."""
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileRefused(f"{self.out}: results can't be written there: {error.strerror}. Name a folder") from None
        with tempfile.TemporaryDirectory(prefix="csp-match-") as spill, engine(Path(spill)) as connection:
            receivables = read_file(connection, self.receivables, RECEIVABLES)
            payments = read_file(connection, self.payments, PAYMENTS)
            yield OpenItems(
                connection=connection,
                receivables=receivables.name,
                payments=payments.name,
                findings=receivables.findings + payments.findings,
                receivable_count=receivables.rows,
                payment_count=payments.rows,
            )

    def write(self, connection: duckdb.DuckDBPyConnection, matched: Matched, findings: pa.Table) -> dict[str, Path]:
        """The result files; each is complete when it gets its name."""
        define_money(connection)
        tables = {
            "allocations": matched.allocations,
            "credited": matched.credited,
            "suggestions": matched.suggestions,
            "unapplied": matched.unapplied,
            "findings": findings,
        }
        with tempfile.TemporaryDirectory(dir=self.out, prefix=".writing-") as folder:
            for name, table in tables.items():
                connection.register("result", table)
                columns = RESULTS[name].format(amount=_AMOUNT)
                connection.execute(
                    f"COPY (SELECT {columns} FROM result) TO '{_quoted(Path(folder) / name)}' (FORMAT csv, HEADER)"
                )
                connection.unregister("result")
            for name in tables:
                os.replace(Path(folder) / name, self.out / f"{name}.csv")  # noqa: PTH105 - atomic by its documentation
        return {name: self.out / f"{name}.csv" for name in tables}


def _quoted(path: Path) -> str:
    """A path inside a SQL string: COPY takes no parameter there."""
    return str(path).replace("'", "''")
