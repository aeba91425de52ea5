"""Receivables of another billing system against charges: what is not billed, billed without a charge, or too cheap."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

import pyarrow as pa

from csp_receivables.domain.pricing.priced import percent_of


class Problem(StrEnum):
    """What is wrong between charges and receivables."""

    LEAKAGE = "charged, never billed"
    NO_CHARGE = "billed without a charge"
    LOW_MARGIN = "margin below the floor"


class Checked(NamedTuple):
    """One vendor invoice, customer and currency with a problem; amounts in minor units."""

    problem: Problem
    vendor_invoice: str
    customer_id: str
    customer_name: str
    currency: str
    cost: int
    billed_net: int
    margin: int


def check_billing(reconciliation: pa.Table, floor: Decimal) -> tuple[Checked, ...]:
    """Problems in a day's RECONCILIATION, in its order. `floor`: the least margin, in per cent of cost."""
    rows = ((row, _problem(row, floor)) for row in reconciliation.to_pylist())
    return tuple(
        Checked(
            problem=problem,
            vendor_invoice=row["vendor_invoice"],
            customer_id=row["customer_id"],
            customer_name=row["customer_name"],
            currency=row["currency"],
            cost=row["cost"],
            billed_net=row["billed_net"],
            margin=row["margin"],
        )
        for row, problem in rows
        if problem
    )


def _problem(row: dict[str, Any], floor: Decimal) -> Problem | None:
    if row["not_billed"]:
        return Problem.LEAKAGE
    if row["vendor_invoice"] and row["billed_net"] and not row["cost"]:
        return Problem.NO_CHARGE
    if row["cost"] > 0 and row["billed_net"] and row["margin"] < percent_of(row["cost"], floor):
        return Problem.LOW_MARGIN
    return None
