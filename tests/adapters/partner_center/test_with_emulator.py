"""One invoice's charges from the list to the file, with every fault that a client must get over."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from csp_receivables.adapters.partner_center.reader import Reader, open_reader
from csp_receivables.domain.microsoft.exports import ExportReady, ExportRunning, Move, next_move
from csp_receivables.microsoft_ports import ConsentLost, ManifestExpired, MicrosoftRefused
from emulator.faults import KINDS, Wanted
from emulator.server import Emulator
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
def asking(emulator: Emulator, waiting: Waiting) -> Iterator[Reader]:
    opened = open_reader(identity(emulator.url), waiting.manners)
    yield opened
    opened.close()


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
    times = 1 if kind == "token_expired" else 2  # a second 401 in a row is refused
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
