"""The rules of support as values: topics, families, severities, hours, vehicles, and what is answered by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from csp_receivables.domain.collections.seller import OpeningHours
from csp_receivables.domain.microsoft.subscriptions import Family


class Kind(StrEnum):
    """What a request is about."""

    COMMERCIAL = "commercial"  # invoices, payments, reconciliation, prices, subscriptions
    TECHNICAL = "technical"


class Severity(StrEnum):
    """How bad it is, as Microsoft counts: A critical, B moderate, C minimal."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a request may be about, and the words that tell it, in any language; lower case."""

    name: str
    kind: Kind
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRule:
    """A severity: the words that tell it, and the service hours within which somebody answers."""

    severity: Severity
    response_hours: int
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOurs:
    """A request that is not for us: bought directly, or in another programme. `portal`: where it belongs."""

    name: str
    portal: str
    words: tuple[str, ...]
    answer: Mapping[str, str]  # by language


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A way to Microsoft: whom it is for, what it covers and costs. Empty `families` or `severities` cover all."""

    name: str
    title: str
    kinds: frozenset[Kind]
    families: frozenset[Family] = frozenset()
    severities: frozenset[Severity] = frozenset()
    held_by_all: bool = False  # every partner of the programme has it
    cost: str
    scope: str
    where: str  # where a person files it


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHours:
    """When clocks run: the hours, on working days of `country`, in `zone`."""

    hours: tuple[OpeningHours, ...]
    country: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAnswers:
    """Which topics are answered without a person, and how many such answers an address gets in a day."""

    topics: frozenset[str] = frozenset()
    per_day_max: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPolicy:
    """Everything that triage goes by. Of topics and words the first that fits counts."""

    hours: ServiceHours
    severities: tuple[SeverityRule, ...]  # A, B, C
    topics: tuple[Topic, ...]
    families: Mapping[Family, tuple[str, ...]]
    requirements: Mapping[Family, tuple[str, ...]]  # what a request about that family must say
    not_ours: tuple[NotOurs, ...]
    vehicles: tuple[Vehicle, ...]  # the first that fits and is held is taken
    held: frozenset[str]
    answers: OwnAnswers = field(default_factory=OwnAnswers)
    shared_domains: frozenset[str] = frozenset()  # mail providers: their domain tells no customer

    def response_hours(self, severity: Severity) -> int:
        """Service hours within which somebody answers."""
        return next(rule.response_hours for rule in self.severities if rule.severity is severity)

    def kind_of(self, topic: str) -> Kind | None:
        """The kind that a topic belongs to; None where there is no such topic."""
        return next((each.kind for each in self.topics if each.name == topic), None)
