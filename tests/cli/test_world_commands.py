"""`csp generate` and `csp evaluate`: a world is made whole, judged whole, or refused with what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from csp_receivables.cli import app
from csp_receivables.cli.evaluate import share
from csp_receivables.cli.output import Refused

MAKE = ["--customers", "12", "--months", "1", "--seed", "4", "--out"]


def _generate(folder: Path, *more: str) -> str:
    result = CliRunner().invoke(app, ["generate", *MAKE, str(folder), *more], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_generate_says_what_it_made(tmp_path: Path) -> None:
    made = json.loads(_generate(tmp_path / "world", "--json"))
    truth = (tmp_path / "world" / "truth" / "payments.csv").read_text(encoding="utf-8").splitlines()

    assert made["customers"] == 12
    assert 0 < made["lines"] <= len(truth) - 1
    assert made["receivables"] >= 12


def test_generate_mixes_a_world_with_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(Refused, match="is not empty"):
        _generate(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_evaluate_refuses_a_folder_without_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSP_HOME", str(tmp_path / "home"))

    with pytest.raises(Refused, match="make a world with: csp generate"):
        CliRunner().invoke(app, ["evaluate", str(tmp_path)], catch_exceptions=False)


def test_evaluate_refuses_figures_about_half_a_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSP_HOME", str(tmp_path / "home"))
    _generate(tmp_path / "world")
    bank_file = min((tmp_path / "world" / "inbox" / "bank").glob("camt.053-sek-*"))
    bank_file.write_bytes(bank_file.read_bytes().replace(b"<Cd>BOOK</Cd>", b"<Cd>PDNG</Cd>", 1))

    with pytest.raises(Refused, match="does not prove"):
        CliRunner().invoke(app, ["evaluate", str(tmp_path / "world")], catch_exceptions=False)


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(9_999, 10_001, "99.98 %"), (1, 1, "100.00 %"), (0, 0, "–"), (99_994, 100_000, "99.99 %")],
)
def test_a_share_is_never_rounded_up_to_a_target(part: int, whole: int, said: str) -> None:
    assert share(part, whole) == said
