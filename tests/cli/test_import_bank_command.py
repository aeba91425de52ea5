"""`csp import bank`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from csp_receivables.cli import app
from csp_receivables.cli.output import Refused
from tests.camt_files import ACCOUNT, Entry, camt


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command with a new CSP_HOME; contents become files of the given names."""
    monkeypatch.setenv("CSP_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CSP_LEDGER_URL", raising=False)

    def invoke(*arguments: str, **files: bytes) -> Any:
        paths = []
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
            paths.append(str(tmp_path / name))
        return CliRunner().invoke(app, ["import", "bank", *arguments, *paths])

    return invoke


def test_json_is_an_array_of_statements_with_decimal_text(run: Any) -> None:
    result = run("--json", a=camt([Entry(amount="5.50"), Entry(amount="1.00", direction="DBIT")], opening="10.00"))

    (statement,) = json.loads(result.stdout)
    assert result.exit_code == 0
    assert {key: statement[key] for key in ("account", "currency", "opening", "closing", "credits", "debits")} == {
        "account": ACCOUNT, "currency": "SEK", "opening": "10.00", "closing": "14.50", "credits": "5.50",
        "debits": "1.00",
    }  # fmt: skip
    assert (statement["entries"], statement["details"], statement["reconciles"]) == (2, 0, True)
    assert statement["findings"] == []


def test_what_the_file_does_not_have_is_null(run: Any) -> None:
    (statement,) = json.loads(run("--json", a=camt([Entry(amount="5.50")], "camt.054")).stdout)

    assert [statement[key] for key in ("opening", "closing", "reconciles")] == [None, None, None]


def test_a_refused_file_gives_exit_2_and_valid_json_and_the_others_are_imported(run: Any) -> None:
    result = run("--json", bad=b"%PDF-1.7", good=camt([Entry(amount="5.50")]))

    refused, imported = json.loads(result.stdout)
    assert result.exit_code == 2
    assert (refused["outcome"], refused["taken_for"], len(refused["findings"])) == ("refused", "a PDF document", 1)
    assert (imported["outcome"], imported["reconciles"]) == ("imported", True)


def test_people_see_a_table_and_what_was_refused(run: Any) -> None:
    result = run(bad=b"%PDF-1.7", good=camt([Entry(amount="5.50")]))

    assert result.exit_code == 2
    assert "a PDF document" in result.stdout


def test_a_held_statement_is_accepted_by_its_id(run: Any) -> None:
    content = camt([Entry(amount="5.50")], off_by="1.00")
    (held,) = json.loads(run("--json", a=content).stdout)

    accepted = run("--json", "--accept", held["statement_id"], "--by", "Ada", "--why", "fee")
    (again,) = json.loads(run("--json", a=content).stdout)

    assert (held["state"], again["state"]) == ("held", "accepted")
    assert json.loads(accepted.stdout)["accepted_by"] == "Ada"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name the files"),
        (("--accept", "x"), "needs a person and a reason"),
        (("--accept", "x", "--by", " ", "--why", "y"), "needs a person and a reason"),
        (("--accept", "x", "--by", "Ada", "--why", "y"), "no statement 'x'"),
    ],
)
def test_what_can_not_be_done_is_refused_with_the_remedy(run: Any, arguments: tuple[str, ...], says: str) -> None:
    result = run(*arguments)

    assert isinstance(result.exception, Refused)
    assert says in str(result.exception)
