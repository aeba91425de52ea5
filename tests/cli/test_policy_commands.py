"""`csp policy check`, `show` and `render` as finance meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from csp_receivables.cli import main

BAD = """\
name: bad
stages:
  - {name: reminder, act: send_notice, template: reminder, when: {days_min: 5}}
  - {name: suspension, act: propose_suspension, template: suspension, when: {days_min: 30}}
gracedays: 3
interest_in: [JP]
"""


@pytest.fixture
def csp(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs `csp policy …`; returns exit code, standard output and standard error."""
    monkeypatch.setenv("CSP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CSP_CLOCK", "2026-11-28T12:00:00+01:00")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["csp", "policy", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def bad(tmp_path: Path) -> str:
    path = tmp_path / "bad.yaml"
    path.write_text(BAD, encoding="utf-8")
    return str(path)


def test_the_policy_in_force_has_no_fault(csp) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = csp("check")

    assert 0 == code
    assert out.startswith("policy standard, version ")
    assert out.endswith(": no fault\n")


def test_all_faults_of_a_file_are_told_to_people_on_standard_error(csp, bad: str) -> None:  # type: ignore[no-untyped-def]
    code, out, err = csp("check", bad)

    assert (2, "") == (code, out)
    lines = err.splitlines()
    assert [line.split(": ")[:2] for line in lines[:3]] == [
        ["bad.yaml:4", "stages.1.warned_by"], ["bad.yaml:5", "gracedays"], ["bad.yaml:6", "interest_in.0"],
    ]  # fmt: skip
    assert "Did you mean grace_days?" in lines[1]
    assert "csp: 3 faults; the policy can't be used" == lines[3]


def test_all_faults_are_told_to_programs_as_data(csp, bad: str) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = csp("check", bad, "--json")

    faults = json.loads(out)["faults"]
    assert 2 == code
    assert [("bad.yaml", 4), ("bad.yaml", 5), ("bad.yaml", 6)] == [(each["file"], each["line"]) for each in faults]
    assert all(each["found"] and each["remedy"] and each["place"] for each in faults)


def test_a_good_policy_answers_programs_with_its_version(csp) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = csp("check", "--json")

    answer = json.loads(out)
    assert (0, "standard", []) == (code, answer["name"], answer["faults"])
    assert 16 == len(answer["version"])


def test_a_file_that_is_not_there_is_refused(csp) -> None:  # type: ignore[no-untyped-def]
    code, _, err = csp("check", "nowhere.yaml")

    assert 2 == code
    assert "nowhere.yaml:1: there is no such file" in err


def test_what_is_in_force_is_shown_with_its_state(csp) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = csp("show")

    assert 0 == code
    assert ": draft\n" in out
    assert "final_notice" in out
    assert "tags public_body: 10 days of grace" in out
    answer = json.loads(csp("show", "--json")[1])
    assert ("draft", None, 2) == (answer["state"], answer["live_from"], answer["grace_days"])
    assert "100.00" == answer["minimum"]["SEK"]["amount"]


def test_a_bad_policy_is_neither_shown_nor_rendered(csp, bad: str) -> None:  # type: ignore[no-untyped-def]
    for command in ("show", "render"):
        code, out, err = csp(command, bad)

        assert (2, "") == (code, out)
        assert "bad.yaml:5: gracedays" in err


def test_the_policy_is_rendered_as_a_page_into_a_file(csp, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "policy.html"
    code, said, _ = csp("render", "--language", "sv", "--format", "html", "--out", str(out))

    assert (0, f"{out}\n") == (code, said)
    assert "<h1>Så hanterar vi sena betalningar</h1>" in out.read_text(encoding="utf-8")


def test_the_example_of_a_rendered_policy_begins_next_month(csp) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = csp("render", "--language", "en")

    assert 0 == code
    assert "due on 1\u00a0December\u00a02026" in out


def test_a_language_that_is_not_there_is_refused(csp) -> None:  # type: ignore[no-untyped-def]
    code, _, err = csp("render", "--language", "fi")

    assert 2 == code
    assert "there are de, en, sv" in err
