"""The account with Microsoft: balances by currency and kind of invoice (microsoft.md 1.2, 1.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from csp_receivables.adapters.partner_center.answers import Record, unreadable
from csp_receivables.adapters.partner_center.paging import items
from csp_receivables.adapters.partner_center.session import Session
from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.microsoft.balances import VendorBalance
from csp_receivables.domain.money import NotMoney, to_minor


class Balances:
    """Reads summaries. Microsoft gives those of all currencies to an app with a user only."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def every_currency(self) -> Sequence[VendorBalance]:
        """Each currency's balance, followed by its parts. App and user only. Raises MicrosoftRefused."""
        return [each for node in items(self._session, "/v1/invoices/summaries") for each in balances(node)]

    def one_currency(self) -> Sequence[VendorBalance]:
        """The account's balance, followed by its parts; an app alone may read it. Raises MicrosoftRefused."""
        return list(balances(self._session.get("/v1/invoices/summary")))


def balances(node: Record) -> Iterator[VendorBalance]:
    """A summary and its details."""
    yield _balance(node, "")
    for detail in node.records("details"):
        yield _balance(detail.record("summary"), detail.text("invoiceType").replace("_", "").casefold())


def _balance(node: Record, invoice_type: str) -> VendorBalance:
    currency = node.needed("currencyCode").upper()
    try:
        return VendorBalance(
            currency=currency,
            invoice_type=invoice_type,
            balance=to_minor(node.amount("balanceAmount") or Decimal(0), currency),
            last_payment=to_minor(node.amount("lastPaymentAmount") or Decimal(0), currency),
            accounting_at=node.moment("accountingDate"),
            last_payment_at=node.moment("lastPaymentDate"),
            latest_invoice_at=node.moment("latestInvoiceDate"),
        )
    except (NotMoney, UnknownCurrency):
        raise unreadable(node.where, "no amount of money in a known currency") from None
