"""Stripe's itemised payout reconciliation report of a month: a payout each week, and its credit on the bank account."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

from csp_receivables.domain.money import to_text
from csp_receivables.made_up.banks.book import Book
from csp_receivables.made_up.payments import Payment

COLUMNS = (
    "automatic_payout_id", "automatic_payout_effective_at_utc", "balance_transaction_id", "created_utc",
    "reporting_category", "currency", "gross", "fee", "net", "charge_id", "source_id", "customer_id", "customer_name",
    "invoice_number", "description",
)  # fmt: skip
PAID_OUT_TO = "gbp"
_FEE_PER_MILLE, _FEE_FIXED = 15, 20


def write_stripe(
    folder: Path, book: Book, month: date, payments: Sequence[Payment]
) -> tuple[list[Payment], list[Payment]]:
    """See `book.Writer`."""
    own: list[Payment] = []
    credited: list[Payment] = []
    with book.path(folder, "payouts", month, "csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for _, week in groupby(payments, key=lambda each: each.booked_on.isocalendar()[:2]):
            writer.writerows(_payout(book, list(week), own, credited))
    return own, credited


def _payout(
    book: Book, week: Sequence[Payment], own: list[Payment], credited: list[Payment]
) -> Iterator[dict[str, str]]:
    """The rows of one payout; `own` and `credited` get the fees, the payout and its credit at the bank."""
    last = week[-1].booked_on
    effective = last + timedelta(days=7 - last.weekday())  # the next Monday
    number = f"po_{book.serial():014d}"
    net = 0
    for payment in week:
        fee = _take(book, payment, own)
        net += payment.amount - fee
        yield _row(payment, number, effective, fee)
    out = Payment(
        pays_to=book.receiving.key, booked_on=effective, amount=-net, kind="payout", habit="payout",
        end_to_end=number, bank_ref=book.reference(),
    )  # fmt: skip
    own.append(out)
    yield _row(out, number, effective, 0)
    credited.append(
        Payment(
            pays_to=PAID_OUT_TO, booked_on=effective, amount=net, kind="payout", habit="payout",
            payer="STRIPE PAYMENTS", text=f"STRIPE PAYOUT {number[-6:]}", end_to_end=number,
        )
    )  # fmt: skip


def _take(book: Book, payment: Payment, own: list[Payment]) -> int:
    """Give the transaction its ids, and note the fee, which a refund does not give back."""
    payment.bank_ref, payment.end_to_end = book.reference(), f"ch_{payment.end_to_end}"
    if payment.kind != "payment":
        return 0
    fee = payment.amount * _FEE_PER_MILLE // 1_000 + _FEE_FIXED
    own.append(
        Payment(
            pays_to=payment.pays_to, booked_on=payment.booked_on, amount=-fee, kind="fee", habit="provider_fee",
            bank_ref=payment.bank_ref,
        )
    )  # fmt: skip
    return fee


def _row(payment: Payment, payout: str, effective: date, fee: int) -> dict[str, str]:
    category = {"payment": "charge", "return": "refund", "payout": "payout"}[payment.kind]
    is_payout = payment.kind == "payout"
    return {
        "automatic_payout_id": payout,
        "automatic_payout_effective_at_utc": f"{effective} 00:00:00",
        "balance_transaction_id": payment.bank_ref,
        "created_utc": f"{payment.booked_on} 09:30:00",
        "reporting_category": category,
        "currency": "gbp",
        "gross": to_text(payment.amount, "GBP"),
        "fee": to_text(fee, "GBP"),
        "net": to_text(payment.amount - fee, "GBP"),
        "charge_id": "" if is_payout else payment.end_to_end,
        "source_id": payment.end_to_end,
        "customer_id": payment.payer_account,
        "customer_name": payment.payer,
        "invoice_number": " ".join(payment.references),
        "description": payment.text,
    }
