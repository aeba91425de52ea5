"""The collections policy as values: stages, what each asks for, and what holds it back. `adapters` read it from YAML.

Days are calendar days counted from the anchor (as a rule the due date, moved to the next working day of the customer's
country), amounts are minor units of their currency. Every mapping and tuple is in the order of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from types import MappingProxyType

NOTHING: Mapping[str, int] = MappingProxyType({})


def nothing() -> Mapping[str, int]:
    """The default of amounts and days by name: `NOTHING`, which Python 3.11 takes for a mutable value."""
    return NOTHING


CLEAR = "clear"  # the stage of a customer whom no stage of the policy concerns


class Anchor(StrEnum):
    """The day from which the days of a stage are counted."""

    DUE_DATE = "due_date"
    ISSUE_DATE = "issue_date"


class Act(StrEnum):
    """What a stage does once its conditions hold."""

    SEND_NOTICE = "send_notice"
    PROPOSE_SUSPENSION = "propose_suspension"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Every part that is given must hold; of `any_of`, when it is not empty, at least one."""

    days_min: int | None = None  # of the oldest receivable concerned; negative: before the anchor
    # Overdue, by currency; a currency that is not named has no minimum here.
    amount_min: Mapping[str, int] = field(default_factory=nothing)
    receivables_min: int | None = None  # overdue ones
    tags: frozenset[str] = frozenset()  # the customer has all of them
    without_tags: frozenset[str] = frozenset()  # and none of these
    any_of: tuple[Condition, ...] = ()

    @property
    def days_alone(self) -> int | None:
        """The day by which time alone brings it; None when something besides time must hold."""
        if not self.any_of:
            return self.days_min
        alone = [days for part in self.any_of if part._asks_days_only and (days := part.days_alone) is not None]
        if not alone:
            return None
        return min(alone) if self.days_min is None else max(min(alone), self.days_min)

    @property
    def _asks_days_only(self) -> bool:
        return not (self.amount_min or self.receivables_min or self.tags or self.without_tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forewarning:
    """What a suspension demands: a notice of `stage`, accepted between `days_min` and `days_max` days before."""

    stage: str
    days_min: int
    days_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of the ladder. Stages are ordered, mildest first."""

    name: str  # by meaning: "coming_due", "reminder", "final_notice", "suspension", "escalation"
    act: Act
    when: Condition
    template: str = ""  # of the notice, for SEND_NOTICE and PROPOSE_SUSPENSION (what is sent once access is suspended)
    # Since the last accepted notice of a milder stage, in the same round. 0 for ESCALATE: the days from stage to stage.
    days_after_previous_min: int = 0
    warned_by: Forewarning | None = None  # for PROPOSE_SUSPENSION, always
    owner: str = ""  # who takes over, for ESCALATE

    @property
    def is_before_due(self) -> bool:
        """Does the stage speak of receivables that are not overdue yet?"""
        return self.when.days_min is not None and self.when.days_min < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """Below either of them nothing is chased in that currency."""

    amount: int = 1
    receivables: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Other rules for some. Of several that fit, receivable outranks customer, tag and country, in that order."""

    receivables: frozenset[str] = frozenset()  # receivable ids
    customers: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    exempt: bool = False  # never chased
    grace_days: int | None = None
    minimum: Mapping[str, Minimum] | None = None
    stage_days: Mapping[str, int] = field(default_factory=nothing)  # stage name → days_min instead of the stage's own
    because: str = ""  # why, for the decision's reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """More than any of these in one run or day, and none is performed (invariant I10). None: no such limit."""

    number_max: int
    share_per_mille_max: int  # of the customers that owe anything
    usual_multiple_max: int | None = None  # times the median of the last thirty days that had any
    canary: int = 5  # so many go first, and must be accepted before the rest follows


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """When nothing is sent, in the customer's time zone: from `begins` to `ends`, over midnight when it is earlier."""

    begins: time
    ends: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """Which letters are written beside the ladder; no stage waits for any of them."""

    promise_broken: bool = False
    payment_received: bool = False
    statement_day: int | None = None  # of each month, its last day where it is shorter; None: no monthly statement


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionsPolicy:
    """One version of the published collections rules. `version` is the digest of the file's content."""

    name: str
    version: str
    stages: tuple[Stage, ...]
    live_from: date | None = None  # debts due before it start at the first stage; None: the policy only runs dry
    dry_days: int = 0  # from live_from on decisions are shown and nothing leaves
    anchor: Anchor = Anchor.DUE_DATE
    grace_days: int = 0
    minimum: Mapping[str, Minimum] = field(default_factory=lambda: MappingProxyType({}))  # by currency
    part_payment_pause_days: int = 0  # after a part payment on a receivable of the round no harder stage is reached
    # Overdue of the round at or below it: access returns. A currency that is not named: 0.
    reinstate_below: Mapping[str, int] = field(default_factory=nothing)
    overrides: tuple[Override, ...] = ()
    working_days_only: bool = True  # notices go out on working days of the customer's country
    quiet_hours: QuietHours | None = None
    feed_hours_max: int = 48  # an older bank feed stops final notices and suspensions
    # Accounts of which each banking day has a statement: a day without one makes the feed stale.
    daily_statements: frozenset[str] = frozenset()
    notices: Breaker = Breaker(number_max=200, share_per_mille_max=200)
    suspensions: Breaker = Breaker(number_max=25, share_per_mille_max=20, canary=2)
    interest_in: frozenset[str] = frozenset()  # countries whose late interest and fees are shown; none by default
    letters: Letters = Letters()
    languages: tuple[str, ...] = ("en",)  # the first one stands in for a customer's language that is not here
    # The stages with their places, before anything is due and once it is overdue: split once, not for every round.
    before_due: tuple[tuple[int, Stage], ...] = field(init=False, repr=False, compare=False)
    once_overdue: tuple[tuple[int, Stage], ...] = field(init=False, repr=False, compare=False)
    warning_stages: frozenset[str] = field(init=False, repr=False, compare=False)  # those that a suspension demands

    def __post_init__(self) -> None:
        placed = tuple(enumerate(self.stages))
        object.__setattr__(self, "before_due", tuple(p for p in placed if p[1].is_before_due))
        object.__setattr__(self, "once_overdue", tuple(p for p in placed if not p[1].is_before_due))
        object.__setattr__(self, "warning_stages", frozenset(s.warned_by.stage for s in self.stages if s.warned_by))

    def stage(self, name: str) -> Stage:
        """The stage of that name. KeyError names those there are."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise KeyError(f"policy {self.name} has no stage {name!r}; it has {', '.join(s.name for s in self.stages)}")
