"""Customers files kept under a home after their import: no vouchers, but they carry contacts."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from csp_receivables.adapters.accounting_files.reading import AccountingFiles
from csp_receivables.domain.accounting import FileRefused

KEPT_IN = ("archive/accounting", "set_aside/accounting")


@dataclass(frozen=True, slots=True)
class KeptCustomersFiles:
    """The `RawCustomersFiles` of a home."""

    home: Path
    reader: AccountingFiles

    def remove_with_contacts_of(self, customer_id: str) -> tuple[str, ...]:
        """Remove the files that carry contacts of the customer; what the ledger learnt from them stays."""
        files = [path for folder in KEPT_IN for path in (self.home / folder).rglob("*") if _is_plain(path)]
        removed = [path for path in sorted(files) if self._has_contacts_of(path, customer_id)]
        for path in removed:
            path.unlink()
        return tuple(path.name for path in removed)

    def _has_contacts_of(self, path: Path, customer_id: str) -> bool:
        """A file that can't be read as a customers file has none that anybody could tell."""
        try:
            rows = self.reader.raw_customers(path)
            return any(customer_id in map(str.strip, row) and "@" in "".join(row) for row in rows)
        except (FileRefused, csv.Error):
            return False


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and not path.name.endswith(".reason.txt")
