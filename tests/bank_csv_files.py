"""Made-up bank CSV and Stripe reports for tests, and the profiles that the repository ships."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from csp_receivables.adapters.bank_csv_profiles import BankCsvProfile, load_bank_profiles

SHIPPED = load_bank_profiles(Path(__file__).parents[1] / "include" / "banks")
IBAN = "SE4550000000058398257466"
PLAIN = BankCsvProfile.model_validate(
    {
        "profile": "plain",
        "header": ["Day", "Value", "Amount", "Text", "Payer", "Id", "Balance"],
        "columns": {
            "booked_on": "Day", "value_on": "Value", "amount": "Amount", "text": "Text", "payer_name": "Payer",
            "bank_ref": "Id", "balance": "Balance",
        },
        "constants": {"account": IBAN, "currency": "SEK"},
    }
)  # fmt: skip


def table(*rows: Sequence[str], separator: str = ";", encoding: str = "utf-8", quoting: bool = True) -> bytes:
    """Rows as a bank writes them."""
    text = io.StringIO(newline="")
    style: Literal[0, 3] = csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE
    csv.writer(text, delimiter=separator, lineterminator="\r\n", quoting=style).writerows(rows)
    return text.getvalue().encode(encoding)


def row(amount: str, balance: str = "", *, day: str = "2026-10-15", text: str = "Tack", ref: str = "") -> Sequence[str]:
    """A row of the profile PLAIN."""
    return (day, day, amount, text, "Exempel AB", ref, balance)


def plain(*rows: Sequence[str]) -> bytes:
    """A file of the profile PLAIN."""
    return table(PLAIN.header, *rows)


def changed(profile: BankCsvProfile = PLAIN, **keys: object) -> BankCsvProfile:
    """The profile with other keys, checked as one from a file."""
    return BankCsvProfile.model_validate(profile.model_dump(exclude_none=True) | keys)


STRIPE_HEADER = (
    "automatic_payout_id", "automatic_payout_effective_at", "balance_transaction_id", "created_utc",
    "reporting_category", "currency", "gross", "fee", "net", "charge_id", "customer_id", "customer_name",
    "description", "payment_metadata[invoice]",
)  # fmt: skip


def transaction(
    gross: str, fee: str, net: str, *, number: int = 1, category: str = "charge", payout: str = "po_1",
    currency: str = "sek", charge: str = "ch_1", **more: str,
) -> Mapping[str, str]:  # fmt: skip
    """One row of a Stripe report."""
    return {
        "automatic_payout_id": payout,
        "automatic_payout_effective_at": "2026-10-17 00:00:00",
        "balance_transaction_id": f"txn_{number}",
        "created_utc": "2026-10-15 08:30:00",
        "reporting_category": category,
        "currency": currency,
        "gross": gross,
        "fee": fee,
        "net": net,
        "charge_id": charge,
        "customer_id": "cus_1",
        "customer_name": "Exempel AB",
        "description": "Invoice 1001",
        "payment_metadata[invoice]": "1001",
    } | more


def stripe(*transactions: Mapping[str, str], header: Sequence[str] = STRIPE_HEADER) -> bytes:
    """A Stripe itemised payout reconciliation report."""
    return table(header, *([each[name] for name in header] for each in transactions), separator=",")
