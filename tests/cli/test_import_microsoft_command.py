"""`csp import microsoft`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from csp_receivables.cli import app
from tests.adapters.microsoft_files.recon_files import row, write


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command with a new CSP_HOME."""
    monkeypatch.setenv("CSP_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CSP_LEDGER_URL", raising=False)
    return lambda *arguments: CliRunner().invoke(app, ["import", "microsoft", *map(str, arguments)])


def test_json_tells_each_file_and_the_second_import_changes_nothing(run: Any, tmp_path: Path) -> None:
    path = write(tmp_path, [row(), row()])

    first, second = (run("--json", path) for _ in range(2))

    assert (first.exit_code, second.exit_code) == (0, 0)
    [file], [again] = (json.loads(result.stdout)["files"] for result in (first, second))
    assert (file["file"], file["outcome"], file["facts"], file["new_facts"]) == ("recon.csv", "imported", 2, 2)
    assert (again["outcome"], again["new_facts"], again["digest"]) == ("already_known", 0, file["digest"])


def test_a_refused_file_gives_exit_2_and_valid_json_and_the_others_are_imported(run: Any, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"%PDF-1.7")

    result = run("--json", bad, write(tmp_path, [row()]))

    answer = json.loads(result.stdout)
    assert result.exit_code == 2
    assert [file["outcome"] for file in answer["files"]] == ["refused", "imported"]
    assert "microsoft.not_csv" in {finding["code"] for finding in answer["findings"]}


def test_people_see_a_table_with_the_findings(run: Any, tmp_path: Path) -> None:
    result = run(write(tmp_path, [row(Subtotal="x"), row()]))

    assert result.exit_code == 0
    assert "imported" in result.stdout and "recon.csv" in result.stdout


def test_a_path_without_a_file_is_refused_by_name(run: Any, tmp_path: Path) -> None:
    result = run(tmp_path / "absent.csv")

    assert result.exit_code == 2
    assert "absent.csv: No such file" in result.output
