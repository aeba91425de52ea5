"""Support terms as YAML (include/policies/support_terms.yaml), and as a document for the customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from csp_receivables.adapters.checked_yaml import CheckedFile, Fault, FileFaults, build_checked, did_you_mean
from csp_receivables.adapters.notices.outside import one_line
from csp_receivables.adapters.notices.parts import Document, Facts
from csp_receivables.adapters.notices.support_parts import cover_rows, desk_rows
from csp_receivables.adapters.notices.wording import languages as languages_of
from csp_receivables.adapters.notices.wording import wording
from csp_receivables.adapters.read_once import read_once
from csp_receivables.adapters.seller import week_days
from csp_receivables.adapters.support_prices import PriceForm, Text, check_languages, support_price
from csp_receivables.domain.collections.seller import OpeningHours, Seller
from csp_receivables.domain.support.policy import Kind
from csp_receivables.domain.support.terms import SupportTerms, TermsBook

DESCRIBED_IN = "docs/SUPPORT.md"
FALLBACK = "en"


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
    prices: tuple[PriceForm, ...] = ()
    takes: frozenset[Kind] = frozenset()
    web: Annotated[str, Field(pattern=r"^https?://\S+$")] = ""


class _Book(_Form):
    terms: Annotated[tuple[_Terms, ...], Field(min_length=1)]
    customers: dict[str, str] = {}


@read_once
def read_support_terms(path: Path, languages: Sequence[str] = ()) -> TermsBook:
    """The terms in `path`, whose texts must be there in every one of `languages`.

    Raises SupportTermsRefused with all that is wrong.
    """
    if not path.is_file():
        remedy = "Write one as include/policies/support_terms.yaml of the distribution is"
        fault = Fault(file=path.name, line=1, place="", found="there is no such file", remedy=remedy)
        raise SupportTermsRefused([fault])
    return build_checked(
        path, DESCRIBED_IN, _Book, lambda file, form: _book(file, form, languages), SupportTermsRefused
    )


def _book(file: CheckedFile, form: _Book, languages: Sequence[str]) -> TermsBook:
    names = [each.name for each in form.terms]
    for at, name in enumerate(names):
        if name in names[:at]:
            file.fault(("terms", at, "name"), f"{name} is named twice", "Give each a name of its own")
    for customer_id, name in form.customers.items():
        if name not in names:
            file.fault(("customers", customer_id), f"{name!r} are no terms of this file", did_you_mean(name, names))
    return TermsBook(
        terms=tuple(_terms(file, at, each, languages) for at, each in enumerate(form.terms)),
        customers=dict(form.customers),
    )


def _terms(file: CheckedFile, at: int, form: _Terms, languages: Sequence[str]) -> SupportTerms:
    check_languages(file, ("terms", at, "scope"), form.scope, languages)
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
        prices=tuple(
            support_price(file, ("terms", at, "prices", number), each, languages)
            for number, each in enumerate(form.prices)
        ),
        web=form.web,
        takes=form.takes,
    )


def terms_document(terms: SupportTerms, seller: Seller, language: str, templates: Path) -> Document:
    """The terms as a document in a language of the notices' `templates`, else in English."""
    chosen = language if language in languages_of(templates) else FALLBACK
    words = wording(templates, chosen, seller.country)
    title = words.say("support_heading")
    rows = (*desk_rows(terms.desk, seller.time_zone, words), *cover_rows(terms, seller, words))
    return Document(
        subject=title,
        title=title,
        sender=one_line(seller.name),
        language=chosen,
        direction=words.manner.locale.text_direction,
        parts=(Facts(rows=rows, is_key=True),),
    )
