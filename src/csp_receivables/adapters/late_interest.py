"""Late interest by country as YAML (include/policies/late_interest.yaml): no figure without its source and date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from csp_receivables.adapters.checked_yaml import CheckedFile, FileFaults, Place, build_checked, did_you_mean
from csp_receivables.adapters.country_names import countries
from csp_receivables.adapters.read_once import read_once
from csp_receivables.domain.collections.interest import (
    DayCount,
    FixedSum,
    InterestRule,
    LateInterestRules,
    RateFixing,
    ReferenceRate,
    Source,
    half_year,
)
from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.money import NotMoney, to_minor

DESCRIBED_IN = "docs/COLLECTIONS.md"

Kind = Literal["company", "public_body", "consumer"]
PerCent = Annotated[Decimal, Field(ge=-5, le=50, decimal_places=4)]
Web = Annotated[str, Field(pattern=r"^https?://\S+$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Countries = Annotated[tuple[str, ...], Field(min_length=1)]
Kinds = Annotated[tuple[Kind, ...], Field(min_length=1)]


class LateInterestRefused(FileFaults):
    """The file can't be used; `faults` are all that is wrong, each with file, line and remedy."""


class _Sourced(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Web
    checked_on: date

    def where(self) -> Source:
        return Source(url=self.source, checked_on=self.checked_on)


class _Rate(_Sourced):
    begins: date
    per_cent: PerCent


class _Rule(_Sourced):
    countries: Countries
    kinds: Kinds
    valid_from: date
    reference: Text
    margin: PerCent
    fixing: RateFixing
    day_count: DayCount


class _Tier(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    least: Annotated[str, Field(alias="from")]
    amount: str


class _Sum(_Sourced):
    name: Text
    countries: Countries
    kinds: Kinds
    valid_from: date
    valid_until: date | None = None
    currency: str
    amount: str | None = None
    tiers: tuple[_Tier, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    references: dict[str, list[Any]] = {}
    rules: list[Any] = []
    fixed_sums: list[Any] = []
    without: dict[str, Text] = {}


@read_once
def read_late_interest(path: Path) -> LateInterestRules:
    """The rules in `path`; none at all when there is no such file. Raises LateInterestRefused."""
    if not path.is_file():
        return LateInterestRules(references={}, rules=(), fixed_sums=(), without={})
    return build_checked(
        path, DESCRIBED_IN, _File, lambda file, form: _Reading(file=file).rules(form), LateInterestRefused
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """From forms to values, with a fault for each thing that is none."""

    file: CheckedFile

    def rules(self, form: _File) -> LateInterestRules:
        references = {name: self._series(name, rows) for name, rows in form.references.items()}
        rules = [self._rule(("rules", at), item, form) for at, item in enumerate(form.rules)]
        sums = [self._sum(("fixed_sums", at), item) for at, item in enumerate(form.fixed_sums)]
        self._countries(("without",), form.without)
        self._refuse_twice("rules", rules)
        self._refuse_twice("fixed_sums", sums)
        return LateInterestRules(
            references=MappingProxyType(references),
            rules=tuple(rule for rule in rules if rule),
            fixed_sums=tuple(each for each in sums if each),
            without=MappingProxyType(form.without),
        )

    def _series(self, name: str, rows: list[Any]) -> Mapping[date, ReferenceRate]:
        series: dict[date, ReferenceRate] = {}
        for at, row in enumerate(rows):
            place: Place = ("references", name, at)
            if (form := self.file.read(place, row, _Rate)) is None:
                continue
            if form.begins != half_year(form.begins):
                found = f"{form.begins} begins no half-year"
                self.file.fault(
                    (*place, "begins"), found, f"Write {half_year(form.begins)}, or the next half-year's day"
                )
            if form.begins in series:
                found = f"the half-year from {form.begins} has a rate already"
                self.file.fault((*place, "begins"), found, "Keep the one that is right")
            series[form.begins] = ReferenceRate(begins=form.begins, per_cent=form.per_cent, source=form.where())
        return MappingProxyType(series)

    def _rule(self, place: Place, item: Any, whole: _File) -> InterestRule | None:
        form = self.file.read(place, item, _Rule)
        if form is None:
            return None
        if form.reference not in whole.references:
            remedy = did_you_mean(form.reference, sorted(whole.references))
            self.file.fault((*place, "reference"), f"there is no series {form.reference!r}", remedy)
        self._countries((*place, "countries"), form.countries)
        return InterestRule(
            countries=frozenset(form.countries),
            kinds=frozenset(form.kinds),
            valid_from=form.valid_from,
            reference=form.reference,
            margin=form.margin,
            fixing=form.fixing,
            day_count=form.day_count,
            source=form.where(),
        )

    def _sum(self, place: Place, item: Any) -> FixedSum | None:
        form = self.file.read(place, item, _Sum)
        if form is None:
            return None
        self._countries((*place, "countries"), form.countries)
        if bool(form.amount) == bool(form.tiers):
            self.file.fault(place, "a fixed sum has either an amount or tiers", "Write `amount: 40`, or tiers")
        if form.valid_until and form.valid_until < form.valid_from:
            self.file.fault((*place, "valid_until"), f"{form.valid_until} is before valid_from", "Write a later day")
        return FixedSum(
            name=form.name,
            countries=frozenset(form.countries),
            kinds=frozenset(form.kinds),
            valid_from=form.valid_from,
            valid_until=form.valid_until,
            currency=form.currency,
            tiers=self._tiers(place, form),
            source=form.where(),
        )

    def _tiers(self, place: Place, form: _Sum) -> tuple[tuple[int, int], ...]:
        if form.currency not in exponents():
            remedy = did_you_mean(form.currency, tuple(exponents()))
            self.file.fault((*place, "currency"), f"{form.currency!r} is no currency of ISO 4217", remedy)
            return ()
        if form.amount:
            return ((0, self._amount((*place, "amount"), form.amount, form.currency)),)
        tiers = []
        for at, tier in enumerate(form.tiers):
            where = (*place, "tiers", at)
            least = self._amount((*where, "from"), tier.least, form.currency)
            tiers.append((least, self._amount((*where, "amount"), tier.amount, form.currency)))
            if at and least <= tiers[at - 1][0]:
                self.file.fault((*where, "from"), "the tiers are not in order", "Write the smallest debt first")
        return tuple(tiers)

    def _amount(self, place: Place, text: str, currency: str) -> int:
        try:
            return to_minor(text, currency)
        except NotMoney as error:
            self.file.fault(place, str(error), f"Write an amount of {currency}, such as 40")
            return 0

    def _countries(self, place: Place, said: Iterable[str]) -> None:
        for at, country in enumerate(said):
            if country not in countries():
                remedy = did_you_mean({"UK": "GB", "EL": "GR"}.get(country, country), countries())
                where = (*place, country) if place == ("without",) else (*place, at)
                self.file.fault(where, f"{country!r} is no country of ISO 3166", remedy)

    def _refuse_twice(self, part: str, items: list[Any]) -> None:
        """Two rules for the same country, kind and day: nobody could say which holds."""
        seen: dict[tuple[str, str, date], int] = {}
        for at, each in enumerate(items):
            for key in (
                [(country, kind, each.valid_from) for country in each.countries for kind in each.kinds] if each else ()
            ):
                if key in seen:
                    found = f"{key[0]}, {key[1]} from {key[2]} stands in item {seen[key] + 1} of {part} already"
                    self.file.fault((part, at), found, "Keep one")
                    break
                seen[key] = at
