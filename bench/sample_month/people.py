"""The partner, its two bank accounts and its made-up customers, with numbers whose check digits are right."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from stdnum.iso7064 import mod_97_10

from csp_receivables.made_up.identities import digits, guid, org_number
from csp_receivables.made_up.microsoft import PARTNER_ID, PARTNER_MPN_ID

__all__ = ["PARTNER_ID", "PARTNER_MPN_ID", "PARTNER_NAME", "Customer", "customers", "guid", "iban"]

PARTNER_NAME = "Fjärdholm Molntjänster AB"


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
        org_number=org_number(random, country, "2129" if "kommun" in name else "5599"),
        iban=iban(random, country),
        tenants=tuple(guid(random) for _ in range(tenants)),
    )


def iban(random: Random, country: str) -> str:
    """An IBAN with right check digits in a bank that does not exist (bank codes of nines).

    It draws for every country, whichever is asked for: the published sample was drawn so.
    """
    bban = {"SE": "999" + digits(random, 17), "FI": "999999" + digits(random, 8), "DK": "9999" + digits(random, 10)}
    body = bban.get(country) or "99999999" + digits(random, 10)
    return f"{country}{mod_97_10.calc_check_digits(body + country)}{body}"
