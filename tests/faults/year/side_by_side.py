"""Many seeds at once: each process has worlds of its own, and says after a few seeds how they went."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from tests.faults.year.branches import Fork, histories
from tests.faults.year.simulation import Turn
from tests.faults.year.year import Outcome, Temper, grounds, live
from tests.postgresql import migrated_server

CHUNK = 4  # seeds that a process lives through before it says how they went


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """What all seeds of a run have in common."""

    days: int
    temper: Temper
    on_postgresql: bool = False
    turns: tuple[Turn, ...] = ()
    forks: tuple[Fork, ...] = ()


def lived(seeds: range, alike: Alike, processes: int) -> Iterator[tuple[list[Outcome], float]]:
    """What some seeds came to, with their seconds of CPU, in the order in which they end."""
    chunks = [seeds[at : at + CHUNK] for at in range(0, len(seeds), CHUNK)]
    if processes == 1 or len(chunks) == 1:
        yield from (_lived(chunk, alike) for chunk in chunks)
        return
    afresh = multiprocessing.get_context("spawn")  # servers have threads, which a fork would lose
    with ProcessPoolExecutor(processes, mp_context=afresh, max_tasks_per_child=1) as pool:
        for future in as_completed([pool.submit(_lived, chunk, alike) for chunk in chunks]):
            yield future.result()


def _lived(seeds: range, alike: Alike) -> tuple[list[Outcome], float]:
    logging.disable(logging.ERROR)  # refusals are what a simulated day is made of
    gc.freeze()  # what is imported stays: looking through it for garbage took a sixth of all the time
    outcomes: list[Outcome] = []
    databases = migrated_server() if alike.on_postgresql else nullcontext()
    with tempfile.TemporaryDirectory() as folder, grounds(Path(folder)) as ground, databases as lender:
        began = time.process_time()
        for seed in seeds:
            if alike.forks:
                outcomes += histories(ground, seed, alike.days, alike.forks, alike.temper)
            else:
                database = lender.address(lender.lend()) if lender else ""
                outcomes.append(live(ground, seed, alike.days, alike.temper, database, alike.turns))
    gc.unfreeze()  # DuckDB tells at length what it finds alive at the end
    return outcomes, time.process_time() - began
