"""What a proposal is computed from, as the ledger knows it: tenants, subscriptions, what receivables cover, costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Connection, Row, Select, func, select

from csp_receivables.adapters.ledger import tables as t
from csp_receivables.adapters.ledger.access_changes import taken_from
from csp_receivables.adapters.ledger.collections_facts import read_tags
from csp_receivables.adapters.ledger.fetch_book import latest_subscriptions, subscription_of
from csp_receivables.domain.access.proposal import Cost, Evidence
from csp_receivables.domain.access.scope import Covered
from csp_receivables.domain.microsoft.subscriptions import Subscription
from csp_receivables.domain.microsoft.suspending import SUSPENDED

EVERYTHING = "9"  # a moment after every other


class Charged(Protocol):
    """What one vendor invoice charges one tenant for one subscription."""

    @property
    def invoice_id(self) -> str: ...

    @property
    def subscription_id(self) -> str: ...

    @property
    def currency(self) -> str: ...

    @property
    def pre_tax(self) -> int: ...


class Charges(Protocol):
    """Charges by subscription, wherever they lie."""

    def of(self, paths: Sequence[str], tenants: Sequence[str]) -> Sequence[Charged]:
        """What the versions at `paths` charge these tenants."""


def evidence_of(connection: Connection, charges: Charges, customer_id: str, receivable_ids: Sequence[str]) -> Evidence:
    """The evidence about one customer and the receivables that a decision names."""
    tenants = tenants_of(connection, customer_id)
    rows = [row for tenant in tenants for row in latest_subscriptions(connection, tenant) if row["listed"]]
    lines = _lines(connection, receivable_ids)
    named = {line.vendor_invoice for line in lines if line.vendor_invoice}
    invoices = _invoices(connection, tenants, named)
    charged = charges.of([row.charges_path for row in invoices.values()], tenants)
    by_invoice = frozenset(each.subscription_id for each in charged if each.invoice_id in named)
    by_line = frozenset(line.subscription_id.casefold() for line in lines if line.subscription_id)
    return Evidence(
        tenants=tuple(tenants),
        subscriptions=tuple(subscription_of(row) for row in rows),
        covered=Covered(by_line=by_line, by_invoice=by_invoice),
        costs=tuple(sorted(_newest_costs(charged, invoices).items())),
        tags=read_tags(connection, EVERYTHING).get(customer_id, frozenset()),
        read_at=min((row["recorded_at"] for row in rows), default=""),
    )


def tenants_of(connection: Connection, customer_id: str) -> list[str]:
    """Tenants that belong to this customer and to nobody else, by id."""
    return [tenant for tenant, several in _owners(connection).items() if several == [customer_id]]


def _owners(connection: Connection) -> dict[str, list[str]]:
    """Whose each tenant is, by its id."""
    mapping = t.customer_tenant
    newest = func.row_number().over(
        partition_by=(mapping.c.tenant_id, mapping.c.customer_id), order_by=mapping.c.recorded_at.desc()
    )
    ranked = select(mapping, newest.label("place")).subquery()
    mapped = select(ranked.c.tenant_id, ranked.c.customer_id).where(ranked.c.place == 1, ranked.c.mapped)
    owners: dict[str, list[str]] = {}
    for row in connection.execute(mapped.order_by(ranked.c.tenant_id, ranked.c.customer_id)):
        owners.setdefault(row.tenant_id, []).append(row.customer_id)
    return owners


def suspended_by_others(connection: Connection) -> list[tuple[str, Subscription]]:
    """Subscriptions of customers' tenants that are suspended as last read, of which no change of ours says so."""
    rows = [row for row in latest_subscriptions(connection) if row["listed"] and row["status"] == SUSPENDED]
    owners = _owners(connection)
    ours = {
        (each.change.tenant_id, each.subscription_id)
        for customer in sorted({who for row in rows for who in owners.get(row["tenant_id"], ())})
        for each in taken_from(connection, customer)
    }
    return [
        (owners[row["tenant_id"]][0], subscription_of(row))
        for row in rows
        if len(owners.get(row["tenant_id"], ())) == 1 and (row["tenant_id"], row["subscription_id"]) not in ours
    ]


def _lines(connection: Connection, receivable_ids: Sequence[str]) -> list[Row[Any]]:
    line = t.receivable_line
    query = select(line.c.vendor_invoice, line.c.subscription_id).where(line.c.receivable_id.in_(receivable_ids))
    return list(connection.execute(query.order_by(line.c.receivable_id, line.c.line_no)))


@cache
def _released() -> Select[Any]:
    """The newest released version of each vendor invoice."""
    invoice = t.vendor_invoice
    place = func.row_number().over(partition_by=invoice.c.invoice_id, order_by=invoice.c.recorded_at.desc())
    ranked = select(invoice, place.label("place")).where(invoice.c.released).subquery()
    return select(ranked).where(ranked.c.place == 1)


def _invoices(connection: Connection, tenants: Sequence[str], named: Iterable[str]) -> dict[str, Row[Any]]:
    """The newest released version of the named vendor invoices, and of the newest that charge these tenants."""
    cost = t.customer_cost
    newest = {row.invoice_id: row for row in connection.execute(_released())}
    charging = select(cost.c.invoice_id).where(cost.c.tenant_id.in_(tenants)).distinct()
    mine = sorted(
        (newest[name] for name in connection.execute(charging).scalars() if name in newest),
        key=lambda row: (row.period_until, row.invoice_id),
    )
    last_month = {row.invoice_id for row in mine if mine and row.period_until == mine[-1].period_until}
    return {name: newest[name] for name in sorted(last_month.union(named)) if name in newest}


def _newest_costs(charged: Sequence[Charged], invoices: Mapping[str, Row[Any]]) -> dict[str, Cost]:
    """Of each subscription what its newest billing month cost."""
    last: dict[str, Any] = {}
    for each in charged:
        until = invoices[each.invoice_id].period_until
        last[each.subscription_id] = max(last.get(each.subscription_id, until), until)
    costs: dict[str, Cost] = {}
    for each in charged:
        period = invoices[each.invoice_id]
        if period.period_until != last[each.subscription_id]:
            continue
        before = costs.get(each.subscription_id)
        if before and before.currency != each.currency:
            continue  # one subscription in two currencies: the first one speaks
        amount = each.pre_tax + (before.pre_tax if before else 0)
        days = (period.period_until - period.period_from).days + 1
        costs[each.subscription_id] = Cost(currency=each.currency, pre_tax=amount, days=days)
    return costs
