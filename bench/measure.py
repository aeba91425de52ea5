"""Measuring: each round in a process of its own, so that time and memory belong to the measured call alone.

    floor = measure("bench.camt:expat_pass", str(path), rounds=3)
    ours = measure("bench.camt:our_reader", str(path), rounds=3)
    report("camt", floor, ours, Budget(ratio=2.0, peak_mb=250))

The clock runs around the call, not around the interpreter's start. Peak memory is the process's high-water mark
(VmHWM): `ru_maxrss` is inherited from the parent over fork and exec, so a large parent would be measured instead.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

ROUNDS = 3
ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
KIB_PER_MB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Rounds of one call: wall seconds of each, the highest memory of any, and what the last one returned."""

    what: str
    seconds: tuple[float, ...]
    peak_mb: float
    returned: Any = None

    @property
    def best(self) -> float:
        return min(self.seconds)

    @property
    def median(self) -> float:
        return median(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a measurement may cost: times its floor (best against best), and megabytes at its peak."""

    ratio: float | None = None
    seconds: float | None = None
    peak_mb: float | None = None


def measure(target: str, *arguments: Any, rounds: int = ROUNDS) -> Measurement:
    """Call `module:function` with JSON-able `arguments` in `rounds` fresh processes; RuntimeError when one fails."""
    answers = [_run(target, arguments) for _ in range(rounds)]
    return Measurement(
        what=target,
        seconds=tuple(answer["seconds"] for answer in answers),
        peak_mb=max(answer["peak_mb"] for answer in answers),
        returned=answers[-1]["returned"],
    )


def measure_pair(
    floor: tuple[Any, ...], ours: tuple[Any, ...], rounds: int = ROUNDS
) -> tuple[Measurement, Measurement]:
    """Measure floor and ours in turns, so that a slow minute of the machine hits both."""
    taken = [(measure(*floor, rounds=1), measure(*ours, rounds=1)) for _ in range(rounds)]
    return merged([pair[0] for pair in taken]), merged([pair[1] for pair in taken])


def report(name: str, floor: Measurement, ours: Measurement, budget: Budget, **facts: Any) -> bool:
    """Print one line and keep it (see `keep`). True: within budget."""
    ratio = ours.best / floor.best
    kept = _within(budget, ratio, ours)
    print(
        f"{name}: {ours.best:.2f} s best, {ours.median:.2f} s median; floor {floor.best:.2f} s; "
        f"ratio {ratio:.2f}{_limit(budget.ratio)}; peak {ours.peak_mb:.0f} MB{_limit(budget.peak_mb)}; "
        f"{'within budget' if kept else 'OVER BUDGET'}"
    )
    row = {
        "name": name,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "floor": {"what": floor.what, "seconds": floor.seconds, "peak_mb": floor.peak_mb},
        "ours": {"what": ours.what, "seconds": ours.seconds, "peak_mb": ours.peak_mb},
        "ratio": round(ratio, 3),
        "budget": {"ratio": budget.ratio, "seconds": budget.seconds, "peak_mb": budget.peak_mb},
        "within_budget": kept,
        "load": [round(average, 1) for average in os.getloadavg()],
        **facts,
    }
    keep(name, row)
    return kept


def keep(name: str, row: Mapping[str, Any]) -> None:
    """Keep `row` as bench/results/<name>.json in place of the one before. They are committed: a bench run alone, on
    another machine or years later must leave the other rows of RESULTS.md as they are."""
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")


def kept_rows(folder: str = "") -> list[dict[str, Any]]:
    """The rows kept in bench/results/ itself, or in a folder of it, by name."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((RESULTS / folder).glob("*.json"))]


def machine() -> str:
    """What the figures were taken on: `2 cores, x86_64, Linux 6.1, Python 3.11.7`."""
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"


def _within(budget: Budget, ratio: float, ours: Measurement) -> bool:
    limits = ((budget.ratio, ratio), (budget.seconds, ours.best), (budget.peak_mb, ours.peak_mb))
    return all(limit is None or actual <= limit for limit, actual in limits)


def _limit(limit: float | None) -> str:
    return "" if limit is None else f" (≤ {limit:g})"


def merged(rounds: list[Measurement]) -> Measurement:
    """Rounds that were measured one by one, as one measurement."""
    return Measurement(
        what=rounds[0].what,
        seconds=tuple(second for one in rounds for second in one.seconds),
        peak_mb=max(one.peak_mb for one in rounds),
        returned=rounds[-1].returned,
    )


def _run(target: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.measure", target, json.dumps(arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{target} failed with exit code {done.returncode}:\n{done.stderr[-4000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MB
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / KIB_PER_MB


def _child(target: str, arguments: str) -> None:
    module, _, name = target.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    started = time.perf_counter()
    returned = function(*json.loads(arguments))
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak_mb": _peak_mb(), "returned": returned}))


if __name__ == "__main__":
    _child(sys.argv[1], sys.argv[2])
