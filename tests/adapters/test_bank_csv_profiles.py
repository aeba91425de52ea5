"""A bank CSV profile that is wrong refuses to load, with file, line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from csp_receivables.adapters.bank_csv_profiles import BankProfileRefused, load_bank_profiles
from tests.bank_csv_files import SHIPPED

GOOD = """\
profile: mine
header: [Day, Sum, Cur]
columns:
  booked_on: Day
  amount: Sum
  currency: Cur
constants:
  account: SE4550000000058398257466
"""


def load(folder: Path, *texts: str) -> None:
    for place, text in enumerate(texts):
        (folder / f"{place}.yaml").write_text(text, encoding="utf-8")
    load_bank_profiles(folder)


def test_the_profiles_that_are_shipped_load() -> None:
    assert [profile.profile for profile in SHIPPED] == ["exempelbanken", "sample_commercial_bank"]


def test_a_folder_that_is_not_there_has_no_profiles(tmp_path: Path) -> None:
    assert load_bank_profiles(tmp_path / "none") == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("profile: mine", "profile: mine\nseperator: ;", r"0\.yaml:2: seperator: .* Unknown key"),
        ("booked_on: Day", "booked_at: Day", r"0\.yaml:4: columns\.booked_at"),
        ("  booked_on: Day\n", "", "booked_on is given by no column"),
        ("  amount: Sum\n", "", "either amount, or credit and debit"),
        ("amount: Sum", "amount: Total", "'Total' .amount. stands 0 times"),
        ("[Day, Sum, Cur]", "[Day, Sum, Sum, Cur]", "'Sum' .amount. stands 2 times"),
        ("amount: Sum", "amount: [Sum, Cur]", "amount is one column"),
        ("  account: SE4550000000058398257466", "  account: ''", "the account comes from one of"),
        ("  currency: Cur\n", "", "the currency comes from a column or a constant"),
        ("  account:", "  currency: SEK\n  account:", "the currency comes from a column or a constant"),
        ("  currency: Cur\nconstants:", "constants:\n  currency: XQQ", "'XQQ' is no ISO 4217 currency"),
        ("profile: mine", "profile: mine\ndate_format: '%d.%m'", r"0\.yaml:2: date_format: .*year, month and day"),
        ("profile: mine", "profile: mine\nfooter: '('", r"0\.yaml:2: footer: .*no regular expression"),
        ("profile: mine", "profile: mine\ndecimal_mark: ','\nthousands_mark: ','", "are the same"),
        ("profile: mine", "profile: mine\nencoding: ebcdic", r"0\.yaml:2: encoding"),
        ("profile: mine", "profile: mine\ndirections: {credit: [C], debit: [C]}", "need each other"),
        ("profile: mine", "profile: mine\nprofile: yours", r"0\.yaml:2: profile stands on line 1 already"),
        ("profile: mine", "profile: [", "no YAML"),
        (GOOD, "- a", r"0\.yaml:1: no keys"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD

    with pytest.raises(BankProfileRefused, match=told):
        load(tmp_path, GOOD.replace(old, new))


def test_two_profiles_of_one_header_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BankProfileRefused, match="describes the same header as mine"):
        load(tmp_path, GOOD, GOOD.replace("mine", "other"))


def test_two_profiles_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BankProfileRefused, match="the name mine is taken"):
        load(tmp_path, GOOD, GOOD.replace("Day", "Date"))


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"about: \xff")

    with pytest.raises(BankProfileRefused, match="not UTF-8"):
        load_bank_profiles(tmp_path)
