"""Nothing late, partial or voided is ready; the deadline is shown, and a missing month is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from csp_receivables.domain.charges.readiness import Readiness, late_findings, readiness
from csp_receivables.domain.findings import Severity
from csp_receivables.domain.payables.words import NOTHING_TOLD, PayableFacts, VendorWords
from csp_receivables.domain.records import VENDOR_INVOICE

SEPTEMBER = {
    "invoice_id": "G000000009",
    "version": "v",
    "currency": "EUR",
    "invoiced_on": date(2026, 10, 7),
    "due_on": date(2026, 12, 6),
    "period_from": date(2026, 9, 1),
    "period_until": date(2026, 9, 30),
    "lines": 1,
    "pre_tax": 100,
    "tax": 0,
    "total": 100,
    "stated_total": 100,
    "tie_out": "ties",
    "released": True,
    "charges_path": "",
}


def invoices(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([SEPTEMBER | row for row in rows], schema=VENDOR_INVOICE)


def words(**said: Any) -> VendorWords:
    usual = {"invoice_id": "G000000010", "document_type": "invoice", "amends": "", "currency": "EUR"}
    return VendorWords(**usual | {"invoiced_on": date(2026, 11, 7), "total": 100, "paid": None} | said)


def facts_of(*said: VendorWords, **parts: frozenset[str]) -> PayableFacts:
    return replace(NOTHING_TOLD, words=said, parts=parts)


@pytest.mark.parametrize(
    ("row", "state", "deadline"),
    [
        ({}, Readiness.READY, None),
        ({"tie_out": "ties_pre_tax"}, Readiness.READY, None),
        ({"tie_out": "no_statement", "stated_total": None}, Readiness.UNPROVED, date(2026, 10, 18)),
        ({"tie_out": "no_statement", "released": False}, Readiness.PARTIAL, date(2026, 10, 18)),
        ({"tie_out": "differs", "released": False}, Readiness.PARTIAL, date(2026, 10, 18)),
    ],
)
def test_only_what_is_whole_is_ready(row: dict[str, Any], state: Readiness, deadline: date | None) -> None:
    [found] = readiness(invoices(row), facts_of(), date(2026, 10, 20))

    assert (found.readiness, found.deadline) == (state, deadline)


LICENCES, USAGE = frozenset({"legacy_license"}), frozenset({"legacy_usage"})


@pytest.mark.parametrize(
    ("row", "parts", "state", "lacks"),
    [
        ({"tie_out": "no_statement"}, LICENCES, Readiness.PARTIAL, "usage"),
        ({"tie_out": "no_statement"}, USAGE, Readiness.PARTIAL, "licences"),
        ({"tie_out": "no_statement"}, LICENCES | USAGE, Readiness.UNPROVED, ""),
        ({"tie_out": "ties"}, LICENCES, Readiness.READY, ""),  # its total proves that nothing is missing
        ({"tie_out": "differs", "released": False}, LICENCES | USAGE, Readiness.PARTIAL, ""),
    ],
)
def test_half_a_legacy_invoice_is_partial_unless_its_total_proves_it(
    row: dict[str, Any], parts: frozenset[str], state: Readiness, lacks: str
) -> None:
    half = row | {"invoice_id": "D1"}

    [found] = readiness(invoices(half), facts_of(D1=parts), date(2026, 10, 20))

    assert found.readiness is state
    assert (f"its {lacks} file is not here" in found.because) == bool(lacks)


def test_what_microsoft_took_back_is_voided() -> None:
    [found] = readiness(
        invoices({}), facts_of(words(invoice_id="G000000009", document_type="void_note")), date(2026, 10, 20)
    )

    assert found.readiness is Readiness.VOIDED


@pytest.mark.parametrize(("as_of", "severity"), [(date(2026, 11, 18), "warning"), (date(2026, 11, 19), "held")])
def test_an_invoice_that_is_listed_without_charges_is_late(as_of: date, severity: str) -> None:
    found = readiness(invoices({}), facts_of(words()), as_of)

    late = found[-1]
    assert (late.invoice_id, late.month, late.readiness) == ("G000000010", date(2026, 10, 1), Readiness.LATE)
    assert late.deadline == date(2026, 11, 18)
    assert [one.severity for one in late_findings(found, as_of)] == [Severity(severity)]


@pytest.mark.parametrize(
    ("as_of", "told"),
    [
        (date(2026, 10, 31), []),
        (date(2026, 11, 7), []),  # it may still come
        (date(2026, 11, 8), ["2026-10: warning"]),
        (date(2026, 11, 11), ["2026-10: warning"]),
        (date(2026, 11, 12), ["2026-10: held"]),
    ],
)
def test_a_month_without_an_invoice_is_told_from_the_day_it_should_be_out(as_of: date, told: list[str]) -> None:
    found = late_findings(readiness(invoices({}), facts_of(), as_of), as_of)

    assert [f"{one.subject}: {one.severity.value}" for one in found] == told


def test_a_partner_of_no_invoices_misses_none() -> None:
    assert readiness(invoices(), facts_of(), date(2026, 11, 20)) == ()
