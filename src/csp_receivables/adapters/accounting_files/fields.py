"""The text of one field as a value: days, exact amounts, kinds. Each refuses what it can't be sure of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from csp_receivables.adapters.accounting_files.forms import ISO_DAY, Form
from csp_receivables.domain.accounting import PARTY_KINDS
from csp_receivables.domain.currencies import UnknownCurrency, exponent
from csp_receivables.domain.money import NotMoney, parse_decimal, to_minor
from csp_receivables.domain.real_days import OUTSIDE, is_real

RECEIVABLE_KINDS = ("invoice", "credit_note")
IDENTITY_LENGTH_MAX = 200  # PostgreSQL indexes 2,700 bytes at most
EMAIL_LENGTH_MAX = 254  # RFC 5321 4.5.3.1.3, less the angle brackets
CACHED = 65_536  # days, currencies and licence prices repeat: most fields are looked up instead of parsed
_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_EMAIL = re.compile(r"[^@\s|;,<>\"]+@[^@\s|;,<>\"]+\.[^@\s|;,<>\"]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)

Parser = Callable[[str], Any]


class BadField(ValueError):
    """The field's text is not what it must be: (found, remedy)."""

    def __init__(self, found: str, remedy: str) -> None:
        self.found, self.remedy = found, remedy
        super().__init__(f"{found}. {remedy}")


def text(value: str) -> str:
    """Any text, without blanks around it."""
    return value.strip()


def needed(value: str) -> str:
    """Text that may not be empty."""
    stripped = value.strip()
    if not stripped:
        raise BadField("empty", "Every record needs it; fill it in accounting")
    return stripped


def identity(value: str) -> str:
    """Text that tells one record from another: it may not be empty, nor longer than a database can look up."""
    return _short(needed(value))


def seller(value: str) -> str:
    """A part of an identity that may be empty."""
    return _short(value.strip())


def _short(value: str) -> str:
    if len(value) > IDENTITY_LENGTH_MAX:
        remedy = "Look at the row: perhaps a text stands in the wrong column"
        raise BadField(f"{len(value)} characters, which is more than {IDENTITY_LENGTH_MAX}", remedy)
    return value


def day_parser(form: Form) -> Parser:
    """Reads days in the form's one date format."""

    @lru_cache(maxsize=CACHED)
    def day(value: str) -> date:
        stripped = needed(value)
        try:
            if form.date_format == ISO_DAY and len(stripped) == 10:
                told = date.fromisoformat(stripped)
            else:
                told = datetime.strptime(stripped, form.date_format).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            raise BadField(f"{stripped!r} is no day", f"Write days as {form.date_format}") from None
        if not is_real(told):
            raise BadField(f"{stripped!r} {OUTSIDE}", "Correct the day in accounting and export again")
        return told

    return day


def maybe(parser: Parser) -> Parser:
    """None where the field is empty."""
    return lambda value: parser(value) if value.strip() else None


def currency(value: str) -> str:
    """An ISO 4217 currency code in capitals."""
    stripped = needed(value)
    try:
        exponent(stripped)
    except UnknownCurrency as error:
        raise BadField(str(error), "Use the ISO 4217 code, such as SEK") from None
    return stripped


def amount_parser(form: Form) -> Callable[[str, str], int]:
    """Reads amounts with the form's marks into exact minor units of a currency."""

    @lru_cache(maxsize=CACHED)
    def amount(value: str, code: str) -> int:
        stripped = needed(value)
        try:
            return to_minor(plain_number(stripped, form), code)
        except NotMoney as error:
            raise BadField(str(error), f"Write amounts as 1234{form.decimal_mark}50") from None

    return amount


def plain_number(value: str, form: Form) -> str:
    """A number in the form's marks as digits with a point. A thousands mark must have three digits behind it."""
    if form.thousands_mark:
        groups = value.split(form.decimal_mark, maxsplit=1)[0].split(form.thousands_mark)
        if any(len(group) != 3 for group in groups[1:]):
            raise NotMoney(f"{value!r} is not a number with {form.thousands_mark!r} between thousands")
        value = value.replace(form.thousands_mark, "")
    if form.decimal_mark == ".":
        return value
    if "." in value:
        raise NotMoney(f"{value!r} has a point where the decimal mark is {form.decimal_mark!r}")
    return value.replace(form.decimal_mark, ".")


def rate_parser(form: Form) -> Parser:
    """Reads a tax rate in per cent into its shortest decimal text; "" stays ""."""

    @lru_cache(maxsize=CACHED)
    def rate(value: str) -> str:
        stripped = value.strip().removesuffix("%").strip()
        if not stripped:
            return ""
        try:
            number = parse_decimal(plain_number(stripped, form))
        except NotMoney as error:
            raise BadField(str(error), "Write the rate in per cent, such as 25") from None
        if not 0 <= number <= 100:
            raise BadField(f"a tax rate of {stripped} per cent", "Write the rate in per cent, from 0 to 100")
        return f"{number.normalize():f}"

    return rate


def kind_parser(kinds: Mapping[str, str]) -> Parser:
    """Reads invoice or credit_note, by the form's own words where it has some."""
    known = dict(kinds) or {kind: kind for kind in RECEIVABLE_KINDS}

    def kind(value: str) -> str:
        stripped = value.strip()
        if stripped not in known:
            raise BadField(f"kind {stripped!r}", f"Use one of {', '.join(known)}")
        return known[stripped]

    return kind


def country(value: str) -> str:
    """An ISO 3166 alpha-2 code in capitals."""
    stripped = needed(value)
    if not re.fullmatch("[A-Z]{2}", stripped, re.ASCII):
        raise BadField(f"country {stripped!r}", "Use the ISO 3166 code of two capitals, such as SE")
    return stripped


def language(value: str) -> str:
    """A BCP 47 language tag, or ""."""
    stripped = value.strip()
    if stripped and not _LANGUAGE.fullmatch(stripped):
        raise BadField(f"language {stripped!r}", "Use a BCP 47 tag such as sv or en-GB, or leave it empty")
    return stripped


def party_kind(value: str) -> str:
    """One of PARTY_KINDS; "" is unknown."""
    stripped = value.strip() or "unknown"
    if stripped not in PARTY_KINDS:
        raise BadField(f"party_kind {stripped!r}", f"Use one of {', '.join(PARTY_KINDS)}")
    return stripped


def tenants(value: str) -> tuple[str, ...]:
    """Microsoft tenant ids (GUIDs, any case) separated by semicolons; each once, sorted."""
    ids = [part.strip().lower() for part in value.split(";") if part.strip()]
    for tenant in ids:
        if not _TENANT.fullmatch(tenant):
            raise BadField(f"tenant {tenant!r} is no GUID", "Copy the tenant id from Partner Center")
    return tuple(sorted(set(ids)))


def contacts(value: str) -> tuple[tuple[str, str, str], ...]:
    """(email, name, role) of each contact in `email|name|role;…`. Refusals never quote it: it is personal data."""
    found: dict[str, tuple[str, str, str]] = {}
    for place, entry in enumerate((part for part in value.split(";") if part.strip()), start=1):
        parts = [part.strip() for part in entry.split("|")]
        if len(parts) > 3 or len(parts[0]) > EMAIL_LENGTH_MAX or not _EMAIL.fullmatch(parts[0]):
            raise BadField(f"contact {place} is no e-mail address with name and role", "Write email|name|role;…")
        email, name, role = (*parts, "", "")[:3]
        found.setdefault(email.lower(), (email.lower(), name, role))
    return tuple(found[email] for email in sorted(found))
