"""Who writes to customers: the partner, as notices and the published policy name it. `adapters` read it from YAML.

Texts that people read come by language ("en", "sv"); `in_language` gives the nearest one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAccount:
    """Where customers pay in one currency. At least one of `bankgiro` and `iban` is given."""

    currency: str
    bank: str
    iban: str = ""  # in fours: "SE45 5000 0000 0583 9825 7466"
    bic: str = ""
    bankgiro: str = ""  # "5050-1055"
    holder: str = ""  # "": the seller's name


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """When somebody answers, in the seller's time zone. `days` are of the ISO week: 1 is Monday, in order."""

    days: tuple[int, ...]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPrice:
    """What something costs that is not included, in minor units of `currency`, before tax."""

    what: Mapping[str, str]  # by language
    amount: int
    currency: str
    per: Mapping[str, str] = field(default_factory=dict)  # "hour", by language; empty: once


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Somebody to call: about an invoice, or for support."""

    phone: str
    email: str
    hours: tuple[OpeningHours, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """The partner, as receivers of notices know it."""

    name: str
    org_number: str
    country: str  # ISO 3166 alpha-2
    time_zone: str  # of the opening hours: "Europe/Stockholm"
    address: tuple[str, ...]  # lines, as on an envelope, without the name
    accounts: tuple[PaymentAccount, ...]  # the first of a currency is the one that is named
    invoices: Desk  # whom to call about an invoice, a dispute or a plan
    support: Desk  # technical support, which a late customer keeps
    vat_number: str = ""
    web: str = ""
    policy_web: str = ""  # where the policy is published
    support_prices: tuple[SupportPrice, ...] = ()
    is_example: bool = False  # the shipped one: its accounts are nobody's, and nothing may leave in its name

    def account(self, currency: str) -> PaymentAccount | None:
        """Where to pay in `currency`; None when the seller has no account in it."""
        return next((account for account in self.accounts if account.currency == currency), None)


def in_language(text: Mapping[str, str], language: str) -> str:
    """The text in `language`, else in English, else the first there is; "" for none."""
    return text.get(language) or text.get("en") or next(iter(text.values()), "")
