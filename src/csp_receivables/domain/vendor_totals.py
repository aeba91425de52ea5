"""Charges of one vendor invoice summed per tenant: added up exactly, rounded once, and still adding up.

Rounding each line to cents first was seen to move one month's total by 35.85, so sums keep every decimal until the
end. The invoice's sum is rounded half away from zero; the tenants' amounts are then rounded so that they add up to it,
by largest remainder (the idea of `money.share_out`, for amounts of either sign).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from csp_receivables.domain.currencies import exponent
from csp_receivables.domain.money import AMOUNT_MAX, NotMoney, round_to_minor

DIGITS = 60  # a sum of DECIMAL(38,18) fits with room to spare; Python's default of 28 digits would cut it


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSum:
    """Charges of one tenant on one vendor invoice, in full precision."""

    tenant_id: str
    tenant_name: str
    lines: int
    pre_tax: Decimal
    tax: Decimal
    total: Decimal

    def added_to(self, other: TenantSum) -> TenantSum:
        """Both sums as one, under the other's name."""
        with localcontext(prec=DIGITS):
            return TenantSum(
                tenant_id=other.tenant_id,
                tenant_name=other.tenant_name,
                lines=other.lines + self.lines,
                pre_tax=other.pre_tax + self.pre_tax,
                tax=other.tax + self.tax,
                total=other.total + self.total,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantCost:
    """What one tenant's charges cost, in minor units."""

    tenant_id: str
    tenant_name: str
    lines: int
    pre_tax: int
    tax: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSums:
    """The charges of one vendor invoice: each sum rounded once, and the tenants' shares of pre-tax and tax."""

    invoice_id: str
    currency: str
    lines: int
    pre_tax: int
    tax: int
    total: int
    tenants: tuple[TenantCost, ...]  # in the order of their ids


def sum_invoice(invoice_id: str, currency: str, tenants: Iterable[TenantSum]) -> InvoiceSums:
    """The invoice's rounded sums and its tenants' costs, which add up to them. NotMoney: a sum is no real amount."""
    ordered = sorted(tenants, key=lambda one: one.tenant_id)
    pre_tax = round_to_add_up([one.pre_tax for one in ordered], currency)
    tax = round_to_add_up([one.tax for one in ordered], currency)
    costs = tuple(
        TenantCost(tenant_id=one.tenant_id, tenant_name=one.tenant_name, lines=one.lines, pre_tax=net, tax=vat)
        for one, net, vat in zip(ordered, pre_tax, tax, strict=True)
    )
    return InvoiceSums(
        invoice_id=invoice_id,
        currency=currency,
        lines=sum(one.lines for one in ordered),
        pre_tax=sum(pre_tax),
        tax=sum(tax),
        total=_rounded_sum([one.total for one in ordered], currency),
        tenants=costs,
    )


def round_to_add_up(exact: Sequence[Decimal], currency: str) -> list[int]:
    """Each amount in minor units, together equal to their exact sum rounded once. No amount moves by a whole unit.

    Every amount is first rounded down; the units then missing go to the largest remainders, ties to the earlier one.
    """
    return round_to(_rounded_sum(exact, currency), exact, currency)


def round_to(total: int, exact: Sequence[Decimal], currency: str) -> list[int]:
    """Each amount in minor units, together `total`, which lies within a unit of their exact sum."""
    with localcontext(prec=DIGITS):
        scaled = [amount.scaleb(exponent(currency)) for amount in exact]
        parts = [math.floor(amount) for amount in scaled]
        rests = [amount - part for amount, part in zip(scaled, parts, strict=True)]
    missing = total - sum(parts)
    for index in sorted(range(len(parts)), key=lambda i: (-rests[i], i))[:missing]:
        parts[index] += 1
    return parts


def _rounded_sum(exact: Iterable[Decimal], currency: str) -> int:
    with localcontext(prec=DIGITS):
        rounded = round_to_minor(sum(exact, Decimal(0)), currency)
    if abs(rounded) > AMOUNT_MAX:
        raise NotMoney(f"the charges add up to {rounded} minor units of {currency}: larger than any real amount")
    return rounded
