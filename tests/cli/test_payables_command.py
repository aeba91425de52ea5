"""`csp payables` from files to answer: the bank's debit, a file that names, Microsoft's words, voids."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from csp_receivables.cli import main
from tests.adapters.microsoft_files.recon_files import row, write


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, dict]:
    monkeypatch.setattr("sys.argv", ["csp", *words, "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(str(ended.value)), json.loads(capsys.readouterr().out)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CSP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CSP_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    return tmp_path


def stated(invoice_id: str, total: str, day: str, **more: object) -> dict[str, object]:
    return {"id": invoice_id, "totalCharges": total, "currencyCode": "EUR", "invoiceDate": f"{day}T00:00:00Z", **more}


def test_payables_follow_voids_credits_and_files(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rebill = stated("G000000002", "80.00", "2026-05-20", documentType="adjustment_note", amendsOf="G000000001")
    void = stated("G000000001", "100.00", "2026-05-07", documentType="void_note", amendments=[rebill], paidAmount=-20)
    (home / "G000000001.invoice.json").write_text(json.dumps(void))
    month = {"ChargeStartDate": "2026-04-01", "ChargeEndDate": "2026-04-30"}
    charges = write(home, [row(**month)], "G000000001.csv")
    money = home / "paid.csv"
    money.write_text("paid_on,amount,currency,invoice\n2026-06-01,60.00,EUR,G000000001\n2026-06-02,-1,EUR,\n")

    assert run(capsys, monkeypatch, "import", "microsoft", str(charges))[0] == 0
    code, told = run(capsys, monkeypatch, "import", "vendor-payments", str(money))
    assert (code, told["files"][0]["new_facts"]) == (0, 1)
    assert [(one["line"], one["field"]) for one in told["findings"]] == [(3, "amount")]
    assert run(capsys, monkeypatch, "import", "vendor-payments", str(money))[1]["files"][0]["new_facts"] == 0

    code, found = run(capsys, monkeypatch, "payables", "--as-of", "2026-08-01")

    rows = {one["invoice_id"]: one for one in found["payables"]}
    assert (rows["G000000001"]["state"], rows["G000000001"]["due"]) == ("voided", 0)
    assert rows["G000000001"]["microsoft_says_paid"] == -2000
    assert rows["G000000001"]["because"] == "Microsoft took it back; G000000002 replaces it"
    assert (rows["G000000002"]["paid"], rows["G000000002"]["due"], rows["G000000002"]["due_on"]) == (
        6000,
        2000,
        "2026-07-19",
    )
    assert [one["code"] for one in found["findings"]] == ["payable.overdue"]

    code, ready = run(capsys, monkeypatch, "charges", "ready", "--as-of", "2026-05-25")
    assert [(one["invoice_id"], one["readiness"], one["deadline"]) for one in ready] == [
        ("G000000001", "voided", None),
        ("G000000002", "late", "2026-05-31"),
    ]


def test_a_file_of_something_else_is_refused_with_the_columns_wanted(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = home / "x.csv"
    other.write_text("a,b\n1,2\n")

    code, told = run(capsys, monkeypatch, "import", "vendor-payments", str(other))

    assert code == 2
    assert "paid_on, amount, currency" in told["files"][0]["because"]
