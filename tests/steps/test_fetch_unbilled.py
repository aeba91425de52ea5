"""Microsoft's estimates over HTTP: whole whatever breaks, or not there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from csp_receivables.adapters.microsoft_files.estimates import write_estimate
from csp_receivables.adapters.partner_center.at_once import some_at_once
from csp_receivables.adapters.partner_center.reader import open_reader
from csp_receivables.microsoft_ports import MicrosoftRefused
from csp_receivables.steps.fetch_unbilled import Period, UnbilledFetch
from emulator.charges import of_rows
from emulator.faults import Wanted
from emulator.server import Emulator
from tests.adapters.microsoft_files.recon_files import row
from tests.emulator.serving import empty_world
from tests.microsoft_server import Waiting, identity


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(empty_world()) as emulator:
        yield emulator


@pytest.fixture
def emulator(served: Emulator) -> Emulator:
    world = served.world = empty_world()
    world.behaviour = replace(world.behaviour, lines_per_blob=2)
    world.charges["reconciliation", "EUR:current"] = of_rows([row(InvoiceNumber="")] * 5)
    return served


def fetched(emulator: Emulator, folder: Path, period: Period = Period.CURRENT) -> tuple[int, Path]:
    """How many lines came, and the file they are in."""
    waiting = Waiting()
    waiting.now = emulator.world.clock.now
    reader = open_reader(identity(emulator.url), waiting.manners)
    scratch, into = folder / "scratch", folder / "estimate.csv"
    scratch.mkdir()
    step = UnbilledFetch(
        exports=reader.exports,
        write=partial(write_estimate, mark="an estimate"),
        wait=lambda pause: waiting.sleep(pause.total_seconds()),
        run_all=some_at_once,
    )
    try:
        return step.fetch("EUR", period, scratch, into), into
    finally:
        reader.close()


@pytest.mark.parametrize("kind", ["", "gone", "sas_expired", "truncated", "gzip_cut", "etag_changed", "error_503"])
def test_an_estimate_comes_whole_whatever_breaks(emulator: Emulator, tmp_path: Path, kind: str) -> None:
    if kind:
        emulator.world.faults.want(Wanted(kind=kind))

    count, path = fetched(emulator, tmp_path)

    assert count == 5
    assert len(path.read_text("utf-8-sig").splitlines()) == 6
    assert not kind or emulator.world.faults.struck[kind]


def test_what_is_not_there_makes_no_file(emulator: Emulator, tmp_path: Path) -> None:
    count, path = fetched(emulator, tmp_path, Period.LAST)

    assert (count, path.exists()) == (0, False)


def test_an_export_that_always_goes_away_is_refused_and_may_be_tried_again(emulator: Emulator, tmp_path: Path) -> None:
    emulator.world.faults.want(Wanted(kind="gone", times=100))

    with pytest.raises(MicrosoftRefused, match="5 times") as refused:
        fetched(emulator, tmp_path)

    assert refused.value.passes
    assert not (tmp_path / "estimate.csv").exists()
