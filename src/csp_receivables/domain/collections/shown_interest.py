"""What a notice may show of late interest and fixed sums: only where the policy says so, and never a guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from csp_receivables.domain.collections.anchors import working_day_from
from csp_receivables.domain.collections.cases import Case, Debt
from csp_receivables.domain.collections.decisions import Reason
from csp_receivables.domain.collections.interest import Claim, InterestRefused, LateInterestRules, late_interest
from csp_receivables.domain.collections.policy import CollectionsPolicy, nothing

Payments = Mapping[str, Sequence[tuple[date, int]]]
NO_PAYMENTS: Payments = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownInterest:
    """By receivable id, in minor units of its own currency. `because`: what each is made of, or why it is not shown."""

    interest: Mapping[str, int] = field(default_factory=nothing)
    fixed_sums: Mapping[str, int] = field(default_factory=nothing)
    because: tuple[Reason, ...] = ()


def shown_interest(
    policy: CollectionsPolicy, rules: LateInterestRules, case: Case, on: date, payments: Payments = NO_PAYMENTS
) -> ShownInterest:
    """Interest and fixed sums of the case's debts up to and including `on`; empty where the policy shows none.

    `payments`: by receivable id what was applied to it, and when. Without them interest is counted on what is open now,
    which can only be too little. What can't be computed is not shown, and `because` says why.
    """
    if case.country not in policy.interest_in:
        return ShownInterest()
    interest, sums, because = dict[str, int](), dict[str, int](), list[Reason]()
    for debt in case.debts:
        try:
            owed = late_interest(rules, _claim(debt, case, payments.get(debt.receivable_id)), on)
        except InterestRefused as refused:
            because.append(Reason(rule=f"late_interest {debt.number}", threshold="known", actual=str(refused)))
            continue
        if owed.interest:
            interest[debt.receivable_id] = owed.interest
        if owed.fixed_sum and owed.fixed_sum_currency == debt.currency:
            sums[debt.receivable_id] = owed.fixed_sum
        elif owed.fixed_sum:
            why = f"it is in {owed.fixed_sum_currency} and never converted"
            because.append(Reason(rule=f"fixed_sum {debt.number}", threshold=f"in {debt.currency}", actual=why))
        because += [Reason(rule=f"late_interest {debt.number}", threshold="", actual=why) for why in owed.because]
    return ShownInterest(interest=interest, fixed_sums=sums, because=tuple(because))


def _claim(debt: Debt, case: Case, payments: Sequence[tuple[date, int]] | None) -> Claim:
    known = payments is not None and debt.amount - sum(amount for _, amount in payments) == debt.open_amount
    return Claim(
        country=case.country,
        party_kind=case.party_kind,
        currency=debt.currency,
        principal=debt.amount if known else debt.open_amount,
        due_on=working_day_from(debt.due_on, case.country),
        payments=tuple(payments or ()) if known else (),
    )
