"""`csp bank profile`: a proposal to keep, and a clear sentence when the file does not tell enough."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from csp_receivables.adapters.bank_csv_profiles import BankProfileRefused, parse_bank_profile
from csp_receivables.cli import app
from tests.bank_csv_files import IBAN, plain, row


@pytest.fixture
def sample(tmp_path: Path) -> str:
    path = tmp_path / "export.csv"
    path.write_bytes(plain(row("1,00", "1,00"), row("2,50", "3,50")))
    return str(path)


def test_it_prints_a_profile_that_loads(sample: str) -> None:
    result = CliRunner().invoke(app, ["bank", "profile", sample, "--account", IBAN, "--currency", "sek"])

    assert result.exit_code == 0
    assert parse_bank_profile("printed", result.stdout).columns["amount"] == "Amount"


def test_json_gives_the_profile_and_what_to_check(sample: str) -> None:
    result = CliRunner().invoke(app, ["bank", "profile", sample, "--account", IBAN, "--currency", "SEK", "--json"])

    answer = json.loads(result.stdout)
    assert parse_bank_profile("printed", answer["profile"]).constants["currency"] == "SEK"
    assert answer["reads"] == f"2 entries of {IBAN} in SEK, in 3.50, out 0, the balances prove them"


def test_it_asks_for_what_the_file_does_not_name(sample: str) -> None:
    result = CliRunner().invoke(app, ["bank", "profile", sample])

    assert isinstance(result.exception, BankProfileRefused)
    assert "--account" in str(result.exception)
