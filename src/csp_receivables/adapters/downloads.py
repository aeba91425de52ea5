"""Downloads on disk: `<downloads>/<invoice>/<version>/`, whole once its record lies there (decision 0014)."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from csp_receivables.adapters.microsoft_files.download_record import SUFFIX, Part, write_record
from csp_receivables.adapters.microsoft_files.statement import safe_name
from csp_receivables.domain.microsoft.invoices import ListedInvoice

VERSION_SHOWN = 16  # hexadecimal digits of the version in a folder's name: 64 bits tell an invoice's versions apart


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadFolders:
    """Implements `microsoft_ports.Downloads` under one folder."""

    root: Path

    def finished(self, invoice_id: str, version: str) -> Path | None:
        """The record of this version's download where it is whole."""
        record = self._folder(invoice_id, version) / f"{safe_name(invoice_id)}{SUFFIX}"
        return record if record.is_file() else None

    def begin(self, invoice_id: str, version: str) -> Path:
        """An empty folder for it."""
        folder = self._folder(invoice_id, version)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        return folder

    def finish(self, folder: Path, invoice: ListedInvoice, parts: Sequence[Path]) -> Path:
        """Put the invoice's own words and the record beside the parts; returns the record."""
        name = safe_name(invoice.invoice_id)
        _write(folder / f"{name}.invoice.json", invoice.document)
        listed = [Part(path=part, bytes=part.stat().st_size, digest=_digest(part)) for part in parts]
        record = folder / f"{name}{SUFFIX}"
        write_record(record, invoice_id=invoice.invoice_id, parts=listed)
        return record

    def _folder(self, invoice_id: str, version: str) -> Path:
        return self.root / safe_name(invoice_id) / version[:VERSION_SHOWN]


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
