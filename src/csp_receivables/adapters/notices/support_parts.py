"""Who helps a customer, as rows of a notice and of the support terms: how to reach them, what it covers, what costs."""

from __future__ import annotations

from collections.abc import Iterator

from csp_receivables.adapters.notices.outside import one_line
from csp_receivables.adapters.notices.wording import Wording
from csp_receivables.domain.collections.seller import Desk, Seller, SupportPrice, in_language
from csp_receivables.domain.support.terms import SupportTerms


def desk_rows(desk: Desk, time_zone: str, wording: Wording) -> Iterator[tuple[str, str]]:
    """How to reach a desk, row by row, as label and value."""
    say, manner = wording.say, wording.manner
    if desk.name:
        yield say("label_desk"), one_line(desk.name)
    if desk.email:
        yield say("label_email"), one_line(desk.email)
    if desk.phone:
        yield say("label_phone"), one_line(desk.phone)
    hours = [
        say("hours", manner.weekdays(each.days), manner.hour(each.opens), manner.hour(each.closes))
        for each in desk.hours
    ]
    if hours:
        yield say("label_hours"), f"{'; '.join(hours)} ({manner.zone(time_zone)})"


def cover_rows(terms: SupportTerms, seller: Seller, wording: Wording) -> Iterator[tuple[str, str]]:
    """What support covers, and what else costs before tax."""
    say = wording.say
    if covered := terms.covered(wording.language):
        yield say("label_scope"), wording.manner.listed([one_line(each) for each in covered])
    if prices := terms.prices or seller.support_prices:
        yield say("label_prices"), "; ".join(_price(each, wording) for each in prices)


def _price(price: SupportPrice, wording: Wording) -> str:
    amount = wording.manner.money(price.amount, price.currency)
    per = f" / {one_line(in_language(price.per, wording.language))}" if price.per else ""
    return f"{one_line(in_language(price.what, wording.language))}: {amount}{per}"
