"""Exact amounts of a statement as the ledger keeps them."""

from __future__ import annotations

from decimal import Decimal

from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.money import NotMoney, to_minor


def stored_amount(amount: Decimal | None, currency: str | None) -> int | None:
    """Minor units; None where the file has no amount or no currency, or the amount is not whole units."""
    if amount is None or currency is None:
        return None
    try:
        return to_minor(amount, currency)
    except (NotMoney, UnknownCurrency):
        return None
