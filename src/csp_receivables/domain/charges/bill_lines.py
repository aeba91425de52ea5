"""One customer's bill of one month, out of the lake: what each product, period and meter costs that customer.

The amounts are those of the documents that `csp raise` makes: charges summed by line, costs as the ledger has them, and
priced by the same rules. A line of usage is then spread over its meters, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from operator import itemgetter

import duckdb

from csp_receivables.domain.pricing.price_book import PriceRule
from csp_receivables.domain.pricing.priced import (
    LINE_COLUMNS,
    LINE_KEY,
    LINE_SUMS,
    ChargeLine,
    PricedLine,
    line_of,
    price_lines,
)

_METERS = f"""
SELECT {LINE_COLUMNS}, meter, {LINE_SUMS},
       CASE WHEN max(pricing_currency) NOT IN ('', currency)
            THEN sum(CASE WHEN exchange_rate > 0 THEN (subtotal / exchange_rate)::DECIMAL(38, 12) END) END AS abroad
  FROM {{charges}} GROUP BY {LINE_KEY}, meter ORDER BY {LINE_KEY}, meter
"""
_KEY_COLUMNS = 9
Meter = tuple[str, Decimal, Decimal | None]  # its name, what is charged for it, the same in the pricing currency
NEEDED = (  # columns of the relation that a bill is made of; every one more is read for all lines of an invoice
    *("tenant_id", "currency", "subscription_id", "product_id", "sku_id", "product_name", "sku_name", "charge_type"),
    *("charge_from", "charge_until", "meter", "subtotal", "quantity", "billable_quantity"),
    *("exchange_rate", "pricing_currency"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillSource:
    """One vendor invoice of the month, in the lake; what it cost each of the customer's tenants, in minor units."""

    invoice_id: str
    month: date  # its first day
    currency: str
    charges_path: str
    released: bool
    costs: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """A line of the bill; `net` in minor units. `rate`: units of the currency for one of the pricing currency."""

    line: ChargeLine
    net: int
    meter: str = ""
    is_usage: bool = False
    rate: Decimal | None = None


def bill_lines(
    connection: duckdb.DuckDBPyConnection, charges: str, source: BillSource, rules: Sequence[PriceRule]
) -> tuple[BillLine, ...]:
    """The customer's lines on one vendor invoice, of the relation `charges`, which holds that customer's only."""
    rows = connection.execute(_METERS.format(charges=charges)).fetchall()
    lines: list[ChargeLine] = []
    meters: dict[str, list[Meter]] = {}
    for key, parts in groupby(rows, key=itemgetter(slice(_KEY_COLUMNS))):
        of_line = list(parts)
        exact, quantity = (sum((part[place] for part in of_line), Decimal(0)) for place in (10, 11))
        line = line_of(*key, any(part[9] for part in of_line), exact, quantity)
        lines.append(line)
        meters[line.key] = [(part[9], part[10], part[12]) for part in of_line]
    customers = dict.fromkeys(source.costs, "the customer")
    found: list[BillLine] = []
    for priced in price_lines(lines, source.costs, customers, rules):
        found += _spread(priced, meters[priced.line.key])
    return tuple(found)


def _spread(priced: PricedLine, meters: Sequence[Meter]) -> list[BillLine]:
    """The line as one line a meter: each gets what the running sum grows by, so together they are the line."""
    total = sum((exact for _, exact, _ in meters), Decimal(0))
    is_usage = any(meter for meter, _, _ in meters)
    charged, given, found = Decimal(0), 0, []
    for meter, exact, abroad in meters:
        charged += exact
        upto = rounded(priced.net * charged / total) if total and len(meters) > 1 else priced.net
        rate = exact / abroad if abroad else None
        found.append(BillLine(line=priced.line, net=upto - given, meter=meter, is_usage=is_usage, rate=rate))
        given = upto
    return found


def rounded(amount: Decimal) -> int:
    """Halves away from zero."""
    return int(amount.to_integral_value(rounding=ROUND_HALF_UP))
