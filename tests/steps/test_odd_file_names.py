"""A file may be named in bytes that are no UTF-8, as one from an old archive is: it is imported like any other."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from csp_receivables import wiring
from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.match_files.reading import read_file
from csp_receivables.domain.account_names import AccountNames
from csp_receivables.domain.accounting import CUSTOMER_FIELDS
from csp_receivables.domain.imports import FileReport, Outcome
from csp_receivables.domain.match_files import PAYMENTS, FileRefused
from csp_receivables.settings import Settings
from tests.accounting_exports import RECEIVABLE_FIELDS, customer, invoice, text_of
from tests.adapters.microsoft_files import recon_files
from tests.camt_files import Entry, camt

NAME = "f\udcff.txt"  # the byte FF, as Python spells it
SHOWN = "f\ufffd.txt"


def bank(_settings: Settings, ledger: Ledger, path: Path) -> FileReport:
    return wiring.import_bank(ledger, [path], AccountNames())[0].file


def _settings(folder: Path) -> Settings:
    include = Path(__file__).parents[2] / "include"
    return Settings(home=folder / "home", ledger_url="", time_zone=ZoneInfo("Europe/Stockholm"), include=include)


GOOD = {
    "bank": (bank, camt([Entry(amount="1.00")], off_by="1")),  # with a finding, which names the file
    "customers": (wiring.import_customers, text_of([customer()], CUSTOMER_FIELDS).encode()),
    "receivables": (
        wiring.import_receivables,
        text_of([invoice(), invoice(number="2", net="x")], RECEIVABLE_FIELDS).encode(),
    ),
    "microsoft": (
        lambda settings, ledger, path: wiring.microsoft_import(settings, ledger).import_file(path),
        recon_files.text([recon_files.row()]),
    ),
}
# Read by an engine that opens no such name, unless the quick way reads it; Microsoft names its files in ASCII.
UNTIDY = recon_files.text([recon_files.row(Subtotal="'100")])
Import = Callable[[Settings, Ledger, Path], FileReport]


def put(folder: Path, content: bytes) -> Path:
    path = folder / NAME
    try:
        path.write_bytes(content)
    except (OSError, UnicodeEncodeError):
        pytest.skip("SKIPPED: this file system takes no such name")
    assert os.fsencode(path).endswith(b"f\xff.txt")
    return path


@pytest.mark.parametrize(("do_import", "content"), GOOD.values(), ids=GOOD)
@pytest.mark.parametrize("is_good", [True, False])
def test_a_file_is_imported_or_refused_whatever_its_name_is(
    ledger: Ledger, tmp_path: Path, do_import: Import, content: bytes, is_good: bool
) -> None:
    path = put(tmp_path, content if is_good else b"nothing that is known")

    report = do_import(_settings(tmp_path), ledger, path)

    assert report.outcome is (Outcome.IMPORTED if is_good else Outcome.REFUSED)
    assert report.name == SHOWN
    with ledger.reading() as connection:
        assert connection.execute(select(tables.imported_file.c.name)).scalars().all() == [SHOWN]


def test_an_untidy_file_of_microsofts_is_refused_for_its_name(ledger: Ledger, tmp_path: Path) -> None:
    report = wiring.microsoft_import(_settings(tmp_path), ledger).import_file(put(tmp_path, UNTIDY))

    assert report.outcome is Outcome.REFUSED
    assert [(finding.code, finding.source) for finding in report.findings] == [("microsoft.file_name", SHOWN)]


@pytest.mark.parametrize("content", [b"payment_id,booked_on,currency,amount\n", b"PAR1"])
def test_a_file_to_match_is_refused_for_its_name(tmp_path: Path, content: bytes) -> None:
    with engine(tmp_path / "spill") as connection, pytest.raises(FileRefused, match="the file's name is no UTF-8"):
        read_file(connection, put(tmp_path, content), PAYMENTS)
