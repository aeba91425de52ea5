"""The command that `make run`, `make ui` and their like start: how it ends."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from csp_airflow.local import __main__ as program


def test_ctrl_c_is_told_and_is_no_success(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def ctrl_c() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(program.Place, "from_environment", ctrl_c)
    monkeypatch.setattr(sys, "argv", ["local", "run"])

    with pytest.raises(SystemExit) as end:
        program.main()

    assert end.value.code == 130
    assert "interrupted; everything that was started is stopped" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CSP_AIRFLOW_PORT", "http", "csp: CSP_AIRFLOW_PORT="),
        ("CSP_HOME", "/dev/null/home", "Check CSP_HOME"),
        ("CSP_LEDGER_URL", "postgresql://csp@127.0.0.1:1/ledger", "Check CSP_LEDGER_URL"),
    ],
)
def test_what_can_not_be_used_is_told_with_its_setting_and_no_traceback(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    told: str,
) -> None:
    monkeypatch.setattr(sys, "argv", ["local", "run"])
    monkeypatch.setenv("CSP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit) as end:
        program.main()

    assert end.value.code == 2
    assert told in " ".join(capsys.readouterr().out.split())
