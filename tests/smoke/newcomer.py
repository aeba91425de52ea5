"""Somebody who clones the repository and gives the first command, with nothing but Python and make."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.airflow_home import ROOT
from tests.left_behind import left_behind
from tests.ports import free_airflow_port


@dataclass(frozen=True)
class Newcomer:
    """Somebody who cloned the repository and gave the first command."""

    clone: Path
    told: str
    left: list[psutil.Process]  # of Airflow, once the command had ended

    @property
    def home(self) -> Path:
        return self.clone / "var"


def make_run(folder: Path) -> Newcomer:
    """`make run` in an empty clone, with nothing of this checkout's environment in the way."""
    clone = cloned(folder)
    foreign = ("AIRFLOW", "CSP_", "VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment["CSP_AIRFLOW_PORT"] = str(free_airflow_port())
    done = subprocess.run(
        ["make", "run"], cwd=clone, env=environment, capture_output=True, text=True, check=False, timeout=1200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Newcomer(clone, done.stdout, left_behind(clone / "var"))


def cloned(folder: Path) -> Path:
    """A clone of this checkout; of one that git does not know, a copy of the files."""
    clone = folder / "clone"
    if shutil.which("git") and (ROOT / ".git").exists():
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        return clone
    return Path(shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(".*", "var", "__pycache__")))
