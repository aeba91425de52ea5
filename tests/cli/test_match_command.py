"""`csp match` as its users meet it: files in, files out, one clear message when it can't."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from csp_receivables.cli import app
from csp_receivables.cli.output import Refused

RECEIVABLES = """receivable_id,customer_id,number,kind,issued_on,due_on,currency,amount,open_amount,reference
A/1,C1,1001,invoice,2026-09-01,2026-10-01,EUR,100.00,,55512
A/2,C1,1002,,2026-09-01,2026-10-01,EUR,80.00,50.00,55520
A/3,C1,26001234,invoice,2026-09-01,2026-10-01,JPY,7000,7000,
"""
PAYMENTS = """payment_id,booked_on,currency,amount,reference,text
p1,2026-10-01,EUR,100.00,55512,
p2,2026-10-02,EUR,20,55520,
p3,2026-10-02,JPY,7000,,"your invoice ""2600-1234"", thanks"
p4,2026-10-03,EUR,9.99,,
"""


def csp_match(folder: Path, receivables: Path, payments: Path, *more: str) -> str:
    """What the command says; its refusals come as Refused."""
    result = CliRunner().invoke(
        app, ["match", str(receivables), str(payments), "--out", str(folder / "out"), *more], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.output


def written(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "out" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def csv_files(folder: Path, receivables: str = RECEIVABLES, payments: str = PAYMENTS) -> tuple[Path, Path]:
    (folder / "receivables.csv").write_text(receivables, encoding="utf-8")
    (folder / "payments.csv").write_text(payments, encoding="utf-8")
    return folder / "receivables.csv", folder / "payments.csv"


def test_csv_files_are_matched_with_exact_amounts(tmp_path: Path) -> None:
    csp_match(tmp_path, *csv_files(tmp_path))

    assert [
        (row["payment_id"], row["receivable_id"], row["amount"], row["rule"], row["outcome"])
        for row in written(tmp_path, "allocations")
    ] == [
        ("p1", "A/1", "100.00", "exact_reference", "full"),
        ("p2", "A/2", "20.00", "reference_with_difference", "partial"),
        ("p3", "A/3", "7000", "number_in_text", "full"),
    ]
    assert [(row["payment_id"], row["amount"]) for row in written(tmp_path, "unapplied")] == [("p4", "9.99")]
    assert written(tmp_path, "suggestions") == []
    assert written(tmp_path, "findings") == []


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    files = csv_files(tmp_path)
    csp_match(tmp_path, *files)
    first = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    csp_match(tmp_path, *files)

    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == first
    assert sorted(first) == [
        "allocations.csv",
        "credited.csv",
        "findings.csv",
        "suggestions.csv",
        "unapplied.csv",
    ]


def test_parquet_gives_what_csv_gives(tmp_path: Path) -> None:
    receivables, payments = csv_files(tmp_path)
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT * REPLACE (amount::DECIMAL(18, 3) AS amount, due_on::DATE AS due_on) "
            f"FROM read_csv('{receivables}', all_varchar = true)) TO '{tmp_path / 'r.parquet'}'"
        )
        connection.execute(f"COPY (FROM read_csv('{payments}', all_varchar = true)) TO '{tmp_path / 'p.parquet'}'")
    csp_match(tmp_path, receivables, payments)
    from_csv = {name: written(tmp_path, name) for name in ("allocations", "suggestions", "unapplied", "findings")}
    csp_match(tmp_path, tmp_path / "r.parquet", tmp_path / "p.parquet")

    assert {name: written(tmp_path, name) for name in from_csv} == from_csv


def test_a_parquet_column_of_floats_is_refused(tmp_path: Path) -> None:
    receivables, payments = csv_files(tmp_path)
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * REPLACE (amount::DOUBLE AS amount) FROM read_csv('{payments}', all_varchar = true)) "
            f"TO '{tmp_path / 'p.parquet'}'"
        )

    with pytest.raises(Refused, match="amount is DOUBLE"):
        csp_match(tmp_path, receivables, tmp_path / "p.parquet")


def test_a_byte_order_mark_semicolons_and_windows_lines_are_read(tmp_path: Path) -> None:
    receivables, payments = csv_files(tmp_path)
    text = "\ufeff" + RECEIVABLES.replace(",", ";").replace("\n", "\r\n")
    receivables.write_bytes(text.encode())
    csp_match(tmp_path, receivables, payments)

    assert len(written(tmp_path, "allocations")) == 3


def test_a_bad_row_is_a_finding_with_its_line_and_the_others_count(tmp_path: Path) -> None:
    payments = PAYMENTS + (
        'p5,2026-10-04,EUR,1.00,,"over\ntwo lines"\n'
        "p6,2026-10-04,EUR,1.005,,\n"
        "p7,2026-02-30,EUR,1.00,,\n"
        "p0,0000-02-28,EUR,1.00,,\n"
        "p8,2026-10-04,QQQ,1.00,,\n"
        ",2026-10-04,EUR,1.00,,\n"
        "p9,2026-10-04,EUR,-1.00,,\n"
        "p5,2026-10-05,EUR,2.00,,\n"
        "p10,2026-10-04\n"
        "p11,2026-10-04,EUR,1e1,,\n"
    )
    csp_match(tmp_path, *csv_files(tmp_path, payments=payments))
    found = {(row["line"], row["field"], row["subject"]) for row in written(tmp_path, "findings")}

    assert found == {
        ("8", "amount", "p6"),
        ("9", "booked_on", "p7"),
        ("10", "booked_on", "p0"),
        ("11", "currency", "p8"),
        ("12", "payment_id", ""),
        ("13", "amount", "p9"),
        ("14", "payment_id", "p5"),
        ("15", "", ""),
    }
    assert all(row["file"] == "payments.csv" and row["remedy"] for row in written(tmp_path, "findings"))
    unapplied = {row["payment_id"]: row["amount"] for row in written(tmp_path, "unapplied")}
    assert unapplied == {"p4": "9.99", "p5": "1.00", "p11": "10.00"}


def test_a_quotation_mark_that_never_closes_is_told(tmp_path: Path) -> None:
    csp_match(
        tmp_path, *csv_files(tmp_path, payments=PAYMENTS + 'p5,2026-10-04,EUR,1.00,,"oops\np6,2026-10-04,EUR,1,,\n')
    )

    findings = written(tmp_path, "findings")

    assert [row["line"] for row in findings] == ["6"]
    assert "quot" in findings[0]["found"] or "unterminated" in findings[0]["found"]
    assert len(written(tmp_path, "allocations")) == 3


@pytest.mark.parametrize("column", ["receivable_id", "number", "issued_on", "due_on", "currency", "amount"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    receivables, payments = csv_files(tmp_path)
    header, rest = RECEIVABLES.split("\n", 1)
    receivables.write_text("\n".join([header.replace(column, "other", 1), rest]), encoding="utf-8")

    with pytest.raises(Refused, match=rf"required column {column} is missing"):
        csp_match(tmp_path, receivables, payments)


def test_files_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    receivables, payments = csv_files(tmp_path)
    with pytest.raises(Refused, match="no such file"):
        csp_match(tmp_path, tmp_path / "nowhere.csv", payments)
    for content, why in [
        (b"", "no CSV header"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\xff\xfe\x00a", "UTF-8"),
        (b"PAR1xx", "Parquet"),
    ]:
        payments.write_bytes(content)
        with pytest.raises(Refused, match=why):
            csp_match(tmp_path, receivables, payments)


def test_json_tells_counts_totals_and_findings(tmp_path: Path) -> None:
    answer = json.loads(csp_match(tmp_path, *csv_files(tmp_path), "--json"))

    assert answer["counts"] == {"allocations": 3, "credited": 0, "suggestions": 0, "unapplied": 1, "findings": 0}
    assert answer["totals"] == {
        "allocated": {"EUR": "120.00", "JPY": "7000"},
        "credited": {},
        "unapplied": {"EUR": "9.99"},
    }


def test_credit_notes_and_sets_of_suggestions_are_written_out(tmp_path: Path) -> None:
    receivables = """receivable_id,customer_id,number,kind,issued_on,due_on,currency,amount,reference
A/1,C1,1001,invoice,2026-09-01,2026-10-01,EUR,100.00,55512
A/2,C1,1002,credit_note,2026-09-01,2026-10-01,EUR,7.50,
A/3,C2,1003,invoice,2026-09-01,2026-10-01,JPY,70,
A/4,C2,1004,invoice,2026-09-01,2026-10-01,JPY,30,
A/5,C2,1005,invoice,2026-08-01,2026-10-02,JPY,99,
A/6,C2,1006,invoice,2026-08-01,2026-10-02,JPY,1,
"""
    payments = """payment_id,booked_on,currency,amount,reference,customer_id
p1,2026-10-01,EUR,92.50,55512,
p2,2026-10-01,JPY,100,,C2
"""
    answer = json.loads(csp_match(tmp_path, *csv_files(tmp_path, receivables, payments), "--json"))

    assert [tuple(row.values())[:6] for row in written(tmp_path, "credited")] == [
        ("A/2", "A/1", "7.50", "EUR", "net_of_credit_note", "partial")
    ]
    assert [(row["receivable_id"], row["option"]) for row in written(tmp_path, "suggestions")] == [
        ("A/5", "1"),
        ("A/6", "1"),
        ("A/3", "2"),
        ("A/4", "2"),
    ]
    assert answer["counts"]["credited"] == 1
    assert answer["totals"]["credited"] == {"EUR": "7.50"}


def test_receivables_of_nobody_are_not_one_customer_s(tmp_path: Path) -> None:
    receivables = """receivable_id,number,issued_on,due_on,currency,amount,reference
A/1,1001,2026-09-01,2026-10-01,EUR,100.00,55512
A/2,1002,2026-09-01,2026-10-01,EUR,7.50,
"""
    payments = """payment_id,booked_on,currency,amount,reference,payer_name,payer_account
p1,2026-10-01,EUR,100.00,55512,Alpha AB,DE1
p2,2026-10-01,EUR,7.50,,Alpha AB,DE1
p3,2026-10-01,EUR,7.50,,Alpha AB,
"""
    csp_match(tmp_path, *csv_files(tmp_path, receivables, payments))

    assert [row["receivable_id"] for row in written(tmp_path, "allocations")] == ["A/1"]
    assert written(tmp_path, "suggestions") == []


def test_the_policy_file_rules(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("rules:\n  number_in_text: off\ntolerances:\n  EUR: {fixed: 30.00}\n", encoding="utf-8")
    csp_match(tmp_path, *csv_files(tmp_path), "--policy", str(policy))

    assert [(row["payment_id"], row["outcome"]) for row in written(tmp_path, "allocations")] == [
        ("p1", "full"),
        ("p2", "with_difference"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rulez: {}\n", r"policy.yaml:1:rulez: unknown key 'rulez'. Did you mean rules"),
        (
            "rules:\n  exact_referense: auto\n",
            r"policy.yaml:2:rules.exact_referense: unknown key .* mean exact_reference",
        ),
        ("rules:\n  exact_reference: maybe\n", r"policy.yaml:2:rules.exact_reference: 'maybe'"),
        ("tolerances:\n  EUR:\n    fixd: 1\n", r"policy.yaml:3:tolerances.EUR.fixd: unknown key"),
        ("tolerances:\n  EUR: {fixed: 1.005}\n", r"policy.yaml:2:tolerances.EUR.fixed: 1.005 has more decimals"),
        ("tolerances:\n  EUR: {per_mille: 1001}\n", r"policy.yaml:2:tolerances.EUR.per_mille: '1001'"),
        ("tolerances:\n  EURO: {fixed: 1}\n", r"policy.yaml:2:tolerances.EURO: unknown key"),
        ("rules: [\n", r"no YAML"),
        (
            "rules:\n  known_payer: off\n  name_likeness: auto\n",
            r"policy.yaml:3:rules.name_likeness: 'auto': this rule is never sure enough to book. Write suggest or off",
        ),
        ("rules: {damaged_reference: auto}\n", r"policy.yaml:1:rules.damaged_reference: 'auto'"),
        ("exchange_per_mille: -1\n", r"policy.yaml:1:exchange_per_mille: '-1'"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(text, encoding="utf-8")

    with pytest.raises(Refused, match=told):
        csp_match(tmp_path, *csv_files(tmp_path), "--policy", str(policy))
