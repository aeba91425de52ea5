"""One customer's bill of one month, out of the lake: what each product, period and meter costs that customer.

The amounts are those of the documents that `csp raise` makes: charges summed by line, costs as the ledger has them, and
priced by the same rules. A line of usage is then spread over its meters, exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import duckdb

from csp_receivables.domain.pricing.price_book import PriceRule
from csp_receivables.domain.pricing.priced import ChargeLine, charge_lines, price_lines

_METERS = """
SELECT tenant_id, currency, subscription_id, product_id, sku_id, charge_type, charge_from, charge_until, meter,
       sum(subtotal) AS exact,
       sum(CASE WHEN exchange_rate > 0 THEN (subtotal / exchange_rate)::DECIMAL(38, 12) END) AS priced_abroad,
       max(pricing_currency) AS pricing_currency
  FROM {charges}
 GROUP BY tenant_id, currency, subscription_id, product_id, sku_id, charge_type, charge_from, charge_until, meter
 ORDER BY ALL
"""


_NEEDED = (  # every column more is read for all lines of a vendor invoice
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


def keep_of_tenants(connection: duckdb.DuckDBPyConnection, name: str, charges: str, tenants: Iterable[str]) -> None:
    """Make the temporary table `name` of what a bill needs of a few tenants' charges, read out of the lake once."""
    known = ", ".join(f"'{tenant.replace(chr(39), chr(39) * 2)}'" for tenant in sorted(tenants))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS "
        f"SELECT {', '.join(_NEEDED)} FROM {charges} WHERE tenant_id IN ({known})"  # constants, which Parquet skips by
    )


def bill_lines(
    connection: duckdb.DuckDBPyConnection, charges: str, source: BillSource, rules: Sequence[PriceRule]
) -> tuple[BillLine, ...]:
    """The customer's lines on one vendor invoice, of the relation `charges`, which holds that customer's only."""
    lines = charge_lines(connection, charges)
    customers = dict.fromkeys(source.costs, "the customer")
    meters = _meters(connection, charges)
    found: list[BillLine] = []
    for priced in price_lines(lines, source.costs, customers, rules):
        found += _spread(BillLine(line=priced.line, net=priced.net), meters[_place(priced.line)])
    return tuple(found)


def _spread(whole: BillLine, meters: Sequence[tuple[str, Decimal, Decimal | None]]) -> list[BillLine]:
    """The line as one line a meter: each gets what the running sum grows by, so together they are the line."""
    total = sum((exact for _, exact, _ in meters), Decimal(0))
    is_usage = any(meter for meter, _, _ in meters)
    charged, given, found = Decimal(0), 0, []
    for meter, exact, abroad in meters:
        charged += exact
        upto = rounded(whole.net * charged / total) if total else whole.net
        rate = exact / abroad if abroad else None
        found.append(replace(whole, meter=meter, is_usage=is_usage, rate=rate, net=upto - given))
        given = upto
    return found


def rounded(amount: Decimal) -> int:
    """Halves away from zero."""
    return int(amount.to_integral_value(rounding=ROUND_HALF_UP))


def _meters(
    connection: duckdb.DuckDBPyConnection, charges: str
) -> dict[tuple[object, ...], list[tuple[str, Decimal, Decimal | None]]]:
    found: dict[tuple[object, ...], list[tuple[str, Decimal, Decimal | None]]] = defaultdict(list)
    for *place, meter, exact, abroad, pricing in connection.execute(_METERS.format(charges=charges)).fetchall():
        is_abroad = bool(pricing) and pricing != place[1] and abroad
        found[tuple(place)].append((meter, Decimal(exact), Decimal(abroad) if is_abroad else None))
    return found


def _place(line: ChargeLine) -> tuple[object, ...]:
    named = (line.tenant_id, line.currency, line.subscription_id, line.product_id, line.sku_id)
    return (*named, line.charge_type, line.charge_from, line.charge_until)
