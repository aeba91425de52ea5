"""The JSON of a vendor invoice: what can't be read in it is a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from csp_receivables.adapters.microsoft_files.statement import find_statement


@pytest.mark.parametrize("day", ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", ""])
def test_a_sign_for_no_date_is_no_date(tmp_path: Path, day: str) -> None:
    content = f'{{"id": "G1", "currencyCode": "EUR", "totalCharges": 1, "invoiceDate": "{day}"}}'
    (tmp_path / "G1.invoice.json").write_text(content, encoding="utf-8")

    statement = find_statement(tmp_path / "charges.csv", "G1")

    assert statement and statement.stated, "the total is told all the same"
    assert (statement.stated.total, statement.stated.invoiced_on) == (100, None)
    assert [each.invoiced_on for each in statement.words] == [None]


@pytest.mark.parametrize("total", ["1e7777777777777777777777777", "1e999", "NaN", "Infinity", "9" * 5_000, "[[", '"x"'])
def test_a_total_that_is_no_amount_is_a_finding(tmp_path: Path, total: str) -> None:
    content = f'{{"id": "G1", "currencyCode": "EUR", "totalCharges": {total}}}'
    (tmp_path / "G1.invoice.json").write_text(content, encoding="utf-8")

    statement = find_statement(tmp_path / "charges.csv", "G1")

    assert statement and statement.stated is None
    assert [finding.code for finding in statement.findings] == ["microsoft.statement_unreadable"]
