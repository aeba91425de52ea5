"""`csp match confirm|split|reject|unallocate` and `csp aliases` as a credit controller meets them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from csp_receivables.adapters.ledger import Ledger
from tests.by_hand import FIRST, Desk
from tests.conftest import StandingClock
from tests.csp_command import Csp, csp_on
from tests.worlds import customer, payment, receivable

ACCOUNT = "DE89370400440532013000"
WHO = ("--by", "Ada Controller", "--why", "she rang them")


@pytest.fixture
def desk(new_ledger: Callable[[], Ledger], clock: StandingClock, tmp_path: Path) -> Desk:
    """One payment of a known account, and two receivables that it may pay."""
    desk = Desk(ledger=new_ledger(), clock=clock, home=tmp_path / "home")
    bills = [receivable(number, "A", 5000, issued_on=FIRST, due_on=FIRST) for number in ("10100", "10101")]
    paid = payment("first-payment", 5000, payer_account=ACCOUNT, booked_on=FIRST)
    desk.arrive(customers=[customer("A", name="Adatum AB")], receivables=bills, payments=[paid])
    return desk


@pytest.fixture
def csp(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Csp:
    (tmp_path / "include").mkdir()
    url = desk.ledger.engine.url.render_as_string(hide_password=False)
    include = {"CSP_INCLUDE": str(tmp_path / "include")}
    return csp_on(url, desk.home, desk.clock.now, monkeypatch, capsys, **include)


def test_a_decision_is_answered_as_json_and_a_repeat_refused(csp: Csp) -> None:
    code, out, _ = csp("match", "confirm", "first-", "10100", *WHO, "--amount", "20.00", "--json")
    again = csp("match", "confirm", "first-", "10100", *WHO, "--amount", "20.00", "--json")

    answer = json.loads(out)
    assert code == 0
    assert {name: answer[name] for name in ("did", "payment_id", "currency", "left")} == {
        "did": "confirmed",
        "payment_id": "first-payment",
        "currency": "SEK",
        "left": "30.00",
    }
    assert [(row["receivable_id"], row["amount"], row["outcome"]) for row in answer["allocations"]] == [
        ("partner/10100", "20.00", "partial")
    ]
    assert again[0] == 2
    assert "already allocated: 20.00 SEK to partner/10100 (confirmed)" in json.loads(again[1])["refused"]


def test_a_split_is_shown_and_taken_back_by_the_beginning_of_its_id(csp: Csp) -> None:
    code, shown, _ = csp("match", "split", "first-payment", "10100=20.00", "partner/10101=30", *WHO)
    allocation_id = re.findall(r"30\.00 .*\b([0-9a-f]{32})\b", shown)[0]
    taken_back = csp("match", "unallocate", allocation_id[:8], *WHO)

    assert code == 0
    assert "first-payment split; 0.00 SEK of it is unapplied" in shown
    assert "30.00" in shown
    assert taken_back[0] == 0
    assert "first-payment unallocated; 30.00 SEK of it is unapplied" in taken_back[1]


@pytest.mark.parametrize("part", ["10100", "=5", "10100=", "="])
def test_a_part_without_receivable_or_amount_is_refused(csp: Csp, part: str) -> None:
    code, _, err = csp("match", "split", "first-payment", part, *WHO)

    assert code == 2
    assert "is no RECEIVABLE=AMOUNT; write partner/100=1234.50" in err


def test_aliases_are_listed_corrected_and_gone_by(csp: Csp, desk: Desk) -> None:
    set_ = csp("aliases", "set", "de89 3704 0044 0532 0130 00", "A", "known", *WHO)
    rejected = csp("match", "reject", "first-payment", "10100", "--by", "Ada", "--why", "disputed", "--json")
    again = csp("aliases", "set", ACCOUNT, "A", "known", *WHO)
    listed = csp("aliases", "--customer", "A", "--json")
    nobody = csp("aliases", "--account", "FI21", "--json")

    assert set_[0] == 0
    assert ACCOUNT in set_[1]
    assert {row["receivable_id"] for row in json.loads(rejected[1])["declined"]} == {"partner/10100"}
    assert (again[0], "Ada Controller already said so on 2026-11-02: she rang them" in again[2]) == (2, True)
    (alias,) = json.loads(listed[1])["aliases"]
    assert (alias["account"], alias["customer_name"], alias["standing"]) == (ACCOUNT, "Adatum AB", "known")
    assert (alias["word"]["word"], alias["word"]["said_by"]) == ("known", "Ada Controller")
    assert json.loads(nobody[1]) == {"aliases": []}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("aliases", "set", ACCOUNT, "nobody", "known", *WHO), "no customer 'nobody' is known"),
        (("aliases", "set", "--", "-", "A", "known"), "Missing option"),
        (("aliases", "set", "their bank", "A", "known", *WHO), "'their bank' is no bank account"),
        (("aliases", "set", ACCOUNT, "A", "theirs", *WHO), "'theirs' is not one of"),
        (("match", "confirm", "first-payment", "10100", "--by", "Ada"), "Missing option"),
        (("match", "confirm", "first-payment", "10100", "--by", " ", "--why", "x"), "needs the name of the person"),
        (("match", "confirm", "first-payment", "10100", *WHO, "--option", "0"), "--option"),
        (("match", "unallocate", *WHO), "name the allocation by its id"),
    ],
)
def test_what_is_missing_or_unknown_is_a_sentence(csp: Csp, arguments: tuple[str, ...], said: str) -> None:
    code, _, err = csp(*arguments)

    assert code == 2
    assert said in " ".join(err.replace("│", " ").split())


@pytest.mark.parametrize("asked", ["files", "confirm", "split", "reject", "unallocate"])
def test_the_help_of_match_names_every_way(csp: Csp, asked: str) -> None:
    code, out, _ = csp("match", "--help")
    own = csp("match", asked, "--help")

    assert (code, own[0]) == (0, 0)
    assert asked in out
    assert "csp match RECEIVABLES PAYMENTS --out DIR" in " ".join(out.split())
    assert f"csp match {asked}" in own[1]


def test_files_are_matched_whichever_comes_first(csp: Csp, tmp_path: Path) -> None:
    bills, payments = tmp_path / "receivables.csv", tmp_path / "confirm"
    bills.write_text(
        "receivable_id,number,issued_on,due_on,currency,amount,reference\nr,1,2026-09-01,2026-10-01,EUR,1,55512\n"
    )
    payments.write_text("payment_id,booked_on,currency,amount,reference\np,2026-10-01,EUR,1,55512\n")
    answers = [
        csp("match", str(bills), str(payments), "--out", str(tmp_path / "a"), "--json"),
        csp("match", "--out", str(tmp_path / "a"), str(bills), str(payments), "--json"),
        csp("match", "files", str(bills), str(payments), "--out", str(tmp_path / "a"), "--json"),
    ]

    assert [code for code, _, _ in answers] == [0, 0, 0]
    assert len({out for _, out, _ in answers}) == 1
