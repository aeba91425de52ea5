"""What collections know beside the books: holds, tags, rounds, notices, suspensions, the policies that are pinned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from csp_receivables.domain.collections.cases import Hold, Notice, Round, Suspension
from csp_receivables.domain.collections.policy import CollectionsPolicy


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionsFacts:
    """Facts effective by the day and known by the moment that were asked for, each by customer id."""

    holds: Mapping[str, tuple[Hold, ...]] = field(default_factory=_empty)
    tags: Mapping[str, frozenset[str]] = field(default_factory=_empty)
    rounds: Mapping[str, tuple[Round, ...]] = field(default_factory=_empty)
    notices: Mapping[str, tuple[Notice, ...]] = field(default_factory=_empty)
    suspensions: Mapping[str, Suspension] = field(default_factory=_empty)
    given_back: Mapping[str, Suspension] = field(default_factory=_empty)  # lately, and not taken again
    reachable: frozenset[str] | None = None  # who has an address that works; None: nobody was asked
    policies: Mapping[str, CollectionsPolicy] = field(default_factory=_empty)  # by version, those that rounds pin

    def named(self) -> set[str]:
        """Customers of whom anything is known here."""
        return {*self.holds, *self.tags, *self.rounds, *self.notices, *self.suspensions, *self.given_back}


NOTHING_KNOWN = CollectionsFacts()
