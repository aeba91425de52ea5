"""Support terms: who supports a customer, what that covers, when, and how to reach them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from csp_receivables.domain.collections.seller import Desk, OpeningHours, SupportPrice
from csp_receivables.domain.support.policy import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportTerms:
    """One set of terms. `scope`: what is covered, by language. `prices`: what else costs; none: those of the seller."""

    name: str
    provider: str
    phone: str
    email: str
    hours: OpeningHours
    scope: Mapping[str, tuple[str, ...]]
    prices: tuple[SupportPrice, ...] = ()
    web: str = ""  # where the terms are published
    takes: frozenset[Kind] = frozenset()  # requests that are handed on to an outsourced provider; none: it is ourselves

    @property
    def desk(self) -> Desk:
        """Whom a customer calls."""
        return Desk(name=self.provider, phone=self.phone, email=self.email, hours=(self.hours,))

    def covered(self, language: str) -> tuple[str, ...]:
        """What is covered, in the language, else in English, else as it is written first."""
        return self.scope.get(language) or self.scope.get("en") or next(iter(self.scope.values()), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsBook:
    """Every set of terms, the first for whoever is not named, and who has another."""

    terms: tuple[SupportTerms, ...]
    customers: Mapping[str, str]  # customer_id -> name

    def of(self, customer_id: str) -> SupportTerms:
        """The terms of a customer."""
        named = self.customers.get(customer_id, "")
        return next((each for each in self.terms if each.name == named), self.terms[0])
