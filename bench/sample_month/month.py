"""The plot of the sample: who is charged, billed and pays what, and how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from stdnum import iso11649

from bench.sample_month.books import Numbering, Receivable, bill, credit_note, older, with_own_work
from bench.sample_month.calendar_days import october
from bench.sample_month.camt import Account
from bench.sample_month.charges import Charge, Period, charges
from bench.sample_month.payments import FEE, RETURN, TRANSFER_OUT, Booking, Detail, Payer, number_them, one
from bench.sample_month.people import PARTNER_NAME, Customer, customers, guid, iban

SEED = 20261031
AUGUST = Period(
    invoice_id="G112804417",
    currency="SEK",
    starts_on=date(2026, 8, 1),
    ends_on=date(2026, 8, 31),
    invoiced_on=date(2026, 9, 8),
    dollar=Decimal("10.4127"),
    licence_factor=Decimal(1),
)
SEPTEMBER = Period(
    invoice_id="G113950266",
    currency="SEK",
    starts_on=date(2026, 9, 1),
    ends_on=date(2026, 9, 30),
    invoiced_on=date(2026, 10, 7),
    dollar=Decimal("10.3684"),
    licence_factor=Decimal(1),
)
SEPTEMBER_EURO = replace(
    SEPTEMBER, invoice_id="G113950301", currency="EUR", dollar=Decimal("0.9214"), licence_factor=Decimal("0.0893")
)
NOT_BILLED = "K1015"  # was charged for September and forgotten by the partner
UNMAPPED_NAME = "Ekvalla Teknik AB"  # Microsoft charges its tenant; no customer owns it
OWED_FROM_BEFORE = [  # customer, issued on: nobody has paid these by 1 October
    ("K1009", date(2026, 6, 12)),
    ("K1014", date(2026, 7, 14)),
    ("K1009", date(2026, 7, 14)),
    ("K1018", date(2026, 8, 14)),
    ("K1009", date(2026, 8, 14)),
    ("K1016", date(2026, 8, 14)),
    ("K1023", date(2026, 8, 14)),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """Everything the sample's files are written from."""

    customers: list[Customer]
    charges: dict[Period, list[Charge]]
    receivables: list[Receivable]
    sek: Account
    eur: Account
    sek_bookings: list[Booking]
    eur_bookings: list[Booking]
    pending: Booking


def make_month(seed: int = SEED) -> Month:
    """The whole month from its seed."""
    random = Random(seed)
    people = customers(random)
    by_id = {customer.customer_id: customer for customer in people}
    charged = _charges(random, people)
    receivables = _receivables(random, by_id, charged)
    book = _Book(receivables)
    payer = Payer(by_id)
    sek = Account(iban=iban(random, "SE"), currency="SEK", owner=PARTNER_NAME, opening=84_210_355)
    eur = Account(iban=iban(random, "SE"), currency="EUR", owner=PARTNER_NAME, opening=1_250_040)
    return Month(
        customers=people,
        charges=charged,
        receivables=receivables,
        sek=sek,
        eur=eur,
        sek_bookings=number_them(_plain(book, payer) + _noisy(random, book, payer) + _ours(), "FB"),
        eur_bookings=number_them(_euro(book, payer), "FE"),
        pending=one(31, payer.detail(book("K1002", "09"), shows="pending: shown, never allocated")),
    )


def _charges(random: Random, people: list[Customer]) -> dict[Period, list[Charge]]:
    krona = [(customer, tenant) for customer in people if customer.currency == "SEK" for tenant in customer.tenants]
    euro = [(customer, tenant) for customer in people if customer.currency == "EUR" for tenant in customer.tenants]
    stranger = replace(people[0], customer_id="", name=UNMAPPED_NAME, domain="ekvalla.example", tenants=(guid(random),))
    return {
        AUGUST: charges(random, AUGUST, krona),
        SEPTEMBER: charges(random, SEPTEMBER, [*krona, (stranger, stranger.tenants[0])]),
        SEPTEMBER_EURO: charges(random, SEPTEMBER_EURO, euro),
    }


def _receivables(random: Random, by_id: dict[str, Customer], charged: dict[Period, list[Charge]]) -> list[Receivable]:
    """In the order of their numbers: what is owed from before, August, September in euro and in kronor, a credit."""
    numbering = Numbering()
    from_before = older(random, numbering, by_id, OWED_FROM_BEFORE)
    august = bill(numbering, AUGUST, charged[AUGUST], by_id, date(2026, 9, 15))
    euro = bill(numbering, SEPTEMBER_EURO, charged[SEPTEMBER_EURO], by_id, october(8))
    known = [line for line in charged[SEPTEMBER] if line.customer_id not in ("", NOT_BILLED)]
    september = bill(numbering, SEPTEMBER, known, by_id, october(14))
    september = [with_own_work(each) if each.customer_id == "K1002" else each for each in september]
    euro = [replace(each, reference=_creditor_reference(each.number)) for each in euro]
    credited = next(each for each in august if each.customer_id == "K1014")
    return [*from_before, *august, *euro, *september, credit_note(numbering, credited, october(20))]


def _creditor_reference(number: str) -> str:
    """An ISO 11649 reference (RF…) of a receivable number."""
    return next(f"RF{n:02d}{number}" for n in range(2, 99) if iso11649.is_valid(f"RF{n:02d}{number}"))


@dataclass(frozen=True, slots=True)
class _Book:
    """Finds a receivable by customer and the month it bills ("08", "09"); "" finds what is owed from before."""

    receivables: list[Receivable]

    def __call__(self, customer_id: str, month: str) -> Receivable:
        return next(
            each
            for each in self.receivables
            if each.customer_id == customer_id and each.kind == "invoice" and _bills(each) == month
        )


def _bills(receivable: Receivable) -> str:
    first = receivable.lines[0]
    return f"{first.service_from:%m}" if first.vendor_invoice and first.service_from else ""


def _plain(book: _Book, payer: Payer) -> list[Booking]:
    """Payments with a structured reference: exact, partial, too much, several in one, a batch, a return, a double."""
    exact = [("K1008", "08", 2), ("K1003", "08", 5), ("K1016", "", 7), ("K1011", "08", 12), ("K1001", "08", 14)]
    exact += [("K1002", "08", 15), ("K1021", "08", 15), ("K1003", "09", 28), ("K1011", "09", 29), ("K1001", "09", 30)]
    made = [one(day, payer.detail(book(customer, month))) for customer, month, day in exact]
    batch = [
        payer.detail(book(each, "08"), shows="in a batch: detail in camt.054") for each in ("K1015", "K1016", "K1017")
    ]
    batch.append(payer.detail(book("K1019", "08"), shows="in a batch: detail in camt.054"))
    made.append(Booking(booked_on=october(15), details=tuple(batch), is_batch=True, info="Bankgiro, 4 betalningar"))
    part, much = book("K1004", "08"), book("K1005", "08")
    made.append(one(15, payer.detail(part, part.amount * 6 // 10, shows="partial payment")))
    made.append(one(13, payer.detail(much, much.amount + 50_000, shows="overpayment: 500 kr stays unapplied")))
    twice = payer.detail(book("K1011", "08"), pays=(), rule="", shows="duplicate of the payment of 12 October")
    made.append(one(19, replace(twice, end_to_end=f"{twice.end_to_end}B")))
    return [*made, _several(book, payer), *_returned(book, payer)]


def _several(book: _Book, payer: Payer) -> Booking:
    first, second = book("K1006", "08"), book("K1006", "09")
    detail = payer.detail(
        first,
        first.amount + second.amount,
        references=(first.reference, second.reference),
        pays=((first.number, first.amount), (second.number, second.amount)),
        rule="3",
        shows="two references in one payment",
    )
    return one(16, detail)


def _returned(book: _Book, payer: Payer) -> list[Booking]:
    paid = payer.detail(book("K1012", "08"), shows="exact OCR, returned on 13 October")
    back = replace(
        paid,
        amount=-paid.amount,
        pays=tuple((number, -amount) for number, amount in paid.pays),
        rule="return",
        shows="return of the payment of 9 October: the debt is open again",
    )
    return [one(9, paid), one(13, back, is_return=True, code=RETURN, info="Retur: konto avslutat")]


def _noisy(random: Random, book: _Book, payer: Payer) -> list[Booking]:
    """Payments whose text a person typed, or that say nothing."""
    tidy, dashed, wrong, silent = (book(each, "08") for each in ("K1007", "K1013", "K1020", "K1010"))
    in_text: dict[str, Any] = {
        "references": (),
        "end_to_end": "NOTPROVIDED",
        "rule": "4",
        "shows": "receivable number in free text",
    }
    nothing: dict[str, Any] = {"references": (), "end_to_end": "NOTPROVIDED", "rule": "", "pays": ()}
    stranger = payer.stranger(
        432_100, "Insättning kontor", iban(random, "SE"), "Tack för hjälpen!", "no reference, unknown payer"
    )
    return [
        one(15, payer.detail(tidy, text=f"Betalning av faktura {tidy.number}, tack", **in_text)),
        one(6, payer.detail(dashed, text=f"FAKT.NR {dashed.number[:4]}-{dashed.number[4:]} /BTJ", **in_text)),
        one(
            8,
            payer.detail(
                wrong,
                wrong.amount - 100_000,
                text=f"Avser {wrong.number} minus avdrag enl. samtal",
                **nothing | {"shows": "number in text, other amount: a suggestion"},
            ),
        ),
        one(14, payer.detail(silent, text="Mjukvara sensommar", **nothing | {"shows": "no reference, known payer"})),
        one(21, stranger),
    ]


def _ours() -> list[Booking]:
    """Money that is not a customer's: the debit to Microsoft for July, and the bank's fee."""
    microsoft = Detail(
        amount=-14_873_320,
        payer="Microsoft Ireland Operations Limited",
        text="G111702938",
        end_to_end="G111702938",
        shows="debit to Microsoft for an invoice from before the sample",
    )
    fee = Detail(amount=-12_500, text="Kontoavgift oktober", shows="bank fee")
    return [one(5, microsoft, code=TRANSFER_OUT), one(30, fee, code=FEE, info="Pris kontotjänster")]


def _euro(book: _Book, payer: Payer) -> list[Booking]:
    part, abroad = book("K1025", "09"), book("K1018", "08")
    in_euro = payer.detail(
        abroad, abroad.amount * 87 // 1000, pays=(), rule="", shows="wrong currency: euro for a debt in kronor"
    )
    fee = Detail(amount=-450, text="Account fee October", shows="bank fee")
    return [
        one(20, payer.detail(book("K1022", "09"))),
        one(22, payer.detail(book("K1024", "09"))),
        one(21, payer.detail(part, part.amount // 2, shows="partial payment")),
        one(15, in_euro),
        one(30, fee, code=FEE),
    ]
