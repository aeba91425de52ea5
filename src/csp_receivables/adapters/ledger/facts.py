"""Reading the ledger as of a day and as known at a moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    FromClause,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
)

from csp_receivables.adapters.ledger import tables as t
from csp_receivables.adapters.ledger.bulk import read_table
from csp_receivables.adapters.ledger.connection import moment_text
from csp_receivables.adapters.ledger.invoice_parts import read_parts
from csp_receivables.adapters.ledger.microsoft_tables import vendor_payment
from csp_receivables.adapters.ledger.vendor_words import latest_words
from csp_receivables.domain.facts import SCHEMAS, STATEMENT_SEEN, Facts
from csp_receivables.domain.findings import FINDING
from csp_receivables.domain.money_records import VENDOR_PAYMENT
from csp_receivables.domain.payables.payables import PAYABLE
from csp_receivables.domain.payables.words import PayableFacts

AS_OF, KNOWN_AT = bindparam("as_of", type_=Date()), bindparam("known_at", type_=Text())
FINDINGS_SHOWN_DAYS = 31  # an import finding is shown for a month; the imported file itself keeps it for ever


def read_facts(connection: Connection, as_of: date, known_at: str) -> Facts:
    """The facts effective by the end of `as_of` and recorded by `known_at`, each table in the order of its key."""
    told = {"as_of": as_of, "known_at": known_at}
    read = {name: read_table(connection, query, SCHEMAS[name], told) for name, query in _queries().items()}
    return Facts(
        as_of=as_of,
        known_at=known_at,
        findings=_findings(connection, known_at),
        payables=_payables(connection, as_of, known_at),
        **read,
    )


@cache
def _queries() -> dict[str, Select[Any]]:
    """A query for each table, made once: making them anew costs a small ledger more than asking them."""
    return {
        "customers": _latest(t.customer, ("customer_id",), "customers"),
        "tenants": _tenants(),
        "receivables": _by_day(t.receivable, "receivables", t.receivable.c.issued_on),
        "receivable_lines": _lines(),
        "stated_open": _stated_open(),
        "payments": _payments(),
        "allocations": _by_day(t.allocation, "allocations", t.allocation.c.effective_on),
        "vendor_invoices": _vendor_invoices(),
        "customer_costs": _customer_costs(),
        "statements": _statements(),
        "alias_words": _latest(t.alias_word, ("payer_account", "customer_id"), "alias_words"),
        "declined": _declined(),
        "exchange_rates": _exchange_rates(),
    }


def _columns(source: FromClause, schema: pa.Schema) -> list[ColumnElement[Any]]:
    return [source.c[name] for name in schema.names]


def _by_day(table: Table, name: str, day: ColumnElement[Any]) -> Select[Any]:
    query = select(*_columns(table, SCHEMAS[name])).where(day <= AS_OF, table.c.recorded_at <= KNOWN_AT)
    return query.order_by(*table.primary_key.columns)


def _ranked(table: Table, key: tuple[str, ...], *where: ColumnElement[bool], newest: str = "recorded_at") -> FromClause:
    """Rows of `table` with `place`: 1 for the newest of each key."""
    place = func.row_number().over(partition_by=[table.c[k] for k in key], order_by=table.c[newest].desc())
    return select(table, place.label("place")).where(*where).subquery()


def _latest(table: Table, key: tuple[str, ...], name: str) -> Select[Any]:
    ranked = _ranked(table, key, table.c.recorded_at <= KNOWN_AT)
    query = select(*_columns(ranked, SCHEMAS[name])).where(ranked.c.place == 1)
    return query.order_by(*(ranked.c[k] for k in key))


def _tenants() -> Select[Any]:
    key = ("tenant_id", "customer_id")
    ranked = _ranked(t.customer_tenant, key, t.customer_tenant.c.recorded_at <= KNOWN_AT)
    query = select(*_columns(ranked, SCHEMAS["tenants"])).where(ranked.c.place == 1, ranked.c.mapped)
    return query.order_by(*(ranked.c[k] for k in key))


def _lines() -> Select[Any]:
    line, head = t.receivable_line, t.receivable
    query = select(*_columns(line, SCHEMAS["receivable_lines"])).join(
        head, head.c.receivable_id == line.c.receivable_id
    )
    query = query.where(head.c.issued_on <= AS_OF, head.c.recorded_at <= KNOWN_AT, line.c.recorded_at <= KNOWN_AT)
    return query.order_by(line.c.receivable_id, line.c.line_no)


def _stated_open() -> Select[Any]:
    stated = t.stated_open
    place = func.row_number().over(
        partition_by=stated.c.receivable_id, order_by=(stated.c.stated_on.desc(), stated.c.recorded_at.desc())
    )
    known = and_(stated.c.stated_on <= AS_OF, stated.c.recorded_at <= KNOWN_AT)
    ranked = select(stated, place.label("place")).where(known).subquery()
    query = select(*_columns(ranked, SCHEMAS["stated_open"])).where(ranked.c.place == 1)
    return query.order_by(ranked.c.receivable_id)


def _payments() -> Select[Any]:
    """Booked rows that count at that moment (the row's own word, or a later state's), and pending ones."""
    key = ("payment_id", "family")
    state = _ranked(t.payment_state, key, t.payment_state.c.recorded_at <= KNOWN_AT)
    row = t.payment
    joined = row.outerjoin(
        state, and_(state.c.payment_id == row.c.payment_id, state.c.family == row.c.family, state.c.place == 1)
    )
    counts = func.coalesce(state.c.counts, row.c.counts)
    query = select(*_columns(row, SCHEMAS["payments"])).select_from(joined)
    query = query.where(row.c.booked_on <= AS_OF, row.c.recorded_at <= KNOWN_AT)
    query = query.where(or_(and_(row.c.status == "booked", counts), row.c.status == "pending"))
    return query.order_by(row.c.payment_id, row.c.family)


def _vendor_invoices() -> Select[Any]:
    invoice = t.vendor_invoice
    ranked = _ranked(invoice, ("invoice_id",), invoice.c.recorded_at <= KNOWN_AT)
    query = select(*_columns(ranked, SCHEMAS["vendor_invoices"]))
    return query.where(ranked.c.place == 1, ranked.c.invoiced_on <= AS_OF).order_by(ranked.c.invoice_id)


def _customer_costs() -> Select[Any]:
    cost, newest = t.customer_cost, _vendor_invoices().subquery()
    query = select(*_columns(cost, SCHEMAS["customer_costs"])).join(
        newest, and_(newest.c.invoice_id == cost.c.invoice_id, newest.c.version == cost.c.version)
    )
    return query.order_by(cost.c.invoice_id, cost.c.tenant_id, cost.c.currency)


def _statements() -> Select[Any]:
    statement, accepted = t.statement, t.statement_acceptance
    joined = statement.outerjoin(
        accepted, and_(accepted.c.statement_id == statement.c.statement_id, accepted.c.recorded_at <= KNOWN_AT)
    )
    held = case((and_(statement.c.state == "held", accepted.c.statement_id.is_(None)), literal(True)), else_=False)
    columns = [held.label("held") if name == "held" else statement.c[name] for name in STATEMENT_SEEN.names]
    query = select(*columns).select_from(joined).where(statement.c.recorded_at <= KNOWN_AT)
    query = query.where(or_(statement.c.until_on <= AS_OF, statement.c.until_on.is_(None)))
    return query.order_by(statement.c.account, statement.c.until_on, statement.c.statement_id)


def _declined() -> Select[Any]:
    declined = t.declined_match
    query = select(*_columns(declined, SCHEMAS["declined"])).where(declined.c.recorded_at <= KNOWN_AT)
    return query.order_by(declined.c.payment_id, declined.c.receivable_id, declined.c.rule)


def _exchange_rates() -> Select[Any]:
    rate, key = t.exchange_rate, ("source", "rated_on", "base", "quote")
    ranked = _ranked(rate, key, rate.c.recorded_at <= KNOWN_AT, rate.c.rated_on <= AS_OF)
    query = select(*_columns(ranked, SCHEMAS["exchange_rates"])).where(ranked.c.place == 1)
    return query.order_by(*(ranked.c[k] for k in key))


def _payables(connection: Connection, as_of: date, known_at: str) -> PayableFacts:
    paid = vendor_payment.c
    query = select(*(paid[name] for name in VENDOR_PAYMENT.names)).order_by(paid.payment_id)
    query = query.where(paid.paid_on <= as_of, paid.recorded_at <= known_at)
    rows = read_table(connection, query, VENDOR_PAYMENT)
    return PayableFacts(payments=rows, words=latest_words(connection, known_at), parts=read_parts(connection, known_at))


def _findings(connection: Connection, known_at: str) -> pa.Table:
    since = moment_text(datetime.fromisoformat(known_at).astimezone(UTC) - timedelta(days=FINDINGS_SHOWN_DAYS))
    finding = t.finding
    query = select(*_columns(finding, FINDING)).where(finding.c.recorded_at <= known_at, finding.c.recorded_at > since)
    query = query.where(finding.c.code.not_like(f"{PAYABLE}.%"))  # a day finds out anew whether they still hold
    return read_table(connection, query.order_by(finding.c.finding_id), FINDING)
