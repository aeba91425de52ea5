"""`csp policy simulate` answers along a timeline without a ledger, or says which line is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from csp_receivables.cli import main
from tests.timelines import ask, invoice

POLICY = "include/policies/collections.yaml"


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["csp", "policy", "simulate", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def timeline(tmp_path: Path) -> Path:
    file = tmp_path / "story.jsonl"
    lines = [invoice("2026-03-02", "A", "500.00"), *ask("2026-03-08", "2026-03-09")]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_it_answers_one_object_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], timeline: Path
) -> None:
    assert 0 == _run(monkeypatch, "--policy", POLICY, "--timeline", str(timeline), "--json")

    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [("wait", "clear"), ("send_notice", "reminder")] == [(a["decision"], a["stage"]) for a in answers]


def test_it_answers_people_in_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], timeline: Path
) -> None:
    assert 0 == _run(monkeypatch, "--policy", POLICY, "--timeline", str(timeline))

    assert "2026-03-09  C1  send_notice  [reminder]  500.00 EUR overdue; next final_notice" in capsys.readouterr().out


def test_a_bad_line_is_named_with_its_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], timeline: Path
) -> None:
    timeline.write_text(timeline.read_text() + '\n{"on": "2026-03-10", "do": "shout", "customer": "C1"}')

    assert 2 == _run(monkeypatch, "--policy", POLICY, "--timeline", str(timeline))
    assert "story.jsonl:4: do: 'shout' is not known" in capsys.readouterr().err


def test_a_bad_policy_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], timeline: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "policy.yaml"
    broken.write_text("name: x\n", encoding="utf-8")

    assert 2 == _run(monkeypatch, "--policy", str(broken), "--timeline", str(timeline))
    assert "policy.yaml" in capsys.readouterr().err
