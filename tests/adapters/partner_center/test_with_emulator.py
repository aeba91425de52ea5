"""One invoice's charges from the list to the file, with every fault that a client must get over."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from csp_receivables.adapters.partner_center.actor import open_actor
from csp_receivables.adapters.partner_center.manners import Manners
from csp_receivables.adapters.partner_center.reader import Reader, open_reader
from csp_receivables.domain.microsoft.exports import ExportReady, ExportRunning, Move, next_move
from csp_receivables.domain.microsoft.sign_in import RefreshToken
from csp_receivables.domain.microsoft.subscriptions import Family
from csp_receivables.microsoft_ports import ConsentLost, ManifestExpired, MicrosoftRefused, OutcomeUnknown
from emulator.faults import KINDS, Wanted
from emulator.server import Emulator
from emulator.sign_in import REFRESH_TOKEN
from tests.emulator.serving import sample_world
from tests.microsoft_server import Waiting, identity

FOR_OTHERS = {"mfa_missing", "stale_etag"}  # for a person, for a PATCH
PLACES = {"sign_in": "oauth2", "partner_center": "/v1/", "graph": "/v1.0/", "blob": "/blobs/"}
STRIKES = [(kind, place) for kind, places in KINDS.items() if kind not in FOR_OTHERS for place in sorted(places)]


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(sample_world()) as emulator:
        emulator.world.behaviour = replace(emulator.world.behaviour, slow_pauses=(0.001,))
        yield emulator


@pytest.fixture
def emulator(served: Emulator, waiting: Waiting) -> Emulator:
    served.world = sample_world()
    served.world.behaviour = replace(served.world.behaviour, slow_pauses=(0.001,), polls_until_done=1)
    waiting.now = served.world.clock.now
    return served


@pytest.fixture
def asking(request: pytest.FixtureRequest, emulator: Emulator, waiting: Waiting) -> Iterator[Reader]:
    opened = open_reader(identity(emulator.url), hasty(waiting, "silent" in request.node.name))
    yield opened
    opened.close()


def hasty(waiting: Waiting, is_silent: bool) -> Manners:
    """Waits for no silent server longer than a test may."""
    return replace(waiting.manners, read_seconds=0.5) if is_silent else waiting.manners


class Consent:
    """A person's consent, kept in memory."""

    def __init__(self, now: datetime) -> None:
        self.token = RefreshToken(token=REFRESH_TOKEN, stored_at=now)

    def load(self) -> RefreshToken:
        return self.token

    def store(self, token: RefreshToken) -> None:
        self.token = token


def import_one(reader: Reader, waiting: Waiting, folder: Path) -> tuple[str, list[bytes]]:
    """The first invoice and its lines, by the moves that the domain decides."""
    invoice = reader.invoices.invoices()[0]
    operation, starts = reader.exports.ask(invoice.invoice_id), 1
    for _ in range(20):
        state = reader.exports.look(operation)
        move = next_move(state, starts=starts, invoiced_at=invoice.invoiced_at, now=waiting.now)
        if isinstance(state, ExportReady):
            try:
                for blob in state.manifest.blobs:
                    reader.exports.download(state.manifest, blob, folder / blob)
            except ManifestExpired:
                continue
            lines = [gzip.decompress((folder / blob).read_bytes()) for blob in state.manifest.blobs]
            return invoice.invoice_id, lines
        if move.move is Move.ASK_ANEW:
            operation, starts = reader.exports.ask(invoice.invoice_id), starts + 1
        assert isinstance(state, ExportRunning) or move.move is Move.ASK_ANEW
    raise AssertionError("the export never came to its end")


@pytest.fixture(scope="module")
def undisturbed(served: Emulator, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[bytes]]:
    served.world = sample_world()
    waiting = Waiting()
    reader = open_reader(identity(served.url), waiting.manners)
    return import_one(reader, waiting, tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.parametrize(("kind", "place"), STRIKES)
def test_the_charges_come_whole_whatever_breaks(
    undisturbed: tuple[str, list[bytes]],
    emulator: Emulator,
    asking: Reader,
    waiting: Waiting,
    tmp_path: Path,
    kind: str,
    place: str,
) -> None:
    times = 1 if kind in ("token_expired", "silent_before", "silent_after") else 2  # a second 401 is refused
    emulator.world.faults.want(Wanted(kind=kind, path=PLACES[place], times=times))

    invoice, lines = import_one(asking, waiting, tmp_path)

    assert emulator.world.faults.struck[kind]
    assert invoice == undisturbed[0]
    if kind == "etag_changed":  # other data: as many lines
        assert [each.count(b"\n") for each in lines] == [each.count(b"\n") for each in undisturbed[1]]
    else:
        assert lines == undisturbed[1]
    assert not list(tmp_path.glob("*.part"))
    repeated = [entry for entry in emulator.world.log.entries if not entry.path.startswith("/blobs")]
    assert len(repeated) < 30


def test_a_user_without_a_second_factor_is_for_a_person(emulator: Emulator, asking: Reader) -> None:
    emulator.world.faults.want(Wanted(kind="mfa_missing", path="/v1/"))

    with pytest.raises(ConsentLost):
        asking.invoices.invoices()


def test_everything_else_is_read_as_it_stands_there(emulator: Emulator, waiting: Waiting, tmp_path: Path) -> None:
    reader = open_reader(identity(emulator.url, with_user=True), waiting.manners, Consent(waiting.now))

    tenants = list(reader.subscriptions.tenants())
    subscriptions = [each for tenant in tenants for each in reader.subscriptions.subscriptions(tenant)]
    entitlements = [
        each
        for plan in subscriptions
        if plan.family is Family.AZURE
        for each in reader.subscriptions.entitlements(plan.tenant_id, plan.subscription_id)
    ]
    invoice = reader.invoices.invoices()[0]
    (charges,) = invoice.charge_lists
    count = reader.line_items.download(invoice.invoice_id, charges, tmp_path / "lines.gz")

    world = emulator.world
    assert sorted(tenants) == sorted(each.tenant_id for each in world.customers.values())
    assert {each.subscription_id.lower() for each in subscriptions} == set(world.subscriptions)
    assert {json.loads(each.document)["id"] for each in subscriptions} == {
        each.subscription_id for each in subscriptions
    }
    assert {each.entitlement_id.lower() for each in entitlements} == set(world.entitlements)
    assert count == len(list(world.charges["reconciliation", invoice.invoice_id].lines()))
    assert count == gzip.decompress((tmp_path / "lines.gz").read_bytes()).count(b"\n")
    assert {each.currency for each in reader.balances.every_currency()} == {"SEK", "EUR"}
    reader.close()


CHANGED = {  # what strikes the PATCH: how the call ends, what is true afterwards
    "": ("done", "suspended"),
    "throttled": ("done", "suspended"),
    "closed_before": ("unknown", "active"),
    "silent_before": ("unknown", "active"),
    "silent_after": ("unknown", "suspended"),
    "closed_after": ("unknown", "suspended"),
    "error_503": ("unknown", "active"),
    "html_200": ("unknown", "suspended"),
    "empty_body": ("unknown", "suspended"),
    "token_expired": ("done", "suspended"),
}


@pytest.mark.parametrize("kind", CHANGED)
def test_a_suspension_tells_the_truth_whatever_breaks(emulator: Emulator, waiting: Waiting, kind: str) -> None:
    actor = open_actor(identity(emulator.url), hasty(waiting, "silent" in kind))
    known = next(each for each in emulator.world.subscriptions.values() if each.document["unitType"] == "Licenses")
    if kind:
        emulator.world.faults.want(Wanted(kind=kind, method="PATCH", path="/subscriptions/"))

    before = actor.subscriptions.read(known.tenant_id, known.id)
    try:
        ended = actor.subscriptions.set_status(before, "suspended").value
    except OutcomeUnknown:
        ended = "unknown"
    except MicrosoftRefused as refused:
        ended = refused.code
    after = actor.subscriptions.read(known.tenant_id, known.id)
    actor.close()

    assert (ended, after.status) == CHANGED[kind]
    assert (after.quantity, after.order_id) == (before.quantity, before.order_id)
    assert sum(entry.method == "PATCH" for entry in emulator.world.log.entries) <= 2


def test_what_needs_a_user_says_so(asking: Reader) -> None:
    with pytest.raises(MicrosoftRefused, match="needs an app with a user") as refused:
        asking.balances.every_currency()

    assert (refused.value.code, refused.value.passes) == ("900329", False)
    assert asking.balances.one_currency()[0].currency


def test_legacy_invoices_are_listed_page_by_page_and_each_once(emulator: Emulator, asking: Reader) -> None:
    from emulator.state import Invoice

    shape = {
        "invoiceDate": "2026-01-01T00:00:00Z",
        "totalCharges": 1,
        "currencyCode": "EUR",
        "invoiceType": "Recurring",
    }
    for number in range(401):
        document = {"id": f"D{number:05d}", **shape}
        emulator.world.invoices[document["id"]] = Invoice(document=document)

    listed = asking.invoices.invoices()

    ids = [each.invoice_id for each in listed]
    assert ids == sorted(set(ids))
    assert len([each for each in ids if each.startswith("D")]) == 401
    assert len([each for each in ids if each.startswith("G")]) == 3
