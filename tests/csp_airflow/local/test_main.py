"""The command that `make run`, `make ui` and their like start: how it ends."""

from __future__ import annotations

import sys

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


def test_a_setting_that_is_wrong_ends_with_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["local", "status"])
    monkeypatch.setenv("CSP_AIRFLOW_PORT", "http")

    with pytest.raises(SystemExit) as end:
        program.main()

    assert end.value.code == 2
    assert "csp: CSP_AIRFLOW_PORT=" in capsys.readouterr().out
