"""The lake: charges as Parquet, by vendor invoice and version, each version whole or not there.

`<lake>/charges/invoice=<id>/version=<version>/part-0.parquet`, columns of CHARGE; daily usage, which explains charges,
under `usage/` in the same way. A legacy invoice has two parts, `<kind>.<digest>.parquet`. A version is written in
`.staging/`, flushed to the disk and renamed into place as one folder; what a crash left there the next import removes.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from csp_receivables.adapters.engine import engine
from csp_receivables.domain.charge_data import ChargeKind, Place

PART = "part-0.parquet"
STAGING = ".staging"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """The lake's folder. One import at a time writes: others wait for the lock."""

    root: Path

    @contextmanager
    def importing(self) -> Iterator[Path]:
        """A folder of one's own to stage in, gone at the end. Waits until no other import writes."""
        staging = self.root / STAGING
        staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.root / ".import.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for leftover in staging.iterdir():  # we hold the lock, so nobody is using them
                shutil.rmtree(leftover)
            folder = Path(tempfile.mkdtemp(dir=staging))
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def keep(self, staged: Path, place: Place, *, alone: bool, beside: Sequence[Path] = ()) -> str:
        """Move the charges of one invoice from the staged file into the lake; returns their path inside it.

        `alone`: every row of the staged file is a charge of this invoice, so the file itself is moved.
        `beside`: parts that another version has, and this one as well; they are linked, not copied.
        A version that is there already is whole, and is left as it is.
        """
        kept = self.path(place)
        if (self.root / kept).is_dir():
            return str(kept)
        folder = Path(tempfile.mkdtemp(dir=staged.parent))
        part = folder / (f"{place.kind}.{place.digest}.parquet" if place.kind.is_part else PART)
        if alone:
            staged.rename(part)
        else:
            self._select(staged, place.invoice_id, part)
        _flush(part)
        for other in beside:
            (folder / other.name).hardlink_to(other)
        _flush(folder)
        target = self.root / kept
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.rename(target)
        for parent in (target.parent, target.parent.parent):
            _flush(parent)
        return str(kept)

    def path(self, place: Place) -> Path:
        """Where a version lies, relative to the lake. The id is escaped: it comes from a file."""
        shelf = "usage" if place.kind.is_detail else "charges"
        return Path(shelf) / f"invoice={quote(place.invoice_id, safe='')}" / f"version={place.version}"

    def parts_beside(self, charges_path: str, kind: ChargeKind) -> tuple[Path, ...]:
        """The parts of a kept version that are of another kind than `kind`, by name."""
        others = (self.root / charges_path).glob("*.parquet") if charges_path else ()
        return tuple(sorted(part for part in others if not part.name.startswith(f"{kind}.")))

    def _select(self, staged: Path, invoice_id: str, into: Path) -> None:
        readable = "subtotal IS NOT NULL AND tax IS NOT NULL AND total IS NOT NULL AND currency <> ''"
        rows = f"SELECT * FROM '{_quoted(staged)}' WHERE invoice_id = '{_quoted(invoice_id)}' AND {readable}"
        with engine(staged.parent) as connection:
            connection.execute("SET memory_limit = '600MB'")
            connection.execute(f"COPY ({rows} ORDER BY line_no) TO '{_quoted(into)}' (FORMAT parquet)")


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")


def _flush(path: Path) -> None:
    """Onto the disk before anything relies on it; a folder as well as a file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
