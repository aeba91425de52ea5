"""A file given to the wrong import is told by its content what it is and which command takes it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from csp_receivables import cli
from tests.accounting_exports import customer, customers_file, invoice, receivables_file
from tests.camt_files import Entry, camt
from tests.mt940_files import entry, mt940

ROOT = Path(__file__).parents[2]
RECON = ROOT / "include/sample/inbox/microsoft"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """One file of each kind, all with a name that says nothing."""
    contents = {
        "camt": camt([Entry(amount="1.00")]),
        "mt940": mt940([entry("5,00")]),
        "recon": (RECON / "G112804417_InvoiceReconciliation.csv").read_bytes(),
        "packed": (RECON / "G113950301_InvoiceReconciliation.csv.gz").read_bytes(),
        "receivables": receivables_file(tmp_path, invoice(), name="r").read_bytes(),
        "customers": customers_file(tmp_path, customer(), name="c").read_bytes(),
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.dat").write_bytes(content)
    return {name: tmp_path / f"{name}.dat" for name in contents}


@pytest.mark.parametrize(
    ("given_to", "file", "found", "remedy"),
    [
        ("receivables", "camt", "this is a bank file (camt.053.001.08)", "csp import bank"),
        ("customers", "mt940", "this is a bank file (MT940)", "csp import bank"),
        ("customers", "recon", "this is a file of Microsoft's charges", "csp import microsoft"),
        ("receivables", "packed", "this is a file of Microsoft's charges", "csp import microsoft"),
        ("receivables", "customers", "this is a file of customers", "csp import customers"),
        ("bank", "receivables", "this is a file of receivables", "csp import receivables"),
        ("bank", "recon", "this is a file of Microsoft's charges", "csp import microsoft"),
        ("bank", "packed", "this is a file of Microsoft's charges", "csp import microsoft"),
        ("microsoft", "receivables", "this is a file of receivables", "csp import receivables"),
        ("microsoft", "customers", "this is a file of customers", "csp import customers"),
        ("microsoft", "camt", "this is a bank file (camt.053.001.08)", "csp import bank"),
    ],
)
def test_a_file_given_to_the_wrong_import_is_refused_by_what_it_is(
    files: dict[str, Path], given_to: str, file: str, found: str, remedy: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name, value in {"CSP_HOME": str(tmp_path / "home"), "CSP_INCLUDE": str(ROOT / "include"),
                        "CSP_LEDGER_URL": "", "CSP_CLOCK": "2026-11-01T06:00:00+01:00"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["csp", "import", given_to, str(files[file]), "--json"])
    umask = os.umask(0o077)
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        os.umask(umask)

    answer = json.loads(capsys.readouterr().out)
    [finding] = answer[0]["findings"] if given_to == "bank" else answer["findings"]
    assert ended.value.code == 2
    assert finding["code"].endswith(".wrong_kind")
    assert finding["found"].startswith(found)
    assert remedy in finding["remedy"]
