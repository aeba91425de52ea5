"""Column profiles: other exports are read by them, and a wrong profile refuses to load with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from csp_receivables.adapters.accounting_files.profiles import BadProfile, load_forms, load_profile
from csp_receivables.adapters.accounting_files.reading import AccountingFiles

SHIPPED = Path(__file__).parents[3] / "include" / "accounting"
EXPORT = """\
Fakturanr;Fakturatyp;Kundnr;Kundnamn;Fakturadatum;Förfallodatum;\
Valuta;Netto;Moms;Totalt;OCR;Krediterar;Saldo;Utskriftsdatum;Vår referens
5001;Debet;K1;Åkeri Öst AB;2026-10-01;2026-10-31;SEK;1 000,00;250,00;1 250,00;50013;;1 250,00;2026-10-31;Eva
5002;Kredit;K1;Åkeri Öst AB;2026-10-05;2026-10-05;SEK;-100,00;-25,00;-125,00;;5001;-125,00;2026-10-31;Eva
5003;Debet;K1;Åkeri Öst AB;2026-10-01;2026-10-31;SEK;10 00,00;250,00;1 250,00;;;;;Eva
5004;Debet;K1;Åkeri Öst AB;2026-10-01;2026-10-31;SEK;1000.00;250,00;1 250,00;;;;;Eva
"""
GOOD = """\
profile: other
reads: customers
separator: ";"
columns:
  Id: customer_id
  Namn: name
constants:
  country: SE
"""


def profile(folder: Path, text: str, name: str = "other.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_an_export_in_a_code_page_with_decimal_commas_is_read_by_its_profile(tmp_path: Path) -> None:
    path = tmp_path / "whatever.txt"
    path.write_bytes(EXPORT.encode("cp1252"))
    reader = AccountingFiles.with_profiles(SHIPPED, "partner")

    file = reader.recognise(path, reader.identify(path))
    batches = list(reader.receivables(path))

    assert file.taken_for == "receivables, nordic_erp_receivables columns"
    rows = [row for batch in batches for row in batch.receivables.to_pylist()]
    assert [
        ("5001", "invoice", 125000, 100000, 25000, date(2026, 10, 31)),
        ("5002", "credit_note", 12500, 10000, 2500, date(2026, 10, 5)),
    ] == [(r["number"], r["kind"], r["amount"], r["net"], r["tax"], r["due_on"]) for r in rows]
    assert [row["open_amount"] for batch in batches for row in batch.stated_open.to_pylist()] == [125000, 12500]
    assert [(f.line, f.field) for batch in batches for f in batch.findings] == [(4, "Netto"), (5, "Netto")]


def test_the_fields_a_profile_has_no_column_for_are_constants_or_unstated(tmp_path: Path) -> None:
    profile(tmp_path, GOOD)
    path = tmp_path / "kunder.csv"
    path.write_text("Id;Namn\nK1;Kund\n")

    [batch] = AccountingFiles.with_profiles(tmp_path, "partner").customers(path)

    assert [
        (row["customer_id"], row["name"], row["country"], row["party_kind"]) for row in batch.customers.to_pylist()
    ] == [("K1", "Kund", "SE", "unknown")]
    assert (batch.states_tenants, batch.states_contacts) == (False, False)


BAD = [
    ("an unknown key", GOOD + "colour: red\n", "other.yaml:9: colour"),
    ("a key spelt wrong", GOOD.replace("separator", "seperator"), "other.yaml:3: seperator"),
    ("a missing key", GOOD.replace("reads: customers\n", ""), "other.yaml:1: reads: Field required"),
    ("a separator of two letters", GOOD.replace('";"', '";;"'), "other.yaml:3: separator"),
    ("an unknown field", GOOD.replace("Namn: name", "Namn: nom"), "nom: no field of customers"),
    ("a needed field left out", GOOD.replace("  Namn: name\n", ""), "name: given by no column and no constant"),
    ("a field given twice", GOOD.replace("country: SE", "country: SE\n  name: X"), "name: given twice"),
    ("a key given twice", GOOD + "profile: again\n", "other.yaml:9: profile stands on line 1 already"),
    ("a column given twice", GOOD.replace("Namn: name", "Id: name"), "other.yaml:6: Id stands on line 5 already"),
    ("no mapping", "- a\n- b\n", "other.yaml:1: no keys"),
    ("nothing", "", "other.yaml:1: no keys"),
    ("broken YAML", "profile: [\n", "other.yaml:"),
    ("an unknown encoding", GOOD + "encoding: ebcdic\n", "other.yaml:9: encoding"),
]


@pytest.mark.parametrize(("text", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_wrong_profile_is_refused_with_line_and_remedy(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadProfile) as refusal:
        load_profile(profile(tmp_path, text))

    assert message in str(refusal.value)


def test_two_profiles_of_one_header_are_refused(tmp_path: Path) -> None:
    profile(tmp_path, GOOD, "a.yaml")
    profile(tmp_path, GOOD.replace("profile: other", "profile: twin"), "b.yaml")

    with pytest.raises(BadProfile, match=r"b\.yaml: describes the same header as other"):
        load_forms(tmp_path)


def test_the_shipped_profiles_load() -> None:
    assert [form.name for form in load_forms(SHIPPED)] == ["canonical", "canonical", "nordic_erp_receivables"]
