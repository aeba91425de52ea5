"""The keys of a collections policy file (include/policies/collections.yaml) and what each may hold by itself.

docs/COLLECTIONS.md describes each key. Every scalar comes as text, as it is written.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from csp_receivables.domain.collections.policy import Act, Anchor

DAYS_MAX = 3_650  # ten years: more is a slip of the key
NAME = r"^[a-z][a-z0-9_]*$"
TAG = r"^[a-z0-9][a-z0-9_.-]*$"

Name = Annotated[str, Field(pattern=NAME, max_length=60)]
Tag = Annotated[str, Field(pattern=TAG, max_length=60)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Days = Annotated[int, Field(ge=0, le=DAYS_MAX)]
Text = Annotated[str, Field(min_length=1, max_length=400)]
Amounts = dict[str, str]  # decimal text by currency, checked by the reader


class Form(BaseModel):
    """What all parts of the file have in common: an unknown key is refused, never passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ConditionForm(Form):
    """Every part that is given must hold."""

    days_min: Annotated[int, Field(ge=-DAYS_MAX, le=DAYS_MAX)] | None = None
    amount_min: Amounts = {}
    receivables_min: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    tags: tuple[Tag, ...] = ()
    without_tags: tuple[Tag, ...] = ()
    any_of: tuple[ConditionForm, ...] = ()


class ForewarningForm(Form):
    """Which notice warns of a suspension, and how many days before."""

    stage: Text
    days_min: Days
    days_max: Days


class StageForm(Form):
    """One step of the ladder."""

    name: Name
    act: Act
    when: ConditionForm
    template: Name | None = None
    days_after_previous_min: Days = 0
    warned_by: ForewarningForm | None = None
    owner: Text | None = None


class MinimumForm(Form):
    """Below either of them nothing is chased."""

    amount: str | None = None
    receivables: Annotated[int, Field(ge=1, le=1_000_000)] = 1


class OverrideForm(Form):
    """Other rules for some."""

    receivables: tuple[Text, ...] = ()
    customers: tuple[Text, ...] = ()
    tags: tuple[Tag, ...] = ()
    countries: tuple[str, ...] = ()
    exempt: bool = False
    grace_days: Days | None = None
    minimum: dict[str, MinimumForm] | None = None
    stage_days: dict[str, Annotated[int, Field(ge=-DAYS_MAX, le=DAYS_MAX)]] = {}
    because: Text | None = None


class BreakerForm(Form):
    """How much of one kind may happen in one run."""

    number_max: Annotated[int, Field(ge=1, le=1_000_000)]
    share_per_mille_max: Annotated[int, Field(ge=1, le=1000)]
    usual_multiple_max: Annotated[int, Field(ge=1, le=1000)] | None = None
    canary: Annotated[int, Field(ge=0, le=1000)]


class QuietForm(Form):
    """When nothing is sent."""

    begins: time
    ends: time


class StatementForm(Form):
    """When statements of account are written."""

    day_of_month: Annotated[int, Field(ge=1, le=31)]


class LettersForm(Form):
    """Letters beside the ladder."""

    promise_broken: bool = False
    payment_received: bool = False
    statement: StatementForm | None = None


class PolicyForm(Form):
    """The file as a whole. Stages and overrides are read one by one, so that each can have its faults."""

    name: Name
    stages: list[Any]
    live_from: date | None = None
    dry_days: Days = 0
    anchor: Anchor = Anchor.DUE_DATE
    grace_days: Days = 0
    minimum: dict[str, MinimumForm] = {}
    part_payment_pause_days: Days = 0
    reinstate_below: Amounts = {}
    overrides: list[Any] = []
    working_days_only: bool = True
    quiet_hours: QuietForm | None = None
    feed_hours_max: Annotated[int, Field(ge=1, le=24 * 31)] = 48
    daily_statements: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9 -]{2,40}$")], ...] = ()
    notices: BreakerForm = BreakerForm(number_max=200, share_per_mille_max=200, canary=5)
    suspensions: BreakerForm = BreakerForm(number_max=25, share_per_mille_max=20, canary=2)
    interest_in: tuple[str, ...] = ()
    letters: LettersForm = LettersForm()
    languages: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")], ...], Field(min_length=1)] = ("en",)
