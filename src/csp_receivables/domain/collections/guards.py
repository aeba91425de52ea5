"""What keeps a customer from being chased at all, in the order it is asked: the first answer counts."""

from __future__ import annotations

from collections.abc import Iterable

from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.collections.decisions import Reason
from csp_receivables.domain.collections.open_items import OpenItem, Situation
from csp_receivables.domain.money import to_text


def first_guard(situation: Situation) -> tuple[Reason, ...]:
    """Why the customer is left alone; () when nothing but the ladder speaks."""
    for guard in (_nothing_owed, _exempt, _held, _insolvent, _all_set_aside, _all_covered):
        if because := guard(situation):
            return because
    return ()


def _nothing_owed(situation: Situation) -> tuple[Reason, ...]:
    if situation.items:
        return ()
    return (Reason(rule="open", threshold="more than 0", actual="nothing is owed"),)


def _exempt(situation: Situation) -> tuple[Reason, ...]:
    because = situation.rules.common.exempt_because
    return (Reason(rule="exempt", threshold="", actual=because),) if because else ()


def _held(situation: Situation) -> tuple[Reason, ...]:
    whole = (h for h in situation.holds if h.holds and not h.hold.receivable_id)
    return tuple(h.reason() for h in whole if h.hold.kind is not HoldKind.INSOLVENCY)


def _insolvent(situation: Situation) -> tuple[Reason, ...]:
    """Insolvency of a customer is never about one receivable only, whatever was written down."""
    return tuple(h.reason() for h in situation.holds if h.holds and h.hold.kind is HoldKind.INSOLVENCY)


def _all_set_aside(situation: Situation) -> tuple[Reason, ...]:
    aside = situation.set_aside
    return aside if len(aside) == len(situation.items) else ()


def _all_covered(situation: Situation) -> tuple[Reason, ...]:
    if situation.chased:
        return ()
    return covered_reasons(situation)


def covered_reasons(situation: Situation) -> tuple[Reason, ...]:
    """What money and credit notes that cover nothing yet take off, by currency."""
    case = situation.case
    return tuple(
        Reason(
            rule="unapplied",
            threshold=f"{to_text(situation.open(currency), currency)} {currency} open",
            actual=f"{to_text(case.unapplied.get(currency, 0), currency)} {currency} received, "
            f"{to_text(case.credit_left.get(currency, 0), currency)} {currency} credited, not applied yet",
        )
        for currency, covered in sorted(situation.covered.items())
        if covered
    )


def above_minimum(items: Iterable[OpenItem], situation: Situation) -> tuple[tuple[OpenItem, ...], tuple[Reason, ...]]:
    """Of `items` those whose currency is not below its minimum, and why the others are left alone."""
    groups: dict[str, list[OpenItem]] = {}
    for item in items:
        groups.setdefault(item.debt.currency, []).append(item)
    enough: list[OpenItem] = []
    because: list[Reason] = []
    for currency, group in sorted(groups.items()):
        least, owed = situation.rules.minimum_of(currency), sum(item.owed for item in group)
        if owed < least.amount:
            because.append(
                Reason(
                    rule="minimum_amount",
                    threshold=f"{to_text(least.amount, currency)} {currency}",
                    actual=f"{to_text(owed, currency)} {currency}",
                )
            )
        elif len(group) < least.receivables:
            because.append(Reason(rule="minimum_receivables", threshold=str(least.receivables), actual=str(len(group))))
        else:
            enough.extend(group)
    if len(groups) > 1:
        enough.sort(key=lambda i: (i.debt.due_on, i.debt.receivable_id))
    return tuple(enough), tuple(because)
