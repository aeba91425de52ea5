"""Which rules hold for one customer and one receivable: the policy's own, unless an override fits.

An override fits when everything that it names fits. Of several that fit the one that names receivables outranks one
that names customers, then tags, then countries; among equals the first in the file. Each rule is taken from the highest
one that says something of it; who is exempt by any of them is exempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from csp_receivables.domain.collections.cases import Case, Debt
from csp_receivables.domain.collections.policy import NOTHING, CollectionsPolicy, Minimum, Override, nothing

ANYTHING_COUNTS = Minimum()


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtRules:
    """What holds for one receivable. `stage_days`: stage name → days_min instead of the stage's own."""

    grace_days: int
    stage_days: Mapping[str, int] = field(default_factory=nothing)
    exempt_because: str = ""  # "" when it is not exempt


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRules:
    """What holds for one customer and, by `of`, for its receivables."""

    fitting: tuple[Override, ...]  # those that fit the customer, the highest first; they may name receivables
    common: DebtRules  # of every receivable that no override names
    minimum: Mapping[str, Minimum]

    def of(self, debt: Debt) -> DebtRules:
        """The rules of one receivable."""
        if not self.fitting or not any(debt.receivable_id in override.receivables for override in self.fitting):
            return self.common
        fitting = [o for o in self.fitting if not o.receivables or debt.receivable_id in o.receivables]
        return _merged(fitting, self.common.grace_days)

    def minimum_of(self, currency: str) -> Minimum:
        """Below it nothing is chased in `currency`."""
        return self.minimum.get(currency, ANYTHING_COUNTS)


def rules_for(case: Case, policy: CollectionsPolicy) -> CustomerRules:
    """The rules of one customer under `policy`."""
    fitting = tuple(sorted((o for o in policy.overrides if _fits(o, case)), key=_rank))
    of_customer = [override for override in fitting if not override.receivables]
    minimum = next((o.minimum for o in of_customer if o.minimum is not None), policy.minimum)
    return CustomerRules(fitting=fitting, common=_merged(of_customer, policy.grace_days), minimum=minimum)


def _fits(override: Override, case: Case) -> bool:
    named = (override.receivables, override.customers, override.tags, override.countries)
    return (
        any(named)
        and (not override.customers or case.customer_id in override.customers)
        and override.tags <= case.tags
        and (not override.countries or case.country in override.countries)
    )


def _rank(override: Override) -> int:
    named = (override.receivables, override.customers, override.tags, override.countries)
    return next(place for place, names in enumerate(named) if names)


def _merged(fitting: Iterable[Override], grace_days: int) -> DebtRules:
    """`fitting`: the highest first."""
    grace: int | None = None
    stage_days: dict[str, int] = {}
    exempt = ""
    for override in fitting:
        grace = override.grace_days if grace is None else grace
        for stage, days in override.stage_days.items():
            stage_days.setdefault(stage, days)
        if override.exempt and not exempt:
            exempt = override.because or "by the policy"
    return DebtRules(
        grace_days=grace_days if grace is None else grace, stage_days=stage_days or NOTHING, exempt_because=exempt
    )
