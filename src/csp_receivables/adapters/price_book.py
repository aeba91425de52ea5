"""The price book as YAML (include/price_book.yaml), checked: what is wrong is told with line and remedy."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from csp_receivables.adapters.checked_yaml import CheckedFile, FileFaults, build_checked, did_you_mean
from csp_receivables.adapters.country_names import countries
from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.microsoft.subscriptions import Family
from csp_receivables.domain.money import NotMoney, parse_decimal
from csp_receivables.domain.pricing.price_book import PriceBook, PriceRule, ReferenceKind, TaxRate
from csp_receivables.domain.references import Agreement, OcrLevel

DESCRIBED_IN = "docs/FILES.md"
MARGIN_MAX = Decimal(1000)
RATE_MAX = Decimal(100)


class PriceBookRefused(FileFaults):
    """The file can't be used; `faults` are all that is wrong, each with file, line and remedy."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _When(_Form):
    customer: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    family: tuple[Family, ...] = ()
    charge_type: tuple[str, ...] = ()
    from_on: Annotated[date | None, Field(alias="from")] = None
    until_on: Annotated[date | None, Field(alias="until")] = None


class _Rule(_Form):
    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    when: _When = _When()
    margin: str | None = None
    price: str | None = None
    currency: str | None = None


class _Tax(_Form):
    country: str
    rate: str
    from_on: Annotated[date, Field(alias="from")]


class _Numbers(_Form):
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]*$", max_length=12)] = ""
    first: Annotated[int, Field(ge=1)] = 1
    reference: ReferenceKind = ReferenceKind.NONE
    level: OcrLevel = OcrLevel.CHECK
    lengths: tuple[int, ...] = ()


class _Book(_Form):
    is_example: bool = False
    numbers: _Numbers = _Numbers()
    term_days: Annotated[int, Field(ge=0, le=365)] = 30
    margin_floor: str = "0"
    bill_unproved: bool = False
    tax: Annotated[tuple[_Tax, ...], Field(min_length=1)]
    rules: Annotated[tuple[_Rule, ...], Field(min_length=1)]


def read_price_book(path: Path) -> PriceBook:
    """The price book in `path`. Raises PriceBookRefused with all that is wrong in it."""
    return build_checked(path, DESCRIBED_IN, _Book, lambda file, form: _book(file, form, path), PriceBookRefused)


def _book(file: CheckedFile, form: _Book, path: Path) -> PriceBook:
    names = [rule.name for rule in form.rules]
    for place, name in enumerate(names):
        if name in names[:place]:
            file.fault(("rules", place, "name"), f"another rule is named {name}", "Give each rule a name of its own")
    book = PriceBook(
        rules=tuple(_rule(file, place, rule) for place, rule in enumerate(form.rules)),
        taxes=tuple(_tax(file, place, tax) for place, tax in enumerate(form.tax)),
        prefix=form.numbers.prefix,
        first_number=form.numbers.first,
        reference=form.numbers.reference,
        agreement=Agreement(ocr=form.numbers.level, ocr_lengths=frozenset(form.numbers.lengths)),
        term_days=form.term_days,
        margin_floor=_number(file, ("margin_floor",), form.margin_floor, MARGIN_MAX),
        bill_unproved=form.bill_unproved,
        is_example=form.is_example,
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    if not book.is_referable():
        found = f"no {book.reference.value} reference can be made of the number {book.prefix}{book.first_number}"
        file.fault(("numbers", "reference"), found, "Use digits only, agreed lengths that fit, or `reference: none`")
    return book


def _rule(file: CheckedFile, place: int, rule: _Rule) -> PriceRule:
    here = ("rules", place)
    if (rule.margin is None) == (rule.price is None):
        file.fault(here, "a rule needs one of margin and price", "Write `margin: 10` (per cent of cost) or `price:`")
    if (rule.price is None) != (rule.currency is None):
        file.fault(here, "price and currency belong together", "Write both, or a margin alone")
    if rule.currency is not None and rule.currency not in exponents():
        found = f"{rule.currency!r} is no currency"
        file.fault((*here, "currency"), found, did_you_mean(rule.currency, sorted(exponents())))
    since, until = rule.when.from_on, rule.when.until_on
    if since and until and until < since:
        file.fault((*here, "when", "until"), f"{until} lies before {since}", "Let the rule end after it begins")
    margin = None if rule.margin is None else _number(file, (*here, "margin"), rule.margin, MARGIN_MAX, least=-100)
    price = None if rule.price is None else _number(file, (*here, "price"), rule.price, Decimal(10) ** 9)
    return PriceRule(
        name=rule.name,
        customers=rule.when.customer,
        products=rule.when.product,
        families=rule.when.family,
        charge_types=rule.when.charge_type,
        from_on=since,
        until_on=until,
        margin=margin,
        price=price,
        currency=rule.currency or "",
    )


def _tax(file: CheckedFile, place: int, tax: _Tax) -> TaxRate:
    if tax.country not in countries():
        found = f"{tax.country!r} is no country"
        file.fault(("tax", place, "country"), found, did_you_mean(tax.country, sorted(countries())))
    rate = _number(file, ("tax", place, "rate"), tax.rate, RATE_MAX)
    return TaxRate(country=tax.country, rate=rate, from_on=tax.from_on)


def _number(file: CheckedFile, place: Sequence[str | int], text: str, most: Decimal, least: int = 0) -> Decimal:
    """The exact number in `text`; 0 where it is none, which is then a fault."""
    try:
        number = parse_decimal(text)
    except NotMoney:
        number = None
    if number is None or not least <= number <= most:
        file.fault(
            tuple(place),
            f"{text!r} is no number from {least} to {most}",
            "Write it as 12.5, without a sign of per cent",
        )
        return Decimal(0)
    return number
