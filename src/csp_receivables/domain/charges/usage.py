"""Daily usage against the invoice's charges for it, per subscription and product: information, never a reason to hold.

Microsoft declares small differences normal: usage carries up to ten decimals and charges two, credits are worked out
at the end of the month only (microsoft.md 2.3, 10). What the usage does not speak of (licences, reservations) is no
difference, so only subscriptions that have usage are compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from csp_receivables.domain.currencies import exponent
from csp_receivables.domain.money import round_to_minor

_COMPARED = """
WITH used AS (SELECT tenant_id, currency, subscription_id, product_name, count(*)::BIGINT AS lines,
                     max(customer_name) AS customer_name, sum(subtotal) AS pre_tax
                FROM {used} GROUP BY ALL),
     charged AS (SELECT tenant_id, currency, subscription_id, product_name, count(*)::BIGINT AS lines,
                        max(customer_name) AS customer_name, sum(subtotal) AS pre_tax
                   FROM {charges} WHERE subscription_id IN (SELECT subscription_id FROM used) GROUP BY ALL)
SELECT tenant_id, coalesce(u.customer_name, c.customer_name), currency, subscription_id, product_name,
       coalesce(c.pre_tax, 0), coalesce(u.pre_tax, 0), coalesce(c.lines, 0), coalesce(u.lines, 0)
  FROM used AS u FULL JOIN charged AS c USING (tenant_id, currency, subscription_id, product_name)
 ORDER BY currency, tenant_id, subscription_id, product_name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageComparison:
    """One product of one subscription: what was charged for it, and what its daily usage adds up to (exact)."""

    tenant_id: str
    customer_name: str
    currency: str
    subscription_id: str
    product: str
    charged: Decimal
    used: Decimal
    charge_lines: int

    @property
    def difference(self) -> int:
        """Charged less used, in minor units."""
        return round_to_minor(self.charged - self.used, self.currency)

    @property
    def is_rounding(self) -> bool:
        """May rounding each charge to the currency's digits, down, have made the difference?"""
        unit = Decimal(1).scaleb(-exponent(self.currency))
        return abs(self.charged - self.used) <= unit * max(self.charge_lines, 1)


def compare_usage(connection: duckdb.DuckDBPyConnection, charges: str, used: str) -> tuple[UsageComparison, ...]:
    """Every product of every subscription that has usage, in the order of currency, customer and subscription."""
    rows = connection.execute(_COMPARED.format(charges=charges, used=used)).fetchall()
    return tuple(
        UsageComparison(
            tenant_id=tenant_id,
            customer_name=name,
            currency=currency,
            subscription_id=subscription_id,
            product=product,
            charged=Decimal(charged),
            used=Decimal(use),
            charge_lines=lines,
        )
        for tenant_id, name, currency, subscription_id, product, charged, use, lines, _ in rows
    )
