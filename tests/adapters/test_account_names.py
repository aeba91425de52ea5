"""The other names of the partner's bank accounts, as people write them down."""

from __future__ import annotations

from pathlib import Path

import pytest

from csp_receivables.adapters.account_names import AccountNamesRefused, read_account_names
from csp_receivables.domain.account_names import AccountNames

INCLUDE = Path(__file__).parents[2] / "include"


def written(folder: Path, text: str) -> Path:
    path = folder / "accounts.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["0009912346", "991-2346", "9912346", "991 2346"])
def test_a_name_is_known_however_it_is_written(tmp_path: Path, name: str) -> None:
    text = 'SE45 5000 0000 0583 9825 7466: [991-2346]\nNO93: ["8601 11 17947"]\n'

    names = read_account_names(written(tmp_path, text))

    assert names.account(name) == "SE4550000000058398257466"
    assert names.account("86011117947") == "NO93"
    assert names.account("12345") is None


def test_without_the_file_or_with_the_one_delivered_nothing_is_named(tmp_path: Path) -> None:
    assert read_account_names(tmp_path / "none.yaml") == AccountNames()
    assert dict(read_account_names(INCLUDE / "bank" / "accounts.yaml").accounts) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- 991-2346\n", "accounts.yaml:1: there are no accounts here"),
        ("SE45: [1-2]\nSE46: 3-4\n", "accounts.yaml:2: 'SE46' has no list"),
        ("SE45: [1-2]\n\nSE46: [0012]\n", "accounts.yaml:3: a second account for '0012'"),
        ("SE45: ['-']\n", "accounts.yaml:1: '-' is no name"),
        ("SE45: [[1]]\n", "'SE45' has no list"),
        ("? [a]\n: [b]\n", "no account"),
        ("SE45: [", "no YAML"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(AccountNamesRefused, match=says.replace("'['", r"'\['")):
        read_account_names(written(tmp_path, text))
