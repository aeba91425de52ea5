"""Triage by the shipped words: topic, family and severity, in three languages, and why."""

from __future__ import annotations

import pytest

from csp_receivables.domain.microsoft.subscriptions import Family
from csp_receivables.domain.support.policy import Kind, Severity
from csp_receivables.domain.support.triage import UNCLEAR, missing_requirements, triage
from tests.domain.support.test_vehicles import POLICY


@pytest.mark.parametrize(
    ("subject", "text", "kind", "topic", "family", "severity"),
    [
        ("Invoice 100", "Why is it higher than before?", "commercial", "invoice", "other", "C"),
        ("Why higher than last month", "", "commercial", "increase", "other", "C"),
        ("Faktura 100", "Vi har betalat den", "commercial", "invoice", "other", "C"),
        ("Rechnung", "Die Zahlung ist unterwegs", "commercial", "invoice", "other", "C"),
        ("Outage", "Exchange is down for everyone", "technical", "technical", "microsoft_365", "A"),
        ("VM in Azure", "urgent: error on start", "technical", "technical", "azure", "B"),
        ("Business Central", "a question", "technical", UNCLEAR, "dynamics_365", "C"),
        ("Hello", "A question", "commercial", UNCLEAR, "other", "C"),
        ("Are we suspended?", "Teams says no access", "commercial", "suspended", "microsoft_365", "C"),
    ],
)
def test_words_decide_and_the_subject_first(
    subject: str, text: str, kind: str, topic: str, family: str, severity: str
) -> None:
    found = triage(subject, text, POLICY)

    assert (found.kind, found.topic, found.family, found.severity) == (
        Kind(kind), topic, Family(family), Severity(severity),
    )  # fmt: skip
    assert found.because


def test_part_of_a_word_tells_nothing() -> None:
    assert triage("Billboard", "priceless", POLICY).topic in (UNCLEAR, "price")
    assert triage("Billboard", "", POLICY).topic == UNCLEAR


def test_what_is_not_for_us_is_named() -> None:
    assert triage("Licences bought directly from Microsoft", "", POLICY).not_ours == "bought_directly"


def test_a_family_has_requirements_of_its_own() -> None:
    assert missing_requirements("the subscription is in region West Europe", Family.AZURE, POLICY) == ("resource",)
    assert missing_requirements("", Family.OTHER, POLICY) == ()
