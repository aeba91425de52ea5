"""`csp policy migrate --dry-run` names whom a new policy would move, those among them whom nothing concerned before."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from csp_receivables import cli, wiring
from csp_receivables.settings import Settings
from tests.ledgers_with_debtors import YESTERDAY, feed, owe, receivable

INCLUDE = Path(__file__).parents[2] / "include"
Csp = Callable[..., tuple[int, str, str]]


@pytest.fixture
def csp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Csp]:
    """The command on a ledger in which C1 is late, C2 and C3 owe what falls due in 6 and in 25 days."""
    environment = {
        "CSP_HOME": str(tmp_path / "home"),
        "CSP_INCLUDE": str(INCLUDE),
        "CSP_LEDGER_URL": "",
        "CSP_CLOCK": "2026-11-01T06:00:00+01:00",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    umask = os.umask(0o077)
    ledger = wiring.open_ledger(Settings.from_environment())
    owe(
        ledger,
        receivable("C1", "100", 200_000),
        receivable("C2", "101", 200_000, due_on=YESTERDAY + timedelta(days=6)),
        receivable("C3", "102", 200_000, due_on=YESTERDAY + timedelta(days=25)),
    )
    feed(ledger, YESTERDAY)
    ledger.engine.dispose()

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["csp", "policy", "migrate", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    yield run
    os.umask(umask)


def changed(folder: Path, *changes: tuple[str, str]) -> str:
    text = (INCLUDE / "policies" / "collections.yaml").read_text(encoding="utf-8")
    for found, instead in changes:
        assert found in text
        text = text.replace(found, instead, 1)
    path = folder / "new.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_policy_in_force_moves_nobody(csp: Csp) -> None:
    code, out, _ = csp(str(INCLUDE / "policies" / "collections.yaml"), "--dry-run")

    assert (0, "as of 2026-10-31 0 customers would stand elsewhere, 0 of them harder or sooner\n") == (code, out)


def test_everybody_who_would_stand_elsewhere_is_named_and_nothing_is_written(csp: Csp, tmp_path: Path) -> None:
    new = changed(tmp_path, ("{days_min: -3}", "{days_min: -10}"), ("days_min: 15", "days_min: 28"),
                  ("days_min: 30\n", "days_min: 45\n"))  # fmt: skip
    before = wiring.rows_kept(Settings.from_environment())

    code, out, _ = csp(new, "--dry-run", "--json")

    answer = json.loads(out)
    assert (0, 3, 2) == (code, answer["moves"], answer["harder"])
    moves = {each["customer"]: each for each in answer["customers"]}
    assert ("final_notice", "reminder") == (moves["C1"]["now"]["stage"], moves["C1"]["then"]["stage"])
    assert ("wait", "send_notice") == (moves["C2"]["now"]["decision"], moves["C2"]["then"]["decision"])
    assert ["next_on"] == moves["C3"]["differs"]
    assert {"from": "clear", "to": "coming_due: send_notice", "customers": 1} in answer["by_step"]
    assert before == wiring.rows_kept(Settings.from_environment())
    assert "C2" in csp(new, "--dry-run")[1]


def test_only_a_dry_run_is_offered(csp: Csp, tmp_path: Path) -> None:
    code, _, err = csp(changed(tmp_path))

    assert 2 == code
    assert "open rounds keep the policy under which they began" in err


def test_a_policy_with_faults_is_refused(csp: Csp, tmp_path: Path) -> None:
    code, _, err = csp(changed(tmp_path, ("grace_days", "gracedays")), "--dry-run")

    assert 2 == code
    assert "Did you mean grace_days?" in err
