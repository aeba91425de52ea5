"""The price book: what a customer pays for what Microsoft charges, by the first rule that fits, and the tax on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from csp_receivables.domain.microsoft.subscriptions import Family
from csp_receivables.domain.references import Agreement, NotAReference, issue_ocr, issue_rf


class ReferenceKind(StrEnum):
    """Which payment reference is printed."""

    OCR = "ocr"
    RF = "rf"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRule:
    """A rule fits when all that it names holds; an empty tuple names nothing. Either `margin` or `price` is set.

    `margin` is per cent of the cost; `price` is per unit, in `currency`. Products are ids or names, case aside.
    """

    name: str
    customers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    families: tuple[Family, ...] = ()
    charge_types: tuple[str, ...] = ()
    from_on: date | None = None
    until_on: date | None = None
    margin: Decimal | None = None
    price: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRate:
    """What customers of a country pay in tax from a day on; `rate` in per cent."""

    country: str
    rate: Decimal
    from_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """Rules in their order, the tax table, and how documents are numbered. `digest` is of the file."""

    rules: tuple[PriceRule, ...]
    taxes: tuple[TaxRate, ...]
    prefix: str = ""
    first_number: int = 1
    reference: ReferenceKind = ReferenceKind.NONE
    agreement: Agreement = field(default_factory=Agreement)
    term_days: int = 30
    margin_floor: Decimal = Decimal(0)  # per cent of cost: less is told by the check
    bill_unproved: bool = False
    is_example: bool = False
    digest: str = ""

    def tax_rate(self, country: str, on: date) -> Decimal | None:
        """The rate of a country on a day; None where the table has none."""
        known = [each for each in self.taxes if each.country == country and each.from_on <= on]
        return max(known, key=lambda each: each.from_on).rate if known else None

    def reference_of(self, number: str) -> str:
        """The reference to print on the document `number`. Raises NotAReference."""
        if self.reference is ReferenceKind.NONE:
            return ""
        return (issue_rf(number) if self.reference is ReferenceKind.RF else issue_ocr(number, self.agreement)).text

    def is_referable(self) -> bool:
        """Can numbers of this series be made into references?"""
        try:
            self.reference_of(f"{self.prefix}{self.first_number}")
        except NotAReference:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """What rules are asked by: one sum of charges of a customer."""

    customer_id: str
    product_id: str
    product: str
    family: Family
    charge_type: str
    charged_on: date | None
    currency: str


def rule_for(charged: Charged, rules: Iterable[PriceRule]) -> PriceRule | None:
    """The first rule that fits; None where none does."""
    return next((rule for rule in rules if _fits(rule, charged)), None)


def _fits(rule: PriceRule, charged: Charged) -> bool:
    products = {charged.product_id.casefold(), charged.product.casefold()}
    return (
        (not rule.customers or charged.customer_id in rule.customers)
        and (not rule.products or any(each.casefold() in products for each in rule.products))
        and (not rule.families or charged.family in rule.families)
        and (not rule.charge_types or charged.charge_type.casefold() in map(str.casefold, rule.charge_types))
        and (not rule.currency or rule.currency == charged.currency)
        and _is_in_force(rule, charged.charged_on)
    )


def _is_in_force(rule: PriceRule, on: date | None) -> bool:
    """A charge without a day goes by rules without days only."""
    if on is None:
        return rule.from_on is None and rule.until_on is None
    return (rule.from_on is None or rule.from_on <= on) and (rule.until_on is None or on <= rule.until_on)
