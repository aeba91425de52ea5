"""`csp emulator`: it says where it is, serves until it is ended, and refuses with a sentence."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from csp_receivables import cli

SAMPLE = Path(__file__).parents[2] / "include" / "sample" / "inbox" / "microsoft"


def test_it_serves_until_it_is_ended() -> None:
    command = [sys.executable, "-c", "from csp_receivables.cli import main; main()", "emulator", "--from", str(SAMPLE),
               "--port", "0", "--clock", "2026-11-08T06:00:00Z", "--faults", "7"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        first = running.stdout.readline()
        about = httpx.get(f"{first.split()[4].rstrip(',')}/_emulator").json()
        running.send_signal(signal.SIGINT)
        rest = running.stdout.read()

    assert "27 customers, 3 invoices; its clock stands at 2026-11-08 06:00 UTC" in first
    assert (True, 27) == (about["emulator"], about["customers"])
    assert "Partner Center" in rest
    assert 0 == running.returncode


def _refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    monkeypatch.setattr(sys, "argv", ["csp", "emulator", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert 2 == ended.value.code
    return capsys.readouterr().err


def test_what_it_can_not_serve_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "is not a folder" in _refused(monkeypatch, capsys, "--from", tmp_path / "none")
    assert "holds no *.invoice.json" in _refused(monkeypatch, capsys, "--from", tmp_path)
    assert "is not a moment" in _refused(monkeypatch, capsys, "--from", SAMPLE, "--clock", "soon")
    (tmp_path / "G1.invoice.json").write_text("{")
    assert "G1.invoice.json is not JSON" in _refused(monkeypatch, capsys, "--from", tmp_path)


def test_a_port_that_is_taken_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert f"port {port} cannot be used" in _refused(monkeypatch, capsys, "--from", SAMPLE, "--port", port)
