"""Made-up days for tests: realistic, in several currencies, and as empty as can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from csp_receivables.domain import records
from csp_receivables.domain.day import Day, Mode
from csp_receivables.domain.findings import Finding, Severity, findings_table

AS_OF = date(2026, 10, 31)
KNOWN_AT = "2026-11-01T05:00:00+00:00"
SCHEMAS = {
    "summary": records.SUMMARY,
    "reconciliation": records.RECONCILIATION,
    "standings": records.STANDING,
    "non_payment": records.NON_PAYMENT,
    "late": records.LATE,
    "allocations": records.ALLOCATION_VIEW,
    "unapplied": records.UNAPPLIED_VIEW,
    "not_customer_money": records.NOT_CUSTOMER_MONEY,
    "coverage": records.COVERAGE,
    "tie_out": records.TIE_OUT,
    "feeds": records.FEED,
    "suggestions": records.SUGGESTION_VIEW,
}
CUSTOMERS = (
    ("C1001", "Adatum Bygg AB", "SEK"),
    ("C1002", "Contoso Försäkring AB", "SEK"),
    ("C1003", "Fabrikam Logistik GmbH", "EUR"),
    ("C1004", "Fourth Coffee Oy", "EUR"),
    ("C1005", "Humongous Insurance SE", "EUR"),
    ("C1006", "Litware & Söner AB", "SEK"),
    ("C1007", "Margie's Travel AB", "SEK"),
    ("C1008", "Northwind Traders K.K.", "JPY"),
    ("C1009", "Proseware Ltd", "EUR"),
    ("C1010", "Tailspin Toys 株式会社", "JPY"),
    ("C1011", "VanArsdel, Ltd.", "SEK"),
    ("C1012", "Wingtip مكتب", "SEK"),
)
# Each customer's open amounts in minor units: not due, 1-30, 31-60, 61-90, over 90 days; then unapplied.
OPEN = {
    "C1001": (41_250_00, 0, 0, 0, 0, 0),
    "C1002": (118_400_50, 38_200_00, 0, 0, 0, 0),
    "C1003": (9_870_40, 0, 0, 0, 0, 0),
    "C1004": (2_310_00, 2_310_00, 2_310_00, 0, 0, 150_00),
    "C1005": (24_600_00, 0, 0, 4_118_75, 0, 0),
    "C1006": (64_890_00, 64_890_00, 12_500_00, 0, 8_400_00, 5_000_00),
    "C1007": (7_125_00, 0, 0, 0, 0, 0),
    "C1008": (1_284_000, 412_000, 0, 0, 0, 0),
    "C1009": (0, 0, 0, 0, 3_940_20, 0),
    "C1010": (880_500, 0, 0, 0, 0, 0),
    "C1011": (0, 0, 0, 0, 0, 0),
    "C1012": (15_300_00, 0, 7_650_00, 0, 0, 0),
}
BUCKETS = ("clear", "not due", "1-30", "31-60", "61-90", "over 90")


def empty_day(**changes: Any) -> Day:
    """A real ledger's first day: nothing has been imported."""
    tables = {name: schema.empty_table() for name, schema in SCHEMAS.items()}
    empty = Day(as_of=AS_OF, known_at=KNOWN_AT, mode=Mode.LIVE, is_demo=False, findings=findings_table([]), **tables)
    return replace(empty, **changes)


def sample_day(**changes: Any) -> Day:
    """A month's end with twelve customers in SEK, EUR and JPY, five vendor invoices and some trouble."""
    rows = {
        "summary": summary_rows(),
        "reconciliation": reconciliation_rows(),
        "standings": standing_rows(),
        "non_payment": non_payment_rows(),
        "late": late_rows(),
        "allocations": [allocation_row(number) for number in range(24)],
        "unapplied": unapplied_rows(),
        "not_customer_money": not_customer_money_rows(),
        "coverage": coverage_rows(),
        "tie_out": tie_out_rows(),
        "feeds": feed_rows(),
        "suggestions": suggestion_rows(),
    }
    tables = {name: table_of(name, found) for name, found in rows.items()}
    return replace(empty_day(is_demo=True), findings=findings_table(findings()), **(tables | changes))


def table_of(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """`rows` as the table of the day called `name`."""
    table = pa.Table.from_pylist(rows, schema=SCHEMAS[name])
    gaps = [field.name for field in table.schema if not field.nullable and table[field.name].null_count]
    assert not gaps, f"rows of {name} lack {gaps}: has its schema changed?"
    return table


def standing_rows() -> list[dict[str, Any]]:
    return [_standing(customer, name, currency) for customer, name, currency in CUSTOMERS]


def _standing(customer: str, name: str, currency: str) -> dict[str, Any]:
    *ages, unapplied = OPEN[customer]
    not_due, *late = ages
    oldest = max((place for place, amount in enumerate(ages) if amount), default=-1)
    days_overdue = (0, 17, 44, 75, 128)[oldest] if oldest > 0 else 0
    return {
        "customer_id": customer,
        "customer_name": name,
        "currency": currency,
        "open": sum(ages),
        "not_due": not_due,
        "days_1_30": late[0],
        "days_31_60": late[1],
        "days_61_90": late[2],
        "days_over_90": late[3],
        "overdue": sum(late),
        "unapplied": unapplied,
        "credit_left": 0,
        "oldest_due_on": None if oldest < 0 else AS_OF - timedelta(days=days_overdue or -14),
        "days_overdue": days_overdue,
        "bucket": BUCKETS[oldest + 1],
    }


def late_rows() -> list[dict[str, Any]]:
    late = [row for row in standing_rows() if row["overdue"]]
    return [
        {
            "customer_id": row["customer_id"],
            "customer_name": row["customer_name"],
            "currency": row["currency"],
            "overdue": row["overdue"],
            "unapplied": row["unapplied"],
            "credit_left": row["credit_left"],
            "receivables": 2 if row["days_31_60"] else 1,
            "numbers": f"F{row['customer_id'][1:]}07, F{row['customer_id'][1:]}08",
            "oldest_due_on": row["oldest_due_on"],
            "days_overdue": row["days_overdue"],
            "because": f"due {row['oldest_due_on']}, {row['days_overdue']} days ago; unapplied money does not cover it",
        }
        for row in sorted(late, key=lambda row: -row["days_overdue"])
    ]


def non_payment_rows() -> list[dict[str, Any]]:
    """Who is late, at every stage of the ladder."""
    stages = (
        ("escalation", "wait", "", None, "Escalation: done on 2026-10-20 (once)."),
        (
            "suspension",
            "propose suspension",
            "escalation",
            AS_OF + timedelta(days=9),
            "Counted after grace, the oldest receivable concerned is 62 days late; this begins at 30.",
        ),
        ("reminder", "wait", "final notice", AS_OF + timedelta(days=2), "Reminder: done on 2026-10-24 (once)."),
        (
            "final notice",
            "send final notice",
            "suspension",
            AS_OF + timedelta(days=14),
            "Counted after grace, the oldest receivable concerned is 31 days late; this begins at 15.",
        ),
        (
            "reminder",
            "wait",
            "final notice",
            None,
            "F100607 is left aside, until 2026-11-30: dispute: wrong quantity (Ada, 2026-10-20).",
        ),
    )
    return [
        {
            "customer_id": row["customer_id"],
            "customer_name": row["customer_name"],
            "currency": row["currency"],
            "overdue": row["overdue"],
            "days_overdue": row["days_overdue"],
            "stage": stages[place % len(stages)][0],
            "decision": stages[place % len(stages)][1],
            "next_stage": stages[place % len(stages)][2],
            "next_on": stages[place % len(stages)][3],
            "because": stages[place % len(stages)][4],
            "contact": "none works" if place == 3 else "works",
            "history": "2026-10-24 reminder accepted; 2026-10-10 coming due bounced" if place % 2 else "",
        }
        for place, row in enumerate(late_rows())
    ]


def reconciliation_rows() -> list[dict[str, Any]]:
    rows = []
    invoices = {"SEK": "G012345678", "EUR": "G012345701", "JPY": "G012345733"}
    for place, (customer, name, currency) in enumerate(CUSTOMERS):
        standing = _standing(customer, name, currency)
        gross = standing["open"] + 12_500 * (place + 1)
        net = gross * 4 // 5
        cost = net * 9 // 10
        rows.append(
            {
                "vendor_invoice": invoices[currency],
                "customer_id": customer,
                "customer_name": name,
                "currency": currency,
                "cost": cost,
                "billed_net": net,
                "tax": gross - net,
                "billed_gross": gross,
                "credited": 0,
                "paid": gross - standing["open"],
                "written_off": 0,
                "open": standing["open"],
                "overdue": standing["overdue"],
                "unapplied_credit": 0,
                "not_billed": 0,
                "margin": net - cost,
                "because": "by line" if place % 3 else "assumed by billing month",
            }
        )
    unmapped = dict.fromkeys(records.RECONCILIATION.names, 0) | {
        "vendor_invoice": invoices["SEK"],
        "customer_id": "",
        "customer_name": "",
        "currency": "SEK",
        "cost": 1_845_00,
        "not_billed": 1_845_00,
        "margin": -1_845_00,
        "because": "tenant 6f1c…a2 is not mapped to a customer",
    }
    return [*rows, unmapped]


def allocation_row(number: int) -> dict[str, Any]:
    """One allocation of many: any number of them can be had."""
    customer, name, currency = CUSTOMERS[number % len(CUSTOMERS)]
    return {
        "allocation_id": f"A{number:08d}",
        "booked_on": AS_OF - timedelta(days=number % 28),
        "source_kind": "credit_note" if number % 11 == 10 else "payment",
        "source_id": f"P{number:08d}",
        "payer_name": name,
        "customer_id": customer,
        "customer_name": name,
        "number": f"F{number:07d}",
        "receivable_id": f"partner/F{number:07d}",
        "amount": 125_000 + 37 * number,
        "difference": 45 if number % 12 == 5 else 0,
        "currency": currency,
        "rule": ("structured_reference", "several_references", "number_in_text")[number % 3],
        "outcome": "with_difference" if number % 12 == 5 else "full",
        "because": f"reference {number:07d}18 has a right check digit and the amount equals the open amount",
    }


def unapplied_rows() -> list[dict[str, Any]]:
    known = {
        "account": "SE4550000000058398257466",
        "booked_on": AS_OF - timedelta(days=1),
        "payer_account": "SE3550000000054910000003",
        "reference": "",
        "customer_id": "",
        "customer_name": "",
        "status": "booked",
    }
    return [
        known
        | {
            "payment_id": "P90000001",
            "currency": "SEK",
            "amount": 5_000_00,
            "payer_name": "Litware & Söner AB",
            "text": "delbetalning enl ök",
            "customer_id": "C1006",
            "customer_name": "Litware & Söner AB",
            "because": "known payer, but no reference and no receivable of this amount",
        },
        known
        | {
            "payment_id": "P90000002",
            "currency": "EUR",
            "amount": 150_00,
            "payer_name": "FOURTH COFFEE OY",
            "text": "INV 7740 / 7741",
            "because": "numbers in the text belong to no open receivable",
        },
        known
        | {
            "payment_id": "P90000003",
            "currency": "SEK",
            "amount": 2_480_00,
            "payer_name": "Okänd betalare",
            "text": "",
            "status": "pending",
            "because": "pending at the bank: shown, never allocated",
        },
    ]


def coverage_rows() -> list[dict[str, Any]]:
    invoices = (
        ("G012345678", "SEK", -6, 300_000_00, 300_000_00),
        ("G012345701", "EUR", 9, 41_220_45, 35_449_58),
        ("G012345733", "JPY", 39, 2_061_200, 412_240),
        ("D040011223", "SEK", 39, 88_000_00, 3_520_00),
        ("G012399001", "EUR", 54, 18_400_00, 0),
    )
    return [
        {
            "vendor_invoice": number,
            "currency": currency,
            "invoiced_on": AS_OF + timedelta(days=days - 60),
            "due_on": AS_OF + timedelta(days=days),
            "days_to_due": days,
            "pre_tax": pre_tax,
            "total": pre_tax,
            "collected_net": collected,
            "missing": pre_tax - collected,
            "covered_per_mille": collected * 1000 // pre_tax,
            "released": number != "G012399001",
            "because": "held: lines differ from the stated total" if number == "G012399001" else "by line",
        }
        for number, currency, days, pre_tax, collected in invoices
    ]


def tie_out_rows() -> list[dict[str, Any]]:
    rows = []
    for currency, received, open_amount in (("EUR", 8_120_45, 49_459_35), ("JPY", 912_000, 2_576_500), ("SEK", 0, 0)):
        rows.append(
            {
                "equation": "received − returned = allocated + unapplied + not customer money",
                "currency": currency,
                "left": received,
                "right": received,
                "difference": 0,
                "terms": f"received {received}, returned 0, allocated {received}, unapplied 0, other 0",
            }
        )
        rows.append(
            {
                "equation": "billed + charged = paid + credited + written off + open",
                "currency": currency,
                "left": open_amount + received,
                "right": open_amount + received,
                "difference": 0,
                "terms": f"paid {received}, open {open_amount}",
            }
        )
    return rows


def not_customer_money_rows() -> list[dict[str, Any]]:
    return [
        {
            "payment_id": "P80000001",
            "booked_on": AS_OF,
            "account": "SE4550000000058398257466",
            "currency": "SEK",
            "amount": -148_850_20,
            "kind": "vendor_payment",
            "party_name": "Microsoft Ireland Operations Ltd",
            "party_account": "IE64IRCE92050112345678",
            "text": "G012345678",
            "because": 'rule microsoft: money out; the name has "Microsoft"',
        }
    ]


def feed_rows() -> list[dict[str, Any]]:
    accounts = (
        ("SE4550000000058398257466", "SEK", 0, 1_204_118_22, "fresh"),
        ("DE89370400440532013000", "EUR", 1, 88_201_07, "fresh"),
        ("JP-0005-001-1234567", "JPY", 6, 4_120_000, "stale"),
    )
    return [
        {
            "account": account,
            "currency": currency,
            "newest_booking_on": AS_OF - timedelta(days=age),
            "newest_statement_until": AS_OF - timedelta(days=age),
            "closing": closing,
            "state": state,
        }
        for account, currency, age, closing, state in accounts
    ]


def suggestion_rows() -> list[dict[str, Any]]:
    return [
        {
            "payment_id": "P90000002",
            "booked_on": AS_OF,
            "payer_name": "Okänd Betalare",
            "option": 1,
            "receivable_id": "partner/F100407",
            "number": "F100407",
            "customer_id": "K1003",
            "customer_name": "Nordan Bygg AB",
            "amount": 150_00,
            "currency": "EUR",
            "rule": "number_in_text",
            "because": "number 7740 is one edit away from F100407; the amount differs",
        }
    ]


def summary_rows() -> list[dict[str, Any]]:
    figures: dict[str, tuple[int, int, int, int, int]] = {
        # received, returned, allocated, unapplied, payments
        "EUR": (61_440_30, 1_200_00, 60_090_30, 150_00, 31),
        "JPY": (2_412_000, 0, 2_412_000, 0, 9),
        "SEK": (892_315_75, 0, 887_315_75, 5_000_00, 118),
    }
    rows: list[dict[str, Any]] = []
    for place, line in enumerate(("received", "returned", "allocated", "unapplied")):
        for currency, values in figures.items():
            count = values[4] if line == "received" else None
            rows.append({"line": line, "currency": currency, "amount": values[place], "count": count})
    for currency, values in figures.items():
        rows.append({"line": "received this month", "currency": currency, "amount": values[0] // 3, "count": 7})
    columns = {
        "open": "open",
        "overdue": "overdue",
        "overdue 1-30": "days_1_30",
        "overdue 31-60": "days_31_60",
        "overdue 61-90": "days_61_90",
        "overdue over 90": "days_over_90",
    }
    for line, column in columns.items():
        for currency in figures:
            amounts = [row[column] for row in standing_rows() if row["currency"] == currency]
            rows.append(
                {"line": line, "currency": currency, "amount": sum(amounts), "count": sum(1 for one in amounts if one)}
            )
    return rows


def findings() -> list[Finding]:
    return [
        Finding(
            code="bank.pending_shown",
            severity=Severity.WARNING,
            found="one pending entry of 2480.00 SEK",
            remedy="Nothing to do: it counts when the bank books it.",
            source="camt052_20261031.xml",
            subject="P90000003",
            amount=2_480_00,
            currency="SEK",
        ),
        Finding(
            code="charges.tenant_unmapped",
            severity=Severity.HELD,
            found='tenant 6f1c…a2 ("Woodgrove Bank") belongs to no customer',
            remedy="Add it to the customer's tenants and import customers again.",
            source="G012345678_recon.csv.gz",
            line=4_118,
            field="CustomerId",
            subject="G012345678",
            amount=1_845_00,
            currency="SEK",
        ),
        Finding(
            code="vendor_invoice.does_not_tie",
            severity=Severity.HELD,
            found="lines sum to 18400.00 EUR, the invoice states 18412.50 EUR",
            remedy="Ask Microsoft for the corrected reconciliation file; the invoice is held until then.",
            source="G012399001_recon.csv",
            subject="G012399001",
            amount=12_50,
            currency="EUR",
        ),
        Finding(
            code="receivables.amount_unreadable",
            severity=Severity.REFUSED,
            found="amount 'n/a' is not a number",
            remedy="Correct the line in accounting and export again.",
            source="receivables_2026-10.csv",
            line=87,
            field="amount",
            customer_id="C1011",
        ),
    ]
