"""Microsoft's reconciliation CSV, plain and packed, and the JSON of a vendor invoice beside it."""

from __future__ import annotations

import tempfile
from decimal import localcontext
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.microsoft_files import tidy_csv, tidy_json
from csp_receivables.adapters.microsoft_files.json_as_csv import as_csv
from csp_receivables.adapters.microsoft_files.json_lines import JsonOpening
from csp_receivables.adapters.microsoft_files.opening import Opening
from csp_receivables.adapters.microsoft_files.recon_findings import find_oddities, find_problems
from csp_receivables.adapters.microsoft_files.recon_reader import ReconReader, stage
from csp_receivables.adapters.microsoft_files.recon_sums import sum_charges
from csp_receivables.adapters.microsoft_files.statement import find_statement
from csp_receivables.adapters.microsoft_files.tidy_charges import NotTidy
from csp_receivables.domain.charge_data import ChargedInvoice, FileRefused
from csp_receivables.domain.vendor_totals import DIGITS
from fuzz import claims
from fuzz.unpacking import is_large

INVOICE = "G000000001"
_FOLDER = tempfile.TemporaryDirectory(prefix="csp-fuzz-")
_PATH = Path(_FOLDER.name) / "fuzzed"
_STAGED, _AGAIN = _PATH.with_name("staged.parquet"), _PATH.with_name("again.parquet")
_JSON = _PATH.with_name(f"{INVOICE}.invoice.json")
_PLAIN = _PATH.with_name("plain")
_PLAIN.mkdir()
READER = ReconReader(spill=Path(_FOLDER.name) / "spill")


def recon_csv(data: bytes) -> None:
    """Open and read the file; what goes the quick way must come the same the tolerant way (one in four is tried)."""
    _PATH.write_bytes(data)
    try:
        opening = READER.open(_PATH)
        reading = READER.read(opening, _STAGED)
    except FileRefused as refusal:
        claims.findings_say_where([refusal.finding], _PATH.name, "microsoft.")
        claims.holds(bool(refusal.taken_for), "a refusal says what the file is")
        return
    claims.findings_say_where(reading.findings, _PATH.name, "microsoft.")
    claims.unique([invoice.invoice_id for invoice in reading.invoices], "invoice_id")
    rows = pq.read_table(_STAGED).to_pylist()
    claims.holds([*sorted(row["line_no"] for row in rows)] == [row["line_no"] for row in rows], "lines are in order")
    for invoice in reading.invoices:
        _adds_up(invoice, rows)
    if claims.one_in_four(data):
        _same_both_ways(opening)


def _adds_up(invoice: ChargedInvoice, rows: list[dict[str, Any]]) -> None:
    """The tenants' sums are those of the staged lines."""
    claims.texts_can_be_kept([invoice.invoice_id, *(tenant.tenant_name for tenant in invoice.tenants)])
    own = [row for row in rows if row["invoice_id"] == invoice.invoice_id and row["currency"]]
    own = [row for row in own if None not in (row["subtotal"], row["tax"], row["total"])]
    claims.holds(invoice.lines == len(own), f"{invoice.invoice_id} has {len(own)} lines")
    with localcontext(prec=DIGITS):
        for name, attribute in (("subtotal", "pre_tax"), ("tax", "tax"), ("total", "total")):
            made = sum(getattr(tenant, attribute) for tenant in invoice.tenants)
            claims.holds(made == sum(row[name] for row in own), f"{name} of {invoice.invoice_id} is that of its lines")


def _write_tidy(opening: Opening) -> None:
    if isinstance(opening, JsonOpening):
        tidy_json.write_tidy(opening, _STAGED)
    else:
        tidy_csv.write_tidy(opening, _STAGED)


def _same_both_ways(opening: Opening) -> None:
    with engine(READER.spill) as connection:
        try:
            _write_tidy(opening)
        except (NotTidy, FileRefused):
            return
        found = find_oddities(connection, opening, _STAGED)
        quick = (pq.read_table(_STAGED).to_pylist(), sum_charges(connection, _STAGED, found.unreadable), found)
        plain = as_csv(opening, _PLAIN) if isinstance(opening, JsonOpening) else opening
        found = find_problems(connection, stage(connection, plain, _AGAIN), _AGAIN)
        tolerant = (pq.read_table(_AGAIN).to_pylist(), sum_charges(connection, _AGAIN, found.unreadable), found)
    for first, second in zip(quick, tolerant, strict=True):
        claims.same_again(first, second)


def recon_json(data: bytes) -> None:
    """An export in JSON lines: the same claims."""
    recon_csv(data)


def recon_gzip(data: bytes) -> None:
    """The same, of a packed file; archives that hold too much to look at are passed over."""
    if not is_large(data):
        recon_csv(data)


def invoice_json(data: bytes) -> None:
    """What a vendor invoice says of itself."""
    _JSON.write_bytes(data)
    first = find_statement(_PATH, INVOICE)
    claims.same_again(first, find_statement(_PATH, INVOICE))
    if first is None:
        return
    claims.findings_say_where(first.findings, _JSON.name, "microsoft.")
    claims.holds((first.stated is None) == bool(first.findings), "it is read, or a finding says why not")
    if first.stated:
        claims.texts_can_be_kept([first.stated.invoice_id, first.stated.currency])
        claims.holds(first.stated.invoice_id == INVOICE, "it is the invoice that was asked for")
        claims.holds(abs(first.stated.total) < 2**63, "the total fits the ledger")
