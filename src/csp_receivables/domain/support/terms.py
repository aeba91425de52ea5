"""Support terms: who supports a customer, what that covers, when, and how to reach them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from csp_receivables.domain.collections.seller import OpeningHours


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportTerms:
    """One set of terms. `scope`: what is covered, by language."""

    name: str
    provider: str
    phone: str
    email: str
    hours: OpeningHours
    scope: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsBook:
    """Every set of terms, the first for whoever is not named, and who has another."""

    terms: tuple[SupportTerms, ...]
    customers: Mapping[str, str]  # customer_id -> name

    def of(self, customer_id: str) -> SupportTerms:
        """The terms of a customer."""
        named = self.customers.get(customer_id, "")
        return next((each for each in self.terms if each.name == named), self.terms[0])
