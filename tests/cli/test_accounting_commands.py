"""The accounting, inbox and customer commands of `csp`, as people run them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from csp_receivables import cli
from tests.accounting_exports import customer, customers_file, invoice, receivables_file
from tests.forks import forked

INCLUDE = Path(__file__).parents[2] / "include"


@dataclass(frozen=True)
class Command:
    """Runs `csp` on a home of its own: in this process, or as people do, in one of its own under an ordinary umask."""

    home: Path
    capsys: pytest.CaptureFixture[str]

    def settings(self) -> dict[str, str]:
        return {"CSP_HOME": str(self.home), "CSP_INCLUDE": str(INCLUDE), "CSP_LEDGER_URL": ""}

    def apart(self, *arguments: str | Path) -> Any:
        """The JSON answer of a process."""

        def answer() -> str:
            told = io.StringIO()
            with contextlib.redirect_stdout(told):
                self.main(*arguments, "--json")
            return told.getvalue()

        return json.loads(forked(answer))

    def run(self, *arguments: str | Path) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        code = self.main(*arguments)
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def main(self, *arguments: str | Path) -> int:
        umask = os.umask(0o022)
        try:
            with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
                for name, value in self.settings().items():
                    patch.setenv(name, value)
                patch.setattr(sys, "argv", ["csp", *map(str, arguments)])
                cli.main()
        finally:
            os.umask(umask)
        return int(ended.value.code or 0)

    def json(self, *arguments: str | Path) -> Any:
        return json.loads(self.run(*arguments, "--json")[1])


@pytest.fixture
def csp(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(tmp_path / "home", capsys)


def test_a_first_import_makes_a_private_home_and_the_second_changes_nothing(csp: Command, tmp_path: Path) -> None:
    path = receivables_file(tmp_path, invoice(), invoice(number="1002", due_on="soon"))

    first = csp.apart("import", "receivables", path)
    second = csp.apart("import", "receivables", path)

    assert [(f["outcome"], f["facts"], f["new_facts"]) for f in first["files"]] == [("imported", 1, 1)]
    assert ("receivables.csv", 3, "due_on") in [(f["file"], f["line"], f["field"]) for f in first["findings"]]
    assert [(f["outcome"], f["new_facts"]) for f in second["files"]] == [("already_known", 0)]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [csp.home, *csp.home.rglob("*")]}
    assert modes == {0o700, 0o600}


def test_a_refused_file_ends_with_code_2_and_the_reason(csp: Command, tmp_path: Path) -> None:
    refused = csp.run("import", "receivables", customers_file(tmp_path, customer()))
    missing = csp.run("import", "customers", tmp_path / "nowhere.csv")

    assert (refused[0], missing[0]) == (2, 2)
    assert "csp import customers" in refused[1]
    assert "nowhere.csv: No such file" in missing[1]


def test_the_inbox_is_taken_and_contacts_are_erased_from_ledger_and_archive(csp: Command, tmp_path: Path) -> None:
    folder = csp.home / "inbox" / "accounting"
    folder.mkdir(parents=True)
    customers_file(folder, customer(contacts="a@x.example|Ann"), name="c.csv")
    receivables_file(folder, invoice(), name="a.csv")

    taken = csp.json("inbox")
    erased = csp.json("customer", "erase-contacts", "C1", "--by", "A. Nagy", "--why", "asked by mail")

    assert [(f["file"], f["outcome"]) for f in taken["files"]] == [("c.csv", "imported"), ("a.csv", "imported")]
    assert (erased["contacts"], [name.partition("-")[2] for name in erased["removed_files"]]) == (1, ["c.csv"])
    kept = [path for path in csp.home.rglob("*") if path.is_file()]
    assert [path.name for path in kept if b"a@x.example" in path.read_bytes() and path.suffix == ".csv"] == []
    assert any(path.name.endswith("-a.csv") for path in kept)


BAD_ROWS = {
    "a bad field": customer(country="Sweden"),
    "twice": customer(customer_id="C2"),
    "too many values": customer(org_number="5560,5561"),
}


@pytest.mark.parametrize("how", BAD_ROWS)
def test_contacts_of_a_row_that_does_not_count_are_erased_from_the_archive(
    csp: Command, tmp_path: Path, how: str
) -> None:
    bad = BAD_ROWS[how] | {"contacts": "a@x.example|Ann"}
    (csp.home / "inbox" / "accounting").mkdir(parents=True)
    path = customers_file(csp.home / "inbox" / "accounting", customer(customer_id="C2", tenants=""), bad)
    path.write_text(path.read_text().replace('"5560,5561"', "5560,5561"))
    taken = csp.json("inbox")["files"]

    erased = csp.json("customer", "erase-contacts", bad["customer_id"], "--by", "A. Nagy", "--why", "asked by mail")

    assert [(each["outcome"], each["facts"]) for each in taken] == [("imported", 1)]
    assert len(erased["removed_files"]) == 1
    assert not [each for each in csp.home.rglob("*") if each.is_file() and b"a@x.example" in each.read_bytes()]
    assert csp.json("customer", "erase-contacts", "C9", "--by", "A. Nagy", "--why", "x")["refused"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("C9", "--by", "A. Nagy", "--why", "x"), "no customer 'C9' is known"),
        (("C9", "--by", " ", "--why", "x"), "needs the name of the person"),
    ],
)
def test_an_erasure_that_cannot_be_done_is_refused(csp: Command, arguments: tuple[str, ...], message: str) -> None:
    code, _, said = csp.run("customer", "erase-contacts", *arguments)

    assert code == 2
    assert message in said
