"""The partner's receiving accounts: each in one currency, told in one format, so that every format appears."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from csp_receivables.made_up.bookings import BankAccount

PARTNER = "Fjärdholm Molntjänster AB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """One account: its bank account, the format of its files, what a clearing house calls it, and its fees."""

    key: str
    format: str  # of `banks.FORMATS`
    account: BankAccount
    other_name: str = ""
    opening: int = 0  # minor units at the beginning of the world
    prefix: str  # of the bank's own references: they are unique
    monthly_fee: int = 0
    batches: bool = False  # a day's payments with references are one entry on the statement


def _bank(number: str, currency: str, bic: str) -> BankAccount:
    return BankAccount(number=number, currency=currency, owner=PARTNER, bic=bic)


ACCOUNTS: Mapping[str, Receiving] = MappingProxyType(
    {
        each.key: each
        for each in (
            Receiving(
                key="stripe", format="stripe", account=_bank("stripe", "GBP", ""), prefix="txn_",
            ),
            Receiving(
                key="sek", format="camt", account=_bank("SE4499900000000000010001", "SEK", "MADESESS"),
                opening=84_210_355, prefix="FB", monthly_fee=12_500, batches=True,
            ),
            Receiving(
                key="bankgiro", format="bgmax", account=_bank("SE1799900000000000010002", "SEK", "MADESESS"),
                other_name="9912346", opening=12_004_000, prefix="BG", monthly_fee=8_000,
            ),
            Receiving(
                key="nok", format="nets_ocr", account=_bank("NO1499991000123", "NOK", "MADENOKK"),
                other_name="99991000123", opening=3_004_550, prefix="NB", monthly_fee=9_500,
            ),
            Receiving(
                key="dkk", format="bank_csv", account=_bank("DK3699991000000123", "DKK", "MADEDKKK"),
                opening=2_400_010, prefix="DB", monthly_fee=7_500,
            ),
            Receiving(
                key="eur", format="mt940", account=_bank("DE71999999990000010000", "EUR", "MADEDEFF"),
                opening=1_250_040, prefix="EB", monthly_fee=1_250,
            ),
            Receiving(
                key="usd", format="bai2", account=_bank("9990001234", "USD", "MADEUS33"),
                opening=990_000, prefix="UB", monthly_fee=2_500,
            ),
            Receiving(
                key="gbp", format="camt", account=_bank("GB05MADE99999900000001", "GBP", "MADEGB2L"),
                opening=410_000, prefix="LB", monthly_fee=1_500,
            ),
        )
    }
)  # fmt: skip
