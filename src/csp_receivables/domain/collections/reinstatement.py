"""Access comes back before anything else once what it was taken for is settled, or nearly."""

from __future__ import annotations

from csp_receivables.domain.collections.decisions import Reason
from csp_receivables.domain.collections.open_items import Situation
from csp_receivables.domain.money import to_text


def reasons_to_reinstate(situation: Situation) -> tuple[Reason, ...]:
    """Why access returns now; () when it doesn't, or was never taken. Money that waits counts."""
    suspension = situation.case.suspension
    if suspension is None:
        return ()
    owed = _still_overdue(situation, suspension.receivable_ids)
    below = situation.policy.reinstate_below
    if any(amount > below.get(currency, 0) for currency, amount in owed.items()):
        return ()
    reasons = [
        Reason(
            rule="reinstate_below",
            threshold=f"{to_text(below.get(currency, 0), currency)} {currency}",
            actual=f"{to_text(amount, currency)} {currency} overdue",
        )
        for currency, amount in sorted(owed.items())
    ]
    return tuple(reasons) or (Reason(rule="reinstate_below", threshold="0", actual="nothing of it is overdue"),)


def _still_overdue(situation: Situation, causes: frozenset[str]) -> dict[str, int]:
    """By currency: what is overdue of the receivables that access was taken for, less what money and credits cover."""
    chased = {item.debt.receivable_id: item.owed for item in situation.chased}
    aside = {item.debt.receivable_id for item in situation.items} - _free(situation)
    owed: dict[str, int] = {}
    for item in situation.items:
        debt = item.debt
        if debt.receivable_id not in causes or not item.is_overdue:
            continue
        rest = debt.open_amount if debt.receivable_id in aside else chased.get(debt.receivable_id, 0)
        if rest:
            owed[debt.currency] = owed.get(debt.currency, 0) + rest
    return owed


def _free(situation: Situation) -> set[str]:
    held = {h.hold.receivable_id for h in situation.holds if h.holds and h.hold.receivable_id}
    return {
        item.debt.receivable_id
        for item in situation.items
        if item.debt.receivable_id not in held and not item.rules.exempt_because
    }
