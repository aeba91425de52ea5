"""How many seats a subscription's charges leave: what was charged for, less what was given back.

A change of seats writes a refund of all old seats and a charge for all new ones (microsoft.md 2.1), in no order and
several on a day; only the sign of the money says which is which. So seats are counted with the sign of their money,
for each charge cycle by its end. What costs nothing, as trials do, leaves no seats.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

_SEATS = """
SELECT tenant_id, subscription_id, coalesce(nullif(product_name, ''), sku_name), charge_until,
       sum(sign(subtotal) * coalesce(abs(billable_quantity), abs(quantity), 0)), sum(subtotal)
  FROM {charges} GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """What is left of one product in one charge cycle. `pre_tax` is the exact sum of its charges and refunds."""

    tenant_id: str
    subscription_id: str
    product: str
    charge_until: date | None
    seats: Decimal
    pre_tax: Decimal


def net_seats(connection: duckdb.DuckDBPyConnection, charges: str) -> tuple[Seats, ...]:
    """Seats by subscription, product and end of cycle, of a relation of CHARGE."""
    return tuple(
        Seats(
            tenant_id=tenant_id,
            subscription_id=subscription_id,
            product=product,
            charge_until=until,
            seats=Decimal(str(seats)),
            pre_tax=pre_tax,
        )
        for tenant_id, subscription_id, product, until, seats, pre_tax in connection.execute(
            _SEATS.format(charges=charges)
        ).fetchall()
    )
