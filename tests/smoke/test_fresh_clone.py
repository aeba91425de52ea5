"""A newcomer clones the repository and gives the first command: the day comes out, and again changes nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.airflow_home import ROOT
from tests.conftest import unavailable
from tests.left_behind import left_behind
from tests.ports import free_port

pytestmark = [pytest.mark.smoke, pytest.mark.timeout(1500)]


def test_make_run_in_an_empty_clone_shows_the_day_and_again_changes_nothing(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        unavailable("a git checkout to clone")
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)

    first = _make_run(clone)
    left_by_first = left_behind(clone / "var")
    second = _make_run(clone)

    assert "as of 2026-10-31" in first
    for line in ("received", "allocated", "unapplied", "overdue", "Vendor invoices", "findings", "Workbook", "Page"):
        assert line in first
    assert "Ties to the cent: yes" in first
    assert "Allocations booked now: 26" in first
    assert (clone / "var/outputs/2026-10-31/reconciliation-2026-10-31.xlsx").is_file()
    assert (clone / "var/outputs/2026-10-31/reconciliation-2026-10-31.html").is_file()
    assert "Nothing new" not in first
    assert "Nothing new: ledger and outputs as they were." in second
    assert "Allocations booked now: 0" in second
    assert left_by_first == left_behind(clone / "var") == []


def _make_run(clone: Path) -> str:
    """What `make run` prints in the clone, with nothing of this checkout's environment in the way."""
    foreign = ("AIRFLOW", "CSP_", "VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment["CSP_AIRFLOW_PORT"] = str(free_port())
    done = subprocess.run(
        ["make", "run"], cwd=clone, env=environment, capture_output=True, text=True, check=False, timeout=1200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
