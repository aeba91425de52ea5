"""The collections policy as YAML (include/policies/collections.yaml), checked as a whole before any rule runs.

Its version is the digest of what it says beyond the defaults: comments, the order of keys, the form of numbers and a
default that is written out make no new version, nor does a key that a later release adds. Any other word does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass, replace
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from csp_receivables.adapters.checked_yaml import BadYaml, CheckedFile, Fault, FileFaults, did_you_mean, read_text
from csp_receivables.adapters.collections_policy_form import (
    BreakerForm,
    ConditionForm,
    ForewarningForm,
    LettersForm,
    MinimumForm,
    OverrideForm,
    PolicyForm,
    QuietForm,
    StageForm,
)
from csp_receivables.adapters.country_names import countries
from csp_receivables.adapters.notices.checks import template_faults
from csp_receivables.adapters.read_once import read_once
from csp_receivables.domain.collections.policy import (
    NOTHING,
    Breaker,
    CollectionsPolicy,
    Condition,
    Forewarning,
    Letters,
    Minimum,
    Override,
    QuietHours,
    Stage,
)
from csp_receivables.domain.collections.policy_check import Place
from csp_receivables.domain.collections.policy_override_check import policy_faults
from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.money import NotMoney, to_minor

DESCRIBED_IN = "docs/COLLECTIONS.md"
VERSION_DIGITS = 16  # of the digest, in hexadecimal: enough to tell versions of one partner apart


class CollectionsPolicyRefused(FileFaults):
    """The policy can't be used; `faults` are all that is wrong, each with file, line and remedy."""


@read_once
def read_collections_policy(
    path: Path, templates: Path | None = None, with_interest: Collection[str] | None = None
) -> CollectionsPolicy:
    """The policy in `path`. `templates`: the folder of notices, <language>/<template>.*; `with_interest`: the countries
    whose late interest is known. None: they are not looked at.

    Raises CollectionsPolicyRefused.
    """
    if not path.is_file():
        remedy = "Name a policy file such as include/policies/collections.yaml"
        raise CollectionsPolicyRefused([_whole(path.name, "there is no such file", remedy)])
    try:
        text = read_text(path)
    except BadYaml:
        raise CollectionsPolicyRefused([_whole(path.name, "the text is not UTF-8", "Save it as UTF-8")]) from None
    return parse_collections_policy(path.name, text, templates, with_interest)


def parse_collections_policy(
    name: str, text: str, templates: Path | None = None, with_interest: Collection[str] | None = None
) -> CollectionsPolicy:
    """The policy that `text` is; `name` is what the faults call it. Raises CollectionsPolicyRefused."""
    return _parse(name, text, templates, with_interest)


@lru_cache(maxsize=64)  # versions that open rounds are pinned to
def parse_kept_policy(name: str, text: str) -> CollectionsPolicy:
    """A version that was used once, for the rounds that it was pinned to. Rules for policies that are stricter today
    don't hold them up. Raises CollectionsPolicyRefused when the text can't be understood any more.
    """
    return _parse(name, text, is_kept=True)


def _parse(
    name: str,
    text: str,
    templates: Path | None = None,
    with_interest: Collection[str] | None = None,
    *,
    is_kept: bool = False,
) -> CollectionsPolicy:
    try:
        file = CheckedFile.parse(name, text, DESCRIBED_IN)
        policy = _Reading(file=file, is_kept=is_kept).policy()
        if policy and templates:
            _check_templates(file, policy, templates)
        if with_interest is not None:
            _check_interest(file, with_interest)
        file.raise_faults()
    except FileFaults as refused:
        raise CollectionsPolicyRefused(refused.faults) from None
    assert policy, "a policy that can't be built has a fault"
    return replace(policy, version=_version(policy))


def policy_text(policy: CollectionsPolicy) -> str:
    """What the policy says beyond the defaults, as one line of JSON: equal policies give equal text."""
    return json.dumps(_plain(replace(policy, version="")), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _version(policy: CollectionsPolicy) -> str:
    return hashlib.sha256(policy_text(policy).encode()).hexdigest()[:VERSION_DIGITS]


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        # What is worked out of the policy is nothing it says.
        said = [(each.name, getattr(value, each.name), _default(each)) for each in fields(value) if each.init]
        return {name: _plain(given) for name, given, default in said if given != default}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _default(of: Field[Any]) -> Any:
    return of.default if of.default_factory is MISSING else of.default_factory()


def _whole(name: str, found: str, remedy: str) -> Fault:
    return Fault(file=name, line=1, place="", found=found, remedy=remedy)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """From forms to values, with a fault for each thing that is none."""

    file: CheckedFile
    is_kept: bool = False
    stage_places: list[int] = field(default_factory=list)  # where in the file each stage of the policy stands
    override_places: list[int] = field(default_factory=list)

    def policy(self) -> CollectionsPolicy | None:
        """The policy as far as it can be built; None when too much is missing."""
        form = self.file.read((), self.file.data, PolicyForm)
        if form is None:
            return None
        policy = CollectionsPolicy(
            name=form.name,
            version="",
            stages=tuple(self._stages(form.stages)),
            live_from=form.live_from,
            dry_days=form.dry_days,
            anchor=form.anchor,
            grace_days=form.grace_days,
            minimum=self._minimum(("minimum",), form.minimum),
            part_payment_pause_days=form.part_payment_pause_days,
            reinstate_below=self._amounts(("reinstate_below",), form.reinstate_below),
            overrides=tuple(self._overrides(form.overrides)),
            working_days_only=form.working_days_only,
            quiet_hours=_quiet_hours(form.quiet_hours),
            feed_hours_max=form.feed_hours_max,
            daily_statements=frozenset(form.daily_statements),
            notices=_breaker(form.notices),
            suspensions=_breaker(form.suspensions),
            interest_in=self._countries(("interest_in",), form.interest_in),
            letters=_letters(form.letters),
            languages=self._languages(form.languages),
        )
        if not self.is_kept:
            self._check_as_a_whole(policy, len(form.stages))
        return policy

    def _check_as_a_whole(self, policy: CollectionsPolicy, stages: int) -> None:
        """Faults that need more than one key; none of what is damaged already: it may not be true."""
        damaged = replace(self.file, damaged=set(self.file.damaged))
        names_known = stages == len(self.stage_places) and not any(
            place[:1] == ("stages",) and place[2:3] == ("name",) for place in damaged.damaged
        )
        for fault in policy_faults(policy):
            places = [self._in_file(place) for place in (fault.place, *fault.also)]
            speaks_of_names = ("stages",) in fault.also
            unsure = any(damaged.is_damaged(place) for place in places if place != ("stages",) or not fault.also)
            if not unsure and (names_known or not speaks_of_names):
                self.file.fault(places[0], fault.found, fault.remedy)

    def _in_file(self, place: Place) -> Place:
        """The place in the file of a place in the policy: what could not be read is in the one and not in the other."""
        kept = {"stages": self.stage_places, "overrides": self.override_places}.get(str(place[0]))
        return place if kept is None or len(place) < 2 else (place[0], kept[int(place[1])], *place[2:])

    def _stages(self, items: list[Any]) -> Iterable[Stage]:
        for at, item in enumerate(items):
            place: Place = ("stages", at)
            if (form := self.file.read(place, item, StageForm)) is None:
                continue
            self.stage_places.append(at)
            yield Stage(
                name=form.name,
                act=form.act,
                when=self._condition((*place, "when"), form.when),
                template=form.template or "",
                days_after_previous_min=form.days_after_previous_min,
                warned_by=_forewarning(form.warned_by),
                owner=form.owner or "",
            )

    def _condition(self, place: Place, form: ConditionForm) -> Condition:
        return Condition(
            days_min=form.days_min,
            amount_min=self._amounts((*place, "amount_min"), form.amount_min),
            receivables_min=form.receivables_min,
            tags=frozenset(form.tags),
            without_tags=frozenset(form.without_tags),
            any_of=tuple(self._condition((*place, "any_of", at), part) for at, part in enumerate(form.any_of)),
        )

    def _overrides(self, items: list[Any]) -> Iterable[Override]:
        for at, item in enumerate(items):
            place: Place = ("overrides", at)
            if (form := self.file.read(place, item, OverrideForm)) is None:
                continue
            self.override_places.append(at)
            yield Override(
                receivables=frozenset(form.receivables),
                customers=frozenset(form.customers),
                tags=frozenset(form.tags),
                countries=self._countries((*place, "countries"), form.countries),
                exempt=form.exempt,
                grace_days=form.grace_days,
                minimum=None if form.minimum is None else self._minimum((*place, "minimum"), form.minimum),
                stage_days=MappingProxyType(dict(form.stage_days)),
                because=form.because or "",
            )

    def _minimum(self, place: Place, said: Mapping[str, MinimumForm]) -> Mapping[str, Minimum]:
        minimum = {}
        for currency, form in said.items():
            amounts = self._amounts(place, {currency: form.amount or "0"}, ("amount",), least=0)
            minimum[currency] = Minimum(amount=max(amounts.get(currency, 1), 1), receivables=form.receivables)
        return MappingProxyType(minimum)

    def _amounts(self, place: Place, said: Mapping[str, str], inner: Place = (), least: int = 1) -> Mapping[str, int]:
        """Decimal text by currency as minor units; what is no amount is a fault and left out."""
        amounts = {}
        for currency, text in said.items():
            where = (*place, currency)
            if currency not in exponents():
                remedy = did_you_mean(currency, tuple(exponents()))
                self.file.fault(where, f"{currency!r} is no currency of ISO 4217", remedy)
                continue
            try:
                amounts[currency] = to_minor(text, currency)
            except NotMoney as error:
                self.file.fault((*where, *inner), str(error), f"Write an amount of {currency}, such as 100")
                continue
            if amounts[currency] < least:
                del amounts[currency]
                self.file.fault((*where, *inner), f"{text} is too little", f"Write an amount of {currency} above zero")
        return MappingProxyType(amounts) if amounts else NOTHING

    def _countries(self, place: Place, said: Iterable[str]) -> frozenset[str]:
        known = countries()
        for at, country in enumerate(said):
            if country not in known:
                remedy = did_you_mean({"UK": "GB", "EL": "GR"}.get(country, country), known)
                self.file.fault((*place, at), f"{country!r} is no country of ISO 3166, such as SE", remedy)
        return frozenset(said)

    def _languages(self, said: tuple[str, ...]) -> tuple[str, ...]:
        for at, language in enumerate(said):
            if language in said[:at]:
                self.file.fault(("languages", at), f"{language} stands there already", "Keep one")
        return said


def _forewarning(form: ForewarningForm | None) -> Forewarning | None:
    return Forewarning(stage=form.stage, days_min=form.days_min, days_max=form.days_max) if form else None


def _quiet_hours(form: QuietForm | None) -> QuietHours | None:
    return QuietHours(begins=form.begins, ends=form.ends) if form else None


def _breaker(form: BreakerForm) -> Breaker:
    return Breaker(
        number_max=form.number_max,
        share_per_mille_max=form.share_per_mille_max,
        usual_multiple_max=form.usual_multiple_max,
        canary=form.canary,
    )


def _letters(form: LettersForm) -> Letters:
    return Letters(
        promise_broken=form.promise_broken,
        payment_received=form.payment_received,
        statement_day=form.statement.day_of_month if form.statement else None,
    )


def _check_interest(file: CheckedFile, known: Collection[str]) -> None:
    """Interest can only be shown for countries whose law is written down."""
    said = file.data.get("interest_in")
    for at, country in enumerate(said if isinstance(said, list) else ()):
        if country not in known and not file.is_damaged(("interest_in", at)):
            found = f"no late interest is known for {country}"
            remedy = f"Add its rules with their sources to late_interest.yaml; known are {', '.join(sorted(known))}"
            file.fault(("interest_in", at), found, remedy)


def _check_templates(file: CheckedFile, policy: CollectionsPolicy, templates: Path) -> None:
    """Every template that a stage names must be there in every language of the policy."""
    there = sorted(folder.name for folder in templates.iterdir() if folder.is_dir()) if templates.is_dir() else []
    missing = [language for language in policy.languages if language not in there]
    for language in missing:
        at = policy.languages.index(language)
        found = f"there are no notices in {language!r}"
        file.fault(("languages", at), found, f"Add {templates / language}, or write some of {', '.join(there) or '-'}")
    for at, language in enumerate(policy.languages):
        for found in template_faults(templates, language) if language in there else ():
            file.fault(("languages", at), found.partition(". ")[0], found.partition(". ")[2])
    reading = {stage.get("name"): at for at, stage in enumerate(file.data["stages"]) if isinstance(stage, dict)}
    for stage in policy.stages:
        if stage.template:
            place: Place = ("stages", reading[stage.name], "template")
            _check_template(
                file, place, stage.template, [templates / each for each in policy.languages if each in there]
            )


def _check_template(file: CheckedFile, place: Place, template: str, folders: list[Path]) -> None:
    lacking = [folder for folder in folders if not any(folder.glob(f"{template}.*"))]
    if lacking and len(lacking) == len(folders):
        known = sorted({each.name.split(".")[0] for folder in folders for each in folder.iterdir() if each.is_file()})
        file.fault(place, f"there is no notice {template!r}", did_you_mean(template, known or ["reminder"]))
        return
    for folder in lacking:
        found = f"the notice {template!r} is not there in {folder.name!r}"
        file.fault(place, found, f"Add {template} to {folder}, or leave {folder.name} out of languages")
