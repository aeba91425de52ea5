"""The price book (include/price_book.yaml, and a CSV of rules beside it), checked: faults have line and remedy."""

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
from csp_receivables.adapters.price_book_rows import read_rows
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
    rules_file: Annotated[str | None, Field(pattern=r"^[^/\\\\]+\.csv$")] = None
    rules: tuple[_Rule, ...] = ()


class _Rows(_Form):
    rules: tuple[_Rule, ...] = ()


def read_price_book(path: Path) -> PriceBook:
    """The price book in `path`. Raises PriceBookRefused with all that is wrong in it."""
    return build_checked(path, DESCRIBED_IN, _Book, lambda file, form: _book(file, form, path), PriceBookRefused)


def _book(file: CheckedFile, form: _Book, path: Path) -> PriceBook:
    rows, digest = _rules_of_file(file, form, path)
    if not rows and not form.rules:
        file.fault(("rules",), "there is no rule", "Write one, or name a CSV of them as `rules_file`")
    own = _rules(file, form.rules, [rule.name for rule in rows])
    book = PriceBook(
        rules=(*rows, *own),
        taxes=tuple(_tax(file, place, tax) for place, tax in enumerate(form.tax)),
        prefix=form.numbers.prefix,
        first_number=form.numbers.first,
        reference=form.numbers.reference,
        agreement=Agreement(ocr=form.numbers.level, ocr_lengths=frozenset(form.numbers.lengths)),
        term_days=form.term_days,
        margin_floor=_number(file, ("margin_floor",), form.margin_floor, MARGIN_MAX),
        bill_unproved=form.bill_unproved,
        is_example=form.is_example,
        digest=digest,
    )
    if not book.is_referable():
        found = f"no {book.reference.value} reference can be made of the number {book.prefix}{book.first_number}"
        file.fault(("numbers", "reference"), found, "Use digits only, agreed lengths that fit, or `reference: none`")
    return book


def _rules_of_file(file: CheckedFile, form: _Book, path: Path) -> tuple[tuple[PriceRule, ...], str]:
    """The rules of the CSV that the book names, which come before its own; and the digest of all there is."""
    bytes_of_book = path.read_bytes()
    if form.rules_file is None:
        return (), hashlib.sha256(bytes_of_book).hexdigest()
    beside = path.with_name(form.rules_file)
    if not beside.is_file():
        file.fault(("rules_file",), f"there is no {beside.name} beside it", "Put it there, or take the key out")
        return (), ""
    rows = read_rows(beside, DESCRIBED_IN)
    read = rows.read((), rows.data, _Rows)
    rules = _rules(rows, read.rules if read else (), [])
    file.faults.extend(rows.faults)
    return rules, hashlib.sha256(bytes_of_book + beside.read_bytes()).hexdigest()


def _rules(file: CheckedFile, rules: Sequence[_Rule], before: Sequence[str]) -> tuple[PriceRule, ...]:
    names = list(before)
    for place, rule in enumerate(rules):
        if rule.name in names:
            found = f"another rule is named {rule.name}"
            file.fault(("rules", place, "name"), found, "Give each rule a name of its own")
        names.append(rule.name)
    return tuple(_rule(file, place, rule) for place, rule in enumerate(rules))


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
