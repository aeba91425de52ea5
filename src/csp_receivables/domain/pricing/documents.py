"""What to send a customer for one vendor invoice: the difference between what is owed for it and what was raised.

The first time that is everything. After a new version of the charges it is what changed: an invoice where more is owed,
a credit note where less is, so that what replaced data left behind is nothing. An issued document never changes.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.money import Money
from csp_receivables.domain.pricing.price_book import PriceBook
from csp_receivables.domain.pricing.priced import PricedLine, percent_of

CODE_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """One line; amounts in minor units, positive where the document's kind says that they are owed."""

    key: str
    description: str
    subscription_id: str
    net: int
    tax: int
    cost: int
    rule: str
    service_from: date | None
    service_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document without its number. `kind`: "invoice" or "credit_note", which gives the direction."""

    customer_id: str
    currency: str
    kind: str
    tax_rate: Decimal
    lines: tuple[DraftLine, ...]
    credits_number: str = ""

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)

    @property
    def gross(self) -> int:
        return self.net + self.tax


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedLine:
    """What was raised of one line so far: net and cost, less what credit notes took back."""

    net: int = 0
    cost: int = 0
    description: str = ""
    subscription_id: str = ""
    service_from: date | None = None
    service_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """What was raised for a vendor invoice: by customer and line, each customer's newest invoice, the last number."""

    currency: str = ""  # "" where nothing was raised
    lines: Mapping[tuple[str, str], RaisedLine] = field(default_factory=dict)
    newest_invoice: Mapping[str, str] = field(default_factory=dict)
    last_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raising:
    """The documents that a vendor invoice wants, and why customers get none."""

    drafts: tuple[Draft, ...]
    findings: tuple[Finding, ...]

    @property
    def code(self) -> str:
        """Stands for exactly these documents: another amount, line or customer gives another code."""
        return hashlib.sha256(repr(self.drafts).encode()).hexdigest()[:CODE_LENGTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What all documents of one raising have in common. `countries`: by customer."""

    currency: str
    issued_on: date
    countries: Mapping[str, str]


def draft(priced: Sequence[PricedLine], raised: Raised, book: PriceBook, terms: Terms) -> Raising:
    """A document for each customer with a difference, in the order of customers."""
    wanted: dict[str, list[PricedLine]] = defaultdict(list)
    for line in priced:
        wanted[line.customer_id].append(line)
    drafts: list[Draft] = []
    findings: list[Finding] = []
    for customer_id in sorted({*wanted, *(customer for customer, _ in raised.lines)}):
        rate = book.tax_rate(terms.countries.get(customer_id, ""), terms.issued_on)
        why = _why_not(customer_id, wanted[customer_id], rate, terms)
        if why:
            findings.append(why)
            continue
        lines = _differences(customer_id, wanted[customer_id], raised)
        if sum(line.net for line in lines) and rate is not None:
            drafts.append(_document(customer_id, terms.currency, lines, rate, raised))
    return Raising(drafts=tuple(drafts), findings=tuple(findings))


def _differences(customer_id: str, wanted: Iterable[PricedLine], raised: Raised) -> list[DraftLine]:
    """The lines by which what is owed differs from what was raised, what is owed no more after the rest."""
    found = []
    left = {key: line for (customer, key), line in raised.lines.items() if customer == customer_id}
    for each in wanted:
        before = left.pop(each.line.key, RaisedLine())
        if each.net != before.net:
            found.append(
                DraftLine(
                    key=each.line.key,
                    description=f"{each.line.product} ({each.line.charge_type})",
                    subscription_id=each.line.subscription_id,
                    net=each.net - before.net,
                    tax=0,
                    cost=each.cost - before.cost,
                    rule=each.rule,
                    service_from=each.line.charge_from,
                    service_until=each.line.charge_until,
                )
            )
    return found + [_taken_back(key, line) for key, line in sorted(left.items()) if line.net]


def _taken_back(key: str, line: RaisedLine) -> DraftLine:
    return DraftLine(
        key=key,
        description=line.description,
        subscription_id=line.subscription_id,
        net=-line.net,
        tax=0,
        cost=-line.cost,
        rule="no longer charged",
        service_from=line.service_from,
        service_until=line.service_until,
    )


def _document(customer_id: str, currency: str, lines: Sequence[DraftLine], rate: Decimal, raised: Raised) -> Draft:
    """An invoice, or a credit note of the opposite amounts. Tax is computed once, on the sum, and shared by lines."""
    sign = 1 if sum(line.net for line in lines) > 0 else -1
    return Draft(
        customer_id=customer_id,
        currency=currency,
        kind="invoice" if sign > 0 else "credit_note",
        tax_rate=rate,
        lines=tuple(_with_tax(lines, sign, rate)),
        credits_number="" if sign > 0 else raised.newest_invoice.get(customer_id, ""),
    )


def _with_tax(lines: Iterable[DraftLine], sign: int, rate: Decimal) -> Iterable[DraftLine]:
    """Each line's tax is what the tax on the running sum grows by: together it is the tax on the whole, exactly."""
    net = tax = 0
    for line in lines:
        net += sign * line.net
        grown = percent_of(net, rate)
        yield DraftLine(
            key=line.key,
            description=line.description,
            subscription_id=line.subscription_id,
            net=sign * line.net,
            tax=grown - tax,
            cost=sign * line.cost,
            rule=line.rule,
            service_from=line.service_from,
            service_until=line.service_until,
        )
        tax = grown


def _why_not(customer_id: str, wanted: Sequence[PricedLine], rate: Decimal | None, terms: Terms) -> Finding | None:
    """Why nothing is raised for a customer: half a document would be worse than none."""
    without = [each for each in wanted if not each.rule]
    if without:
        cost = sum(each.cost for each in without)
        found = f"{len(without)} lines of {Money(cost, without[0].line.currency)} have no price, the first is "
        found += f"{without[0].line.product!r} ({without[0].line.charge_type})"
        return _finding("price.no_rule", customer_id, found, "Add a rule to include/price_book.yaml")
    if rate is None:
        country = terms.countries.get(customer_id, "")
        found = f"no tax rate is known for {country or 'a customer whose country is not known'}"
        return _finding("price.no_tax_rate", customer_id, found, "Add the country to `tax` in include/price_book.yaml")
    return None


def _finding(code: str, customer_id: str, found: str, remedy: str) -> Finding:
    return Finding(
        code=code,
        severity=Severity.HELD,
        found=f"nothing is raised for customer {customer_id}: {found}",
        remedy=remedy,
        subject=customer_id,
        customer_id=customer_id,
    )
