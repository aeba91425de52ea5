"""Where mutation starts: the made-up samples of the repository and of its tests, and small oddities of each format."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests import bank_csv_files, camt_files, clearing_files, mt940_files
from tests.accounting_exports import CUSTOMER, INVOICE, RECEIVABLE_FIELDS, customer, invoice, text_of
from tests.adapters.microsoft_files import json_files, recon_files

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "include" / "sample" / "inbox"
FOUND = ROOT / "tests" / "fuzz" / "found"
SIZE_MAX = 1 << 16  # bytes; libFuzzer mutates no longer ones

CUSTOMER_FIELDS = (*CUSTOMER, "org_number", "language", "party_kind", "contacts")
MATCH_RECEIVABLES = """receivable_id,customer_id,number,kind,issued_on,due_on,currency,amount,open_amount,reference
R1,C1,1001,invoice,2026-10-01,2026-10-31,SEK,1250.00,1250.00,10017
R2,C1,1002,credit_note,2026-10-01,2026-10-31,SEK, 250.5 ,,
R2,C2,"10""03",,2026-10-01,2026-02-30,JPY,1e3,,RF18539007547034
"""
MATCH_PAYMENTS = """payment_id;booked_on;currency;amount;reference;text;payer_name;payer_account;customer_id
P1;2026-10-15;SEK;1250.00;10017;"Invoice 1001
and more";Exempel AB;;C1
P2;2026-10-15;sek;-3;;;;;
"""
BAI2 = """01,SENDER,RECEIVER,261016,0600,1,80,,2/
02,RECEIVER,ORIGIN,1,261015,2400,USD,2/
03,123456,,010,0,,,015,10500,,/
16,195,10000,S,0,5000,5000,BANKREF,CUSTREF,PAYER ONE
88,INVOICE 1001
16,475,500,V,261016,1200,,,RETURNED/
16,142,1000,D,2,0,500,1,500,REF,,
49,22000,7/
98,22000,1,9/
99,22000,1,11/
"""
TEXTS = (
    "OCR 1234567897 Faktura 1001", "RF18 5390 0754 7034 tack", "+++090/9337/55493+++", "KID: 0000531 / 2345676",
    "21 00000 00003 13947 14300 09017", "viite 1234 5672, 123453.RF18539007547034x", "1234-567-890 0012345 99999999",
    "20151", "１２３４５６７８９７", "RF18RF18 0000 0000 0000", "12345678-",
)  # fmt: skip


def seeds(target: str) -> list[bytes]:
    """The target's inputs to start from, crashes found earlier included; the same ones every time."""
    found = [path.read_bytes() for path in sorted((FOUND / target).glob("*"))]
    return [data for data in (*_SEEDS[target](), *found) if len(data) <= SIZE_MAX]


def _size(path: Path) -> int:
    return path.stat().st_size


def _camt() -> Iterator[bytes]:
    detail, entry = camt_files.Detail, camt_files.Entry
    details = (
        detail(amount="100.00", reference="10017"),
        detail(amount="200.00", text="Faktura 1002", end_to_end="E2E"),
    )
    many = entry(amount="300.00", ref="REF1", details=details)
    undone = entry(amount="5.00", ref="REF2", direction="DBIT", more="<RvslInd>true</RvslInd>")
    for family in ("camt.053", "camt.054", "camt.052"):
        yield camt_files.camt([many, undone, entry(amount="1.23", status="PDNG")], family)
    yield camt_files.camt([entry(amount="0.005")], off_by="7", currency="JPY", first=date(2026, 10, 1))
    yield camt_files.camt([entry(amount="10")]).decode().encode("utf-16")
    yield from (path.read_bytes() for path in sorted((SAMPLE / "bank").glob("*.xml"), key=_size)[:3])


def _mt940() -> Iterator[bytes]:
    entry, mt940 = mt940_files.entry, mt940_files.mt940
    german = "166?00GUTSCHRIFT?109310?20EREF+E2E?21KREF+1?22SVWZ+Rechnung 1001?30COBADEFF?31DE02?32EXEMPEL?33AG"
    dutch = "/TRTP/SEPA/IBAN/NL44RABO0123456789/BIC/RABONL2U/NAME/PAYER/REMI/1001/EREF/E2E"
    yield mt940([entry("100,00", ref="B1"), entry("5,", "D"), entry("2,5", "RC"), entry("1,00", "RD")])
    yield mt940([entry("7,00", text=german), entry("8,00", text=dutch), entry("3,", day="2602300230")])
    yield mt940([entry("1,00")], off_by="3", page="MM") + mt940([entry("2,00")], page="MF", number="1/2")
    yield b"{1:F01BANKDEFFAXXX0000000000}{2:O9400000}{4:\r\n" + mt940([entry("1,")]) + b"-}"
    yield b":20:R\n:25:1\n:28C:1\n:34F:EURC0,\n:13D:2610151200+0100\n:61:2610151015C1,5NTRFX//Y\n:86:T\n:90C:1EUR1,5\n-"
    yield b"0000 01INGBNL2AXXXX00001\n940 00\n:20:P\n:25:0001234567EUR\n:60F:C261014EUR0,0\n:62F:C261015EUR0,0\n-XXX"


def _bgmax() -> Iterator[bytes]:
    files = clearing_files
    more = (
        files.bgmax_reference("10017"),
        files.bgmax_reference("2", kind="23", code="5"),
        "25Faktura 1001",
        "26EXEMPEL AB",
    )
    section = files.bgmax_section(files.bgmax_payment(1000, more=more), files.bgmax_payment(200, kind="21", number=2))
    yield files.bgmax(section)
    yield files.bgmax(section, files.bgmax_section(files.bgmax_payment(5, code="3"), currency="EUR", serial="00002"))
    yield files.bgmax(files.bgmax_section(files.bgmax_payment(1000), amount=999, count=3))
    yield files.bgmax(section, mark="T") + b"\r\n"


def _nets_ocr() -> Iterator[bytes]:
    files = clearing_files
    payments = files.nets_payment(1000, text="Faktura 1001"), files.nets_payment(5, number=2, sign="-", kind="20")
    yield files.nets_ocr(files.nets_assignment(*payments))
    yield files.nets_ocr(files.nets_assignment(*payments), files.nets_assignment(files.nets_payment(7), number=3))
    yield files.nets_ocr(files.nets_assignment(payments[0], total=1, records=9), total=2)


def _stripe() -> Iterator[bytes]:
    stripe, transaction = bank_csv_files.stripe, bank_csv_files.transaction
    payout = transaction("-95.50", "0", "-95.50", number=9, category="payout")
    yield stripe(transaction("100.00", "4.50", "95.50"), payout)
    yield stripe(
        transaction("1000", "36", "964", currency="jpy", payout=""),
        transaction("-5", "0", "-5", category="refund", number=2),
        transaction("5.005", "x", "", number=3, customer_name='a "b", c'),
    )


def _bank_csv() -> Iterator[bytes]:
    csv = bank_csv_files
    rows = csv.row("100,00", "1100,00"), csv.row("-5,5", "1094,50", day="2026-10-16", ref="B2"), csv.row("x", "")
    yield csv.plain(*rows)
    yield csv.table(csv.PLAIN.header, *rows[:2], encoding="utf-16")
    yield csv.table(csv.PLAIN.header, *rows[:2], separator="|", quoting=False)
    swedish = (
        "Bokföringsdag", "Valutadag", "Verifikation", "Avsändare", "Meddelande", "OCR-nummer", "Belopp", "Saldo",
        "Valuta",
    )  # fmt: skip
    entry = ("2026-10-15", "2026-10-15", "V1", "Exempel AB", "Tack", "10017", "1 000,00", "3 000,00", "SEK")
    yield csv.table(("Kontonummer", "1234 56 789"), swedish, entry, ("Summa", "1 000,00"), encoding="cp1252")
    yield b"Day,Value\r\nDate,Account,Currency,Sum,D/C,Message,OCR\r\n15.10.2026,SE1,SEK,1 000,C,a,1\r\nTotal,1\r\n"


def _bank_tables() -> Iterator[bytes]:
    yield from _bank_csv()
    yield b'Datum,Bedrag,Af Bij,Omschrijving\n20261015,"1,00",Bij,Tack\n20261016,"2,50",Af,Kosten\n'
    rows = ("15.10.2026", "", "1.000,00", "1.000,00", "EUR"), ("16.10.2026", "5,00", "", "995,00", "EUR")
    yield bank_csv_files.table(("Datum", "Soll", "Haben", "Saldo", "W\u00e4hrung"), *rows)


def _receivables() -> Iterator[bytes]:
    lines = [
        invoice(line_net="60.00", line_tax="15.00", description="Licences", service_from="2026-10-01"),
        invoice(line_net="40.00", line_tax="10.00", tax_rate="25", service_until="2026-10-31", open="125.00"),
    ]
    credit = invoice(number="1002", kind="credit_note", credits_number="1001")
    yield text_of([invoice(), credit], [*INVOICE, "credits_number"]).encode()
    yield text_of([invoice(seller="s", open="5", stated_on="2026-10-30"), *lines], RECEIVABLE_FIELDS).encode()
    yield (
        "Fakturanr;Fakturatyp;Kundnr;Kundnamn;Fakturadatum;Förfallodatum;Valuta;Netto;Moms;Totalt;OCR;Krediterar;Saldo;"
        "Utskriftsdatum;Vår referens\r\n"
        "1;Kredit;C1;Å;2026-10-01;2026-10-31;SEK;-1 000,00;-250;-1 250,00;;;0;2026-11-01;"
    ).encode("cp1252")
    yield (SAMPLE / "accounting" / "receivables-2026-10-30.csv").read_bytes()[:3_000]


def _customers() -> Iterator[bytes]:
    full = customer(
        language="sv", party_kind="company", org_number="5560360793", contacts="ann@example.org|Ann|ap;b@example.org"
    )
    yield text_of([customer(), customer(customer_id="C2", tenants="")], CUSTOMER_FIELDS).encode()
    yield text_of([full, customer(customer_id="C3", country="Sverige")], CUSTOMER_FIELDS).encode()
    yield (SAMPLE / "accounting" / "customers-2026-10-30.csv").read_bytes()[:3_000]


def _match_files() -> Iterator[bytes]:
    yield MATCH_RECEIVABLES.encode()
    yield MATCH_PAYMENTS.encode()
    yield MATCH_PAYMENTS.replace(";", "\t").encode("utf-8-sig")
    for kind in (pa.string(), pa.decimal128(12, 2)):
        columns = {"payment_id": ["P1"], "booked_on": [date(2026, 10, 15)], "currency": ["SEK"], "amount": ["12.50"]}
        table = pa.table(columns).cast(
            pa.schema({"payment_id": pa.string(), "booked_on": pa.date32(), "currency": pa.string(), "amount": kind})
        )
        buffer = io.BytesIO()
        pq.write_table(table, buffer)
        yield buffer.getvalue()


def _recon_csv() -> Iterator[bytes]:
    row, text = recon_files.row, recon_files.text
    odd = row(Subtotal="'1e2", TaxTotal="", ChargeStartDate="10/31/2026", CustomerId="", Currency="")
    yield b"\xef\xbb\xbf" + text([row(), row(CustomerId=recon_files.FABRIKAM, Subtotal="-0.005", Total="-0.005")])
    yield text([row(), odd, row(InvoiceNumber="G2", CustomerName='a "b", c\r\nd')], end="\n")
    yield text([row(), row()]) + b"too,few\r\n"
    for path in sorted((SAMPLE / "microsoft").glob("*.csv")):
        yield path.read_bytes()[:3_000].rpartition(b"\n")[0]


def _recon_gzip() -> Iterator[bytes]:
    return (gzip.compress(data, mtime=0) for data in _recon_csv())


def _recon_json() -> Iterator[bytes]:
    line, text = json_files.line, json_files.text
    odd = line(Subtotal="1e2", TaxTotal=None, ChargeStartDate="10/31/2026", CustomerId="", ProductQualifiers=["Trial"])
    yield text([line(), line(CustomerId=recon_files.FABRIKAM, Subtotal=-0.005, Total=-0.005)])
    yield b"\xef\xbb\xbf" + text([line(MpnId=6034453), odd, line(InvoiceNumber="G2", CustomerName='a "b", c\r\nd')])
    yield text([line(), '{"InvoiceNumber": "G000000001"', line(Later={"a": [1]})])


def _invoice_json() -> Iterator[bytes]:
    invoice_id = {"id": "G000000001", "documentType": "invoice"}
    days = {"invoiceDate": "2026-11-05T00:00:00Z", "billingPeriodStartDate": "0001-01-01T00:00:00Z"}
    whole = {**invoice_id, **days, "currencyCode": "EUR", "totalCharges": 100.5, "taxTotal": "20.10"}
    yield json.dumps(whole).encode()
    yield b"\xef\xbb\xbf" + json.dumps({"items": [{"amendments": [whole]}], "totalCount": 1}).encode()


def _bank_heads() -> Iterator[bytes]:
    for name in ("camt", "mt940", "bai2", "bgmax", "nets_ocr", "stripe", "bank_csv"):
        yield from list(_SEEDS[name]())[:3]
    yield from (b"%PDF-1.7", b"PK\x03\x04", b"\x1f\x8b\x08", b"<html>", b'{"a": 1}', b"", b"\xff\xfe<\x00")


_SEEDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "camt": _camt,
    "mt940": _mt940,
    "bai2": lambda: iter([BAI2.encode(), BAI2.replace("/", "").encode(), BAI2.replace("\n", "").encode()]),
    "bgmax": _bgmax,
    "nets_ocr": _nets_ocr,
    "stripe": _stripe,
    "bank_csv": _bank_csv,
    "bank_profile": _bank_tables,
    "recognise": _bank_heads,
    "receivables": _receivables,
    "customers": _customers,
    "match_files": _match_files,
    "references": lambda: (text.encode() for text in TEXTS),
    "recon_csv": _recon_csv,
    "recon_gzip": _recon_gzip,
    "recon_json": _recon_json,
    "invoice_json": _invoice_json,
}
