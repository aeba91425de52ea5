"""A proposed profile loads, and reads the sample it was made from."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.adapters.bank_csv_profiles import BankProfileRefused, load_bank_profiles, parse_bank_profile
from csp_receivables.adapters.bank_csv_proposal import Proposal, propose
from csp_receivables.adapters.bank_files.bank_csv import BankCsvReader
from tests.adapters.bank_files.test_bank_csv import IRISH, SWEDISH
from tests.bank_csv_files import IBAN, table

GERMAN = table(
    ("Buchungstag", "Wertstellung", "Verwendungszweck", "Auftraggeber", "Betrag", "Soll/Haben", "Währung"),
    ("31.10.2026", "31.10.2026", "Rechnung 1001", "Beispiel GmbH", "1.234,50", "H", "EUR"),
    ("01.11.2026", "02.11.2026", "Gebühr", "Bank", "5,00", "S", "EUR"),
    encoding="cp1252",
)
AMERICAN = table(
    ("Date", "Description", "Debit", "Credit", "Balance"),
    ("10/15/2026", "Example Inc, invoice 1001", "", "1,234.50", "2,234.50"),
    ("10/16/2026", "Fee", "-5.00", "", "2,229.50"),
    separator=",",
)
SHORT = table(("Datum", "Belopp"), ("20261015", "100"), ("20261016", "-5"), separator="|")


def proposed(folder: Path, content: bytes, **options: str) -> tuple[Proposal, list[int]]:
    """The proposal, and the amounts that its profile reads from the sample after loading it from a file."""
    sample, profiles = folder / "Min bank 1.csv", folder / "banks"
    sample.write_bytes(content)
    proposal = propose(sample, **options)
    profiles.mkdir(exist_ok=True)
    (profiles / "proposed.yaml").write_text(proposal.text, encoding="utf-8")
    reader = BankCsvReader(load_bank_profiles(profiles))
    assert reader.recognise(content) == "bank CSV (min_bank_1)"
    parts = reader.read(io.BytesIO(content), source="a.csv", digest="d")
    return proposal, [n for part in parts if isinstance(part, pa.RecordBatch) for n in part["amount"].to_pylist()]


@pytest.mark.parametrize(
    ("content", "options", "amounts"),
    [
        (SWEDISH, {"account": IBAN}, [-125_050, 225_000, 100_000]),
        (IRISH, {}, [123_456, -500]),
        (GERMAN, {"account": "DE89370400440532013000"}, [123_450, -500]),
        (AMERICAN, {"account": "1234567890", "currency": "USD"}, [123_450, -500]),
        (SHORT, {"account": IBAN, "currency": "SEK"}, [10_000, -500]),
    ],
    ids=["swedish", "irish", "german", "american", "short"],
)
def test_a_proposal_loads_and_reads_its_sample(
    tmp_path: Path, content: bytes, options: dict[str, str], amounts: Sequence[int]
) -> None:
    proposal, read = proposed(tmp_path, content, **options)

    assert read == amounts
    assert proposal.text.startswith(f"# Proposed from Min bank 1.csv: {len(amounts)} entries")


@pytest.mark.parametrize(("content", "proof"), [(SWEDISH, "the balances prove"), (GERMAN, "nothing proves")])
def test_a_proposal_says_whether_its_sample_proves(tmp_path: Path, content: bytes, proof: str) -> None:
    assert proof in proposed(tmp_path, content, account=IBAN)[0].reads


def test_what_the_sample_does_not_decide_is_said(tmp_path: Path) -> None:
    content = table(("Date", "Amount", "Extra"), ("01/02/2026", "100", "x"), ("03/04/2026", "7", "y"))
    proposal, _ = proposed(tmp_path, content, account=IBAN, currency="EUR")

    assert [doubt.split(":")[0] for doubt in proposal.doubts] == [
        "days are read as %d/%m/%Y, but %m/%d/%Y fits as well",
        "amounts are read with the decimal mark ','; the sample does not decide it",
        "not used",
        "no running balance, so nothing proves that the file is whole",
    ]
    assert "# Check: not used: Extra" in proposal.text


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        (b"", {}, "no table of columns"),
        (b"\x00\x01\x02", {}, "no table of columns"),
        (table(("2026-10-15", "1,00"), ("2026-10-16", "2,00")), {}, "no row that names the columns"),
        (table(("Date", "Amount"), ("x", "y")), {}, "no row with a day"),
        (table(("Date", "Text"), ("2026-10-15", "y")), {}, "no column of amounts"),
        (SHORT, {}, "--account"),
        (SHORT, {"account": IBAN}, "--currency"),
    ],
)
def test_what_can_not_be_told_is_refused_with_what_to_do(
    tmp_path: Path, content: bytes, options: dict[str, str], told: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)

    with pytest.raises(BankProfileRefused, match=told):
        propose(path, **options)


@given(content=st.one_of(st.binary(max_size=300), st.text('ab;,1\n2026-15."\t', max_size=200).map(str.encode)))
def test_no_sample_raises_anything_but_a_refusal(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    try:
        assert propose(path, account=IBAN, currency="SEK").text
    except BankProfileRefused as refusal:
        assert str(refusal).startswith("any.csv: ") or "proposal for any.csv" in str(refusal)


@pytest.mark.parametrize("name", ["a\x00b", "a\nb: [", "a\r\nb", "a\u2028b", "a\x1bb", "\ufffe"])
def test_what_a_header_says_leaves_the_proposal_a_profile(tmp_path: Path, name: str) -> None:
    rows = [("2026-10-15", "1,00", "x"), ("2026-10-16", "2,00", "y")]
    proposal, _ = proposed(tmp_path, table(("Datum", "Belopp", name), *rows), account=IBAN, currency="SEK")

    profile = parse_bank_profile("proposed.yaml", proposal.text)

    assert profile.names[:2] == ("Datum", "Belopp")
    assert len(profile.names) == 3
