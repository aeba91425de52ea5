"""What a person or a program is told when a command can't do its work: a sentence, never a traceback."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from csp_receivables import cli, wiring
from tests.accounting_exports import customer, customers_file, invoice, receivables_file

INCLUDE = Path(__file__).parents[2] / "include"

Answer = tuple[int, str, str]  # exit code, standard output, standard error
Csp = Callable[..., Answer]


@pytest.fixture
def csp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Csp:
    environment = {
        "CSP_HOME": str(tmp_path / "home"),
        "CSP_INCLUDE": str(INCLUDE),
        "CSP_LEDGER_URL": "",
        "CSP_CLOCK": "2026-11-01T06:00:00+01:00",
    }
    umask = os.umask(0o077)
    os.umask(umask)

    def run(*arguments: str | Path, **settings: str) -> Answer:
        for name, value in {**environment, **settings}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["csp", *map(str, arguments)])
        try:
            with pytest.raises(SystemExit) as ended:
                cli.main()
        finally:
            os.umask(umask)
        answer = capsys.readouterr()
        assert "Traceback" not in answer.out + answer.err
        return int(ended.value.code or 0), answer.out, answer.err

    return run


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://csp:s3cret@127.0.0.1:1/csp", "Connection refused"),
        ("not a database", "CSP_LEDGER_URL"),
        ("mysql://127.0.0.1/csp", "use sqlite or postgresql"),
        ("sqlite://", "CSP_LEDGER_URL"),
        ("sqlite:////dev/null/ledger.db", "/dev/null"),
    ],
)
@pytest.mark.parametrize("command", [("inbox",), ("reconcile",), ("inbox", "--json")])
def test_a_ledger_that_can_not_be_opened_is_a_sentence(csp: Csp, url: str, said: str, command: tuple[str, ...]) -> None:
    code, out, err = csp(*command, CSP_LEDGER_URL=url)

    assert code == 2
    assert said in err
    assert "s3cret" not in out + err


@pytest.mark.parametrize("command", [("inbox",), ("import", "receivables"), ("import", "customers")])
def test_a_bad_accounting_profile_is_a_sentence(csp: Csp, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "include" / "accounting").mkdir(parents=True)
    (tmp_path / "include" / "accounting" / "erp.yaml").write_text("profile: erp\nreads: nothing\n")
    files = [receivables_file(tmp_path, invoice())] if command[0] == "import" else []

    code, out, err = csp(*command, *files, "--json", CSP_INCLUDE=str(tmp_path / "include"))

    assert code == 2
    assert "erp.yaml:2: reads" in err
    assert "erp.yaml:2: reads" in json.loads(out)["refused"]


def test_a_ledger_made_in_development_is_refused_in_production(csp: Csp) -> None:
    csp("inbox", CSP_CLOCK="")

    code, _, err = csp("reconcile", CSP_CLOCK="", CSP_ENVIRONMENT="production")

    assert code == 2
    assert "made for development and is never production" in err


def test_the_default_ledger_needs_no_folder_and_another_one_does(csp: Csp, tmp_path: Path) -> None:
    assert csp("inbox", CSP_HOME=str(tmp_path / "new" / "home"))[0] == 0

    code, _, err = csp("inbox", CSP_LEDGER_URL=f"sqlite:///{tmp_path / 'typo' / 'ledger.db'}")

    assert code == 2
    assert "CSP_LEDGER_URL names a folder that is not there" in err
    assert not (tmp_path / "typo").exists()


def test_a_database_that_is_another_file_is_a_sentence(csp: Csp, tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear Sir or Madam,\n" * 300)

    code, _, err = csp("reconcile", CSP_LEDGER_URL=f"sqlite:///{other}")

    assert code == 2
    assert "file is not a database" in err


@pytest.mark.parametrize("home", ["/dev/null", "/dev/null/home"])
def test_a_home_that_can_not_be_made_is_a_sentence(csp: Csp, home: str) -> None:
    code, _, err = csp("inbox", CSP_HOME=home)

    assert code == 2
    assert "/dev/null" in err
    assert "CSP_HOME" in err


def test_a_program_is_told_of_a_refusal_as_json(csp: Csp) -> None:
    code, out, err = csp("reconcile", "--as-of", "2027-01-01", "--json")

    assert code == 2
    assert "has not begun" in json.loads(out)["refused"]
    assert "has not begun" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("reconcile", "--as-of", "yesterday"), "yesterday"),
        (("reconcile", "--no-such-option"), "--no-such-option"),
        (("import", "bank", "--acept", "x"), "--acept"),
        (("import", "receivables"), "files"),
        (("customer", "erase-contacts", "K1"), "--by"),
        (("reference", "issue", "1", "--kind", "iban"), "iban"),
        (("no-such-command",), "no-such-command"),
    ],
)
def test_a_program_is_told_of_a_wrong_call_as_json(csp: Csp, arguments: tuple[str, ...], said: str) -> None:
    code, out, err = csp(*arguments, "--json")

    assert code == 2
    assert said in json.loads(out)["error"]
    assert said in err
    assert csp(*arguments)[:2] == (2, "")


def test_a_program_that_asks_for_help_gets_it(csp: Csp) -> None:
    assert csp("reconcile", "--json", "--help")[0] == 0


def test_a_program_is_told_of_a_failure_of_ours_as_json(csp: Csp, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("of our own making")

    monkeypatch.setattr(wiring, "open_ledger", fail)

    code, out, err = csp("reconcile", "--json")

    assert code == 1
    assert json.loads(out)["error"].startswith("failed (ZeroDivisionError)")
    Path(err.strip().rsplit(" ", 1)[-1]).unlink()


@pytest.mark.parametrize("purpose", ["customers", "receivables", "microsoft", "bank"])
def test_a_file_that_is_not_there_is_refused_by_name(csp: Csp, tmp_path: Path, purpose: str) -> None:
    (tmp_path / "folder").mkdir()

    code, out, _ = csp("import", purpose, tmp_path / "nowhere.xml", tmp_path / "folder", "--json")

    answer = json.loads(out)
    rows = answer if purpose == "bank" else answer["files"]
    findings = [f for row in rows for f in row["findings"]] if purpose == "bank" else answer["findings"]
    assert code == 2
    assert [(row["file"], row["outcome"]) for row in rows] == [("nowhere.xml", "refused"), ("folder", "refused")]
    assert [finding["code"] for finding in findings] == ["file.not_readable"] * 2
    assert "no such file" in findings[0]["found"].lower()
    assert "is a folder" in findings[1]["found"]


def test_a_file_that_is_not_there_holds_up_no_other(csp: Csp, tmp_path: Path) -> None:
    code, out, _ = csp(
        "import", "receivables", tmp_path / "nowhere.csv", receivables_file(tmp_path, invoice()), "--json"
    )

    assert code == 2
    assert [(f["outcome"], f["new_facts"]) for f in json.loads(out)["files"]] == [("refused", 0), ("imported", 1)]


def test_an_unexpected_failure_leaves_its_traceback_in_a_file(csp: Csp, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("of our own making")

    monkeypatch.setattr(wiring, "open_ledger", fail)

    code, _, err = csp("reconcile")

    assert code == 1
    kept = Path(err.strip().rsplit(" ", 1)[-1])
    assert "ZeroDivisionError: of our own making" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
    kept.unlink()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--customer", "NOPE"), "'NOPE'"),
        (("--as-of", "0001-01-01"), "0001-01-01"),
        (("--known-at", "0001-01-01T00:00:00+14:00"), "--known-at"),
        (("--known-at", "2030-01-01T00:00:00Z"), "has not come"),
    ],
)
def test_a_reconciliation_that_makes_no_sense_is_refused(csp: Csp, arguments: tuple[str, ...], said: str) -> None:
    code, _, err = csp("reconcile", *arguments)

    assert code == 2
    assert said in err


def test_a_customer_that_only_a_receivable_names_can_be_asked_for(csp: Csp, tmp_path: Path) -> None:
    csp("import", "receivables", receivables_file(tmp_path, invoice()))
    csp("import", "customers", customers_file(tmp_path, customer(customer_id="K7")))

    answers = [csp("reconcile", "--customer", known)[0] for known in (invoice()["customer_id"], "K7")]

    assert answers == [0, 0]


def test_a_headline_for_one_customer_says_that_its_totals_are_of_all(csp: Csp, tmp_path: Path) -> None:
    csp("import", "receivables", receivables_file(tmp_path, invoice()))

    told = csp("reconcile", "--customer", invoice()["customer_id"])[1]
    answer = json.loads(csp("reconcile", "--customer", invoice()["customer_id"], "--json")[1])

    assert "shows C1 only; the totals are of all customers" in " ".join(told.split())
    assert answer["customers"] == ["C1"]
    assert json.loads(csp("reconcile", "--json")[1])["customers"] == []
    assert "all customers" not in csp("reconcile")[1]


@pytest.mark.parametrize("days", ["²", "-1", "99999999999", "sixty"])
def test_a_term_that_is_no_number_of_days_is_refused(csp: Csp, days: str) -> None:
    code, _, err = csp("inbox", CSP_VENDOR_TERM_DAYS=days)

    assert code == 2
    assert "CSP_VENDOR_TERM_DAYS" in err


def test_figures_are_never_cut_and_titles_never_broken(
    csp: Csp, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    _, imported, _ = csp("import", "bank", shared_data / "bank/camt/camt__camt053.v2.xml")
    _, reconciled, _ = csp("reconcile")

    assert "…" not in imported
    assert "Reconciliation as of 2026-10-31" in reconciled


def test_what_comes_from_outside_gives_the_terminal_no_orders(csp: Csp, tmp_path: Path) -> None:
    path = tmp_path / "odd\x1b[2J\x9b1mname.csv"
    path.write_text("x\n")

    for command in (("import", "customers"), ("import", "bank")):
        code, out, _ = csp(*command, path)
        assert code == 2
        assert not {"\x1b", "\x9b"} & set(out)
        assert "odd\ufffd[2J\ufffd1mname.csv" in out


def test_every_command_that_ends_by_itself_answers_programs_too() -> None:
    def without_json(command: Any, *path: str) -> Iterator[str]:
        inner = getattr(command, "commands", {})
        if not inner and "--json" not in {name for option in command.params for name in option.opts}:
            yield " ".join(path)
        for name, each in inner.items():
            yield from without_json(each, *path, name)

    serves_or_asks_a_person = {"emulator", "microsoft consent", "airflow consent", "airflow roles"}
    assert set(without_json(cli.command())) == serves_or_asks_a_person
