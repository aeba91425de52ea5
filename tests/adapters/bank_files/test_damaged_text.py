"""Text that no database can keep is read as damaged text, and the money beside it counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from csp_receivables import wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.domain.account_names import AccountNames
from csp_receivables.domain.imports import Outcome
from tests.bank_csv_files import stripe, transaction
from tests.clearing_files import bgmax, bgmax_payment, bgmax_section, nets_assignment, nets_ocr, nets_payment
from tests.mt940_files import entry, mt940

ODD = "Faktura\x0010"
COMMON = dict.fromkeys(("description", "customer_name", "charge_id", "balance_transaction_id"), ODD)
PAYOUT = transaction("-9.00", "0", "-9.00", number=2, category="payout")
FILES = {
    "bgmax": bgmax(bgmax_section(bgmax_payment(900, more=(f"25{ODD}", f"26{ODD}", f"29{ODD}")))),
    "nets_ocr": nets_ocr(nets_assignment(nets_payment(900, text=ODD, kind="21"))),
    "mt940": mt940([entry("9,00", text=ODD, ref=ODD)]),
    "stripe": stripe(transaction("9.00", "0", "9.00", **COMMON), PAYOUT),
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_a_zero_character_in_a_text_costs_nobody_the_file(ledger: Ledger, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(content)

    [report] = wiring.import_bank(ledger, [path], AccountNames())

    assert report.file.outcome is Outcome.IMPORTED
    assert report.file.new_facts >= 1


def test_a_refusal_that_quotes_a_zero_character_is_kept(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(FILES["nets_ocr"].replace(b"NY0921310000001", b"NY092131000000\x00"))

    [report] = wiring.import_bank(ledger, [path], AccountNames())

    assert report.file.outcome is Outcome.REFUSED
    assert "transaction 000000\ufffd" in report.file.because
