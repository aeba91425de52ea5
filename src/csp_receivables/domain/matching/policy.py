"""The policy of matching: which rules book, which only suggest, and how far an amount may fall short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Mode(StrEnum):
    """What a rule may do."""

    AUTO = "auto"  # book what is sure, suggest the rest
    SUGGEST = "suggest"  # book nothing
    OFF = "off"  # the next rules see what it would have taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How much less than the open amount still closes a receivable: the greater of the two."""

    fixed: int = 0  # minor units
    per_mille: int = 0  # of what is open before the payment; rounded down to minor units


def _none() -> Mapping[str, Tolerance]:
    return MappingProxyType({})


def _all_auto() -> Mapping[str, Mode]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingPolicy:
    """`modes` by the rule's name (a rule that is not named is `auto`), `tolerances` by currency (default: nothing).

    `exchange_per_mille`: by how much what a payment is worth by a stored rate may differ from what is open.
    """

    modes: Mapping[str, Mode] = field(default_factory=_all_auto)
    tolerances: Mapping[str, Tolerance] = field(default_factory=_none)
    exchange_per_mille: int = 0

    def mode(self, rule: str) -> Mode:
        return self.modes.get(rule, Mode.AUTO)
