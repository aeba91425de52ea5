"""What support costs, as YAML: in the seller's file for everybody, in the support terms for one provider."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from csp_receivables.adapters.checked_yaml import CheckedFile, Place, did_you_mean
from csp_receivables.domain.collections.seller import SupportPrice
from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.money import NotMoney, to_minor

Text = Annotated[str, Field(min_length=1, max_length=200)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
Words = dict[Language, Text]


class PriceForm(BaseModel):
    """One price. `what` and `per` ("hour") by language; `price` a decimal number of `currency`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: Words
    price: Text
    currency: str
    per: Words = {}


def support_price(file: CheckedFile, place: Place, form: PriceForm, languages: Sequence[str]) -> SupportPrice:
    """The price at `place`, with a fault for each thing that is wrong; texts must be there in all of `languages`."""
    check_languages(file, (*place, "what"), form.what, languages)
    if form.per:
        check_languages(file, (*place, "per"), form.per, languages)
    check_currency(file, (*place, "currency"), form.currency)
    amount = 0
    try:
        amount = to_minor(form.price, form.currency) if form.currency in exponents() else 1
    except NotMoney as error:
        file.fault((*place, "price"), str(error), f"Write an amount of {form.currency}, such as 1250")
    else:
        if amount < 0:
            file.fault((*place, "price"), f"{form.price} is below zero", "Write what it costs")
    return SupportPrice(what=form.what, amount=amount, currency=form.currency, per=form.per)


def check_currency(file: CheckedFile, place: Place, currency: str) -> None:
    """A fault where `currency` is none."""
    if currency not in exponents():
        remedy = did_you_mean(currency, tuple(exponents()))
        file.fault(place, f"{currency!r} is no currency of ISO 4217", remedy)


def check_languages(file: CheckedFile, place: Place, texts: Iterable[str], languages: Sequence[str]) -> None:
    """A fault for each of `languages` that `texts` (a mapping by language) lacks."""
    there = frozenset(texts)
    for language in languages:
        if language not in there:
            file.fault(place, f"the text is not there in {language!r}", f"Add `{language}:` with it")
