"""Made-up customers in several countries: what they buy, through which account they pay, and whom they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random

from csp_receivables.made_up.habits import (
    IN_A_GROUP,
    INVOICES,
    PAYS_ALL_AT_ONCE,
    SENDS_TWO_EQUAL,
    SHARED_ACCOUNT,
    TREASURY,
    USES_AZURE,
    happens,
)
from csp_receivables.made_up.identities import digits, guid, iban, norwegian_account, org_number

FIRST_CUSTOMER = 10_001
_TRIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """Where customers are: per mille of them (chosen), currency, what they pay to, and how companies are named."""

    code: str
    share: int
    currency: str
    language: str
    pays_to: tuple[str, ...]  # keys of `accounts.ACCOUNTS`
    tax_rate: int  # per cent; abroad the buyer accounts for the tax
    forms: tuple[str, ...]
    stems: tuple[str, ...]
    endings: tuple[str, ...]
    trades: tuple[str, ...]


_NORDIC_STEMS = (
    "Al", "Björk", "Dal", "Ek", "Fjäll", "Gran", "Hav", "Häll", "Kvarn", "Lind", "Malm", "Nord", "Rim", "Sjö",
    "Skog", "Sol", "Sten", "Strand", "Tall", "Väster", "Ång", "Ör", "Öster", "Lund",
)  # fmt: skip
_NORDIC_ENDINGS = (
    "vik", "berga", "sätra", "hammar", "torp", "näs", "lunda", "by", "fors", "åsa", "myra", "stad", "holm", "sjö",
)  # fmt: skip
_OTHER_STEMS = (
    "Alder", "Birken", "Corn", "Dun", "Elm", "Falken", "Glen", "Hazel", "Inver", "Kiel", "Lang", "Maple", "Nether",
    "Oak", "Pem", "Quarry", "Rosen", "Silver", "Thorn", "Upper", "Wester", "York",
)  # fmt: skip
_OTHER_ENDINGS = ("brook", "dale", "field", "ford", "furt", "gate", "ham", "hurst", "mere", "stein", "ton", "wick")
_NORDIC_TRADES = (
    "Bygg", "El", "Fastigheter", "Redovisning", "Transport", "Konsult", "Bageri", "Måleri", "Advokater", "Tandvård",
    "Verkstad", "Skog", "Design", "Hotell", "Livs", "Rör", "Logistik", "Teknik", "Vård", "Handel",
)  # fmt: skip
_OTHER_TRADES = (
    "Consulting", "Logistics", "Foods", "Engineering", "Dental", "Legal", "Media", "Hotels", "Property", "Software",
    "Trading", "Clinics", "Energy", "Textiles", "Tools", "Travel", "Insurance", "Printing", "Farms", "Security",
)  # fmt: skip
_NORDIC = {"stems": _NORDIC_STEMS, "endings": _NORDIC_ENDINGS, "trades": _NORDIC_TRADES}
_OTHER = {"stems": _OTHER_STEMS, "endings": _OTHER_ENDINGS, "trades": _OTHER_TRADES}

COUNTRIES = (
    Country(code="SE", share=400, currency="SEK", language="sv", pays_to=("sek", "bankgiro"), tax_rate=25,
            forms=("AB", "AB", "AB", "HB", "kommun"), **_NORDIC),
    Country(code="NO", share=150, currency="NOK", language="nb", pays_to=("nok",), tax_rate=0,
            forms=("AS", "AS", "ASA"), **_NORDIC),
    Country(code="DK", share=110, currency="DKK", language="da", pays_to=("dkk",), tax_rate=0, forms=("ApS", "A/S"),
            **_NORDIC),
    Country(code="FI", share=100, currency="EUR", language="fi", pays_to=("eur",), tax_rate=0,
            forms=("Oy", "Oy", "Oyj"), **_NORDIC),
    Country(code="DE", share=80, currency="EUR", language="de", pays_to=("eur",), tax_rate=0,
            forms=("GmbH", "GmbH & Co. KG", "AG"), **_OTHER),
    Country(code="BE", share=30, currency="EUR", language="fr", pays_to=("eur",), tax_rate=0, forms=("SA", "BV"),
            **_OTHER),
    Country(code="NL", share=30, currency="EUR", language="nl", pays_to=("eur",), tax_rate=0, forms=("B.V.",),
            **_OTHER),
    Country(code="US", share=50, currency="USD", language="en", pays_to=("usd",), tax_rate=0, forms=("Inc.", "LLC"),
            **_OTHER),
    Country(code="GB", share=50, currency="GBP", language="en", pays_to=("gbp", "stripe"), tax_rate=0,
            forms=("Ltd", "LLP"), **_OTHER),
)  # fmt: skip
_FACTORS = {
    "SEK": "Nordfaktor Finans AB",
    "NOK": "Nordfaktor Finans AS",
    "DKK": "Nordfaktor Finans A/S",
    "EUR": "Eurofaktor Receivables GmbH",
    "USD": "Madeup Factors Inc.",
    "GBP": "Madeup Factors Ltd",
}


@dataclass(slots=True)
class Subscription:
    """Seats of one product; `product` is its place in the price list."""

    subscription_id: str
    product: int
    seats: int


@dataclass(slots=True, kw_only=True)
class Customer:
    """One customer, with what is open of its habits: the only state besides unpaid receivables."""

    customer_id: str
    name: str
    org_number: str
    country: Country
    domain: str
    term_days: int
    tenants: list[str]
    contracts: list[list[Subscription]]  # each becomes a receivable a month
    uses_azure: bool
    pays_all_at_once: bool
    pays_to: str
    payer: str
    payer_account: str
    group: int = -1  # number of its group of sister companies
    held: list[object] = field(default_factory=list)
    paid_until: date = date.min  # the last day that one of its payments is booked on

    @property
    def currency(self) -> str:
        return self.country.currency


def customers(random: Random, number: int, products: int) -> Iterator[Customer]:
    """`number` customers, `K10001` first; `products` is the length of the price list."""
    factors = {
        pays_to: payer_account(random, "DE" if country.currency == "EUR" else country.code, pays_to)
        for country in COUNTRIES
        for pays_to in country.pays_to
    }
    group, left_in_group, head = 0, 0, None
    names: set[str] = set()
    for place in range(number):
        if left_in_group and head is not None:
            made = _sister(random, place, head, products)
            left_in_group -= 1
            _rename_if_taken(random, made, names, head.name.partition(" ")[0])
        else:
            made = _customer(random, place, _country(random), products)
            _rename_if_taken(random, made, names)
            if happens(random, IN_A_GROUP):
                group, head, left_in_group = group + 1, made, random.randint(1, 3)
                made.group = group
                if happens(random, TREASURY):
                    made.payer = f"{made.name.partition(' ')[0]} Group Treasury"
        if made.group < 0 and happens(random, SHARED_ACCOUNT) and made.pays_to != "stripe":
            made.payer, made.payer_account = _FACTORS[made.currency], factors[made.pays_to]
        yield made


def _rename_if_taken(random: Random, made: Customer, names: set[str], stem: str = "") -> None:
    """Another name for a customer whose name another has; when names run out, with what the company is called after."""
    name, tries = made.name, 0
    while name in names:
        tries += 1
        name = _name(random, made.country, stem if tries < _TRIES else f"{stem or 'Nya'} {digits(random, 6)}")
    names.add(name)
    if made.payer == made.name:
        made.payer = name
    made.name = name


def _country(random: Random) -> Country:
    return random.choices(COUNTRIES, [country.share for country in COUNTRIES])[0]


def _name(random: Random, country: Country, stem: str = "") -> str:
    """A name; registers allow each once, which `customers` sees to."""
    stem = stem or random.choice(country.stems) + random.choice(country.endings)
    form = random.choice(country.forms)
    return f"{stem} kommun" if form == "kommun" else f"{stem} {random.choice(country.trades)} {form}"


def _customer(random: Random, place: int, country: Country, products: int) -> Customer:
    full = _name(random, country)
    contracts = [_contract(random, products) for _ in range(int(INVOICES.draw(random)))]
    if happens(random, SENDS_TWO_EQUAL):
        contracts = [contracts[0], [Subscription(guid(random), s.product, s.seats) for s in contracts[0]]]
    pays_to = random.choice(country.pays_to)
    return Customer(
        customer_id=f"K{FIRST_CUSTOMER + place}",
        name=full,
        org_number=org_number(random, country.code, "2129" if full.endswith("kommun") else "5599"),
        country=country,
        domain=f"k{FIRST_CUSTOMER + place}.example",
        term_days=random.choice((30, 30, 30, 20, 14)),
        tenants=[guid(random) for _ in contracts],
        contracts=contracts,
        uses_azure=happens(random, USES_AZURE),
        pays_all_at_once=happens(random, PAYS_ALL_AT_ONCE) and pays_to != "stripe",
        pays_to=pays_to,
        payer=full,
        payer_account=payer_account(random, country.code, pays_to),
    )


def payer_account(random: Random, country: str, pays_to: str) -> str:
    """A payer's account in the form that the partner's account reports it in."""
    if pays_to == "bankgiro":
        return "9" + digits(random, 7)
    if pays_to == "nok":
        return norwegian_account(random)
    if pays_to == "stripe":
        return "cus_" + f"{random.getrandbits(56):014x}"
    return iban(random, country)


def _sister(random: Random, place: int, head: Customer, products: int) -> Customer:
    """A company of the same group: the same first word in its name, the same country; perhaps the same account."""
    made = _customer(random, place, head.country, products)
    made.name = _name(random, head.country, head.name.partition(" ")[0])
    made.group, made.pays_to = head.group, head.pays_to
    made.pays_all_at_once = made.pays_all_at_once and made.pays_to != "stripe"
    if head.payer != head.name:
        made.payer, made.payer_account = head.payer, head.payer_account
    else:
        made.payer, made.payer_account = made.name, payer_account(random, made.country.code, made.pays_to)
    return made


def _contract(random: Random, products: int) -> list[Subscription]:
    return [
        Subscription(guid(random), product, random.choice((1, 2, 3, 3, 5, 5, 8, 10, 12, 15, 20, 25, 40, 50, 75, 100)))
        for product in random.sample(range(products), random.randint(1, 3))
    ]
