"""The rules of support as YAML (include/policies/support.yaml), checked; what is wrong is told with line and remedy."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field

from csp_receivables.adapters.checked_yaml import CheckedFile, Fault, FileFaults, Place, build_checked, did_you_mean
from csp_receivables.adapters.country_names import countries
from csp_receivables.adapters.seller import week_days
from csp_receivables.domain.collections.seller import OpeningHours
from csp_receivables.domain.microsoft.subscriptions import Family
from csp_receivables.domain.support.policy import (
    Kind,
    NotOurs,
    OwnAnswers,
    ServiceHours,
    Severity,
    SeverityRule,
    SupportPolicy,
    Topic,
    Vehicle,
)

DESCRIBED_IN = "docs/SUPPORT.md"
ANSWERS_A_DAY_MAX = 10

Text = Annotated[str, Field(min_length=1, max_length=300)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Words = Annotated[tuple[Text, ...], Field(min_length=1)]


class SupportPolicyRefused(FileFaults):
    """The file can't be used; `faults` are all that is wrong, each with file, line and remedy."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Hours(_Form):
    days: Text
    opens: time
    closes: time
    country: Text
    time_zone: Text


class _Severity(_Form):
    response_hours: Annotated[int, Field(ge=1, le=400)]
    words: tuple[Text, ...] = ()


class _Severities(_Form):
    A: _Severity
    B: _Severity
    C: _Severity


class _Topic(_Form):
    name: Name
    kind: Kind
    words: Words


class _Family(_Form):
    words: Words
    must_say: tuple[Text, ...] = ()


class _NotOurs(_Form):
    name: Name
    portal: Annotated[str, Field(pattern=r"^https://\S+$")]
    words: Words
    answer: Annotated[dict[str, Text], Field(min_length=1)]


class _Vehicle(_Form):
    name: Name
    title: Text
    kinds: Annotated[frozenset[Kind], Field(min_length=1)]
    families: frozenset[Family] = frozenset()
    severities: frozenset[Severity] = frozenset()
    held_by_all: bool = False
    cost: Text
    scope: Text
    where: Text


class _Answers(_Form):
    topics: frozenset[Name] = frozenset()
    per_day_max: Annotated[int, Field(ge=1, le=ANSWERS_A_DAY_MAX)] = 1


class _Policy(_Form):
    hours: _Hours
    severities: _Severities
    topics: Annotated[tuple[_Topic, ...], Field(min_length=1)]
    families: dict[Family, _Family]
    not_ours: tuple[_NotOurs, ...] = ()
    vehicles: Annotated[tuple[_Vehicle, ...], Field(min_length=1)]
    held: tuple[Name, ...] = ()
    answers: _Answers = _Answers()
    shared_domains: tuple[Text, ...] = ()


def read_support_policy(path: Path) -> SupportPolicy:
    """The policy in `path`. Raises SupportPolicyRefused with all that is wrong."""
    if not path.is_file():
        remedy = "Write one as include/policies/support.yaml of the distribution is"
        fault = Fault(file=path.name, line=1, place="", found="there is no such file", remedy=remedy)
        raise SupportPolicyRefused([fault])
    return build_checked(path, DESCRIBED_IN, _Policy, _policy, SupportPolicyRefused)


def _policy(file: CheckedFile, form: _Policy) -> SupportPolicy:
    _doubled(file, "topics", [each.name for each in form.topics])
    _doubled(file, "vehicles", [each.name for each in form.vehicles])
    topics, vehicles = [each.name for each in form.topics], [each.name for each in form.vehicles]
    _known(file, ("held",), form.held, vehicles, "vehicle")
    _known(file, ("answers", "topics"), sorted(form.answers.topics), topics, "topic")
    return SupportPolicy(
        hours=_hours(file, form.hours),
        severities=tuple(
            SeverityRule(severity=each, response_hours=rule.response_hours, words=_lower(rule.words))
            for each in Severity
            for rule in [getattr(form.severities, each.value)]
        ),
        topics=tuple(Topic(name=each.name, kind=each.kind, words=_lower(each.words)) for each in form.topics),
        families={family: _lower(each.words) for family, each in form.families.items()},
        requirements={family: each.must_say for family, each in form.families.items()},
        not_ours=tuple(
            NotOurs(name=each.name, portal=each.portal, words=_lower(each.words), answer=each.answer)
            for each in form.not_ours
        ),
        vehicles=tuple(Vehicle(**dict(each)) for each in form.vehicles),
        held=frozenset(form.held),
        answers=OwnAnswers(topics=form.answers.topics, per_day_max=form.answers.per_day_max),
        shared_domains=frozenset(_lower(form.shared_domains)),
    )


def _lower(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.casefold() for word in words)


def _hours(file: CheckedFile, form: _Hours) -> ServiceHours:
    days = tuple(sorted(set(week_days(form.days))))
    if not days:
        file.fault(("hours", "days"), f"{form.days!r} are no days", "Write mon-fri, or some of mon, tue, wed …")
    if form.opens >= form.closes:
        file.fault(("hours", "closes"), f"closes at {form.closes:%H:%M}, before it opens", "Write a later time")
    if form.country not in countries():
        found = f"{form.country!r} is no country of ISO 3166"
        file.fault(("hours", "country"), found, did_you_mean(form.country, countries()))
    hours = OpeningHours(days=days, opens=form.opens, closes=form.closes)
    return ServiceHours(hours=(hours,), country=form.country, zone=_zone(file, form.time_zone))


def _zone(file: CheckedFile, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        file.fault(("hours", "time_zone"), f"{name!r} is no time zone", "Write a name such as Europe/Stockholm")
        return ZoneInfo("UTC")


def _doubled(file: CheckedFile, group: str, names: list[str]) -> None:
    for at, name in enumerate(names):
        if name in names[:at]:
            file.fault((group, at, "name"), f"{name} is named twice", "Give each a name of its own")


def _known(file: CheckedFile, place: Place, named: tuple[str, ...] | list[str], known: list[str], what: str) -> None:
    for each in named:
        if each not in known:
            file.fault(place, f"{each!r} is no {what} of this file", did_you_mean(each, known))
