"""Who writes to customers, as YAML (include/policies/seller.yaml): name, accounts to pay to, whom to call, prices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field
from stdnum import iban, luhn
from stdnum.exceptions import ValidationError as NotANumber
from stdnum.se import orgnr

from csp_receivables.adapters.checked_yaml import (
    CheckedFile,
    Fault,
    FileFaults,
    Place,
    build_checked,
    did_you_mean,
)
from csp_receivables.adapters.country_names import countries
from csp_receivables.adapters.read_once import read_once
from csp_receivables.adapters.support_prices import PriceForm, check_currency, support_price
from csp_receivables.domain.collections.seller import Desk, OpeningHours, PaymentAccount, Seller

DESCRIBED_IN = "docs/COLLECTIONS.md"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_BANKGIRO_DIGITS = (7, 8)

Text = Annotated[str, Field(min_length=1, max_length=200)]
Phone = Annotated[str, Field(pattern=r"^\+\d[\d ()-]{5,20}$")]
Email = Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$")]
Web = Annotated[str, Field(pattern=r"^https?://\S+$")]


class SellerRefused(FileFaults):
    """The file can't be used; `faults` are all that is wrong, each with file, line and remedy."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Account(_Form):
    currency: str
    bank: Text
    iban: Text | None = None
    bic: Annotated[str, Field(pattern=r"^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$")] | None = None
    bankgiro: Text | None = None
    holder: Text | None = None


class _Hours(_Form):
    days: Text
    opens: time
    closes: time


class _Desk(_Form):
    name: Text | None = None
    phone: Phone
    email: Email
    hours: Annotated[tuple[_Hours, ...], Field(min_length=1)]


class _Seller(_Form):
    is_example: bool = False
    name: Text
    org_number: Text
    vat_number: Text | None = None
    country: str
    time_zone: Text
    address: Annotated[tuple[Text, ...], Field(min_length=1)]
    web: Web | None = None
    policy_web: Web | None = None
    accounts: Annotated[tuple[_Account, ...], Field(min_length=1)]
    invoices: _Desk
    support: _Desk
    support_prices: tuple[PriceForm, ...] = ()


@read_once
def read_seller(path: Path, languages: Sequence[str] = ()) -> Seller:
    """The seller in `path`, whose texts must be there in every one of `languages`. Raises SellerRefused."""
    if not path.is_file():
        remedy = "Write one as include/policies/seller.yaml of the distribution is"
        fault = Fault(file=path.name, line=1, place="", found="there is no such file", remedy=remedy)
        raise SellerRefused([fault])
    return build_checked(
        path,
        DESCRIBED_IN,
        _Seller,
        lambda file, form: _Reading(file=file, languages=languages).seller(form),
        SellerRefused,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """From the form to the value, with a fault for each thing that is none."""

    file: CheckedFile
    languages: Sequence[str]

    def seller(self, form: _Seller) -> Seller:
        if form.country not in countries():
            found = f"{form.country!r} is no country of ISO 3166"
            self.file.fault(("country",), found, did_you_mean(form.country, countries()))
        if form.country == "SE" and not orgnr.is_valid(form.org_number):
            found = f"{form.org_number!r} is no Swedish organisation number"
            self.file.fault(("org_number",), found, "Write its ten digits, such as 556703-7485")
        return Seller(
            name=form.name,
            org_number=form.org_number,
            vat_number=form.vat_number or "",
            country=form.country,
            time_zone=self._zone(form.time_zone),
            address=form.address,
            web=form.web or "",
            policy_web=form.policy_web or "",
            accounts=tuple(self._account(("accounts", at), each) for at, each in enumerate(form.accounts)),
            invoices=self._desk(("invoices",), form.invoices),
            support=self._desk(("support",), form.support),
            support_prices=tuple(
                support_price(self.file, ("support_prices", at), each, self.languages)
                for at, each in enumerate(form.support_prices)
            ),
            is_example=form.is_example,
        )

    def _zone(self, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            self.file.fault(("time_zone",), f"{name!r} is no time zone", "Write a name such as Europe/Stockholm")
        return name

    def _account(self, place: Place, form: _Account) -> PaymentAccount:
        check_currency(self.file, (*place, "currency"), form.currency)
        if not (form.iban or form.bankgiro):
            self.file.fault(place, "the account has neither iban nor bankgiro", "Add one: customers pay to it")
        return PaymentAccount(
            currency=form.currency,
            bank=form.bank,
            iban=self._iban((*place, "iban"), form.iban) if form.iban else "",
            bic=form.bic or "",
            bankgiro=self._bankgiro((*place, "bankgiro"), form.bankgiro) if form.bankgiro else "",
            holder=form.holder or "",
        )

    def _iban(self, place: Place, text: str) -> str:
        try:
            return str(iban.format(iban.validate(text)))
        except NotANumber:
            self.file.fault(
                place, f"{text!r} is no IBAN: its check digits do not fit", "Copy it from the bank's papers"
            )
            return text

    def _bankgiro(self, place: Place, text: str) -> str:
        digits = text.replace("-", "").replace(" ", "")
        if not (digits.isascii() and digits.isdigit() and len(digits) in _BANKGIRO_DIGITS and luhn.is_valid(digits)):
            found = f"{text!r} is no bankgiro: it has seven or eight digits, the last of them a check digit"
            self.file.fault(place, found, "Copy it from the bank's papers")
        return f"{digits[:-4]}-{digits[-4:]}"

    def _desk(self, place: Place, form: _Desk) -> Desk:
        hours = (self._hours((*place, "hours", at), each) for at, each in enumerate(form.hours))
        return Desk(name=form.name or "", phone=form.phone, email=form.email, hours=tuple(hours))

    def _hours(self, place: Place, form: _Hours) -> OpeningHours:
        if form.opens >= form.closes:
            self.file.fault((*place, "closes"), f"closes at {form.closes:%H:%M}, before it opens", "Write a later time")
        days = tuple(sorted(set(week_days(form.days))))
        if not days:
            found = f"{form.days!r} are no days"
            self.file.fault((*place, "days"), found, f"Write mon-fri, or some of {', '.join(_DAYS)}")
        return OpeningHours(days=days, opens=form.opens, closes=form.closes)


def week_days(text: str) -> Iterable[int]:
    """`mon-fri` or `mon, wed` as days of the ISO week; nothing when the text is something else."""
    for part in text.lower().split(","):
        found = re.fullmatch(r"\s*([a-z]{3})(?:\s*-\s*([a-z]{3}))?\s*", part)
        if not found or found[1] not in _DAYS or (found[2] or found[1]) not in _DAYS:
            return ()
    return _spans(text.lower().split(","))


def _spans(parts: Sequence[str]) -> Iterable[int]:
    for part in parts:
        first, _, last = (each.strip() for each in part.partition("-"))
        yield from range(_DAYS.index(first) + 1, _DAYS.index(last or first) + 2)
