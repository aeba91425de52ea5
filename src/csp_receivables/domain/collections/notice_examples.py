"""Made-up notices that are hard to lay out or to say: every language's words are tried on all of them.

Nothing here is anybody's: companies, accounts and numbers are made up, as `.example` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from types import MappingProxyType

from csp_receivables.domain.collections.cases import Case, Debt
from csp_receivables.domain.collections.notice_content import (
    FINAL_NOTICE,
    PAYMENT_RECEIVED,
    PROMISE_BROKEN,
    REINSTATEMENT,
    SUSPENSION,
    NoticeContent,
    Particulars,
    PromisedPayment,
    ReceivedPayment,
    notice,
)
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.collections.seller import Desk, OpeningHours, PaymentAccount, Seller, SupportPrice
from csp_receivables.domain.support.terms import SupportTerms

DATED = date(2026, 10, 30)
ACCESS_ON = date(2026, 11, 12)
_POLICY = CollectionsPolicy(name="made up", version="made up", stages=())
_HOURS = (OpeningHours(days=(1, 2, 3, 4, 5), opens=time(8), closes=time(17)),)
_IBAN, _BIC, _BANK = "SE45 5000 0000 0583 9825 7466", "EXEMSESS", "Exempelbanken"
SELLER = Seller(
    name="Fabrikam Molntjänster AB",
    org_number="559999-0016",
    vat_number="SE559999001601",
    country="SE",
    time_zone="Europe/Stockholm",
    address=("Box 12", "111 22 Stockholm", "Sverige"),
    accounts=(
        PaymentAccount(currency="SEK", bank=_BANK, bankgiro="5050-1055", iban=_IBAN, bic=_BIC),
        *(
            PaymentAccount(currency=code, bank=_BANK, iban=_IBAN, bic=_BIC)
            for code in ("EUR", "USD", "JPY", "ISK", "KWD")
        ),
    ),
    invoices=Desk(name="Kundreskontran", phone="+46 8 555 010 10", email="faktura@fabrikam.example", hours=_HOURS),
    support=Desk(phone="+46 8 555 010 20", email="support@fabrikam.example", hours=_HOURS),
    web="https://fabrikam.example",
    policy_web="https://fabrikam.example/collections",
)

_SUPPORT = SupportTerms(
    name="outsourced",
    provider="Kontoso Supportcenter <Nord> AB",
    phone="+46 8 555 010 30",
    email="support@kontoso.example",
    hours=_HOURS[0],
    scope={"en": ("invoices", "incidents in Azure & Microsoft 365"), "sv": ("fakturor", "störningar i Azure")},
    prices=(
        SupportPrice(what={"en": "Work at night"}, amount=187550, currency="SEK", per={"en": "hour", "sv": "timme"}),
    ),
)


def example_notices(kind: str, language: str, names: Iterable[str] = ()) -> dict[str, NoticeContent]:
    """A notice of `kind` in `language` for every awkward case (or those named), by the name of the case."""
    return {name: _example(kind, language, name) for name in names or CASES}


def _example(kind: str, language: str, name: str) -> NoticeContent:
    case, particulars = CASES[name](language)
    if kind == "coming_due":
        case = replace(case, debts=tuple(_before_due(debt) for debt in case.debts))
    ids = [debt.receivable_id for debt in case.debts]
    first = case.debts[0]
    paid = ReceivedPayment(
        received_on=DATED - timedelta(days=1),
        currency=first.currency,
        amount=first.open_amount + 1,
        applied=((first.number, first.open_amount),),
    )
    missing = PromisedPayment(
        due_on=DATED - timedelta(days=2),
        currency=first.currency,
        amount=first.open_amount,
        received=first.open_amount // 3,
    )
    made = notice(
        kind,
        case,
        ids[1:] if kind in (REINSTATEMENT, PAYMENT_RECEIVED) else ids,
        SELLER,
        replace(particulars, subscriptions=_SUBSCRIPTIONS if kind in (SUSPENSION, REINSTATEMENT) else ()),
        policy=_POLICY,
        dated=DATED,
        access_on=ACCESS_ON if kind == FINAL_NOTICE else None,
        payment=paid if kind == PAYMENT_RECEIVED else None,
        promise=missing if kind == PROMISE_BROKEN else None,
    )
    published = "https://fabrikam.example/support" if name == "ordinary" else ""
    return replace(made, support=replace(_SUPPORT, web=published))


_SUBSCRIPTIONS = ("Microsoft 365 Business Premium", "Exchange Online (Plan 1)", "Defender för Office 365 & <Teams>")


def _debt(number: str, amount: int, received: int = 0, *, currency: str = "SEK", days: int = 29) -> Debt:
    due_on = DATED - timedelta(days=days)
    return Debt(
        receivable_id=f"partner/{number}",
        number=number,
        issued_on=due_on - timedelta(days=30),
        due_on=due_on,
        currency=currency,
        amount=amount,
        open_amount=amount - received,
    )


def _before_due(debt: Debt) -> Debt:
    return replace(debt, due_on=DATED + timedelta(days=3), issued_on=DATED - timedelta(days=27))


_TWO = (_debt("10231", 22_345_00, 10_000_00), _debt("10248", 999_00, days=15))


def _customer(language: str, debts: tuple[Debt, ...], name: str = "Contoso AB", country: str = "") -> Case:
    usual = {"sv": "SE", "de": "DE", "en": "GB"}.get(language, "")
    return Case(customer_id="C-1001", name=name, country=country or usual, party_kind="company", debts=debts)


def _usual(language: str, debts: tuple[Debt, ...]) -> Particulars:
    return Particulars(
        language=language,
        payments_until=DATED - timedelta(days=1),
        address=("Storgatan 1", "411 38 Göteborg"),
        org_number="559999-0024",
        references={debt.receivable_id: f"{debt.number}9" for debt in debts},
    )


Made = tuple[Case, Particulars]


def _with(debts: tuple[Debt, ...], name: str = "Contoso AB", country: str = "") -> Callable[[str], Made]:
    return lambda language: (_customer(language, debts, name, country), _usual(language, debts))


def _no_reference(language: str) -> Made:
    return _customer(language, _TWO), replace(_usual(language, ()), references={_TWO[0].receivable_id: "102319"})


def _no_address(language: str) -> Made:
    return _customer(language, _TWO), replace(_usual(language, _TWO), address=(), org_number="", references={})


def _money_on_account(language: str) -> Made:
    unapplied, credit_left = MappingProxyType({"SEK": 2_000_00}), MappingProxyType({"SEK": 345_00})
    return replace(_customer(language, _TWO), unapplied=unapplied, credit_left=credit_left), _usual(language, _TWO)


def _interest_and_fees(language: str) -> Made:
    interest, fees = {_TWO[0].receivable_id: 98_08, _TWO[1].receivable_id: 4_10}, {_TWO[0].receivable_id: 60_00}
    return _customer(language, _TWO), replace(_usual(language, _TWO), interest=interest, fees=fees)


def _attached(language: str) -> Made:
    return _customer(language, _TWO), replace(_usual(language, _TWO), attach_statement=True)


_LONG = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH & Co. KGaA, "
    "Zweigniederlassung für Verwaltung und Vermögensverwaltung Nordrhein-Westfalen und Schleswig-Holstein"
)
CASES: Mapping[str, Callable[[str], Made]] = MappingProxyType(
    {
        "ordinary": _with(_TWO),
        "one receivable": _with(_TWO[:1]),
        "statement attached": _attached,
        "long names": _with((_debt("FAKTURA-2026-10-000000000000010231-KREDITERAD-DELVIS", 22_345_00),), _LONG),
        "sixty receivables": _with(tuple(_debt(str(10_200 + n), 1_000_00 + n * 37, days=70 - n) for n in range(60))),
        "three currencies": _with(
            (*_TWO, _debt("10301", 1_234_50, currency="EUR"), _debt("10302", 5_000_00, 1, currency="USD"))
        ),
        "zero decimals": _with(
            (_debt("10303", 1_234_567, currency="JPY"), _debt("10304", 89_000, 9_000, currency="ISK")), "Contoso K.K."
        ),
        "three decimals": _with((_debt("10305", 1_234_567, currency="KWD"),)),
        "apostrophes and markup": _with(
            (_debt("<b>1</b>&amp;'\"", 100_00), _debt("=HYPERLINK(1)", 200_00)),
            'O\'Brien & <script>alert(1)</script> "Ltd"',
        ),
        "right to left": _with((_debt("א-10306", 500_00), _debt("10307", 700_00)), "חברת הענן בע״מ 12"),
        "one cent": _with((_debt("10308", 100_00, 99_99),)),
        "no reference": _no_reference,
        "no address": _no_address,
        "huge amounts": _with((_debt("10309", 9_223_372_036_854_775_80, 1), _debt("10310", 1_000_000_000_00))),
        "money on account": _money_on_account,
        "interest and fees": _interest_and_fees,
        "other country": _with(_TWO, "Contoso AG", "CH"),
    }
)
