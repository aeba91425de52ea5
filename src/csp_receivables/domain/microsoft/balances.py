"""What the partner owes Microsoft by Microsoft's own account, in one currency (microsoft.md 1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorBalance:
    """Money in minor units of `currency`. `invoice_type`: "recurring", "onetime"; "" for all of the currency."""

    currency: str
    invoice_type: str
    balance: int  # not paid yet
    last_payment: int  # its sign as Microsoft gives it: documented both ways
    accounting_at: datetime | None
    last_payment_at: datetime | None
    latest_invoice_at: datetime | None
