"""Receivables that we raise ourselves, as the ledger keeps them: read, decided and numbered in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger
from csp_receivables.adapters.ledger.money_tables import raised_line, raised_receivable
from csp_receivables.adapters.ledger.tables import receivable, receivable_line
from csp_receivables.domain.pricing.documents import Raised, RaisedLine
from csp_receivables.domain.pricing.issuing import Issued
from csp_receivables.money_ports import NumberTaken


@dataclass(frozen=True, slots=True)
class LedgerRaisedBook:
    """Implements `money_ports.RaisedBook`."""

    ledger: Ledger

    def raised(self, vendor_invoice: str, series: str) -> Raised:
        """What was raised for a vendor invoice so far, and the series' last number."""
        with self.ledger.reading() as connection:
            return _raised(connection, vendor_invoice, series)

    def issue(self, vendor_invoice: str, series: str, decide: Callable[[Raised], Issued]) -> Issued:
        """Read, decide and keep in one writing transaction, so that no number is given twice or lost.

        Raises NumberTaken, and then nothing is kept.
        """
        with self.ledger.writing() as writing:
            issued = decide(_raised(writing.connection, vendor_invoice, series))
            at = {"recorded_at": writing.recorded_at}
            new = insert_new(writing.connection, receivable, issued.receivables, file_digest="", **at)
            if new < issued.receivables.num_rows:
                raise NumberTaken(
                    f"a number from {issued.receivables['number'][0]} on is taken by an imported receivable"
                )
            insert_new(writing.connection, receivable_line, issued.lines, **at)
            insert_new(writing.connection, raised_receivable, issued.raised, **at)
            insert_new(writing.connection, raised_line, issued.raised_lines, **at)
        return issued


def _raised(connection: Connection, vendor_invoice: str, series: str) -> Raised:
    head, line, key = receivable.c, receivable_line.c, raised_line.c
    of_it = select(
        head.customer_id, key.line_key, head.kind, head.currency, line.net, key.cost, line.description,
        line.subscription_id, line.service_from, line.service_until,
    )  # fmt: skip
    joined = (
        raised_receivable.join(receivable, head.receivable_id == raised_receivable.c.receivable_id)
        .join(receivable_line, line.receivable_id == head.receivable_id)
        .join(raised_line, (key.receivable_id == line.receivable_id) & (key.line_no == line.line_no))
    )
    of_it = of_it.select_from(joined).where(raised_receivable.c.vendor_invoice == vendor_invoice)
    lines: dict[tuple[str, str], RaisedLine] = {}
    currency = ""
    for row in connection.execute(of_it.order_by(raised_receivable.c.number, line.line_no)):
        sign, place = 1 if row.kind == "invoice" else -1, (row.customer_id, row.line_key)
        before, currency = lines.get(place, RaisedLine()), row.currency
        lines[place] = RaisedLine(
            net=before.net + sign * row.net,
            cost=before.cost + sign * row.cost,
            description=row.description,
            subscription_id=row.subscription_id,
            service_from=row.service_from,
            service_until=row.service_until,
        )
    invoices = select(head.customer_id, head.number).select_from(joined).distinct()
    invoices = invoices.where(raised_receivable.c.vendor_invoice == vendor_invoice, head.kind == "invoice")
    newest = {row.customer_id: row.number for row in connection.execute(invoices.order_by(head.number))}
    last = select(func.max(raised_receivable.c.number)).where(raised_receivable.c.series == series)
    last_number = connection.execute(last).scalar_one_or_none()
    return Raised(currency=currency, lines=lines, newest_invoice=newest, last_number=last_number)
