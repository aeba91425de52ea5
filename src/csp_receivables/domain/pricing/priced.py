"""Charges of one vendor invoice, summed by what a customer's document has a line for, and priced.

Costs are rounded so that a customer's lines add up to what the ledger says the customer cost; margin is laid on the
rounded cost. So what is billed is charges plus margin, to the last unit, whatever the rounding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

import duckdb

from csp_receivables.domain.microsoft.families import family_of
from csp_receivables.domain.microsoft.subscriptions import Family
from csp_receivables.domain.money import round_to_minor
from csp_receivables.domain.pricing.price_book import Charged, PriceRule, rule_for
from csp_receivables.domain.vendor_totals import round_to

LINE_COLUMNS = """tenant_id, currency, subscription_id, product_id, sku_id,
       CASE WHEN product_name = '' OR contains(sku_name, product_name) THEN sku_name
            WHEN sku_name = '' OR contains(product_name, sku_name) THEN product_name
            ELSE product_name || ', ' || sku_name END AS product,
       charge_type, charge_from, charge_until"""  # what a document has a line for
LINE_KEY = "tenant_id, currency, subscription_id, product, product_id, sku_id, charge_from, charge_until, charge_type"
LINE_SUMS = """sum(subtotal) AS exact,
       sum(sign(subtotal) * abs(coalesce(billable_quantity, quantity, 0))) AS quantity"""
_LINES = f"""
SELECT {LINE_COLUMNS}, bool_or(meter <> '') AS is_usage, {LINE_SUMS}
  FROM {{charges}} GROUP BY {LINE_KEY} ORDER BY {LINE_KEY}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeLine:
    """One sum of charges; `exact` is pre-tax, `quantity` signed as the money is."""

    tenant_id: str
    currency: str
    subscription_id: str
    product_id: str
    sku_id: str
    product: str
    charge_type: str
    charge_from: date | None
    charge_until: date | None
    family: Family
    exact: Decimal
    quantity: Decimal

    @property
    def key(self) -> str:
        """Names the line in every version of the invoice's charges."""
        named = (self.tenant_id, self.subscription_id, self.product_id, self.sku_id, self.product)
        return "|".join((*named, self.charge_type.casefold(), str(self.charge_from), str(self.charge_until)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """A line with its price; `cost` and `net` in minor units. Without a rule nothing may be billed."""

    customer_id: str
    line: ChargeLine
    cost: int
    net: int
    rule: str  # "" where none fits


def charge_lines(connection: duckdb.DuckDBPyConnection, charges: str) -> tuple[ChargeLine, ...]:
    """The sums of the relation `charges` (CHARGE with `meter`), fully ordered."""
    rows = connection.execute(_LINES.format(charges=charges)).fetchall()
    return tuple(line_of(*row) for row in rows)


def price_lines(
    lines: Iterable[ChargeLine],
    costs: Mapping[str, int],
    customers: Mapping[str, str],
    rules: Sequence[PriceRule],
) -> tuple[PricedLine, ...]:
    """The lines of tenants that have a customer, priced. `costs`: by tenant, in minor units, as the ledger has them."""
    by_tenant: dict[str, list[ChargeLine]] = defaultdict(list)
    for line in lines:
        by_tenant[line.tenant_id].append(line)
    priced: list[PricedLine] = []
    for tenant_id in sorted(set(by_tenant) & set(customers)):
        own = by_tenant[tenant_id]
        rounded = round_to(costs[tenant_id], [line.exact for line in own], own[0].currency)
        priced += [_priced(customers[tenant_id], line, cost, rules) for line, cost in zip(own, rounded, strict=True)]
    return tuple(priced)


def _priced(customer_id: str, line: ChargeLine, cost: int, rules: Sequence[PriceRule]) -> PricedLine:
    charged = Charged(
        customer_id=customer_id,
        product_id=line.product_id,
        product=line.product,
        family=line.family,
        charge_type=line.charge_type,
        charged_on=line.charge_from,
        currency=line.currency,
    )
    rule = rule_for(charged, rules)
    net = cost if rule is None else _net(rule, line, cost)
    return PricedLine(customer_id=customer_id, line=line, cost=cost, net=net, rule=rule.name if rule else "")


def _net(rule: PriceRule, line: ChargeLine, cost: int) -> int:
    if rule.price is not None:
        return round_to_minor(rule.price * line.quantity, line.currency)
    return cost + percent_of(cost, rule.margin or Decimal(0))


def percent_of(amount: int, rate: Decimal) -> int:
    """`rate` per cent of `amount`, in minor units, halves away from zero."""
    numerator, denominator = rate.as_integer_ratio()
    product, whole = abs(amount * numerator), 100 * denominator
    rounded = (2 * product + whole) // (2 * whole)
    return rounded if (amount < 0) == (numerator < 0) else -rounded


def line_of(*row: object) -> ChargeLine:
    """A line out of LINE_COLUMNS, whether it is usage, and LINE_SUMS."""
    tenant_id, currency, subscription_id, product_id, sku_id, product, charge_type, since, until, is_usage, *sums = row
    exact, quantity = (each if isinstance(each, Decimal) else Decimal(str(each)) for each in sums)
    offer = f"{product_id}:{sku_id}"
    return ChargeLine(
        tenant_id=str(tenant_id),
        currency=str(currency),
        subscription_id=str(subscription_id),
        product_id=str(product_id),
        sku_id=str(sku_id),
        product=str(product),
        charge_type=str(charge_type),
        charge_from=since if isinstance(since, date) else None,
        charge_until=until if isinstance(until, date) else None,
        family=_family(bool(is_usage), offer, str(product)),
        exact=exact,
        quantity=quantity,
    )


@lru_cache(maxsize=10_000)  # products repeat from subscription to subscription
def _family(is_usage: bool, offer: str, product: str) -> Family:  # noqa: FBT001 - it is what the cache goes by
    return family_of("azure usage" if is_usage else "", offer, product)
