"""What changed between two versions of one invoice's charges: for whom, for what, by how much.

Lines have no key (microsoft.md, fact 6), so sums are compared: per customer, subscription, product and kind of charge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from csp_receivables.domain.vendor_totals import round_to_add_up

_SUMS = """
SELECT tenant_id, currency, subscription_id, product_name, sku_name, charge_type,
       max(customer_name) AS customer_name, count(*)::BIGINT AS lines, sum(subtotal) AS pre_tax
  FROM {relation} GROUP BY tenant_id, currency, subscription_id, product_name, sku_name, charge_type
"""
_CHANGED = """
SELECT tenant_id, coalesce(a.customer_name, b.customer_name), currency, subscription_id, product_name, sku_name,
       charge_type, coalesce(b.lines, 0), coalesce(a.lines, 0), coalesce(b.pre_tax, 0), coalesce(a.pre_tax, 0)
  FROM ({before}) AS b FULL JOIN ({after}) AS a
       USING (tenant_id, currency, subscription_id, product_name, sku_name, charge_type)
 WHERE b.pre_tax IS DISTINCT FROM a.pre_tax OR b.lines IS DISTINCT FROM a.lines
 ORDER BY currency, tenant_id, subscription_id, product_name, sku_name, charge_type
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeChange:
    """One sum that differs. Amounts before tax, in minor units; `difference` is after less before."""

    tenant_id: str
    customer_name: str
    currency: str
    subscription_id: str
    product: str
    charge_type: str
    lines_before: int
    lines_after: int
    before: int
    after: int

    @property
    def difference(self) -> int:
        return self.after - self.before


def changes(connection: duckdb.DuckDBPyConnection, before: str, after: str) -> tuple[ChargeChange, ...]:
    """What differs between two relations of CHARGE. The rounded amounts of one side add up to their exact sum."""
    query = _CHANGED.format(before=_SUMS.format(relation=before), after=_SUMS.format(relation=after))
    rows = connection.execute(query).fetchall()
    found: list[ChargeChange] = []
    for currency in sorted({row[2] for row in rows}):
        own = [row for row in rows if row[2] == currency]
        found += map(_change, own, _minor(own, 9, currency), _minor(own, 10, currency))
    return tuple(found)


def _minor(rows: Sequence[tuple[object, ...]], place: int, currency: str) -> list[int]:
    return round_to_add_up([Decimal(str(row[place])) for row in rows], currency)


def _change(row: Sequence[object], before: int, after: int) -> ChargeChange:
    tenant_id, name, currency, subscription_id, product, sku, charge_type, lines_before, lines_after, *_ = row
    return ChargeChange(
        tenant_id=str(tenant_id),
        customer_name=str(name),
        currency=str(currency),
        subscription_id=str(subscription_id),
        product=str(product or sku),
        charge_type=str(charge_type),
        lines_before=int(str(lines_before)),
        lines_after=int(str(lines_after)),
        before=before,
        after=after,
    )
