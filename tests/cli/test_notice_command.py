"""`csp notice preview` and `gallery` as a credit controller meets them: they show, and change nothing."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from csp_receivables import cli, wiring
from csp_receivables.adapters.ledger import Ledger
from csp_receivables.settings import Settings
from tests.by_hand import FIRST, Desk
from tests.conftest import StandingClock
from tests.migrated import upgraded
from tests.worlds import customer, payment, receivable

Answer = tuple[int, str, str]  # exit code, standard output, standard error
Csp = Callable[..., Answer]
LATER = FIRST + timedelta(days=20)


@pytest.fixture(scope="module")  # the commands only read, which one of the tests proves
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A Swedish customer with a late bill of which 40.00 came and one not due yet, and a customer who owes nothing."""
    folder, clock = tmp_path_factory.mktemp("desk"), StandingClock()
    ledger = Ledger.open(f"sqlite:///{folder / 'ledger.db'}", clock)
    upgraded(ledger)
    ledger.mark("real", "development")
    desk = Desk(ledger=ledger, clock=clock, home=folder / "home")
    bills = [
        receivable("10100", "A", 100_00, issued_on=FIRST, due_on=FIRST, reference="101006"),
        receivable("10101", "A", 50_00, issued_on=FIRST, due_on=LATER + timedelta(days=3)),
        receivable("10103", "C", 20_00, issued_on=FIRST, due_on=LATER + timedelta(days=90)),
        receivable("10102", "B", 70_00, issued_on=FIRST, due_on=FIRST),
    ]
    paid = [
        payment("part", 40_00, reference="101006", booked_on=FIRST),
        payment("whole", 70_00, text="10102", booked_on=FIRST),
    ]
    people = [
        customer("A", name="Adatum AB", language="sv", party_kind="company"),
        customer("B", name="Bellows", language="pt-BR"),
        customer("C", name="Contoso", language="en"),
    ]
    desk.arrive(customers=people, receivables=bills, payments=paid)
    desk.next_morning()
    desk.clock.now += LATER - FIRST
    return desk


@pytest.fixture
def csp(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Csp:
    for name, value in {
        "CSP_HOME": str(desk.home),
        "CSP_LEDGER_URL": desk.ledger.engine.url.render_as_string(hide_password=False),
        "CSP_CLOCK": desk.clock.now.isoformat(),
        "CSP_INCLUDE": str(Path(__file__).parents[2] / "include"),
    }.items():
        monkeypatch.setenv(name, value)
    umask = os.umask(0o077)
    os.umask(umask)

    def run(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["csp", "notice", *arguments])
        try:
            with pytest.raises(SystemExit) as ended:
                cli.main()
        finally:
            os.umask(umask)
        answer = capsys.readouterr()
        return int(ended.value.code or 0), answer.out, answer.err

    return run


def preview(csp: Csp, out: Path, customer_id: str, stage: str, *more: str, on: date = LATER) -> Answer:
    return csp("preview", "--customer", customer_id, "--stage", stage, "--as-of", str(on), "--out", str(out), *more)


def text_in(out: Path) -> str:
    (file,) = out.glob("*.txt")
    return file.read_text(encoding="utf-8")


def test_a_reminder_names_what_is_overdue_and_what_came(csp: Csp, tmp_path: Path) -> None:
    code, said, _ = preview(csp, tmp_path / "out", "A", "reminder")
    text = text_in(tmp_path / "out")

    assert (code, said.splitlines()[0]) == (0, "Betalningspåminnelse: faktura 10100 är förfallen")
    assert "10100" in text
    assert "10101" not in text
    assert "60,00\u00a0kr" in text
    assert "redan betalt 40,00\u00a0kr" in text
    assert "betalningsreferens 101006" in text


def test_a_final_notice_names_the_earliest_day_that_the_policy_allows(csp: Csp, tmp_path: Path) -> None:
    _, said, _ = preview(csp, tmp_path / "out", "A", "final_notice", "--language", "en")

    assert said.splitlines()[0] == "Final notice: access may be suspended from 6 December 2026"
    assert date(2026, 12, 6) == LATER + timedelta(days=14)


def test_what_is_coming_due_names_only_that(csp: Csp, tmp_path: Path) -> None:
    preview(csp, tmp_path / "out", "A", "coming_due")

    assert "10101" in text_in(tmp_path / "out")
    assert "10100" not in text_in(tmp_path / "out")


def test_a_statement_comes_with_its_files(csp: Csp, tmp_path: Path) -> None:
    code, said, _ = preview(csp, tmp_path / "out", "A", "statement", "--json")
    endings = [Path(file).name for file in json.loads(said)["files"]]

    assert code == 0
    assert [name.rpartition(".")[2] for name in endings] == ["txt", "html", "pdf", "csv"]
    assert all((tmp_path / "out" / name).stat().st_size for name in endings)


def test_a_statement_names_what_is_far_from_due(csp: Csp, tmp_path: Path) -> None:
    preview(csp, tmp_path / "out", "C", "statement")

    assert "10103" in text_in(tmp_path / "out")


def test_a_payment_is_thanked_for_in_the_policys_language_when_there_is_none_of_the_customers(
    csp: Csp, tmp_path: Path
) -> None:
    _, said, _ = preview(csp, tmp_path / "out", "B", "payment_received")

    assert said.splitlines()[0] == "We have received your payment of 70,00 kr"
    assert "Invoice 10102:  70,00\u00a0kr" in text_in(tmp_path / "out")


def test_an_earlier_day_is_told_as_it_was(csp: Csp, tmp_path: Path) -> None:
    preview(csp, tmp_path / "out", "A", "reminder", on=FIRST + timedelta(days=1))

    assert "1 dag försenad" in text_in(tmp_path / "out")


def test_a_preview_adds_nothing_to_the_ledger(csp: Csp, tmp_path: Path) -> None:
    settings = Settings.from_environment()
    before = wiring.rows_kept(settings)
    preview(csp, tmp_path / "out", "A", "reminder")

    assert before == wiring.rows_kept(settings)


@pytest.mark.parametrize(("customer_id", "stage", "more", "why"), [
    ("Z", "reminder", (), "no customer 'Z' is known"),
    ("B", "reminder", (), "nothing is left to pay"),
    ("A", "reminder", ("--language", "xx"), "there are no notices in 'xx'; there are: de, en, sv"),
    ("A", "third_warning", (), "sv/third_warning.j2 is missing"),
    ("A", "promise_broken", (), "no promise is given"),
])  # fmt: skip
def test_what_can_not_be_written_is_refused_with_a_reason(
    csp: Csp, tmp_path: Path, customer_id: str, stage: str, more: tuple[str, ...], why: str
) -> None:
    code, _, said = preview(csp, tmp_path / "out", customer_id, stage, *more)

    assert code == 2
    assert why in said
    assert not (tmp_path / "out").exists()


def test_late_interest_is_shown_apart_where_the_policy_names_the_country(
    csp: Csp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """60.00 are late since FIRST: 40.00 came on the day. The half-year's rate is one that the test makes up."""
    preview(csp, tmp_path / "off", "A", "reminder")
    assert "ränta" not in text_in(tmp_path / "off")

    include = tmp_path / "include"
    shutil.copytree(Path(__file__).parents[2] / "include", include, ignore=shutil.ignore_patterns("sample"))
    policy, rates = (include / "policies" / f"{name}.yaml" for name in ("collections", "late_interest"))
    policy.write_text(policy.read_text().replace("interest_in: []", "interest_in: [SE]"))
    made_up = '{begins: 2026-07-01, per_cent: 28.5, source: "https://example.com", checked_on: 2026-11-28}'
    rates.write_text(rates.read_text().replace("  bundesbank: ", f"    - {made_up}\n\n  bundesbank: "))
    monkeypatch.setenv("CSP_INCLUDE", str(include))

    preview(csp, tmp_path / "on", "A", "reminder")
    text = " ".join(text_in(tmp_path / "on").split())

    assert "dröjsmålsränta 1,20 kr" in text  # 60.00 × 36.5 % × 20 / 365
    assert "avgift 450,00 kr" in text
    assert "511,20 kr" in text
