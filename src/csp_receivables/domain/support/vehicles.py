"""Which way to Microsoft fits a request: the first vehicle of the policy that covers it and that the partner holds."""

from __future__ import annotations

from dataclasses import dataclass

from csp_receivables.domain.microsoft.subscriptions import Family
from csp_receivables.domain.support.policy import Kind, Severity, SupportPolicy, Vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The vehicle that fits; None where none that is held does. `would`: those that would if they were held."""

    vehicle: Vehicle | None
    because: str
    would: tuple[Vehicle, ...] = ()


def vehicle_for(kind: Kind, family: Family, severity: Severity, policy: SupportPolicy) -> Choice:
    """The vehicle for a request."""
    covering = [each for each in policy.vehicles if _covers(each, kind, family, severity)]
    held = [each for each in covering if each.held_by_all or each.name in policy.held]
    what = f"{kind} request about {family.replace('_', ' ')}, severity {severity}"
    if held:
        return Choice(vehicle=held[0], because=f"{held[0].title} is held and covers a {what}")
    if not covering:
        return Choice(vehicle=None, because=f"no vehicle covers a {what}")
    named = ", ".join(f"{each.title} ({each.cost})" for each in covering)
    return Choice(vehicle=None, because=f"nothing that is held covers a {what}; {named} would", would=tuple(covering))


def _covers(vehicle: Vehicle, kind: Kind, family: Family, severity: Severity) -> bool:
    return (
        kind in vehicle.kinds
        and (not vehicle.families or family in vehicle.families)
        and (not vehicle.severities or severity in vehicle.severities)
    )
