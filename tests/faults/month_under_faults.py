"""One seeded run of "fetch a month from Microsoft": the production code, a real emulator, random faults and kills.

    python -m tests.faults.month_under_faults --seeds 1000 --from 0

Only clock, waiting and chance are stood in for. A kill is an exception at a line between two effects; the next attempt
begins from what lies in the ledger and on the disk, as after a real one.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from csp_receivables import microsoft_wiring
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.schema import upgrade
from csp_receivables.adapters.partner_center.manners import TRIES, Manners
from csp_receivables.domain.microsoft.fetches import Fetched, FetchKind
from csp_receivables.microsoft_ports import MicrosoftRefused
from csp_receivables.microsoft_settings import Identity, cloud_named
from csp_receivables.settings import Settings
from csp_receivables.steps.fetch_charges import ChargeFetch
from emulator.behaviour import Behaviour
from emulator.charges import of_rows
from emulator.faults import Faults
from emulator.loading import load_folder
from emulator.server import Emulator
from emulator.state import World
from tests.adapters.microsoft_files.other_forms import used
from tests.emulator.serving import with_legacy_invoice

SAMPLE = Path(__file__).parents[2] / "include" / "sample" / "inbox" / "microsoft"
USED = "G112804417"  # the invoice that has daily usage, too
BEGAN = datetime(2026, 11, 9, 4, 0, tzinfo=UTC)
LEDGER_CLOCK = datetime(2026, 11, 9, 12, 0, tzinfo=UTC)
TASK_TRIES = 12  # more than Airflow's three: a kill costs one as well
KILL_SHARE = 0.15  # of the lines where a process may die
NOT_COMPARED = {"recorded_at", "created_at", "last_recorded_at"}


class Killed(BaseException):
    """The process died here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run left: digests of lake and ledger, and how the way there was."""

    lake: dict[str, str]
    ledger: dict[str, list[tuple[object, ...]]]
    faults: Counter[str]
    kills: int
    requests: int
    most_alike: int  # how often one call was sent at most under one request id


def run(emulator: Emulator, home: Path, migrated: Path, seed: int | None, invoices: Path = SAMPLE) -> Outcome:
    """Fetch everything, under the faults of `seed` (None: none), again and again until nothing is left to fetch."""
    world = emulator.world = fresh_world(seed, invoices)
    chance = random.Random(f"kills:{seed}")
    home.mkdir(parents=True)
    shutil.copy(migrated, home / "ledger.db")
    settings = Settings.from_environment({"CSP_HOME": str(home), "CSP_CLOCK": LEDGER_CLOCK.isoformat()})
    ledger = Ledger.open(settings.ledger_url, settings.clock)
    ledger.mark("demo", settings.environment)
    kills = 0
    for _ in range(TASK_TRIES):
        try:
            attempt(settings, ledger, emulator, chance if seed is not None else None)
            break
        except Killed:
            kills += 1
        except MicrosoftRefused as refusal:
            if not refusal.passes:
                raise
    world.faults.clear()
    attempt(settings, ledger, emulator, None)  # the next day's run: whatever is left to do is done, or nothing changes
    done = Outcome(
        lake=lake_of(settings),
        ledger=ledger_of(ledger),
        faults=world.faults.struck,
        kills=kills,
        requests=len(world.log.entries),
        most_alike=max(Counter(each.request_id for each in world.log.entries if each.request_id).values()),
    )
    ledger.engine.dispose()
    return done


def attempt(settings: Settings, ledger: Ledger, emulator: Emulator, chance: random.Random | None) -> list[Fetched]:
    """What a task does: list, and fetch what is due."""
    world = emulator.world
    with microsoft_wiring.reading(settings, ledger, identity(emulator), manners=manners(world, chance)) as reader:
        fetched: list[Fetched] = []
        for kind in FetchKind:
            step = microsoft_wiring.charge_fetch(settings, ledger, reader, lambda pause: move(world, pause), kind)
            step = replace(step, run_all=one_by_one)  # the same order of requests in every run of a seed
            step = killable(step, chance) if chance else step
            fetched += [step.fetch(each) for each in step.due(step.listed())]
        return fetched


def one_by_one(tasks: Iterable[Callable[[], object]]) -> None:
    for task in tasks:
        task()


def killable(step: ChargeFetch, chance: random.Random) -> ChargeFetch:
    """The same step, in a process that may die before and after it imports, and after each download."""

    def dying(what: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def called(given: Any) -> Any:
            die(chance)
            result = what(given)
            die(chance)
            return result

        return called

    return replace(step, import_parts=dying(step.import_parts), wait=dying(step.wait))


def die(chance: random.Random) -> None:
    if chance.random() < KILL_SHARE:
        raise Killed


def fresh_world(seed: int | None, invoices: Path = SAMPLE) -> World:
    """The sample's partner in the mood of the seed: sizes of blobs, inline or linked manifests, numbers as text.

    It has a legacy invoice, too, and one of its invoices daily usage.
    """
    world = with_legacy_invoice(load_folder(invoices, BEGAN))
    world.charges["usage", USED] = of_rows(
        [used(InvoiceNumber=USED, BillingCurrency="SEK", MeterId=str(n)) for n in range(20)]
    )
    world.invoices[USED].document["invoiceDetails"].append(
        {"invoiceLineItemType": "usage_line_items", "billingProvider": "one_time"}
    )
    mood = random.Random(f"mood:{seed}")
    if seed is not None:
        world.faults.random = Faults(seed=seed)
    world.behaviour = Behaviour(
        lines_per_blob=7,
        slow_pauses=(),
        inline_manifest=seed is not None and mood.random() < 0.5,
        timestamps_without_z=mood.random() < 0.5,
        done_status=mood.choice(["succeeded", "completed"]),
        polls_until_done=mood.randrange(3),
    )
    return world


def manners(world: World, chance: random.Random | None) -> Manners:
    """Waiting moves the emulator's clock and takes no time."""
    return Manners(
        clock=lambda: world.clock.now,
        elapsed=lambda: seconds_since_began(world),
        sleep=lambda seconds: move(world, timedelta(seconds=seconds)),
        chance=(chance or random.Random(0)).random,
    )


def seconds_since_began(world: World) -> float:
    return (world.clock.now - BEGAN).total_seconds()


def move(world: World, pause: timedelta) -> None:
    world.clock.advance(pause.total_seconds())


def identity(emulator: Emulator) -> Identity:
    return Identity(
        name="partner_center_reader",
        tenant_id=emulator.world.partner.tenant_id,
        client_id="reader",
        cloud=cloud_named("test", "global", emulator.url),
        secret="a-secret-of-the-test",
    )


def lake_of(settings: Settings) -> dict[str, str]:
    """Each file of the lake that the ledger counts, with the digest of its bytes."""
    return {
        str(path.relative_to(settings.lake)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(settings.lake.rglob("*.parquet"))
    }


def ledger_of(ledger: Ledger) -> dict[str, list[tuple[object, ...]]]:
    """Every table's rows, without the moments at which they were learnt."""
    kept = {}
    with ledger.reading() as connection:
        for table in tables.metadata.sorted_tables:
            columns = [column for column in table.c if column.name not in NOT_COMPARED]
            kept[table.name] = sorted((tuple(row) for row in connection.execute(select(*columns))), key=repr)
    return kept


def complaint(plain: Outcome, faulty: Outcome) -> str:
    """What differs from a run without faults; "" where nothing does."""
    if faulty.most_alike > TRIES:
        return f"one call was sent {faulty.most_alike} times"
    if faulty.faults["etag_changed"]:  # Microsoft made the data again: other bytes, the same money
        return "" if money_of(plain) == money_of(faulty) else "the newest versions come to other sums"
    if plain.lake != faulty.lake:
        return f"the lake differs: {sorted(plain.lake.items() ^ faulty.lake.items())[:3]}"
    differing = [name for name, rows in plain.ledger.items() if rows != faulty.ledger[name]]
    return f"the ledger differs in {', '.join(differing)}" if differing else ""


def money_of(outcome: Outcome) -> set[tuple[object, ...]]:
    """Invoice, currency and sums of every version that counts."""
    names = [column.name for column in tables.vendor_invoice.c if column.name not in NOT_COMPARED]
    wanted = [names.index(name) for name in ("invoice_id", "currency", "lines", "pre_tax", "tax", "total", "tie_out")]
    return {tuple(row[place] for place in wanted) for row in outcome.ledger["vendor_invoice"]}


def main() -> None:
    """Run the seeds; a failing one is named with the command that repeats it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    options = parser.parse_args()
    failed, struck, kills = [], Counter[str](), 0
    with tempfile.TemporaryDirectory() as folder, Emulator(fresh_world(None)) as emulator:
        root = Path(folder)
        migrated = root / "migrated.db"
        made = Ledger.open(f"sqlite:///{migrated}", lambda: BEGAN)
        upgrade(made)
        made.engine.dispose()
        plain = run(emulator, root / "plain", migrated, None)
        for seed in range(options.first, options.first + options.seeds):
            faulty = run(emulator, root / str(seed), migrated, seed)
            shutil.rmtree(root / str(seed))
            struck.update(faulty.faults)
            kills += faulty.kills
            if why := complaint(plain, faulty):
                failed.append(seed)
                print(f"seed {seed}: {why}\n  repeat: make simulate-import SEEDS=1 FROM={seed}", flush=True)
    print(f"{options.seeds} seeds, {sum(struck.values())} faults {dict(struck.most_common())}, {kills} kills")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
