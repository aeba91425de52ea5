"""The partner, its two bank accounts and its made-up customers, with numbers whose check digits are right."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from random import Random

from stdnum import luhn
from stdnum.de import vat as german_vat
from stdnum.dk import cvr as danish_cvr
from stdnum.fi import ytunnus as finnish_id
from stdnum.iso7064 import mod_97_10

PARTNER_NAME = "Fjärdholm Molntjänster AB"
PARTNER_ID = "5d0c1f6e-7a43-4a0e-9b7c-2f1d3c9a8e10"  # the partner's own tenant
PARTNER_MPN_ID = "9990001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One made-up customer. `term_days` is its payment term; `tenants` are lower-case GUIDs."""

    customer_id: str
    name: str
    domain: str
    country: str
    currency: str
    language: str
    party_kind: str
    term_days: int
    org_number: str
    iban: str
    tenants: tuple[str, ...]


# name, domain, country, currency, term in days, tenants
_WHO = (
    ("Nordviks Byggvaror AB", "nordviksbygg.example", "SE", "SEK", 30, 1),
    ("Almlunda Tandvård AB", "almlundatand.example", "SE", "SEK", 30, 1),
    ("Skärhamra Redovisning AB", "skarhamra.example", "SE", "SEK", 20, 1),
    ("Tallmo Åkeri AB", "tallmoakeri.example", "SE", "SEK", 30, 1),
    ("Björkedals Bageri AB", "bjorkedal.example", "SE", "SEK", 30, 1),
    ("Havsnäs kommun", "havsnas.example", "SE", "SEK", 30, 2),
    ("Lindåsa Fastigheter AB", "lindasa.example", "SE", "SEK", 30, 1),
    ("Örnvik Elteknik AB", "ornvikel.example", "SE", "SEK", 10, 1),
    ("Sjöhammar Advokater AB", "sjohammar.example", "SE", "SEK", 30, 1),
    ("Kvarnby Verkstad AB", "kvarnbyverkstad.example", "SE", "SEK", 30, 1),
    ("Granestad Möbler AB", "granestad.example", "SE", "SEK", 30, 1),
    ("Solhaga Vård & Omsorg AB", "solhagavard.example", "SE", "SEK", 30, 1),
    ("Västerlunda IF Ekonomisk förening", "vasterlundaif.example", "SE", "SEK", 20, 1),
    ("Rimfors Livs AB", "rimfors.example", "SE", "SEK", 30, 1),
    ("Eklunda Konsult AB", "eklundakonsult.example", "SE", "SEK", 30, 1),
    ("Norrsättra Transport AB", "norrsattra.example", "SE", "SEK", 30, 1),
    ("Ängsholm Veterinär AB", "angsholmvet.example", "SE", "SEK", 30, 1),
    ('Hälle & Söner "Plåt" AB', "hallesoner.example", "SE", "SEK", 30, 1),
    ("Dalvreta Skog AB", "dalvreta.example", "SE", "SEK", 30, 1),
    ("Malmtorpa Design AB", "malmtorpa.example", "SE", "SEK", 20, 1),
    ("Strandmyra Hotell AB", "strandmyra.example", "SE", "SEK", 30, 1),
    ("Saarikoski Logistiikka Oy", "saarikoskilogistiikka.example", "FI", "EUR", 14, 1),
    ("Kielfurt Anlagenbau GmbH", "kielfurt.example", "DE", "EUR", 14, 1),
    ("Rugholt Fødevarer ApS", "rugholt.example", "DK", "EUR", 14, 1),
    ("Lehtoranta Ohjelmistot Oy", "lehtoranta.example", "FI", "EUR", 14, 1),
)
_LANGUAGES = {"SE": "sv", "FI": "fi", "DE": "de", "DK": "da"}


def customers(random: Random) -> list[Customer]:
    """The customers, `K1001` first. Tenants differ in every customer; `K1006` owns two."""
    return [_customer(random, f"K{1001 + place}", *who) for place, who in enumerate(_WHO)]


def _customer(
    random: Random, customer_id: str, name: str, domain: str, country: str, currency: str, term_days: int, tenants: int
) -> Customer:
    return Customer(
        customer_id=customer_id,
        name=name,
        domain=domain,
        country=country,
        currency=currency,
        language=_LANGUAGES[country],
        party_kind="public_body" if "kommun" in name else "company",
        term_days=term_days,
        org_number=_org_number(random, country, "2129" if "kommun" in name else "5599"),
        iban=iban(random, country),
        tenants=tuple(guid(random) for _ in range(tenants)),
    )


def guid(random: Random) -> str:
    """A version 4 GUID from the seed."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def digits(random: Random, number: int) -> str:
    """`number` random digits."""
    return "".join(str(random.randrange(10)) for _ in range(number))


def iban(random: Random, country: str) -> str:
    """An IBAN with right check digits in a bank that does not exist (bank codes of nines)."""
    bban = {"SE": "999" + digits(random, 17), "FI": "999999" + digits(random, 8), "DK": "9999" + digits(random, 10)}
    body = bban.get(country) or "99999999" + digits(random, 10)
    return f"{country}{mod_97_10.calc_check_digits(body + country)}{body}"


def _org_number(random: Random, country: str, series: str) -> str:
    """An organisation number with a right check digit; `series` is a Swedish one that has not been handed out."""
    if country == "SE":
        body = series + digits(random, 5)
        number = body + luhn.calc_check_digit(body)
        return f"{number[:6]}-{number[6:]}"
    if country == "FI":
        return _first_valid(random, lambda body: finnish_id.format(body + _finnish_check(body)), 7, finnish_id.is_valid)
    if country == "DK":
        return _first_valid(random, lambda body: body, 8, danish_cvr.is_valid)
    return "DE" + _first_valid(random, lambda body: body, 9, german_vat.is_valid)


def _finnish_check(body: str) -> str:
    rest = sum(weight * int(digit) for weight, digit in zip((7, 9, 10, 5, 8, 4, 2), body, strict=True)) % 11
    return str(11 - rest) if rest > 1 else str(rest)  # rest 1 is never handed out; the caller tries the next


def _first_valid(random: Random, make, length: int, is_valid) -> str:  # type: ignore[no-untyped-def]
    while True:
        number = str(make("9" + digits(random, length - 1)))
        if is_valid(number):
            return number
