"""`csp microsoft …` against an emulator: fetching, estimates, and what it refuses."""

from __future__ import annotations

import csv
import json
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from csp_receivables import cli, wiring
from csp_receivables.cli import microsoft
from csp_receivables.settings import Settings
from emulator.behaviour import Behaviour
from emulator.charges import of_rows
from emulator.portfolio import add_entitlement, add_subscription
from emulator.server import Emulator
from emulator.state import Customer
from tests.access_desk import document
from tests.adapters.microsoft_files.other_forms import used
from tests.adapters.microsoft_files.recon_files import row
from tests.consenting_person import consents
from tests.emulator.serving import LEGACY, empty_world, with_legacy_invoice
from tests.ports import free_port

Csp = Callable[..., tuple[int, str]]
TABLES = ("vendor_invoice", "usage_detail", "customer_cost", "imported_file", "finding", "charge_fetch")


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(empty_world()) as emulator:
        yield emulator


@pytest.fixture
def emulator(served: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    served.world = with_legacy_invoice(empty_world())
    served.world.behaviour = Behaviour(polls_until_done=0)  # the command line really waits
    identity = f"partner-center://reader:secret@partner.example?base={served.url}"
    given = {
        "CSP_HOME": str(tmp_path / "home"),
        "CSP_CLOCK": "2026-11-09T06:00:00Z",
        "CSP_PARTNER_CENTER_READER": identity,
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    wiring.open_ledger(settings(), kind="demo").engine.dispose()
    return served


def settings() -> Settings:
    return Settings.from_environment()


@pytest.fixture
def csp(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Csp:
    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["csp", "microsoft", *map(str, arguments)])
        try:
            cli.main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def counted() -> dict[str, int]:
    return {name: rows for name, rows in wiring.rows_kept(settings()).items() if name in TABLES}


def unbilled(emulator: Emulator) -> None:
    lines = [row(InvoiceNumber="", CustomerName="=cmd()", Subtotal="-0.10", Total="-0.10"), row(InvoiceNumber="")]
    emulator.world.charges["reconciliation", "EUR:current"] = of_rows(lines)
    emulator.world.charges["usage", "EUR:current"] = of_rows([used(InvoiceNumber="")])


def test_fetch_takes_what_is_new_and_says_what_it_came_to(emulator: Emulator, csp: Csp) -> None:
    code, said = csp("fetch", "--json")

    (fetched,) = json.loads(said)
    assert (code, fetched["invoice"], fetched["kind"], fetched["new_facts"]) == (0, LEGACY, "charges", 4)
    assert csp("fetch", LEGACY, "--charges-only")[0] == 0
    code, said = csp("fetch", "G404")
    assert (code, "lists no vendor invoice G404" in said) == (2, True)


def test_the_azure_pack_lists_what_runs_under_a_plan_and_changes_nothing(emulator: Emulator, csp: Csp) -> None:
    world = emulator.world
    world.customers["t-1"] = Customer(tenant_id="t-1", name="C1", domain="c1.example")
    add_subscription(world, "t-1", document("plan-1", productType={"id": "Azure"}, offerName="Azure plan"))
    for own, plan in (("e-1", "plan-1"), ("e-2", "another")):
        shown = {"id": own, "friendlyName": "Production", "status": "active", "subscriptionId": plan}
        add_entitlement(world, "t-1", shown)

    code, said = csp("azure", "--tenant", "t-1", "--plan", "plan-1")

    assert (code, "| Production | e-1 | active |" in said, "e-2" in said) == (0, True, False)
    assert "/v1/customers/t-1/subscriptions/plan-1/azureEntitlements/ID/reactivate" in said
    assert [
        each["status"] for each in json.loads(csp("azure", "--tenant", "t-1", "--plan", "plan-1", "--json")[1])
    ] == ["active"]
    assert [each.method for each in world.log.entries if "azureEntitlements" in each.path] == ["GET", "GET"]
    assert csp("azure", "--tenant", "t-1", "--plan", "nobody's")[0] == 2


@pytest.mark.parametrize(("options", "name", "lines"), [
    ((), "UNBILLED_charges_EUR_current.csv", 2),
    (("--usage",), "UNBILLED_usage_EUR_current.csv", 1),
])  # fmt: skip
def test_an_estimate_is_a_file_that_says_so_and_counts_nowhere(
    emulator: Emulator, csp: Csp, tmp_path: Path, options: tuple[str, ...], name: str, lines: int
) -> None:
    unbilled(emulator)
    before = counted()

    code, said = csp("unbilled", "--currency", "eur", "--out", tmp_path / "out", *options, "--json")

    assert (code, json.loads(said)) == (0, {"lines": lines, "file": str(tmp_path / "out" / name)})
    with (tmp_path / "out" / name).open(encoding="utf-8-sig", newline="") as file:
        told = list(csv.DictReader(file))
    assert {each["Estimate"] for each in told} == {"not billed: Microsoft's estimate of the current month, 2026-11-09"}
    if not options:
        assert (told[0]["CustomerName"], told[0]["Subtotal"]) == ("'=cmd()", "-0.10")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]
    assert counted() == before

    report = wiring.microsoft_import(settings(), wiring.open_ledger(settings())).import_file(tmp_path / "out" / name)
    assert report.outcome.value == "refused"
    assert report.findings[0].code == ("microsoft.unbilled_usage" if options else "microsoft.unbilled_charges")


def test_nothing_unbilled_makes_no_file(emulator: Emulator, csp: Csp, tmp_path: Path) -> None:
    code, said = csp("unbilled", "--currency", "SEK", "--period", "last", "--out", tmp_path / "out")

    assert (code, "nothing unbilled in SEK for the last month" in said) == (0, True)
    assert list((tmp_path / "out").iterdir()) == []
    assert csp("unbilled", "--currency", "euros", "--out", tmp_path / "out")[0] == 2


def test_a_consent_is_kept_for_its_owner_only_and_never_shown(
    emulator: Emulator, csp: Csp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = f"partner-center://reader:secret@partner.example?base={emulator.url}&user=yes"
    monkeypatch.setenv("CSP_PARTNER_CENTER_READER", identity)
    monkeypatch.setattr(microsoft, "_show_address", lambda address: Thread(target=consents, args=(address,)).start())

    code, said = csp("consent", "--port", free_port())

    kept = tmp_path / "home" / "secrets" / "csp_partner_center_reader.refresh_token"
    token = json.loads(kept.read_text())["token"]
    assert (code, token in emulator.world.sign_in.refresh_tokens) == (0, True)
    assert (kept.stat().st_mode & 0o077, token in said, "has its consent" in said) == (0, False, True)


def test_a_consent_that_can_not_be_had_is_a_sentence(
    emulator: Emulator, csp: Csp, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = csp("consent")
    assert (code, "works without a user" in said) == (2, True)

    identity = f"partner-center://reader:secret@partner.example?base={emulator.url}&user=yes"
    monkeypatch.setenv("CSP_PARTNER_CENTER_READER", identity)
    code, said = csp("consent", "--minutes", 0, "--port", free_port())
    assert (code, "nobody consented" in said, f"{emulator.url}/partner.example/oauth2" in said) == (2, True, True)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, said = csp("consent", "--port", taken.getsockname()[1])
    assert (code, "No consent was kept" in said) == (2, True)
