"""Processes that a test's Airflow has left on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import psutil


def left_behind(home: Path) -> list[psutil.Process]:
    """Every living process that works on this CSP_HOME, but ourselves."""
    return [each for each in psutil.process_iter() if each.pid != os.getpid() and _works_on(home, each)]


def _works_on(home: Path, process: psutil.Process) -> bool:
    try:
        return process.environ().get("CSP_HOME") == str(home) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
