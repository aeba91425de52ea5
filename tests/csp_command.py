"""The command line as a person meets it, on a ledger of a test."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from csp_receivables import cli

Answer = tuple[int, str, str]  # exit code, standard output, standard error
Csp = Callable[..., Answer]


def csp_on(
    ledger_url: str,
    home: Path,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    **more: str,
) -> Csp:
    """`csp(*arguments)`, with nothing in its environment but this."""
    for name in [name for name in os.environ if name.startswith("CSP_")]:
        monkeypatch.delenv(name)
    settings: Mapping[str, str] = {"CSP_HOME": str(home), "CSP_LEDGER_URL": ledger_url, "CSP_CLOCK": now.isoformat()}
    for name, value in {**settings, "COLUMNS": "200", **more}.items():
        monkeypatch.setenv(name, value)
    umask = os.umask(0o077)
    os.umask(umask)

    def run(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["csp", *arguments])
        try:
            with pytest.raises(SystemExit) as end:
                cli.main()
        finally:
            os.umask(umask)
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run


def told(answer: Answer) -> Any:
    """What a command that was done answered as JSON."""
    code, out, err = answer
    assert code == 0, err
    return json.loads(out)
