"""Bank CSV by profile: one YAML file in `include/banks/` for each export of a bank, chosen by its header row alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from csp_receivables.adapters.checked_yaml import BadYaml, parse_checked, read_checked
from csp_receivables.adapters.read_once import read_once
from csp_receivables.domain.currencies import exponents

DESCRIBED_IN = "docs/FILES.md"
PREAMBLE_ROWS_MAX = 50  # a header further down is not found by looking at the start of a file

Canonical = Literal[
    "booked_on", "value_on", "amount", "credit", "debit", "direction", "balance", "account", "currency",
    "text", "payer_name", "payer_account", "reference", "end_to_end", "bank_ref",
]  # fmt: skip
JOINED: frozenset[Canonical] = frozenset({"text", "reference", "payer_name"})  # may come in several columns
ACCOUNT_SOURCES = "a column, a constant, or account_in_preamble"


class BankProfileRefused(ValueError):
    """A bank CSV profile can't be used; the message names its file and line and what to do."""


class Directions(BaseModel):
    """The words of the direction column."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    credit: Annotated[tuple[str, ...], Field(min_length=1)]
    debit: Annotated[tuple[str, ...], Field(min_length=1)]


class BankCsvProfile(BaseModel):
    """One bank's CSV export, as written in YAML."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    about: str = ""
    encoding: Literal["utf-8-sig", "cp1252", "iso-8859-1", "iso-8859-15", "utf-16"] = "utf-8-sig"
    separator: Literal[",", ";", "\t", "|"] = ";"
    quoted: bool = True  # False: a quotation mark is a character like any other
    decimal_mark: Literal[".", ","] = ","
    thousands_mark: Literal["", " ", ".", ",", "'"] = ""
    date_format: str = "%Y-%m-%d"
    preamble_rows: Annotated[int, Field(ge=0, le=PREAMBLE_ROWS_MAX)] = 0  # at most so many rows above the header
    footer: str = ""  # pattern of the rows below the entries
    header: Annotated[tuple[str, ...], Field(min_length=2)]
    columns: Annotated[dict[Canonical, str | tuple[str, ...]], Field(min_length=2)]
    constants: dict[Literal["account", "currency"], str] = {}
    account_in_preamble: str = ""  # pattern with one group: the account
    directions: Directions | None = None
    debit_amounts: Literal["positive", "negative"] = "positive"  # how the debit column writes money that went out

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The header without blanks around its names and without empty names at its end."""
        return trimmed(self.header)

    @cached_property
    def places(self) -> Mapping[str, tuple[int, ...]]:
        """Where each canonical field stands in a row."""
        listed = {name: (found,) if isinstance(found, str) else found for name, found in self.columns.items()}
        return {name: tuple(self.names.index(column) for column in found) for name, found in listed.items()}

    def column_of(self, *fields: str) -> str:
        """What the file calls the first of `fields` that it has; the first field's own name where it has none."""
        places = self.places
        return next((self.names[places[name][0]] for name in fields if name in places), fields[0])

    @field_validator("footer", "account_in_preamble")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        return pattern

    @field_validator("date_format")
    @classmethod
    def _tells_the_day(cls, date_format: str) -> str:
        day = date(2026, 12, 31)
        try:
            told = datetime.strptime(day.strftime(date_format), date_format).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            told = None
        if told != day:
            raise ValueError(f"{date_format!r} does not tell year, month and day, as %Y-%m-%d does")
        return date_format

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        for problem in (
            _columns_not_in_the_header(self),
            _amount_columns(self),
            _account_and_currency(self),
            "decimal_mark and thousands_mark are the same" if self.decimal_mark == self.thousands_mark else "",
        ):
            if problem:
                raise ValueError(problem)
        return self


def _columns_not_in_the_header(profile: BankCsvProfile) -> str:
    if "booked_on" not in profile.columns:
        return "columns: booked_on is given by no column"
    for name, found in profile.columns.items():
        columns = (found,) if isinstance(found, str) else found
        if not columns or (len(columns) > 1 and name not in JOINED):
            return f"columns: {name} is one column; only {', '.join(sorted(JOINED))} may be joined from several"
        for column in columns:
            if (times := profile.names.count(column)) != 1:
                return f"columns: {column!r} ({name}) stands {times} times in the header; it must stand there once"
    return ""


def _amount_columns(profile: BankCsvProfile) -> str:
    given = {"amount", "credit", "debit"}.intersection(profile.columns)
    if given not in ({"amount"}, {"credit", "debit"}):
        return "columns: give either amount, or credit and debit"
    if ("direction" in profile.columns) != (profile.directions is not None):
        return "the column direction and the key directions need each other"
    if profile.directions is None:
        return ""
    if given != {"amount"}:
        return "columns: a direction goes with amount, not with credit and debit"
    both = set(profile.directions.credit) & set(profile.directions.debit)
    return f"directions: {', '.join(sorted(both))} is both credit and debit" if both else ""


def _account_and_currency(profile: BankCsvProfile) -> str:
    sources = ("account" in profile.columns, bool(profile.constants.get("account")), bool(profile.account_in_preamble))
    if sum(sources) != 1:
        return f"the account comes from one of {ACCOUNT_SOURCES}"
    if profile.account_in_preamble and re.compile(profile.account_in_preamble).groups != 1:
        return "account_in_preamble has one group: the account"
    if ("currency" in profile.columns) == ("currency" in profile.constants):
        return "the currency comes from a column or a constant"
    currency = profile.constants.get("currency", "")
    return f"constants: {currency!r} is no ISO 4217 currency" if currency and currency not in exponents() else ""


def trimmed(cells: Sequence[str]) -> tuple[str, ...]:
    """Cells without blanks around them and without empty ones at the end of the row."""
    stripped = [cell.strip("\ufeff \t\u00a0") for cell in cells]
    while stripped and not stripped[-1]:
        stripped.pop()
    return tuple(stripped)


@read_once
def load_bank_profiles(folder: Path) -> tuple[BankCsvProfile, ...]:
    """The profiles in `folder`, by file name. Raises BankProfileRefused."""
    profiles: list[BankCsvProfile] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            profile = read_checked(path, BankCsvProfile, DESCRIBED_IN)
        except BadYaml as error:
            raise BankProfileRefused(str(error)) from None
        _refuse_ambiguous(path, profile, profiles)
        profiles.append(profile)
    return tuple(profiles)


def parse_bank_profile(name: str, text: str) -> BankCsvProfile:
    """One profile from its YAML. Raises BankProfileRefused."""
    try:
        return parse_checked(name, text, BankCsvProfile, DESCRIBED_IN)
    except BadYaml as error:
        raise BankProfileRefused(str(error)) from None


def _refuse_ambiguous(path: Path, profile: BankCsvProfile, others: Sequence[BankCsvProfile]) -> None:
    """Two profiles that the same header row could mean would make the order of their files decide."""
    for other in others:
        if other.profile == profile.profile:
            raise BankProfileRefused(f"{path.name}: the name {profile.profile} is taken. Give it a name of its own")
        if _fingerprint(other) == _fingerprint(profile):
            raise BankProfileRefused(f"{path.name}: describes the same header as {other.profile}. Keep one of the two")


def _fingerprint(profile: BankCsvProfile) -> tuple[bool, str, tuple[str, ...]]:
    return profile.encoding == "utf-16", profile.separator, profile.names
