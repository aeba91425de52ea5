"""What is known besides the payments and receivables themselves: who pays from which account, names, people's words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Names of relations of the engine; "" where nothing of the kind is known. No run of the ladder changes them."""

    payers: str = ""  # PAYER: what earlier allocations and people taught about bank accounts
    names: str = ""  # customer_id, name
    closed: str = ""  # CLOSED: receivables with nothing open, and what closed them
    declined: str = ""  # DECLINED: what people said no to
    instructed: str = ""  # payment_id, instructed_currency, instructed_amount: what the payer paid in another currency
    rates: str = ""  # EXCHANGE_RATE
    paid: str = ""  # customer_id, currency, amount, due_on, paid_on: of invoices with nothing open, of any payer
    came: str = ""  # payment_id, booked_on, currency, amount, payer_account: all that came and was not returned
    rests: str = ""  # payment_id of what is left of a payment that was allocated in part before
