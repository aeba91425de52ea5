"""Fetching what Microsoft has not billed yet, for a person to look at: an estimate that nothing here counts.

It goes into a file and never into lake or ledger, so no sum can take it for charges (decision 0017).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path

from csp_receivables.domain.microsoft import exports
from csp_receivables.domain.microsoft.exports import (
    FRESH_STARTS_MAX,
    ExportFailed,
    ExportReady,
    ExportRunning,
    ExportState,
    Manifest,
)
from csp_receivables.microsoft_ports import ManifestExpired, MicrosoftRefused, UnbilledExports


class Period(StrEnum):
    """Which month, as Microsoft counts it."""

    CURRENT = "current"
    LAST = "last"  # until its invoice is out


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbilledFetch:
    """What fetching estimates needs. `write` makes one file of the parts and returns how many lines it has; `run_all`
    downloads some at a time, or one after the other."""

    exports: UnbilledExports
    write: Callable[[Sequence[Path], Path], int]
    wait: Callable[[timedelta], None]
    run_all: Callable[[Iterable[Callable[[], object]]], None]

    def fetch(self, currency: str, period: Period, scratch: Path, into: Path) -> int:
        """Write the estimate to `into`; how many lines, 0 where there are none and no file. Raises MicrosoftRefused.

        `scratch`: an empty folder for the parts.
        """
        operation = self.exports.ask_unbilled(currency, period)
        for _ in range(FRESH_STARTS_MAX):
            match self._ended(operation):
                case ExportReady(manifest=Manifest(blobs=())) | ExportFailed(code=exports.NO_DATA):
                    return 0
                case ExportReady(manifest=manifest):
                    try:
                        return self.write(self._downloaded(manifest, scratch), into)
                    except ManifestExpired:  # looking again gives a fresh one
                        continue
                case _:
                    operation = self.exports.ask_unbilled(currency, period)
        raise MicrosoftRefused(
            "export_vanishes",
            f"the estimate could not be had: its export failed or went away {FRESH_STARTS_MAX} times",
            "Wait and ask again; if it stays, ask Microsoft",
            passes=True,
        )

    def _ended(self, operation: str) -> ExportState:
        while isinstance(state := self.exports.look(operation), ExportRunning):
            self.wait(state.look_again_in)
        return state

    def _downloaded(self, manifest: Manifest, scratch: Path) -> list[Path]:
        parts = [scratch / f"part-{number:05}.json.gz" for number in range(len(manifest.blobs))]
        each = zip(manifest.blobs, parts, strict=True)
        self.run_all([partial(self.exports.download, manifest, blob, part) for blob, part in each])
        return parts
