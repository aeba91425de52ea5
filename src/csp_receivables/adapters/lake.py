"""The lake: charges as Parquet, by vendor invoice and version, each version whole or not there.

`<lake>/charges/invoice=<id>/version=<version>/part-0.parquet`, columns of CHARGE. A version is written in `.staging/`,
flushed to the disk and renamed into place as one folder; what a crash leaves in `.staging/` the next import removes.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from csp_receivables.adapters.engine import engine

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

    def keep(self, staged: Path, invoice_id: str, version: str, *, alone: bool) -> str:
        """Move the charges of one invoice from the staged file into the lake; returns their path inside it.

        `alone`: every row of the staged file is a charge of this invoice, so the file itself is moved.
        A version that is there already is whole, and is left as it is.
        """
        kept = self.path(invoice_id, version)
        if (self.root / kept).is_dir():
            return str(kept)
        folder = Path(tempfile.mkdtemp(dir=staged.parent))
        if alone:
            staged.rename(folder / PART)
        else:
            self._select(staged, invoice_id, folder / PART)
        _flush(folder / PART)
        _flush(folder)
        target = self.root / kept
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.rename(target)
        for parent in (target.parent, target.parent.parent):
            _flush(parent)
        return str(kept)

    def path(self, invoice_id: str, version: str) -> Path:
        """Where a version lies, relative to the lake. The id is escaped: it comes from a file."""
        return Path("charges") / f"invoice={quote(invoice_id, safe='')}" / f"version={version}"

    def has(self, invoice_id: str, version: str) -> bool:
        """Is this version in the lake, whole?"""
        return (self.root / self.path(invoice_id, version)).is_dir()

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
