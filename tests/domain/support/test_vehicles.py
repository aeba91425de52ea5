"""Kind × family × severity × vehicles held → vehicle, by the shipped policy: the whole table."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations, product
from pathlib import Path

import pytest

from csp_receivables.adapters.support_policy import read_support_policy
from csp_receivables.domain.microsoft.subscriptions import Family
from csp_receivables.domain.support.policy import Kind, Severity
from csp_receivables.domain.support.vehicles import vehicle_for

POLICY = read_support_policy(Path(__file__).parents[3] / "include" / "policies" / "support.yaml")
SIGNATURE, ADVANCED = "signature_cloud_support", "advanced_support"
PREMIER, INCIDENT = "premier_support", "product_support_incident"
NAMES = (SIGNATURE, ADVANCED, PREMIER, INCIDENT)
EVERY_HELD = [frozenset(each) for each in chain.from_iterable(combinations(NAMES, n) for n in range(len(NAMES) + 1))]


def told(kind: Kind, family: Family, severity: Severity, held: frozenset[str]) -> str:
    """The table in words, from what Microsoft says of each way (reference: microsoft.md 7.2)."""
    if kind is Kind.COMMERCIAL:
        return "commercial"  # every partner of the programme has it
    is_cloud = family is not Family.OTHER
    if is_cloud and severity is not Severity.A and SIGNATURE in held:
        return SIGNATURE  # included, so it is taken first; not for critical situations
    if is_cloud and ADVANCED in held:
        return ADVANCED  # cloud only
    if PREMIER in held:
        return PREMIER  # everything
    if not is_cloud and INCIDENT in held:
        return INCIDENT  # on premises
    return ""


@pytest.mark.parametrize("held", EVERY_HELD, ids=lambda held: "+".join(sorted(held)) or "none")
def test_the_vehicle_follows_from_kind_family_severity_and_what_is_held(held: frozenset[str]) -> None:
    policy = replace(POLICY, held=held)
    for kind, family, severity in product(Kind, Family, Severity):
        choice = vehicle_for(kind, family, severity, policy)
        found = choice.vehicle.name if choice.vehicle else ""

        assert found == told(kind, family, severity, held), (kind, family, severity)
        assert choice.because
        if not found:
            assert choice.would, "who holds nothing that fits hears what would"
            assert all(each.name not in held for each in choice.would)
