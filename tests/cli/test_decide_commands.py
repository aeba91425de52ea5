"""`csp decide`, `csp why`, `csp hold`, `csp customer tag`: what finance does about who is late, without a browser."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from csp_receivables import cli, wiring
from csp_receivables.settings import Settings
from tests.ledgers_with_debtors import YESTERDAY, feed, owe, receivable

INCLUDE = Path(__file__).parents[2] / "include"
Csp = Callable[..., tuple[int, str, str]]
ADA = ("--by", "Ada", "--why", "they asked for it")


@pytest.fixture
def csp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Csp:
    """The command on a ledger in which C1 is 26 days late."""
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
    owe(ledger, receivable("C1", "100", 200_000))
    feed(ledger, YESTERDAY)
    ledger.engine.dispose()

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["csp", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    yield run
    os.umask(umask)


def _json(answer: tuple[int, str, str]) -> Any:
    assert 0 == answer[0], answer[2]
    return json.loads(answer[1])


def test_a_day_is_decided_and_explained(csp: Csp) -> None:
    decided = _json(csp("decide", "--json"))
    assert ({"send_notice": 1}, 0) == (decided["answers"], decided["proposed"])
    assert "has no live_from" in decided["dry"]

    code, words, _ = csp("why", "C1")
    assert 0 == code
    assert "A notice is to be sent: final notice." in words
    assert "Open: 2000.00 EUR; overdue: 2000.00 EUR" in words
    assert "Bank feed: covers every account until 2026-10-31." in words
    assert "2026-10-31: decided send notice (final_notice)" in words


def test_a_promise_is_placed_listed_and_ended(csp: Csp) -> None:
    placed = _json(
        csp(
            *("hold", "add", "C1", "--kind", "promise", "--promise", "2026-11-20=2000.00", "--currency", "eur"),
            *(*ADA, "--json"),
        )
    )
    assert [{"due_on": "2026-11-20", "amount": "2000.00"}] == placed["promised"]
    assert ["holds"] == [hold["state"] for hold in _json(csp("hold", "list", "--json"))["holds"]]

    assert {"ended": placed["hold_id"], "on": "2026-11-01"} == _json(
        csp("hold", "end", placed["hold_id"][:5], *ADA, "--json")
    )
    assert [] == _json(csp("hold", "list", "--json"))["holds"]


def test_a_tag_is_put_on_and_taken_off_once(csp: Csp) -> None:
    assert _json(csp("customer", "tag", "C1", "key", *ADA, "--json"))["tagged"]
    assert (2, "csp: C1 has the tag 'key'\n") == csp("customer", "tag", "C1", "key", *ADA)[::2]
    assert not _json(csp("customer", "untag", "C1", "key", *ADA, "--json"))["tagged"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("why", "C9"), "no customer 'C9'"),
        (("hold", "add", "C9", *ADA), "no customer 'C9'"),
        (("hold", "add", "C1", "--receivable", "7", *ADA), "no receivable '7'"),
        (("hold", "add", "C1", "--promise", "soon", *ADA), "is no DAY=AMOUNT"),
        (("hold", "end", "", *ADA), "there is no hold"),
        (("decide", "--as-of", "2027-01-01"), "has not begun"),
    ],
)
def test_a_slip_of_the_key_is_refused_with_what_to_do(csp: Csp, arguments: tuple[str, ...], said: str) -> None:
    code, _, error = csp(*arguments)

    assert (2, True) == (code, said in error)


def test_the_policy_is_approved_by_name(csp: Csp) -> None:
    approved = _json(csp("policy", "approve", *ADA, "--json"))

    assert "Ada" == approved["by"]
    assert 2 == csp("policy", "approve", *ADA)[0]


def test_a_period_is_played_again_under_another_policy(csp: Csp, tmp_path: Path) -> None:
    stricter = tmp_path / "stricter.yaml"
    text = (INCLUDE / "policies" / "collections.yaml").read_text(encoding="utf-8")
    stricter.write_text(text.replace("when: {days_min: 5}", "when: {days_min: 2}"), encoding="utf-8")

    period = ("--from", "2026-09-01", "--to", "2026-10-31")
    played = _json(csp("policy", "backtest", "--policy", str(stricter), *period, "--json"))

    assert played["in_force"] == played["other"]
    assert [("2026-10-12", "reminder")] == [(s["on"], s["stage"]) for s in played["only_in_force"]]
    assert [("2026-10-09", "reminder")] == [(s["on"], s["stage"]) for s in played["only_other"]]
    assert "as_it_was" in played["days_of_sales_outstanding"][0]
    code, _, said = csp("policy", "backtest", "--policy", str(stricter), "--from", "2026-10-31", "--to", "2026-09-01")
    assert (2, True) == (code, "swap them" in said)
