"""Support terms as YAML (include/policies/support_terms.yaml), and as a document for the customer."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from csp_receivables.adapters.checked_yaml import CheckedFile, Fault, FileFaults, build_checked, did_you_mean
from csp_receivables.adapters.notices.locales import Manner, locale_of
from csp_receivables.adapters.notices.outside import one_line
from csp_receivables.adapters.notices.parts import Document, Facts, Heading, Lines
from csp_receivables.adapters.seller import week_days
from csp_receivables.domain.collections.seller import OpeningHours, Seller, in_language
from csp_receivables.domain.support.terms import SupportTerms, TermsBook

DESCRIBED_IN = "docs/SUPPORT.md"
_WORDS = {
    "en": ("Support", "Who helps you", "Telephone", "E-mail", "Hours", "What is covered", "What else costs"),
    "sv": ("Support", "Vem som hjälper er", "Telefon", "E-post", "Tider", "Vad som ingår", "Vad annat kostar"),
    "de": ("Support", "Wer Ihnen hilft", "Telefon", "E-Mail", "Zeiten", "Was enthalten ist", "Was anderes kostet"),
}

Text = Annotated[str, Field(min_length=1, max_length=200)]


class SupportTermsRefused(FileFaults):
    """The file can't be used; `faults` are all that is wrong, each with file, line and remedy."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Terms(_Form):
    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    provider: Text
    phone: Annotated[str, Field(pattern=r"^\+\d[\d ()-]{5,20}$")]
    email: Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$")]
    days: Text
    opens: time
    closes: time
    scope: Annotated[dict[str, Annotated[tuple[Text, ...], Field(min_length=1)]], Field(min_length=1)]


class _Book(_Form):
    terms: Annotated[tuple[_Terms, ...], Field(min_length=1)]
    customers: dict[str, str] = {}


def read_support_terms(path: Path) -> TermsBook:
    """The terms in `path`. Raises SupportTermsRefused with all that is wrong."""
    if not path.is_file():
        remedy = "Write one as include/policies/support_terms.yaml of the distribution is"
        fault = Fault(file=path.name, line=1, place="", found="there is no such file", remedy=remedy)
        raise SupportTermsRefused([fault])
    return build_checked(path, DESCRIBED_IN, _Book, _book, SupportTermsRefused)


def _book(file: CheckedFile, form: _Book) -> TermsBook:
    names = [each.name for each in form.terms]
    for at, name in enumerate(names):
        if name in names[:at]:
            file.fault(("terms", at, "name"), f"{name} is named twice", "Give each a name of its own")
    for customer_id, name in form.customers.items():
        if name not in names:
            file.fault(("customers", customer_id), f"{name!r} are no terms of this file", did_you_mean(name, names))
    return TermsBook(
        terms=tuple(_terms(file, at, each) for at, each in enumerate(form.terms)), customers=dict(form.customers)
    )


def _terms(file: CheckedFile, at: int, form: _Terms) -> SupportTerms:
    days = tuple(sorted(set(week_days(form.days))))
    if not days:
        file.fault(("terms", at, "days"), f"{form.days!r} are no days", "Write mon-fri, or some of mon, tue, wed …")
    if form.opens >= form.closes:
        found = f"closes at {form.closes:%H:%M}, before it opens"
        file.fault(("terms", at, "closes"), found, "Write a later time")
    return SupportTerms(
        name=form.name,
        provider=form.provider,
        phone=form.phone,
        email=form.email,
        hours=OpeningHours(days=days, opens=form.opens, closes=form.closes),
        scope=form.scope,
    )


def terms_document(terms: SupportTerms, seller: Seller, language: str) -> Document:
    """The terms as a document in a language, else in English."""
    chosen = language if language in _WORDS else "en"
    title, who, phone, email, hours, covered, costs = _WORDS[chosen]
    manner = Manner(locale_of(chosen, seller.country, chosen))
    opening = terms.hours
    times = f"{manner.weekdays(opening.days)} {manner.hour(opening.opens)}–{manner.hour(opening.closes)}"
    scope = terms.scope.get(chosen) or terms.scope.get("en") or next(iter(terms.scope.values()))
    prices = tuple(
        f"{in_language(each.what, chosen)}: {manner.money(each.amount, each.currency)}"
        + (f" / {in_language(each.per, chosen)}" if each.per else "")
        for each in seller.support_prices
    )
    reach = ((who, one_line(terms.provider)), (phone, terms.phone), (email, terms.email), (hours, times))
    parts = (Facts(rows=reach, is_key=True), Heading(text=covered), Lines(lines=tuple(map(one_line, scope))))
    priced = (Heading(text=costs), Lines(lines=tuple(map(one_line, prices)))) if prices else ()
    return Document(
        subject=title,
        title=title,
        sender=one_line(seller.name),
        language=chosen,
        direction="ltr",
        parts=(*parts, *priced),
    )
