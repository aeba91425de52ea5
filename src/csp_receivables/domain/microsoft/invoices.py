"""Vendor invoices as Microsoft's list of them tells: what an export can be asked for, and what replaced what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

BILLING_LINES, USAGE_LINES = "billinglineitems", "usagelineitems"  # kinds of lists
LEGACY_PROVIDERS = ("office", "azure")  # of legacy charges: licences, usage (microsoft.md 1.2)


class Commerce(StrEnum):
    """Microsoft's two billing worlds (microsoft.md, fact 1)."""

    NEW = "new_commerce"  # ids G…: exported by Graph
    LEGACY = "legacy"  # ids D…: line items page by page, no export ever


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeList:
    """One list of an invoice's charges at Partner Center, which an export may or may not give."""

    provider: str  # "office", "azure", "onetime"; open
    kind: str  # "billinglineitems", "usagelineitems"; open
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedInvoice:
    """One vendor invoice of the list; a corrected one and its amendments are one each."""

    invoice_id: str
    commerce: Commerce
    invoiced_at: datetime | None  # UTC; None where Microsoft gives its sign for no date
    document_type: str  # "invoice", "void_note", "adjustment_note"; open: unknown ones are kept as text
    amends: str  # id of the invoice this one corrects; "" for none
    charge_lists: tuple[ChargeList, ...] = ()
    paid: str = ""  # what Microsoft says was paid on it, with the sign it came with; it changes by itself
    document: str  # what it says of itself: JSON in the API's names, only fields that don't change by themselves

    @property
    def may_have_usage(self) -> bool:
        """Does it name a list of usage, or nothing at all?"""
        return not self.charge_lists or any(each.kind == USAGE_LINES for each in self.charge_lists)

    @property
    def legacy_lists(self) -> tuple[ChargeList, ...]:
        """The lists that hold a legacy invoice's money: those it names, or every one there may be.

        Its lists of usage have quantities and no amounts.
        """
        named = {each.provider for each in self.charge_lists if each.kind == BILLING_LINES}
        return tuple(
            ChargeList(provider=provider, kind=BILLING_LINES, currency="")
            for provider in LEGACY_PROVIDERS
            if provider in named or not named
        )

    @property
    def unread_providers(self) -> tuple[str, ...]:
        """Providers of charges that nobody knows how to read here."""
        named = {each.provider for each in self.charge_lists if each.kind == BILLING_LINES}
        return tuple(sorted(named - set(LEGACY_PROVIDERS)))
