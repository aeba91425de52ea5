"""Names' numbers: tenants, IBANs and organisation numbers with right check digits, of nobody."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from random import Random

from stdnum import luhn
from stdnum.de import vat as german_vat
from stdnum.dk import cvr as danish_cvr
from stdnum.fi import ytunnus as finnish_id
from stdnum.iso7064 import mod_97_10

# Bank codes of nines, or of letters that no bank has: (before, digits behind).
_BBAN = {
    "SE": ("999", 17),
    "FI": ("999999", 8),
    "DK": ("9999", 10),
    "NO": ("9999", 7),
    "BE": ("999", 9),
    "NL": ("MADE", 10),
    "GB": ("MADE99", 12),
    "DE": ("99999999", 10),
}
_NORWEGIAN_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def guid(random: Random) -> str:
    """A version 4 GUID from the seed."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def digits(random: Random, number: int) -> str:
    """`number` random digits."""
    return "".join(str(random.randrange(10)) for _ in range(number))


def iban(random: Random, country: str) -> str:
    """An IBAN with right check digits in a bank that does not exist; a plain account number where none are used."""
    before, behind = _BBAN.get(country, ("", 0))
    if not before:
        return digits(random, 10)
    body = norwegian_account(random, before) if country == "NO" else before + digits(random, behind)
    body = _belgian(body) if country == "BE" else body
    return f"{country}{mod_97_10.calc_check_digits(body + country)}{body}"


def norwegian_account(random: Random, before: str = "9999") -> str:
    """Eleven digits, the last of them mod 11; bodies whose check digit would be ten are never handed out."""
    while True:
        body = before + digits(random, 10 - len(before))
        total = sum(weight * int(digit) for weight, digit in zip(_NORWEGIAN_WEIGHTS, body, strict=True))
        if (rest := -total % 11) != 10:
            return f"{body}{rest}"


def _belgian(body: str) -> str:
    return f"{body[:10]}{int(body[:10]) % 97 or 97:02d}"


def org_number(random: Random, country: str, series: str = "5599") -> str:
    """An organisation number with a right check digit; `series` is a Swedish one that has not been handed out."""
    if country == "SE":
        body = series + digits(random, 5)
        number = body + luhn.calc_check_digit(body)
        return f"{number[:6]}-{number[6:]}"
    if country == "FI":
        return _first_valid(random, lambda body: finnish_id.format(body + _finnish_check(body)), 7, finnish_id.is_valid)
    if country == "DK":
        return _first_valid(random, lambda body: body, 8, danish_cvr.is_valid)
    if country == "DE":
        return "DE" + _first_valid(random, lambda body: body, 9, german_vat.is_valid)
    return "9" + digits(random, 8)


def _finnish_check(body: str) -> str:
    rest = sum(weight * int(digit) for weight, digit in zip((7, 9, 10, 5, 8, 4, 2), body, strict=True)) % 11
    return str(11 - rest) if rest > 1 else str(rest)  # rest 1 is never handed out; the caller tries the next


def _first_valid(random: Random, make: Callable[[str], str], length: int, is_valid: Callable[[str], bool]) -> str:
    while True:
        number = make("9" + digits(random, length - 1))
        if is_valid(number):
            return number
